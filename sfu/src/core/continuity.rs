//! How a stream's numbers follow from those of the layer it is fed from, when packets of the
//! layer are left out: the receiver must not miss them, and its NACKs must find their way back.

use std::collections::VecDeque;

/// Gaps that are remembered; at 15 pictures left out a second, 4 s.
const MAX_GAPS: usize = 64;
/// So many numbers that nobody saw are no loss that a receiver bridges. Half of the numbers' range
/// would be taken for a step back, and the rollover count guessed wrong for good (RFC 3711 section
/// 3.3.1).
const MAX_LEAP: u64 = 1 << 14;

/// Numbers of one source, from its first packet on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Continuity {
    first_in: u64,
    first_out: u64,
    /// The highest number seen, passed on or left out.
    highest: u64,
    /// Ascending; each counts everything left out before it.
    gaps: VecDeque<Gap>,
    /// What was left out before the first gap that is remembered.
    forgotten: Gap,
    /// The picture that was left out last.
    picture: Option<u16>,
}

/// From a number on, so much was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Gap {
    from: u64,
    packets: u64,
    pictures: u16,
}

impl Continuity {
    /// The source's packet `first_in` is the stream's `first_out`.
    pub(super) fn new(first_in: u64, first_out: u64) -> Self {
        Self {
            first_in,
            first_out,
            highest: first_in,
            gaps: VecDeque::new(),
            forgotten: Gap { from: first_in, ..Gap::default() },
            picture: None,
        }
    }

    /// Whether so many packets before this one are of this source as well.
    #[inline]
    pub(super) fn reaches_back(&self, sequence: u64, packets: u8) -> bool {
        sequence >= self.first_in + u64::from(packets)
    }

    /// Whether nothing later was seen yet.
    #[inline]
    pub(super) fn is_newest(&self, sequence: u64) -> bool {
        sequence > self.highest
    }

    /// Whether it comes right after the newest.
    #[inline]
    pub(super) fn is_next(&self, sequence: u64) -> bool {
        sequence == self.highest + 1
    }

    /// Whether it comes so far after the newest that the stream's numbers must not follow.
    #[inline]
    pub(super) fn leaps(&self, sequence: u64) -> bool {
        sequence > self.highest + MAX_LEAP
    }

    /// The stream's number of a packet that is passed on, and how many pictures were left out
    /// before it. Nothing if it lies before all that is remembered.
    #[inline]
    pub(super) fn pass(&mut self, sequence: u64) -> Option<(u64, u16)> {
        self.highest = self.highest.max(sequence);
        let gap = self.gap_before(sequence)?;
        Some((self.first_out + (sequence - self.first_in) - gap.packets, gap.pictures))
    }

    #[inline]
    fn gap_before(&self, sequence: u64) -> Option<Gap> {
        let known = self.gaps.iter().rev().find(|gap| gap.from <= sequence).copied();
        known.or((sequence >= self.forgotten.from).then_some(self.forgotten))
    }

    /// Leaves a packet out. False for one that comes late: others have been numbered around it.
    pub(super) fn leave_out(&mut self, sequence: u64, picture: u16) -> bool {
        if sequence <= self.highest {
            return false;
        }
        self.highest = sequence;
        let another = self.picture != Some(picture);
        self.picture = Some(picture);
        let last = self.gaps.back().copied().unwrap_or(self.forgotten);
        let gap = Gap {
            from: sequence + 1,
            packets: last.packets + 1,
            pictures: last.pictures.wrapping_add(u16::from(another)),
        };
        match self.gaps.back_mut() {
            Some(last) if last.from == sequence => *last = gap,
            _ => {
                if self.gaps.len() == MAX_GAPS {
                    self.forgotten = self.gaps.pop_front().unwrap_or_default();
                }
                self.gaps.push_back(gap);
            }
        }
        true
    }

    /// The source's number of the stream's packet `out`, and how many pictures were left out
    /// before it. Nothing if it was none of this source, or is forgotten.
    pub(super) fn original(&self, out: u64) -> Option<(u64, u16)> {
        let out_of = |gap: &Gap| self.first_out + (gap.from - self.first_in) - gap.packets;
        let known = self.gaps.iter().rev().find(|gap| out_of(gap) <= out).copied();
        let gap = known.or((out_of(&self.forgotten) <= out).then_some(self.forgotten))?;
        Some((out - self.first_out + self.first_in + gap.packets, gap.pictures))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_left_out_leaves_no_gap() {
        let mut numbers = Continuity::new(100, 1_000);
        assert_eq!(numbers.pass(100), Some((1_000, 0)));
        numbers.leave_out(101, 1);
        numbers.leave_out(102, 1);
        assert_eq!(numbers.pass(103), Some((1_001, 1)));
        numbers.leave_out(104, 3);
        assert_eq!(numbers.pass(105), Some((1_002, 2)));
        assert_eq!(numbers.original(1_001), Some((103, 1)));
        assert_eq!(numbers.original(1_002), Some((105, 2)));
        assert_eq!(numbers.original(999), None);
    }

    #[test]
    fn what_comes_late_keeps_its_number() {
        let mut numbers = Continuity::new(10, 0);
        numbers.pass(10);
        numbers.pass(13);
        assert!(numbers.leave_out(14, 9));
        assert_eq!(numbers.pass(11), Some((1, 0)));
        assert!(!numbers.leave_out(12, 7));
        assert_eq!(numbers.pass(15), Some((4, 1)));
    }

    #[test]
    fn a_leap_is_what_a_receiver_would_take_for_a_step_back() {
        let mut numbers = Continuity::new(10, 0);
        numbers.pass(20);
        assert!(!numbers.leaps(21) && !numbers.leaps(15) && !numbers.leaps(20 + MAX_LEAP));
        assert!(numbers.leaps(21 + MAX_LEAP));
    }

    proptest! {
        /// Whatever is left out in order, numbers grow by one, and lead back.
        #[test]
        fn numbers_are_continuous(kept in proptest::collection::vec(any::<bool>(), 1..300)) {
            let mut numbers = Continuity::new(5, 50);
            let mut expected = 50;
            for (sequence, kept) in (5..).zip(kept) {
                if kept || sequence == 5 {
                    let (out, pictures) = numbers.pass(sequence).unwrap();
                    prop_assert_eq!(out, expected);
                    prop_assert_eq!(numbers.original(out), Some((sequence, pictures)));
                    expected += 1;
                } else {
                    numbers.leave_out(sequence, sequence as u16);
                }
            }
        }
    }
}
