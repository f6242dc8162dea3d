//! What is known of a session's two directions, and when it is worth telling.

use std::time::{Duration, Instant};

use protocol::media::Kind;
use protocol::quality::{LinkQuality, Trouble};

use super::quality::{Picture, Sound, audio_score, tenths, video_score};
use crate::rtcp::ReportBlock;

/// What is left of a second's evidence a second later: about five seconds count.
const DECAY: f64 = 0.8;
/// A link may lose so much without anybody's being told, of a hundred.
const TOLD_LOSS: f64 = 2.0;
/// As long a round trip is told of.
const TOLD_DELAY: Duration = Duration::from_millis(300);
/// Freezes of so much of the time are told of, of a hundred.
const TOLD_FREEZES: f64 = 2.0;
/// A picture of less than this of the wanted height, over some seconds, is told of.
const TOLD_SIZE: f64 = 0.8;
/// What a page says of its pictures counts for so long.
const PLAYBACK_LIFETIME: Duration = Duration::from_secs(10);
/// For so long a picture is taken to stand still that needs a keyframe.
const KEYFRAME_WAIT: f64 = 0.3;
/// A score has to change by so many tenths to be told.
const STEP: u8 = 3;
/// The most streams of a client's whose reports are followed.
const MAX_REPORTED: usize = 64;
/// Longer round trips are the peer's mistake.
const MAX_ROUND_TRIP: Duration = Duration::from_secs(20);

/// A second of a direction, in the order in which it is gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// Packets of sound that were to come, and those of them that did not.
    pub(super) sound: (u64, u64),
    /// The same of pictures.
    pub(super) picture: (u64, u64),
    /// Gaps in either, and packets in them.
    pub(super) gaps: (u64, u64),
    /// Jitter of sound.
    pub(super) jitter: Duration,
    /// Sound flows.
    pub(super) sounds: bool,
    /// Height of the picture beside the wanted one; nothing: none is wanted.
    pub(super) size: Option<f64>,
    /// Share of the second for which it stood still, 0 to 1.
    pub(super) frozen: f64,
    /// What the link carries, in bit/s, if that is known.
    pub(super) bitrate: Option<u64>,
}

/// Evidence of the last seconds, what is older counting less.
#[derive(Clone, Copy, Debug, Default)]
struct Direction {
    sound: (f64, f64),
    picture: (f64, f64),
    gaps: (f64, f64),
    size: Option<f64>,
    frozen: f64,
    weight: f64,
}

impl Direction {
    /// Takes a second of evidence.
    fn take(&mut self, second: &Evidence) {
        let add = |sum: &mut (f64, f64), new: (u64, u64)| {
            *sum = (sum.0 * DECAY + new.0 as f64, sum.1 * DECAY + new.1 as f64);
        };
        add(&mut self.sound, second.sound);
        add(&mut self.picture, second.picture);
        add(&mut self.gaps, second.gaps);
        // Whoever comes is given time to be shown well.
        let before = self.size.unwrap_or(1.0);
        self.size = second.size.map(|now| before * DECAY + now * (1.0 - DECAY));
        if second.size.is_some() {
            self.frozen = self.frozen * DECAY + second.frozen.clamp(0.0, 1.0);
            self.weight = self.weight * DECAY + 1.0;
        } else {
            (self.frozen, self.weight) = (0.0, 0.0);
        }
    }

    /// How good it is. Nothing if nothing flows.
    fn judge(&self, second: &Evidence, round_trip: Duration) -> Option<LinkQuality> {
        let share =
            |(expected, lost): (f64, f64)| if expected > 0.0 { lost / expected } else { 0.0 };
        let all = (self.sound.0 + self.picture.0, self.sound.1 + self.picture.1);
        let audio = second.sounds.then(|| {
            let loss = share(self.sound);
            let (gaps, missing) = self.gaps;
            let length = if gaps > 0.5 { missing / gaps } else { 1.0 };
            let burst = length * (1.0 - share(all));
            audio_score(Sound { loss, burst, round_trip, jitter: second.jitter })
        });
        let frozen = if self.weight > 0.0 { self.frozen / self.weight } else { 0.0 };
        let video = self.size.map(|size| video_score(Picture { frozen, size }));
        if audio.is_none() && video.is_none() {
            return None;
        }
        let mut troubles = Vec::new();
        let kbps = second.bitrate.map_or(0, |bitrate| (bitrate / 1_000) as u32);
        let small = self.size.is_some_and(|size| size < TOLD_SIZE);
        let dark = small && second.size == Some(0.0);
        if dark {
            troubles.push(Trouble::Dark { kbps });
        }
        if frozen * 100.0 >= TOLD_FREEZES {
            troubles.push(Trouble::Freezes { percent: percent(frozen) });
        }
        let loss = share(all).max(if second.sounds { share(self.sound) } else { 0.0 });
        if loss * 100.0 >= TOLD_LOSS {
            troubles.push(Trouble::Loss { percent: percent(loss) });
        }
        if small && !dark {
            troubles.push(Trouble::Small { kbps });
        }
        if round_trip >= TOLD_DELAY {
            troubles.push(Trouble::Delay { ms: round_trip.as_millis() as u32 });
        }
        Some(LinkQuality { audio: audio.map(tenths), video: video.map(tenths), troubles })
    }
}

fn percent(share: f64) -> u8 {
    (share * 100.0).round().clamp(0.0, 100.0) as u8
}

/// Both directions.
pub(super) type Both = (Option<LinkQuality>, Option<LinkQuality>);

/// What is known of a session.
#[derive(Debug, Default)]
pub(super) struct Monitor {
    round_trip: Option<Duration>,
    /// By SSRC: the number up to which its client has reported, and how many were lost by then.
    reported: Vec<(u32, u32, u32)>,
    /// What the client has reported and asked for since the last second.
    downlink: Evidence,
    keyframes_asked: u32,
    /// How often what the session sends could not be repaired, since the last second.
    given_up: u32,
    playback: Option<(Instant, f64)>,
    directions: [Direction; 2],
    now: Both,
    told: Both,
}

impl Monitor {
    /// There and back, smoothed.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// How good both directions are, as of the last second: up and down.
    pub(super) fn quality(&self) -> &Both {
        &self.now
    }

    /// Takes what the client reports of a stream that it is sent; `clock` is the middle of the
    /// node's NTP time of now (RFC 3550 section 6.4.1). Returns how many more packets were to
    /// come, and how many of them were lost.
    pub(super) fn note_report(
        &mut self,
        kind: Kind,
        rate: u32,
        block: &ReportBlock,
        clock: u32,
    ) -> (u64, u64) {
        if block.last_sender_report != 0 {
            let passed = clock.wrapping_sub(block.last_sender_report);
            // A little less than nothing is rounding.
            let passed = if passed > u32::MAX / 2 { 0 } else { passed };
            let passed = Duration::from_micros(u64::from(passed) * 1_000_000 / 65_536);
            self.note_round_trip(passed.saturating_sub(block.since_sender_report));
        }
        if kind == Kind::Audio && rate > 0 {
            let jitter =
                Duration::from_micros(u64::from(block.jitter) * 1_000_000 / u64::from(rate));
            self.downlink.jitter = self.downlink.jitter.max(jitter.min(Duration::from_secs(2)));
        }
        let (highest, total) = (block.highest_sequence, block.total_lost);
        let known = self.reported.iter_mut().find(|(ssrc, ..)| *ssrc == block.ssrc);
        let (expected, lost) = match known {
            Some((_, before, lost)) => {
                let step = (highest.wrapping_sub(*before), total.saturating_sub(*lost));
                (*before, *lost) = (highest, total);
                // A stream that begins anew says nothing this time.
                if step.0 > u32::from(u16::MAX) { (0, 0) } else { (step.0, step.1.min(step.0)) }
            }
            None => {
                if self.reported.len() < MAX_REPORTED {
                    self.reported.push((block.ssrc, highest, total));
                }
                (0, 0)
            }
        };
        let new = (u64::from(expected), u64::from(lost));
        let sum = match kind {
            Kind::Audio => &mut self.downlink.sound,
            Kind::Video => &mut self.downlink.picture,
        };
        *sum = (sum.0 + new.0, sum.1 + new.1);
        new
    }

    fn note_round_trip(&mut self, measured: Duration) {
        if measured <= MAX_ROUND_TRIP {
            // The weight of RFC 6298.
            let smoothed = self.round_trip.map_or(measured, |known| (known * 7 + measured) / 8);
            self.round_trip = Some(smoothed);
        }
    }

    /// The client asks for these packets again.
    pub(super) fn note_nack(&mut self, sequences: &[u16]) {
        let follows = |pair: &[u16]| pair[1] == pair[0].wrapping_add(1);
        let continued = sequences.windows(2).filter(|pair| follows(pair)).count();
        let gaps = &mut self.downlink.gaps;
        *gaps = (gaps.0 + (sequences.len() - continued) as u64, gaps.1 + sequences.len() as u64);
    }

    /// The client cannot go on decoding.
    pub(super) fn note_keyframe_request(&mut self) {
        self.keyframes_asked += 1;
    }

    /// What the session sends cannot be decoded until a keyframe comes.
    pub(super) fn note_given_up(&mut self) {
        self.given_up += 1;
    }

    /// The client's page says for which share of the time its pictures stand still.
    pub(super) fn note_playback(&mut self, now: Instant, frozen: f64) {
        self.playback = Some((now, frozen));
    }

    /// A second has passed: what of it is known without the client's help comes in.
    pub(super) fn tick(&mut self, now: Instant, uplink: &Evidence, shown: &Evidence) {
        let heard = std::mem::take(&mut self.downlink);
        let asked = std::mem::take(&mut self.keyframes_asked);
        let playback = self
            .playback
            .filter(|(at, _)| now.saturating_duration_since(*at) < PLAYBACK_LIFETIME)
            .map(|(_, frozen)| frozen);
        // Somebody who joins, or is shown another picture, needs a keyframe for good reason.
        let settled = self.directions[1].weight > 1.0;
        let guessed = if settled { f64::from(asked) * KEYFRAME_WAIT } else { 0.0 };
        let downlink = Evidence {
            sounds: shown.sounds,
            size: shown.size,
            bitrate: shown.bitrate,
            frozen: playback.unwrap_or(guessed),
            ..heard
        };
        let given_up = std::mem::take(&mut self.given_up);
        let uplink =
            &Evidence { frozen: uplink.frozen + f64::from(given_up) * KEYFRAME_WAIT, ..*uplink };
        let round_trip = self.round_trip.unwrap_or_default();
        let [up, down] = &mut self.directions;
        up.take(uplink);
        down.take(&downlink);
        self.now = (up.judge(uplink, round_trip), down.judge(&downlink, round_trip));
    }

    /// Both directions, if one of them has changed by a step since they were taken last.
    pub(super) fn take_changed(&mut self) -> Option<Both> {
        let pairs = [(&self.told.0, &self.now.0), (&self.told.1, &self.now.1)];
        if !pairs.into_iter().any(|(told, now)| differs(told.as_ref(), now.as_ref())) {
            return None;
        }
        self.told = self.now.clone();
        Some(self.now.clone())
    }
}

/// Whether there is a step between the two.
fn differs(told: Option<&LinkQuality>, now: Option<&LinkQuality>) -> bool {
    let (Some(told), Some(now)) = (told, now) else { return told != now };
    let apart = |told: Option<u8>, now: Option<u8>| match (told, now) {
        (Some(told), Some(now)) => told.abs_diff(now) >= STEP,
        (told, now) => told != now,
    };
    let other = |(told, now): (&Trouble, &Trouble)| {
        std::mem::discriminant(told) != std::mem::discriminant(now)
            || amount(*told).abs_diff(amount(*now)) * 2 > amount(*told)
    };
    apart(told.audio, now.audio)
        || apart(told.video, now.video)
        || told.troubles.len() != now.troubles.len()
        || told.troubles.iter().zip(&now.troubles).any(other)
}

fn amount(trouble: Trouble) -> u32 {
    match trouble {
        Trouble::Loss { percent } | Trouble::Freezes { percent } => percent.into(),
        Trouble::Delay { ms } => ms,
        Trouble::Small { kbps } | Trouble::Dark { kbps } => kbps,
    }
}

#[cfg(test)]
mod tests;
