//! Which worker has which room and which session. Asked for each command, never for a packet.

use std::collections::HashMap;

use protocol::media::{MediaEvent, MediaEventKind};
use protocol::{MediaSessionId, ParticipantId, RoomId};

/// What a publisher weighs, in subscribers: their packets are opened, kept, and sent across.
const PUBLISHER: usize = 4;

/// A node's rooms and sessions.
#[derive(Debug)]
pub(super) struct Directory {
    rooms: HashMap<RoomId, Placement>,
    workers: Vec<Load>,
    /// Sessions of a room that a worker has before another worker helps.
    spread: usize,
}

/// What a worker carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Load {
    weight: usize,
    homes: usize,
}

/// Where a room is.
#[derive(Debug)]
struct Placement {
    home: usize,
    /// The newest that a command has named.
    epoch: u64,
    sessions: HashMap<MediaSessionId, Seat>,
    /// How many of the sessions each worker has.
    seats: Vec<usize>,
}

/// Where a session is.
#[derive(Clone, Copy, Debug)]
struct Seat {
    worker: usize,
    participant: ParticipantId,
    weight: usize,
}

/// Where a new session goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) worker: usize,
    pub(super) home: usize,
    /// The participant's earlier sessions that other workers have.
    pub(super) replaces: Vec<(usize, MediaSessionId)>,
}

/// Why a command goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// Its epoch is older than the room's.
    Stale,
    /// There is a session of that name already.
    Taken,
}

impl Directory {
    pub(super) fn new(workers: usize, spread: usize) -> Self {
        let workers = vec![Load::default(); workers.max(1)];
        Self { rooms: HashMap::new(), workers, spread: spread.max(1) }
    }

    /// A room's home, chosen when it is named first.
    pub(super) fn home(&mut self, room: RoomId, epoch: u64) -> Result<usize, Misplaced> {
        let Self { rooms, workers, .. } = self;
        let placement = rooms.entry(room).or_insert_with(|| {
            let home = (0..workers.len()).min_by_key(|worker| workers[*worker]).unwrap_or(0);
            workers[home].homes += 1;
            let seats = vec![0; workers.len()];
            Placement { home, epoch, sessions: HashMap::new(), seats }
        });
        if epoch < placement.epoch {
            return Err(Misplaced::Stale);
        }
        placement.epoch = epoch;
        Ok(placement.home)
    }

    /// Finds a worker for a session. Those who may publish are at home; the audience goes where
    /// the least is to do, to a worker that does not have the room yet only when those that have
    /// it have enough of it.
    pub(super) fn place(
        &mut self,
        room: RoomId,
        epoch: u64,
        session: MediaSessionId,
        participant: ParticipantId,
        publishes: bool,
    ) -> Result<Placed, Misplaced> {
        let home = self.home(room, epoch)?;
        let Self { rooms, workers, spread } = self;
        let Some(placement) = rooms.get_mut(&room) else { return Err(Misplaced::Stale) };
        if placement.sessions.contains_key(&session) {
            return Err(Misplaced::Taken);
        }
        let worker = if publishes { home } else { placement.least_loaded(workers, *spread) };
        let earlier = placement.sessions.iter().filter(|(_, seat)| seat.participant == participant);
        let elsewhere = earlier.filter(|(_, seat)| seat.worker != worker);
        let replaces = elsewhere.map(|(session, seat)| (seat.worker, *session)).collect();
        let weight = if publishes { PUBLISHER } else { 1 };
        placement.sessions.insert(session, Seat { worker, participant, weight });
        placement.seats[worker] += 1;
        workers[worker].weight += weight;
        Ok(Placed { worker, home, replaces })
    }

    /// The worker that has a session, if one has it.
    pub(super) fn worker_of(&self, room: RoomId, session: MediaSessionId) -> Option<usize> {
        Some(self.rooms.get(&room)?.sessions.get(&session)?.worker)
    }

    /// All workers that have a part of a room, its home first.
    pub(super) fn workers_of(&self, room: RoomId) -> Vec<usize> {
        let Some(placement) = self.rooms.get(&room) else { return Vec::new() };
        let shards = (0..self.workers.len()).filter(|worker| placement.is_shard(*worker));
        std::iter::once(placement.home).chain(shards).collect()
    }

    /// Notes what happened in a worker.
    pub(super) fn note(&mut self, event: &MediaEvent) {
        match event.kind {
            MediaEventKind::Closed { session, .. } => self.remove(event.room, session),
            MediaEventKind::RoomFailed => self.clear(event.room),
            _ => {}
        }
    }

    /// A session is gone, or never was.
    pub(super) fn remove(&mut self, room: RoomId, session: MediaSessionId) {
        let Some(placement) = self.rooms.get_mut(&room) else { return };
        if let Some(seat) = placement.sessions.remove(&session) {
            placement.seats[seat.worker] -= 1;
            self.workers[seat.worker].weight -= seat.weight;
        }
    }

    /// A room is gone.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.clear(room);
        if let Some(placement) = self.rooms.remove(&room) {
            self.workers[placement.home].homes -= 1;
        }
    }

    /// All sessions of a room are gone.
    fn clear(&mut self, room: RoomId) {
        let Some(placement) = self.rooms.get_mut(&room) else { return };
        for (_, seat) in placement.sessions.drain() {
            self.workers[seat.worker].weight -= seat.weight;
        }
        placement.seats.fill(0);
    }
}

impl Placement {
    fn is_shard(&self, worker: usize) -> bool {
        worker != self.home && self.seats[worker] > 0
    }

    fn least_loaded(&self, workers: &[Load], spread: usize) -> usize {
        let has = |worker: &usize| *worker == self.home || self.is_shard(*worker);
        let least = |worker: &usize| (workers[*worker].weight, *worker != self.home);
        let full = (0..workers.len()).filter(has).all(|worker| self.seats[worker] >= spread);
        let another = (0..workers.len()).filter(|worker| full && !has(worker)).min_by_key(least);
        let chosen = (0..workers.len()).filter(has).chain(another).min_by_key(least);
        chosen.unwrap_or(self.home)
    }
}

#[cfg(test)]
mod tests {
    use protocol::media::CloseReason;
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    fn session(number: u128) -> MediaSessionId {
        MediaSessionId(Uuid::from_u128(number))
    }

    fn person(number: u128) -> ParticipantId {
        ParticipantId(Uuid::from_u128(number))
    }

    /// Places somebody new who watches.
    fn watch(directory: &mut Directory, room: RoomId, number: u128) -> usize {
        let placed = directory.place(room, 1, session(number), person(number), false);
        placed.expect("a place").worker
    }

    fn closed(room: RoomId, number: u128) -> MediaEvent {
        let (session, participant) = (session(number), person(number));
        let kind = MediaEventKind::Closed { session, participant, reason: CloseReason::Requested };
        MediaEvent { room, kind }
    }

    #[test]
    fn a_small_room_stays_together_and_a_large_one_is_split_evenly() {
        let mut directory = Directory::new(2, 50);
        let publisher = directory.place(ROOM, 1, session(0), person(0), true).expect("a place");
        assert_eq!(publisher.worker, publisher.home);
        let mut seats = [0_usize; 2];
        for number in 1..50 {
            seats[watch(&mut directory, ROOM, number)] += 1;
        }
        assert_eq!(directory.workers_of(ROOM), [publisher.home]);
        for number in 50..=1_000 {
            seats[watch(&mut directory, ROOM, number)] += 1;
        }
        assert_eq!(directory.workers_of(ROOM).len(), 2);
        assert!(seats[0].abs_diff(seats[1]) <= PUBLISHER, "{seats:?}");
    }

    #[test]
    fn workers_help_one_after_the_other() {
        let mut directory = Directory::new(8, 50);
        for number in 0..120 {
            watch(&mut directory, ROOM, number);
        }
        assert_eq!(directory.workers_of(ROOM).len(), 3);
    }

    #[test]
    fn rooms_are_at_home_where_the_least_is_to_do() {
        let mut directory = Directory::new(2, 50);
        let rooms: Vec<_> = (1..=4).map(|room| RoomId(Uuid::from_u128(room))).collect();
        let homes: Vec<_> = rooms.iter().map(|room| directory.home(*room, 1)).collect();
        assert_eq!(homes, [Ok(0), Ok(1), Ok(0), Ok(1)]);
        watch(&mut directory, rooms[0], 1);
        directory.forget(rooms[1]);
        assert_eq!(directory.home(rooms[1], 1), Ok(1));
    }

    #[test]
    fn publishers_are_at_home_and_earlier_sessions_elsewhere_are_replaced() {
        let mut directory = Directory::new(2, 1);
        assert_eq!(watch(&mut directory, ROOM, 1), 0);
        assert_eq!(watch(&mut directory, ROOM, 2), 1);
        let again = directory.place(ROOM, 1, session(3), person(2), true);
        let replaces = vec![(1, session(2))];
        assert_eq!(again, Ok(Placed { worker: 0, home: 0, replaces }));
        let taken = directory.place(ROOM, 1, session(3), person(4), false);
        assert_eq!(taken, Err(Misplaced::Taken));
    }

    #[test]
    fn who_leaves_makes_room() {
        let mut directory = Directory::new(2, 1);
        for number in 0..4 {
            watch(&mut directory, ROOM, number);
        }
        assert_eq!(directory.worker_of(ROOM, session(1)), Some(1));
        directory.note(&closed(ROOM, 1));
        directory.note(&closed(ROOM, 1));
        assert_eq!(directory.worker_of(ROOM, session(1)), None);
        assert_eq!(watch(&mut directory, ROOM, 5), 1);
        directory.note(&MediaEvent { room: ROOM, kind: MediaEventKind::RoomFailed });
        assert_eq!(directory.workers_of(ROOM), [0], "the home stays");
        directory.forget(ROOM);
        assert_eq!(directory.workers, [Load::default(); 2]);
    }

    #[test]
    fn an_older_epoch_gets_nowhere() {
        let mut directory = Directory::new(2, 1);
        assert_eq!(directory.home(ROOM, 3), Ok(0));
        let late = directory.place(ROOM, 2, session(1), person(1), false);
        assert_eq!(late, Err(Misplaced::Stale));
        assert_eq!(directory.home(ROOM, 2), Err(Misplaced::Stale));
    }
}
