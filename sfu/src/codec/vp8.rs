//! VP8 payload descriptors (RFC 7741 section 4.2).

/// Where the running numbers stand in a payload descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// The picture id with its width in bits (7 or 15) and its offset.
    picture_id: Option<(u16, u8, usize)>,
    /// `TL0PICIDX` and its offset.
    tl0_picture_index: Option<(u8, usize)>,
    /// The temporal layer, and whether it builds on the lowest one alone (`TID` and `Y`).
    temporal: Option<(u8, bool)>,
    /// The descriptor's length in bytes.
    length: usize,
}

impl Descriptor {
    /// Reads the descriptor at the start of a payload, or nothing when it is cut short.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut descriptor = Self { length: 1, ..Self::default() };
        if payload.first()? & 0x80 == 0 {
            return Some(descriptor);
        }
        let flags = *payload.get(1)?;
        descriptor.length = 2;
        if flags & 0x80 != 0 {
            let at = descriptor.length;
            let first = *payload.get(at)?;
            if first & 0x80 == 0 {
                descriptor.picture_id = Some((u16::from(first), 7, at));
                descriptor.length += 1;
            } else {
                let value = u16::from_be_bytes([first & 0x7f, *payload.get(at + 1)?]);
                descriptor.picture_id = Some((value, 15, at));
                descriptor.length += 2;
            }
        }
        if flags & 0x40 != 0 {
            let at = descriptor.length;
            descriptor.tl0_picture_index = Some((*payload.get(at)?, at));
            descriptor.length += 1;
        }
        if flags & 0x30 != 0 {
            if flags & 0x20 != 0 {
                let layer = *payload.get(descriptor.length)?;
                descriptor.temporal = Some((layer >> 6, layer & 0x20 != 0));
            }
            descriptor.length += 1;
        }
        (payload.len() >= descriptor.length).then_some(descriptor)
    }
}

/// Whether the packet begins a keyframe: start of partition 0, and the frame header's inverse
/// key frame flag is 0 (RFC 6386 section 9.1).
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
    let Some(&first) = payload.first() else { return false };
    let starts_frame = first & 0x10 != 0 && first & 0x07 == 0;
    starts_frame
        && Descriptor::parse(payload)
            .and_then(|descriptor| payload.get(descriptor.length))
            .is_some_and(|frame_header| frame_header & 1 == 0)
}

/// Where a packet stands among the temporal layers. Nothing if it does not say.
#[must_use]
pub fn temporal(payload: &[u8]) -> Option<Temporal> {
    let descriptor = Descriptor::parse(payload)?;
    let (layer, sync) = descriptor.temporal?;
    let (picture, ..) = descriptor.picture_id?;
    let begins = payload[0] & 0x17 == 0x10;
    Some(Temporal { layer, sync, begins, picture })
}

/// The height of a keyframe in pixels, from its first packet (RFC 6386 section 9.1).
#[must_use]
pub fn keyframe_height(payload: &[u8]) -> Option<u16> {
    if !starts_keyframe(payload) {
        return None;
    }
    let frame = payload.get(Descriptor::parse(payload)?.length..)?;
    let (start_code, size) = (frame.get(3..6)?, frame.get(8..10)?);
    (start_code == [0x9d, 0x01, 0x2a]).then(|| u16::from_le_bytes([size[0], size[1]]) & 0x3fff)
}

/// Where a packet stands among the temporal layers of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Temporal {
    /// 0 is the layer that all others build on.
    pub layer: u8,
    /// From here on this layer can be decoded by whoever has the lower ones.
    pub sync: bool,
    /// The picture begins with this packet.
    pub begins: bool,
    /// The picture's number, 7 or 15 bits.
    pub picture: u16,
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
    pub fn begin(&mut self, payload: &[u8]) -> Offsets {
        let (picture, tl0) = Descriptor::parse(payload).unwrap_or_default().numbers();
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
    pub fn rewrite(&mut self, offsets: Offsets, left_out: u16, payload: &mut [u8]) {
        let Some(descriptor) = Descriptor::parse(payload) else { return };
        let (last_picture, last_tl0) = self.last.get_or_insert_default();
        if let Some((value, bits, at)) = descriptor.picture_id {
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
        if let Some((value, at)) = descriptor.tl0_picture_index {
            let value = value.wrapping_add(offsets.tl0);
            if value.wrapping_sub(*last_tl0) < 0x80 {
                *last_tl0 = value;
            }
            payload[at] = value;
        }
    }
}

impl Descriptor {
    fn numbers(&self) -> (u16, u8) {
        (
            self.picture_id.map_or(0, |(value, ..)| value),
            self.tl0_picture_index.map_or(0, |(value, _)| value),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(picture: u16, tl0: u8, keyframe: bool) -> Vec<u8> {
        let [high, low] = picture.to_be_bytes();
        vec![0x90, 0xe0, high | 0x80, low, tl0, 0x20, u8::from(!keyframe), 1, 2]
    }

    fn numbers(payload: &[u8]) -> (u16, u8) {
        Descriptor::parse(payload).expect("a descriptor").numbers()
    }

    #[test]
    fn tells_keyframes() {
        for (payload, expected) in [
            (&[0x10, 0x00][..], true),
            (&[0x10, 0x01], false),
            (&[0x00, 0x00], false),
            (&[0x11, 0x00], false),
            (&[0x90, 0x80, 0x05, 0x00], true),
            (&[0x90, 0x80, 0x85, 0x00, 0x00], true),
            (&[0x90, 0x80, 0x85], false),
            (&[0x10], false),
            (&[], false),
        ] {
            assert_eq!(starts_keyframe(payload), expected, "{payload:x?}");
        }
    }

    #[test]
    fn the_first_source_is_left_alone() {
        let mut numbering = Numbering::default();
        let mut payload = packet(900, 17, true);
        let offsets = numbering.begin(&payload);
        numbering.rewrite(offsets, 0, &mut payload);
        assert_eq!(payload, packet(900, 17, true));
    }

    #[test]
    fn the_next_source_goes_on_where_the_last_stopped() {
        let mut numbering = Numbering::default();
        let mut last = packet(0x7fff, 255, true);
        let former = numbering.begin(&last);
        numbering.rewrite(former, 0, &mut last);

        let mut first = packet(12, 3, true);
        let offsets = numbering.begin(&first);
        numbering.rewrite(offsets, 0, &mut first);
        assert_eq!(numbers(&first), (0, 0));
        let mut third = packet(14, 4, false);
        numbering.rewrite(offsets, 1, &mut third);
        assert_eq!(numbers(&third), (1, 1), "a picture was left out");

        let mut late = packet(0x7ffe, 254, false);
        numbering.rewrite(former, 0, &mut late);
        assert_eq!(numbers(&late), (0x7ffe, 254), "a repair keeps its source's numbers");
    }

    #[test]
    fn tells_temporal_layers() {
        let mut payload = packet(5, 1, false);
        payload[5] = 0b1010_0000;
        let temporal = Temporal { layer: 2, sync: true, begins: true, picture: 5 };
        assert_eq!(super::temporal(&payload), Some(temporal));
        payload[0] = 0x80;
        assert!(!super::temporal(&payload).unwrap().begins);
        assert_eq!(super::temporal(&[0x10, 0x00]), None);
    }

    #[test]
    fn tells_the_height_of_a_keyframe() {
        let frame = [0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41];
        assert_eq!(keyframe_height(&frame), Some(360), "the scale stands in the upper bits");
        assert_eq!(keyframe_height(&frame[..9]), None);
        assert_eq!(keyframe_height(&[0x10, 0x01]), None);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(mut payload in proptest::collection::vec(any::<u8>(), 0..12)) {
            let length = payload.len();
            let mut numbering = Numbering::default();
            numbering.begin(&payload);
            let offsets = numbering.begin(&payload);
            numbering.rewrite(offsets, 3, &mut payload);
            let _ = starts_keyframe(&payload);
            let _ = (keyframe_height(&payload), temporal(&payload));
            prop_assert_eq!(payload.len(), length);
        }
    }
}
