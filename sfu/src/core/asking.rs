//! How often one subscriber may cause keyframes, which cost everybody: seldom, the longer it
//! goes on.

use std::time::{Duration, Instant};

/// From one keyframe to the next, at first; twice as long each further time.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(4);
/// After so long without asking, the wait is short again.
const FORGIVEN: Duration = Duration::from_secs(10);

/// What one subscriber's stream has asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    last: Option<Instant>,
    wait: Duration,
}

impl Default for Asking {
    fn default() -> Self {
        Self { last: None, wait: FIRST }
    }
}

impl Asking {
    /// Whether a keyframe may be asked for now; if so, it counts.
    pub(super) fn may(&mut self, now: Instant) -> bool {
        let since = self.last.map(|last| now.saturating_duration_since(last));
        self.wait = match since {
            Some(since) if since < self.wait => return false,
            Some(since) if since < FORGIVEN => (self.wait * 2).min(LONGEST),
            _ => FIRST,
        };
        self.last = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_ever_is_heard_less_and_less() {
        let begin = Instant::now();
        let mut asking = Asking::default();
        let asked = (0..20_000).filter(|ms| asking.may(begin + Duration::from_millis(*ms)));
        let asked: Vec<_> = asked.collect();
        assert_eq!(asked, [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500]);
        assert!(asking.may(begin + Duration::from_secs(60)));
        assert!(asking.may(begin + Duration::from_millis(60_500)), "forgiven");
    }
}
