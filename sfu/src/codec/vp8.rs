//! VP8 payload descriptors (RFC 7741 section 4.2).

/// Where the running numbers stand in a payload descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// The picture id with its width in bits (7 or 15) and its offset.
    picture_id: Option<(u16, u8, usize)>,
    /// `TL0PICIDX` and its offset.
    tl0_picture_index: Option<(u8, usize)>,
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

/// Continues the picture numbers of one source with those of the next, so that a decoder sees
/// one stream. Numbers of one source keep their distances.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbering {
    picture_offset: u16,
    tl0_offset: u8,
    last_picture: u16,
    last_tl0: u8,
    begun: bool,
}

impl Numbering {
    /// Begins with a source whose first packet is `payload`.
    pub fn begin(&mut self, payload: &[u8]) {
        let descriptor = Descriptor::parse(payload).unwrap_or_default();
        let (picture, tl0) = descriptor.numbers();
        if !self.begun {
            (self.last_picture, self.last_tl0) = (picture, tl0);
        } else {
            self.picture_offset = self.last_picture.wrapping_add(1).wrapping_sub(picture);
            self.tl0_offset = self.last_tl0.wrapping_add(1).wrapping_sub(tl0);
        }
        self.begun = true;
    }

    /// Rewrites the numbers in `payload`, a packet of the current source.
    #[inline]
    pub fn rewrite(&mut self, payload: &mut [u8]) {
        let Some(descriptor) = Descriptor::parse(payload) else { return };
        if let Some((value, bits, at)) = descriptor.picture_id {
            let value = value.wrapping_add(self.picture_offset) & 0x7fff;
            // A repaired packet comes late; the numbers only ever move forward.
            if value.wrapping_sub(self.last_picture) & 0x7fff < 0x4000 {
                self.last_picture = value;
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
            let value = value.wrapping_add(self.tl0_offset);
            if value.wrapping_sub(self.last_tl0) < 0x80 {
                self.last_tl0 = value;
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
        numbering.begin(&payload);
        numbering.rewrite(&mut payload);
        assert_eq!(payload, packet(900, 17, true));
    }

    #[test]
    fn the_next_source_goes_on_where_the_last_stopped() {
        let mut numbering = Numbering::default();
        let mut last = packet(0x7fff, 255, true);
        numbering.begin(&last);
        numbering.rewrite(&mut last);

        let mut first = packet(12, 3, true);
        numbering.begin(&first);
        numbering.rewrite(&mut first);
        assert_eq!(numbers(&first), (0, 0));
        let mut second = packet(13, 4, false);
        numbering.rewrite(&mut second);
        assert_eq!(numbers(&second), (1, 1));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(mut payload in proptest::collection::vec(any::<u8>(), 0..12)) {
            let length = payload.len();
            let mut numbering = Numbering::default();
            numbering.begin(&payload);
            numbering.begin(&payload);
            numbering.rewrite(&mut payload);
            let _ = starts_keyframe(&payload);
            prop_assert_eq!(payload.len(), length);
        }
    }
}
