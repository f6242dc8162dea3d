//! AES128_CM_HMAC_SHA1_80 for SRTP and SRTCP (RFC 3711).

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::{RTCP_HEADER_LEN, SRTCP_ENCRYPTED, SRTCP_INDEX_LEN};

/// Bytes kept of the HMAC.
pub(super) const TAG_LEN: usize = 10;
/// Bytes of a master or session salt.
pub(super) const SALT_LEN: usize = 14;
/// Bytes of a session authentication key.
pub(super) const AUTH_KEY_LEN: usize = 20;

/// One direction's session keys.
pub(super) struct AesCm {
    rtp: HalfKey,
    rtcp: HalfKey,
}

impl AesCm {
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
        let plain_len = header_len + payload_len;
        let (plain, rest) = packet.split_at_mut(plain_len);
        self.rtp.encrypt(ssrc, index, &mut plain[header_len..]);
        let tag = self.rtp.tag(plain, &rollover(index));
        rest[..TAG_LEN].copy_from_slice(&tag);
        plain_len + TAG_LEN
    }

    /// Decrypts the payload in place and returns its length.
    pub(super) fn open_rtp(
        &self,
        ssrc: u32,
        index: u64,
        packet: &mut [u8],
        header_len: usize,
    ) -> Result<usize, Unspecified> {
        let (sealed, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        verify_slices_are_equal(&self.rtp.tag(sealed, &rollover(index)), tag)?;
        let payload = &mut sealed[header_len..];
        self.rtp.encrypt(ssrc, index, payload);
        Ok(payload.len())
    }

    /// Encrypts a compound packet in place behind its first eight bytes, appends index word and
    /// tag, and returns the total length.
    pub(super) fn seal_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        packet: &mut [u8],
        plain_len: usize,
    ) -> usize {
        let word = (index | SRTCP_ENCRYPTED).to_be_bytes();
        let (plain, rest) = packet.split_at_mut(plain_len);
        let (out_word, rest) = rest.split_at_mut(SRTCP_INDEX_LEN);
        self.rtcp.encrypt(ssrc, u64::from(index), &mut plain[RTCP_HEADER_LEN..]);
        out_word.copy_from_slice(&word);
        rest[..TAG_LEN].copy_from_slice(&self.rtcp.tag(plain, &word));
        plain_len + SRTCP_INDEX_LEN + TAG_LEN
    }

    /// Decrypts a compound packet in place and returns its length with the first eight bytes.
    pub(super) fn open_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        packet: &mut [u8],
    ) -> Result<usize, Unspecified> {
        let (rest, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        let (sealed, word) = rest.split_at_mut(rest.len() - SRTCP_INDEX_LEN);
        verify_slices_are_equal(&self.rtcp.tag(sealed, word), tag)?;
        self.rtcp.encrypt(ssrc, u64::from(index), &mut sealed[RTCP_HEADER_LEN..]);
        Ok(sealed.len())
    }
}

/// One set of session keys: SRTP's or SRTCP's.
pub(super) struct HalfKey {
    cipher: EncryptingKey,
    auth: hmac::Key,
    salt: [u8; SALT_LEN],
}

impl HalfKey {
    pub(super) fn new(
        key: &[u8],
        auth: &[u8; AUTH_KEY_LEN],
        salt: [u8; SALT_LEN],
    ) -> Result<Self, Unspecified> {
        Ok(Self {
            cipher: counter_mode(key)?,
            auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth),
            salt,
        })
    }

    /// Adds the key stream of RFC 3711 section 4.1.1, whose first counter block is the salt
    /// exclusive-ored with SSRC and index. Decrypting is the same step.
    pub(super) fn encrypt(&self, ssrc: u32, index: u64, data: &mut [u8]) {
        let mut block = [0; 16];
        block[4..8].copy_from_slice(&ssrc.to_be_bytes());
        block[8..14].copy_from_slice(&index.to_be_bytes()[2..]);
        for (byte, with) in block.iter_mut().zip(self.salt) {
            *byte ^= with;
        }
        key_stream(&self.cipher, block, data)
            .expect("invariant: counter mode takes any length and a 16-byte block");
    }

    /// The truncated HMAC over `message` and the trailing word, which is the rollover count for
    /// SRTP and the index word for SRTCP (RFC 3711 section 4.2).
    fn tag(&self, message: &[u8], word: &[u8]) -> [u8; TAG_LEN] {
        let mut context = hmac::Context::with_key(&self.auth);
        context.update(message);
        context.update(word);
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG_LEN]);
        tag
    }
}

/// Expands an AES-128 key for counter mode.
pub(super) fn counter_mode(key: &[u8]) -> Result<EncryptingKey, Unspecified> {
    EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, key)?)
}

/// Adds the key stream that starts at the counter `block` to `data`.
pub(super) fn key_stream(
    key: &EncryptingKey,
    block: [u8; 16],
    data: &mut [u8],
) -> Result<(), Unspecified> {
    let context = EncryptionContext::Iv128(FixedLength::from(block));
    key.less_safe_encrypt(data, context).map(drop)
}

fn rollover(index: u64) -> [u8; 4] {
    let [_, _, rollover @ .., _, _] = index.to_be_bytes();
    rollover
}
