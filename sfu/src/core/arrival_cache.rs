//! What a layer keeps for those who arrive: its packets since the last keyframe. They lie in the
//! layer's ring, which serves repairs as well; here stands where they begin.

use std::time::{Duration, Instant};

use crate::ring::{Packet, Ring};

/// An arrival is served from a keyframe of at most this age: at 2.5 times the pace of the
/// picture it has caught up within a second. Later ones wait for a new keyframe, which serves
/// all who come in the time after it.
pub(super) const ARRIVAL: Duration = Duration::from_millis(1_500);
/// Whoever sees another layer already changes to this one without a new keyframe if the last is
/// at most as old: the picture hardly steps back, and a keyframe could not be asked for yet.
pub(super) const CHANGE: Duration = Duration::from_millis(300);
/// The most bytes that an arrival is sent to catch up.
const MAX_BYTES: usize = 512 << 10;

/// The current group of pictures of a layer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ArrivalCache {
    begin: Option<Begin>,
}

/// Where a group of pictures begins.
#[derive(Clone, Copy, Debug)]
struct Begin {
    /// The first packet of the keyframe.
    sequence: u64,
    timestamp: u32,
    at: Instant,
    /// Since then, this packet included.
    bytes: usize,
}

impl ArrivalCache {
    /// Notes a packet that was stored.
    #[inline]
    pub(super) fn note(&mut self, packet: &Packet, received: Instant) {
        let size = packet.payload().len();
        match &mut self.begin {
            Some(begin) if !packet.keyframe => begin.bytes += size,
            // Several packets of a keyframe may say that it begins with them: H264's parameters,
            // and the picture. And what comes late begins nothing.
            Some(begin) if packet.timestamp == begin.timestamp => {
                begin.sequence = begin.sequence.min(packet.sequence);
                begin.bytes += size;
            }
            Some(begin) if packet.sequence < begin.sequence => {}
            _ if packet.keyframe => {
                let (sequence, timestamp) = (packet.sequence, packet.timestamp);
                self.begin = Some(Begin { sequence, timestamp, at: received, bytes: size });
            }
            _ => {}
        }
    }

    /// The first packet of the last keyframe.
    pub(super) fn keyframe(&self) -> Option<u64> {
        self.begin.map(|begin| begin.sequence)
    }

    /// Where to begin, if the keyframe is at most of this `age`, no older than `since`, and not
    /// too much has come after it.
    pub(super) fn begin(
        &self,
        ring: &Ring,
        now: Instant,
        age: Duration,
        since: Instant,
    ) -> Option<u64> {
        let begin = self.begin?;
        let usable = now.saturating_duration_since(begin.at) <= age
            && begin.at >= since
            && begin.bytes <= MAX_BYTES
            && ring.get(begin.sequence).is_some();
        usable.then_some(begin.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::Description;
    use crate::sdp::CodecKind;

    const FRAME: Duration = Duration::from_millis(33);

    /// A layer, packet by packet.
    struct Layer {
        ring: Ring,
        cache: ArrivalCache,
        now: Instant,
    }

    impl Layer {
        fn new() -> Self {
            Self { ring: Ring::new(512), cache: ArrivalCache::default(), now: Instant::now() }
        }

        fn take(&mut self, sequence: u64, timestamp: u32, keyframe: bool, size: usize) {
            let description = Description {
                sequence,
                timestamp,
                marker: true,
                codec: CodecKind::Vp8,
                keyframe,
                frame: None,
                orientation: None,
                captured: None,
                red: None,
            };
            assert!(self.ring.store(description, &vec![0; size], &[]));
            let packet = self.ring.get(sequence).expect("stored");
            self.cache.note(packet, self.now);
        }

        fn begin(&self, age: Duration) -> Option<u64> {
            self.cache.begin(&self.ring, self.now, age, self.now - Duration::from_secs(60))
        }
    }

    #[test]
    fn begins_at_the_last_keyframe_while_it_is_young() {
        let mut layer = Layer::new();
        layer.take(1, 0, false, 100);
        assert_eq!(layer.begin(ARRIVAL), None, "no keyframe yet");
        layer.take(2, 3_000, true, 100);
        layer.now += FRAME;
        layer.take(3, 6_000, false, 100);
        assert_eq!(layer.begin(CHANGE), Some(2));
        layer.now += CHANGE;
        assert_eq!((layer.begin(CHANGE), layer.begin(ARRIVAL)), (None, Some(2)));
        layer.now += ARRIVAL;
        assert_eq!(layer.begin(ARRIVAL), None);
    }

    #[test]
    fn nothing_from_before_it_was_shown() {
        let mut layer = Layer::new();
        layer.take(1, 0, true, 100);
        let begin = |layer: &Layer, since| layer.cache.begin(&layer.ring, layer.now, CHANGE, since);
        assert_eq!(begin(&layer, layer.now), Some(1));
        assert_eq!(begin(&layer, layer.now + Duration::from_millis(1)), None);
    }

    #[test]
    fn the_first_packet_that_says_so_begins_the_keyframe() {
        let mut layer = Layer::new();
        layer.take(5, 0, true, 100);
        // Parameters, slice, and one that came late.
        layer.take(8, 3_000, true, 100);
        layer.take(9, 3_000, true, 100);
        layer.take(7, 3_000, true, 100);
        layer.take(4, 0, true, 100);
        assert_eq!(layer.begin(ARRIVAL), Some(7));
    }

    #[test]
    fn too_much_or_forgotten_is_no_beginning() {
        let mut layer = Layer::new();
        layer.take(0, 0, true, 1_400);
        for sequence in 1..400 {
            layer.take(sequence, sequence as u32, false, 1_400);
        }
        assert_eq!(layer.begin(ARRIVAL), None, "more than {MAX_BYTES} bytes");

        let mut layer = Layer::new();
        layer.take(0, 0, true, 10);
        for sequence in 1..=512 {
            layer.take(sequence, sequence as u32, false, 10);
        }
        assert_eq!(layer.begin(ARRIVAL), None, "the ring has forgotten it");
    }
}
