//! Packets that vanish: some links have no queue that could grow.

use super::{MAX_BITRATE, MIN_BITRATE};

/// Loss is judged over at least this long, in µs, and so many packets.
const SPAN: u64 = 500_000;
const PACKETS: usize = 20;
/// More than this share lost is congestion; radio loses less.
const HIGH: f64 = 0.10;
/// Growth of the limit in a second without high loss.
const GROWTH: f64 = 1.5;

/// Keeps a limit that high loss lowers.
#[derive(Debug)]
pub(super) struct LossController {
    limit: f64,
    arrived: usize,
    lost: usize,
    since: Option<u64>,
}

impl Default for LossController {
    fn default() -> Self {
        Self { limit: MAX_BITRATE as f64, arrived: 0, lost: 0, since: None }
    }
}

impl LossController {
    /// In bit/s.
    pub(super) fn limit(&self) -> u64 {
        self.limit as u64
    }

    /// Whether much was lost lately.
    pub(super) fn is_limited(&self) -> bool {
        self.limit < MAX_BITRATE as f64
    }

    /// A probe of this many bit/s came through.
    pub(super) fn probed(&mut self, bitrate: u64) {
        self.limit = self.limit.max(bitrate as f64);
    }

    pub(super) fn note(&mut self, arrived: usize, lost: usize, target: u64, at: u64) {
        self.arrived += arrived;
        self.lost += lost;
        let since = *self.since.get_or_insert(at);
        let span = at.saturating_sub(since);
        let total = self.arrived + self.lost;
        if span < SPAN || total < PACKETS {
            return;
        }
        let share = self.lost as f64 / total as f64;
        if share > HIGH {
            self.limit = self.limit.min(target as f64) * (1.0 - share / 2.0);
        } else {
            self.limit *= GROWTH.powf(span.min(1_000_000) as f64 / 1e6);
        }
        self.limit = self.limit.clamp(MIN_BITRATE as f64, MAX_BITRATE as f64);
        (self.arrived, self.lost, self.since) = (0, 0, Some(at));
    }
}
