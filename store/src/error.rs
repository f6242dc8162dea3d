//! What can go wrong, cut by what the caller can do about it.

use sqlx::migrate::MigrateError;

/// The database failed, or holds what it must not. Nothing the caller can mend.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not carry out the operation; nothing of it was done.
    #[error("database error: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored value is not what this program writes.
    #[error("corrupt data: {0}")]
    Corrupt(String),
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:path` nor `postgres://…`.
    #[error("unsupported database url, expected `sqlite:path/to/file` or `postgres://…`")]
    Unsupported,
    /// The folder or the lock file of the SQLite database could not be made.
    #[error("cannot prepare the database file: {0}")]
    File(#[from] std::io::Error),
    /// No connection.
    #[error("cannot connect to the database: {0}")]
    Connect(#[from] sqlx::Error),
    /// The tables could not be brought up to date, or are newer than this program.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] MigrateError),
}

/// Why something could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A unique name, number or account is in use already.
    #[error("already taken")]
    Taken,
    /// What it should belong to does not exist.
    #[error("parent does not exist")]
    UnknownParent,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateError {
    /// Tells the caller's mistakes from the database's.
    pub(crate) fn of(error: StoreError) -> Self {
        match &error {
            StoreError::Database(sqlx::Error::Database(cause)) if cause.is_unique_violation() => {
                Self::Taken
            }
            StoreError::Database(sqlx::Error::Database(cause))
                if cause.is_foreign_key_violation() =>
            {
                Self::UnknownParent
            }
            _ => Self::Store(error),
        }
    }
}

/// Why a ticket, invite or performance could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No such thing.
    #[error("does not exist")]
    NotFound,
    /// It is refunded, revoked or over already; nothing was changed.
    #[error("no longer valid")]
    NotValid,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
