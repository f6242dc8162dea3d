//! How fast a subscriber's packets leave: a burst (a keyframe, the pictures that an arrival
//! catches up with, repairs) is spread out at a bounded multiple of what the link carries.
//! Sound never waits. While the link is ample nothing waits, and this costs one comparison a
//! batch.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::bwe::START_BITRATE;

/// The pace, in percent of what the link is believed to carry: of a link that has shown its
/// limit, and of one that has not, where the belief is a guess.
const PACE_OF_LIMIT: u64 = 150;
const PACE_OF_GUESS: u64 = 250;
/// What the link may be ahead of the pace before packets wait. A picture of an even stream takes
/// a third of that.
const BURST: Duration = Duration::from_millis(40);
/// What waits leaves in steps of this: short enough for receivers, long enough for trains.
const STEP: Duration = Duration::from_millis(10);
/// However much sound and probes there is, video waits no longer than this for it.
const MAX_AHEAD: Duration = Duration::from_millis(500);
/// Repairs that wait at a time; more than that is no repair any more.
const MAX_REPAIRS: usize = 128;
/// A repair that has waited for this long is asked for again, or too late.
const REPAIR_LIFETIME: Duration = Duration::from_millis(300);

/// The pace of one subscriber.
#[derive(Debug)]
pub(super) struct Pacer {
    /// In bit/s.
    rate: u64,
    /// The link has shown what it carries.
    limited: bool,
    /// Whether live packets wait at all: not where nobody tells what the link carries.
    holds: bool,
    /// When the link, at the pace, has carried all that was sent.
    clear: Instant,
    repairs: VecDeque<Repair>,
    /// A stream has packets that wait.
    backlogged: bool,
}

/// A packet that a subscriber wants again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repair {
    /// The stream.
    pub(super) ssrc: u32,
    /// The number in the stream.
    pub(super) sequence: u16,
    asked: Instant,
}

impl Pacer {
    /// The pace of a link of which nothing is known.
    pub(super) fn new(now: Instant) -> Self {
        let rate = START_BITRATE * PACE_OF_GUESS / 100;
        let repairs = VecDeque::new();
        Self { rate, limited: false, holds: false, clear: now, repairs, backlogged: false }
    }

    /// The subscriber tells what arrives: from now on live packets wait, if they must.
    pub(super) fn note_feedback(&mut self) {
        self.holds = true;
    }

    /// Sets the pace from what the link is believed to carry and from what the subscriber is to
    /// be sent (both in bit/s). While the link has not shown that it is `limited`, the second
    /// counts if it is more: a forwarder cannot send less than what is published.
    pub(super) fn set_pace(&mut self, capacity: u64, limited: bool, needed: u64) {
        self.limited = limited;
        self.rate = if limited {
            capacity * PACE_OF_LIMIT / 100
        } else {
            capacity.max(needed) * PACE_OF_GUESS / 100
        };
    }

    /// What waits turned out to bring this much, in bit/s.
    pub(super) fn raise(&mut self, needed: u64) {
        if !self.limited {
            self.rate = self.rate.max(needed * PACE_OF_GUESS / 100);
        }
    }

    /// Nothing can be sent: nothing waits.
    pub(super) fn reset(&mut self) {
        self.repairs.clear();
        self.backlogged = false;
    }

    /// Bytes that may leave now although nothing has waited for its turn.
    #[inline]
    pub(super) fn allowance(&self, now: Instant) -> usize {
        if self.holds { self.room(now, BURST) } else { usize::MAX }
    }

    /// Bytes of what waits that may leave now.
    pub(super) fn turn(&self, now: Instant) -> usize {
        if self.clear > now { 0 } else { self.room(now, STEP) }
    }

    fn room(&self, now: Instant, ahead: Duration) -> usize {
        let left = ahead.saturating_sub(self.clear.saturating_duration_since(now));
        (left.as_micros() as u64 * self.rate / 8_000_000) as usize
    }

    /// Notes what left.
    #[inline]
    pub(super) fn note_sent(&mut self, now: Instant, bytes: u64) {
        let takes = Duration::from_micros(bytes * 8_000_000 / self.rate);
        self.clear = (self.clear.max(now) + takes).min(now + MAX_AHEAD);
    }

    /// Keeps a repair for its turn. What is asked for twice, or too much, is not kept.
    pub(super) fn hold_repair(&mut self, now: Instant, ssrc: u32, sequence: u16) {
        let same = |kept: &Repair| kept.ssrc == ssrc && kept.sequence == sequence;
        if self.repairs.len() < MAX_REPAIRS && !self.repairs.iter().any(same) {
            self.repairs.push_back(Repair { ssrc, sequence, asked: now });
        }
    }

    /// The next repair that is still worth its bytes.
    pub(super) fn next_repair(&mut self, now: Instant) -> Option<Repair> {
        let late = |kept: &Repair| now.saturating_duration_since(kept.asked) > REPAIR_LIFETIME;
        while self.repairs.front().is_some_and(late) {
            self.repairs.pop_front();
        }
        self.repairs.pop_front()
    }

    /// Says whether a stream has packets that wait.
    #[inline]
    pub(super) fn set_backlogged(&mut self, backlogged: bool) {
        self.backlogged = backlogged;
    }

    /// Whether a stream has packets that wait.
    #[inline]
    pub(super) fn is_backlogged(&self) -> bool {
        self.backlogged
    }

    /// When something that waits has its turn.
    pub(super) fn next(&self) -> Option<Instant> {
        (self.backlogged || !self.repairs.is_empty()).then_some(self.clear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn pacer(now: Instant, rate: u64) -> Pacer {
        let mut pacer = Pacer::new(now);
        pacer.note_feedback();
        pacer.set_pace(rate * 100 / PACE_OF_LIMIT, true, 0);
        pacer
    }

    #[test]
    fn the_pace_follows_the_link_and_before_it_is_known_the_need() {
        let mut pacer = Pacer::new(Instant::now());
        for (capacity, limited, needed, expected) in [
            (1_000_000, false, 200_000, 2_500_000),
            (1_000_000, false, 3_000_000, 7_500_000),
            (1_000_000, true, 3_000_000, 1_500_000),
        ] {
            pacer.set_pace(capacity, limited, needed);
            assert_eq!(pacer.rate, expected);
        }
    }

    #[test]
    fn an_even_stream_never_waits() {
        let mut now = Instant::now();
        let mut pacer = pacer(now, 1_200_000);
        // 800 kbit/s in pictures of 33 ms.
        for _ in 0..100 {
            assert!(pacer.allowance(now) >= 3_300);
            pacer.note_sent(now, 3_300);
            assert_eq!(pacer.next(), None);
            now += 33 * MS;
        }
    }

    #[test]
    fn what_waits_leaves_at_the_pace() {
        let begin = Instant::now();
        let (mut now, mut pacer) = (begin, pacer(begin, 1_200_000));
        let mut left = 150_000;
        pacer.set_backlogged(true);
        while left > 0 {
            now = pacer.next().expect("something waits");
            let turn = pacer.turn(now);
            assert!((1..=1_500).contains(&turn), "steps of 10 ms, not {turn} bytes");
            // Packets are not cut: the last of a step goes over.
            let sent = turn.div_ceil(1_000) * 1_000;
            left -= (sent as i64).min(left);
            pacer.note_sent(now, sent as u64);
        }
        let took = now - begin;
        assert!(took > 950 * MS && took < 1_050 * MS, "150 kB at 1.2 Mbit/s in {took:?}");
    }

    #[test]
    fn sound_cannot_hold_video_up_for_long() {
        let now = Instant::now();
        let mut pacer = pacer(now, 100_000);
        pacer.note_sent(now, 10_000_000);
        pacer.set_backlogged(true);
        assert_eq!(pacer.next(), Some(now + MAX_AHEAD));
        assert_eq!((pacer.allowance(now), pacer.turn(now)), (0, 0));
    }

    #[test]
    fn nothing_waits_where_nobody_knows_the_link() {
        let now = Instant::now();
        let mut pacer = Pacer::new(now);
        pacer.note_sent(now, 10_000_000);
        assert_eq!(pacer.allowance(now), usize::MAX);
    }

    #[test]
    fn repairs_wait_once_and_not_for_ever() {
        let now = Instant::now();
        let mut pacer = pacer(now, 1_000_000);
        for sequence in [1, 2, 1] {
            pacer.hold_repair(now, 7, sequence);
        }
        let next = |pacer: &mut Pacer, at| pacer.next_repair(at).map(|repair| repair.sequence);
        assert_eq!(next(&mut pacer, now), Some(1));
        assert_eq!(next(&mut pacer, now + REPAIR_LIFETIME + MS), None);
        for sequence in 0..1_000 {
            pacer.hold_repair(now, 7, sequence);
        }
        let kept = std::iter::from_fn(|| pacer.next_repair(now)).count();
        assert_eq!(kept, MAX_REPAIRS);
        assert_eq!(pacer.next(), None);
    }
}
