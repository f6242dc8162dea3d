//! A WebSocket takes its seat, and asks for things.

use protocol::error::{ErrorBody, ErrorCode, Language};
use protocol::media::TrackSet;
use protocol::ws::{Resume, ServerMessage, Welcome};
use protocol::{PersonId, SessionId};
use store::SessionRecord;
use tokio::time::Instant;

use super::ended::EndReason;
use super::media::Offer;
use super::messages::{Join, Request, SocketRequest};
use super::outbox::{Outgoing, Slow};
use super::seat::{Connection, ConnectionId, MediaOrigin, Seat};
use super::stage_desk::CueOrigin;
use super::stream::Stream;
use super::task::Hub;

impl Hub {
    pub(super) fn on_join(&mut self, join: Join) {
        let Join { record, resume, id, language, outbox, reply } = join;
        // Whoever waited for these answers may be gone; then so is the WebSocket.
        if let Some(reason) = self.ended.reason(record.id) {
            let _ = reply.send(Err(reason));
            return;
        }
        let person = record.person;
        let same_page = self.is_stream_of(person, &record, resume);
        self.take_seat(record);
        self.let_go_of_socket(person, EndReason::TakenOver);
        if !same_page {
            // The page that held it is gone.
            self.end_page_media(person);
        }
        self.last_connection += 1;
        let connection = ConnectionId(self.last_connection);
        if let Some(seat) = self.seats.get_mut(person) {
            let greeted = false;
            seat.connection = Some(Connection { id: connection, outbox, language, greeted });
        }
        self.touch(person);
        // Others hear of it, and the stream takes note, before the greeting sums it all up.
        self.announce();
        if self.greet(person, id, resume).is_err() {
            self.drop_slow(person);
        }
        if reply.send(Ok(connection)).is_err() {
            self.on_gone(person, connection);
        }
    }

    /// Whether `resume` names the stream that this very sitting was told last.
    fn is_stream_of(
        &self,
        person: PersonId,
        record: &SessionRecord,
        resume: Option<Resume>,
    ) -> bool {
        self.seats.get(person).zip(resume).is_some_and(|(seat, resume)| {
            seat.record.id == record.id && seat.stream.id() == resume.stream
        })
    }

    /// Gives the seat of a person to a sitting. Another sitting that held it has ended.
    pub(super) fn take_seat(&mut self, record: SessionRecord) {
        let person = record.person;
        if let Some(former) = self.seats.get(person).map(|seat| seat.record.id)
            && former != record.id
        {
            self.end_sitting(person, former, EndReason::TakenOver);
        }
        let now = Instant::now();
        let stream = self.new_stream();
        match self.seats.get_mut(person) {
            Some(seat) => {
                if seat.record.id != record.id {
                    seat.stream = stream;
                }
                seat.record = record;
                seat.verified_at = now;
            }
            None => self.seats.insert(Seat {
                record,
                stream,
                connection: None,
                media: None,
                live: TrackSet::NONE,
                vacant_since: None,
                verified_at: now,
            }),
        }
        self.touch(person);
    }

    /// Says welcome: with what was missed, or with everything.
    fn greet(
        &mut self,
        person: PersonId,
        id: Option<u32>,
        resume: Option<Resume>,
    ) -> Result<(), Slow> {
        let media_session = self.page_media(person);
        let stream = self.new_stream();
        let Some(seat) = self.seats.get_mut(person) else { return Ok(()) };
        let me = seat.view(&self.desk.state);
        let missed: Option<Vec<Outgoing>> =
            resume.and_then(|resume| seat.stream.since(resume)).map(Iterator::collect);
        if missed.is_none() {
            seat.stream = stream;
        }
        let stream = seat.stream.id();
        let resumed = missed.is_some();
        let snapshot = (!resumed).then(|| self.snapshot(me));
        let welcome = ServerMessage::Welcome(Welcome { stream, resumed, media_session, snapshot });
        if resumed {
            self.context.metrics.sockets_resumed.increment(1);
        }
        let Some(seat) = self.seats.get_mut(person) else { return Ok(()) };
        let Some(connection) = &mut seat.connection else { return Ok(()) };
        connection.greeted = true;
        connection.outbox.answer(id, &welcome)?;
        missed.into_iter().flatten().try_for_each(|outgoing| connection.outbox.send(outgoing))?;
        if !resumed {
            self.tell_layers(person);
            self.tell_quality(person);
        }
        self.tell_speakers(person);
        Ok(())
    }

    fn new_stream(&self) -> Stream {
        let id = SessionId::generate(&*self.context.clock, &*self.context.entropy);
        Stream::new(id, self.context.config.limits.replay)
    }

    pub(super) fn on_request(&mut self, request: SocketRequest) {
        let SocketRequest { person, connection, id, request } = request;
        let Some(seat) = self.seats.get(person) else { return };
        if seat.connection.as_ref().is_none_or(|current| current.id != connection) {
            // Of a WebSocket that was replaced meanwhile.
            return;
        }
        match request {
            Request::Offer { sdp } => {
                let offer = Offer::Socket { connection, id };
                self.connect(person, MediaOrigin::Page, sdp, offer);
            }
            Request::RestartIce { session, ice } => {
                self.restart_page_ice(person, session, ice, (connection, id));
            }
            Request::Hangup => {
                self.end_page_media(person);
                self.answer(person, connection, id, &ServerMessage::Done);
            }
            Request::ShowSlots { slots } => {
                self.set_sizes(person, slots);
                self.answer(person, connection, id, &ServerMessage::Done);
            }
            Request::ReportPlayback { frozen_percent } => {
                self.report_playback(person, frozen_percent);
                self.answer(person, connection, id, &ServerMessage::Done);
            }
            Request::Stage(command) => {
                let role = seat.record.role;
                let origin = CueOrigin::Socket { connection, id };
                self.queue_cue((person, role), command, origin);
            }
        }
    }

    /// Answers a request, if the WebSocket that made it is still there.
    pub(super) fn answer(
        &mut self,
        person: PersonId,
        connection: ConnectionId,
        id: Option<u32>,
        message: &ServerMessage,
    ) {
        let current = self
            .seats
            .get(person)
            .and_then(|seat| seat.connection.as_ref())
            .filter(|current| current.id == connection);
        let Some(current) = current else { return };
        if current.outbox.answer(id, message).is_err() {
            self.drop_slow(person);
        }
    }

    /// Refuses a request.
    pub(super) fn refuse(
        &mut self,
        person: PersonId,
        connection: ConnectionId,
        id: Option<u32>,
        code: ErrorCode,
    ) {
        let language = self
            .seats
            .get(person)
            .and_then(|seat| seat.connection.as_ref())
            .map_or(Language::default(), |connection| connection.language);
        let error = ServerMessage::Error(ErrorBody::new(code, language));
        self.answer(person, connection, id, &error);
    }
}
