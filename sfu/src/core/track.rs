//! What a participant publishes: sound or picture, in one or several layers.

use std::time::{Duration, Instant};

use protocol::ParticipantId;
use protocol::media::Kind;

use super::allocation::Quality;
use super::layer::{Layer, PublisherClock};
use super::loudness::Loudness;
use super::timeline::{Timeline, ntp_duration};
use crate::rtp::timestamp_after;
use crate::scalability::Target;

/// A track that is silent for this long is not live.
const LIVE_TIMEOUT: Duration = Duration::from_secs(3);
/// What a layer costs, in bit/s, while nobody knows.
const ASSUMED_BITRATE: u64 = 150_000;
/// How many times the smaller one a layer costs while nobody knows.
const LARGER_LAYER: u64 = 4;
/// A layer that nobody has watched for this long is not asked for any more.
const WATCHED: Duration = Duration::from_secs(5);

/// A layer and a spatial layer of it.
pub(super) type Size = (usize, u8);

/// Sound or picture of a participant, in one or several layers.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) participant: ParticipantId,
    pub(super) kind: Kind,
    /// The session that sends it, by its place in the room; nothing: it is relayed from the
    /// room's home.
    pub(super) session: Option<u32>,
    /// Another one for another track in the same place.
    pub(super) incarnation: u32,
    pub(super) layers: Vec<Layer>,
    /// Indices of the layers, the smallest first.
    pub(super) order: Vec<usize>,
    /// Grows whenever what is forwarded starts anew: another encoder, or after a mute.
    pub(super) generation: u32,
    /// Whether the participant may publish this.
    pub(super) granted: bool,
    pub(super) live: bool,
    /// Something came, granted or not: the participant is there.
    pub(super) present: bool,
    begun: Option<Instant>,
    last_arrival: Option<Instant>,
    /// The publisher's clock, once it has reported.
    pub(super) clock: Option<PublisherClock>,
    pub(super) keyframe_requests: u64,
    /// What the publisher was told to send.
    announced: Option<Vec<Size>>,
    /// Of sound.
    pub(super) loudness: Loudness,
    /// As it was announced.
    pub(super) speaks: bool,
}

impl Track {
    pub(super) fn new(
        participant: ParticipantId,
        kind: Kind,
        session: Option<u32>,
        granted: bool,
        generation: u32,
        layers: Vec<Layer>,
    ) -> Self {
        Self {
            participant,
            kind,
            session,
            incarnation: generation,
            order: (0..layers.len()).collect(),
            layers,
            generation,
            granted,
            live: false,
            present: false,
            begun: None,
            last_arrival: None,
            clock: None,
            keyframe_requests: 0,
            announced: None,
            loudness: Loudness::default(),
            speaks: false,
        }
    }

    /// Notes a packet that is allowed and stored, before it is forwarded.
    pub(super) fn note_arrival(&mut self, layer: usize, sequence: u64, received: Instant) {
        self.begun.get_or_insert(received);
        self.last_arrival = Some(received);
        let layer = &mut self.layers[layer];
        let Some(packet) = layer.ring.get(sequence) else { return };
        layer.arrivals.note(packet, received);
        if packet.keyframe && self.kind == Kind::Video {
            layer.keyframe_wanted = false;
        }
    }

    /// Moves a layer that begins anew to where the others lie: each lies where its first packet
    /// arrived, until the publisher's reports tell how their clocks lie to each other.
    pub(super) fn align(&mut self, layer: usize, timestamp: u32) {
        let known = |layer: &&Layer| layer.offset.is_some() && layer.sender_report.is_some();
        let Some(index) = self.layers.iter().position(|layer| known(&layer)) else { return };
        if index == layer {
            return;
        }
        let (reference, own) = (&self.layers[index], &self.layers[layer]);
        let (Some((ntp, rtp, _)), Some((own_ntp, own_rtp, _))) =
            (reference.sender_report, own.sender_report)
        else {
            return;
        };
        let (Some(offset), Some(own_offset)) = (reference.offset, own.offset) else { return };
        let apart = ntp_duration(own_ntp).as_nanos() as i128 - ntp_duration(ntp).as_nanos() as i128;
        let ticks = apart * i128::from(own.codec.clock_rate()) / 1_000_000_000;
        let there = rtp.wrapping_add(ticks as u32).wrapping_add(offset);
        let moved = there.wrapping_sub(own_rtp);
        let last = own.last.map_or(timestamp, |(last, _)| last).wrapping_add(own_offset);
        if timestamp_after(last, timestamp.wrapping_add(moved)) {
            self.layers[layer].offset = Some(moved);
        }
    }

    /// By the clock: true when liveness changed.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        let layers = &self.layers;
        if layers.iter().all(|layer| layer.reader.full_height().is_some()) {
            self.order.sort_by_key(|index| layers[*index].reader.full_height());
        } else if layers.iter().all(|layer| layer.flow.full_bitrate().is_some()) {
            self.order.sort_by_key(|index| layers[*index].flow.full_bitrate());
        }
        let live = self.granted
            && self.last_arrival.is_some_and(|at| now.saturating_duration_since(at) < LIVE_TIMEOUT);
        std::mem::replace(&mut self.live, live) != live
    }

    /// The ways to show this track now, in ascending order of cost, and its sizes, flowing or
    /// not: none larger than needed to fill `size` pixels of height. A layer that is scalable in
    /// itself has several sizes.
    pub(super) fn qualities(
        &self,
        now: Instant,
        size: Option<u16>,
    ) -> (Vec<Quality>, Vec<Quality>) {
        let sizes: Vec<Size> = self
            .order
            .iter()
            .flat_map(|layer| {
                let spatial = self.layers[*layer].spatial_layers();
                spatial.map(|spatial| (*layer, spatial))
            })
            .collect();
        let enough = |(layer, spatial): &(usize, u8)| {
            let height = self.layers[*layer].reader.height(*spatial);
            size.zip(height)
                .is_some_and(|(size, height)| u32::from(height) * 5 >= u32::from(size) * 4)
        };
        let last = sizes.iter().position(enough).unwrap_or(sizes.len() - 1);
        let (mut qualities, mut ladder) = (Vec::<Quality>::new(), Vec::new());
        let mut cheaper = 0;
        for (place, (layer, spatial)) in sizes[..=last].iter().copied().enumerate() {
            let flow = &self.layers[layer].flow;
            let assumed = if cheaper == 0 { ASSUMED_BITRATE } else { cheaper * LARGER_LAYER };
            let highest = flow.temporal(spatial);
            let whole = Target::new(spatial, highest);
            let bitrate = flow.bitrate(whole).unwrap_or(assumed).max(cheaper);
            cheaper = bitrate;
            ladder.push(Quality { layer, target: Target::new(spatial, u8::MAX), bitrate });
            if !flow.flows_in(spatial, now) {
                continue;
            }
            // Half the pictures of a larger layer rather than all of a smaller one; a quarter
            // of them only where there is nothing smaller.
            let least = if place == 0 { 0 } else { highest.min(1) };
            for temporal in least..=highest {
                let target = Target::new(spatial, temporal);
                let bitrate =
                    if target == whole { bitrate } else { flow.bitrate(target).unwrap_or(assumed) };
                if qualities.last().is_none_or(|last| last.bitrate < bitrate) {
                    qualities.push(Quality { layer, target, bitrate });
                }
            }
        }
        if qualities.is_empty() {
            // Nothing flows: whoever is to see it waits for the smallest.
            let (layer, _) = sizes[0];
            let target = Target::new(0, u8::MAX);
            qualities.push(Quality { layer, target, bitrate: ASSUMED_BITRATE });
        }
        (qualities, ladder)
    }

    /// Notes that somebody watches a size of the picture, or would if it flowed.
    pub(super) fn watch(&mut self, now: Instant, (layer, spatial): Size) {
        self.layers[layer].watched[usize::from(spatial)] = Some(now);
    }

    /// What the publisher can send or not, the smallest first: its layers, or the spatial ones of
    /// the only one.
    fn sizes(&self) -> Vec<Size> {
        match self.order.as_slice() {
            [only] if self.layers[*only].rid.is_none() => {
                self.layers[*only].spatial_layers().map(|spatial| (*only, spatial)).collect()
            }
            order => order.iter().map(|layer| (*layer, 0)).collect(),
        }
    }

    fn is_watched(&self, (index, spatial): Size, now: Instant) -> bool {
        // Higher spatial layers build on lower ones.
        let watched = &self.layers[index].watched[usize::from(spatial)..];
        watched.iter().flatten().any(|at| now.saturating_duration_since(*at) < WATCHED)
    }

    /// The names of the layers that are watched, if they are others than before: their `rid`s, or
    /// `s0` and so on for the spatial ones of the only one. The smallest is always among them: by
    /// it the node knows that there is a picture.
    pub(super) fn take_wanted(&mut self, now: Instant) -> Option<Vec<String>> {
        let sizes = self.sizes();
        let begun = self.begun?;
        let complete = self.layers.len() > 1 && self.layers.iter().all(|l| l.ssrc.is_some());
        let waited = now.saturating_duration_since(begun) >= WATCHED;
        if sizes.len() < 2 || !(complete || waited) {
            // Each layer shows itself first; a small camera has fewer of them.
            return None;
        }
        let smallest = sizes[0];
        let watched = |size: &Size| *size == smallest || self.is_watched(*size, now);
        let wanted: Vec<_> = sizes.into_iter().filter(watched).collect();
        if self.announced.as_ref() == Some(&wanted) {
            return None;
        }
        let name = |(index, spatial): &Size| match &self.layers[*index].rid {
            Some(rid) => rid.as_str().to_owned(),
            None => format!("s{spatial}"),
        };
        let names = wanted.iter().map(name).collect();
        self.announced = Some(wanted);
        Some(names)
    }

    /// Whether the publisher was told to send a layer that it has; one that was told nothing yet
    /// sends what it has.
    pub(super) fn is_wanted(&self, layer: usize) -> bool {
        let wanted = |sizes: &Vec<Size>| sizes.iter().any(|(wanted, _)| *wanted == layer);
        self.announced.as_ref().is_none_or(wanted) && self.layers[layer].ssrc.is_some()
    }

    /// The sizes that the publisher has and was told to send, the smallest first.
    pub(super) fn wanted_sizes(&self) -> impl Iterator<Item = Size> + '_ {
        self.sizes().into_iter().filter(|size| {
            let wanted = self.announced.as_ref().is_none_or(|wanted| wanted.contains(size));
            wanted && self.layers[size.0].ssrc.is_some()
        })
    }

    /// Grants or withdraws. What comes after a mute starts anew for everybody.
    pub(super) fn grant(&mut self, granted: bool) {
        if granted && !self.granted {
            self.generation += 1;
            for layer in &mut self.layers {
                layer.restart();
                layer.keyframe_wanted = self.kind == Kind::Video && layer.ssrc.is_some();
            }
        }
        if !granted {
            self.last_arrival = None;
            self.loudness = Loudness::default();
        }
        self.granted = granted;
    }

    /// The timestamp, on the node's timeline, of what is captured at `now`.
    pub(super) fn timestamp_at(
        &self,
        layer: usize,
        now: Instant,
        timeline: &Timeline,
    ) -> Option<u32> {
        self.layers[layer].timestamp_at(now, self.clock.as_ref(), timeline)
    }

    /// When something is to be asked again of the publisher.
    pub(super) fn next_repair(&self) -> Option<Instant> {
        if !self.granted {
            return None;
        }
        self.layers.iter().filter_map(|layer| layer.nack.next_due()).min()
    }

    /// Somebody cannot decode a layer until a keyframe comes.
    pub(super) fn want_keyframe(&mut self, layer: usize) {
        self.layers[layer].keyframe_wanted |= self.kind == Kind::Video && self.granted;
    }

    /// The layers to send a keyframe request for now: those of which one is wanted, and none was
    /// asked just before.
    pub(super) fn take_keyframe_requests(&mut self, now: Instant) -> Vec<usize> {
        let mut asked = Vec::new();
        for (index, layer) in self.layers.iter_mut().enumerate() {
            if layer.keyframe_request_due().is_some_and(|due| due <= now) {
                layer.keyframe_asked = Some(now);
                self.keyframe_requests += 1;
                asked.push(index);
            }
        }
        asked
    }

    /// When a wanted keyframe may be asked for.
    pub(super) fn keyframe_request_due(&self) -> Option<Instant> {
        self.layers.iter().filter_map(Layer::keyframe_request_due).min()
    }
}
