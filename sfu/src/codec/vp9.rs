//! VP9 payload descriptors (RFC 9628 section 4.2).

use super::numbering::Running;

/// The most spatial layers that are told apart.
pub const SPATIAL_LAYERS: usize = 4;

/// What the node reads of a payload descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// The picture's number and, in flexible mode not there, `TL0PICIDX`.
    pub running: Running,
    /// The first packet of a layer's frame (`B`).
    pub begins: bool,
    /// The last packet of a layer's frame (`E`).
    pub ends: bool,
    /// Predicted from earlier pictures (`P`).
    pub predicted: bool,
    /// `SID`.
    pub spatial: u8,
    /// `TID`.
    pub temporal: u8,
    /// From this picture on, higher temporal layers can be decoded by whoever has the lower ones
    /// (`U`).
    pub switching: bool,
    /// How many spatial layers there are, where the packet tells.
    pub layers: Option<u8>,
    /// Their heights in pixels, where the packet tells.
    pub heights: [Option<u16>; SPATIAL_LAYERS],
}

impl Descriptor {
    /// Reads the descriptor at the start of a payload, or nothing when it is cut short.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut rest = Bytes { payload, at: 0 };
        let flags = rest.byte()?;
        let has = |bit: u8| flags & bit != 0;
        let mut descriptor =
            Self { begins: has(0x08), ends: has(0x04), predicted: has(0x40), ..Self::default() };
        let flexible = has(0x10);
        if has(0x80) {
            let at = rest.at;
            let first = rest.byte()?;
            descriptor.running.picture_id = if first & 0x80 == 0 {
                Some((u16::from(first), 7, at))
            } else {
                Some((u16::from_be_bytes([first & 0x7f, rest.byte()?]), 15, at))
            };
        }
        if has(0x20) {
            let layer = rest.byte()?;
            descriptor.temporal = layer >> 5;
            descriptor.switching = layer & 0x10 != 0;
            descriptor.spatial = layer >> 1 & 7;
            if !flexible {
                let at = rest.at;
                descriptor.running.tl0_picture_index = Some((rest.byte()?, at));
            }
        }
        if flexible && descriptor.predicted {
            let mut differences = 0;
            while rest.byte()? & 1 != 0 {
                differences += 1;
                if differences == 3 {
                    return None;
                }
            }
        }
        if has(0x02) {
            (descriptor.layers, descriptor.heights) = rest.structure()?;
        }
        Some(descriptor)
    }

    /// Whether a decoder can start here.
    #[must_use]
    pub fn starts_keyframe(&self) -> bool {
        self.begins && !self.predicted && self.spatial == 0
    }
}

struct Bytes<'p> {
    payload: &'p [u8],
    at: usize,
}

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.payload.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    /// The scalability structure, of which only number and sizes of layers are kept.
    fn structure(&mut self) -> Option<(Option<u8>, [Option<u16>; SPATIAL_LAYERS])> {
        let mut heights = [None; SPATIAL_LAYERS];
        let flags = self.byte()?;
        let layers = (flags >> 5) + 1;
        if flags & 0x10 != 0 {
            for layer in 0..usize::from(layers) {
                let _width = self.word()?;
                let height = self.word()?;
                if let Some(slot) = heights.get_mut(layer) {
                    *slot = Some(height);
                }
            }
        }
        if flags & 0x08 != 0 {
            for _ in 0..self.byte()? {
                for _ in 0..self.byte()? >> 2 & 3 {
                    self.byte()?;
                }
            }
        }
        Some((Some(layers), heights))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_browsers_send() {
        // Not flexible: picture id of 15 bits, layer indices with TL0PICIDX, a structure of three
        // sizes and a pattern of one picture.
        let mut payload = vec![0xaa, 0x81, 0x23, 0x00, 0x55, 0x58];
        for (width, height) in [(320_u16, 180_u16), (640, 360), (1280, 720)] {
            payload.extend(width.to_be_bytes());
            payload.extend(height.to_be_bytes());
        }
        payload.extend([1, 0b0001_0100, 1, 0xff]);
        let read = Descriptor::parse(&payload).expect("a descriptor");
        assert_eq!(read.running.picture_id, Some((0x123, 15, 1)));
        assert_eq!(read.running.tl0_picture_index, Some((0x55, 4)));
        assert_eq!(read.layers, Some(3));
        assert_eq!(read.heights, [Some(180), Some(360), Some(720), None]);
        assert!(read.starts_keyframe());
        assert_eq!(Descriptor::parse(&payload[..payload.len() - 2]), None, "cut short");
    }

    #[test]
    fn tells_layers_and_keyframes() {
        // flags, TID U SID D, TL0PICIDX
        for (payload, spatial, temporal, switching, keyframe) in [
            (&[0x28, 0x00, 0][..], 0, 0, false, true),
            (&[0x28, 0x03, 0], 1, 0, false, false),
            (&[0x68, 0x00, 0], 0, 0, false, false),
            (&[0x20, 0x00, 0], 0, 0, false, false),
            (&[0x6c, 0x54, 0], 2, 2, true, false),
            (&[0x08], 0, 0, false, true),
        ] {
            let read = Descriptor::parse(payload).expect("a descriptor");
            assert_eq!(read.starts_keyframe(), keyframe, "{payload:x?}");
            let layers = (read.spatial, read.temporal, read.switching);
            assert_eq!(layers, (spatial, temporal, switching), "{payload:x?}");
        }
        assert_eq!(Descriptor::parse(&[0x78, 0x00, 0x03, 0x03, 0x03]), None, "four references");
        assert_eq!(Descriptor::parse(&[]), None);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(payload in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Descriptor::parse(&payload);
        }
    }
}
