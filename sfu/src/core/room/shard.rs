//! A shard of a room: it follows the home, and says what its audience needs.

use std::time::{Duration, Instant};

use protocol::media::Kind;

use super::super::layer::Layer;
use super::super::relay::{Batch, Relay, TrackState, ViewState};
use super::super::track::Track;
use super::super::{Route, Shared};
use super::home::Link;
use super::{Part, Room};

/// The place, among the room's sessions, that timers of the room itself name.
pub(super) const ROOM: u32 = u32::MAX;
/// That a layer is watched is said again this often; less often than homes forget it.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// More tracks than a room has: a home that names a place beyond is not understood.
const MAX_TRACKS: usize = 1 << 14;

/// What a shard knows of its home.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) home: Link,
    /// The home has told the state of the room.
    pub(super) joined: bool,
    /// When the home is to be told something, at the latest.
    wake: Option<Instant>,
}

impl Shard {
    pub(super) fn new(home: Link) -> Self {
        Self { home, joined: false, wake: None }
    }
}

impl Room {
    /// Takes what the home says. True if packets wait for the flush.
    pub(super) fn handle_home(
        &mut self,
        now: Instant,
        home: Link,
        relay: &Relay,
        shared: &mut Shared,
    ) -> bool {
        let Part::Shard(shard) = &mut self.part else { return false };
        if shard.home != home {
            return false;
        }
        match relay {
            Relay::Joined => shard.joined = true,
            Relay::Track(index, state) => self.follow_track(now, *index, state.as_deref()),
            Relay::View(state) => self.follow_view(now, state, shared),
            Relay::Packets(batch) => {
                self.take_batch(now, batch, shared);
                return true;
            }
            _ => {}
        }
        false
    }

    fn follow_track(&mut self, now: Instant, index: u32, state: Option<&TrackState>) {
        let index = index as usize;
        if index >= MAX_TRACKS {
            return;
        }
        if self.tracks.len() <= index {
            self.tracks.resize_with(index + 1, || None);
        }
        let held = &mut self.tracks[index];
        let Some(state) = state.filter(|state| state.layers[0].is_some()) else {
            *held = None;
            return;
        };
        let same = |track: &Track| track.incarnation == state.incarnation;
        let track = match held.take().filter(same) {
            Some(track) => held.insert(track),
            None => held.insert(mirror(state)),
        };
        self.allocation_due |= track.follow(now, state);
    }

    fn follow_view(&mut self, now: Instant, state: &ViewState, shared: &mut Shared) {
        let index = self.view_index(state.view);
        let changed = self.views[index].follow(state);
        self.views[index].note_time(now);
        if changed {
            self.allocate_view(now, index, shared);
        }
    }

    /// Keeps what arrived at the home, for the flush.
    fn take_batch(&mut self, now: Instant, batch: &Batch, shared: &mut Shared) {
        let Self { tracks, pending, allocation_due, .. } = self;
        for (packet, payload, descriptor) in batch.packets() {
            let (index, place) = (packet.track as usize, usize::from(packet.layer));
            let Some(track) = tracks.get_mut(index).and_then(Option::as_mut) else { continue };
            let Some(layer) = track.layers.get_mut(place) else { continue };
            *allocation_due |= track.kind == Kind::Video && !layer.flow.flows(now);
            let sequence = packet.description.sequence;
            if !layer.keep_relayed(packet.description, payload, descriptor, now) {
                shared.counters.dropped_media += 1;
                continue;
            }
            shared.batch.arrived(now);
            track.note_arrival(place, sequence, now);
            pending.push((index, place, sequence));
        }
    }

    /// Says what the shard's audience watches and waits for.
    pub(super) fn tell_home(&mut self, now: Instant, room: u32, shared: &mut Shared) {
        let Self { part: Part::Shard(shard), tracks, id, .. } = self else { return };
        if shard.wake.is_some_and(|wake| wake <= now) {
            shard.wake = None;
        }
        for (index, track) in tracks.iter_mut().enumerate() {
            let Some(track) = track else { continue };
            let index = index as u32;
            for (place, layer) in track.layers.iter_mut().enumerate() {
                let told = layer.watched.iter().zip(&mut layer.watch_reported);
                for (spatial, (watched, reported)) in (0..).zip(told) {
                    let stale = |told: Instant| *watched >= Some(told + WATCH_INTERVAL);
                    if watched.is_some() && reported.is_none_or(stale) {
                        *reported = *watched;
                        let watched = Relay::Watched(index, place as u8, spatial);
                        shared.send_relay(*id, shard.home, watched);
                    }
                }
            }
            for layer in track.take_keyframe_requests(now) {
                shared.send_relay(*id, shard.home, Relay::KeyframeWanted(index, layer as u8));
            }
            let due = track.keyframe_request_due();
            if let Some(due) = due.filter(|due| shard.wake.is_none_or(|wake| *due < wake)) {
                shard.wake = Some(due);
                shared.timers.schedule(due, Route { room, session: ROOM });
            }
        }
    }
}

impl Track {
    /// Takes over what the home knows. True if it decides who is shown what.
    fn follow(&mut self, now: Instant, state: &TrackState) -> bool {
        let count = self.layers.len();
        let anew = self.generation != state.generation;
        let mut changed = self.granted != state.granted || anew;
        self.generation = state.generation;
        self.granted = state.granted;
        self.live = state.live;
        let order = state.order[..count].iter().map(|place| usize::from(*place).min(count - 1));
        changed |= !order.clone().eq(self.order.iter().copied());
        self.order.clear();
        self.order.extend(order);
        for (layer, state) in self.layers.iter_mut().zip(state.layers.iter().flatten()) {
            if layer.ssrc.is_some() && layer.ssrc != state.ssrc {
                // The encoder was replaced: its numbers start anew.
                *layer = Layer::new(self.kind, state.codec, false);
            }
            if anew {
                layer.restart();
            }
            changed |= layer.ssrc != state.ssrc;
            changed |= layer.reader.note_heights(state.heights);
            layer.codec = state.codec;
            layer.ssrc = state.ssrc;
            layer.relayed_clock = state.clock;
            if layer.ssrc.is_some() && layer.last.is_none() {
                layer.last = Some((0, now));
            }
        }
        changed
    }
}

/// A track of which nothing has come yet.
fn mirror(state: &TrackState) -> Track {
    let layers = state.layers.iter().flatten();
    let layers = layers.map(|layer| Layer::new(state.kind, layer.codec, false)).collect();
    let TrackState { participant, kind, granted, incarnation, .. } = *state;
    Track::new(participant, kind, None, granted, incarnation, layers)
}
