//! VP8 payload descriptors (RFC 7741 section 4.2).

use super::numbering::Running;

/// What the node reads of a payload descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// The picture's number and `TL0PICIDX`.
    pub running: Running,
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
                descriptor.running.picture_id = Some((u16::from(first), 7, at));
                descriptor.length += 1;
            } else {
                let value = u16::from_be_bytes([first & 0x7f, *payload.get(at + 1)?]);
                descriptor.running.picture_id = Some((value, 15, at));
                descriptor.length += 2;
            }
        }
        if flags & 0x40 != 0 {
            let at = descriptor.length;
            descriptor.running.tl0_picture_index = Some((*payload.get(at)?, at));
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
    let (picture, ..) = descriptor.running.picture_id?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(picture: u16, tl0: u8, keyframe: bool) -> Vec<u8> {
        let [high, low] = picture.to_be_bytes();
        vec![0x90, 0xe0, high | 0x80, low, tl0, 0x20, u8::from(!keyframe), 1, 2]
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
        fn garbage_never_panics(payload in proptest::collection::vec(any::<u8>(), 0..12)) {
            let _ = starts_keyframe(&payload);
            let _ = (keyframe_height(&payload), temporal(&payload));
        }
    }
}
