//! SRTP and SRTCP in place: what the forwarding path opens and seals packets with.
//!
//! Two profiles, both of RFC 5764's DTLS-SRTP: AEAD_AES_128_GCM (RFC 7714), which browsers take
//! when it is offered first, and AES128_CM_HMAC_SHA1_80 (RFC 3711), which every peer knows. Keys
//! are expanded once, when the handshake ends; per packet there is no allocation and no copy.
//!
//! Two rules are kept by the types here, not by their callers:
//!
//! - **A key never seals the same (SSRC, rollover count, sequence) twice.** [`Outbound::stream`]
//!   opens an SSRC once, [`SealStream::claim`] hands an index out once, and
//!   [`Outbound::seal_rtp`] consumes it and writes its SSRC and sequence into the header.
//! - **Nothing is remembered of a packet that did not authenticate.** Replay windows, rollover
//!   counts and the list of known SSRCs move only after the tag was verified.
//!
//! ```
//! use sfu::srtp::{KeyingMaterial, Profile};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let profile = Profile::AeadAes128Gcm;
//! let exported = vec![7; profile.keying_material_len()];
//! let (mut inbound, _) = KeyingMaterial::from_exporter(profile, &exported, false)?;
//! let (_, mut outbound) = KeyingMaterial::from_exporter(profile, &exported, true)?;
//!
//! let mut stream = outbound.stream(0xcafe)?;
//! let index = stream.claim(1000).ok_or("claimed before")?;
//! let mut packet = vec![0; 12 + 5 + profile.rtp_overhead()];
//! packet[0] = 0x80;
//! packet[12..17].copy_from_slice(b"hello");
//! let sealed = outbound.seal_rtp(index, &mut packet, 12, 5);
//!
//! let opened = inbound.open_rtp(&mut packet[..sealed], 12)?;
//! assert_eq!(opened.index, 1000);
//! assert_eq!(&packet[12..12 + opened.payload_len], b"hello");
//! # Ok(())
//! # }
//! ```

mod aes_cm;
mod cipher;
mod gcm;
mod inbound;
mod keys;
mod outbound;
mod window;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use outbound::record;

pub use inbound::{Inbound, MAX_STREAMS, OpenError, Opened};
pub use keys::{KeyError, KeyingMaterial};
pub use outbound::{Outbound, PacketIndex, SealStream, StreamTaken};

/// Bytes of an RTP header without contributing sources and extension (RFC 3550 section 5.1).
const RTP_HEADER_LEN: usize = 12;
/// Bytes of an RTCP packet that stay in the clear: the common header and the sender's SSRC.
const RTCP_HEADER_LEN: usize = 8;
/// Bytes of the word that carries the encryption flag and the SRTCP index.
const SRTCP_INDEX_LEN: usize = 4;
/// The encryption flag in that word.
const SRTCP_ENCRYPTED: u32 = 1 << 31;

/// How a transport's packets are protected, as negotiated by DTLS-SRTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `SRTP_AEAD_AES_128_GCM` (RFC 7714), protection profile 0x0007.
    AeadAes128Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80` (RFC 3711, RFC 5764), protection profile 0x0001.
    Aes128CmHmacSha1_80,
}

impl Profile {
    /// Bytes to take from the DTLS exporter: two master keys and two master salts
    /// (RFC 5764 section 4.2).
    #[must_use]
    pub const fn keying_material_len(self) -> usize {
        2 * (keys::MASTER_KEY_LEN + self.master_salt_len())
    }

    /// Bytes that sealing adds to an RTP packet: the authentication tag.
    #[must_use]
    pub const fn rtp_overhead(self) -> usize {
        match self {
            Self::AeadAes128Gcm => gcm::TAG_LEN,
            Self::Aes128CmHmacSha1_80 => aes_cm::TAG_LEN,
        }
    }

    /// Bytes that sealing adds to an RTCP packet: the authentication tag and the SRTCP index.
    #[must_use]
    pub const fn rtcp_overhead(self) -> usize {
        self.rtp_overhead() + SRTCP_INDEX_LEN
    }

    /// Bytes of one master salt.
    const fn master_salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm => gcm::SALT_LEN,
            Self::Aes128CmHmacSha1_80 => aes_cm::SALT_LEN,
        }
    }
}
