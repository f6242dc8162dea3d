//! One encoding of a track: where its packets are kept, and the care they need on arrival.

use std::time::{Duration, Instant};

use protocol::media::Kind;

use super::arrival_cache::ArrivalCache;
use super::flow::Flow;
use super::timeline::{Timeline, ntp_duration, ticks};
use crate::codec::red::Block;
use crate::nack::NackGenerator;
use crate::ring::{Description, Packet, RedLayout, Ring};
use crate::rtcp::ReportBlock;
use crate::rtp::{nearest, timestamp_after};
use crate::scalability::{Reader, Reading, SPATIAL_LAYERS, Target, Targets};
use crate::sdp::{CodecKind, Rid};

/// Sequence numbers that a video layer remembers: 3.4 s at 300 packets a second. Half of them is
/// what an arrival may catch up with, and the other half for repairs of that.
const VIDEO_RING: usize = 1_024;
/// Sequence numbers that a sound layer remembers: 1.3 s at 50 packets a second.
const AUDIO_RING: usize = 64;
/// A keyframe is asked of a publisher at most this often: a thousand arrivals share one.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(300);

/// Packets that wait for the structure of their dependency descriptors: it is lost, or under way.
const MAX_WAITING: usize = 256;
/// So many more packets that wait make a keyframe worth its bits.
const IMPATIENCE: usize = 16;

/// One encoding of a track.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) rid: Option<Rid>,
    pub(super) ssrc: Option<u32>,
    pub(super) rtx_ssrc: Option<u32>,
    pub(super) ring: Ring,
    pub(super) arrivals: ArrivalCache,
    pub(super) nack: NackGenerator,
    /// Retransmissions can be asked for.
    pub(super) nack_agreed: bool,
    pub(super) codec: CodecKind,
    /// Added to the publisher's timestamps to lie on the node's timeline.
    pub(super) offset: Option<u32>,
    reception: Reception,
    pub(super) sender_report: Option<(u64, u32, Instant)>,
    /// Of a relayed track, what the sender reports come to: what was captured at this NTP time
    /// has this timestamp on the node's timeline.
    pub(super) relayed_clock: Option<(u64, u32)>,
    pub(super) last: Option<(u32, Instant)>,
    pub(super) flow: Flow,
    /// What its packets say of frames and their layers.
    pub(super) reader: Reader,
    /// Numbers of packets whose frames cannot be told yet.
    waiting: Vec<u64>,
    /// A structure came with the last packet.
    learnt: bool,
    /// When a spatial layer was watched last, or would have been if it flowed.
    pub(super) watched: [Option<Instant>; SPATIAL_LAYERS],
    /// When the home of a relayed track was told so.
    pub(super) watch_reported: [Option<Instant>; SPATIAL_LAYERS],
    pub(super) keyframe_wanted: bool,
    pub(super) keyframe_asked: Option<Instant>,
    /// Between the last two reports.
    pub(super) interval: Interval,
}

/// What came of a layer between two reports, without repairs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Interval {
    /// Packets that were to come, and those of them that did not.
    pub(super) packets: (u64, u64),
    /// Gaps, and packets in them.
    pub(super) gaps: (u64, u64),
}

/// What a receiver report says (RFC 3550 appendix A).
#[derive(Debug, Default)]
struct Reception {
    first: Option<u64>,
    highest: u64,
    received: u64,
    expected_reported: u64,
    received_reported: u64,
    /// Since the last report: how often numbers were left out, and how many.
    gaps: (u64, u64),
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
    /// The value of the dependency descriptor extension; empty without one.
    pub(super) descriptor: &'a [u8],
    /// By the node's clock.
    pub(super) captured: Option<u64>,
    /// How the payload is laid out, if it is of RFC 2198.
    pub(super) red: Option<RedLayout>,
    pub(super) payload: &'a [u8],
    pub(super) received: Instant,
}

/// What became of a packet that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// There is nothing to forward: it is a duplicate, or too long.
    Refused,
    /// It is kept, but nobody can be sent it before more arrives.
    Waits,
    /// It can be forwarded.
    Kept,
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
            arrivals: ArrivalCache::default(),
            nack: NackGenerator::default(),
            nack_agreed,
            codec,
            offset: None,
            reception: Reception::default(),
            sender_report: None,
            relayed_clock: None,
            last: None,
            flow: Flow::default(),
            reader: Reader::default(),
            waiting: Vec::new(),
            learnt: false,
            watched: [None; SPATIAL_LAYERS],
            watch_reported: [None; SPATIAL_LAYERS],
            keyframe_wanted: false,
            keyframe_asked: None,
            interval: Interval::default(),
        }
    }

    /// Packets that came under the layer's own SSRC, and those that did not.
    pub(super) fn totals(&self) -> (u64, u64) {
        let reception = &self.reception;
        let expected = reception.first.map_or(0, |first| reception.highest - first + 1);
        (reception.received, expected.saturating_sub(reception.received))
    }

    /// Interarrival jitter.
    pub(super) fn jitter(&self) -> Duration {
        Duration::from_secs_f64(self.reception.jitter.max(0.0) / f64::from(self.codec.clock_rate()))
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
        if reception.received > 0 && sequence > reception.highest + 1 {
            let missing = sequence - reception.highest - 1;
            reception.gaps = (reception.gaps.0 + 1, reception.gaps.1 + missing);
        }
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

    /// Stores a packet.
    pub(super) fn store(&mut self, arrival: &Arrival<'_>, timeline: &Timeline) -> Stored {
        let offset = *self.offset.get_or_insert_with(|| {
            let rate = arrival.codec.clock_rate();
            timeline.rtp(arrival.received, rate).wrapping_sub(arrival.timestamp)
        });
        let Arrival { codec, payload, descriptor, .. } = *arrival;
        let told = (!descriptor.is_empty()).then_some(descriptor);
        let reading = self.reader.read(codec, payload, told);
        let frame = match reading {
            Reading::Frame(frame) => Some(frame),
            Reading::Plain | Reading::Waiting => None,
        };
        let description = Description {
            sequence: arrival.sequence,
            timestamp: arrival.timestamp.wrapping_add(offset),
            marker: arrival.marker,
            codec,
            keyframe: self.reader.starts_keyframe(codec, payload, &reading),
            frame,
            orientation: arrival.orientation,
            captured: arrival.captured,
            red: arrival.red,
        };
        if !self.keep(description, payload, descriptor, arrival.received) {
            return Stored::Refused;
        }
        if reading != Reading::Waiting {
            self.learnt = frame.and_then(|frame| frame.layout).is_some_and(|l| l.attached);
            return Stored::Kept;
        }
        if self.waiting.len() == MAX_WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push(arrival.sequence);
        Stored::Waits
    }

    /// Keeps a packet whose timestamp lies on the node's timeline. False if there is nothing to
    /// forward.
    fn keep(
        &mut self,
        packet: Description,
        payload: &[u8],
        descriptor: &[u8],
        at: Instant,
    ) -> bool {
        self.codec = packet.codec.content();
        let frame = packet.frame;
        let (layers, part_of) =
            frame.map_or((Target::default(), Targets::ALL), |frame| (frame.layers, frame.part_of));
        self.flow.note(at, layers, part_of, payload.len());
        self.ring.store(packet, payload, descriptor)
    }

    /// Keeps a packet that was read in the room's home. False if there is nothing to forward.
    pub(super) fn keep_relayed(
        &mut self,
        packet: Description,
        payload: &[u8],
        descriptor: &[u8],
        at: Instant,
    ) -> bool {
        if !descriptor.is_empty() {
            // What it is a frame of is known; the structure that it brings is what is learnt.
            self.reader.read(packet.codec, payload, Some(descriptor));
        }
        self.keep(packet, payload, descriptor, at)
    }

    /// The spatial layers that its publisher has, sent or not; at least the lowest.
    pub(super) fn spatial_layers(&self) -> impl Iterator<Item = u8> + use<> {
        let came = self.flow.spatial_layers().max().unwrap_or(0);
        let told = (0..SPATIAL_LAYERS as u8).rfind(|layer| self.reader.height(*layer).is_some());
        0..=came.max(told.unwrap_or(0))
    }

    /// When any of it was watched last.
    pub(super) fn last_watched(&self) -> Option<Instant> {
        self.watched.iter().copied().max().flatten()
    }

    /// Whether it is known yet what a packet is.
    pub(super) fn is_readable(&self, sequence: u64) -> bool {
        self.waiting.is_empty() || !self.waiting.contains(&sequence)
    }

    /// Whether so many packets wait that a keyframe is needed.
    pub(super) fn is_impatient(&self) -> bool {
        !self.waiting.is_empty() && self.waiting.len().is_multiple_of(IMPATIENCE)
    }

    /// The packets that waited and can be read now.
    pub(super) fn take_readable(&mut self) -> Vec<u64> {
        if !std::mem::take(&mut self.learnt) || self.waiting.is_empty() {
            return Vec::new();
        }
        let Self { waiting, reader, ring, .. } = self;
        let mut readable = Vec::new();
        waiting.retain(|sequence| {
            let Some(packet) = ring.get_mut(*sequence) else { return false };
            match reader.read(packet.codec, packet.payload(), Some(packet.descriptor())) {
                Reading::Frame(frame) => packet.note_frame(frame),
                Reading::Plain => {}
                Reading::Waiting => return true,
            }
            readable.push(*sequence);
            false
        });
        readable
    }

    /// Begins anew after packets that were not looked at.
    pub(super) fn restart(&mut self) {
        self.nack = NackGenerator::default();
        self.arrivals = ArrivalCache::default();
        self.reader.forget();
        self.waiting.clear();
    }

    /// Stores an earlier packet that is missing, out of one that repeats it. Its number, if it
    /// was missing.
    pub(super) fn recover(
        &mut self,
        bearer: &Arrival<'_>,
        block: &Block<'_>,
        timeline: &Timeline,
    ) -> Option<u64> {
        let sequence = bearer.sequence.checked_sub(block.back as u64)?;
        let timestamp = bearer.timestamp.wrapping_sub(block.earlier);
        let offset = self.offset?;
        // One that repeats packets in another way than one by one would be told by its times.
        let before = self.ring.get(sequence.checked_sub(1)?);
        let fits =
            |before: &Packet| timestamp_after(before.timestamp, timestamp.wrapping_add(offset));
        if !before.is_none_or(fits) || !self.nack.is_missing(sequence) {
            return None;
        }
        self.nack.arrived(bearer.received, sequence);
        let recovered = Arrival {
            sequence,
            timestamp,
            marker: false,
            captured: None,
            red: None,
            payload: block.frame,
            ..*bearer
        };
        (self.store(&recovered, timeline) == Stored::Kept).then_some(sequence)
    }

    /// Takes the publisher's sender report.
    pub(super) fn note_sender_report(&mut self, ntp: u64, rtp: u32, received: Instant) {
        self.sender_report = Some((ntp, rtp, received));
    }

    /// The timestamp, on the node's timeline, of what the publisher captures at `now`. Nothing
    /// until the publisher has reported: a guess by arrival would leave out how long encoding and
    /// the way take, which differs between sound and picture, and receivers remember a wrong
    /// report for as long as twenty right ones.
    pub(super) fn timestamp_at(
        &self,
        now: Instant,
        clock: Option<&PublisherClock>,
        timeline: &Timeline,
    ) -> Option<u32> {
        let rate = i128::from(self.codec.clock_rate());
        if let Some((ntp, rtp)) = self.relayed_clock {
            let elapsed = nanos_between(ntp, timeline.ntp(now)) * rate / 1_000_000_000;
            return Some(rtp.wrapping_add(elapsed as u32));
        }
        let (ntp, rtp, _) = self.sender_report?;
        let elapsed = clock?.nanos_since(ntp, now, timeline) * rate / 1_000_000_000;
        Some(rtp.wrapping_add(elapsed as u32).wrapping_add(self.offset?))
    }

    /// See [`Self::relayed_clock`], for others to know.
    pub(super) fn clock_for_relay(
        &self,
        clock: Option<&PublisherClock>,
        timeline: &Timeline,
    ) -> Option<(u64, u32)> {
        let (ntp, rtp, _) = self.sender_report?;
        Some((timeline.ntp(clock?.instant_of(ntp)?), rtp.wrapping_add(self.offset?)))
    }

    /// The report block about this layer, and the beginning of the next interval.
    pub(super) fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        self.interval = Interval::default();
        let ssrc = self.ssrc?;
        let reception = &mut self.reception;
        let expected = reception.highest - reception.first? + 1;
        let expected_now = expected - reception.expected_reported;
        let received_now = reception.received.saturating_sub(reception.received_reported);
        reception.expected_reported = expected;
        reception.received_reported = reception.received;
        let lost_now = expected_now.saturating_sub(received_now);
        let gaps = std::mem::take(&mut reception.gaps);
        self.interval = Interval { packets: (expected_now, lost_now), gaps };
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

    /// When a wanted keyframe may be asked for.
    pub(super) fn keyframe_request_due(&self) -> Option<Instant> {
        if !self.keyframe_wanted {
            return None;
        }
        // A moment that has passed already, where none was asked before.
        let asked = self.keyframe_asked.map(|asked| asked + KEYFRAME_INTERVAL);
        asked.or(self.last.map(|(_, at)| at))
    }
}

/// How a publisher's NTP clock lies to the node's. One for all tracks of a session, so that
/// lips and voice, reported on one clock, stay together.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublisherClock {
    raw: u64,
    ntp: Duration,
    at: Instant,
}

impl PublisherClock {
    /// From the first sender report of a session: its time of capture is taken for its time of
    /// arrival, a constant error that all tracks share.
    pub(super) fn new(ntp: u64, received: Instant) -> Self {
        Self { raw: ntp, ntp: ntp_duration(ntp), at: received }
    }

    /// The node's NTP time of the publisher's instant `ntp`.
    pub(super) fn to_node(self, ntp: u64, timeline: &Timeline) -> u64 {
        timeline.ntp(self.at).wrapping_add(ntp.wrapping_sub(self.raw))
    }

    /// The publisher's instant `ntp`.
    fn instant_of(&self, ntp: u64) -> Option<Instant> {
        let (first, this) = (self.ntp, ntp_duration(ntp));
        match this.checked_sub(first) {
            Some(later) => self.at.checked_add(later),
            None => self.at.checked_sub(first.saturating_sub(this)),
        }
    }

    /// Nanoseconds from the publisher's instant `ntp` to `now`.
    fn nanos_since(&self, ntp: u64, now: Instant, timeline: &Timeline) -> i128 {
        let node = now.saturating_duration_since(timeline.origin()).as_nanos() as i128
            - self.at.saturating_duration_since(timeline.origin()).as_nanos() as i128;
        let publisher = ntp_duration(ntp).as_nanos() as i128 - self.ntp.as_nanos() as i128;
        node - publisher
    }
}

fn nanos_between(from: u64, to: u64) -> i128 {
    ntp_duration(to).as_nanos() as i128 - ntp_duration(from).as_nanos() as i128
}
