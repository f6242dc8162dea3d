//! Scalable pictures: an encoder that makes them, and a strict decoder.

#[path = "../support/scalable.rs"]
mod encoder;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use sfu::bits::BitWriter;
use sfu::dependency::{Descriptor, Structure};

pub(crate) use encoder::Mode;
use encoder::{Part, Shape};

use crate::camera::Packet;
use crate::screen::Shown;

/// How a camera encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Vp8,
    /// In one layer of frames, with parameters in keyframes.
    H264,
    Vp9,
    Av1,
}

/// What is in a packet, for the decoder to judge by: behind the headers, from [`TRUTH`] on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Truth {
    /// Who filmed it, and the height of the whole picture.
    source: (u32, u16),
    /// Frames of a layer are counted from its first one on.
    frame: u64,
    spatial: u8,
    temporal: u8,
    keyframe: bool,
    /// The height that a decoder shows.
    height: u16,
    /// Place in the frame, and how many there are.
    part: (u8, u8),
    /// Frames back; 0: none.
    references: [u8; 2],
}

const TRUTH: usize = 40;

impl Truth {
    fn write(&self, payload: &mut [u8]) {
        let mut bytes = Vec::new();
        bytes.extend(self.source.0.to_be_bytes());
        bytes.extend(self.source.1.to_be_bytes());
        bytes.extend(self.frame.to_be_bytes());
        bytes.extend([self.spatial, self.temporal, u8::from(self.keyframe)]);
        bytes.extend(self.height.to_be_bytes());
        bytes.extend([self.part.0, self.part.1, self.references[0], self.references[1]]);
        payload[TRUTH..TRUTH + bytes.len()].copy_from_slice(&bytes);
    }

    fn read(payload: &[u8]) -> Self {
        let at = |from: usize| payload[TRUTH + from];
        let word = |from: usize| u16::from_be_bytes([at(from), at(from + 1)]);
        let long = |from: usize| u32::from(word(from)) << 16 | u32::from(word(from + 2));
        Self {
            source: (long(0), word(4)),
            frame: u64::from(long(6)) << 32 | u64::from(long(10)),
            spatial: at(14),
            temporal: at(15),
            keyframe: at(16) != 0,
            height: word(17),
            part: (at(19), at(20)),
            references: [at(21), at(22)],
        }
    }
}

/// The state of one encoding.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    pub(crate) mode: Mode,
    pub(crate) coding: Coding,
    /// It sends dependency descriptors.
    pub(crate) described: bool,
    /// Packets of a frame, by spatial layer.
    pub(crate) packets: [u8; 3],
    since: u64,
    frames: u64,
    pictures: u64,
    tl0: u8,
    offset: u8,
}

impl Encoder {
    pub(crate) fn new(mode: Mode, coding: Coding, described: bool, packets: [u8; 3]) -> Self {
        let (since, frames, pictures, tl0, offset) = (0, 0, 0, 0, 58);
        Self { mode, coding, described, packets, since, frames, pictures, tl0, offset }
    }

    /// Packets of a picture.
    pub(crate) fn packets(&self) -> u64 {
        self.packets.iter().take(self.mode.spatial.into()).map(|count| u64::from(*count)).sum()
    }

    /// The payload of packet `packet` of a picture, of `size` bytes, and its descriptor.
    pub(crate) fn encode(
        &mut self,
        name: u32,
        packet: u64,
        keyframe: bool,
        size: usize,
    ) -> (Vec<u8>, Option<Vec<u8>>) {
        if packet == 0 && keyframe {
            // Browsers name the templates of every structure anew.
            self.offset = (self.offset + self.mode.spatial * (1 + self.mode.temporal)) % 64;
            self.since = 0;
        }
        let (mut spatial, mut index) = (0_u8, packet as u8);
        while index >= self.packets[usize::from(spatial)] {
            index -= self.packets[usize::from(spatial)];
            spatial += 1;
        }
        let shape = self.mode.shape(self.since, spatial);
        if packet == 0 && shape.temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        let count = self.packets[usize::from(spatial)];
        let first = shape.keyframe && spatial == 0 && index == 0;
        let part = Part {
            begins: index == 0,
            ends: index + 1 == count,
            number: (65_000 + self.frames) as u16,
            offset: self.offset,
            attached: first,
            ..Part::default()
        };
        let mut references = [0; 2];
        for (place, back) in self.mode.references(shape).into_iter().enumerate() {
            references[place] = back as u8;
        }
        let mut payload = vec![0; size];
        let header = self.header(shape, part);
        payload[..header.len()].copy_from_slice(&header);
        let height = self.mode.height << spatial;
        let truth = Truth {
            source: (name, self.mode.height),
            frame: self.frames,
            spatial,
            temporal: shape.temporal,
            keyframe: shape.keyframe,
            height,
            part: (index, count),
            references,
        };
        truth.write(&mut payload);
        let descriptor = self.described.then(|| self.mode.descriptor(shape, part));
        if part.ends {
            self.frames += 1;
            if spatial + 1 == self.mode.spatial {
                self.since += 1;
                self.pictures += 1;
            }
        }
        (payload, descriptor)
    }

    /// What stands before the content; at most 16 bytes.
    fn header(&self, shape: Shape, part: Part) -> Vec<u8> {
        let first = shape.keyframe && shape.spatial == 0 && part.begins;
        match self.coding {
            Coding::Vp8 => unreachable!("VP8 has a camera of its own"),
            Coding::Av1 => vec![if first { 0x18 } else { 0x10 }],
            Coding::H264 if first => parameters(self.mode.height),
            Coding::H264 => match (shape.keyframe, part.begins) {
                (true, _) => vec![0x7c, 0x05 | u8::from(part.begins) << 7],
                (false, _) => vec![0x41],
            },
            Coding::Vp9 => {
                let picture = self.pictures as u16 + 0x7ff0;
                let [high, low] = picture.to_be_bytes();
                let below = u8::from(shape.spatial > 0 && (shape.keyframe || !self.mode.key));
                let switching = u8::from(shape.place <= 2);
                let mut header = vec![
                    0xa0 | u8::from(!shape.keyframe) << 6
                        | u8::from(part.begins) << 3
                        | u8::from(part.ends) << 2
                        | u8::from(first) << 1,
                    0x80 | high,
                    low,
                    shape.temporal << 5 | switching << 4 | shape.spatial << 1 | below,
                    self.tl0,
                ];
                if first {
                    header.push((self.mode.spatial - 1) << 5 | 0x10);
                    for spatial in 0..self.mode.spatial {
                        let height = self.mode.height << spatial;
                        header.extend((height / 9 * 16).to_be_bytes());
                        header.extend(height.to_be_bytes());
                    }
                }
                header
            }
        }
    }
}

/// A sequence parameter set for pictures of this height, in an aggregate of its own.
fn parameters(height: u16) -> Vec<u8> {
    let mut sps = [0; 16];
    let mut bits = BitWriter::new(&mut sps);
    let golomb = |bits: &mut BitWriter<'_>, value: u32| {
        let width = 32 - (value + 1).leading_zeros();
        bits.bits(value + 1, 2 * width - 1);
    };
    bits.bits(0x67_42_c0_1f, 32);
    let rows = u32::from(height).div_ceil(16);
    for value in [0, 0, 2, 1] {
        golomb(&mut bits, value);
    }
    bits.flag(false);
    golomb(&mut bits, rows * 16 / 9 - 1);
    golomb(&mut bits, rows - 1);
    bits.flag(true);
    bits.flag(true);
    bits.flag(true);
    for value in [0, 0, 0, (rows * 16 - u32::from(height)) / 2] {
        golomb(&mut bits, value);
    }
    bits.flag(false);
    bits.flag(true);
    let length = bits.finish().expect("it fits");
    let mut aggregate = vec![0x78, 0, length as u8];
    aggregate.extend(&sps[..length]);
    aggregate
}

/// A packet that arrived.
#[derive(Clone, Debug)]
struct Arrived {
    at: Instant,
    timestamp: u32,
    marker: bool,
    truth: Truth,
    descriptor: Option<Vec<u8>>,
    /// VP9's picture id.
    picture: Option<u16>,
}

/// A viewer's scalable picture, packet by packet.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    packets: BTreeMap<u64, Arrived>,
    fillers: BTreeSet<u64>,
}

/// What a strict decoder knows while it decodes.
#[derive(Default)]
struct Decoder {
    source: Option<(u32, u16)>,
    decoded: BTreeSet<u64>,
    structure: Option<Box<Structure>>,
    /// The decode targets that the receiver expects.
    active: u32,
    /// Between the numbers of descriptors and frames, since the last keyframe.
    apart: Option<u16>,
    last_number: Option<u16>,
}

impl Screen {
    pub(crate) fn note(
        &mut self,
        sequence: u64,
        at: Instant,
        (timestamp, marker): (u32, bool),
        payload: &[u8],
        descriptor: Option<Vec<u8>>,
    ) {
        let truth = Truth::read(payload);
        let picture = (payload[0] & 0xa0 == 0xa0 && payload[1] & 0x80 != 0)
            .then(|| u16::from_be_bytes([payload[1] & 0x7f, payload[2]]));
        let packet = Arrived { at, timestamp, marker, truth, descriptor, picture };
        self.packets.insert(sequence, packet);
    }

    pub(crate) fn note_filler(&mut self, sequence: u64) {
        self.fillers.insert(sequence);
    }

    /// Decodes as a strict decoder does: whole pictures, each frame built on those that were
    /// decoded before. Says what was shown, and when.
    ///
    /// # Panics
    /// When without a loss a frame cannot be decoded, a picture has no end or goes on behind it
    /// (but for one that another layer's keyframe cuts short: its rest was lost on the way to the
    /// node), time runs back, a descriptor cannot be read, or it makes the receiver wait for layers that
    /// do not come.
    pub(crate) fn decode(&self) -> Vec<Shown> {
        let mut shown: Vec<Shown> = Vec::new();
        let mut decoder = Decoder::default();
        let mut expected = None;
        let mut last_timestamp: Option<u32> = None;
        let mut latest = None;
        let mut packets = self.packets.iter().peekable();
        while let Some((&first, begin)) = packets.next() {
            let mut picture = vec![begin];
            let (mut sequence, mut whole) = (first, begin.truth.part.0 == 0);
            while let Some((&next, packet)) =
                packets.next_if(|(_, packet)| packet.timestamp == begin.timestamp)
            {
                whole &= next == sequence + 1;
                sequence = next;
                picture.push(packet);
            }
            let hole = expected.is_some_and(|expected| expected != first);
            let mut next = sequence + 1;
            while self.fillers.contains(&next) {
                next += 1;
            }
            expected = Some(next);
            if let Some(last) = last_timestamp {
                let ahead = begin.timestamp.wrapping_sub(last);
                assert!(ahead > 0 && ahead < 1 << 31, "time runs back: {begin:?}");
            }
            last_timestamp = Some(begin.timestamp);
            latest = latest.max(picture.iter().map(|packet| packet.at).max());
            let ended = picture.last().is_some_and(|packet| packet.marker);
            let following = self.packets.get(&next).map(|packet| packet.truth);
            let cut = following.is_some_and(|following| {
                following.keyframe && following.source != begin.truth.source
            });
            if hole || !whole || !ended && (cut || following.is_none()) {
                // Lost for good, cut short, or still under way.
                decoder = Decoder { last_number: decoder.last_number, ..Decoder::default() };
                continue;
            }
            assert!(ended, "a picture without an end at {sequence}: {picture:?}");
            if let Some(height) = decoder.decode(&picture) {
                shown.extend(latest.map(|at| Shown { at, height, name: 0, filmed: 0 }));
            }
        }
        shown
    }
}

impl Decoder {
    /// The height of a whole picture; nothing while a keyframe is waited for.
    fn decode(&mut self, picture: &[&Arrived]) -> Option<u16> {
        let first = picture[0].truth;
        let starts = first.keyframe && first.spatial == 0;
        if starts {
            // Nothing behind it builds on what lies before, and numbers may be counted anew.
            self.decoded.clear();
            self.apart = None;
            self.source = Some(first.source);
        } else if self.source != Some(first.source) {
            assert!(self.source.is_none(), "another source begins with a keyframe");
            return None;
        }
        let ids: BTreeSet<_> = picture.iter().filter_map(|packet| packet.picture).collect();
        assert!(ids.len() <= 1, "one picture has one number: {ids:?}");
        for packet in picture {
            self.read(packet);
        }
        let frames: Vec<_> =
            picture.chunk_by(|a, b| a.truth.frame == b.truth.frame).map(|f| f[0].truth).collect();
        for (frame, packets) in
            frames.iter().zip(picture.chunk_by(|a, b| a.truth.frame == b.truth.frame))
        {
            assert_eq!(frame.source, first.source, "one picture of one source");
            let parts: Vec<_> = packets.iter().map(|packet| packet.truth.part.0).collect();
            assert_eq!(parts, (0..frame.part.1).collect::<Vec<_>>(), "a whole frame: {frame:?}");
            for back in frame.references.iter().filter(|back| **back > 0) {
                let needed = frame.frame.checked_sub(u64::from(*back));
                let there = needed.is_some_and(|needed| self.decoded.contains(&needed));
                assert!(there, "{frame:?} is built on what never came");
            }
            self.decoded.insert(frame.frame);
        }
        let ends = picture.iter().filter(|packet| packet.marker).count();
        assert_eq!(ends, 1, "one end to a picture: {picture:?}");
        let highest = frames.last().map(|frame| frame.spatial);
        if let (Some(structure), true) = (&self.structure, picture[0].descriptor.is_some()) {
            let active = structure.targets().iter().enumerate();
            let expected = active
                .filter(|(bit, _)| self.active >> bit & 1 == 1)
                .map(|(_, target)| target.spatial)
                .max();
            assert_eq!(highest, expected, "nobody waits for what does not come: {first:?}");
        }
        frames.last().map(|frame| frame.height)
    }

    /// Reads a descriptor as receivers do, by what came before.
    fn read(&mut self, packet: &Arrived) {
        let Some(bytes) = &packet.descriptor else { return };
        let read = Descriptor::parse(bytes, self.structure.as_deref());
        let read = read.unwrap_or_else(|error| panic!("{error:?}: {packet:?}"));
        let apart = read.number.wrapping_sub(packet.truth.frame as u16);
        assert_eq!(*self.apart.get_or_insert(apart), apart, "numbers keep their distances");
        let ahead = self.last_number.map_or(1, |last| read.number.wrapping_sub(last));
        assert!(ahead < 1 << 15, "numbers of frames run back: {packet:?}");
        self.last_number = Some(read.number);
        let layers = (packet.truth.spatial, packet.truth.temporal);
        assert_eq!((read.spatial, read.temporal), layers, "read by another structure: {packet:?}");
        self.active = read.active.unwrap_or(self.active);
        if let Some(structure) = read.structure {
            self.structure = Some(structure);
        }
    }
}

/// A packet as it goes on the wire.
pub(crate) fn packet(
    encoder: &mut Encoder,
    name: u32,
    (picture, packet): (u64, u64),
    keyframe: bool,
    (sequence, size): (u64, usize),
) -> Packet {
    let marker = packet + 1 == encoder.packets();
    let height = encoder.mode.height;
    let (payload, descriptor) = encoder.encode(name, packet, keyframe, size);
    Packet {
        sequence,
        timestamp: (picture * 2_970) as u32 + u32::from(height) * 1_000,
        marker,
        keyframe,
        payload,
        descriptor,
    }
}
