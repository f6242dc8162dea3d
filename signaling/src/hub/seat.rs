//! A person in a performance: who they are, their WebSocket, their PeerConnection.

use protocol::media::TrackSet;
use protocol::ws::PersonView;
use protocol::{Language, MediaSessionId, Role};
use store::SessionRecord;
use tokio::time::Instant;

use super::outbox::Outbox;
use super::stream::Stream;
use crate::stage::StageState;

/// A person in a performance.
#[derive(Debug)]
pub(super) struct Seat {
    /// The sitting that holds the seat.
    pub(super) record: SessionRecord,
    /// What they were told.
    pub(super) stream: Stream,
    /// Their WebSocket.
    pub(super) connection: Option<Connection>,
    /// Their PeerConnection.
    pub(super) media: Option<MediaSession>,
    /// What of theirs arrives at the node.
    pub(super) live: TrackSet,
    /// Since when nobody sits here. The seat is given up after a while.
    pub(super) vacant_since: Option<Instant>,
    /// When the store last said that they may be here.
    pub(super) verified_at: Instant,
}

/// A WebSocket. The id tells it from an earlier one of the same person.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) outbox: Outbox,
    /// What its person reads.
    pub(super) language: Language,
    /// Whether it was told what the stream begins with; nothing of the stream goes out before.
    pub(super) greeted: bool,
}

/// A number of a WebSocket within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// A PeerConnection.
#[derive(Debug)]
pub(super) struct MediaSession {
    pub(super) id: MediaSessionId,
    pub(super) origin: MediaOrigin,
    /// Whether keys are agreed on.
    pub(super) connected: bool,
    /// The layers of its picture that are watched, once the node has said.
    pub(super) layers: Option<Vec<String>>,
}

/// How a PeerConnection was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MediaOrigin {
    /// Over the WebSocket.
    Page,
    /// By WHIP or WHEP.
    Http(HttpMedia),
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// RFC 9725.
    Whip,
    /// draft-ietf-wish-whep.
    Whep,
}

/// What HTTP needs to know of a PeerConnection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpMedia {
    pub(super) endpoint: Endpoint,
    /// The client's ICE credentials; others mean an ICE restart.
    pub(super) ice: Option<IceCredentials>,
    /// How often ICE was restarted; part of the entity tag.
    pub(super) restarts: u32,
}

/// `ice-ufrag` and `ice-pwd` of one side (RFC 8839 section 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IceCredentials {
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
}

impl MediaSession {
    /// The strong entity tag of the current ICE session (RFC 9725 section 4.3.1).
    pub(super) fn etag(&self) -> Option<String> {
        match &self.origin {
            MediaOrigin::Page => None,
            MediaOrigin::Http(http) => {
                Some(format!("\"{}-{}\"", self.id.0.simple(), http.restarts))
            }
        }
    }

    pub(super) fn is_page(&self) -> bool {
        self.origin == MediaOrigin::Page
    }
}

impl Seat {
    /// Whether somebody sits here: a WebSocket, or a PeerConnection by HTTP, which has none.
    pub(super) fn is_occupied(&self) -> bool {
        self.connection.is_some() || self.media.as_ref().is_some_and(|media| !media.is_page())
    }

    /// Whether others are told that this person is connected right now.
    pub(super) fn is_online(&self) -> bool {
        let by_http = |media: &MediaSession| media.connected && !media.is_page();
        self.connection.is_some() || self.media.as_ref().is_some_and(by_http)
    }

    /// Whether this person counts as one of the house.
    pub(super) fn counts(&self) -> bool {
        self.record.role == Role::Spectator && self.is_online()
    }

    /// The person as others may see them.
    pub(super) fn view(&self, stage: &StageState) -> PersonView {
        let SessionRecord { person, role, ref name, .. } = self.record;
        let watching = self.media.as_ref().is_some_and(|media| media.connected);
        PersonView {
            id: person,
            name: name.clone(),
            role,
            place: stage.place(person, role, watching),
            online: self.is_online(),
            live: self.live,
            muted: stage.muted(person),
        }
    }
}
