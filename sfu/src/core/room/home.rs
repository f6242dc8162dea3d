//! A room's home towards its shards: what they have to know, and what they ask for.

use std::time::Instant;

use super::super::relay::{Batches, Ended, LayerState, Peer, Relay, TrackState, ViewState};
use super::super::timeline::Timeline;
use super::super::track::Track;
use super::super::{Shared, Sink};
use super::forwarding::plan;
use super::{Part, Room};
use crate::scalability::SPATIAL_LAYERS;
use crate::sdp::MAX_LAYERS;

/// What a home knows of its shards.
#[derive(Debug, Default)]
pub(super) struct Home {
    pub(super) shards: Vec<Link>,
    /// What all shards know.
    tracks: Vec<Option<TrackState>>,
    views: Vec<ViewState>,
    /// How much of [`Room::pending`] they have.
    relayed: usize,
    batches: Batches,
}

/// The way to a shard, or to the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Link {
    pub(in super::super) peer: Peer,
    pub(in super::super) number: u64,
}

impl Home {
    /// Nothing is pending any more.
    pub(super) fn note_flush(&mut self) {
        self.relayed = 0;
    }
}

impl Room {
    /// Decides who is heard, and what the packets that wait are to the room's views, and sends both to the shards:
    /// first what changed, then the packets.
    pub(in super::super) fn relay(&mut self, now: Instant, shared: &mut Shared) {
        if !self.is_home() {
            return;
        }
        self.listen(now, shared);
        let Part::Home(home) = &mut self.part else { return };
        if home.shards.is_empty() {
            return;
        }
        let from = std::mem::replace(&mut home.relayed, self.pending.len());
        if from < self.pending.len() {
            let mut forwarded = std::mem::take(&mut self.forwarded);
            for view in 0..self.views.len() {
                let pending = &self.pending[from..];
                if plan(&mut self.views[view], &self.tracks, pending, true, &mut forwarded) {
                    self.announce(view, shared);
                }
            }
            self.forwarded = forwarded;
        }
        self.relay_state(shared);
        self.relay_packets(from, shared);
    }

    /// Tells the shards what changed since they were told last.
    fn relay_state(&mut self, shared: &mut Shared) {
        let Self { part: Part::Home(home), tracks, views, id, .. } = self else { return };
        let Home { shards, tracks: known, views: known_views, .. } = home;
        known.resize(tracks.len().max(known.len()), None);
        let now = tracks.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        for (index, (known, track)) in known.iter_mut().zip(now).enumerate() {
            let state = track.map(|track| state_of(track, &shared.timeline));
            if *known == state {
                continue;
            }
            *known = state;
            for shard in shards.iter() {
                let relay = Relay::Track(index as u32, state.map(Box::new));
                shared.send_relay(*id, *shard, relay);
            }
        }
        for view in views.iter() {
            let known = known_views.iter().position(|known| known.view == view.id);
            if known.is_some_and(|known| view.is_described_by(&known_views[known])) {
                continue;
            }
            let state = view.state();
            for shard in shards.iter() {
                shared.send_relay(*id, *shard, Relay::View(state.clone()));
            }
            match known {
                Some(known) => known_views[known] = state,
                None => known_views.push(state),
            }
        }
    }

    fn relay_packets(&mut self, from: usize, shared: &mut Shared) {
        let Self { part: Part::Home(home), tracks, pending, id, .. } = self else { return };
        if from >= pending.len() {
            return;
        }
        let batch = home.batches.fill(|batch| {
            for &(track, layer, sequence) in &pending[from..] {
                let granted = tracks[track].as_ref().filter(|track| track.granted);
                if let Some(packet) = granted.and_then(|t| t.layers[layer].ring.get(sequence)) {
                    batch.push(track as u32, layer as u8, packet);
                    shared.counters.packets_relayed += home.shards.len() as u64;
                }
            }
        });
        for shard in &home.shards {
            shared.send_relay(*id, *shard, Relay::Packets(batch.clone()));
        }
    }

    /// A shard serves a part of the audience from now on.
    pub(super) fn add_shard(&mut self, now: Instant, shard: Link, shared: &mut Shared) {
        self.relay(now, shared);
        let Part::Home(home) = &mut self.part else { return };
        home.shards.retain(|known| known.peer != shard.peer);
        home.shards.push(shard);
        home.relayed = self.pending.len();
        if home.shards.len() == 1 {
            // Nobody was there to be told until now.
            (home.tracks, home.views) = (Vec::new(), Vec::new());
            self.relay_state(shared);
        } else {
            let tracks = home.tracks.iter().enumerate();
            for (index, state) in tracks.filter_map(|(index, state)| Some((index, (*state)?))) {
                let relay = Relay::Track(index as u32, Some(Box::new(state)));
                shared.send_relay(self.id, shard, relay);
            }
            for state in &home.views {
                shared.send_relay(self.id, shard, Relay::View(state.clone()));
            }
        }
        shared.send_relay(self.id, shard, Relay::Joined);
    }

    /// Takes what a shard says. What it says of a track that is gone is out of date.
    pub(super) fn handle_shard(
        &mut self,
        now: Instant,
        room: u32,
        shard: Link,
        relay: &Relay,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Part::Home(home) = &mut self.part else { return };
        if matches!(relay, Relay::Join) {
            self.add_shard(now, shard, shared);
            return;
        }
        let Some(place) = home.shards.iter().position(|known| *known == shard) else { return };
        match relay {
            Relay::Watched(track, layer, spatial) => {
                if let Some((track, layer)) = self.own_layer(*track, *layer)
                    && *spatial < SPATIAL_LAYERS as u8
                {
                    track.watch(now, (layer, *spatial));
                    self.announce_layers(now, shared);
                }
            }
            Relay::KeyframeWanted(track, layer) => {
                if let Some((track, layer)) = self.own_layer(*track, *layer) {
                    track.want_keyframe(layer);
                    self.request_keyframes(now, room, shared, sink);
                }
            }
            Relay::Ended(Ended::Deserted) => {
                home.shards.swap_remove(place);
            }
            _ => {}
        }
    }

    fn own_layer(&mut self, track: u32, layer: u8) -> Option<(&mut Track, usize)> {
        let track = self.tracks.get_mut(track as usize)?.as_mut()?;
        let layer = usize::from(layer);
        (layer < track.layers.len()).then_some((track, layer))
    }
}

fn state_of(track: &Track, timeline: &Timeline) -> TrackState {
    let mut layers = [None; MAX_LAYERS];
    for (state, layer) in layers.iter_mut().zip(&track.layers) {
        *state = Some(LayerState {
            codec: layer.codec,
            ssrc: layer.ssrc,
            heights: layer.reader.heights(),
            clock: layer.clock_for_relay(track.clock.as_ref(), timeline),
        });
    }
    let mut order = [0; MAX_LAYERS];
    for (place, layer) in order.iter_mut().zip(&track.order) {
        *place = *layer as u8;
    }
    TrackState {
        participant: track.participant,
        kind: track.kind,
        incarnation: track.incarnation,
        generation: track.generation,
        granted: track.granted,
        live: track.live,
        layers,
        order,
    }
}
