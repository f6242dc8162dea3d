//! The packets that a publisher sent last, shared by all who forward or repair them. Payloads
//! are in the clear and are copied once, on arrival.

use std::ops::Deref;

use crate::scalability::Frame;
use crate::sdp::CodecKind;

/// The longest payload that is kept, in bytes. Longer packets are dropped on arrival: no
/// network that browsers use carries them.
pub const MAX_PAYLOAD: usize = 1460;

/// One packet of a publisher as every subscriber needs it.
#[derive(Clone, Debug)]
pub struct Packet {
    description: Description,
    payload: Vec<u8>,
    descriptor: Vec<u8>,
}

impl Packet {
    /// The value of the dependency descriptor extension; empty if it came without one.
    #[must_use]
    pub fn descriptor(&self) -> &[u8] {
        &self.descriptor
    }

    /// The payload without what was sent before.
    #[must_use]
    pub fn primary(&self) -> &[u8] {
        let start = self.red.map_or(0, |red| usize::from(red.primary));
        self.payload.get(start..).unwrap_or(&[])
    }

    /// Its frame was told later.
    pub fn note_frame(&mut self, frame: Frame) {
        self.description.frame = Some(frame);
    }

    /// The payload, without padding.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

impl Deref for Packet {
    type Target = Description;

    #[inline]
    fn deref(&self) -> &Description {
        &self.description
    }
}

/// What is known of a packet besides its payload. It means the same to every worker and node
/// that the packet is relayed to.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Sequence number, widened (see [`crate::rtp::Unwrapper`]).
    pub sequence: u64,
    /// Timestamp on the node's timeline.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// What is inside.
    pub codec: CodecKind,
    /// Whether a decoder can start here.
    pub keyframe: bool,
    /// What frame of a scalable picture it is part of, if it says so.
    pub frame: Option<Frame>,
    /// The value of the video orientation extension (3GPP TS 26.114), if it came with one.
    pub orientation: Option<u8>,
    /// When it was captured, by the node's NTP clock, if its publisher says.
    pub captured: Option<u64>,
    /// How the payload is laid out, if there are earlier ones in it (RFC 2198).
    pub red: Option<RedLayout>,
}

/// Where what belongs to the packet itself lies in a payload of RFC 2198.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedLayout {
    /// Its first byte; it goes to the end.
    pub primary: u16,
    /// How many earlier packets stand before it.
    pub redundant: u8,
}

/// A ring of packets, addressed by sequence number.
#[derive(Debug)]
pub struct Ring {
    packets: Vec<Option<Packet>>,
    highest: u64,
}

impl Ring {
    /// A ring that remembers `capacity` sequence numbers, a power of two. Memory grows with what
    /// has been stored, up to `capacity` × [`MAX_PAYLOAD`].
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        assert!(capacity.is_power_of_two(), "invariant: a ring's capacity is a power of two");
        Self { packets: (0..capacity).map(|_| None).collect(), highest: 0 }
    }

    /// Stores a packet. False when it is there already, older than what the ring remembers, or
    /// its payload longer than [`MAX_PAYLOAD`].
    pub fn store(&mut self, description: Description, payload: &[u8], descriptor: &[u8]) -> bool {
        let sequence = description.sequence;
        if payload.len() > MAX_PAYLOAD || self.forgot(sequence) {
            return false;
        }
        let slot = self.index(sequence);
        let (mut buffer, mut kept) = match self.packets[slot].take() {
            Some(held) if held.sequence == sequence => {
                self.packets[slot] = Some(held);
                return false;
            }
            Some(held) => (held.payload, held.descriptor),
            None => Default::default(),
        };
        kept.clear();
        kept.extend_from_slice(descriptor);
        buffer.clear();
        if buffer.capacity() < payload.len() {
            buffer.reserve_exact(MAX_PAYLOAD.min(payload.len().next_power_of_two()));
        }
        buffer.extend_from_slice(payload);
        self.highest = self.highest.max(sequence);
        self.packets[slot] = Some(Packet { description, payload: buffer, descriptor: kept });
        true
    }

    /// The packet with this number, if the ring still has it.
    #[inline]
    #[must_use]
    pub fn get(&self, sequence: u64) -> Option<&Packet> {
        self.packets[self.index(sequence)].as_ref().filter(|packet| packet.sequence == sequence)
    }

    /// The highest number that was stored.
    #[inline]
    #[must_use]
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether a packet of this number would have been forgotten by now.
    #[must_use]
    pub fn forgot(&self, sequence: u64) -> bool {
        sequence + self.packets.len() as u64 <= self.highest
    }

    /// The packet with this number, to add what was learnt about it later.
    pub fn get_mut(&mut self, sequence: u64) -> Option<&mut Packet> {
        let index = self.index(sequence);
        self.packets[index].as_mut().filter(|packet| packet.sequence == sequence)
    }

    #[inline]
    fn index(&self, sequence: u64) -> usize {
        sequence as usize & (self.packets.len() - 1)
    }
}

#[cfg(test)]
impl Description {
    /// A packet of sound, for tests.
    pub(crate) fn sound(sequence: u64) -> Self {
        Self {
            sequence,
            timestamp: 0,
            marker: false,
            codec: CodecKind::Opus,
            keyframe: true,
            frame: None,
            orientation: None,
            captured: None,
            red: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest_and_refuses_what_it_has_or_forgot() {
        let mut ring = Ring::new(4);
        for sequence in 10..16 {
            assert!(ring.store(Description::sound(sequence), &[sequence as u8], &[]));
        }
        assert!(!ring.store(Description::sound(15), &[0], &[]), "a duplicate");
        assert!(!ring.store(Description::sound(11), &[0], &[]), "older than the ring");
        assert!(ring.get(11).is_none());
        assert_eq!(ring.get(12).map(Packet::payload), Some(&[12][..]));
        assert_eq!(ring.get(15).map(Packet::payload), Some(&[15][..]));
        assert!(ring.get(16).is_none());
    }

    #[test]
    fn fills_a_gap_later() {
        let mut ring = Ring::new(4);
        assert!(ring.store(Description::sound(10), &[1], &[]));
        assert!(ring.store(Description::sound(12), &[3], &[]));
        assert!(ring.store(Description::sound(11), &[2], &[]));
        assert_eq!(ring.get(11).map(Packet::payload), Some(&[2][..]));
    }

    #[test]
    fn refuses_a_payload_longer_than_any_network_carries() {
        let mut ring = Ring::new(4);
        assert!(!ring.store(Description::sound(1), &[0; MAX_PAYLOAD + 1], &[]));
        assert!(ring.get(1).is_none());
    }
}
