//! The WebSocket (`/api/ws`): JSON text messages in an envelope.
//!
//! The first message is [`ClientMessage::Hello`], within [`HELLO_TIMEOUT`]. The server answers
//! [`ServerMessage::Welcome`] with a snapshot, then sends deltas. Every message of the server
//! that changes what the client knows has a sequence number `seq`, without gaps; a client that
//! lost its socket says the last one it has seen and gets the rest, or a fresh snapshot.
//! A request carries an `id`, and exactly one message answers it with the same `id`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::clock::Timestamp;
use crate::error::ErrorBody;
use crate::http::{IceServer, PerformanceView};
use crate::ids::{DeviceId, MediaSessionId, PersonId, SessionId};
use crate::media::{Kind, SlotMids, SlotSize, TrackSet};
use crate::quality::PersonQuality;
use crate::role::{Place, Role};

/// The version of this protocol.
pub const VERSION: u8 = 1;
/// The largest message that the server takes, in bytes (an offer with 8 pairs is 47 kB).
pub const MAX_MESSAGE_SIZE: usize = 256 * 1024;
/// The most entries of a [`ClientMessage::ShowSlots`].
pub const MAX_SLOT_SIZES: usize = 32;
/// The longest `ice-ufrag` or `ice-pwd` of a [`ClientMessage::RestartIce`], in characters
/// (RFC 8839 section 5.4).
pub const MAX_ICE_TEXT: usize = 256;
/// How long a new socket may stay without a [`ClientMessage::Hello`].
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// The client sends a [`ClientMessage::Ping`] this often when it has nothing else to say.
pub const PING_INTERVAL: Duration = Duration::from_secs(5);
/// A socket silent for this long is closed; its seat is kept.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(20);

/// A message of the client with its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ClientEnvelope {
    /// Always [`VERSION`].
    pub v: u8,
    /// Present on requests; the answer repeats it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub id: Option<u32>,
    /// `type` and `body`.
    #[serde(flatten)]
    pub message: ClientMessage,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", content = "body", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message. Answer: [`ServerMessage::Welcome`].
    Hello(Hello),
    /// Nothing to say, still here. Answer: [`ServerMessage::Pong`].
    Ping,
    /// A fresh token, please. Answer: [`ServerMessage::Token`].
    Renew,
    /// An SDP offer for a new PeerConnection. Answer: [`ServerMessage::Answer`].
    Offer {
        /// The offer, with all candidates the client cares to name (none are needed).
        sdp: String,
    },
    /// The page's network changed, or its PeerConnection does not get through: its transport
    /// begins anew (RFC 8445 section 2.4), and everything above it goes on. Answer:
    /// [`ServerMessage::IceRestarted`].
    RestartIce {
        /// Which PeerConnection, as [`MediaAnswer::media_session`] named it.
        media_session: MediaSessionId,
        /// The `ice-ufrag` of the page's new offer.
        ufrag: String,
        /// Its `ice-pwd`.
        pwd: String,
    },
    /// The PeerConnection is over. Answer: [`ServerMessage::Done`].
    Hangup,
    /// How large the page shows its slots, said anew whenever that changes and after every
    /// [`ServerMessage::Answer`]. Answer: [`ServerMessage::Done`].
    ShowSlots {
        /// The whole list, at most [`MAX_SLOT_SIZES`]: a slot that is not named is shown at any
        /// size.
        slots: Vec<SlotSize>,
    },
    /// How the pictures played lately. Said every few seconds while something stands still, and
    /// once when nothing does any more. Answer: [`ServerMessage::Done`].
    ReportPlayback {
        /// Share of the time for which they stood still, of a hundred.
        frozen_percent: u8,
    },
    /// An actor goes on stage. Answer: [`ServerMessage::Done`].
    TakeStage,
    /// An actor returns to the green room. Answer: [`ServerMessage::Done`].
    LeaveStage,
    /// The stage manager moves the curtain. Answer: [`ServerMessage::Done`].
    SetCurtain {
        /// Up: the house sees and hears the stage.
        raised: bool,
    },
    /// The stage manager mutes or unmutes. Answer: [`ServerMessage::Done`].
    SetMute {
        /// Whom.
        person: PersonId,
        /// What of theirs.
        kind: Kind,
        /// Muted, or not.
        muted: bool,
    },
}

/// The body of [`ClientMessage::Hello`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// A session token.
    pub token: String,
    /// Which browser speaks.
    pub device: DeviceId,
    /// The connection to take up again, and the last `seq` seen on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub resume: Option<Resume>,
}

/// Where a lost connection stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The [`Welcome::stream`] of the lost connection.
    pub stream: SessionId,
    /// The last sequence number seen.
    #[ts(type = "number")]
    pub seq: u64,
}

/// A message of the server with its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ServerEnvelope {
    /// Always [`VERSION`].
    pub v: u8,
    /// Present on messages that change what the client knows; grows by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub seq: Option<u64>,
    /// The request that this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub id: Option<u32>,
    /// `type` and `body`.
    #[serde(flatten)]
    pub message: ServerMessage,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", content = "body", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "serialised at once, never kept in numbers")]
pub enum ServerMessage {
    /// The seat is taken.
    Welcome(Welcome),
    /// Still here too.
    Pong,
    /// A fresh token.
    Token {
        /// For reconnecting, WHIP and WHEP.
        token: String,
        /// When it stops admitting.
        expires_at: Timestamp,
        /// Relays with fresh credentials, in place of those that the page knows.
        #[serde(default)]
        ice_servers: Vec<IceServer>,
    },
    /// The answer to an offer.
    Answer(MediaAnswer),
    /// The answer to [`ClientMessage::RestartIce`].
    IceRestarted(IceRestart),
    /// The request is carried out.
    Done,
    /// The request is refused, or the connection is about to be closed.
    Error(ErrorBody),
    /// The curtain moved.
    Curtain {
        /// Up or down.
        raised: bool,
    },
    /// Somebody came, or something about them changed. Crew hear of everybody, others of the
    /// people on stage and of themselves.
    Person(PersonView),
    /// Somebody is no longer to be seen here.
    PersonLeft {
        /// Who.
        person: PersonId,
    },
    /// How many spectators are in.
    House {
        /// Spectators with a live connection.
        count: u32,
    },
    /// Who is in which slot from now on. The whole list, not a change.
    Slots {
        /// The occupied slots.
        slots: Vec<SlotView>,
    },
    /// Who speaks right now, of those who are heard here. The whole list. Not numbered, and not
    /// repeated after a lost connection: a client that comes back believes that nobody speaks
    /// until it is told.
    Speaking {
        /// Who speaks, in no order.
        people: Vec<PersonId>,
    },
    /// Which layers of this page's picture somebody watches, by `rid`, or as `s0`, `s1` and so on
    /// for the spatial layers of one scalable stream; the page sends no others. Before the first
    /// such message it sends all.
    Layers {
        /// Which PeerConnection this is about.
        media_session: MediaSessionId,
        /// The layers to send.
        wanted: Vec<String>,
    },
    /// How well the media of some people goes; those who are not named are as before. Only the
    /// crew hears of it.
    Quality {
        /// Those whose it is.
        people: Vec<PersonQuality>,
    },
    /// The media node let go of the PeerConnection; offer anew.
    MediaClosed {
        /// Which one.
        media_session: MediaSessionId,
    },
    /// Another device took the seat. The socket is closed next; do not reconnect unasked.
    TakenOver,
    /// The right to be here was withdrawn. The socket is closed next; do not reconnect.
    Revoked,
}

/// The body of [`ServerMessage::Welcome`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Welcome {
    /// The name of this stream of sequence numbers, for [`Resume`].
    pub stream: SessionId,
    /// True when the lost messages follow; false when `snapshot` starts afresh.
    pub resumed: bool,
    /// The media session that is still alive from before, if any. None: offer anew.
    pub media_session: Option<MediaSessionId>,
    /// Everything the client may know; absent when resumed.
    pub snapshot: Option<Snapshot>,
}

/// Everything that a client may know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Snapshot {
    /// What is played.
    pub performance: PerformanceView,
    /// Who reads this.
    pub me: PersonView,
    /// Whether the curtain is up.
    pub curtain_raised: bool,
    /// Spectators with a live connection.
    pub house: u32,
    /// Crew: everybody. Others: the people on stage.
    pub people: Vec<PersonView>,
    /// Who is in which slot.
    pub slots: Vec<SlotView>,
}

/// A person as others may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonView {
    /// Who.
    pub id: PersonId,
    /// What to call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Where they are.
    pub place: Place,
    /// Whether they are connected right now.
    pub online: bool,
    /// What of theirs arrives at the media node.
    pub live: TrackSet,
    /// What of theirs the stage manager has muted.
    pub muted: TrackSet,
}

/// The body of [`ServerMessage::Answer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct MediaAnswer {
    /// The name of the PeerConnection from now on.
    pub media_session: MediaSessionId,
    /// The SDP answer.
    pub sdp: String,
    /// Which media sections are which slot.
    pub slots: Vec<SlotMids>,
}

/// The body of [`ServerMessage::IceRestarted`]: what changes in the SDP answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct IceRestart {
    /// Which PeerConnection.
    pub media_session: MediaSessionId,
    /// The house's new `ice-ufrag`.
    pub ufrag: String,
    /// Its new `ice-pwd`.
    pub pwd: String,
    /// Where it is reached, as the values of `a=candidate` lines.
    pub candidates: Vec<String>,
}

/// Who is in a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlotView {
    /// The slot's number; a client with fewer slots ignores the rest.
    pub slot: u8,
    /// Who is seen and heard in it.
    pub person: PersonId,
    /// RTP timestamp of their first frame (90 kHz, modulo 2^32): the picture before it is the
    /// predecessor's. Absent while no frame has come.
    pub video_rtp: Option<u32>,
}
