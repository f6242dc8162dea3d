//! A room at one moment, for whoever looks for a fault: what flows from whom to whom, in which
//! layer, and what holds it back. Written as JSON; no names, and no addresses unless asked for.

use serde::{Deserialize, Serialize};

use crate::ids::{MediaSessionId, ParticipantId, RoomId};
use crate::media::{Kind, ParticipantStats, SlotSource, ViewId};
use crate::quality::LinkQuality;

/// A room at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomSnapshot {
    /// Which.
    pub room: RoomId,
    /// Of its owner.
    pub epoch: u64,
    /// Its PeerConnections.
    pub sessions: Vec<SessionSnapshot>,
    /// What audiences are shown.
    pub views: Vec<ViewSnapshot>,
}

/// A PeerConnection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionSnapshot {
    /// Its name.
    pub session: MediaSessionId,
    /// Whose it is.
    pub participant: ParticipantId,
    /// Since its offer was answered, in ms.
    pub age_ms: u64,
    /// Whether keys are agreed on.
    pub connected: bool,
    /// Since the client last proved that it wants to receive, in ms (RFC 7675).
    pub consent_age_ms: u64,
    /// The addresses that it was reached at.
    pub paths: Vec<PathSnapshot>,
    /// There and back, by its reports, in ms.
    pub round_trip_ms: Option<u32>,
    /// What fills its receiving sections.
    pub view: ViewId,
    /// What it sends.
    pub tracks: Vec<TrackSnapshot>,
    /// What it is sent: the streams that carry somebody, or could.
    pub streams: Vec<StreamSnapshot>,
    /// What its link carries, if it tells when packets arrive.
    pub estimate: Option<EstimateSnapshot>,
    /// From the participant.
    pub uplink: Option<LinkQuality>,
    /// To the participant.
    pub downlink: Option<LinkQuality>,
    /// What has been counted.
    pub counters: ParticipantStats,
}

/// A way to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathSnapshot {
    /// `udp4`, `udp6`, `tcp4` or `tcp6`.
    pub kind: String,
    /// Media takes this one.
    pub selected: bool,
    /// The client's end, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Sound or picture that a client sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackSnapshot {
    /// Which of the two.
    pub kind: Kind,
    /// Whether it may be sent.
    pub granted: bool,
    /// Whether it arrives.
    pub live: bool,
    /// How often a keyframe was asked for.
    pub keyframe_requests: u64,
    /// Its encodings, the smallest first.
    pub layers: Vec<LayerSnapshot>,
}

/// One encoding of a track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSnapshot {
    /// Its name, when there are several.
    pub rid: Option<String>,
    /// As SDP spells it.
    pub codec: String,
    /// Its RTP stream, once it came.
    pub ssrc: Option<u32>,
    /// In pixels, as the last keyframe said.
    pub height: Option<u16>,
    /// In bit/s, over the last two seconds in which it flowed.
    pub bitrate: Option<u64>,
    /// The highest spatial layer that came in it.
    pub spatial: u8,
    /// The highest temporal layer that came.
    pub temporal: u8,
    /// Whether something came in the last half second.
    pub flows: bool,
    /// Since somebody last watched it, or would if it flowed, in ms.
    pub watched_ms: Option<u64>,
    /// Packets that came under its own SSRC.
    pub received: u64,
    /// Packets that never came, or came only as repairs.
    pub lost: u64,
}

/// One stream to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamSnapshot {
    /// Which slot it belongs to.
    pub slot: u8,
    /// Sound or picture.
    pub kind: Kind,
    /// As the answer named it.
    pub ssrc: u32,
    /// Whom it carries.
    pub source: Option<ParticipantId>,
    /// The encoding that flows, by its place among the source's layers.
    pub layer: Option<u8>,
    /// The encoding that is to flow as soon as a keyframe comes.
    pub target: Option<u8>,
    /// The highest spatial layer of it that is to flow.
    pub spatial: Option<u8>,
    /// The highest temporal layer that is to flow.
    pub temporal: Option<u8>,
    /// How large the page shows it, in pixels of height.
    pub shown: Option<u16>,
    /// RTP packets sent, without repairs.
    pub packets: u32,
    /// Bytes of payload sent, without repairs; modulo 2^32.
    pub octets: u32,
}

/// What a link is believed to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateSnapshot {
    /// In bit/s.
    pub bitrate: u64,
    /// It has shown a limit; before that the figure is a guess.
    pub limited: bool,
}

/// What an audience is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewSnapshot {
    /// Which.
    pub view: ViewId,
    /// Who is to be shown, most important first.
    pub sources: Vec<ParticipantId>,
    /// Who is.
    pub slots: Vec<SlotSource>,
    /// How many watch.
    pub subscribers: u32,
}

impl RoomSnapshot {
    /// Takes in what another worker has of the same room: its sessions, and its subscribers.
    pub fn merge(&mut self, other: Self) {
        self.epoch = self.epoch.max(other.epoch);
        self.sessions.extend(other.sessions);
        for view in other.views {
            match self.views.iter_mut().find(|known| known.view == view.view) {
                Some(known) => known.subscribers += view.subscribers,
                None => self.views.push(view),
            }
        }
    }
}
