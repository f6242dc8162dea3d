//! SQLite: one file, one writer, many readers.

use std::fs::{self, File};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::OpenError;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long to wait for another process that writes, such as a backup or a command line tool.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the file, creating it and its folder; gives the pools for reading and for writing.
pub(super) async fn open(
    url: &str,
    max_connections: u32,
) -> Result<(SqlitePool, SqlitePool), OpenError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What was promised to a buyer survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT);
    let file = options.get_filename().to_owned();
    // A database in memory would be another one for each connection.
    if url.contains(":memory:") || url.contains("mode=memory") || file.as_os_str().is_empty() {
        return Err(OpenError::Unsupported);
    }

    let lock = lock(file).await?;
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    MIGRATIONS.run(&write).await?;
    drop(lock);

    let read = SqlitePoolOptions::new()
        .max_connections(max_connections.max(1))
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    Ok((read, write))
}

/// SQLite has no advisory lock, and two processes that create the same tables at once disturb
/// each other. A file beside the database serves: the system frees it with the process.
async fn lock(file: PathBuf) -> Result<File, OpenError> {
    let lock = move || {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut name = file.into_os_string();
        name.push("-migrate.lock");
        let lock = File::create(name)?;
        lock.lock()?;
        Ok(lock)
    };
    tokio::task::spawn_blocking(lock).await.map_err(std::io::Error::other)?.map_err(OpenError::File)
}
