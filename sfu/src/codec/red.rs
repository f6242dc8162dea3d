//! Redundant audio (RFC 2198): a packet carries its own frame of sound, and those of some packets
//! before it once more.

/// The most redundant blocks of a packet that is read.
pub const MAX_REDUNDANT: usize = 8;

/// What a packet carries.
#[derive(Clone, Copy, Debug)]
pub struct Red<'p> {
    payload: &'p [u8],
    /// Where the blocks begin.
    start: usize,
    redundant: usize,
    /// Where the packet's own frame begins, and its payload type.
    primary: usize,
    primary_type: u8,
}

/// An earlier packet's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'p> {
    /// How many packets before this one it was sent.
    pub back: usize,
    /// The payload type that it would have by itself.
    pub payload_type: u8,
    /// How much earlier it is than this packet, in units of the timestamp; 14 bits.
    pub earlier: u32,
    /// The frame.
    pub frame: &'p [u8],
}

impl<'p> Red<'p> {
    /// Reads the block headers of `payload`. Nothing when they run out of it, when there are more
    /// than [`MAX_REDUNDANT`], or when the packet has no frame of its own.
    #[must_use]
    pub fn parse(payload: &'p [u8]) -> Option<Self> {
        let (mut at, mut length, mut redundant) = (0, 0, 0);
        while *payload.get(at)? & 0x80 != 0 {
            let header: &[u8; 4] = payload.get(at..)?.first_chunk()?;
            length += usize::from(u16::from_be_bytes([header[2] & 0x03, header[3]]));
            redundant += 1;
            at += 4;
            if redundant > MAX_REDUNDANT {
                return None;
            }
        }
        let start = at + 1;
        let primary = start + length;
        (primary < payload.len()).then_some(Self {
            payload,
            start,
            redundant,
            primary,
            primary_type: payload[at] & 0x7f,
        })
    }

    /// How many earlier frames there are.
    #[must_use]
    pub fn redundant(&self) -> usize {
        self.redundant
    }

    /// Where in the payload the packet's own frame begins; it goes to the end.
    #[must_use]
    pub fn primary(&self) -> usize {
        self.primary
    }

    /// The payload type of the packet's own frame.
    #[must_use]
    pub fn primary_type(&self) -> u8 {
        self.primary_type
    }

    /// The earlier frames, the earliest first. Those without content, which stand for packets
    /// that could not be repeated, are left out.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'p>> + use<'p> {
        let Self { payload, start, redundant, .. } = *self;
        let headers = payload[..redundant * 4].as_chunks::<4>().0.iter().enumerate();
        let mut at = start;
        headers
            .map(move |(index, header)| {
                let length = usize::from(u16::from_be_bytes([header[2] & 0x03, header[3]]));
                let frame = &payload[at..at + length];
                at += length;
                Block {
                    back: redundant - index,
                    payload_type: header[0] & 0x7f,
                    earlier: u32::from(u16::from_be_bytes([header[1], header[2]]) >> 2),
                    frame,
                }
            })
            .filter(|block| !block.frame.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet with these earlier frames (payload type, earlier by, frame) and its own.
    fn packet(earlier: &[(u8, u32, Vec<u8>)], own: (u8, &[u8])) -> Vec<u8> {
        let mut packet = Vec::new();
        for (payload_type, earlier, frame) in earlier {
            let rest = earlier << 10 | frame.len() as u32;
            packet.push(0x80 | payload_type);
            packet.extend_from_slice(&rest.to_be_bytes()[1..]);
        }
        packet.push(own.0);
        earlier.iter().for_each(|(.., frame)| packet.extend_from_slice(frame));
        packet.extend_from_slice(own.1);
        packet
    }

    #[test]
    fn a_frame_alone() {
        let red = Red::parse(&[111, 1, 2, 3]).unwrap();
        assert_eq!((red.redundant(), red.primary(), red.primary_type()), (0, 1, 111));
        assert_eq!(red.blocks().count(), 0);
    }

    #[test]
    fn a_frame_and_the_one_before() {
        let payload = packet(&[(111, 960, vec![7; 300])], (111, &[1, 2]));
        let red = Red::parse(&payload).unwrap();
        assert_eq!(payload[red.primary()..], [1, 2]);
        let block = Block { back: 1, payload_type: 111, earlier: 960, frame: &[7; 300] };
        assert_eq!(red.blocks().collect::<Vec<_>>(), [block]);
    }

    #[test]
    fn what_is_cut_short_or_has_no_frame_of_its_own_is_refused() {
        let payload = packet(&[(111, 960, vec![7; 30])], (111, &[1]));
        for length in 0..payload.len() {
            assert!(Red::parse(&payload[..length]).is_none(), "{length}");
        }
        let many = vec![(111, 960, vec![7]); MAX_REDUNDANT + 1];
        assert!(Red::parse(&packet(&many, (111, &[1]))).is_none());
        assert!(Red::parse(&packet(&many[1..], (111, &[1]))).is_some());
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(
            earlier in proptest::collection::vec(
                (0u8..128, 0u32..1 << 14, proptest::collection::vec(any::<u8>(), 0..50)), 0..8),
            own in proptest::collection::vec(any::<u8>(), 1..50),
        ) {
            let payload = packet(&earlier, (111, &own));
            let red = Red::parse(&payload).unwrap();
            prop_assert_eq!(&payload[red.primary()..], &own);
            let count = earlier.len();
            let expected: Vec<_> = (earlier.iter().enumerate())
                .filter(|(_, (.., frame))| !frame.is_empty())
                .map(|(index, (payload_type, earlier, frame))| {
                    (count - index, *payload_type, *earlier, frame.as_slice())
                })
                .collect();
            let read: Vec<_> =
                red.blocks().map(|b| (b.back, b.payload_type, b.earlier, b.frame)).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn nothing_is_read_beyond_the_payload(
            payload in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            if let Some(red) = Red::parse(&payload) {
                prop_assert!(red.blocks().count() <= red.redundant());
                prop_assert!(red.primary() < payload.len());
            }
        }
    }
}
