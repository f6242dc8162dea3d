//! How much a layer brings, and whether it flows at all.

use std::time::{Duration, Instant};

use crate::scalability::{SPATIAL_LAYERS, TARGETS, Target, Targets};

/// Bytes are counted in steps of this.
const STEP: Duration = Duration::from_millis(250);
const STEPS: u64 = 8;
/// A layer that is silent for this long does not flow. Five pictures a second flow.
const SILENCE: Duration = Duration::from_millis(500);

/// What came of a layer in the last two seconds, by what of it a subscriber may be sent.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Bytes, by the rank of the target that they are part of.
    steps: [[u32; TARGETS]; STEPS as usize],
    step: u64,
    first: Option<Instant>,
    begun: u64,
    last: Option<Instant>,
    spatial: [Spatial; SPATIAL_LAYERS],
    /// In bit/s, by the rank of the target; kept when the layer falls silent.
    bitrates: [u64; TARGETS],
}

/// What came of a spatial layer.
#[derive(Clone, Copy, Debug, Default)]
struct Spatial {
    last: Option<Instant>,
    /// The highest temporal layer that came.
    temporal: u8,
}

impl Flow {
    /// Notes a packet of a frame in these `layers`, which is part of those targets.
    pub(super) fn note(&mut self, at: Instant, layers: Target, part_of: Targets, size: usize) {
        let first = *self.first.get_or_insert(at);
        let step = (at.saturating_duration_since(first).as_millis() / STEP.as_millis()) as u64;
        if !self.flows(at) {
            (self.steps, self.step, self.begun) = (Default::default(), step, step);
        }
        while self.step < step {
            self.close_step();
        }
        for target in part_of.iter() {
            self.steps[(step % STEPS) as usize][target.rank()] += size as u32;
        }
        let spatial = &mut self.spatial[usize::from(layers.spatial)];
        spatial.temporal = spatial.temporal.max(layers.temporal);
        spatial.last = spatial.last.max(Some(at));
        self.last = self.last.max(Some(at));
    }

    /// Whether anything came lately.
    pub(super) fn flows(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now.saturating_duration_since(last) < SILENCE)
    }

    /// Whether anything of a spatial layer came lately.
    pub(super) fn flows_in(&self, spatial: u8, now: Instant) -> bool {
        let last = self.spatial[usize::from(spatial)].last;
        last.is_some_and(|last| now.saturating_duration_since(last) < SILENCE)
    }

    /// The highest temporal layer that came of a spatial one.
    pub(super) fn temporal(&self, spatial: u8) -> u8 {
        self.spatial[usize::from(spatial)].temporal
    }

    /// The spatial layers that ever came, at least the lowest.
    pub(super) fn spatial_layers(&self) -> impl Iterator<Item = u8> + '_ {
        let came = |layer: &u8| self.spatial[usize::from(*layer)].last.is_some();
        (0..SPATIAL_LAYERS as u8).filter(move |layer| *layer == 0 || came(layer))
    }

    /// What a target costs, in bit/s. Nothing while it is new.
    pub(super) fn bitrate(&self, target: Target) -> Option<u64> {
        let bitrate = self.bitrates[target.rank()];
        (bitrate > 0).then_some(bitrate)
    }

    /// What all of it costs, in bit/s. Nothing while it is new.
    pub(super) fn full_bitrate(&self) -> Option<u64> {
        self.bitrates.iter().copied().max().filter(|bitrate| *bitrate > 0)
    }

    fn close_step(&mut self) {
        let steps = (self.step - self.begun + 1).min(STEPS);
        for (rank, bitrate) in self.bitrates.iter_mut().enumerate() {
            let bytes: u64 = self.steps.iter().map(|step| u64::from(step[rank])).sum();
            *bitrate = bytes * 8_000 / (steps * STEP.as_millis() as u64);
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
        let target = |spatial, temporal| Target { spatial, temporal };
        assert_eq!(flow.bitrate(target(0, 0)), None);
        for tenth in 0..50_u32 {
            let at = begin + Duration::from_millis(100) * tenth;
            for (layers, size) in
                [(target(0, 0), 1_000), (target(0, 2), 500), (target(1, 0), 2_000)]
            {
                flow.note(at, layers, Targets::from(layers), size);
            }
        }
        let near = |bitrate: Option<u64>, expected: u64| {
            bitrate.is_some_and(|bitrate| bitrate.abs_diff(expected) < expected / 5)
        };
        assert!(near(flow.bitrate(target(0, 0)), 80_000), "{flow:?}");
        assert!(near(flow.bitrate(target(0, 2)), 120_000), "{flow:?}");
        assert!(near(flow.bitrate(target(1, 0)), 240_000), "{flow:?}");
        assert!(near(flow.full_bitrate(), 280_000), "{flow:?}");
        assert_eq!((flow.temporal(0), flow.temporal(1)), (2, 0));
        assert_eq!(flow.spatial_layers().collect::<Vec<_>>(), [0, 1]);
        let end = begin + Duration::from_secs(5);
        assert!(flow.flows(end));
        assert!(!flow.flows(end + SILENCE));
        assert!(!flow.flows_in(1, end + SILENCE));
        assert!(near(flow.bitrate(target(0, 2)), 120_000), "what it cost is remembered");
    }
}
