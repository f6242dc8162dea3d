//! What a frame of a scalable picture needs, and who needs it, whatever the codec: the same for
//! dependency descriptors and for what VP8 and VP9 say in their payloads.

mod reader;

pub use reader::{Reader, Reading};

use crate::dependency::{Layout, References};

/// Spatial layers that are told apart.
pub const SPATIAL_LAYERS: usize = 4;
/// Temporal layers that are told apart.
pub const TEMPORAL_LAYERS: usize = 4;
/// Targets that are told apart.
pub const TARGETS: usize = SPATIAL_LAYERS * TEMPORAL_LAYERS;

/// A quality that a stream can be decoded at: the highest layers that are part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The highest spatial layer, below [`SPATIAL_LAYERS`].
    pub spatial: u8,
    /// The highest temporal layer, below [`TEMPORAL_LAYERS`].
    pub temporal: u8,
}

impl Target {
    /// The best there may be.
    pub const BEST: Self =
        Self { spatial: SPATIAL_LAYERS as u8 - 1, temporal: TEMPORAL_LAYERS as u8 - 1 };

    /// Layers beyond those told apart count as the highest.
    #[must_use]
    pub fn new(spatial: u8, temporal: u8) -> Self {
        Self {
            spatial: spatial.min(Self::BEST.spatial),
            temporal: temporal.min(Self::BEST.temporal),
        }
    }

    /// As large, with as few pictures as there may be.
    #[must_use]
    pub fn thinned(self) -> Self {
        Self { temporal: 0, ..self }
    }

    /// Its place among all: a larger picture is better than a more fluent one.
    #[must_use]
    pub fn rank(self) -> usize {
        usize::from(self.spatial) * TEMPORAL_LAYERS + usize::from(self.temporal)
    }

    /// Whether everything of this is part of `other` where lower layers are part of higher ones.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        self.spatial <= other.spatial && self.temporal <= other.temporal
    }
}

/// A set of targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Targets(u16);

impl Targets {
    /// No target.
    pub const NONE: Self = Self(0);
    /// Every target.
    pub const ALL: Self = Self(u16::MAX);

    /// One target.
    #[must_use]
    pub fn only(target: Target) -> Self {
        Self(1 << target.rank())
    }

    /// All that have these layers or higher ones.
    #[must_use]
    pub fn from(lowest: Target) -> Self {
        Self::where_target(|target| lowest.is_within(target))
    }

    /// All up to these layers.
    #[must_use]
    pub fn up_to(highest: Target) -> Self {
        Self::where_target(|target| target.is_within(highest))
    }

    fn where_target(accept: impl Fn(Target) -> bool) -> Self {
        let mut targets = Self::NONE;
        for target in Self::ALL.iter().filter(|target| accept(*target)) {
            targets.insert(target);
        }
        targets
    }

    /// Adds a target.
    pub fn insert(&mut self, target: Target) {
        self.0 |= 1 << target.rank();
    }

    /// Whether a target is among them.
    #[inline]
    #[must_use]
    pub fn contains(self, target: Target) -> bool {
        self.0 >> target.rank() & 1 == 1
    }

    /// In ascending order of rank.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Target> {
        let target = |rank: usize| Target {
            spatial: (rank / TEMPORAL_LAYERS) as u8,
            temporal: (rank % TEMPORAL_LAYERS) as u8,
        };
        (0..TARGETS).filter(move |rank| self.0 >> rank & 1 == 1).map(target)
    }

    /// The best of them that is within `wish`, or else the least of all. The wish itself when
    /// there are none.
    #[must_use]
    pub fn nearest(self, wish: Target) -> Target {
        let within = self.iter().rev().find(|target| target.is_within(wish));
        within.or_else(|| self.iter().next()).unwrap_or(wish)
    }
}

/// What a packet's frame is: one spatial layer of one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Grows from frame to frame.
    pub number: u64,
    /// The number that the codec gives the picture, where a running number is kept of it.
    pub picture: u16,
    /// The layers that the frame is in.
    pub layers: Target,
    /// The packet is the last of the frame.
    pub ends: bool,
    /// The targets that the frame is part of.
    pub part_of: Targets,
    /// The targets that can be decoded from this frame on, by whoever has what it refers to.
    pub entries: Targets,
    /// The targets that there are.
    pub offered: Targets,
    /// What the frame refers to; empty where that is not told.
    pub references: References,
    /// Layers build on all those below them, and the frame's own layers say what it is part of.
    pub nested: bool,
    /// From this picture on, higher temporal layers need nothing from before it.
    pub lifts: bool,
    /// For the descriptor that came with the packet.
    pub layout: Option<Layout>,
}

#[cfg(test)]
mod tests;
