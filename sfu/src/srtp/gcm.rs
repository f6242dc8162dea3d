//! AEAD_AES_128_GCM for SRTP and SRTCP (RFC 7714).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;

use super::{RTCP_HEADER_LEN, SRTCP_ENCRYPTED, SRTCP_INDEX_LEN};

/// Bytes of a full GCM tag; RFC 7714 allows no shorter one.
pub(super) const TAG_LEN: usize = 16;
/// Bytes of a master or session salt.
pub(super) const SALT_LEN: usize = 12;

/// One direction's session keys.
pub(super) struct Gcm {
    rtp: HalfKey,
    rtcp: HalfKey,
}

impl Gcm {
    pub(super) const fn new(rtp: HalfKey, rtcp: HalfKey) -> Self {
        Self { rtp, rtcp }
    }

    /// Encrypts the payload in place, appends the tag and returns the total length.
    pub(super) fn seal_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header_len: usize,
        payload_len: usize,
    ) -> usize {
        let (header, rest) = packet.split_at_mut(header_len);
        let (payload, rest) = rest.split_at_mut(payload_len);
        let nonce = self.rtp.nonce(ssrc, rtp_low(index));
        self.rtp.seal(nonce, header, payload, &mut rest[..TAG_LEN]);
        header_len + payload_len + TAG_LEN
    }

    /// Decrypts the payload in place and returns its length.
    pub(super) fn open_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header_len: usize,
    ) -> Result<usize, Unspecified> {
        let (header, sealed) = packet.split_at_mut(header_len);
        let nonce = self.rtp.nonce(ssrc, rtp_low(index));
        self.rtp.open(nonce, header, sealed)
    }

    /// Encrypts a compound packet in place behind its first eight bytes, appends tag and index
    /// word, and returns the total length.
    pub(super) fn seal_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        packet: &mut [u8],
        plain_len: usize,
    ) -> usize {
        let word = index | SRTCP_ENCRYPTED;
        let (plain, rest) = packet.split_at_mut(plain_len);
        let (header, body) = plain.split_at_mut(RTCP_HEADER_LEN);
        let (tag, rest) = rest.split_at_mut(TAG_LEN);
        let nonce = self.rtcp.nonce(ssrc, rtcp_low(index));
        self.rtcp.seal(nonce, &rtcp_aad(header, word), body, tag);
        rest[..SRTCP_INDEX_LEN].copy_from_slice(&word.to_be_bytes());
        plain_len + TAG_LEN + SRTCP_INDEX_LEN
    }

    /// Decrypts a compound packet in place and returns its length with the first eight bytes.
    pub(super) fn open_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        packet: &mut [u8],
    ) -> Result<usize, Unspecified> {
        let sealed_end = packet.len() - SRTCP_INDEX_LEN;
        let (header, body) = packet[..sealed_end].split_at_mut(RTCP_HEADER_LEN);
        let nonce = self.rtcp.nonce(ssrc, rtcp_low(index));
        let aad = rtcp_aad(header, index | SRTCP_ENCRYPTED);
        Ok(RTCP_HEADER_LEN + self.rtcp.open(nonce, &aad, body)?)
    }
}

/// One session key and salt: SRTP's or SRTCP's.
pub(super) struct HalfKey {
    key: LessSafeKey,
    salt: [u8; SALT_LEN],
}

impl HalfKey {
    pub(super) fn new(key: &[u8], salt: [u8; SALT_LEN]) -> Result<Self, Unspecified> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key)?);
        Ok(Self { key, salt })
    }

    /// RFC 7714 sections 8.1 and 9.1: two zero bytes, the SSRC and six bytes of index, all
    /// exclusive-ored with the salt.
    fn nonce(&self, ssrc: u32, low: [u8; 6]) -> Nonce {
        let mut nonce = self.salt;
        for (byte, with) in nonce[2..6].iter_mut().zip(ssrc.to_be_bytes()) {
            *byte ^= with;
        }
        for (byte, with) in nonce[6..].iter_mut().zip(low) {
            *byte ^= with;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&self, nonce: Nonce, aad: &[u8], body: &mut [u8], tag_out: &mut [u8]) {
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), body)
            .expect("invariant: a datagram is far below GCM's length limit");
        tag_out.copy_from_slice(tag.as_ref());
    }

    fn open(&self, nonce: Nonce, aad: &[u8], sealed: &mut [u8]) -> Result<usize, Unspecified> {
        self.key.open_in_place(nonce, Aad::from(aad), sealed).map(|plain| plain.len())
    }
}

/// Rollover count and sequence: the low 48 bits.
fn rtp_low(index: u64) -> [u8; 6] {
    let [_, _, low @ ..] = index.to_be_bytes();
    low
}

/// Two zero bytes and the SRTCP index.
fn rtcp_low(index: u32) -> [u8; 6] {
    rtp_low(u64::from(index))
}

/// What SRTCP authenticates in the clear: the first eight bytes and the index word
/// (RFC 7714 section 9.2).
fn rtcp_aad(header: &[u8], word: u32) -> [u8; RTCP_HEADER_LEN + SRTCP_INDEX_LEN] {
    let mut aad = [0; RTCP_HEADER_LEN + SRTCP_INDEX_LEN];
    aad[..RTCP_HEADER_LEN].copy_from_slice(header);
    aad[RTCP_HEADER_LEN..].copy_from_slice(&word.to_be_bytes());
    aad
}
