//! How much a layer brings, and whether it flows at all.

use std::time::{Duration, Instant};

/// Bytes are counted in steps of this.
const STEP: Duration = Duration::from_millis(250);
const STEPS: u64 = 8;
/// A layer that is silent for this long does not flow. Five pictures a second flow.
const SILENCE: Duration = Duration::from_millis(500);
/// Temporal layers that are told apart.
pub(super) const TEMPORAL_LAYERS: usize = 4;

/// What came of a layer in the last two seconds, by temporal layer.
#[derive(Debug, Default)]
pub(super) struct Flow {
    steps: [[u32; TEMPORAL_LAYERS]; STEPS as usize],
    step: u64,
    first: Option<Instant>,
    begun: u64,
    last: Option<Instant>,
    /// The highest temporal layer that came.
    pub(super) temporal: u8,
    /// In bit/s, each with those below it; kept when the layer falls silent.
    bitrates: [u64; TEMPORAL_LAYERS],
}

impl Flow {
    pub(super) fn note(&mut self, at: Instant, temporal: u8, size: usize) {
        let temporal = temporal.min(TEMPORAL_LAYERS as u8 - 1);
        let first = *self.first.get_or_insert(at);
        let step = (at.saturating_duration_since(first).as_millis() / STEP.as_millis()) as u64;
        if !self.flows(at) {
            (self.steps, self.step, self.begun) = (Default::default(), step, step);
        }
        while self.step < step {
            self.close_step();
        }
        self.steps[(step % STEPS) as usize][usize::from(temporal)] += size as u32;
        self.temporal = self.temporal.max(temporal);
        self.last = self.last.max(Some(at));
    }

    /// Whether anything came lately.
    pub(super) fn flows(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now.saturating_duration_since(last) < SILENCE)
    }

    /// What the layer costs up to `temporal`, in bit/s. Nothing while it is new.
    pub(super) fn bitrate(&self, temporal: u8) -> Option<u64> {
        let bitrate = self.bitrates[usize::from(temporal).min(TEMPORAL_LAYERS - 1)];
        (bitrate > 0).then_some(bitrate)
    }

    fn close_step(&mut self) {
        let steps = (self.step - self.begun + 1).min(STEPS);
        let mut bytes = 0;
        for temporal in 0..TEMPORAL_LAYERS {
            bytes += self.steps.iter().map(|step| u64::from(step[temporal])).sum::<u64>();
            self.bitrates[temporal] = bytes * 8_000 / (steps * STEP.as_millis() as u64);
        }
        self.step += 1;
        self.steps[(self.step % STEPS) as usize] = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_cost_what_came_of_them_and_below() {
        let (begin, mut flow) = (Instant::now(), Flow::default());
        assert_eq!(flow.bitrate(0), None);
        for tenth in 0..50_u32 {
            let at = begin + Duration::from_millis(100) * tenth;
            flow.note(at, 0, 1_000);
            flow.note(at, 2, 500);
        }
        let near = |bitrate: Option<u64>, expected: u64| {
            bitrate.is_some_and(|bitrate| bitrate.abs_diff(expected) < expected / 5)
        };
        assert!(near(flow.bitrate(0), 80_000), "{flow:?}");
        assert!(near(flow.bitrate(2), 120_000), "{flow:?}");
        assert_eq!(flow.temporal, 2);
        let end = begin + Duration::from_secs(5);
        assert!(flow.flows(end));
        assert!(!flow.flows(end + SILENCE));
        assert!(near(flow.bitrate(2), 120_000), "what it cost is remembered");
    }
}
