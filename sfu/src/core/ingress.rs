//! What a participant publishes: tracks, their layers, and the care they need on arrival.

use std::time::{Duration, Instant};

use protocol::ParticipantId;
use protocol::media::Kind;

use super::timeline::{Timeline, ntp_duration, ticks};
use crate::nack::NackGenerator;
use crate::ring::{Description, Ring};
use crate::rtcp::ReportBlock;
use crate::rtp::nearest;
use crate::sdp::{CodecKind, Rid};

/// Sequence numbers that a video layer remembers: 1.7 s at 300 packets a second.
const VIDEO_RING: usize = 512;
/// Sequence numbers that a sound layer remembers: 1.3 s at 50 packets a second.
const AUDIO_RING: usize = 64;
/// A keyframe is asked of a publisher at most this often: a thousand arrivals share one.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(300);
/// A track that is silent for this long is not live.
const LIVE_TIMEOUT: Duration = Duration::from_secs(3);
/// A layer must carry this many times the bytes of the forwarded one to replace it.
const BETTER_LAYER: u64 = 3;

/// Sound or picture of a participant, in one or several layers.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) participant: ParticipantId,
    pub(super) kind: Kind,
    /// The session that sends it, by its place in the room.
    pub(super) session: u32,
    pub(super) layers: Vec<Layer>,
    /// The layer that is forwarded.
    pub(super) active: usize,
    /// Grows whenever what is forwarded starts anew: another layer, or after a mute.
    pub(super) generation: u32,
    /// Whether the participant may publish this.
    pub(super) granted: bool,
    pub(super) live: bool,
    /// Something came, granted or not: the participant is there.
    pub(super) present: bool,
    last_arrival: Option<Instant>,
    /// The publisher's clock, once it has reported.
    pub(super) clock: Option<PublisherClock>,
    keyframe_wanted: bool,
    keyframe_asked: Option<Instant>,
    pub(super) keyframe_requests: u64,
}

/// One encoding of a track.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) rid: Option<Rid>,
    pub(super) ssrc: Option<u32>,
    pub(super) rtx_ssrc: Option<u32>,
    pub(super) ring: Ring,
    pub(super) nack: NackGenerator,
    /// Retransmissions can be asked for.
    pub(super) nack_agreed: bool,
    pub(super) codec: CodecKind,
    /// Added to the publisher's timestamps to lie on the node's timeline.
    offset: Option<u32>,
    reception: Reception,
    sender_report: Option<(u64, u32, Instant)>,
    last: Option<(u32, Instant)>,
    bytes_recently: u64,
}

/// What a receiver report says (RFC 3550 appendix A).
#[derive(Debug, Default)]
struct Reception {
    first: Option<u64>,
    highest: u64,
    received: u64,
    expected_reported: u64,
    received_reported: u64,
    jitter: f64,
}

/// A packet of a track, decrypted and stripped of padding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) codec: CodecKind,
    pub(super) orientation: Option<u8>,
    pub(super) payload: &'a [u8],
    pub(super) received: Instant,
}

impl Layer {
    pub(super) fn new(kind: Kind, codec: CodecKind, nack_agreed: bool) -> Self {
        let capacity = match kind {
            Kind::Audio => AUDIO_RING,
            Kind::Video => VIDEO_RING,
        };
        Self {
            rid: None,
            ssrc: None,
            rtx_ssrc: None,
            ring: Ring::new(capacity),
            nack: NackGenerator::default(),
            nack_agreed,
            codec,
            offset: None,
            reception: Reception::default(),
            sender_report: None,
            last: None,
            bytes_recently: 0,
        }
    }

    /// The widened number of a retransmitted packet.
    pub(super) fn original_sequence(&self, sequence: u16) -> u64 {
        nearest(self.reception.highest, sequence)
    }

    /// Notes that something came under this layer's own SSRC, padding included.
    pub(super) fn note_reception(&mut self, sequence: u64, timestamp: u32, received: Instant) {
        let rate = self.codec.clock_rate();
        let reception = &mut self.reception;
        reception.first.get_or_insert(sequence);
        reception.highest = reception.highest.max(sequence);
        reception.received += 1;
        if let Some((last_timestamp, last_at)) = self.last {
            let Some(waited) = received.checked_duration_since(last_at) else { return };
            let sent = i64::from(timestamp.wrapping_sub(last_timestamp) as i32);
            let difference = (ticks(waited, rate) as i64 - sent).unsigned_abs();
            reception.jitter += (difference as f64 - reception.jitter) / 16.0;
        }
        self.last = Some((timestamp, received));
    }

    /// Stores a packet. False if there is nothing to forward: it is a duplicate, or too long.
    pub(super) fn store(&mut self, arrival: &Arrival<'_>, timeline: &Timeline) -> bool {
        self.codec = arrival.codec;
        let offset = *self.offset.get_or_insert_with(|| {
            let rate = arrival.codec.clock_rate();
            timeline.rtp(arrival.received, rate).wrapping_sub(arrival.timestamp)
        });
        self.bytes_recently += arrival.payload.len() as u64;
        let description = Description {
            sequence: arrival.sequence,
            timestamp: arrival.timestamp.wrapping_add(offset),
            marker: arrival.marker,
            codec: arrival.codec,
            keyframe: crate::codec::starts_keyframe(arrival.codec, arrival.payload),
            orientation: arrival.orientation,
        };
        self.ring.store(description, arrival.payload)
    }

    /// Takes the publisher's sender report.
    pub(super) fn note_sender_report(&mut self, ntp: u64, rtp: u32, received: Instant) {
        self.sender_report = Some((ntp, rtp, received));
    }

    /// The timestamp, on the node's timeline, of what the publisher captures at `now`. Nothing
    /// until the publisher has reported: a guess by arrival would leave out how long encoding and
    /// the way take, which differs between sound and picture, and receivers remember a wrong
    /// report for as long as twenty right ones.
    fn timestamp_at(
        &self,
        now: Instant,
        clock: Option<&PublisherClock>,
        timeline: &Timeline,
    ) -> Option<u32> {
        let (ntp, rtp, _) = self.sender_report?;
        let rate = i128::from(self.codec.clock_rate());
        let elapsed = clock?.nanos_since(ntp, now, timeline) * rate / 1_000_000_000;
        Some(rtp.wrapping_add(elapsed as u32).wrapping_add(self.offset?))
    }

    /// The report block about this layer, and the beginning of the next interval.
    pub(super) fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let ssrc = self.ssrc?;
        let reception = &mut self.reception;
        let expected = reception.highest - reception.first? + 1;
        let expected_now = expected - reception.expected_reported;
        let received_now = reception.received.saturating_sub(reception.received_reported);
        reception.expected_reported = expected;
        reception.received_reported = reception.received;
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction = (lost_now * 256).checked_div(expected_now).unwrap_or(0).min(255);
        Some(ReportBlock {
            ssrc,
            fraction_lost: fraction as u8,
            total_lost: expected.saturating_sub(reception.received) as u32,
            highest_sequence: reception.highest as u32,
            jitter: reception.jitter as u32,
            last_sender_report: self.sender_report.map_or(0, |(ntp, ..)| (ntp >> 16) as u32),
            since_sender_report: self
                .sender_report
                .map_or(Duration::ZERO, |(.., at)| now.saturating_duration_since(at)),
        })
    }
}

/// How a publisher's NTP clock lies to the node's. One for all tracks of a session, so that
/// lips and voice, reported on one clock, stay together.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublisherClock {
    ntp: Duration,
    at: Instant,
}

impl PublisherClock {
    /// From the first sender report of a session: its time of capture is taken for its time of
    /// arrival, a constant error that all tracks share.
    pub(super) fn new(ntp: u64, received: Instant) -> Self {
        Self { ntp: ntp_duration(ntp), at: received }
    }

    /// Nanoseconds from the publisher's instant `ntp` to `now`.
    fn nanos_since(&self, ntp: u64, now: Instant, timeline: &Timeline) -> i128 {
        let node = now.saturating_duration_since(timeline.origin()).as_nanos() as i128
            - self.at.saturating_duration_since(timeline.origin()).as_nanos() as i128;
        let publisher = ntp_duration(ntp).as_nanos() as i128 - self.ntp.as_nanos() as i128;
        node - publisher
    }
}

impl Track {
    pub(super) fn new(
        participant: ParticipantId,
        kind: Kind,
        session: u32,
        granted: bool,
        generation: u32,
        layers: Vec<Layer>,
    ) -> Self {
        Self {
            participant,
            kind,
            session,
            layers,
            active: 0,
            generation,
            granted,
            live: false,
            present: false,
            last_arrival: None,
            clock: None,
            keyframe_wanted: false,
            keyframe_asked: None,
            keyframe_requests: 0,
        }
    }

    /// Notes a packet that is allowed, before it is forwarded. Another layer takes over here,
    /// at its keyframe, when it is the best that flows. True if this packet is to be forwarded.
    pub(super) fn note_arrival(&mut self, layer: usize, sequence: u64, received: Instant) -> bool {
        self.last_arrival = Some(received);
        let keyframe = self.layers[layer].ring.get(sequence).is_some_and(|packet| packet.keyframe);
        if keyframe && self.kind == Kind::Video {
            if layer != self.active && self.best_layer() == layer {
                self.active = layer;
                self.generation += 1;
            }
            if layer == self.active {
                self.keyframe_wanted = false;
            }
        }
        layer == self.active
    }

    fn best_layer(&self) -> usize {
        let active = self.layers[self.active].bytes_recently;
        let (best, bytes) = self
            .layers
            .iter()
            .enumerate()
            .map(|(index, layer)| (index, layer.bytes_recently))
            .max_by_key(|(_, bytes)| *bytes)
            .unwrap_or((self.active, active));
        if active == 0 || bytes * 2 > active * BETTER_LAYER { best } else { self.active }
    }

    /// Once a second: true when liveness changed.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        if self.layers.len() > 1 && self.best_layer() != self.active {
            self.keyframe_wanted = true;
        }
        for layer in &mut self.layers {
            layer.bytes_recently /= 2;
        }
        let live = self.granted
            && self.last_arrival.is_some_and(|at| now.saturating_duration_since(at) < LIVE_TIMEOUT);
        std::mem::replace(&mut self.live, live) != live
    }

    /// Grants or withdraws. What comes after a mute starts anew for everybody.
    pub(super) fn grant(&mut self, granted: bool) {
        if granted && !self.granted {
            self.generation += 1;
            for layer in &mut self.layers {
                layer.nack = NackGenerator::default();
            }
            self.keyframe_wanted = self.kind == Kind::Video;
        }
        if !granted {
            self.last_arrival = None;
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

    /// Somebody cannot decode until a keyframe comes.
    pub(super) fn want_keyframe(&mut self) {
        self.keyframe_wanted |= self.kind == Kind::Video && self.granted;
    }

    /// The SSRCs to send a keyframe request for now, if one is wanted and none was asked just
    /// before: the forwarded layer, and the one that is to replace it.
    pub(super) fn take_keyframe_request(&mut self, now: Instant) -> Option<[Option<u32>; 2]> {
        if !self.keyframe_wanted || self.keyframe_request_due()? > now {
            return None;
        }
        self.keyframe_asked = Some(now);
        self.keyframe_requests += 1;
        let best = self.best_layer();
        let other = (best != self.active).then(|| self.layers[best].ssrc).flatten();
        Some([self.layers[self.active].ssrc, other])
    }

    /// When a wanted keyframe may be asked for.
    pub(super) fn keyframe_request_due(&self) -> Option<Instant> {
        if !self.keyframe_wanted || self.last_arrival.is_none() {
            return None;
        }
        // A moment that has passed already, where none was asked before.
        let asked = self.keyframe_asked.map(|asked| asked + KEYFRAME_INTERVAL);
        asked.or(self.last_arrival)
    }
}
