//! Calls to the media node: offers, ends, declarations.

use std::time::Duration;

use protocol::error::ErrorCode;
use protocol::media::{MediaCommand, MediaReply, Refusal, SlotMids, SlotSize, TrackSet};
use protocol::ws::{MediaAnswer, ServerMessage};
use protocol::{MediaSessionId, PersonId};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::declare::Topic;
use super::ended::EndReason;
use super::messages::{ConnectRefusal, HttpConnected};
use super::outbox::Closing;
use super::seat::{ConnectionId, MediaOrigin, MediaSession};
use super::task::{Done, Hub, Replied};
use crate::stage::{grant, view_of};

/// Who waits for the answer to an offer.
pub(super) enum Offer {
    /// A WebSocket.
    Socket {
        /// Which.
        connection: ConnectionId,
        /// Its request.
        id: Option<u32>,
    },
    /// A WHIP or WHEP client.
    Http(oneshot::Sender<Result<HttpConnected, ConnectRefusal>>),
}

/// An offer on its way.
pub(super) struct Connecting {
    person: PersonId,
    session: MediaSessionId,
    /// The PeerConnection that this one replaces.
    former: Option<MediaSession>,
    offer: Offer,
}

/// A WHIP client with its answer, on its way to the stage.
pub(super) struct Arrival {
    pub(super) connected: HttpConnected,
    pub(super) reply: oneshot::Sender<Result<HttpConnected, ConnectRefusal>>,
}

/// Waits for a reply, for so long.
pub(super) async fn replied(reply: oneshot::Receiver<MediaReply>, patience: Duration) -> Replied {
    timeout(patience, reply).await.ok().and_then(Result::ok)
}

impl Hub {
    /// Offers a PeerConnection to the node. It replaces the person's earlier one.
    pub(super) fn connect(
        &mut self,
        person: PersonId,
        origin: MediaOrigin,
        sdp: String,
        offer: Offer,
    ) {
        self.declare();
        let session = MediaSessionId::generate(&*self.context.clock, &*self.context.entropy);
        let Some(seat) = self.seats.get_mut(person) else { return };
        let role = seat.record.role;
        let fresh = MediaSession { id: session, origin, connected: false, layers: None };
        let former = seat.media.replace(fresh);
        self.touch(person);
        let connecting = Connecting { person, session, former, offer };
        let command = MediaCommand::Connect {
            session,
            participant: person.into(),
            view: view_of(role),
            publish: grant(&self.desk.state, person, role),
            offer: sdp,
        };
        match self.context.media.call(self.room(), self.epoch, command) {
            Ok(reply) => {
                let patience = self.context.config.timings.media;
                self.tasks.push(Box::pin(async move {
                    Done::Connected(connecting, replied(reply, patience).await)
                }));
            }
            Err(error) => {
                tracing::warn!(performance.id = %self.performance, %error, "offer not sent");
                self.on_connected(connecting, None);
            }
        }
    }

    pub(super) fn on_connected(&mut self, connecting: Connecting, replied: Replied) {
        let Connecting { person, session, former, offer } = connecting;
        let current = self
            .seats
            .get(person)
            .and_then(|seat| seat.media.as_ref())
            .is_some_and(|media| media.id == session);
        match replied {
            Some(MediaReply::Answer { sdp, slots }) if current => {
                self.context.metrics.media_connects.increment(1);
                self.answer_offer(person, session, former, offer, (sdp, slots));
            }
            Some(MediaReply::Answer { .. }) => {
                // A newer offer or the end of the seat came first.
                self.end_session(session);
                self.refuse_offer(person, offer, ConnectRefusal::Conflict);
            }
            other => {
                self.context.metrics.media_refusals.increment(1);
                // Without a reply nobody knows what was done, so it is undone.
                self.end_session(session);
                if let Some(former) = former {
                    self.end_session(former.id);
                }
                if current && let Some(seat) = self.seats.get_mut(person) {
                    seat.media = None;
                    seat.live = TrackSet::NONE;
                    self.touch(person);
                }
                let refusal = self.refusal_of(other);
                self.refuse_offer(person, offer, refusal);
            }
        }
    }

    fn answer_offer(
        &mut self,
        person: PersonId,
        session: MediaSessionId,
        former: Option<MediaSession>,
        offer: Offer,
        (sdp, slots): (String, Vec<SlotMids>),
    ) {
        match offer {
            Offer::Socket { connection, id } => {
                let answer = MediaAnswer { media_session: session, sdp, slots };
                self.answer(person, connection, id, &ServerMessage::Answer(answer));
            }
            Offer::Http(reply) => {
                if former.is_some_and(|former| former.is_page()) {
                    // A page would offer anew, and so on for ever.
                    self.let_go_of_socket(person, EndReason::TakenOver);
                }
                self.on_http_answer(person, session, sdp, reply);
            }
        }
    }

    fn refusal_of(&mut self, replied: Replied) -> ConnectRefusal {
        match replied {
            Some(MediaReply::Refused { reason, detail }) => {
                tracing::info!(performance.id = %self.performance, ?reason, detail, "offer refused");
                match reason {
                    Refusal::BadOffer => ConnectRefusal::BadOffer,
                    Refusal::NoCommonCodec => ConnectRefusal::NoCommonCodec,
                    Refusal::StaleEpoch => {
                        self.on_stale_epoch();
                        ConnectRefusal::Unavailable
                    }
                    Refusal::NotFound | Refusal::Full => ConnectRefusal::Unavailable,
                }
            }
            Some(other) => {
                tracing::error!(performance.id = %self.performance, reply = ?other, "no answer");
                ConnectRefusal::Unavailable
            }
            None => {
                self.context.metrics.media_lost_replies.increment(1);
                tracing::warn!(performance.id = %self.performance, "offer without a reply");
                ConnectRefusal::Unavailable
            }
        }
    }

    fn refuse_offer(&mut self, person: PersonId, offer: Offer, refusal: ConnectRefusal) {
        match offer {
            Offer::Socket { connection, id } => {
                let code = match refusal {
                    ConnectRefusal::BadOffer | ConnectRefusal::NoCommonCodec => {
                        ErrorCode::MediaRefused
                    }
                    ConnectRefusal::Conflict => ErrorCode::Conflict,
                    ConnectRefusal::AccessDenied => ErrorCode::AccessDenied,
                    ConnectRefusal::Unavailable => ErrorCode::Unavailable,
                };
                self.refuse(person, connection, id, code);
            }
            // A client that has hung up needs no answer.
            Offer::Http(reply) => drop(reply.send(Err(refusal))),
        }
    }

    /// The PeerConnection of a person's page, if it has one.
    pub(super) fn page_media(&self, person: PersonId) -> Option<MediaSessionId> {
        let media = self.seats.get(person)?.media.as_ref()?;
        media.is_page().then_some(media.id)
    }

    /// Tells the node how large a page shows its slots. A hint: the page says it anew whenever
    /// that changes, so nobody waits for the reply.
    pub(super) fn set_sizes(&mut self, person: PersonId, sizes: Vec<SlotSize>) {
        let Some(session) = self.page_media(person) else { return };
        let command = MediaCommand::SetSizes { session, sizes };
        if let Err(error) = self.context.media.call(self.room(), self.epoch, command) {
            tracing::debug!(performance.id = %self.performance, %error, "sizes not sent");
        }
    }

    /// Ends the PeerConnection of a person's page, if it has one.
    pub(super) fn end_page_media(&mut self, person: PersonId) {
        if self.page_media(person).is_some() {
            self.end_media(person);
        }
    }

    /// Ends a person's PeerConnection, if there is one.
    pub(super) fn end_media(&mut self, person: PersonId) {
        let Some(seat) = self.seats.get_mut(person) else { return };
        seat.live = TrackSet::NONE;
        if let Some(media) = seat.media.take() {
            self.end_session(media.id);
        }
        self.touch(person);
    }

    pub(super) fn end_session(&mut self, session: MediaSessionId) {
        self.declarations.end(session);
        self.send_declarations();
    }

    /// Sends what is due to the node.
    pub(super) fn send_declarations(&mut self) {
        let patience = self.context.config.timings.media;
        for (topic, command) in self.declarations.due() {
            match self.context.media.call(self.room(), self.epoch, command) {
                Ok(reply) => {
                    let number = self.declarations.sent(topic);
                    self.tasks.push(Box::pin(async move {
                        let replied = replied(reply, patience).await;
                        Done::Declared { topic, number, replied }
                    }));
                }
                Err(_) => self.declarations.unsent(topic),
            }
        }
    }

    pub(super) fn on_declared(&mut self, topic: Topic, number: u64, replied: Replied) {
        let confirmed = match replied {
            Some(MediaReply::Refused { reason: Refusal::StaleEpoch, .. }) => {
                self.on_stale_epoch();
                false
            }
            Some(MediaReply::Refused { reason: Refusal::NotFound, .. }) => {
                matches!(topic, Topic::End(_))
            }
            Some(MediaReply::Refused { reason, detail }) => {
                tracing::warn!(
                    performance.id = %self.performance, ?topic, ?reason, detail,
                    "declaration refused",
                );
                false
            }
            Some(_) => true,
            None => {
                self.context.metrics.media_lost_replies.increment(1);
                false
            }
        };
        self.declarations.settle(topic, number, confirmed);
    }

    /// Somebody else has taken the room: this is no longer the performance's home.
    fn on_stale_epoch(&mut self) {
        if self.leaving.is_none() {
            tracing::error!(
                performance.id = %self.performance, epoch = self.epoch,
                "the room has another owner",
            );
            self.leaving = Some(Closing::Restart);
        }
    }
}
