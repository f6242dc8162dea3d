//! Who somebody is in a performance, and where they are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a person may do. A role comes from a ticket or an invite, never from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Plays: may publish sound and picture.
    Actor,
    /// Watches, by a ticket.
    Spectator,
    /// Runs the performance: curtain, mutes.
    StageManager,
}

impl Role {
    /// The text form, as it stands in the database, tokens and command lines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Spectator => "spectator",
            Self::StageManager => "stage-manager",
        }
    }

    /// Whether this role runs the performance and therefore sees everybody.
    #[must_use]
    pub fn is_crew(self) -> bool {
        self == Self::StageManager
    }

    /// Whether this role may publish sound and picture when on stage.
    #[must_use]
    pub fn may_publish(self) -> bool {
        self == Self::Actor
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown role `{0}`, expected actor, spectator or stage-manager")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Actor, Self::Spectator, Self::StageManager]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Where a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A spectator before the play.
    Foyer,
    /// A spectator who watches.
    House,
    /// An actor who is not on stage.
    GreenRoom,
    /// Seen and heard by the house when the curtain is up.
    OnStage,
}
