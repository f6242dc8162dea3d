//! How well somebody's media goes, as the media node sees it: both ways, in numbers that a
//! stage manager can act on.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::{ParticipantId, PersonId};

/// How well a participant's media goes. A direction in which nothing flows is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantQuality {
    /// Whose.
    pub participant: ParticipantId,
    /// From them to the node: what everybody else depends on.
    pub uplink: Option<LinkQuality>,
    /// From the node to them: what they alone see and hear.
    pub downlink: Option<LinkQuality>,
}

/// The same, as pages of the crew are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonQuality {
    /// Whose.
    pub person: PersonId,
    /// From them to the house.
    pub uplink: Option<LinkQuality>,
    /// From the house to them.
    pub downlink: Option<LinkQuality>,
}

impl From<ParticipantQuality> for PersonQuality {
    fn from(quality: ParticipantQuality) -> Self {
        let ParticipantQuality { participant, uplink, downlink } = quality;
        Self { person: participant.into(), uplink, downlink }
    }
}

/// One direction. Scores are mean opinion scores (ITU-T P.800) in tenths, 10 to 50.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LinkQuality {
    /// How it sounds. Absent while no sound flows.
    pub audio: Option<u8>,
    /// How it looks. Absent while no picture flows.
    pub video: Option<u8>,
    /// What is wrong, the worst first; empty when all is well.
    pub troubles: Vec<Trouble>,
}

impl LinkQuality {
    /// The worse of the two scores.
    #[must_use]
    pub fn score(&self) -> Option<u8> {
        self.audio.into_iter().chain(self.video).min()
    }
}

/// Something that is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Trouble {
    /// Packets vanish.
    Loss {
        /// Of a hundred, before anything is sent again.
        percent: u8,
    },
    /// Packets take long.
    Delay {
        /// There and back, in milliseconds.
        ms: u32,
    },
    /// The picture stands still.
    Freezes {
        /// Share of the time, of a hundred.
        percent: u8,
    },
    /// The picture is smaller than it is shown, for want of bitrate.
    Small {
        /// What the link carries, in kbit/s.
        kbps: u32,
    },
    /// There is no room for the picture at all.
    Dark {
        /// What the link carries, in kbit/s.
        kbps: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_score_counts() {
        let link = |audio, video| LinkQuality { audio, video, troubles: Vec::new() };
        assert_eq!(link(Some(44), Some(31)).score(), Some(31));
        assert_eq!(link(Some(44), None).score(), Some(44));
        assert_eq!(link(None, None).score(), None);
    }
}
