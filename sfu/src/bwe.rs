//! How much a subscriber's link carries, estimated from when packets arrive there.
//!
//! Sender-side congestion control after draft-ietf-rmcat-gcc-02: the delay-based controller
//! watches whether queues grow, the loss-based one whether packets vanish, and probes find room
//! that nothing else would show, since a forwarder sends no more than what is published.
//! Time and bytes come in, a target comes out; nothing here reads a clock.

mod delay;
mod feedback;
mod history;
mod loss;
mod probe;
mod rate;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

pub use feedback::Feedback;
use history::{Acknowledged, History};

use delay::{DelayDetector, Usage};
use loss::LossController;
use probe::Prober;
use rate::{DelayController, Throughput};

/// What a new subscriber's link is believed to carry, in bit/s, until it has been tried.
pub const START_BITRATE: u64 = 1_000_000;
/// The least that is ever believed, in bit/s: sound and a small picture.
pub const MIN_BITRATE: u64 = 60_000;
/// The most that is ever believed, in bit/s.
pub const MAX_BITRATE: u64 = 50_000_000;

/// The estimator of one subscriber.
#[derive(Debug)]
pub struct Estimator {
    origin: Instant,
    history: History,
    detector: DelayDetector,
    delay: DelayController,
    loss: LossController,
    throughput: Throughput,
    prober: Prober,
    /// Round trip of the last feedback, for the pace of increases.
    round_trip: Duration,
}

impl Estimator {
    /// An estimator that knows nothing yet. `origin` is not later than any time it will see.
    #[must_use]
    pub fn new(origin: Instant) -> Self {
        Self {
            origin,
            history: History::default(),
            detector: DelayDetector::default(),
            delay: DelayController::new(START_BITRATE),
            loss: LossController::default(),
            throughput: Throughput::default(),
            prober: Prober::default(),
            round_trip: Duration::from_millis(100),
        }
    }

    /// Notes a packet of `size` bytes that is sent at `now`; gives its transport-wide sequence
    /// number.
    #[inline]
    pub fn sent(&mut self, now: Instant, size: usize) -> u16 {
        let probe = self.prober.note_sent(size);
        self.history.push(micros(self.origin, now), size, probe)
    }

    /// Takes the subscriber's transport-wide feedback.
    pub fn on_feedback(&mut self, now: Instant, feedback: &Feedback<'_>) {
        let at = micros(self.origin, now);
        let mut acknowledged = Vec::with_capacity(feedback.len());
        let lost = self.history.acknowledge(feedback, &mut acknowledged);
        self.loss.note(acknowledged.len(), lost, self.delay.target(), at);
        acknowledged.sort_unstable_by_key(|packet: &Acknowledged| packet.arrived);
        if let Some(last) = acknowledged.last() {
            self.round_trip = Duration::from_micros(at.saturating_sub(last.sent));
        }
        let mut usage = Usage::Normal;
        for packet in &acknowledged {
            self.throughput.note(packet.arrived, packet.size);
            if let Some(found) = self.detector.note(packet) {
                usage = usage.worst(found);
            }
        }
        let throughput = self.throughput.bitrate();
        self.delay.update(at, usage, throughput, self.round_trip);
        if let Some(found) = self.prober.note_acknowledged(&acknowledged)
            && usage != Usage::Over
        {
            self.delay.probed(at, found);
            self.loss.probed(found);
        }
    }

    /// What is sent takes another path from now on: what was learned of the old one says nothing
    /// about it, except that more than [`START_BITRATE`] would be a guess.
    pub fn on_path_change(&mut self) {
        let target = self.target().min(START_BITRATE);
        self.history.forget();
        self.detector = DelayDetector::default();
        self.delay = DelayController::new(target);
        self.loss = LossController::default();
        self.throughput = Throughput::default();
        self.prober = Prober::default();
    }

    /// What the link carries, in bit/s.
    #[must_use]
    pub fn target(&self) -> u64 {
        self.delay.target().min(self.loss.limit()).clamp(MIN_BITRATE, MAX_BITRATE)
    }

    /// Whether the link has shown a limit: a queue grew, much was lost, or a probe did not come
    /// through. Before that the target is a guess.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.delay.is_limited() || self.loss.is_limited() || self.prober.met_limit()
    }

    /// Says how much could be sent if the link carried it, in bit/s: what probes are for.
    pub fn want(&mut self, now: Instant, desired: u64) {
        let target = self.target();
        self.prober.want(now, target, desired, self.detector.usage());
    }

    /// Bytes of a probe that are due now; to be sent through [`Self::sent`] before anything else.
    pub fn poll_probe(&mut self, now: Instant) -> usize {
        self.prober.poll(now)
    }

    /// Nothing can be sent for a probe.
    pub fn abandon_probe(&mut self, now: Instant) {
        self.prober.abandon(now);
    }

    /// When [`Self::poll_probe`] has something.
    #[must_use]
    pub fn next_probe(&self) -> Option<Instant> {
        self.prober.next()
    }
}

fn micros(origin: Instant, at: Instant) -> u64 {
    at.saturating_duration_since(origin).as_micros() as u64
}
