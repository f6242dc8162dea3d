//! The handle that every service holds.

use std::fmt;
use std::sync::Arc;

use protocol::{Clock, Entropy, Timestamp};
use tokio::sync::watch;

use crate::db::{Db, Reader, Tx, fetch_one};
use crate::error::{OpenError, StoreError};

/// Which database, and how much of it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// `sqlite:data/rampa.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// Connections at once: all of them with PostgreSQL, those that read with SQLite.
    pub max_connections: u32,
}

impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        let scheme = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("StoreConfig")
            .field("url", &format_args!("{scheme}:[redacted]"))
            .field("max_connections", &self.max_connections)
            .finish()
    }
}

/// The durable truth of the house. Clones are handles to the same database.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    outbox_changed: watch::Sender<()>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("db", &self.inner.db).finish_non_exhaustive()
    }
}

impl Store {
    /// Connects, creates the SQLite file if there is none, and applies the migrations. Several
    /// processes may do so at once.
    ///
    /// # Errors
    /// When the database cannot be reached, or its tables cannot be brought up to date.
    pub async fn open(
        config: &StoreConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let db = Db::open(&config.url, config.max_connections).await?;
        let outbox_changed = watch::Sender::new(());
        Ok(Self { inner: Arc::new(Inner { db, clock, entropy, outbox_changed }) })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut db = self.read().await?;
        let (_one,) = fetch_one!(&mut db, (i64,), "SELECT CAST(1 AS BIGINT)")?;
        Ok(())
    }

    /// Waits for running operations and closes every connection. Later calls fail.
    pub async fn close(&self) {
        self.inner.db.close().await;
    }

    /// Wakes whenever this process commits a message to the outbox.
    #[must_use]
    pub fn outbox_changes(&self) -> watch::Receiver<()> {
        self.inner.outbox_changed.subscribe()
    }

    pub(crate) async fn read(&self) -> Result<Reader, StoreError> {
        self.inner.db.read().await
    }

    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        self.inner.db.write().await
    }

    /// Commits a transaction that may have written to the outbox.
    pub(crate) async fn commit_and_wake(&self, tx: Tx) -> Result<(), StoreError> {
        tx.commit().await?;
        self.inner.outbox_changed.send_replace(());
        Ok(())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.inner.entropy
    }
}
