//! The media control protocol: what signalling asks of a media node, and what the node reports.
//!
//! Commands are values that can be repeated without harm and carried to another process
//! unchanged. Each names its room and the room's epoch: a node refuses commands of an epoch
//! older than the newest it has seen. The vocabulary is that of media, not of the theatre.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::{MediaSessionId, ParticipantId, RoomId};
use crate::quality::ParticipantQuality;
use crate::snapshot::RoomSnapshot;

/// Slots of a view that have a picture beside the sound. They come first, and go to the first
/// participants of the view; who is in one is always heard there.
pub const PAIRS: u8 = 6;
/// Slots of a view that have sound alone, after the [`PAIRS`]. They go to the loudest of those
/// who have no pair.
pub const VOICES: u8 = 3;

/// The least time from one [`MediaEventKind::Speaking`] of a room to the next, except that who
/// may no longer be heard ceases at once.
pub const SPEAKING_INTERVAL: Duration = Duration::from_millis(200);

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// A codec of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// What every browser decodes; layers by simulcast.
    #[default]
    Vp8,
    /// What most devices encode in hardware; layers by simulcast.
    H264,
    /// Layers in one scalable stream.
    Vp9,
    /// Layers in one scalable stream, for the fewest bits and the most computing.
    Av1,
}

/// One flag for sound and one for picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct TrackSet {
    /// Sound.
    pub audio: bool,
    /// Picture.
    pub video: bool,
}

impl TrackSet {
    /// Both.
    pub const ALL: Self = Self { audio: true, video: true };
    /// Neither.
    pub const NONE: Self = Self { audio: false, video: false };

    /// The flag of `kind`.
    #[must_use]
    pub fn has(self, kind: Kind) -> bool {
        match kind {
            Kind::Audio => self.audio,
            Kind::Video => self.video,
        }
    }

    /// Sets the flag of `kind`.
    pub fn set(&mut self, kind: Kind, on: bool) {
        match kind {
            Kind::Audio => self.audio = on,
            Kind::Video => self.video = on,
        }
    }
}

/// A number of a view within its room. A view is a list of participants that an audience
/// subscribes to; thousands of subscribers follow it without a command each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ViewId(pub u16);

/// A command with its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRequest {
    /// Chosen by the sender; the reply repeats it.
    pub id: u64,
    /// Which room.
    pub room: RoomId,
    /// Grows whenever another owner takes the room.
    pub epoch: u64,
    /// What to do.
    pub command: MediaCommand,
}

/// What signalling asks of a node. A room exists from the first command that names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MediaCommand {
    /// Answers an offer with a new media session. An earlier session of the participant ends
    /// with [`CloseReason::Replaced`]. Reply: [`MediaReply::Answer`].
    Connect {
        /// The name of the new session.
        session: MediaSessionId,
        /// Whose it is.
        participant: ParticipantId,
        /// What fills its receiving sections.
        view: ViewId,
        /// What it may publish; the rest is dropped on arrival.
        publish: TrackSet,
        /// The SDP offer.
        offer: String,
    },
    /// Answers an ICE restart. Reply: [`MediaReply::Restarted`].
    RestartIce {
        /// Which session.
        session: MediaSessionId,
        /// The client's new `ice-ufrag`.
        ufrag: String,
        /// The client's new `ice-pwd`.
        pwd: String,
    },
    /// Changes what a participant may publish, now and in later sessions.
    SetPublish {
        /// Who.
        participant: ParticipantId,
        /// What they may publish.
        publish: TrackSet,
    },
    /// Replaces the participants of a view, most important first. Those whose media flows fill
    /// the [`PAIRS`] in this order, and one who already has a pair keeps it; the loudest of the
    /// others fill the [`VOICES`]. A client with fewer slots misses the last ones.
    SetView {
        /// Which view.
        view: ViewId,
        /// Who is in it.
        sources: Vec<ParticipantId>,
    },
    /// Says how large a client shows its slots, so that it gets no more than it can show. The
    /// whole list: a slot that is not named is shown at any size.
    SetSizes {
        /// Which session.
        session: MediaSessionId,
        /// At most one entry a slot.
        sizes: Vec<SlotSize>,
    },
    /// Says how the pictures of a client played lately, as the client saw it. A hint: it counts
    /// for ten seconds.
    ReportPlayback {
        /// Which session.
        session: MediaSessionId,
        /// Share of the time for which they stood still, of a hundred.
        frozen_percent: u8,
    },
    /// Ends a session. Ending one that is gone already is no error.
    Disconnect {
        /// Which session.
        session: MediaSessionId,
    },
    /// Ends a room and everything in it.
    CloseRoom,
    /// Asks for counters. Reply: [`MediaReply::Stats`].
    Stats,
    /// Asks for everything that helps to find a fault. It changes nothing, so anybody may ask:
    /// the epoch does not count, and no room is made. Reply: [`MediaReply::Snapshot`].
    Snapshot {
        /// With the addresses of clients.
        addresses: bool,
    },
}

/// What a node replies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MediaReply {
    /// Carried out.
    Done,
    /// To [`MediaCommand::Connect`].
    Answer {
        /// The SDP answer.
        sdp: String,
        /// Which sections are which slot.
        slots: Vec<SlotMids>,
    },
    /// To [`MediaCommand::RestartIce`].
    Restarted {
        /// The node's new `ice-ufrag`.
        ufrag: String,
        /// The node's new `ice-pwd`.
        pwd: String,
        /// The node's candidates, as the values of `a=candidate` lines.
        candidates: Vec<String>,
    },
    /// To [`MediaCommand::Stats`].
    Stats(Box<RoomStats>),
    /// To [`MediaCommand::Snapshot`].
    Snapshot(Box<RoomSnapshot>),
    /// Not carried out.
    Refused {
        /// Why, for programs.
        reason: Refusal,
        /// Why, for logs.
        detail: String,
    },
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The offer is not SDP that can be answered.
    BadOffer,
    /// The offer has no codec in common with the node.
    NoCommonCodec,
    /// No such session or room.
    NotFound,
    /// The command's epoch is older than the room's.
    StaleEpoch,
    /// The node carries as much as it may.
    Full,
}

/// Which media sections of a PeerConnection are which slot. A slot with a picture is a pair, or
/// picture alone if the offer had fewer audio sections; a slot without one is for voices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlotMids {
    /// The slot's number.
    pub slot: u8,
    /// `a=mid` of its audio section.
    pub audio: Option<String>,
    /// `a=mid` of its video section.
    pub video: Option<String>,
}

/// How large a client shows a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SlotSize {
    /// The slot's number.
    pub slot: u8,
    /// The height of the picture in physical pixels; 0: it is not to be seen.
    pub height: u16,
}

/// Something that happened in a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaEvent {
    /// In which room.
    pub room: RoomId,
    /// What.
    pub kind: MediaEventKind,
}

/// What happened in a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MediaEventKind {
    /// Keys are agreed on; media can flow.
    Connected {
        /// Which session.
        session: MediaSessionId,
        /// Whose.
        participant: ParticipantId,
    },
    /// A session ended.
    Closed {
        /// Which session.
        session: MediaSessionId,
        /// Whose.
        participant: ParticipantId,
        /// Why.
        reason: CloseReason,
    },
    /// What arrives of a participant and is allowed to changed.
    Live {
        /// Whose.
        participant: ParticipantId,
        /// What flows now.
        tracks: TrackSet,
    },
    /// Somebody began or ceased to watch layers of a participant's picture. The others are sent
    /// for nobody.
    Layers {
        /// Whose.
        participant: ParticipantId,
        /// Of which session.
        session: MediaSessionId,
        /// The `rid`s of the layers that are watched; of one scalable stream, `s0`, `s1` and so on
        /// for its spatial layers.
        wanted: Vec<String>,
    },
    /// Who is in which slot of a view changed. The whole list.
    Assigned {
        /// Which view.
        view: ViewId,
        /// The occupied slots.
        slots: Vec<SlotSource>,
    },
    /// Who speaks in the room, of those who are allowed to be heard at all. The whole list, at
    /// most every [`SPEAKING_INTERVAL`] and only when it changed.
    Speaking {
        /// Who speaks, in no order.
        speakers: Vec<ParticipantId>,
    },
    /// The quality of some participants' media has changed by a step; at most every 2 s.
    Quality {
        /// Those whose it is, each with all that is known.
        participants: Vec<ParticipantQuality>,
    },
    /// A fault of ours ended the room; its clients must connect anew.
    RoomFailed,
}

/// Who is in a slot of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotSource {
    /// The slot's number.
    pub slot: u8,
    /// Who.
    pub participant: ParticipantId,
    /// The outgoing RTP timestamp of their first frame (90 kHz, modulo 2^32), once it came.
    pub video_rtp: Option<u32>,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// By command.
    Requested,
    /// The participant connected anew.
    Replaced,
    /// The peer said goodbye (DTLS close_notify).
    PeerClosed,
    /// No authenticated STUN check for 30 s (RFC 7675 consent).
    ConsentExpired,
    /// No keys within 30 s of the answer, or a wrong fingerprint.
    HandshakeFailed,
    /// Its room ended.
    RoomClosed,
}

/// Counters of a room, since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoomStats {
    /// By participant.
    pub participants: Vec<ParticipantStats>,
}

/// Counters of a participant's current session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParticipantStats {
    /// Who.
    pub participant: ParticipantId,
    /// Which session.
    pub session: MediaSessionId,
    /// Packets of allowed tracks that arrived.
    pub received: u64,
    /// Packets dropped on arrival because their track is not granted.
    pub dropped_muted: u64,
    /// RTP packets sent, retransmissions included.
    pub sent: u64,
    /// Retransmissions sent.
    pub retransmitted: u64,
    /// Datagrams handed to the kernel, a segmented batch counting once.
    pub send_calls: u64,
    /// Keyframes asked of this participant.
    pub keyframe_requests: u64,
    /// Packets asked again of this participant.
    pub nacks_sent: u64,
}

/// A line of the control connection of a node that runs in its own process, towards the owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum ControlLine {
    /// The reply to request `id`.
    Reply {
        /// The request.
        id: u64,
        /// The reply.
        reply: MediaReply,
    },
    /// Something happened.
    Event(MediaEvent),
}
