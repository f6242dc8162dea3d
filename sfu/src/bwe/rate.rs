//! From what a link suffers to what it carries (draft-ietf-rmcat-gcc-02 section 5.5).

use std::time::Duration;

use super::delay::Usage;
use super::{MAX_BITRATE, MIN_BITRATE};

/// What is kept of what arrived when a queue grows.
const BACK_OFF: f64 = 0.85;
/// Growth in a second while no limit is known.
const GROWTH: f64 = 1.08;
/// What is believed is at most this much more than what arrives: the rest is for probes.
const HEADROOM: f64 = 1.5;
/// Throughput is measured over [`STEPS`] steps of this many µs.
const STEP: i64 = 50_000;
const STEPS: usize = 12;
/// Arrivals that many steps apart are of another clock.
const JUMP: i64 = 60;
/// A queue that grows is answered at most this often while nothing new is known, in µs.
const SETTLE: u64 = 200_000;

/// What arrived lately, in steps of [`STEP`].
#[derive(Debug, Default)]
pub(super) struct Throughput {
    steps: [u32; STEPS],
    /// The step of the latest arrival, and of the first one.
    last: i64,
    first: Option<i64>,
}

impl Throughput {
    pub(super) fn note(&mut self, arrived: i64, size: usize) {
        let step = arrived.div_euclid(STEP);
        if self.first.is_none() || (step - self.last).abs() > JUMP {
            *self = Self { first: Some(step), last: step, ..Self::default() };
        }
        while self.last < step {
            self.last += 1;
            self.steps[self.last.rem_euclid(STEPS as i64) as usize] = 0;
        }
        if step > self.last - STEPS as i64 {
            self.steps[step.rem_euclid(STEPS as i64) as usize] += size as u32;
        }
    }

    /// In bit/s, of the steps that are over; nothing until there are enough to tell.
    pub(super) fn bitrate(&self) -> Option<u64> {
        let steps = (self.last - self.first?).min(STEPS as i64 - 1);
        if steps < STEPS as i64 / 4 {
            return None;
        }
        let of =
            |back: i64| u64::from(self.steps[(self.last - back).rem_euclid(STEPS as i64) as usize]);
        let bytes: u64 = (1..=steps).map(of).sum();
        Some(bytes * 8_000_000 / (steps * STEP) as u64)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Hold,
    Increase,
}

/// Raises and lowers the target.
#[derive(Debug)]
pub(super) struct DelayController {
    target: f64,
    phase: Phase,
    updated: Option<u64>,
    lowered: Option<u64>,
    /// What arrived when queues grew, smoothed: near it, growth is careful.
    limit: Option<f64>,
}

impl DelayController {
    pub(super) fn new(target: u64) -> Self {
        Self {
            target: target as f64,
            phase: Phase::Increase,
            updated: None,
            lowered: None,
            limit: None,
        }
    }

    pub(super) fn target(&self) -> u64 {
        self.target as u64
    }

    /// Whether a queue has ever grown.
    pub(super) fn is_limited(&self) -> bool {
        self.lowered.is_some()
    }

    pub(super) fn update(
        &mut self,
        at: u64,
        usage: Usage,
        throughput: Option<u64>,
        round_trip: Duration,
    ) {
        let elapsed = at.saturating_sub(self.updated.unwrap_or(at)).min(1_000_000) as f64 / 1e6;
        self.updated = Some(at);
        match usage {
            Usage::Over => {
                self.lower(at, throughput, round_trip);
                self.phase = Phase::Hold;
            }
            Usage::Under => self.phase = Phase::Hold,
            Usage::Normal if self.phase == Phase::Hold => self.phase = Phase::Increase,
            Usage::Normal => self.raise(elapsed, throughput, round_trip),
        }
        self.target = self.target.clamp(MIN_BITRATE as f64, MAX_BITRATE as f64);
    }

    fn lower(&mut self, at: u64, throughput: Option<u64>, round_trip: Duration) {
        let settle = SETTLE.max(round_trip.as_micros() as u64);
        if self.lowered.is_some_and(|lowered| at < lowered + settle) {
            return;
        }
        self.lowered = Some(at);
        let Some(throughput) = throughput else {
            self.target *= BACK_OFF;
            return;
        };
        let throughput = throughput as f64;
        self.limit = Some(match self.limit {
            Some(limit) if (throughput - limit).abs() < limit / 3.0 => {
                0.95 * limit + 0.05 * throughput
            }
            _ => throughput,
        });
        self.target = self.target.min(BACK_OFF * throughput);
    }

    fn raise(&mut self, elapsed: f64, throughput: Option<u64>, round_trip: Duration) {
        let Some(throughput) = throughput.map(|throughput| throughput as f64) else { return };
        if self.limit.is_some_and(|limit| throughput > limit * 1.3) {
            self.limit = None;
        }
        let grown = if self.limit.is_some() {
            // About a packet of average size in each response time.
            let response = round_trip.as_secs_f64() + 0.1;
            let packet = (self.target / 30.0 / 10.0).clamp(4_000.0, 9_600.0);
            self.target + (packet / response).max(4_000.0) * elapsed
        } else {
            self.target * GROWTH.powf(elapsed) + 1_000.0 * elapsed
        };
        // Never lowered by this: little may arrive because little is published.
        self.target = self.target.max(grown.min(HEADROOM * throughput + 10_000.0));
    }

    /// A probe of this many bit/s came through.
    pub(super) fn probed(&mut self, at: u64, bitrate: u64) {
        let bitrate = bitrate as f64;
        if bitrate > self.target && self.lowered.is_none_or(|lowered| at > lowered + SETTLE) {
            self.target = bitrate.min(MAX_BITRATE as f64);
            self.limit = None;
        }
    }
}
