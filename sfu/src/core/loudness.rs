//! How loud somebody is, from what their packets say of themselves (RFC 6464).

use std::time::{Duration, Instant};

/// A level in dBov, decibels below overload: 0 is the loudest, [`SILENCE`] and less is nothing.
pub(super) type Level = f32;

/// Nobody is quieter than this: the noise of a room.
pub(super) const SILENCE: Level = -60.0;
/// Somebody who was silent speaks from here on.
const SPEAKS: Level = -42.0;
/// Somebody who spoke is silent below this.
const CEASES: Level = -52.0;
/// A packet that does not say how loud it is counts as this: enough for a place that nobody
/// wants, too little to take one from anybody.
const UNKNOWN: Level = -54.0;
/// A click is no voice: loudness rises to two thirds of the way within this.
const ATTACK: Duration = Duration::from_millis(100);
/// Decibels a second by which it falls: a pause between words is no silence.
const RELEASE: f32 = 30.0;
/// The longest time that one packet stands for, where more were lost.
const LONGEST: Duration = Duration::from_millis(60);

/// The loudness of a track. Quick to rise, slow to fall.
#[derive(Debug, Default)]
pub(super) struct Loudness {
    /// The level, and when it was that.
    last: Option<(Level, Instant)>,
    speaks: bool,
}

impl Loudness {
    /// Notes a packet with its level as RFC 6464 writes it: 0 to 127 below overload.
    pub(super) fn note(&mut self, received: Instant, level: Option<u8>) {
        let level = level.map_or(UNKNOWN, |below| -f32::from(below)).max(SILENCE);
        let now = self.level(received);
        let risen = if level > now {
            let passed =
                self.last.map_or(LONGEST, |(_, at)| received.saturating_duration_since(at));
            let share = passed.min(LONGEST).as_secs_f32() / ATTACK.as_secs_f32();
            now + (level - now) * (1.0 - (-share).exp())
        } else {
            now
        };
        self.last = Some((risen, received));
    }

    /// How loud it is now.
    pub(super) fn level(&self, now: Instant) -> Level {
        let Some((level, at)) = self.last else { return SILENCE };
        let fallen = now.saturating_duration_since(at).as_secs_f32() * RELEASE;
        (level - fallen).max(SILENCE)
    }

    /// Whether somebody speaks.
    pub(super) fn speaks(&mut self, now: Instant) -> bool {
        self.speaks = self.level(now) >= if self.speaks { CEASES } else { SPEAKS };
        self.speaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: Duration = Duration::from_millis(20);

    /// Packets of these levels, one every 20 ms; the time of the next.
    fn say(loudness: &mut Loudness, mut at: Instant, levels: &[(u8, usize)]) -> Instant {
        for (level, packets) in levels {
            for _ in 0..*packets {
                loudness.note(at, Some(*level));
                at += PACKET;
            }
        }
        at
    }

    #[test]
    fn a_click_is_no_voice_and_a_word_is() {
        let (begin, mut loudness) = (Instant::now(), Loudness::default());
        let at = say(&mut loudness, begin, &[(127, 50), (10, 1), (127, 5)]);
        assert!(!loudness.speaks(at), "{loudness:?}");
        let at = say(&mut loudness, at, &[(25, 15)]);
        assert!(loudness.speaks(at), "{loudness:?}");
        assert!((loudness.level(at) - -25.0).abs() < 6.0, "{loudness:?}");
    }

    #[test]
    fn a_pause_between_words_is_no_silence_and_a_long_one_is() {
        let (begin, mut loudness) = (Instant::now(), Loudness::default());
        let at = say(&mut loudness, begin, &[(25, 25), (127, 20)]);
        assert!(loudness.speaks(at), "{loudness:?}");
        let at = say(&mut loudness, at, &[(127, 60)]);
        assert!(!loudness.speaks(at), "{loudness:?}");
        assert!((loudness.level(at + Duration::from_secs(1)) - SILENCE).abs() < 0.1);
    }

    #[test]
    fn discontinuous_transmission_falls_silent_as_packets_do() {
        let (begin, mut told, mut gone) =
            (Instant::now(), Loudness::default(), Loudness::default());
        let at = say(&mut told, begin, &[(25, 25)]);
        say(&mut gone, begin, &[(25, 25)]);
        let end = say(&mut told, at, &[(127, 50)]);
        assert!((told.level(end) - gone.level(end)).abs() < 0.5, "{told:?} {gone:?}");
    }

    #[test]
    fn who_does_not_say_how_loud_is_heard_but_does_not_speak() {
        let (mut at, mut loudness) = (Instant::now(), Loudness::default());
        for _ in 0..100 {
            loudness.note(at, None);
            at += PACKET;
        }
        assert!(!loudness.speaks(at));
        assert!(loudness.level(at) > SILENCE);
    }
}
