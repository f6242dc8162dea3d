//! ChannelData: four bytes before a packet in place of a whole STUN message (RFC 8656
//! section 12.4).

/// Bytes before the packet: number and length.
pub(crate) const HEADER: usize = 4;

/// The number of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelNumber(u16);

impl ChannelNumber {
    /// A number that clients may use (RFC 8656 section 12).
    pub(crate) fn new(number: u16) -> Option<Self> {
        (0x4000..=0x4fff).contains(&number).then_some(Self(number))
    }

    /// Writes the header of a frame whose packet follows it already.
    ///
    /// # Panics
    /// When the frame is shorter than its header, or its packet longer than a datagram.
    pub(crate) fn stamp(self, frame: &mut [u8]) {
        let length = u16::try_from(frame.len() - HEADER).expect("invariant: a datagram fits");
        frame[..2].copy_from_slice(&self.0.to_be_bytes());
        frame[2..HEADER].copy_from_slice(&length.to_be_bytes());
    }
}

/// Reads a frame: the channel and its packet. Padding may follow the packet.
pub(crate) fn parse(frame: &[u8]) -> Option<(ChannelNumber, &[u8])> {
    let (header, rest) = frame.split_first_chunk::<HEADER>()?;
    let number = ChannelNumber::new(u16::from_be_bytes([header[0], header[1]]))?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    Some((number, rest.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_are_written() {
        let number = ChannelNumber::new(0x4001).unwrap();
        let mut frame = *b"\0\0\0\0stage";
        number.stamp(&mut frame);
        assert_eq!(&frame, b"\x40\x01\0\x05stage");
        assert_eq!(parse(&frame), Some((number, &b"stage"[..])));
        assert_eq!(parse(b"\x40\x01\0\x05stage\0\0\0"), Some((number, &b"stage"[..])));
        assert_eq!(parse(b"\x4f\xff\0\0"), ChannelNumber::new(0x4fff).map(|n| (n, &b""[..])));
    }

    #[test]
    fn other_bytes_are_no_frames() {
        let cases: [&[u8]; 5] =
            [b"", b"\x40\x01\0", b"\x40\x01\0\x05stag", b"\x50\0\0\0", b"\x3f\xff\0\0"];
        for frame in cases {
            assert_eq!(parse(frame), None, "{frame:?}");
        }
    }
}
