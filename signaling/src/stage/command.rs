//! What can be asked of the stage. These are the lines of the cue log.

use protocol::PersonId;
use protocol::media::Kind;
use serde::{Deserialize, Serialize};

/// What can be asked of the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum StageCommand {
    /// An actor goes on stage.
    TakeStage,
    /// An actor returns to the green room.
    LeaveStage,
    /// An actor was away for so long, or was sent away, that the place is given up. Never asked
    /// by a client.
    Absent,
    /// The curtain moves.
    SetCurtain {
        /// Up: the house sees and hears the stage.
        raised: bool,
    },
    /// Somebody is muted or unmuted.
    SetMute {
        /// Whom.
        person: PersonId,
        /// What of theirs.
        kind: Kind,
        /// Muted, or not.
        muted: bool,
    },
}
