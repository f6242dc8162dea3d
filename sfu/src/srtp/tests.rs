//! What several of the test files below use.

mod claims;
mod inbound;
mod keys;
mod oracle;
mod refusal;
mod vectors;

use proptest::test_runner::{Config, RngSeed};

use super::{Inbound, KeyingMaterial, Outbound, PacketIndex, Profile};

const PROFILES: [Profile; 2] = [Profile::AeadAes128Gcm, Profile::Aes128CmHmacSha1_80];
const SSRC: u32 = 0x5eed_cafe;
const HEADER_LEN: usize = 12;

/// Property tests draw the same cases in every run, so that a failure is everybody's.
fn seeded(seed: u64, cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
}

/// An exporter block whose bytes all differ.
fn exported(profile: Profile) -> Vec<u8> {
    (1..).take(profile.keying_material_len()).collect()
}

/// The client's sealing side and the server's opening side of one handshake.
fn pair(profile: Profile) -> (Outbound, Inbound) {
    let block = exported(profile);
    let (_, outbound) = KeyingMaterial::from_exporter(profile, &block, true).unwrap();
    let (inbound, _) = KeyingMaterial::from_exporter(profile, &block, false).unwrap();
    (outbound, inbound)
}

/// A plaintext RTP packet; sequence and SSRC are `seal_rtp`'s to write.
fn rtp(payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0];
    packet.extend_from_slice(payload);
    packet
}

/// A receiver report about nobody, as long as `words` more words make it.
fn rtcp(ssrc: u32, words: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 201];
    packet.extend_from_slice(&(1 + words).to_be_bytes());
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend((0..words * 4).map(|byte| byte.to_be_bytes()[1]));
    packet
}

fn seal_rtp(outbound: &Outbound, index: PacketIndex, plain: &[u8]) -> Vec<u8> {
    let mut packet = plain.to_vec();
    packet.resize(plain.len() + outbound.profile().rtp_overhead(), 0xee);
    let len = outbound.seal_rtp(index, &mut packet, HEADER_LEN, plain.len() - HEADER_LEN);
    assert_eq!(len, packet.len());
    packet
}

fn seal_rtcp(outbound: &mut Outbound, plain: &[u8]) -> Vec<u8> {
    let mut packet = plain.to_vec();
    packet.resize(plain.len() + outbound.profile().rtcp_overhead(), 0xee);
    let len = outbound.seal_rtcp(&mut packet, plain.len());
    assert_eq!(len, packet.len());
    packet
}

/// Bytes written as hexadecimal digits, with white space wherever it helps to read.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_digit(16).unwrap())
        .collect();
    digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}
