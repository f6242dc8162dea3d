//! Who is here: lost connections, vacant seats, sittings that end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::{PersonId, Role, SessionId};
use store::StoreError;
use tokio::time::Instant;

use super::ended::EndReason;
use super::seat::ConnectionId;
use super::stage_desk::CueOrigin;
use super::task::{Done, Hub};
use crate::stage::StageCommand;

/// How many people are verified at a time, so that a full house does not storm the database.
const VERIFIED_AT_ONCE: usize = 16;

/// People who are on stage and have no seat: after a restart, until they come back.
#[derive(Debug, Default)]
pub(super) struct Absences {
    since: BTreeMap<PersonId, Instant>,
    /// Those whose departure is being recorded.
    departing: BTreeSet<PersonId>,
}

impl Absences {
    /// The departure of a person was recorded, or failed.
    pub(super) fn settled(&mut self, person: PersonId) {
        self.departing.remove(&person);
    }
}

impl Hub {
    /// Takes note of whether somebody sits on a seat, after anything that may change it.
    pub(super) fn touch(&mut self, person: PersonId) {
        if let Some(seat) = self.seats.get_mut(person) {
            if seat.is_occupied() {
                seat.vacant_since = None;
            } else {
                seat.vacant_since.get_or_insert_with(Instant::now);
            }
        }
        self.announcer.changed(person);
    }

    /// A WebSocket is gone. Its seat is kept for a while.
    pub(super) fn on_gone(&mut self, person: PersonId, connection: ConnectionId) {
        let Some(seat) = self.seats.get_mut(person) else { return };
        if seat.connection.as_ref().is_some_and(|current| current.id == connection) {
            seat.connection = None;
            self.touch(person);
        }
    }

    /// A WebSocket does not read. Its outbox has cut it; its seat is kept for a while.
    pub(super) fn drop_slow(&mut self, person: PersonId) {
        self.context.metrics.sockets_slow.increment(1);
        tracing::info!(
            performance.id = %self.performance, person.id = %person,
            "socket dropped because its client does not read",
        );
        if let Some(seat) = self.seats.get_mut(person) {
            seat.connection = None;
            self.touch(person);
        }
    }

    /// Says goodbye to a person's WebSocket, if there is one.
    pub(super) fn let_go_of_socket(&mut self, person: PersonId, reason: EndReason) {
        let Some(seat) = self.seats.get_mut(person) else { return };
        let Some(connection) = seat.connection.take() else { return };
        // One that does not read is cut instead.
        let _ = connection.outbox.answer(None, &reason.message());
        connection.outbox.close(reason.closing());
        if reason == EndReason::TakenOver {
            self.context.metrics.takeovers.increment(1);
        }
        self.touch(person);
    }

    /// Sittings have ended in the store.
    pub(super) fn on_ended(&mut self, person: PersonId, sessions: &[SessionId], reason: EndReason) {
        for session in sessions {
            self.end_sitting(person, *session, reason);
        }
    }

    /// A sitting has ended: its WebSocket and its PeerConnection end with it. A seat that was
    /// taken over waits for the one who took it; any other is given up at once.
    pub(super) fn end_sitting(&mut self, person: PersonId, session: SessionId, reason: EndReason) {
        self.ended.note(session, reason);
        if self.seats.get(person).is_some_and(|seat| seat.record.id == session) {
            self.expel(person, reason);
        }
    }

    pub(super) fn expel(&mut self, person: PersonId, reason: EndReason) {
        self.let_go_of_socket(person, reason);
        self.end_media(person);
        self.touch(person);
        if reason == EndReason::Revoked {
            self.context.metrics.revocations.increment(1);
            tracing::info!(
                performance.id = %self.performance, person.id = %person,
                "the right to be here was withdrawn",
            );
            self.give_up_seat(person);
        }
    }

    fn give_up_seat(&mut self, person: PersonId) {
        self.end_media(person);
        self.seats.remove(person);
        self.announcer.changed(person);
        self.depart(person);
    }

    /// Has an actor who is on stage leave it, for good reason and without being asked.
    pub(super) fn depart(&mut self, person: PersonId) {
        self.absences.since.remove(&person);
        if self.desk.state.is_on_stage(person) && self.absences.departing.insert(person) {
            self.queue_cue((person, Role::Actor), StageCommand::Absent, CueOrigin::House);
        }
    }

    /// Gives up seats, and places on stage, whose people did not come back in time.
    pub(super) fn give_up_vacant_seats(&mut self) {
        let now = Instant::now();
        let grace = self.context.config.timings.seat_grace;
        let late = |since: Instant| now.duration_since(since) >= grace;
        let vacant: Vec<PersonId> = self
            .seats
            .iter()
            .filter(|(_, seat)| seat.vacant_since.is_some_and(late))
            .map(|(person, _)| person)
            .collect();
        for person in vacant {
            tracing::debug!(
                performance.id = %self.performance, person.id = %person, "seat given up",
            );
            self.give_up_seat(person);
        }
        let seatless: Vec<PersonId> = self
            .desk
            .state
            .on_stage
            .iter()
            .copied()
            .filter(|person| !self.seats.contains(*person))
            .collect();
        self.absences.since.retain(|person, _| seatless.contains(person));
        for person in seatless {
            if late(*self.absences.since.entry(person).or_insert(now)) {
                self.depart(person);
            }
        }
    }

    /// News were lost: everybody is verified.
    pub(super) fn verify_all(&mut self) {
        let before = Instant::now().checked_sub(self.context.config.timings.verify);
        let long_ago = before.unwrap_or_else(Instant::now);
        for (_, seat) in self.seats.iter_mut() {
            seat.verified_at = long_ago;
        }
        self.verify_stale();
    }

    /// Reads again from the store whether those may be here who were verified long ago. Their
    /// sittings may have ended in another process.
    pub(super) fn verify_stale(&mut self) {
        let now = Instant::now();
        let lasts: Duration = self.context.config.timings.verify;
        let stale: Vec<(PersonId, SessionId)> = self
            .seats
            .iter_mut()
            .filter(|(_, seat)| now.duration_since(seat.verified_at) >= lasts)
            .take(VERIFIED_AT_ONCE)
            .map(|(person, seat)| {
                seat.verified_at = now;
                (person, seat.record.id)
            })
            .collect();
        for (person, session) in stale {
            let store = self.context.store.clone();
            self.tasks.push(Box::pin(async move {
                let alive = store.live_session(session).await.map(|record| record.is_some());
                Done::Verified { person, session, alive }
            }));
        }
    }

    pub(super) fn on_verified(
        &mut self,
        person: PersonId,
        session: SessionId,
        alive: Result<bool, StoreError>,
    ) {
        match alive {
            Ok(true) => {}
            Ok(false) => self.end_sitting(person, session, EndReason::Revoked),
            Err(error) => tracing::warn!(
                performance.id = %self.performance, person.id = %person, %error,
                "person not verified",
            ),
        }
    }
}
