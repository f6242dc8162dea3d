//! WHIP and WHEP: PeerConnections without a WebSocket.

use protocol::{MediaSessionId, PersonId};
use tokio::sync::oneshot;

use super::media::{Arrival, Offer};
use super::messages::{
    ConnectRefusal, HttpConnect, HttpConnected, HttpPatch, HttpTarget, PatchRefusal, Patched,
    Precondition,
};
use super::restart::{Asker, Restarting};
use super::seat::{Endpoint, HttpMedia, MediaOrigin};
use super::stage_desk::CueOrigin;
use super::task::Hub;
use crate::stage::StageCommand;

impl Hub {
    pub(super) fn on_http_connect(&mut self, connect: HttpConnect) {
        let HttpConnect { record, slug, endpoint, ice, offer, reply } = connect;
        if slug != self.programme.slug || self.ended.reason(record.id).is_some() {
            let _ = reply.send(Err(ConnectRefusal::AccessDenied));
            return;
        }
        let person = record.person;
        self.take_seat(record);
        let origin = MediaOrigin::Http(HttpMedia { endpoint, ice, restarts: 0 });
        self.connect(person, origin, offer, Offer::Http(reply));
    }

    /// The node has answered: whoever publishes goes on stage before the client hears of it.
    pub(super) fn on_http_answer(
        &mut self,
        person: PersonId,
        session: MediaSessionId,
        sdp: String,
        reply: oneshot::Sender<Result<HttpConnected, ConnectRefusal>>,
    ) {
        let Some(seat) = self.seats.get(person) else { return };
        let Some((media, MediaOrigin::Http(http))) =
            seat.media.as_ref().map(|media| (media, &media.origin))
        else {
            return;
        };
        let Some(etag) = media.etag() else { return };
        let arrival = Arrival { connected: HttpConnected { session, sdp, etag }, reply };
        let role = seat.record.role;
        match http.endpoint {
            Endpoint::Whip => {
                let origin = CueOrigin::Arrival(arrival);
                self.queue_cue((person, role), StageCommand::TakeStage, origin);
            }
            Endpoint::Whep => self.on_arrived(person, arrival),
        }
    }

    pub(super) fn on_arrived(&mut self, person: PersonId, arrival: Arrival) {
        if self.media_is(person, arrival.connected.session) {
            // The grant that comes with the place goes out before the client may send.
            self.declare();
            if arrival.reply.send(Ok(arrival.connected)).is_err() {
                // The client has hung up and knows no address to delete.
                self.end_media(person);
            }
        } else {
            let _ = arrival.reply.send(Err(ConnectRefusal::Conflict));
        }
    }

    pub(super) fn on_not_arrived(
        &mut self,
        person: PersonId,
        arrival: Arrival,
        refusal: ConnectRefusal,
    ) {
        if self.media_is(person, arrival.connected.session) {
            self.end_media(person);
        }
        let _ = arrival.reply.send(Err(refusal));
    }

    fn media_is(&self, person: PersonId, session: MediaSessionId) -> bool {
        let media = self.seats.get(person).and_then(|seat| seat.media.as_ref());
        media.is_some_and(|media| media.id == session)
    }

    /// Whether a target is what this person's PeerConnection is now.
    fn is_here(&self, target: &HttpTarget) -> Option<(&HttpMedia, Option<String>)> {
        let media = self.seats.get(target.person)?.media.as_ref()?;
        match &media.origin {
            MediaOrigin::Http(http)
                if media.id == target.session
                    && http.endpoint == target.endpoint
                    && target.slug == self.programme.slug =>
            {
                Some((http, media.etag()))
            }
            _ => None,
        }
    }

    pub(super) fn on_http_patch(&mut self, patch: HttpPatch) {
        let HttpPatch { target, precondition, fragment, reply } = patch;
        let Some((http, etag)) = self.is_here(&target) else {
            let _ = reply.send(Err(PatchRefusal::NotFound));
            return;
        };
        let refusal = match precondition {
            Precondition::Missing => Some(PatchRefusal::PreconditionRequired),
            Precondition::Any => None,
            Precondition::OneOf(tags) => (!etag.is_some_and(|etag| tags.contains(&etag)))
                .then_some(PatchRefusal::PreconditionFailed),
        };
        if let Some(refusal) = refusal {
            let _ = reply.send(Err(refusal));
            return;
        }
        match fragment.ice {
            Some(ice) if http.ice.as_ref() != Some(&ice) => {
                let HttpTarget { person, session, .. } = target;
                self.restart_ice(Restarting { person, session, ice, asker: Asker::Http(reply) });
            }
            _ => drop(reply.send(Ok(Patched::Noted))),
        }
    }

    /// Ends what a target names; whether there was something. Who published so and is not here
    /// otherwise leaves the stage.
    pub(super) fn on_http_delete(&mut self, target: &HttpTarget) -> bool {
        if self.is_here(target).is_none() {
            return false;
        }
        let person = target.person;
        self.end_media(person);
        let alone = self.seats.get(person).is_some_and(|seat| seat.connection.is_none());
        if alone && target.endpoint == Endpoint::Whip {
            self.depart(person);
        }
        true
    }
}
