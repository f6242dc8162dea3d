//! An implementation that is not ours, `rtc-srtp`, opens what we seal and seals what we open.

use proptest::prelude::*;
use rtc_crypto::RTCCryptoProvider as _;
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;

use super::super::keys::MASTER_KEY_LEN;
use super::super::{OpenError, Profile};
use super::{HEADER_LEN, PROFILES, SSRC, exported, pair, rtcp, rtp, seal_rtcp, seal_rtp, seeded};

/// The client's direction, as in [`pair`], with replay windows as large as ours.
fn oracle(profile: Profile) -> Context {
    let block = exported(profile);
    let salts = &block[2 * MASTER_KEY_LEN..];
    let theirs = match profile {
        Profile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        Profile::Aes128CmHmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
    };
    Context::new(
        &block[..MASTER_KEY_LEN],
        &salts[..profile.master_salt_len()],
        theirs,
        Some(srtp_replay_protection(128)),
        Some(srtcp_replay_protection(128)),
        AwsLcRsProvider::new().crypto(),
    )
    .unwrap()
}

/// A header with two contributing sources and an extension of `words` words, and its length.
fn extended(sequence: u16, words: u16, payload: &[u8]) -> (Vec<u8>, usize) {
    let mut packet = vec![0x92, 111];
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&[9, 8, 7, 6]);
    packet.extend_from_slice(&SSRC.to_be_bytes());
    packet.extend_from_slice(&[1, 1, 1, 1, 2, 2, 2, 2, 0xbe, 0xde]);
    packet.extend_from_slice(&words.to_be_bytes());
    for word in 0..words {
        // one-byte elements of three bytes each (RFC 8285)
        let id = 1 + word.to_be_bytes()[1] % 14;
        packet.extend_from_slice(&[(id << 4) | 2, 1, 2, 3]);
    }
    let header_len = packet.len();
    packet.extend_from_slice(payload);
    (packet, header_len)
}

/// Packets in the order they arrive: each one's index, at times twice, at times late, over
/// several rollovers, and never further from the highest than a receiver can follow.
fn arrivals() -> impl Strategy<Value = Vec<u64>> {
    let ahead = prop_oneof![10 => Just(1_u64), 2 => 2..30_u64, 1 => 1_000..20_000_u64];
    let late = prop_oneof![6 => Just(0_usize), 1 => 1..5_usize];
    let sent = prop::collection::vec((ahead, late, prop::bool::weighted(0.1)), 1..120);
    (0..65_536_u64, sent).prop_map(|(start, sent)| {
        let mut arriving = Vec::new();
        let mut index = start;
        for (at, (ahead, late, twice)) in sent.into_iter().enumerate() {
            // The first is on time: both sides take its rollover count for 0.
            let late = if at < 8 { 0 } else { late };
            arriving.push((at + late, index));
            if twice {
                arriving.push((at + late + 1, index));
            }
            index += ahead;
        }
        arriving.sort_by_key(|(when, _)| *when);
        arriving.into_iter().map(|(_, index)| index).collect()
    })
}

proptest! {
    #![proptest_config(seeded(0x0004, 120))]

    #[test]
    fn the_oracle_opens_what_we_seal(
        arriving in arrivals(),
        words in 0..12_u16,
        payload in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        for profile in PROFILES {
            let mut theirs = oracle(profile);
            let (mut outbound, mut ours) = pair(profile);
            let mut stream = outbound.stream(SSRC).unwrap();
            for &index in &arriving {
                let (plain, header_len) = extended((index & 0xffff) as u16, words, &payload);
                let Some(claimed) = stream.claim(index) else { continue };
                let mut packet = plain.clone();
                packet.resize(plain.len() + profile.rtp_overhead(), 0);
                outbound.seal_rtp(claimed, &mut packet, header_len, payload.len());

                let opened = theirs.decrypt_rtp(&packet).unwrap();
                prop_assert_eq!(&opened[..], &plain[..]);
                prop_assert!(theirs.decrypt_rtp(&packet).is_err());
                prop_assert_eq!(ours.open_rtp(&mut packet, header_len).unwrap().index, index);
                prop_assert_eq!(&packet[..plain.len()], &plain[..]);
            }
        }
    }

    #[test]
    fn we_open_what_the_oracle_seals(
        arriving in arrivals(),
        words in 0..12_u16,
        payload in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        for profile in PROFILES {
            let mut theirs = oracle(profile);
            let (_, mut inbound) = pair(profile);
            let mut sent: Vec<u64> = arriving.clone();
            sent.sort_unstable();
            sent.dedup();
            let sealed: Vec<_> = sent
                .iter()
                .map(|&index| {
                    let (plain, _) = extended((index & 0xffff) as u16, words, &payload);
                    theirs.encrypt_rtp(&plain).unwrap()
                })
                .collect();

            let mut seen = std::collections::HashSet::new();
            let mut highest = 0;
            for &index in &arriving {
                let (plain, header_len) = extended((index & 0xffff) as u16, words, &payload);
                let at = sent.binary_search(&index).unwrap();
                let mut packet = sealed[at].to_vec();
                let opened = inbound.open_rtp(&mut packet, header_len);
                if seen.insert(index) && index + 128 > highest {
                    prop_assert_eq!(opened.unwrap().index, index);
                    prop_assert_eq!(&packet[..plain.len()], &plain[..]);
                    highest = highest.max(index);
                } else {
                    // so far behind that its index is guessed wrong, it fails to authenticate
                    let guessed_wrong = highest - index >= 32_768;
                    let expected = if guessed_wrong { OpenError::Authentication } else { OpenError::Replayed };
                    prop_assert_eq!(opened, Err(expected));
                }
            }
        }
    }

    #[test]
    fn rtcp_agrees_both_ways(packets in prop::collection::vec((0..3_u32, 0..40_u16), 1..60)) {
        for profile in PROFILES {
            let mut theirs_in = oracle(profile);
            let mut theirs_out = oracle(profile);
            let (mut outbound, mut inbound) = pair(profile);
            for &(ssrc, words) in &packets {
                let plain = rtcp(SSRC + ssrc, words);

                let sealed = seal_rtcp(&mut outbound, &plain);
                let opened = theirs_in.decrypt_rtcp(&sealed).unwrap();
                prop_assert_eq!(&opened[..], &plain[..]);
                prop_assert!(theirs_in.decrypt_rtcp(&sealed).is_err());

                let mut sealed = theirs_out.encrypt_rtcp(&plain).unwrap().to_vec();
                let replay = sealed.clone();
                let len = inbound.open_rtcp(&mut sealed).unwrap();
                prop_assert_eq!(&sealed[..len], &plain[..]);
                let refused = inbound.open_rtcp(&mut replay.clone());
                prop_assert_eq!(refused, Err(OpenError::Replayed));
            }
        }
    }
}

#[test]
fn a_whole_rollover_in_order_and_a_late_packet_across_it() {
    for profile in PROFILES {
        let mut theirs = oracle(profile);
        let (mut outbound, _) = pair(profile);
        let mut stream = outbound.stream(SSRC).unwrap();
        let late = stream.claim(65_530).map(|index| seal_rtp(&outbound, index, &rtp(b"late")));
        for index in (65_500..65_560).filter(|index| *index != 65_530) {
            let claimed = stream.claim(index).unwrap();
            let packet = seal_rtp(&outbound, claimed, &rtp(&index.to_be_bytes()));
            let opened = theirs.decrypt_rtp(&packet).unwrap();
            assert_eq!(opened[HEADER_LEN..], index.to_be_bytes());
        }
        let opened = theirs.decrypt_rtp(&late.unwrap()).unwrap();
        assert_eq!(opened[HEADER_LEN..], *b"late");
    }
}
