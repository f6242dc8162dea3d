//! Which frames of a scalable picture a subscriber is sent: those of one target, which changes
//! only where a decoder can follow.

use crate::ring::Packet;
use crate::scalability::{Frame, Target};

/// Changes that late packets are judged by.
const CHANGES: usize = 4;
/// Frames that are remembered: 1.4 s of three layers at 30 pictures a second.
const FRAMES: u64 = 128;

/// What of a layer is sent, and was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// From which number on which target held, the latest first.
    changes: [(u64, Target); CHANGES],
    decided: Decided,
    /// The timestamp of the newest picture.
    picture: Option<u32>,
}

/// What is to become of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) send: bool,
    /// The wanted target cannot be reached without a keyframe.
    pub(super) stuck: bool,
}

/// How a packet comes after those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Right after the newest; or it is the first.
    Next,
    /// It is the newest, but others are missing before it.
    Ahead,
    /// It is older than the newest.
    Late,
}

impl Selection {
    /// Begins with `packet`, which starts a keyframe.
    pub(super) fn new(packet: &Packet, wish: Target) -> Self {
        let target = packet.frame.as_ref().map_or(wish, |frame| {
            let wanted = frame.offered.nearest(wish);
            if frame.part_of.contains(wanted) { wanted } else { frame.part_of.nearest(wish) }
        });
        Self { changes: [(0, target); CHANGES], decided: Decided::default(), picture: None }
    }

    /// The target now.
    pub(super) fn target(&self) -> Target {
        self.changes[0].1
    }

    #[inline]
    fn at(&self, sequence: u64) -> Target {
        let held = self.changes.iter().find(|(since, _)| *since <= sequence);
        held.unwrap_or(&self.changes[CHANGES - 1]).1
    }

    /// Decides about a packet of `frame`, and first of all where to go towards `wish`, if the
    /// packet is the newest so far.
    #[inline]
    pub(super) fn judge(
        &mut self,
        packet: &Packet,
        frame: &Frame,
        wish: Option<Target>,
        order: Order,
    ) -> Verdict {
        if let Some(send) = self.decided.get(frame.number) {
            return Verdict { send, stuck: false };
        }
        let mut stuck = false;
        if order != Order::Late {
            let another = self.picture.replace(packet.timestamp) != Some(packet.timestamp);
            // What is missing may be of this picture, and comes late under the target of before.
            let begins_picture = another && order == Order::Next;
            if let Some(wish) = wish {
                let wanted = frame.offered.nearest(wish);
                stuck = self.steer(packet.sequence, frame, wanted, begins_picture);
            }
        }
        let send = frame.part_of.contains(self.at(packet.sequence));
        self.decided.note(frame.number, send);
        Verdict { send, stuck }
    }

    /// Whether a packet was sent, or would have been.
    pub(super) fn was_sent(&self, packet: &Packet, frame: &Frame) -> bool {
        let by_target = || frame.part_of.contains(self.at(packet.sequence));
        self.decided.get(frame.number).unwrap_or_else(by_target)
    }

    /// Whether the packet is the last of its picture to whoever gets no higher layer.
    #[inline]
    pub(super) fn ends_picture(&self, packet: &Packet, frame: &Frame) -> bool {
        packet.marker || (frame.ends && frame.layers.spatial == self.at(packet.sequence).spatial)
    }

    /// The target that a receiver has to be told of with this packet: the first one, and after
    /// every change.
    #[inline]
    pub(super) fn announced(&self, packet: &Packet, frame: &Frame) -> Option<Target> {
        let sequence = packet.sequence;
        let due = frame.layout.is_some_and(|layout| layout.attached || layout.is_masked())
            || self.changes.iter().any(|(since, _)| *since == sequence);
        due.then(|| self.at(sequence))
    }

    /// Goes towards `wanted` as far as a decoder can follow at this frame. True if only a
    /// keyframe would lead there.
    fn steer(
        &mut self,
        sequence: u64,
        frame: &Frame,
        wanted: Target,
        begins_picture: bool,
    ) -> bool {
        let now = self.target();
        if wanted == now {
            return false;
        }
        let upwards = wanted.rank() > now.rank();
        let between = |target: &Target| {
            let (low, high) = if upwards { (now, wanted) } else { (wanted, now) };
            let towards = (low.rank()..=high.rank()).contains(&target.rank());
            *target == wanted || (*target != now && towards && target.is_within(high))
        };
        let reachable = |target: &Target| self.leads_to(*target, frame, begins_picture);
        let mut candidates = frame.offered.iter().filter(between).filter(reachable);
        let reached = if upwards { candidates.next_back() } else { candidates.next() };
        if let Some(reached) = reached {
            self.changes.rotate_right(1);
            self.changes[0] = (sequence, reached);
        }
        self.is_stuck(frame, wanted, begins_picture)
    }

    /// Whether a decoder that has what was sent can go on with `target` from this frame on.
    fn leads_to(&self, target: Target, frame: &Frame, begins_picture: bool) -> bool {
        let now = self.target();
        let alike = target.spatial == now.spatial;
        // Fewer pictures, and in nested layers smaller ones, are part of what was sent. Between
        // pictures only, or one would lose its end.
        let less = target.is_within(now) && (alike || frame.nested) && begins_picture;
        let lifted = frame.lifts
            && alike
            && begins_picture
            && (frame.layers.temporal..target.temporal).contains(&now.temporal);
        // Behind the end of what was sent of a picture, nothing more of it can follow.
        let open = frame.layers.spatial <= now.spatial || begins_picture;
        let entry = open && frame.entries.contains(target) && self.has_references(frame);
        less || lifted || entry
    }

    fn has_references(&self, frame: &Frame) -> bool {
        frame.references.as_slice().iter().all(|difference| {
            let number = frame.number.checked_sub(u64::from(*difference));
            number.and_then(|number| self.decided.get(number)) == Some(true)
        })
    }

    fn is_stuck(&self, frame: &Frame, wanted: Target, begins_picture: bool) -> bool {
        let now = self.target();
        if frame.nested {
            begins_picture && wanted.spatial > now.spatial
        } else {
            // A way in, for those who have what it refers to.
            wanted.spatial != now.spatial && frame.entries.contains(wanted)
        }
    }
}

/// What was decided about the latest frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Decided {
    newest: u64,
    /// By distance from the newest: bits of frames that were decided about.
    known: u128,
    sent: u128,
}

impl Decided {
    fn get(&self, number: u64) -> Option<bool> {
        let age = self.newest.checked_sub(number).filter(|age| *age < FRAMES)?;
        (self.known >> age & 1 == 1).then_some(self.sent >> age & 1 == 1)
    }

    fn note(&mut self, number: u64, sent: bool) {
        let ahead = number.saturating_sub(self.newest);
        if ahead > 0 {
            let shift = |bits: u128| if ahead < FRAMES { bits << ahead } else { 0 };
            (self.known, self.sent) = (shift(self.known), shift(self.sent));
            self.newest = number;
        }
        let age = self.newest - number;
        if age < FRAMES {
            self.known |= 1 << age;
            self.sent |= u128::from(sent) << age;
        }
    }
}

#[cfg(test)]
mod tests;
