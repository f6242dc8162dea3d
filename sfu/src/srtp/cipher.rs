//! One direction's keys, whichever the profile.

use aws_lc_rs::error::Unspecified;

use super::Profile;
use super::aes_cm::AesCm;
use super::gcm::Gcm;

/// One direction's keys. Lengths are the caller's to check: [`super::Inbound`] for what comes
/// from the network, [`super::Outbound`] for what we build.
pub(super) enum Cipher {
    Gcm(Gcm),
    /// Boxed: an expanded AES key and an HMAC state are ten times the size of the other, and
    /// most peers never need them.
    AesCm(Box<AesCm>),
}

impl Cipher {
    pub(super) const fn profile(&self) -> Profile {
        match self {
            Self::Gcm(_) => Profile::AeadAes128Gcm,
            Self::AesCm(_) => Profile::Aes128CmHmacSha1_80,
        }
    }

    pub(super) fn seal_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header_len: usize,
        payload_len: usize,
    ) -> usize {
        match self {
            Self::Gcm(keys) => keys.seal_rtp(ssrc, index, packet, header_len, payload_len),
            Self::AesCm(keys) => keys.seal_rtp(ssrc, index, packet, header_len, payload_len),
        }
    }

    pub(super) fn open_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header_len: usize,
    ) -> Result<usize, Unspecified> {
        match self {
            Self::Gcm(keys) => keys.open_rtp(ssrc, index, packet, header_len),
            Self::AesCm(keys) => keys.open_rtp(ssrc, index, packet, header_len),
        }
    }

    pub(super) fn seal_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        packet: &mut [u8],
        plain_len: usize,
    ) -> usize {
        match self {
            Self::Gcm(keys) => keys.seal_rtcp(ssrc, index, packet, plain_len),
            Self::AesCm(keys) => keys.seal_rtcp(ssrc, index, packet, plain_len),
        }
    }

    pub(super) fn open_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        packet: &mut [u8],
    ) -> Result<usize, Unspecified> {
        match self {
            Self::Gcm(keys) => keys.open_rtcp(ssrc, index, packet),
            Self::AesCm(keys) => keys.open_rtcp(ssrc, index, packet),
        }
    }
}
