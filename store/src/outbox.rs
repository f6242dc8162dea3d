//! The outbox: messages that were decided in a transaction and must reach others, whatever
//! happens to the process in between. Delivered at least once, so listeners must not mind
//! hearing something twice.

use bus::Bus;
use protocol::{PerformanceId, PersonId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::columns::from_row;
use crate::db::{Tx, execute, fetch_all};
use crate::error::StoreError;
use crate::store::Store;

/// Messages for the services of the house, as opposed to those for the world.
const HOUSE: &str = "house";

/// At most this many messages are read at once.
const BATCH: i64 = 256;

/// What services tell each other about people and performances. It is news: the truth is in
/// the database, see [`Store::live_session`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HouseMessage {
    /// A ticket was refunded or passed on, or an invite revoked. These sessions are over; a
    /// later session of the same person may be a new holder's and is not meant.
    AccessRevoked {
        /// Where.
        performance: PerformanceId,
        /// Whose.
        person: PersonId,
        /// Which sittings ended.
        sessions: Vec<SessionId>,
    },
    /// Another device took the seat.
    TakenOver {
        /// Where.
        performance: PerformanceId,
        /// Whose.
        person: PersonId,
        /// Which sittings ended.
        sessions: Vec<SessionId>,
    },
    /// A performance was cancelled or has ended; nobody is admitted any more.
    PerformanceOver {
        /// Which.
        performance: PerformanceId,
    },
}

/// The number of a message in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxSeq(pub i64);

impl From<i64> for OutboxSeq {
    fn from(seq: i64) -> Self {
        Self(seq)
    }
}

/// A message that waits in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRecord {
    /// Its number.
    pub seq: OutboxSeq,
    /// What it says.
    pub payload: HouseMessage,
    /// When it was decided.
    pub created_at: Timestamp,
}

from_row!(OutboxRecord { seq: number, payload: json, created_at: time });

impl Store {
    /// Adds a message in the transaction of the decision. Commit with `commit_and_wake`.
    pub(crate) async fn enqueue(
        &self,
        tx: &mut Tx,
        message: &HouseMessage,
    ) -> Result<(), StoreError> {
        let payload = serde_json::to_string(message)
            .map_err(|cause| StoreError::Corrupt(cause.to_string()))?;
        let now = self.now().0;
        execute!(
            tx,
            "INSERT INTO outbox (topic, payload, created_at, due_at) VALUES ($1, $2, $3, $3)",
            HOUSE,
            payload,
            now,
        )?;
        Ok(())
    }

    /// The oldest messages that are still to be delivered, oldest first, up to 256.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending_messages(&self) -> Result<Vec<OutboxRecord>, StoreError> {
        let mut db = self.read().await?;
        fetch_all!(
            &mut db,
            OutboxRecord,
            "SELECT seq, payload, created_at FROM outbox
             WHERE topic = $1 AND delivered_at IS NULL AND due_at <= $2
             ORDER BY seq LIMIT $3",
            HOUSE,
            self.now().0,
            BATCH,
        )
    }

    /// Notes that a message was delivered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_delivered(&self, seq: OutboxSeq) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE outbox SET delivered_at = $2, attempts = attempts + 1
             WHERE seq = $1 AND delivered_at IS NULL",
            seq.0,
            self.now().0,
        )?;
        tx.commit().await
    }

    /// Publishes everything that waits; gives how many messages that were. Call it after every
    /// change of [`Store::outbox_changes`], and now and then for what other processes wrote.
    ///
    /// # Errors
    /// When the database fails. What was published but not yet noted is published again.
    pub async fn deliver_messages(&self, bus: &Bus<HouseMessage>) -> Result<usize, StoreError> {
        let mut delivered = 0;
        loop {
            let batch = self.pending_messages().await?;
            if batch.is_empty() {
                return Ok(delivered);
            }
            for message in batch {
                bus.publish(message.payload);
                self.mark_delivered(message.seq).await?;
                delivered += 1;
            }
        }
    }
}
