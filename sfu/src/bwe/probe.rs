//! Probes: for a moment, more is sent than is believed to fit, to see whether it comes through.

use std::time::{Duration, Instant};

use super::delay::Usage;
use super::history::Acknowledged;

/// How long a probe is sent.
const DURATION: Duration = Duration::from_millis(20);
/// How often a part of it is sent.
const STEP: Duration = Duration::from_millis(4);
/// A probe asks for this many times what is believed.
const FACTOR: u64 = 2;
/// From one probe to the next, while they succeed.
const INTERVAL: Duration = Duration::from_millis(1_000);
/// The longest wait after probes that found nothing.
const MAX_INTERVAL: Duration = Duration::from_secs(16);
/// Feedback on a probe comes within this, or it is given up.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Fewer packets tell nothing.
const MIN_PACKETS: usize = 5;

/// Sends probes and reads what came of them.
#[derive(Debug, Default)]
pub(super) struct Prober {
    running: Option<Running>,
    next: Option<Instant>,
    interval: Option<Duration>,
    /// The next packets belong to the probe.
    owed: usize,
    /// Less of the last probe came through than was asked for.
    met_limit: bool,
}

#[derive(Debug)]
struct Running {
    bitrate: u64,
    begun: Instant,
    sent: usize,
    packets: usize,
    arrivals: Vec<Acknowledged>,
}

impl Prober {
    /// Plans a probe if there is something to find.
    pub(super) fn want(&mut self, now: Instant, target: u64, desired: u64, usage: Usage) {
        if let Some(running) = &self.running {
            if now > running.begun + DURATION + PATIENCE {
                self.failed(now);
            }
            return;
        }
        if desired <= target || usage == Usage::Over || self.next.is_some_and(|next| now < next) {
            return;
        }
        // A little more than is wanted, for what comes through is a little less.
        let bitrate = (target * FACTOR).min(desired + desired / 4);
        self.running =
            Some(Running { bitrate, begun: now, sent: 0, packets: 0, arrivals: Vec::new() });
        self.owed = 0;
    }

    /// Bytes that are due.
    pub(super) fn poll(&mut self, now: Instant) -> usize {
        self.owed = match &self.running {
            Some(running) if !running.is_complete() => {
                let elapsed = now.saturating_duration_since(running.begun) + STEP;
                let due = elapsed.as_micros() as u64 * running.bitrate / 8_000_000;
                (due as usize).saturating_sub(running.sent)
            }
            _ => 0,
        };
        self.owed
    }

    pub(super) fn next(&self) -> Option<Instant> {
        let running = self.running.as_ref().filter(|running| !running.is_complete())?;
        let micros = running.sent as u64 * 8_000_000 / running.bitrate.max(1);
        Some(running.begun + Duration::from_micros(micros))
    }

    /// Whether the last probe met a limit.
    pub(super) fn met_limit(&self) -> bool {
        self.met_limit
    }

    pub(super) fn abandon(&mut self, now: Instant) {
        self.failed(now);
    }

    /// True if the packet belongs to a probe.
    #[inline]
    pub(super) fn note_sent(&mut self, size: usize) -> bool {
        let Some(running) = &mut self.running else { return false };
        if self.owed == 0 {
            return false;
        }
        self.owed = self.owed.saturating_sub(size);
        running.sent += size;
        running.packets += 1;
        true
    }

    /// What came through, in bit/s, once enough of a probe is known to have arrived.
    pub(super) fn note_acknowledged(&mut self, acknowledged: &[Acknowledged]) -> Option<u64> {
        let running = self.running.as_mut()?;
        running.arrivals.extend(acknowledged.iter().filter(|packet| packet.probe));
        let arrived: usize = running.arrivals.iter().map(|packet| packet.size).sum();
        if !running.is_complete() || arrived * 10 < running.sent * 9 {
            return None;
        }
        let found = through(&running.arrivals);
        let begun = running.begun;
        let asked = running.bitrate;
        self.running = None;
        self.met_limit = found.is_none_or(|found| found * 10 < asked * 8);
        match found {
            Some(found) if found * 10 > asked * 6 => {
                self.interval = None;
                self.next = Some(begun + INTERVAL);
            }
            _ => self.failed(begun),
        }
        found
    }

    fn failed(&mut self, now: Instant) {
        let interval = self.interval.map_or(INTERVAL * 2, |interval| interval * 2);
        self.interval = Some(interval.min(MAX_INTERVAL));
        self.next = Some(now + interval.min(MAX_INTERVAL));
        self.running = None;
    }
}

impl Running {
    /// Whether all of it is sent.
    fn is_complete(&self) -> bool {
        let sent = self.sent as u64 * 8_000_000;
        self.packets >= MIN_PACKETS && sent >= self.bitrate * DURATION.as_micros() as u64
    }
}

/// The rate of a train: at most that of its sending, and of its arriving.
fn through(arrivals: &[Acknowledged]) -> Option<u64> {
    let by_sending = arrivals.iter().min_by_key(|packet| packet.sent)?.sent;
    let last_sent = arrivals.iter().max_by_key(|packet| packet.sent)?;
    let first = arrivals.iter().min_by_key(|packet| packet.arrived)?;
    let last_arrived = arrivals.iter().map(|packet| packet.arrived).max()?;
    let bytes: usize = arrivals.iter().map(|packet| packet.size).sum();
    let rate = |bytes: usize, micros: u64| {
        // Packets that came in one moment tell of no rate.
        (micros >= 1_000).then(|| bytes as u64 * 8_000_000 / micros)
    };
    // The last to be sent, and the first to arrive, only mark where a span ends or begins.
    let sent = rate(bytes - last_sent.size, last_sent.sent - by_sending)?;
    let arrived = rate(bytes - first.size, (last_arrived - first.arrived) as u64)?;
    // What came slower than it was sent met its limit.
    Some(if arrived * 10 < sent * 9 { arrived * 95 / 100 } else { sent.min(arrived) })
}
