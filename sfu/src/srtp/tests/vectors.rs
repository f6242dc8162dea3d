//! The test vectors of RFC 3711 and RFC 7714, byte for byte.

use super::super::cipher::Cipher;
use super::super::keys::{AUTHENTICATION, ENCRYPTION, Master, SALT, SRTCP, SRTP, derive};
use super::super::{Inbound, OpenError, Profile, aes_cm, gcm};
use super::hex;

/// RFC 7714 section 16: session keys, not master keys.
fn rfc7714() -> Cipher {
    let key = hex("000102030405060708090a0b0c0d0e0f");
    let salt: [u8; 12] = hex("517569642070726f2071756f").try_into().unwrap();
    let half = || gcm::HalfKey::new(&key, salt).unwrap();
    Cipher::Gcm(gcm::Gcm::new(half(), half()))
}

const RTP_PLAIN: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
    69736120 696e2070 61727465 73207472 6573";
const RTP_SEALED: &str = "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
    0d294e6f 42a5f47a 51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce";
const RTCP_PLAIN: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
    deadbeef deadbeef deadbeef deadbeef deadbeef";
const RTCP_SEALED: &str = "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
    c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4";
const RTCP_TAGGED_ONLY: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930
    4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef 841dd968 3dd78ec9 2ae58790 125f62b3
    000005d4";

#[test]
fn rfc7714_section_16_1_1_seals_rtp() {
    let mut packet = hex(RTP_PLAIN);
    let payload_len = packet.len() - 12;
    packet.resize(packet.len() + 16, 0);
    let len = rfc7714().seal_rtp(0x5501_a0b2, 0xf17b, &mut packet, 12, payload_len);
    assert_eq!(packet[..len], hex(RTP_SEALED));
}

#[test]
fn rfc7714_section_16_1_2_opens_rtp() {
    let mut packet = hex(RTP_SEALED);
    let mut inbound = Inbound::new(rfc7714());
    let opened = inbound.open_rtp(&mut packet, 12).unwrap();
    assert_eq!(opened.index, 0xf17b);
    assert_eq!(packet[..12 + opened.payload_len], hex(RTP_PLAIN));
}

#[test]
fn rfc7714_section_17_1_seals_rtcp() {
    let mut packet = hex(RTCP_PLAIN);
    let plain_len = packet.len();
    packet.resize(plain_len + 20, 0);
    let len = rfc7714().seal_rtcp(0x4d61_7273, 0x5d4, &mut packet, plain_len);
    assert_eq!(packet[..len], hex(RTCP_SEALED));
}

#[test]
fn rfc7714_section_17_2_opens_rtcp() {
    let mut packet = hex(RTCP_SEALED);
    let len = Inbound::new(rfc7714()).open_rtcp(&mut packet).unwrap();
    assert_eq!(packet[..len], hex(RTCP_PLAIN));
}

#[test]
fn rfc7714_section_17_3_is_refused_because_it_is_not_encrypted() {
    let mut packet = hex(RTCP_TAGGED_ONLY);
    let refused = Inbound::new(rfc7714()).open_rtcp(&mut packet);
    assert_eq!(refused, Err(OpenError::Authentication));
}

/// RFC 3711 appendix B.3, with the six labels that DTLS-SRTP uses; the last three follow from the
/// same master key and are libsrtp's.
#[test]
fn rfc3711_appendix_b3_derives_session_keys() {
    let master =
        Master::new(&hex("e1f97a0d3e018be0d64fa32c06de4139"), &hex("0ec675ad498afeebb6960b3aabe6"))
            .unwrap();
    let session = |label| master.session::<14>(label).unwrap().to_vec();

    assert_eq!(
        master.session::<16>(SRTP + ENCRYPTION).unwrap().to_vec(),
        hex("c61e7a93744f39ee10734afe3ff7a087")
    );
    assert_eq!(session(SRTP + SALT), hex("30cbbc08863d8c85d49db34a9ae1"));
    assert_eq!(
        master.session::<94>(SRTP + AUTHENTICATION).unwrap().to_vec(),
        hex("cebe321f6ff7716b6fd4ab49af256a15 6d38baa48f0a0acf3c34e2359e6cdbce
             e049646c43d9327ad175578ef7227098 6371c10c9a369ac2f94a8c5fbcdddc25
             6d6e919a48b610ef17c2041e47403576 6b68642c59bbfc2f34db60dbdfb2")
    );
    assert_eq!(
        master.session::<16>(SRTCP + ENCRYPTION).unwrap().to_vec(),
        hex("4c1aa45a81f73d61c800bbb00fbb1eaa")
    );
    assert_eq!(session(SRTCP + SALT), hex("9581c7ad87b3e530bf3e4454a8b3"));
    assert_eq!(
        master.session::<16>(SRTCP + AUTHENTICATION).unwrap().to_vec(),
        hex("8d54534feb49ae8e7993a6bd0b844fc3")
    );
}

/// RFC 3711 appendix B.2: SSRC and index 0, so that the counter starts at the salt, and a message
/// long enough for the counter's last two bytes to carry.
#[test]
fn rfc3711_appendix_b2_makes_the_key_stream() {
    let keys = aes_cm::HalfKey::new(
        &hex("2b7e151628aed2a6abf7158809cf4f3c"),
        &[0; aes_cm::AUTH_KEY_LEN],
        hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd").try_into().unwrap(),
    )
    .unwrap();
    let mut stream = vec![0; 0xff02 * 16];
    keys.encrypt(0, 0, &mut stream);
    assert_eq!(
        stream[..48],
        hex("e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab
             41e95b3bb0a2e8dd477901e4fca894c0")
    );
    assert_eq!(
        stream[0xfeff * 16..],
        hex("ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae
             6a2cc3787889374fbeb4c81b17ba6c44")
    );
}

/// The reference packets of libsrtp's own validation run, from the master key of appendix B.3.
#[test]
fn libsrtp_reference_packets_of_aes_cm() {
    let cipher = derive(
        Profile::Aes128CmHmacSha1_80,
        &hex("e1f97a0d3e018be0d64fa32c06de4139"),
        &hex("0ec675ad498afeebb6960b3aabe6"),
    )
    .unwrap();

    let mut packet = hex("800f1234 decafbad cafebabe");
    packet.resize(12 + 16, 0xab);
    packet.resize(12 + 16 + 10, 0);
    cipher.seal_rtp(0xcafe_babe, 0x1234, &mut packet, 12, 16);
    assert_eq!(
        packet,
        hex("800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402
             b78d6acc 99ea179b 8dbb")
    );

    let mut packet = hex("81c8000b cafebabe");
    packet.resize(8 + 16, 0xab);
    packet.resize(8 + 16 + 14, 0);
    cipher.seal_rtcp(0xcafe_babe, 1, &mut packet, 24);
    assert_eq!(
        packet,
        hex("81c8000b cafebabe 7128035b e487b9bd bef89041 f977a5a8
             80000001 993e08cd 54d6c123 0798")
    );
}
