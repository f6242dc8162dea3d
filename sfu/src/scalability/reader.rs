//! Reads what the packets of one encoding say of their frames.

use super::{Frame, SPATIAL_LAYERS, TARGETS, TEMPORAL_LAYERS, Target, Targets};
use crate::codec::{h264, vp8, vp9};
use crate::dependency::{Descriptor, Indication, References, Structure, Unreadable};
use crate::sdp::CodecKind;

/// Where the numbers of a stream begin, so that those of reordered predecessors are not negative.
const FIRST: u64 = 1 << 20;

/// What was learnt from a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Its frame.
    Frame(Frame),
    /// Nothing: there are no layers, or it does not say.
    Plain,
    /// It needs a structure that has not arrived yet.
    Waiting,
}

/// What is known of an encoding.
#[derive(Debug, Default)]
pub struct Reader {
    latest: Option<Described>,
    /// For packets that come late.
    former: Option<Described>,
    highest: Option<u64>,
    heights: [Option<u16>; SPATIAL_LAYERS],
    /// The highest spatial layer of a codec that does not say how many there are.
    spatial: u8,
    /// H264's sequence parameters come with the pictures.
    parameters: bool,
}

/// A structure and what follows from it.
#[derive(Debug)]
struct Described {
    structure: Box<Structure>,
    /// The frame that brought it.
    since: u64,
    /// The decode targets that are sent, as a mask.
    active: u32,
    offered: Targets,
    /// The mask of decode targets that are sent to whoever gets a target, by rank.
    masks: [u32; TARGETS],
}

impl Reader {
    /// Reads a packet, `descriptor` being the value of its dependency descriptor.
    pub fn read(&mut self, codec: CodecKind, payload: &[u8], descriptor: Option<&[u8]>) -> Reading {
        if let Some(bytes) = descriptor {
            return self.described(codec, payload, bytes);
        }
        if self.latest.is_some() {
            // It says less than the others; whoever gets the stream gets it.
            return Reading::Plain;
        }
        let frame = match codec {
            CodecKind::Vp8 => self.vp8(payload),
            CodecKind::Vp9 => self.vp9(payload),
            CodecKind::H264 => {
                self.learn_height(codec, payload);
                self.parameters |= h264::has_parameters(payload);
                None
            }
            CodecKind::Opus | CodecKind::Red | CodecKind::Av1 => None,
        };
        frame.map_or(Reading::Plain, Reading::Frame)
    }

    /// Begins anew: packets were missed, nobody knows how many. Heights are kept.
    pub fn forget(&mut self) {
        (self.latest, self.former, self.highest) = (None, None, None);
    }

    /// Whether a decoder can start at a packet that brought `frame`: the descriptor's word counts
    /// where there is one.
    #[must_use]
    pub fn starts_keyframe(&self, codec: CodecKind, payload: &[u8], reading: &Reading) -> bool {
        match reading {
            Reading::Frame(Frame { layout: Some(layout), references, .. }) => {
                layout.attached && references.as_slice().is_empty()
            }
            // Parameters may come in a packet of their own, and no slice can do without.
            _ if codec == CodecKind::H264 && self.parameters => h264::has_parameters(payload),
            _ => crate::codec::starts_keyframe(codec, payload),
        }
    }

    /// The height of a spatial layer in pixels, once it was told.
    #[must_use]
    pub fn height(&self, spatial: u8) -> Option<u16> {
        self.heights.get(usize::from(spatial)).copied().flatten()
    }

    /// The heights of all spatial layers.
    #[must_use]
    pub fn heights(&self) -> [Option<u16>; SPATIAL_LAYERS] {
        self.heights
    }

    /// Takes over what another reader of the encoding was told of heights. True if it is new.
    pub fn note_heights(&mut self, heights: [Option<u16>; SPATIAL_LAYERS]) -> bool {
        std::mem::replace(&mut self.heights, heights) != heights
    }

    /// The height of the whole picture in pixels, once it was told.
    #[must_use]
    pub fn full_height(&self) -> Option<u16> {
        self.heights.iter().flatten().max().copied()
    }

    /// The structure that descriptors refer to now.
    #[must_use]
    pub fn structure(&self) -> Option<&Structure> {
        self.latest.as_ref().map(|described| &*described.structure)
    }

    /// The decode targets that are sent to whoever gets `target`, as a mask of so many bits.
    #[must_use]
    pub fn mask(&self, target: Target) -> Option<u32> {
        self.latest.as_ref().map(|described| described.masks[target.rank()])
    }

    fn described(&mut self, codec: CodecKind, payload: &[u8], bytes: &[u8]) -> Reading {
        let Some(number) = bytes.get(1..3) else { return Reading::Plain };
        let number = self.widen(u16::from_be_bytes([number[0], number[1]]), 16);
        let known = match &self.latest {
            Some(latest) if number < latest.since => self.former.as_ref(),
            latest => latest.as_ref(),
        };
        let mut read = match Descriptor::parse(bytes, known.map(|known| &*known.structure)) {
            Ok(read) => read,
            Err(Unreadable::NoStructure) => return Reading::Waiting,
            Err(Unreadable::Malformed) => return Reading::Plain,
        };
        if let Some(structure) = read.structure.take() {
            if structure.height(0).is_none() {
                self.learn_height(codec, payload);
            }
            self.learn(number, structure);
        }
        let described = match &mut self.latest {
            Some(latest) if number < latest.since => self.former.as_mut(),
            latest => latest.as_mut(),
        };
        let Some(described) = described else { return Reading::Waiting };
        if let Some(active) = read.active
            && active != described.active
        {
            described.activate(active);
        }
        let picture = match codec {
            CodecKind::Vp8 => vp8::temporal(payload).map_or(0, |temporal| temporal.picture),
            _ => 0,
        };
        let mut frame = Frame {
            number,
            picture,
            layers: Target::new(read.spatial, read.temporal),
            ends: read.ends,
            part_of: Targets::NONE,
            entries: Targets::NONE,
            offered: described.offered,
            references: read.references,
            nested: false,
            lifts: false,
            layout: Some(read.layout),
        };
        for (index, target) in described.structure.targets().iter().enumerate() {
            let target = Target::new(target.spatial, target.temporal);
            match read.indications.of(index) {
                Indication::NotPresent => continue,
                Indication::Switch => frame.entries.insert(target),
                Indication::Discardable | Indication::Required => {}
            }
            frame.part_of.insert(target);
        }
        Reading::Frame(frame)
    }

    /// From the payload of a keyframe's first packet, of codecs with one spatial layer.
    fn learn_height(&mut self, codec: CodecKind, payload: &[u8]) {
        let height = match codec {
            CodecKind::Vp8 => vp8::keyframe_height(payload),
            CodecKind::H264 => h264::height(payload),
            CodecKind::Opus | CodecKind::Red | CodecKind::Vp9 | CodecKind::Av1 => None,
        };
        self.heights[0] = height.or(self.heights[0]);
    }

    fn learn(&mut self, number: u64, structure: Box<Structure>) {
        if self.latest.as_ref().is_some_and(|latest| number < latest.since) {
            return;
        }
        for (spatial, height) in self.heights.iter_mut().enumerate() {
            *height = structure.height(spatial as u8).or(*height);
        }
        let active = structure.all();
        let mut described = Described {
            structure,
            since: number,
            active,
            offered: Targets::NONE,
            masks: [0; TARGETS],
        };
        described.activate(active);
        if self.latest.as_ref().is_some_and(|latest| number == latest.since) {
            self.latest = Some(described);
        } else {
            self.former = self.latest.replace(described);
        }
    }

    /// One spatial layer; `Y` says where a temporal layer can be entered.
    fn vp8(&mut self, payload: &[u8]) -> Option<Frame> {
        let keyframe = vp8::starts_keyframe(payload);
        if keyframe {
            self.learn_height(CodecKind::Vp8, payload);
        }
        let temporal = vp8::temporal(payload)?;
        let layers = Target::new(0, temporal.layer);
        let number = self.widen(temporal.picture, 15);
        let offered = Targets::up_to(Target::new(0, u8::MAX));
        let entries = match (keyframe, temporal.sync) {
            (true, _) => offered,
            (_, true) => Targets::only(layers),
            _ => Targets::NONE,
        };
        Some(Frame {
            number,
            picture: temporal.picture,
            layers,
            ends: false,
            part_of: Targets::from(layers),
            entries,
            offered,
            references: References::default(),
            nested: true,
            lifts: false,
            layout: None,
        })
    }

    fn vp9(&mut self, payload: &[u8]) -> Option<Frame> {
        let read = vp9::Descriptor::parse(payload)?;
        for (height, told) in self.heights.iter_mut().zip(read.heights) {
            *height = told.or(*height);
        }
        let (picture, bits, _) = read.running.picture_id?;
        let layers = Target::new(read.spatial, read.temporal);
        self.spatial = match read.layers {
            Some(layers) => layers - 1,
            None => self.spatial.max(layers.spatial),
        };
        let picture_number = self.widen(picture, bits);
        let keyframe = read.spatial == 0 && !read.predicted;
        let offered = Targets::up_to(Target::new(self.spatial, u8::MAX));
        Some(Frame {
            // Frames of a picture share its number.
            number: picture_number * SPATIAL_LAYERS as u64 + u64::from(layers.spatial),
            picture,
            layers,
            ends: read.ends,
            part_of: Targets::from(layers),
            entries: if keyframe { Targets::ALL } else { Targets::NONE },
            offered,
            references: References::default(),
            nested: true,
            lifts: read.switching,
            layout: None,
        })
    }

    /// The number that ends in `value` and lies nearest to the highest so far.
    fn widen(&mut self, value: u16, bits: u8) -> u64 {
        let Some(highest) = self.highest else {
            let first = FIRST + u64::from(value);
            self.highest = Some(first);
            return first;
        };
        let shift = 64 - u32::from(bits);
        let ahead = (u64::from(value).wrapping_sub(highest) << shift) as i64 >> shift;
        let number = highest.saturating_add_signed(ahead);
        self.highest = Some(highest.max(number));
        number
    }
}

impl Described {
    fn activate(&mut self, active: u32) {
        self.active = active;
        self.offered = Targets::NONE;
        self.masks = [0; TARGETS];
        for (index, target) in self.structure.targets().iter().enumerate() {
            let bit = 1 << index;
            if active & bit == 0 {
                continue;
            }
            let target = Target::new(target.spatial, target.temporal);
            self.offered.insert(target);
            for whole in Targets::from(target).iter() {
                self.masks[whole.rank()] |= bit;
            }
        }
    }
}

const _: () = assert!(vp9::SPATIAL_LAYERS == SPATIAL_LAYERS && TEMPORAL_LAYERS == 4);
