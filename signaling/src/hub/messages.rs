//! What a performance is told and asked.

use protocol::media::{MediaEventKind, SlotSize};
use protocol::ws::Resume;
use protocol::{Language, MediaSessionId, PersonId, SessionId, Slug};
use store::SessionRecord;
use tokio::sync::oneshot;

use super::ended::EndReason;
use super::outbox::Outbox;
use super::seat::{ConnectionId, Endpoint, IceCredentials};
use crate::stage::StageCommand;

/// What a performance is told and asked.
#[derive(Debug)]
pub(crate) enum HubMessage {
    /// A WebSocket wants a seat.
    Join(Join),
    /// A seated WebSocket asks for something.
    Request(SocketRequest),
    /// A WebSocket is gone.
    Gone {
        /// Whose.
        person: PersonId,
        /// Which.
        connection: ConnectionId,
    },
    /// Sittings have ended.
    Ended {
        /// Whose.
        person: PersonId,
        /// Which.
        sessions: Vec<SessionId>,
        /// How.
        reason: EndReason,
    },
    /// How a sitting has ended, if it has lately.
    HowEnded {
        /// Which.
        session: SessionId,
        /// How.
        reply: oneshot::Sender<Option<EndReason>>,
    },
    /// News were lost: read from the store who may be here.
    Verify,
    /// The performance is over.
    Over,
    /// WHIP or WHEP offers.
    Connect(HttpConnect),
    /// WHIP or WHEP patches.
    Patch(HttpPatch),
    /// WHIP or WHEP ends; whether there was something to end is the reply.
    Delete {
        /// What.
        target: HttpTarget,
        /// Whether it was there.
        reply: oneshot::Sender<bool>,
    },
    /// The media node reports.
    Media(MediaEventKind),
}

/// A WebSocket wants a seat. Everything it is told comes through its outbox, a welcome first.
#[derive(Debug)]
pub(crate) struct Join {
    /// The sitting, live according to the store.
    pub(crate) record: SessionRecord,
    /// The lost connection to take up again.
    pub(crate) resume: Option<Resume>,
    /// The request that the welcome answers.
    pub(crate) id: Option<u32>,
    /// What the person reads.
    pub(crate) language: Language,
    /// Where to send.
    pub(crate) outbox: Outbox,
    /// The connection's number, or why there is no seat.
    pub(crate) reply: oneshot::Sender<Result<ConnectionId, EndReason>>,
}

/// A seated WebSocket asks for something.
#[derive(Debug)]
pub(crate) struct SocketRequest {
    /// Who.
    pub(crate) person: PersonId,
    /// On which connection.
    pub(crate) connection: ConnectionId,
    /// The request's number.
    pub(crate) id: Option<u32>,
    /// What.
    pub(crate) request: Request,
}

/// What a WebSocket can ask of a performance.
#[derive(Debug)]
pub(crate) enum Request {
    /// An answer to an offer.
    Offer {
        /// The offer.
        sdp: String,
    },
    /// A new transport for the page's PeerConnection.
    RestartIce {
        /// Which one.
        session: MediaSessionId,
        /// The page's new credentials.
        ice: IceCredentials,
    },
    /// The end of the PeerConnection.
    Hangup,
    /// How large the page shows its slots.
    ShowSlots {
        /// At most [`protocol::ws::MAX_SLOT_SIZES`].
        slots: Vec<SlotSize>,
    },
    /// How the page's pictures play.
    ReportPlayback {
        /// Share of the time for which they stood still, 0 to 100.
        frozen_percent: u8,
    },
    /// Something on stage.
    Stage(StageCommand),
}

/// WHIP or WHEP offers.
#[derive(Debug)]
pub(crate) struct HttpConnect {
    /// The sitting, live according to the store.
    pub(crate) record: SessionRecord,
    /// The performance as the address names it.
    pub(crate) slug: Slug,
    /// Which of the two.
    pub(crate) endpoint: Endpoint,
    /// The client's ICE credentials, as its offer says.
    pub(crate) ice: Option<IceCredentials>,
    /// The offer.
    pub(crate) offer: String,
    /// What came of it.
    pub(crate) reply: oneshot::Sender<Result<HttpConnected, ConnectRefusal>>,
}

/// A PeerConnection by WHIP or WHEP.
#[derive(Debug)]
pub(crate) struct HttpConnected {
    /// Its name.
    pub(crate) session: MediaSessionId,
    /// The answer.
    pub(crate) sdp: String,
    /// The entity tag of its ICE session.
    pub(crate) etag: String,
}

/// Why an offer has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectRefusal {
    /// The address names another performance, or the sitting has ended.
    AccessDenied,
    /// The offer is no SDP that can be answered.
    BadOffer,
    /// No codec in common.
    NoCommonCodec,
    /// The stage is full, or a newer offer came meanwhile.
    Conflict,
    /// The node or the database cannot serve now.
    Unavailable,
}

/// A PeerConnection by WHIP or WHEP, as a request's address and token name it.
#[derive(Clone, Debug)]
pub(crate) struct HttpTarget {
    /// Whose, by the token.
    pub(crate) person: PersonId,
    /// The performance as the address names it.
    pub(crate) slug: Slug,
    /// Which of the two.
    pub(crate) endpoint: Endpoint,
    /// Its name.
    pub(crate) session: MediaSessionId,
}

/// WHIP or WHEP patches.
#[derive(Debug)]
pub(crate) struct HttpPatch {
    /// What.
    pub(crate) target: HttpTarget,
    /// `If-Match`.
    pub(crate) precondition: Precondition,
    /// The body.
    pub(crate) fragment: SdpFragment,
    /// What came of it.
    pub(crate) reply: oneshot::Sender<Result<Patched, PatchRefusal>>,
}

/// `If-Match` (RFC 9110 section 13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// No such header.
    Missing,
    /// `*`.
    Any,
    /// One of these strong entity tags, with their quotes.
    OneOf(Vec<String>),
}

/// What of an `application/trickle-ice-sdpfrag` (RFC 8840) matters to an ICE-lite server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SdpFragment {
    /// The client's credentials.
    pub(crate) ice: Option<IceCredentials>,
    /// Its first `m=` line with its `a=mid`, to be repeated in a reply.
    pub(crate) media: Option<(String, String)>,
}

/// What came of a patch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Patched {
    /// Candidates were noted; an ICE-lite server needs none.
    Noted,
    /// ICE was restarted.
    Restarted {
        /// The node's new credentials.
        ice: IceCredentials,
        /// The node's candidates, as the values of `a=candidate` lines.
        candidates: Vec<String>,
        /// The new entity tag.
        etag: String,
    },
}

/// Why nothing came of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchRefusal {
    /// No such PeerConnection, or not this person's.
    NotFound,
    /// `If-Match` is missing.
    PreconditionRequired,
    /// `If-Match` names an earlier ICE session.
    PreconditionFailed,
    /// The node cannot serve now.
    Unavailable,
}
