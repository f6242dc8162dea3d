//! What a core measures besides counting: delays, join times, estimates, sizes of batches.

use std::time::{Duration, Instant};

use super::histogram::Histogram;

/// In µs.
const DELAYS: &[u64] = &[
    100, 200, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000, 1_000_000,
];
/// In µs.
const JOINS: &[u64] = &[
    50_000, 100_000, 200_000, 300_000, 500_000, 700_000, 1_000_000, 2_000_000, 5_000_000,
    10_000_000, 30_000_000,
];
/// In bytes/s: 100 kbit/s to 20 Mbit/s.
const ESTIMATES: &[u64] = &[
    12_500, 25_000, 37_500, 62_500, 93_750, 125_000, 187_500, 250_000, 375_000, 625_000, 1_250_000,
    2_500_000,
];
/// In packets.
const BATCHES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];
/// In packets.
pub(super) const TRAINS: &[u64] = &[1, 2, 4, 8, 16, 32, 64];

/// Histograms of a core, since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measures {
    /// From the kernel's receiving a packet to the hand-over of its train to the kernel, for
    /// each packet and each subscriber, in µs.
    pub forward_delay: Histogram,
    /// From the answer to an offer to agreed keys, in µs.
    pub join_connected: Histogram,
    /// From the answer to an offer to the first media packet to the client, in µs. Only of
    /// clients that had somebody to see or hear when keys were agreed on.
    pub join_first_packet: Histogram,
    /// What subscribers' links are believed to carry, in bytes/s; each once a second.
    pub estimate: Histogram,
    /// Media packets that were gathered before they were forwarded.
    pub batch: Histogram,
    /// Packets of a train: what one call sends.
    pub train: Histogram,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            forward_delay: Histogram::new(DELAYS),
            join_connected: Histogram::new(JOINS),
            join_first_packet: Histogram::new(JOINS),
            estimate: Histogram::new(ESTIMATES),
            batch: Histogram::new(BATCHES),
            train: Histogram::new(TRAINS),
        }
    }
}

/// The arrivals of a batch until it is on its way: from them follows how long forwarding took,
/// with no look at the clock but one when all is sent.
#[derive(Debug, Default)]
pub(super) struct Batch {
    arrivals: Vec<Instant>,
    /// When the flush began, and how many packets had been sent by then.
    begun: Option<(Instant, u64)>,
}

impl Batch {
    /// Notes a media packet that waits for the flush.
    #[inline]
    pub(super) fn arrived(&mut self, received: Instant) {
        if self.begun.take().is_some() {
            // Nobody wanted to know of the last one.
            self.arrivals.clear();
        }
        self.arrivals.push(received);
    }

    /// The flush begins; `sent` packets have been sent so far.
    pub(super) fn begin(&mut self, now: Instant, sent: u64) {
        self.begun = Some((now, sent));
    }

    /// The flush has ended at `now`; `sent` packets have been sent so far. Each packet left for
    /// each subscriber at some moment of the flush, evenly spread.
    pub(super) fn finish(&mut self, now: Instant, sent: u64, measures: &mut Measures) {
        let Some((begun, before)) = self.begun.take() else { return };
        let packets = self.arrivals.len() as u64;
        if packets == 0 {
            return;
        }
        measures.batch.note(packets);
        let sent = sent - before;
        for (place, received) in self.arrivals.iter().enumerate() {
            let place = place as u64;
            let copies = sent * (place + 1) / packets - sent * place / packets;
            let (from, to) = (since(*received, begun), since(*received, now));
            measures.forward_delay.note_span(from, to, copies);
        }
        self.arrivals.clear();
    }
}

fn since(earlier: Instant, later: Instant) -> u64 {
    micros(later.saturating_duration_since(earlier))
}

/// As histograms of durations count.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_flush_spreads_its_packets_over_its_time() {
        let (start, mut batch) = (Instant::now(), Batch::default());
        let mut measures = Measures::default();
        batch.arrived(start);
        batch.arrived(start);
        batch.begin(start + MILLISECOND, 100);
        batch.finish(start + 5 * MILLISECOND, 300, &mut measures);
        let delays: Vec<_> = measures.forward_delay.cumulative().collect();
        assert_eq!(measures.forward_delay.count(), 200);
        assert_eq!(delays[3], (1_000, 0));
        assert_eq!(delays[4], (2_000, 50));
        assert_eq!(delays[6], (5_000, 200));
        assert_eq!(measures.batch.sum(), 2);
    }

    #[test]
    fn a_batch_that_nobody_asked_for_is_forgotten() {
        let (start, mut batch) = (Instant::now(), Batch::default());
        let mut measures = Measures::default();
        for second in 0..100 {
            batch.arrived(start + 1_000 * second * MILLISECOND);
            batch.begin(start + 1_000 * second * MILLISECOND, 0);
        }
        assert_eq!(batch.arrivals.len(), 1);
        batch.finish(start + 100_000 * MILLISECOND, 1, &mut measures);
        assert_eq!(measures.forward_delay.count(), 1);
    }
}
