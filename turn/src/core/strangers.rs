//! How often clients that have shown no password are answered.

use std::time::{Duration, Instant};

/// Answers at once, and then in a second. An answer is about three times as long as its
/// question, so a relay without a limit would do for an attack on somebody else.
const BURST: u32 = 1000;
const PER_SECOND: u32 = 500;

/// A bucket of answers.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    /// When the bucket was last empty, moved on by every answer since.
    empty_at: Option<Instant>,
}

impl Strangers {
    /// Whether there is an answer left.
    pub(super) fn may_ask(&mut self, now: Instant) -> bool {
        const ONE: Duration = Duration::from_nanos(1_000_000_000 / PER_SECOND as u64);
        let full = now.checked_sub(ONE * BURST).unwrap_or(now);
        let after = self.empty_at.map_or(full, |at| at.max(full)) + ONE;
        let allowed = after <= now;
        if allowed {
            self.empty_at = Some(after);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_answered_and_then_so_many_a_second() {
        let start = Instant::now() + Duration::from_secs(3600);
        let mut strangers = Strangers::default();
        let answered = |strangers: &mut Strangers, now| {
            (0..3 * BURST).filter(|_| strangers.may_ask(now)).count()
        };
        assert_eq!(answered(&mut strangers, start), BURST as usize);
        let later = start + Duration::from_secs(1);
        assert_eq!(answered(&mut strangers, later), PER_SECOND as usize);
        let much_later = later + Duration::from_secs(60);
        assert_eq!(answered(&mut strangers, much_later), BURST as usize);
    }
}
