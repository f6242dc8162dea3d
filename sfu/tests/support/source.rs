//! A camera and a microphone that produce packets of exact sizes.

use std::time::{Duration, Instant};

use anyhow::Result;
use str0m::media::Mid;

use super::peer::{Outgoing, Peer};
use super::stamp::{SMALLEST, Stamp};

/// A picture every thirtieth of a second of the 90 kHz clock of RFC 7741 section 4.1.
const VIDEO_STEP: u64 = 3_000;
/// 20 ms of the 48 kHz clock of RFC 7587 section 4.1.
const AUDIO_STEP: u64 = 960;

/// Which packets of a picture to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The picture's number.
    pub frame: u64,
    /// The first packet.
    pub first: u64,
    /// How many packets.
    pub count: u64,
    /// How many packets the whole picture has.
    pub of: u64,
}

/// What one publisher sends.
#[derive(Debug)]
pub(crate) struct Source {
    name: u32,
    epoch: Instant,
    video: Track,
    audio: Track,
    next_index: u64,
    sounds: u64,
    keyframe_due: bool,
    keyframe: bool,
    temporal_index: u8,
}

#[derive(Debug)]
struct Track {
    mid: Mid,
    sequence: u64,
    size: usize,
}

impl Source {
    /// A source named `name` whose stamps count time from `epoch`. `video` and `audio` are
    /// sections with the sizes of their payloads in bytes, each with room for a stamp.
    #[must_use]
    pub(crate) fn new(name: u32, epoch: Instant, video: (Mid, usize), audio: (Mid, usize)) -> Self {
        // Sequence numbers begin shortly before their wrap, so that every run crosses it.
        let track = |(mid, size)| {
            assert!(size >= SMALLEST, "no room for a stamp");
            Track { mid, sequence: 65_000, size }
        };
        Self {
            name,
            epoch,
            video: track(video),
            audio: track(audio),
            next_index: 0,
            sounds: 0,
            keyframe_due: true,
            keyframe: true,
            temporal_index: 0,
        }
    }

    /// Makes the next picture one that can be decoded alone.
    pub(crate) fn make_keyframe(&mut self) {
        self.keyframe_due = true;
    }

    /// The index that the next packet's stamp will have.
    #[must_use]
    pub(crate) fn next_index(&self) -> u64 {
        self.next_index
    }

    /// Queues packets of a picture.
    ///
    /// # Errors
    /// When the peer's connection has no such section.
    pub(crate) fn show(&mut self, peer: &mut Peer, part: Part) -> Result<()> {
        if part.first == 0 {
            self.keyframe = std::mem::take(&mut self.keyframe_due);
            self.temporal_index = self.temporal_index.wrapping_add(1);
        }
        let now = Instant::now();
        let clock = part.frame * VIDEO_STEP;
        for packet in part.first..part.first + part.count {
            let mut payload = vec![0; self.video.size];
            self.describe(&mut payload, part.frame, packet == 0);
            self.stamp(&mut payload, now);
            let outgoing = self.video.next(clock, packet + 1 == part.of, payload);
            peer.write(self.video.mid, now, outgoing)?;
        }
        Ok(())
    }

    /// Queues a packet of sound.
    ///
    /// # Errors
    /// When the peer's connection has no such section.
    pub(crate) fn sound(&mut self, peer: &mut Peer) -> Result<()> {
        let now = Instant::now();
        let mut payload = vec![0; self.audio.size];
        // One frame of 20 ms, CELT, full band: RFC 6716 section 3.1.
        payload[0] = 31 << 3;
        self.stamp(&mut payload, now);
        let clock = self.sounds * AUDIO_STEP;
        self.sounds += 1;
        let outgoing = self.audio.next(clock, false, payload);
        peer.write(self.audio.mid, now, outgoing)
    }

    fn stamp(&mut self, payload: &mut [u8], now: Instant) {
        let at: Duration = now.duration_since(self.epoch);
        Stamp { source: self.name, index: self.next_index, at }.write(payload);
        self.next_index += 1;
    }

    /// Writes the VP8 payload descriptor of RFC 7741 section 4.2 with all that browsers put into
    /// it, and in front of a picture the frame header of RFC 6386 section 9.1.
    fn describe(&self, payload: &mut [u8], frame: u64, starts_frame: bool) {
        let [high, low] = (frame as u16 & 0x7fff).to_be_bytes();
        let start = if starts_frame { 0x10 } else { 0 };
        payload[..6].copy_from_slice(&[
            0x80 | start,
            0xe0,
            0x80 | high,
            low,
            self.temporal_index,
            0,
        ]);
        if starts_frame {
            let inter = u8::from(!self.keyframe);
            payload[6..9].copy_from_slice(&[0x10 | inter, 0x02, 0x00]);
        }
        if starts_frame && self.keyframe {
            payload[9..16].copy_from_slice(&[0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
        }
    }
}

/// Whether a keyframe begins in this payload of a [`Source`].
#[must_use]
pub(crate) fn starts_keyframe(payload: &[u8]) -> bool {
    matches!(payload, [first, _, _, _, _, _, tag, ..] if first & 0x10 != 0 && tag & 1 == 0)
}

impl Track {
    fn next(&mut self, clock: u64, marker: bool, payload: Vec<u8>) -> Outgoing {
        let sequence = self.sequence;
        self.sequence += 1;
        Outgoing { sequence, timestamp: clock as u32, marker, payload: payload.into() }
    }
}
