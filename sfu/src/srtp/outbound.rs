//! Sealing, and who may seal which index.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cipher::Cipher;
use super::window::Window;
use super::{Profile, RTCP_HEADER_LEN, RTP_HEADER_LEN, SRTCP_ENCRYPTED};

/// A key seals at most this many packets of one SSRC (RFC 3711 section 9.2).
const INDEX_LIMIT: u64 = 1 << 48;

/// An SSRC's stream was opened under this key before.
///
/// It is refused even when the first stream is gone: a second counter could repeat what the first
/// one sealed. Take another SSRC, or go on with the [`SealStream`] that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ssrc {0:#010x} already has a stream under this key")]
pub struct StreamTaken(
    /// The SSRC asked for.
    pub u32,
);

/// The keys that seal what we send to one peer.
pub struct Outbound {
    cipher: Cipher,
    id: KeyId,
    taken: Vec<u32>,
    /// Index of the next RTCP packet, one counter for all SSRCs. It starts at 1 as libsrtp's
    /// does, because that is what receivers were tried with.
    next_rtcp: u32,
}

impl Outbound {
    pub(super) fn new(cipher: Cipher) -> Self {
        Self { cipher, id: KeyId::next(), taken: Vec::new(), next_rtcp: 1 }
    }

    /// The profile of these keys.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.cipher.profile()
    }

    /// Opens the one stream of this SSRC under this key.
    ///
    /// # Errors
    /// [`StreamTaken`] the second time, whatever became of the first stream.
    pub fn stream(&mut self, ssrc: u32) -> Result<SealStream, StreamTaken> {
        if self.taken.contains(&ssrc) {
            return Err(StreamTaken(ssrc));
        }
        self.taken.push(ssrc);
        Ok(SealStream { ssrc, key: self.id, used: Window::new() })
    }

    /// Seals an RTP packet in place under a claimed index and returns its length on the wire.
    ///
    /// `packet[..header_len]` is the header with contributing sources and extension, the next
    /// `payload_len` bytes are the payload, and at least [`Profile::rtp_overhead`] bytes of room
    /// follow. Sequence number and SSRC are written into the header from the index, so that what
    /// is on the wire cannot differ from what was sealed; nothing else of the header is touched.
    ///
    /// # Panics
    /// When the index was claimed under another key, when the header is shorter than 12 bytes, or
    /// when there is no room for the tag: all three are mistakes of the caller.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an index is consumed, so that it cannot be sealed twice"
    )]
    pub fn seal_rtp(
        &self,
        index: PacketIndex,
        packet: &mut [u8],
        header_len: usize,
        payload_len: usize,
    ) -> usize {
        assert_eq!(index.key, self.id, "invariant: claimed under this key");
        assert!(header_len >= RTP_HEADER_LEN, "invariant: a whole header");
        #[cfg(test)]
        record::note(self.id.0, index.ssrc, index.index);
        packet[2..4].copy_from_slice(&index.sequence().to_be_bytes());
        packet[8..12].copy_from_slice(&index.ssrc.to_be_bytes());
        self.cipher.seal_rtp(index.ssrc, index.index, packet, header_len, payload_len)
    }

    /// Seals a compound RTCP packet in place and returns its length on the wire.
    ///
    /// `packet[..plain_len]` is the compound packet and at least [`Profile::rtcp_overhead`] bytes
    /// of room follow. Returns 0, with nothing to send, once 2^31 packets were sealed: the key is
    /// used up (RFC 3711 section 9.2), which takes months at a hundred reports a second.
    ///
    /// # Panics
    /// When the packet is shorter than eight bytes or there is no room for index and tag: both
    /// are mistakes of the caller.
    pub fn seal_rtcp(&mut self, packet: &mut [u8], plain_len: usize) -> usize {
        assert!(plain_len >= RTCP_HEADER_LEN, "invariant: a whole header");
        let index = self.next_rtcp;
        if index == SRTCP_ENCRYPTED {
            return 0;
        }
        self.next_rtcp += 1;
        let ssrc = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        self.cipher.seal_rtcp(ssrc, index, packet, plain_len)
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outbound")
            .field("profile", &self.profile())
            .field("streams", &self.taken.len())
            .field("next_rtcp", &self.next_rtcp)
            .finish_non_exhaustive()
    }
}

/// Counts one SSRC's packets under one key.
///
/// Its index is the extended sequence number: rollover count times 65 536 plus sequence. A
/// receiver takes the rollover count of the first packet it sees for 0, so a stream's first
/// index must lie below 65 536, and better below 32 768, so that the loss or reordering of the
/// first packets cannot put a wrap-around before the receiver's first. For the same reason two
/// claims in a row must not lie 32 768 or more apart.
#[derive(Debug)]
pub struct SealStream {
    ssrc: u32,
    key: KeyId,
    used: Window<4>,
}

impl SealStream {
    /// How far behind the highest index one can still be claimed.
    pub const WINDOW: u64 = Window::<4>::SIZE;

    /// The SSRC whose packets this counts.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The highest index claimed so far.
    #[must_use]
    pub const fn highest(&self) -> Option<u64> {
        self.used.highest()
    }

    /// Hands out the index of this extended sequence number, at most once.
    ///
    /// `None` when it was claimed before, when it is [`SealStream::WINDOW`] or more behind the
    /// highest and nobody can tell, or when it reaches 2^48 and the key is used up.
    pub fn claim(&mut self, extended_sequence: u64) -> Option<PacketIndex> {
        if extended_sequence >= INDEX_LIMIT || !self.used.is_fresh(extended_sequence) {
            return None;
        }
        self.used.mark(extended_sequence);
        Some(PacketIndex { ssrc: self.ssrc, key: self.key, index: extended_sequence })
    }

    /// Hands out the index after the highest, 0 for the first. `None` when the key is used up.
    pub fn claim_next(&mut self) -> Option<PacketIndex> {
        self.claim(self.highest().map_or(0, |highest| highest + 1))
    }
}

/// The right to seal one packet: an index that was handed out once. It cannot be copied, and
/// sealing consumes it.
///
/// ```compile_fail,E0382
/// # use sfu::srtp::{KeyingMaterial, Profile};
/// # let (_, mut outbound) = KeyingMaterial::from_exporter(Profile::AeadAes128Gcm, &[7; 56], true).unwrap();
/// # let mut packet = [0; 40];
/// let index = outbound.stream(1).unwrap().claim(7).unwrap();
/// outbound.seal_rtp(index, &mut packet, 12, 0);
/// outbound.seal_rtp(index, &mut packet, 12, 0);
/// ```
#[derive(Debug)]
#[must_use = "an index that is dropped cannot be claimed again"]
pub struct PacketIndex {
    ssrc: u32,
    key: KeyId,
    index: u64,
}

impl PacketIndex {
    /// The SSRC the packet will carry.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The sequence number the packet will carry.
    #[must_use]
    pub const fn sequence(&self) -> u16 {
        (self.index & 0xffff) as u16
    }

    /// The 48-bit packet index: rollover count times 65 536 plus sequence.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }
}

/// Tells one key from another within the process, so that an index claimed under one cannot be
/// sealed under the other, where the same index may be out already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeyId(u64);

impl KeyId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Every (key, SSRC, index) sealed on this thread, for the tests that no such triple repeats.
#[cfg(test)]
pub(crate) mod record {
    use std::cell::RefCell;
    use std::collections::HashSet;

    /// What was sealed (key, SSRC, index), and how often something was sealed again.
    type Record = (HashSet<(u64, u32, u64)>, usize);

    thread_local! {
        static SEALED: RefCell<Record> = RefCell::default();
    }

    pub(super) fn note(key: u64, ssrc: u32, index: u64) {
        SEALED.with_borrow_mut(|(sealed, repeats)| {
            *repeats += usize::from(!sealed.insert((key, ssrc, index)));
        });
    }

    /// How many were sealed, and how many of them again; and forgets them.
    pub(crate) fn take() -> (usize, usize) {
        let (sealed, repeats) = SEALED.take();
        (sealed.len(), repeats)
    }
}
