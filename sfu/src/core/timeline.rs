//! The node's clock as RTP and NTP see it.

use std::time::{Duration, Instant};

use protocol::Timestamp;

/// Seconds between 1900, where NTP counts from, and 1970.
const NTP_UNIX_OFFSET: u64 = 2_208_988_800;

/// Maps instants to RTP timestamps and NTP times. Whatever publisher a slot is fed from, its
/// timestamps lie on this line, so that they go on evenly when the publisher changes.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    origin: Instant,
    wall_micros: u64,
}

impl Timeline {
    /// `origin` and `wall` are the same moment.
    #[must_use]
    pub fn new(origin: Instant, wall: Timestamp) -> Self {
        Self { origin, wall_micros: u64::try_from(wall.0).unwrap_or(0) }
    }

    /// Where the line begins.
    #[must_use]
    pub fn origin(&self) -> Instant {
        self.origin
    }

    /// The RTP timestamp of `at` on a clock of `rate` Hz.
    #[must_use]
    pub fn rtp(&self, at: Instant, rate: u32) -> u32 {
        ticks(at.saturating_duration_since(self.origin), rate) as u32
    }

    /// The NTP time of `at`: 32.32 fixed point seconds since 1900.
    #[must_use]
    pub fn ntp(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.origin).as_micros() as u64;
        let micros = self.wall_micros + since;
        let seconds = micros / 1_000_000 + NTP_UNIX_OFFSET;
        let fraction = ((micros % 1_000_000) << 32) / 1_000_000;
        seconds << 32 | fraction
    }
}

/// `duration` in ticks of a clock of `rate` Hz.
#[must_use]
pub(super) fn ticks(duration: Duration, rate: u32) -> u64 {
    (duration.as_nanos() * u128::from(rate) / 1_000_000_000) as u64
}

/// An NTP time as a duration since its epoch.
#[must_use]
pub(super) fn ntp_duration(ntp: u64) -> Duration {
    let nanos = ((ntp & 0xffff_ffff) * 1_000_000_000) >> 32;
    Duration::new(ntp >> 32, nanos as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_seconds_to_both_clocks() {
        let origin = Instant::now();
        let timeline = Timeline::new(origin, Timestamp(1_000_000));
        let at = origin + Duration::from_millis(1_500);
        assert_eq!(timeline.rtp(at, 90_000), 135_000);
        assert_eq!(timeline.ntp(at) >> 32, NTP_UNIX_OFFSET + 2);
        assert_eq!(timeline.ntp(at) as u32, 1 << 31);
        assert_eq!(ntp_duration(timeline.ntp(at)).subsec_millis(), 500);
    }
}
