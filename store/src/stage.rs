//! The stage's durable state and the cue log: one row that is replaced, one that is added, in
//! one transaction, so that the log always explains the state.

use protocol::{PerformanceId, PersonId, Timestamp};
use serde_json::Value;

use crate::columns::{Text, from_row};
use crate::db::{execute, fetch_all, fetch_optional};
use crate::error::StoreError;
use crate::store::Store;

/// The state of a stage after its last cue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageRecord {
    /// How many cues led here; 0 before the first.
    pub revision: i64,
    /// What the stage engine keeps; null before the first cue.
    pub state: Value,
}

from_row!(StageRecord { revision: plain, state: json });

/// An accepted command. Its time comes from the store's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct CueLine {
    /// Who gave it.
    pub actor: PersonId,
    /// What, in the stage engine's terms.
    pub command: Value,
}

/// A line of the cue log.
#[derive(Clone, Debug, PartialEq)]
pub struct CueRecord {
    /// The state that it led to.
    pub revision: i64,
    /// Who gave it.
    pub actor: PersonId,
    /// What.
    pub command: Value,
    /// When.
    pub at: Timestamp,
}

from_row!(CueRecord { revision: plain, actor: text, command: json, at: time });

/// Why a cue was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Another cue was recorded since the state was read: read it again.
    #[error("the stage has moved on")]
    Conflict,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The state of a stage; revision 0 and null for one that had no cue.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stage(&self, performance: PerformanceId) -> Result<StageRecord, StoreError> {
        let mut db = self.read().await?;
        let stage = fetch_optional!(
            &mut db,
            StageRecord,
            "SELECT revision, state FROM stage WHERE performance_id = $1",
            Text(performance),
        )?;
        Ok(stage.unwrap_or_default())
    }

    /// Records a cue and the state that it led to; gives the new revision. `expected_revision`
    /// is the one that the state was computed from.
    ///
    /// # Errors
    /// When the stage has moved on since, or the database fails; then nothing has changed.
    pub async fn record_cue(
        &self,
        performance: PerformanceId,
        expected_revision: i64,
        state: &Value,
        cue: &CueLine,
    ) -> Result<i64, RecordError> {
        let mut tx = self.write().await?;
        let revision = expected_revision + 1;
        let now = self.now().0;
        let moved = if expected_revision == 0 {
            execute!(
                &mut tx,
                "INSERT INTO stage (performance_id, revision, state, updated_at)
                 VALUES ($1, $2, $3, $4)
                 ON CONFLICT (performance_id) DO NOTHING",
                Text(performance),
                revision,
                state.to_string(),
                now,
            )?
        } else {
            execute!(
                &mut tx,
                "UPDATE stage SET revision = $2, state = $3, updated_at = $4
                 WHERE performance_id = $1 AND revision = $5",
                Text(performance),
                revision,
                state.to_string(),
                now,
                expected_revision,
            )?
        };
        if moved == 0 {
            return Err(RecordError::Conflict);
        }
        execute!(
            &mut tx,
            "INSERT INTO cue_log (performance_id, revision, actor_id, command, at)
             VALUES ($1, $2, $3, $4, $5)",
            Text(performance),
            revision,
            Text(cue.actor),
            cue.command.to_string(),
            now,
        )?;
        tx.commit().await?;
        Ok(revision)
    }

    /// The cue log of a performance, from the first cue on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cue_log(&self, performance: PerformanceId) -> Result<Vec<CueRecord>, StoreError> {
        let mut db = self.read().await?;
        fetch_all!(
            &mut db,
            CueRecord,
            "SELECT revision, actor_id AS actor, command, at FROM cue_log
             WHERE performance_id = $1 ORDER BY revision",
            Text(performance),
        )
    }
}
