//! PostgreSQL: many processes, many machines.

use std::str::FromStr;

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::error::OpenError;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Connects and applies the migrations, one process at a time (an advisory lock sees to it).
pub(super) async fn open(url: &str, max_connections: u32) -> Result<PgPool, OpenError> {
    let options = PgConnectOptions::from_str(url)?.application_name("rampa");
    let pool =
        PgPoolOptions::new().max_connections(max_connections.max(1)).connect_with(options).await?;
    MIGRATIONS.run(&pool).await?;
    Ok(pool)
}
