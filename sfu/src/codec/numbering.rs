//! The running numbers of VP8 and VP9: pictures and groups of pictures are counted in the
//! payload, and have to go on without a break when one source replaces another.

use super::{vp8, vp9};
use crate::sdp::CodecKind;

/// Where the running numbers stand in a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// The picture id with its width in bits (7 or 15) and its offset.
    pub picture_id: Option<(u16, u8, usize)>,
    /// `TL0PICIDX` and its offset.
    pub tl0_picture_index: Option<(u8, usize)>,
}

impl Running {
    /// Those of a payload; none for codecs without them.
    #[inline]
    #[must_use]
    pub fn of(codec: CodecKind, payload: &[u8]) -> Option<Self> {
        match codec {
            CodecKind::Vp8 => Some(vp8::Descriptor::parse(payload)?.running),
            CodecKind::Vp9 => Some(vp9::Descriptor::parse(payload)?.running),
            CodecKind::Opus | CodecKind::Red | CodecKind::H264 | CodecKind::Av1 => None,
        }
    }

    fn numbers(&self) -> (u16, u8) {
        (
            self.picture_id.map_or(0, |(value, ..)| value),
            self.tl0_picture_index.map_or(0, |(value, _)| value),
        )
    }
}

/// Continues the picture numbers of one source with those of the next, so that a decoder sees
/// one stream. Numbers of one source keep their distances.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbering {
    /// The highest numbers so far, once there are any.
    last: Option<(u16, u8)>,
}

/// What to add to the numbers of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    picture: u16,
    tl0: u8,
}

impl Numbering {
    /// Begins with a source whose first packet is `payload`.
    pub fn begin(&mut self, codec: CodecKind, payload: &[u8]) -> Offsets {
        let Some(running) = Running::of(codec, payload) else { return Offsets::default() };
        let (picture, tl0) = running.numbers();
        let Some((last_picture, last_tl0)) = self.last else {
            self.last = Some((picture, tl0));
            return Offsets::default();
        };
        Offsets {
            picture: last_picture.wrapping_add(1).wrapping_sub(picture),
            tl0: last_tl0.wrapping_add(1).wrapping_sub(tl0),
        }
    }

    /// Rewrites the numbers in `payload`, a packet of the source with these offsets, before which
    /// so many pictures were left out.
    #[inline]
    pub fn rewrite(
        &mut self,
        codec: CodecKind,
        offsets: Offsets,
        left_out: u16,
        payload: &mut [u8],
    ) {
        let Some(running) = Running::of(codec, payload) else { return };
        let (last_picture, last_tl0) = self.last.get_or_insert_default();
        if let Some((value, bits, at)) = running.picture_id {
            let value = value.wrapping_add(offsets.picture).wrapping_sub(left_out) & 0x7fff;
            // A repaired packet comes late; the numbers only ever move forward.
            if value.wrapping_sub(*last_picture) & 0x7fff < 0x4000 {
                *last_picture = value;
            }
            if bits == 7 {
                payload[at] = (value & 0x7f) as u8;
            } else {
                let [high, low] = value.to_be_bytes();
                payload[at] = high | 0x80;
                payload[at + 1] = low;
            }
        }
        if let Some((value, at)) = running.tl0_picture_index {
            let value = value.wrapping_add(offsets.tl0);
            if value.wrapping_sub(*last_tl0) < 0x80 {
                *last_tl0 = value;
            }
            payload[at] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vp8(picture: u16, tl0: u8, keyframe: bool) -> Vec<u8> {
        let [high, low] = picture.to_be_bytes();
        vec![0x90, 0xe0, high | 0x80, low, tl0, 0x20, u8::from(!keyframe), 1, 2]
    }

    fn vp9(picture: u16, tl0: u8, keyframe: bool) -> Vec<u8> {
        let [high, low] = picture.to_be_bytes();
        vec![if keyframe { 0xa8 } else { 0xe8 }, high | 0x80, low, 0, tl0, 1, 2]
    }

    fn numbers(codec: CodecKind, payload: &[u8]) -> (u16, u8) {
        Running::of(codec, payload).expect("a descriptor").numbers()
    }

    #[test]
    fn the_first_source_is_left_alone() {
        for (codec, packet) in
            [(CodecKind::Vp8, vp8(900, 17, true)), (CodecKind::Vp9, vp9(9, 1, true))]
        {
            let mut numbering = Numbering::default();
            let mut payload = packet.clone();
            let offsets = numbering.begin(codec, &payload);
            numbering.rewrite(codec, offsets, 0, &mut payload);
            assert_eq!(payload, packet);
        }
    }

    #[test]
    fn the_next_source_goes_on_where_the_last_stopped() {
        for (codec, packet) in [
            (CodecKind::Vp8, vp8 as fn(u16, u8, bool) -> Vec<u8>),
            (CodecKind::Vp9, vp9 as fn(u16, u8, bool) -> Vec<u8>),
        ] {
            let mut numbering = Numbering::default();
            let mut last = packet(0x7fff, 255, true);
            let former = numbering.begin(codec, &last);
            numbering.rewrite(codec, former, 0, &mut last);

            let mut first = packet(12, 3, true);
            let offsets = numbering.begin(codec, &first);
            numbering.rewrite(codec, offsets, 0, &mut first);
            assert_eq!(numbers(codec, &first), (0, 0));
            let mut third = packet(14, 4, false);
            numbering.rewrite(codec, offsets, 1, &mut third);
            assert_eq!(numbers(codec, &third), (1, 1), "a picture was left out");

            let mut late = packet(0x7ffe, 254, false);
            numbering.rewrite(codec, former, 0, &mut late);
            let expected = (0x7ffe, 254);
            assert_eq!(numbers(codec, &late), expected, "a repair keeps its source's numbers");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            codec in prop_oneof![Just(CodecKind::Vp8), Just(CodecKind::Vp9), Just(CodecKind::H264)],
            mut payload in proptest::collection::vec(any::<u8>(), 0..16),
        ) {
            let length = payload.len();
            let mut numbering = Numbering::default();
            numbering.begin(codec, &payload);
            let offsets = numbering.begin(codec, &payload);
            numbering.rewrite(codec, offsets, 3, &mut payload);
            prop_assert_eq!(payload.len(), length);
        }
    }
}
