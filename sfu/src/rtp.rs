//! RTP headers (RFC 3550 section 5.1) read in place and written by hand: the hot path neither
//! allocates nor copies for them.

use crate::dependency;

/// The fixed header's length, in bytes.
pub const FIXED_HEADER_LENGTH: usize = 12;
/// The longest header that the node writes: fixed part, extension word, elements: 32 bytes of
/// short ones, and a dependency descriptor.
pub const MAX_WRITTEN_HEADER: usize = FIXED_HEADER_LENGTH + 4 + 32 + 2 + dependency::MAX_LENGTH + 3;

/// The longest element of the one-byte form, in bytes.
pub const MAX_SHORT_ELEMENT: usize = 16;

const ONE_BYTE_PROFILE: u16 = 0xbede;
const TWO_BYTE_PROFILE: u16 = 0x1000;

/// What the node reads of a header. Lengths are checked: `header_len` is within the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpHeader {
    /// The marker bit.
    pub marker: bool,
    /// Whether the payload ends in padding.
    pub padding: bool,
    /// The payload type.
    pub payload_type: u8,
    /// The sequence number.
    pub sequence: u16,
    /// The timestamp.
    pub timestamp: u32,
    /// The synchronisation source.
    pub ssrc: u32,
    /// Fixed part, CSRCs and extension, in bytes.
    pub header_len: usize,
    extension: Option<(u16, usize)>,
}

impl RtpHeader {
    /// Reads the header of `packet`, or nothing when it is not RTP version 2 or cut short.
    #[must_use]
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; FIXED_HEADER_LENGTH] = packet.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut header_len = FIXED_HEADER_LENGTH + usize::from(fixed[0] & 0x0f) * 4;
        let mut extension = None;
        if fixed[0] & 0x10 != 0 {
            let word: &[u8; 4] = packet.get(header_len..)?.first_chunk()?;
            let profile = u16::from_be_bytes([word[0], word[1]]);
            extension = Some((profile, header_len + 4));
            header_len += 4 + usize::from(u16::from_be_bytes([word[2], word[3]])) * 4;
        }
        if header_len > packet.len() {
            return None;
        }
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            padding: fixed[0] & 0x20 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            header_len,
            extension,
        })
    }

    /// The header extension elements (RFC 8285, one- or two-byte form) of the packet that this
    /// header was read from.
    pub fn extensions<'p>(&self, packet: &'p [u8]) -> Extensions<'p> {
        let Some((profile, start)) = self.extension else {
            return Extensions { rest: &[], two_byte: false };
        };
        let two_byte = profile & 0xfff0 == TWO_BYTE_PROFILE;
        let known = two_byte || profile == ONE_BYTE_PROFILE;
        let rest = if known { packet.get(start..self.header_len).unwrap_or(&[]) } else { &[] };
        Extensions { rest, two_byte }
    }
}

/// Iterates `(id, value)`.
#[derive(Clone, Debug)]
pub struct Extensions<'p> {
    rest: &'p [u8],
    two_byte: bool,
}

impl<'p> Iterator for Extensions<'p> {
    type Item = (u8, &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&first, after) = self.rest.split_first()?;
            if first == 0 {
                self.rest = after;
                continue;
            }
            let (id, length, after) = if self.two_byte {
                let (&length, after) = after.split_first()?;
                (first, usize::from(length), after)
            } else {
                (first >> 4, usize::from(first & 0x0f) + 1, after)
            };
            // Id 15 of the one-byte form ends the list (RFC 8285 section 4.2).
            if (!self.two_byte && id == 15) || after.len() < length {
                self.rest = &[];
                return None;
            }
            let (value, rest) = after.split_at(length);
            self.rest = rest;
            return Some((id, value));
        }
    }
}

/// Writes a header with extension elements of the one-byte form, or of the two-byte form where
/// it is asked for.
#[derive(Debug)]
pub struct HeaderWriter<'b> {
    buffer: &'b mut [u8],
    length: usize,
    extended: bool,
    two_byte: bool,
}

impl<'b> HeaderWriter<'b> {
    /// Begins a header in `buffer`, which must hold [`MAX_WRITTEN_HEADER`] bytes. Sequence number
    /// and SSRC are left for whoever seals the packet.
    #[inline]
    pub fn new(buffer: &'b mut [u8], payload_type: u8, marker: bool, timestamp: u32) -> Self {
        buffer[0] = 0x80;
        buffer[1] = payload_type | u8::from(marker) << 7;
        buffer[4..8].copy_from_slice(&timestamp.to_be_bytes());
        Self { buffer, length: FIXED_HEADER_LENGTH, extended: false, two_byte: false }
    }

    /// Uses the two-byte form, which has room for elements longer than [`MAX_SHORT_ELEMENT`].
    /// Call it before the first element.
    #[inline]
    pub fn long_elements(&mut self) {
        self.two_byte = true;
    }

    /// Adds an extension element under `id` (1 to 14), of 1 to 16 bytes, or up to 255 in the
    /// two-byte form. Short elements together must fit 32 bytes.
    #[inline]
    pub fn extension(&mut self, id: u8, value: &[u8]) {
        if !self.extended {
            self.extended = true;
            self.buffer[0] |= 0x10;
            self.length += 4;
        }
        let start = if self.two_byte {
            self.buffer[self.length] = id;
            self.buffer[self.length + 1] = value.len() as u8;
            self.length + 2
        } else {
            self.buffer[self.length] = id << 4 | (value.len() as u8 - 1);
            self.length + 1
        };
        self.buffer[start..start + value.len()].copy_from_slice(value);
        self.length = start + value.len();
    }

    /// Says that the payload ends in padding.
    #[inline]
    pub fn padding(&mut self) {
        self.buffer[0] |= 0x20;
    }

    /// Ends the header and returns its length in bytes.
    #[inline]
    pub fn finish(self) -> usize {
        if !self.extended {
            return self.length;
        }
        let start = FIXED_HEADER_LENGTH + 4;
        let padded = start + (self.length - start).next_multiple_of(4);
        self.buffer[self.length..padded].fill(0);
        let profile = if self.two_byte { TWO_BYTE_PROFILE } else { ONE_BYTE_PROFILE };
        self.buffer[FIXED_HEADER_LENGTH..FIXED_HEADER_LENGTH + 2]
            .copy_from_slice(&profile.to_be_bytes());
        let words = ((padded - start) / 4) as u16;
        self.buffer[FIXED_HEADER_LENGTH + 2..start].copy_from_slice(&words.to_be_bytes());
        padded
    }
}

/// When the content of a packet was captured: the value of the extension
/// `http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureTime {
    /// By the capturer's clock: 32.32 fixed point seconds since 1900.
    pub ntp: u64,
    /// What to add for the clock of whoever sends the packet, if it is known: 32.32 fixed point
    /// seconds, two's complement.
    pub offset: Option<i64>,
}

impl CaptureTime {
    /// The length of what [`Self::bytes`] writes.
    pub const LENGTH: usize = 16;

    /// Reads the short (8 bytes) or the long form (16 bytes); nothing of anything else.
    #[must_use]
    pub fn read(value: &[u8]) -> Option<Self> {
        let (ntp, rest) = value.split_first_chunk()?;
        let offset = match rest {
            [] => None,
            rest => Some(i64::from_be_bytes(rest.try_into().ok()?)),
        };
        Some(Self { ntp: u64::from_be_bytes(*ntp), offset })
    }

    /// By the clock of whoever sent the packet.
    #[must_use]
    pub fn by_sender(self) -> u64 {
        self.ntp.wrapping_add_signed(self.offset.unwrap_or(0))
    }

    /// The long form.
    #[must_use]
    pub fn bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..8].copy_from_slice(&self.ntp.to_be_bytes());
        bytes[8..].copy_from_slice(&self.offset.unwrap_or(0).to_be_bytes());
        bytes
    }
}

/// How long receivers may hold a picture back, in steps of 10 ms, at most 40.95 s: the value of
/// the extension `http://www.webrtc.org/experiments/rtp-hdrext/playout-delay`.
#[must_use]
pub const fn playout_delay(min_millis: u16, max_millis: u16) -> [u8; 3] {
    let (min, max) = (min_millis / 10, max_millis / 10);
    let [_, value @ ..] = ((min as u32 & 0xfff) << 12 | (max as u32 & 0xfff)).to_be_bytes();
    value
}

/// Whether `b` is after `a` on a 32-bit circle (RFC 1982).
#[must_use]
pub fn timestamp_after(a: u32, b: u32) -> bool {
    a != b && b.wrapping_sub(a) < 1 << 31
}

/// Widens wrapping 16-bit sequence numbers to 64 bits, tolerating reordering of up to 2^15.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwrapper {
    highest: Option<u64>,
}

impl Unwrapper {
    /// The 64-bit number of `sequence`, nearest to the highest one seen. The first one becomes
    /// `sequence + 2^16`, so that reordered predecessors still have numbers.
    pub fn unwrap(&mut self, sequence: u16) -> u64 {
        let extended = match self.highest {
            None => 1 << 16 | u64::from(sequence),
            Some(highest) => nearest(highest, sequence),
        };
        self.highest = Some(self.highest.map_or(extended, |highest| highest.max(extended)));
        extended
    }

    /// The highest number seen.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }
}

/// The 64-bit number that ends in `sequence` and lies nearest to `reference`.
#[must_use]
pub fn nearest(reference: u64, sequence: u16) -> u64 {
    let delta = sequence.wrapping_sub(reference as u16) as i16;
    reference.saturating_add_signed(i64::from(delta))
}

#[cfg(test)]
mod tests;
