//! Databases for tests, of this crate and of those above it (cargo feature `testing`).
//!
//! Every test gets an empty database of its own. PostgreSQL is the server that
//! `RAMPA_TEST_POSTGRES_URL` names (its account must be allowed to create databases), or one
//! that is started for the test process and ends with it. A machine without PostgreSQL fails the
//! tests and says what to install; none is skipped.

mod postgres;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use protocol::{Clock, Entropy};
use tempfile::TempDir;

use crate::error::OpenError;
use crate::store::{Store, StoreConfig};

/// Enough for tests that race, few enough for many tests at once.
const CONNECTIONS: u32 = 8;

/// An empty database that goes when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    config: StoreConfig,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sqlite(TempDir),
    Postgres {
        /// Kept for its end.
        _database: Box<postgres::Database>,
    },
}

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("rampa-sqlite.")
            .tempdir()
            .expect("a temporary folder for the database");
        let url = format!("sqlite:{}", folder.path().join("rampa.db").display());
        let config = StoreConfig { url, max_connections: CONNECTIONS };
        Self { config, kind: Kind::Sqlite(folder) }
    }

    /// A database on a real PostgreSQL server.
    ///
    /// # Panics
    /// When there is no PostgreSQL; the message says what to install.
    pub async fn postgres() -> Self {
        let database = postgres::Database::create().await;
        let config = StoreConfig { url: database.url(), max_connections: CONNECTIONS };
        Self { config, kind: Kind::Postgres { _database: Box::new(database) } }
    }

    /// How to open it.
    #[must_use]
    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    /// The SQLite file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match &self.kind {
            Kind::Sqlite(folder) => Some(folder.path().join("rampa.db")),
            Kind::Postgres { .. } => None,
        }
    }

    /// Opens it, as often as needed.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open(
        &self,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Store, OpenError> {
        Store::open(&self.config, clock, entropy).await
    }
}

/// Runs a scenario to its end on a runtime of its own.
///
/// # Panics
/// When the scenario does.
pub fn run(scenario: Pin<Box<dyn Future<Output = ()>>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(scenario);
}

/// Makes two tests of each scenario, `scenario::sqlite` and `scenario::postgres`. A scenario is
/// an `async fn(TestDatabase)`.
#[macro_export]
macro_rules! on_both_databases {
    ($($scenario:ident),* $(,)?) => {$(
        mod $scenario {
            use $crate::testing::{TestDatabase, run};

            // Plain tests: the runtime's code is compiled once, not for every scenario.
            #[test]
            fn sqlite() {
                run(Box::pin(async { super::$scenario(TestDatabase::sqlite()).await }));
            }

            #[test]
            fn postgres() {
                run(Box::pin(async { super::$scenario(TestDatabase::postgres().await).await }));
            }
        }
    )*};
}
