//! A room: its sessions, the tracks they publish, the views they watch.

mod allocate;
mod arrival;
mod commands;
mod evidence;
mod feedback;
mod forwarding;
mod home;
mod observe;
mod pacing;
mod paths;
mod shard;
mod snapshot;
mod voices;

use std::time::Instant;

use protocol::media::{
    CloseReason, Kind, MediaEvent, MediaEventKind, ParticipantStats, RoomStats, TrackSet, ViewId,
};
use protocol::{ParticipantId, RoomId};

use super::egress::Forwarded;
use super::relay::{Peer, Relay};
use super::session::Session;
use super::track::Track;
use super::view::View;
use super::{Datagram, DtlsOutcome, DtlsTask, Path, Route, Shared, Sink, Transmit};
use home::Home;
pub(super) use home::Link;
use shard::Shard;

/// A room. Sessions, tracks and views are addressed by their places in dense lists.
#[derive(Debug)]
pub(super) struct Room {
    id: RoomId,
    /// Its place in the core.
    index: u32,
    epoch: u64,
    sessions: Vec<Option<Session>>,
    tracks: Vec<Option<Track>>,
    views: Vec<View>,
    /// What arrived since the last flush: track, layer, sequence number.
    pending: Vec<(usize, usize, u64)>,
    /// Scratch of [`Self::flush`].
    forwarded: Vec<Forwarded>,
    /// Scratch for reports.
    compound: Vec<u8>,
    next_generation: u32,
    /// Something changed that decides who is shown what.
    allocation_due: bool,
    /// When changes of quality may be told again.
    next_quality: Option<Instant>,
    /// When somebody who begins to speak may be told of.
    next_speaking: Option<Instant>,
    /// Somebody who spoke is gone.
    speaker_left: bool,
    part: Part,
}

/// What this core has of a room.
#[derive(Debug)]
enum Part {
    /// The publishers, some of the audience, and every decision.
    Home(Home),
    /// Some of the audience.
    Shard(Shard),
}

impl Room {
    pub(super) fn new(id: RoomId) -> Self {
        Self {
            id,
            index: 0,
            epoch: 0,
            sessions: Vec::new(),
            tracks: Vec::new(),
            views: Vec::new(),
            pending: Vec::new(),
            forwarded: Vec::new(),
            compound: Vec::new(),
            next_generation: 0,
            allocation_due: false,
            next_quality: None,
            next_speaking: None,
            speaker_left: false,
            part: Part::Home(Home::default()),
        }
    }

    /// A part of a room that is at home elsewhere.
    pub(super) fn shard(id: RoomId, home: Link) -> Self {
        Self { part: Part::Shard(Shard::new(home)), ..Self::new(id) }
    }

    /// The room at this place in the core.
    pub(super) fn placed_at(self, index: u32) -> Self {
        Self { index, ..self }
    }

    pub(super) fn is_home(&self) -> bool {
        matches!(self.part, Part::Home(_))
    }

    /// Of a shard: where the room is at home, and whether its state is known here.
    pub(super) fn home(&self) -> Option<(Peer, bool)> {
        match &self.part {
            Part::Home(_) => None,
            Part::Shard(shard) => Some((shard.home.peer, shard.joined)),
        }
    }

    /// Whether packets are to cross to other cores.
    pub(super) fn has_shards(&self) -> bool {
        matches!(&self.part, Part::Home(home) if !home.shards.is_empty())
    }

    /// Whether this is a shard that nobody watches.
    pub(super) fn is_deserted(&self) -> bool {
        !self.is_home() && self.sessions.iter().all(Option::is_none)
    }

    /// The ways to the other parts of the room.
    pub(super) fn links(&self) -> &[Link] {
        match &self.part {
            Part::Home(home) => &home.shards,
            Part::Shard(shard) => std::slice::from_ref(&shard.home),
        }
    }

    /// Takes what another part of the room says. True if packets wait for the flush.
    pub(super) fn handle_relay(
        &mut self,
        now: Instant,
        room: u32,
        from: Link,
        relay: &Relay,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) -> bool {
        if self.is_home() {
            self.handle_shard(now, room, from, relay, shared, sink);
            return false;
        }
        self.handle_home(now, from, relay, shared)
    }

    pub(super) fn id(&self) -> RoomId {
        self.id
    }

    /// Takes commands of this epoch from now on. False if a newer owner has spoken already.
    pub(super) fn adopt_epoch(&mut self, epoch: u64) -> bool {
        let current = epoch >= self.epoch;
        self.epoch = self.epoch.max(epoch);
        current
    }

    fn emit(&self, kind: MediaEventKind, shared: &mut Shared) {
        shared.events.push_back(MediaEvent { room: self.id, kind });
    }

    /// The place of a view, made when it is named first.
    fn view_index(&mut self, id: ViewId) -> usize {
        let known = self.views.iter().position(|view| view.id == id);
        known.unwrap_or_else(|| {
            self.views.push(View::new(id));
            self.views.len() - 1
        })
    }

    /// Passes a datagram of the handshake on.
    pub(super) fn handle_dtls_datagram(
        &mut self,
        route: Route,
        datagram: &Datagram<'_>,
        shared: &mut Shared,
    ) {
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        shared.dtls.push_back(DtlsTask::Datagram(session.id, datagram.contents.to_vec()));
    }

    /// Takes what came of a handshake.
    pub(super) fn handle_dtls(
        &mut self,
        now: Instant,
        route: Route,
        outcome: DtlsOutcome,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        match outcome {
            DtlsOutcome::Transmit(datagram) => {
                if let Some(path) = session.path() {
                    send(sink, path, &datagram);
                }
            }
            DtlsOutcome::Connected(keys) => {
                let (inbound, mut outbound) = *keys;
                for (_, stream) in
                    session.slots.iter_mut().flat_map(super::session::SlotStreams::each)
                {
                    stream.open(&mut outbound);
                }
                session.keys = Some((inbound, outbound));
                session.arriving = true;
                let (id, participant, view) = (session.id, session.participant, session.view);
                self.note_connected(now, route, shared);
                if self.has_slots(route) {
                    self.views[view].subscribers.push(route.session);
                    self.allocate(now, route.session, shared);
                }
                self.emit(MediaEventKind::Connected { session: id, participant }, shared);
                self.request_keyframes(now, route.room, shared, sink);
                self.reschedule(route, shared);
            }
            DtlsOutcome::Closed => self.close(now, route, CloseReason::PeerClosed, shared),
            DtlsOutcome::Failed => self.close(now, route, CloseReason::HandshakeFailed, shared),
        }
    }

    /// Ends a session that the participant has replaced by one in another part of the room.
    pub(super) fn replace(&mut self, now: Instant, route: Route, shared: &mut Shared) {
        self.close(now, route, CloseReason::Replaced, shared);
    }

    /// Ends a session.
    fn close(&mut self, now: Instant, route: Route, reason: CloseReason, shared: &mut Shared) {
        let Some(session) = self.sessions.get_mut(route.session as usize).and_then(Option::take)
        else {
            return;
        };
        let routes = &mut shared.routes;
        routes.by_session.remove(&session.id);
        routes.by_ufrag.remove(&session.local.ufrag);
        if let Some(retired) = &session.retired {
            routes.by_ufrag.remove(&retired.ufrag);
        }
        for path in session.paths.iter() {
            routes.unbind(path, route);
        }
        shared.dtls.push_back(DtlsTask::Close(session.id));
        shared.counters.sessions_open -= 1;
        let subscribers = &mut self.views[session.view].subscribers;
        subscribers.retain(|subscriber| *subscriber != route.session);
        for track in session.tracks.into_iter().flatten() {
            let track = self.tracks[track as usize].take();
            self.speaker_left |= track.is_some_and(|track| track.speaks);
        }
        let (id, participant) = (session.id, session.participant);
        if session.tracks != [None; 2] {
            self.emit(MediaEventKind::Live { participant, tracks: TrackSet::NONE }, shared);
            self.assign(now, shared);
            if self.speaker_left {
                self.announce_speakers(now, shared);
            }
        }
        self.emit(MediaEventKind::Closed { session: id, participant, reason }, shared);
    }

    /// Ends all sessions.
    pub(super) fn close_all(
        &mut self,
        now: Instant,
        room: u32,
        reason: CloseReason,
        shared: &mut Shared,
    ) {
        for session in 0..self.sessions.len() as u32 {
            self.close(now, Route { room, session }, reason, shared);
        }
    }

    /// Fills the slots of all views and announces what changed.
    fn assign(&mut self, now: Instant, shared: &mut Shared) {
        let Self { views, tracks, .. } = self;
        let mut announcements = Vec::new();
        for (index, view) in views.iter_mut().enumerate() {
            if view.assign(now, |who| voices::presence(tracks, who, now)) {
                view.note_time(now);
                announcements.push(index);
            }
        }
        for view in announcements {
            self.announce(view, shared);
            self.allocate_view(now, view, shared);
        }
    }

    fn announce(&self, view: usize, shared: &mut Shared) {
        let View { id, .. } = self.views[view];
        let slots = self.views[view].announcement();
        self.emit(MediaEventKind::Assigned { view: id, slots }, shared);
    }

    /// Reports what flows of a participant.
    fn announce_live(&self, participant: ParticipantId, shared: &mut Shared) {
        let mut tracks = TrackSet::NONE;
        for track in self.tracks.iter().flatten().filter(|t| t.participant == participant) {
            tracks.set(track.kind, track.live);
        }
        self.emit(MediaEventKind::Live { participant, tracks }, shared);
    }

    fn stats(&self) -> RoomStats {
        let sessions = self.sessions.iter().flatten();
        RoomStats {
            participants: sessions.map(|session| self.participant_stats(session)).collect(),
        }
    }

    fn participant_stats(&self, session: &Session) -> ParticipantStats {
        let video = session.tracks[Kind::Video as usize];
        let track = video.and_then(|track| self.tracks[track as usize].as_ref());
        let counts = session.counts;
        ParticipantStats {
            participant: session.participant,
            session: session.id,
            received: counts.received,
            dropped_muted: counts.dropped_muted,
            sent: counts.sent,
            retransmitted: counts.retransmitted,
            send_calls: counts.send_calls,
            keyframe_requests: track.map_or(0, |track| track.keyframe_requests),
            nacks_sent: counts.nacks_sent,
        }
    }
}

fn session_mut(sessions: &mut [Option<Session>], route: Route) -> Option<&mut Session> {
    sessions.get_mut(route.session as usize)?.as_mut()
}

fn send(sink: &mut dyn Sink, path: Path, contents: &[u8]) {
    sink.transmit(Transmit { path, segment_size: contents.len(), contents });
}
