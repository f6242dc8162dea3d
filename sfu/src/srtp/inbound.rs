//! Opening, with rollover counts and replay windows.

use std::fmt;

use super::cipher::Cipher;
use super::window::Window;
use super::{Profile, RTCP_HEADER_LEN, RTP_HEADER_LEN, SRTCP_ENCRYPTED, SRTCP_INDEX_LEN};

/// How many SSRCs of one peer are followed at once.
pub const MAX_STREAMS: usize = 64;

/// An RTP packet that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The 48-bit packet index: rollover count times 65 536 plus sequence.
    pub index: u64,
    /// Bytes of plaintext behind the header, padding included.
    pub payload_len: usize,
}

/// Why a packet was not opened. It is to be dropped and counted; nothing was remembered of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum OpenError {
    /// There is no room for a header and what sealing adds.
    #[error("packet is too short")]
    TooShort,
    /// The tag does not match, or SRTCP came unencrypted, which WebRTC does not allow.
    #[error("packet does not authenticate")]
    Authentication,
    /// The index was seen before, or is too old to tell.
    #[error("packet was replayed")]
    Replayed,
    /// [`MAX_STREAMS`] SSRCs are followed already; see [`Inbound::forget`].
    #[error("too many streams")]
    TooManyStreams,
}

/// The keys that open what one peer sends, and what is known of each of its SSRCs.
pub struct Inbound {
    cipher: Cipher,
    /// In the order of their first packets. A peer has a handful, so a scan beats a hash.
    streams: Vec<Stream>,
}

struct Stream {
    ssrc: u32,
    forgotten: bool,
    rtp: Window<2>,
    rtcp: Window<2>,
}

impl Inbound {
    /// How far behind the highest index a packet is still taken.
    pub const WINDOW: u64 = Window::<2>::SIZE;

    pub(super) const fn new(cipher: Cipher) -> Self {
        Self { cipher, streams: Vec::new() }
    }

    /// The profile of these keys.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.cipher.profile()
    }

    /// Authenticates and decrypts an RTP packet in place.
    ///
    /// `header_len` counts the RTP header with contributing sources and extension, which the
    /// caller parsed; afterwards `packet[header_len..header_len + payload_len]` is the plaintext.
    /// The rollover count is guessed per SSRC from the highest index so far (RFC 3711
    /// section 3.3.1), and state changes only after authentication succeeded.
    ///
    /// # Errors
    /// One of [`OpenError`]. What lies behind the header is unspecified then.
    pub fn open_rtp(&mut self, packet: &mut [u8], header_len: usize) -> Result<Opened, OpenError> {
        let sealed_len = packet.len().checked_sub(header_len);
        if header_len < RTP_HEADER_LEN
            || sealed_len.is_none_or(|len| len < self.profile().rtp_overhead())
        {
            return Err(OpenError::TooShort);
        }
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let ssrc = u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);

        let known = self.find(ssrc)?;
        let highest = known.and_then(|at| self.streams[at].rtp.highest());
        let index = guess_index(highest, sequence).ok_or(OpenError::Replayed)?;
        if known.is_some_and(|at| !self.streams[at].rtp.is_fresh(index)) {
            return Err(OpenError::Replayed);
        }
        let payload_len = self
            .cipher
            .open_rtp(ssrc, index, packet, header_len)
            .map_err(|_| OpenError::Authentication)?;
        self.enter(known, ssrc).rtp.mark(index);
        Ok(Opened { index, payload_len })
    }

    /// Authenticates and decrypts a compound RTCP packet in place and returns the length of the
    /// plaintext, with its first eight bytes, which were never encrypted.
    ///
    /// # Errors
    /// One of [`OpenError`]. What lies behind the first eight bytes is unspecified then.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, OpenError> {
        if packet.len() < RTCP_HEADER_LEN + self.profile().rtcp_overhead() {
            return Err(OpenError::TooShort);
        }
        let ssrc = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        let word = self.srtcp_word(packet);
        if word & SRTCP_ENCRYPTED == 0 {
            return Err(OpenError::Authentication);
        }
        let index = word & !SRTCP_ENCRYPTED;

        let known = self.find(ssrc)?;
        if known.is_some_and(|at| !self.streams[at].rtcp.is_fresh(u64::from(index))) {
            return Err(OpenError::Replayed);
        }
        let plain_len =
            self.cipher.open_rtcp(ssrc, index, packet).map_err(|_| OpenError::Authentication)?;
        self.enter(known, ssrc).rtcp.mark(u64::from(index));
        Ok(plain_len)
    }

    /// Says that an SSRC is no longer in use, so that another may take its place.
    ///
    /// Until one does, its rollover count and replay windows stay: old packets are still refused,
    /// and a peer that takes the SSRC up again is still understood.
    pub fn forget(&mut self, ssrc: u32) {
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.ssrc == ssrc) {
            stream.forgotten = true;
        }
    }

    /// Where the index word stands: at the end for GCM, before the tag for HMAC.
    fn srtcp_word(&self, packet: &[u8]) -> u32 {
        let behind = match self.profile() {
            Profile::AeadAes128Gcm => 0,
            Profile::Aes128CmHmacSha1_80 => self.profile().rtp_overhead(),
        };
        let at = packet.len() - behind - SRTCP_INDEX_LEN;
        u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]])
    }

    /// Where a known SSRC stands, or `None` for a new one that has room.
    fn find(&self, ssrc: u32) -> Result<Option<usize>, OpenError> {
        let known = self.streams.iter().position(|stream| stream.ssrc == ssrc);
        let full = || {
            self.streams.len() == MAX_STREAMS && !self.streams.iter().any(|stream| stream.forgotten)
        };
        if known.is_none() && full() {
            return Err(OpenError::TooManyStreams);
        }
        Ok(known)
    }

    /// The stream of a packet that authenticated.
    fn enter(&mut self, known: Option<usize>, ssrc: u32) -> &mut Stream {
        let at = known.unwrap_or_else(|| {
            if self.streams.len() == MAX_STREAMS {
                let oldest = self.streams.iter().position(|stream| stream.forgotten);
                self.streams.remove(oldest.expect("invariant: a full list was refused before"));
            }
            self.streams.push(Stream::new(ssrc));
            self.streams.len() - 1
        });
        let stream = &mut self.streams[at];
        stream.forgotten = false;
        stream
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Inbound")
            .field("profile", &self.profile())
            .field("streams", &self.streams.len())
            .finish_non_exhaustive()
    }
}

impl Stream {
    const fn new(ssrc: u32) -> Self {
        Self { ssrc, forgotten: false, rtp: Window::new(), rtcp: Window::new() }
    }
}

/// The index that a sequence number most likely means (RFC 3711 section 3.3.1 and appendix A):
/// the nearest to the highest so far. The first packet of a stream is taken for rollover count 0,
/// and before it nothing can have been sent, so a large step within count 0 goes ahead. `None`
/// where the 48 bits end.
pub(super) fn guess_index(highest: Option<u64>, sequence: u16) -> Option<u64> {
    let sequence = u64::from(sequence);
    let Some(highest) = highest else {
        return Some(sequence);
    };
    let (rollover, last) = (highest >> 16, highest & 0xffff);
    let rollover = if last < 0x8000 {
        rollover.saturating_sub(u64::from(sequence > last + 0x8000))
    } else {
        rollover + u64::from(sequence < last - 0x8000)
    };
    (rollover <= u64::from(u32::MAX)).then_some(rollover << 16 | sequence)
}
