//! Asks a publisher again for what did not arrive (RFC 4585 generic NACK), with a cap and
//! back-off: what is lost for good is given up, not asked for ever.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The most packets that are missed at a time; a larger gap is a keyframe's business.
const MAX_MISSING: usize = 256;
/// How often one packet is asked for.
const MAX_TRIES: u8 = 8;
/// The wait before a packet is asked for a second time, at least: an answer takes a round trip.
/// It grows by half with each further try.
const FIRST_RETRY: Duration = Duration::from_millis(60);
/// The longest such wait.
const LONGEST_FIRST_RETRY: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    tries: u8,
    asked: Option<Instant>,
    next: Instant,
}

/// What a publisher's stream lacks.
#[derive(Debug, Default)]
pub struct NackGenerator {
    missing: VecDeque<Missing>,
    highest: Option<u64>,
    overflowed: bool,
    /// From asking to the answer, lately.
    round_trip: Option<Duration>,
}

impl NackGenerator {
    /// Notes an arrival. False when the packet is a duplicate or was given up: when it lies
    /// behind the highest and is not missed.
    pub fn arrived(&mut self, now: Instant, sequence: u64) -> bool {
        let Some(highest) = self.highest else {
            self.highest = Some(sequence);
            return true;
        };
        if sequence <= highest {
            let found = self.missing.iter().position(|missing| missing.sequence == sequence);
            let missed = found.and_then(|at| self.missing.remove(at));
            if let Some(asked) = missed.and_then(|missing| missing.asked) {
                self.note_answer(now.saturating_duration_since(asked));
            }
            return missed.is_some();
        }
        self.highest = Some(sequence);
        let gap = highest + 1..sequence;
        if gap.end - gap.start > MAX_MISSING as u64 {
            self.missing.clear();
            self.overflowed = true;
            return true;
        }
        for sequence in gap {
            if self.missing.len() == MAX_MISSING {
                self.missing.pop_front();
                self.overflowed = true;
            }
            self.missing.push_back(Missing { sequence, tries: 0, asked: None, next: now });
        }
        true
    }

    /// Whether a packet is missed.
    #[must_use]
    pub fn is_missing(&self, sequence: u64) -> bool {
        self.missing.iter().any(|missing| missing.sequence == sequence)
    }

    /// Writes the sequence numbers to ask for now into `due`, oldest first, and forgets those
    /// asked for too often.
    pub fn take_due(&mut self, now: Instant, due: &mut Vec<u16>) {
        due.clear();
        let first = self.first_retry();
        let overflowed = &mut self.overflowed;
        self.missing.retain_mut(|missing| {
            if missing.next > now {
                return true;
            }
            if missing.tries == MAX_TRIES {
                *overflowed = true;
                return false;
            }
            due.push(missing.sequence as u16);
            let wait = first.mul_f32(1.5f32.powi(i32::from(missing.tries)));
            missing.tries += 1;
            missing.asked.get_or_insert(now);
            missing.next = now + wait;
            true
        });
    }

    /// A packet came that long after it was asked for first. Nobody knows which try it answers, so
    /// the shortest time counts most.
    fn note_answer(&mut self, took: Duration) {
        self.round_trip = Some(match self.round_trip {
            Some(known) if took > known => known + (took - known) / 8,
            _ => took,
        });
    }

    fn first_retry(&self) -> Duration {
        let round_trip = self.round_trip.unwrap_or_default();
        (round_trip + round_trip / 4).clamp(FIRST_RETRY, LONGEST_FIRST_RETRY)
    }

    /// When [`Self::take_due`] has something to do next.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.missing.iter().map(|missing| missing.next).min()
    }

    /// Whether something was given up since the last call: only a keyframe helps.
    pub fn take_hopeless(&mut self) -> bool {
        std::mem::take(&mut self.overflowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(generator: &mut NackGenerator, now: Instant) -> Vec<u16> {
        let mut due = Vec::new();
        generator.take_due(now, &mut due);
        due
    }

    #[test]
    fn asks_at_once_then_backs_off_then_gives_up() {
        let start = Instant::now();
        let mut generator = NackGenerator::default();
        assert!(generator.arrived(start, 100));
        assert!(generator.arrived(start, 103));
        assert_eq!(due(&mut generator, start), [101, 102]);
        assert_eq!(due(&mut generator, start), [0u16; 0]);

        assert!(generator.arrived(start, 101), "a repair");
        assert!(!generator.arrived(start, 101), "its duplicate");
        let mut asked = 1;
        while let Some(next) = generator.next_due() {
            asked += due(&mut generator, next).len();
        }
        assert_eq!(asked, usize::from(MAX_TRIES));
        assert!(generator.take_hopeless());
        assert!(!generator.take_hopeless());
        assert!(!generator.arrived(start, 102), "given up, so it is a duplicate to everybody");
    }

    #[test]
    fn a_long_way_is_given_its_time() {
        let mut now = Instant::now();
        let mut generator = NackGenerator::default();
        let mut asked = 0;
        for sequence in (0..40).step_by(2) {
            generator.arrived(now, sequence);
            if sequence == 0 {
                continue;
            }
            // The answer takes 200 ms.
            let answer = now + Duration::from_millis(200);
            while let Some(next) = generator.next_due().filter(|next| *next < answer) {
                now = next.max(now);
                asked += due(&mut generator, now).len();
            }
            now = answer;
            assert!(generator.arrived(now, sequence - 1));
        }
        // Before it is known how long the way is, a packet is asked for three times.
        assert_eq!(asked, 3 + 18);
    }

    #[test]
    fn a_huge_gap_is_not_asked_for() {
        let start = Instant::now();
        let mut generator = NackGenerator::default();
        generator.arrived(start, 100);
        assert!(generator.arrived(start, 10_000));
        assert_eq!(due(&mut generator, start), [0u16; 0]);
        assert!(generator.take_hopeless());
    }

    #[test]
    fn what_is_missed_is_bounded() {
        let start = Instant::now();
        let mut generator = NackGenerator::default();
        for sequence in (0..2_000).step_by(2) {
            generator.arrived(start, sequence);
        }
        assert_eq!(due(&mut generator, start).len(), MAX_MISSING);
    }
}
