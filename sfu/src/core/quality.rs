//! From what is known of a link to how good it is for people: mean opinion scores from 1 to 5
//! (ITU-T P.800). Pure functions; who gathers what is known is [`super::monitor`].

use std::time::Duration;

/// The rating of a link without any fault (ITU-T G.107, all parameters at their defaults).
const BEST_RATING: f64 = 93.2;
/// How well Opus hides a lost packet, with its in-band FEC: the packet-loss robustness factor
/// `Bpl` (ITU-T G.113 appendix I gives 4.3 for G.711 without and 25.1 with concealment).
const LOSS_ROBUSTNESS: f64 = 20.0;
/// Between a mouth and the network: a frame of 20 ms and 6.5 ms of lookahead (RFC 6716).
const CODEC_DELAY: f64 = 26.5;
/// The least that a receiver's jitter buffer holds, in ms.
const LEAST_BUFFER: f64 = 20.0;

/// What is known of sound on one link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sound {
    /// Share of packets that do not arrive, 0 to 1.
    pub(super) loss: f64,
    /// Mean length of a burst of losses beside what chance would make of it; 1: chance.
    pub(super) burst: f64,
    /// There and back.
    pub(super) round_trip: Duration,
    /// Interarrival jitter (RFC 3550 section 6.4.1).
    pub(super) jitter: Duration,
}

/// How a link sounds: the E-model of ITU-T G.107, of which delay and loss are left.
pub(super) fn audio_score(sound: Sound) -> f64 {
    let millis = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    // A jitter buffer holds about twice the mean deviation.
    let buffer = LEAST_BUFFER + 2.0 * millis(sound.jitter);
    let delay = millis(sound.round_trip) / 2.0 + buffer + CODEC_DELAY;
    // The delay impairment factor in the form of Cole and Rosenbluth: beyond 177 ms talkers get
    // in each other's way.
    let delay_impairment = 0.024 * delay + 0.11 * (delay - 177.3).max(0.0);
    // The effective equipment impairment factor of a codec that has none without loss.
    let lost = sound.loss.clamp(0.0, 1.0) * 100.0;
    let loss_impairment = 95.0 * lost / (lost / sound.burst.max(1.0) + LOSS_ROBUSTNESS);
    opinion(BEST_RATING - delay_impairment - loss_impairment.min(95.0))
}

/// From a rating to an opinion (ITU-T G.107 annex B).
fn opinion(rating: f64) -> f64 {
    let r = rating.clamp(0.0, 100.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
}

/// What is known of a picture on one link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Picture {
    /// Share of the time for which it stands still, 0 to 1.
    pub(super) frozen: f64,
    /// Its height beside that of the one that was wanted, 0 to 1; 0: there is none.
    pub(super) size: f64,
}

/// Score of a picture without freezes by its height beside the wanted one.
const BY_SIZE: [(f64, f64); 5] = [(0.0, 1.0), (0.125, 2.0), (0.25, 2.8), (0.5, 3.7), (1.0, 4.5)];
/// A tenth of the time frozen leaves 40 % of what is above 1: a stage that stutters is no stage.
const FREEZE_WEIGHT: f64 = 9.0;

/// How a picture looks.
pub(super) fn video_score(picture: Picture) -> f64 {
    let size = picture.size.clamp(0.0, 1.0);
    let above = BY_SIZE.iter().position(|(at, _)| size <= *at).unwrap_or(BY_SIZE.len() - 1).max(1);
    let ((from, low), (to, high)) = (BY_SIZE[above - 1], BY_SIZE[above]);
    let still = low + (high - low) * (size - from) / (to - from);
    1.0 + (still - 1.0) * (-FREEZE_WEIGHT * picture.frozen.clamp(0.0, 1.0)).exp()
}

/// Tenths, as they are told.
pub(super) fn tenths(score: f64) -> u8 {
    (score * 10.0).round() as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sound(percent: f64, round_trip: u64, burst: f64) -> Sound {
        let round_trip = Duration::from_millis(round_trip);
        Sound { loss: percent / 100.0, burst, round_trip, jitter: Duration::ZERO }
    }

    #[test]
    fn sound_as_people_judge_it() {
        // Loss in percent, round trip in ms, burst ratio, score in tenths.
        let table = [
            (0.0, 0, 1.0, 44),
            (0.0, 200, 1.0, 43),
            (0.0, 400, 1.0, 40),
            (0.0, 1_000, 1.0, 20),
            (1.0, 50, 1.0, 43),
            (2.0, 50, 1.0, 41),
            (5.0, 50, 1.0, 37),
            (5.0, 50, 4.0, 36),
            (10.0, 50, 1.0, 31),
            (20.0, 50, 1.0, 23),
            (50.0, 50, 1.0, 14),
            (100.0, 3_000, 8.0, 10),
        ];
        for (loss, round_trip, burst, expected) in table {
            let score = tenths(audio_score(sound(loss, round_trip, burst)));
            assert_eq!(score, expected, "{loss} % and {round_trip} ms, bursts {burst}");
        }
    }

    #[test]
    fn the_annex_of_the_recommendation() {
        for (rating, expected) in [(0.0, 10), (50.0, 26), (60.0, 31), (70.0, 36), (80.0, 40)] {
            assert_eq!(tenths(opinion(rating)), expected, "R = {rating}");
        }
    }

    #[test]
    fn pictures_as_people_judge_them() {
        // Frozen in percent, size in percent, score in tenths.
        let table = [
            (0, 100, 45),
            (0, 50, 37),
            (0, 25, 28),
            (0, 0, 10),
            (2, 100, 39),
            (10, 100, 24),
            (10, 25, 17),
            (100, 100, 10),
        ];
        for (frozen, size, expected) in table {
            let picture =
                Picture { frozen: f64::from(frozen) / 100.0, size: f64::from(size) / 100.0 };
            assert_eq!(tenths(video_score(picture)), expected, "{picture:?}");
        }
    }

    proptest! {
        #[test]
        fn worse_links_never_sound_better(
            loss in 0.0..1.0f64, more in 0.0..1.0f64, burst in 1.0..20.0f64,
            longer in 0.0..20.0f64, trip in 0u64..5_000, jitter in 0u64..500, add in 0u64..2_000,
        ) {
            let millis = Duration::from_millis;
            let base = Sound { loss, burst, round_trip: millis(trip), jitter: millis(jitter) };
            let score = audio_score(base);
            prop_assert!((1.0..=4.5).contains(&score));
            for worse in [
                Sound { loss: loss + more, ..base },
                Sound { burst: burst + longer, ..base },
                Sound { round_trip: millis(trip + add), ..base },
                Sound { jitter: millis(jitter + add), ..base },
            ] {
                prop_assert!(audio_score(worse) <= score + 1e-9, "{worse:?} beats {base:?}");
            }
        }

        #[test]
        fn worse_links_never_look_better(
            frozen in 0.0..1.0f64, more in 0.0..1.0f64, size in 0.0..1.0f64, less in 0.0..1.0f64,
        ) {
            let score = video_score(Picture { frozen, size });
            prop_assert!((1.0..=5.0).contains(&score));
            let longer = video_score(Picture { frozen: frozen + more, size });
            let smaller = video_score(Picture { frozen, size: size * less });
            prop_assert!(longer <= score + 1e-9 && smaller <= score + 1e-9);
        }
    }
}
