//! Two databases behind one body of SQL.
//!
//! A statement is written once, with `$1` placeholders, and run on either by the macros
//! `execute`, `fetch_all`, `fetch_optional` and `fetch_one`. SQL that only one of the two
//! understands has no place in this crate.

mod postgres;
mod sqlite;
mod statement;

pub(crate) use statement::{Value, execute, fetch_all, fetch_one, fetch_optional, rows, run};

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::error::{OpenError, StoreError};

/// An open database.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// One connection writes, several read: SQLite has one writer at a time, and waiting for it
    /// in our queue is fair where waiting in SQLite's busy handler is not.
    Sqlite { read: SqlitePool, write: SqlitePool },
    /// A pool for both.
    Postgres(PgPool),
}

impl Db {
    /// Connects and applies the migrations.
    pub(crate) async fn open(url: &str, max_connections: u32) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            let (read, write) = sqlite::open(url, max_connections).await?;
            Ok(Self::Sqlite { read, write })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres(postgres::open(url, max_connections).await?))
        } else {
            Err(OpenError::Unsupported)
        }
    }

    /// A connection for reading: each statement sees what is committed when it starts.
    pub(crate) async fn read(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => Reader::Sqlite(read.acquire().await?),
            Self::Postgres(pool) => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction for writing; dropped without [`Tx::commit`], it leaves no trace.
    ///
    /// SQLite takes the write lock at once (BEGIN IMMEDIATE), since a transaction that asks for
    /// it only after reading is refused when another wrote meanwhile. PostgreSQL runs at READ
    /// COMMITTED: a decision must lock its row first, with an UPDATE.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A connection for reading.
pub(crate) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A transaction for writing.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes everything that was written durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// The driver's connection, for the macros.
pub(crate) enum Handle<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// What statements run on: a [`Reader`] or a [`Tx`].
pub(crate) trait Connected: Send {
    fn handle(&mut self) -> Handle<'_>;
}

impl Connected for Reader {
    fn handle(&mut self) -> Handle<'_> {
        match self {
            Self::Sqlite(connection) => Handle::Sqlite(connection),
            Self::Postgres(connection) => Handle::Postgres(connection),
        }
    }
}

impl Connected for Tx {
    fn handle(&mut self) -> Handle<'_> {
        match self {
            Self::Sqlite(tx) => Handle::Sqlite(tx),
            Self::Postgres(tx) => Handle::Postgres(tx),
        }
    }
}
