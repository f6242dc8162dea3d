//! The forwarding core: bytes, commands and time in; datagrams, events and the next deadline
//! out. No socket, no clock, no thread, no async inside.
//!
//! The order of calls, for whoever drives it:
//!
//! 1. Hand over what happened, in any order: [`Core::handle_datagram`] for each datagram of a
//!    batch, [`Core::handle_command`], [`Core::handle_dtls`], and [`Core::handle_timeout`] when
//!    the time of [`Core::poll_timeout`] has come.
//! 2. Call [`Core::flush`]: only then the media packets of the batch are forwarded, all of them
//!    to one subscriber after the other.
//! 3. Take what came out: [`Core::poll_event`], [`Core::poll_dtls`], [`Core::poll_timeout`].
//!
//! Where cores share a room, [`Core::relay`] before the flush lets the others begin sooner;
//! [`Core::poll_relay`] after either, and after everything else, gives the messages to carry to
//! the others, in order, to [`Core::handle_relay`].
//!
//! Datagrams leave through the [`Sink`] given to each call. Addresses, not sessions, are looked
//! up per packet; everything behind them is a dense index. A panic in a room ends that room
//! alone.

mod allocation;
mod arrival_cache;
mod asking;
mod backlog;
mod continuity;
mod counters;
mod egress;
mod flow;
mod histogram;
mod io;
mod layer;
mod loudness;
mod measures;
mod monitor;
mod observe;
mod pacer;
mod path;
mod paths;
mod quality;
pub mod relay;
mod room;
mod routes;
mod selection;
mod session;
mod sharing;
mod slots;
mod source;
mod timeline;
mod timers;
mod track;
mod train;
mod view;
mod voices;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use protocol::media::{
    CloseReason, MediaCommand, MediaEvent, MediaEventKind, MediaReply, MediaRequest, Refusal,
};
use protocol::{Entropy, MediaSessionId, RoomId, Timestamp};

pub use counters::Counters;
pub use histogram::Histogram;
pub use io::{Datagram, DtlsOutcome, DtlsTask, Sink, Transmit};
pub use measures::Measures;
pub use path::{ConnectionNumber, Path, Transport};
pub use sharing::Membership;
pub use timeline::Timeline;

use measures::Batch;

use crate::ice::Check;
use relay::{Ended, Peer, Relay, RelayMessage};
use room::{Link, Room};
use routes::{Route, Routes};
use timers::Timers;
use train::Train;

/// What a core is told about the world at its start.
#[derive(Clone)]
pub struct CoreConfig {
    /// Where clients reach the node by UDP, best first.
    pub candidates: Vec<SocketAddr>,
    /// Where clients reach the node by TCP, best first; none if it takes none.
    pub tcp_candidates: Vec<SocketAddr>,
    /// SHA-256 of the certificate that handshakes present, until [`Core::set_fingerprint`].
    pub fingerprint: [u8; 32],
    /// The most sessions at a time; further offers are refused as [`Refusal::Full`].
    pub max_sessions: usize,
}

/// The most rooms at a time.
const MAX_ROOMS: usize = 1_024;

/// What the rooms of a core share and write to.
pub(crate) struct Shared {
    config: CoreConfig,
    entropy: Arc<dyn Entropy>,
    timeline: Timeline,
    events: VecDeque<MediaEvent>,
    dtls: VecDeque<DtlsTask>,
    relays: VecDeque<(Peer, RelayMessage)>,
    timers: Timers,
    counters: Counters,
    measures: Measures,
    batch: Batch,
    routes: Routes,
    train: Train,
}

impl Shared {
    fn send_relay(&mut self, room: RoomId, link: Link, relay: Relay) {
        let message = RelayMessage { room, link: link.number, relay };
        self.relays.push_back((link.peer, message));
    }
}

/// The forwarding core. See the module's description for the order of calls.
pub struct Core {
    rooms: Vec<Option<Room>>,
    by_room: HashMap<RoomId, u32>,
    dirty: Vec<u32>,
    /// Rooms that have shards in other cores.
    sharded: Vec<u32>,
    last_link: u64,
    shared: Shared,
}

impl Core {
    /// An empty core. `now` and `wall` are the same moment on both clocks.
    #[must_use]
    pub fn new(
        config: CoreConfig,
        entropy: Arc<dyn Entropy>,
        now: Instant,
        wall: Timestamp,
    ) -> Self {
        Self {
            rooms: Vec::new(),
            by_room: HashMap::new(),
            dirty: Vec::new(),
            sharded: Vec::new(),
            last_link: 0,
            shared: Shared {
                config,
                entropy,
                timeline: Timeline::new(now, wall),
                events: VecDeque::new(),
                dtls: VecDeque::new(),
                relays: VecDeque::new(),
                timers: Timers::default(),
                counters: Counters::default(),
                measures: Measures::default(),
                batch: Batch::default(),
                routes: Routes::default(),
                train: Train::new(),
            },
        }
    }

    /// Takes a datagram. Media in it waits for [`Self::flush`].
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        datagram: &mut Datagram<'_>,
        sink: &mut dyn Sink,
    ) {
        let counters = &mut self.shared.counters;
        counters.datagrams_in += 1;
        counters.bytes_in += datagram.contents.len() as u64;
        // RFC 7983: the first byte tells the protocols on one port apart.
        match datagram.contents.first() {
            Some(0..=3) => self.handle_check(now, datagram, sink),
            Some(20..=63) => {
                let Some(route) = self.route_of(datagram) else { return };
                self.with_room(route.room, |room, shared| {
                    room.handle_dtls_datagram(route, datagram, shared);
                });
            }
            Some(128..=191) => {
                let Some(route) = self.route_of(datagram) else { return };
                let dirty = self.with_room(route.room, |room, shared| {
                    room.handle_srtp(now, route, datagram, shared, sink)
                });
                if dirty == Some(true) && !self.dirty.contains(&route.room) {
                    self.dirty.push(route.room);
                }
            }
            _ => counters.dropped_garbage += 1,
        }
    }

    fn route_of(&mut self, datagram: &Datagram<'_>) -> Option<Route> {
        let route = self.shared.routes.of_path(&datagram.path);
        if route.is_none() {
            self.shared.counters.dropped_stranger += 1;
        }
        route
    }

    fn handle_check(&mut self, now: Instant, datagram: &Datagram<'_>, sink: &mut dyn Sink) {
        let Some(check) = Check::parse(datagram.contents) else {
            self.shared.counters.dropped_garbage += 1;
            return;
        };
        let Some(route) = self.shared.routes.by_ufrag.get(check.local_ufrag()).copied() else {
            self.shared.counters.dropped_stranger += 1;
            return;
        };
        let path = datagram.path;
        let displaced = self.with_room(route.room, |room, shared| {
            room.handle_check(now, route, path, check, shared, sink)
        });
        // Whoever was behind this address before is there no longer.
        if let Some(Some(former)) = displaced {
            self.lose_path(now, former, &path, sink);
        }
    }

    /// Takes the news that a TCP connection has ended.
    pub fn handle_disconnect(&mut self, now: Instant, path: Path, sink: &mut dyn Sink) {
        if let Some(route) = self.shared.routes.of_path(&path) {
            self.lose_path(now, route, &path, sink);
        }
    }

    fn lose_path(&mut self, now: Instant, route: Route, path: &Path, sink: &mut dyn Sink) {
        self.with_room(route.room, |room, shared| {
            room.handle_lost_path(now, route, path, shared, sink);
        });
    }

    /// Whether an authenticated check came by this path, and its session lives.
    #[must_use]
    pub fn is_validated(&self, path: &Path) -> bool {
        self.shared.routes.of_path(path).is_some()
    }

    /// The next TCP connection that no session has a use for any more.
    pub fn poll_hangup(&mut self) -> Option<ConnectionNumber> {
        self.shared.routes.poll_hangup()
    }

    /// Carries a command out.
    pub fn handle_command(
        &mut self,
        now: Instant,
        request: MediaRequest,
        sink: &mut dyn Sink,
    ) -> MediaReply {
        let MediaRequest { room: id, epoch, command, .. } = request;
        if let MediaCommand::Snapshot { addresses } = command {
            return self.snapshot(now, id, addresses);
        }
        if matches!(command, MediaCommand::CloseRoom) {
            if let Some(index) = self.by_room.get(&id).copied() {
                self.close_room(now, index, CloseReason::RoomClosed);
            }
            return MediaReply::Done;
        }
        let index = self.by_room.get(&id).copied().or_else(|| self.open_room(Room::new(id)));
        let Some(index) = index else {
            return refused(Refusal::Full, "too many rooms");
        };
        let reply = self.with_room(index, |room, shared| {
            if !room.adopt_epoch(epoch) {
                return refused(Refusal::StaleEpoch, "the room has a newer owner");
            }
            room.handle_command(now, index, command, shared, sink)
        });
        self.leave_if_deserted(index);
        reply.unwrap_or_else(|| refused(Refusal::NotFound, "the room failed"))
    }

    /// Takes what came of a handshake.
    pub fn handle_dtls(
        &mut self,
        now: Instant,
        session: MediaSessionId,
        outcome: DtlsOutcome,
        sink: &mut dyn Sink,
    ) {
        let Some(route) = self.shared.routes.by_session.get(&session).copied() else { return };
        self.with_room(route.room, |room, shared| {
            room.handle_dtls(now, route, outcome, shared, sink);
        });
        self.leave_if_deserted(route.room);
    }

    /// Answers name the certificate with this SHA-256 from now on. Sessions that were answered
    /// before keep theirs.
    pub fn set_fingerprint(&mut self, fingerprint: [u8; 32]) {
        self.shared.config.fingerprint = fingerprint;
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.shared.timers.next()
    }

    /// Does all that is due.
    pub fn handle_timeout(&mut self, now: Instant, sink: &mut dyn Sink) {
        while let Some(route) = self.shared.timers.pop_due(now) {
            self.with_room(route.room, |room, shared| {
                room.handle_timeout(now, route, shared, sink);
            });
            self.leave_if_deserted(route.room);
        }
    }

    /// Whether media waits for [`Self::flush`].
    #[must_use]
    pub fn wants_flush(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Forwards the media that arrived since the last call.
    pub fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        self.relay(now);
        self.shared.batch.begin(now, self.shared.counters.packets_out);
        while let Some(index) = self.dirty.pop() {
            self.with_room(index, |room, shared| room.flush(now, index, shared, sink));
        }
    }

    /// The next thing to report to the owner of the rooms.
    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        self.shared.events.pop_front()
    }

    /// The next piece of work for the handshakes.
    pub fn poll_dtls(&mut self) -> Option<DtlsTask> {
        self.shared.dtls.pop_front()
    }

    /// What has been counted since the start.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    fn open_room(&mut self, room: Room) -> Option<u32> {
        let id = room.id();
        let free = self.rooms.iter().position(Option::is_none);
        let index = free.unwrap_or(self.rooms.len());
        if index >= MAX_ROOMS {
            return None;
        }
        if index == self.rooms.len() {
            self.rooms.push(None);
        }
        self.rooms[index] = Some(room.placed_at(index as u32));
        self.by_room.insert(id, index as u32);
        Some(index as u32)
    }

    /// Runs `action` on a room. A panic ends the room, is counted and reported, and leaves the
    /// others alone.
    fn with_room<R>(
        &mut self,
        index: u32,
        action: impl FnOnce(&mut Room, &mut Shared) -> R,
    ) -> Option<R> {
        let Self { rooms, shared, .. } = self;
        let room = rooms.get_mut(index as usize)?.as_mut()?;
        // The room is dropped if this unwinds; what is shared holds no half-made state, only
        // queues and counters.
        match catch_unwind(AssertUnwindSafe(|| action(room, shared))) {
            Ok(result) => Some(result),
            Err(_) => {
                shared.counters.rooms_failed += 1;
                let id = room.id();
                tracing::error!(room.id = %id, "a room failed and was dropped");
                self.end_links(index, None, Ended::Failed);
                self.forget_room(index);
                self.shared
                    .events
                    .push_back(MediaEvent { room: id, kind: MediaEventKind::RoomFailed });
                None
            }
        }
    }

    fn close_room(&mut self, now: Instant, index: u32, reason: CloseReason) {
        self.with_room(index, |room, shared| room.close_all(now, index, reason, shared));
        self.end_links(index, None, Ended::Closed);
        self.forget_room(index);
    }

    /// Tells the other parts of a room that this one is gone.
    fn end_links(&mut self, index: u32, but: Option<Link>, ended: Ended) {
        let Some(room) = self.rooms.get(index as usize).and_then(Option::as_ref) else { return };
        // A room goes on without one of its shards, unless that failed.
        let ended = match ended {
            Ended::Closed if !room.is_home() => Ended::Deserted,
            other => other,
        };
        for link in room.links().iter().filter(|link| Some(**link) != but) {
            self.shared.send_relay(room.id(), *link, Relay::Ended(ended));
        }
    }

    fn leave_if_deserted(&mut self, index: u32) {
        let room = self.rooms.get(index as usize).and_then(Option::as_ref);
        if room.is_some_and(Room::is_deserted) {
            self.end_links(index, None, Ended::Closed);
            self.forget_room(index);
        }
    }

    fn forget_room(&mut self, index: u32) {
        if let Some(room) = self.rooms.get_mut(index as usize).and_then(Option::take) {
            self.by_room.remove(&room.id());
        }
        self.sharded.retain(|room| *room != index);
        self.dirty.retain(|room| *room != index);
        let Shared { routes, dtls, .. } = &mut self.shared;
        routes.forget_room(index, |session| dtls.push_back(DtlsTask::Close(session)));
    }
}

fn refused(reason: Refusal, detail: impl Into<String>) -> MediaReply {
    MediaReply::Refused { reason, detail: detail.into() }
}

#[cfg(test)]
mod tests;
