//! The state of a stage, and its form in the database.

use std::collections::BTreeMap;

use protocol::media::TrackSet;
use protocol::{PersonId, Place, Role};
use serde::{Deserialize, Serialize};

/// The state of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StageState {
    /// Whether the house sees and hears the stage.
    pub(crate) curtain_raised: bool,
    /// Who is on stage, in the order in which they came.
    pub(crate) on_stage: Vec<PersonId>,
    /// What of whom is muted. Nobody stands here with nothing muted.
    pub(crate) muted: BTreeMap<PersonId, TrackSet>,
}

impl Default for StageState {
    /// The curtain is up and nobody is on stage.
    fn default() -> Self {
        Self { curtain_raised: true, on_stage: Vec::new(), muted: BTreeMap::new() }
    }
}

impl StageState {
    /// Whether `person` is on stage.
    pub(crate) fn is_on_stage(&self, person: PersonId) -> bool {
        self.on_stage.contains(&person)
    }

    /// What of `person` is muted.
    pub(crate) fn muted(&self, person: PersonId) -> TrackSet {
        self.muted.get(&person).copied().unwrap_or(TrackSet::NONE)
    }

    /// Where a person is. `watching`: whether media flows to them.
    pub(crate) fn place(&self, person: PersonId, role: Role, watching: bool) -> Place {
        if self.is_on_stage(person) {
            return Place::OnStage;
        }
        match (role, watching) {
            (Role::Actor | Role::StageManager, _) => Place::GreenRoom,
            (Role::Spectator, true) => Place::House,
            (Role::Spectator, false) => Place::Foyer,
        }
    }
}

/// A stored state that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored state of the stage cannot be read")]
pub(crate) struct StateError(#[from] serde_json::Error);

/// The form in the database. A later version is another variant; none is ever changed.
#[derive(Serialize, Deserialize)]
#[serde(tag = "version", deny_unknown_fields)]
enum Stored {
    #[serde(rename = "1")]
    V1 {
        curtain_raised: bool,
        on_stage: Vec<PersonId>,
        #[serde(default)]
        muted: BTreeMap<PersonId, TrackSet>,
    },
}

impl StageState {
    /// The state as it is stored.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let Self { curtain_raised, on_stage, muted } = self.clone();
        serde_json::to_value(Stored::V1 { curtain_raised, on_stage, muted })
            .expect("invariant: a state has string keys only")
    }

    /// Reads a stored state; null is the state of a stage that nobody has touched.
    ///
    /// # Errors
    /// When it was written by a version that this one does not know.
    pub(crate) fn from_json(value: serde_json::Value) -> Result<Self, StateError> {
        if value.is_null() {
            return Ok(Self::default());
        }
        let Stored::V1 { curtain_raised, on_stage, muted } = serde_json::from_value(value)?;
        Ok(Self { curtain_raised, on_stage, muted })
    }
}
