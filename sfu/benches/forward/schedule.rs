//! When which packets are due: the same for the floor and for the publisher.

use std::time::Duration;

/// Pictures a second.
pub(crate) const FRAMES: u64 = 30;
/// Packets a picture.
pub(crate) const PACKETS_PER_FRAME: u64 = 10;
/// RTP payload of a video packet, in bytes.
pub(crate) const VIDEO_SIZE: usize = 1100;
/// Sound packets a second.
pub(crate) const SOUNDS: u64 = 50;
/// RTP payload of a sound packet, in bytes.
pub(crate) const AUDIO_SIZE: usize = 120;
/// All packets a second.
pub(crate) const PACKETS: u64 = FRAMES * PACKETS_PER_FRAME + SOUNDS;

const SECOND: u64 = 1_000_000_000;

/// How the packets of a picture are spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shape {
    /// All at once, as encoders give them.
    Bursts,
    /// Evenly, as some test tools and pacers send.
    Even,
}

/// What is due at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// When, since the beginning.
    pub at: Duration,
    /// The number of the first video packet that is due, counted from the beginning.
    pub video: u64,
    /// How many video packets are due.
    pub videos: u64,
    /// Whether a sound packet is due.
    pub sound: bool,
}

/// The moments at which something is due, without end.
#[derive(Debug)]
pub(crate) struct Schedule {
    train: u64,
    trains: u64,
    sounds: u64,
}

impl Schedule {
    /// A schedule from the beginning.
    #[must_use]
    pub(crate) fn new(shape: Shape) -> Self {
        let train = match shape {
            Shape::Bursts => PACKETS_PER_FRAME,
            Shape::Even => 1,
        };
        Self { train, trains: 0, sounds: 0 }
    }
}

impl Iterator for Schedule {
    type Item = Tick;

    fn next(&mut self) -> Option<Tick> {
        let video_at = self.trains * SECOND * self.train / (FRAMES * PACKETS_PER_FRAME);
        let sound_at = self.sounds * SECOND / SOUNDS;
        let at = video_at.min(sound_at);
        let video = self.trains * self.train;
        let videos = if video_at == at { self.train } else { 0 };
        let sound = sound_at == at;
        self.trains += u64::from(videos > 0);
        self.sounds += u64::from(sound);
        Some(Tick { at: Duration::from_nanos(at), video, videos, sound })
    }
}
