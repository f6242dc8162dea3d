//! Rollover counts, replay windows and the bound on streams.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::inbound::guess_index;
use super::super::{Inbound, MAX_STREAMS, OpenError, Outbound, Profile};
use super::{HEADER_LEN, PROFILES, SSRC, pair, rtcp, rtp, seal_rtcp, seal_rtp, seeded};

/// One packet of each of many SSRCs.
fn one_each(outbound: &mut Outbound, ssrcs: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    ssrcs
        .map(|ssrc| {
            let index = outbound.stream(ssrc).unwrap().claim(1).unwrap();
            seal_rtp(outbound, index, &rtp(b"one of many"))
        })
        .collect()
}

fn open(inbound: &mut Inbound, packet: &[u8]) -> Result<u64, OpenError> {
    let opened = inbound.open_rtp(&mut packet.to_vec(), HEADER_LEN)?;
    Ok(opened.index)
}

#[test]
fn the_index_is_guessed_as_in_rfc_3711_appendix_a() {
    let cases = [
        (None, 0, Some(0)),
        (None, 65_535, Some(65_535)),
        (Some(100), 101, Some(101)),
        (Some(100), 90, Some(90)),
        (Some(65_535), 0, Some(65_536)),
        (Some(65_534), 3, Some(65_539)),
        (Some(65_539), 65_534, Some(65_534)),
        (Some(0x2_0005), 0xfffb, Some(0x1_fffb)),
        (Some(0x2_0005), 0x8005, Some(0x2_8005)),
        (Some(0x2_0005), 0x8006, Some(0x1_8006)),
        (Some(0x2_9000), 0x1000, Some(0x2_1000)),
        (Some(0x2_9000), 0x0fff, Some(0x3_0fff)),
        // before the first rollover count there is none to go back to
        (Some(5), 65_000, Some(65_000)),
        // and after the last there is none to go on to
        (Some((1 << 48) - 1), 0, None),
        (Some((1 << 48) - 1), 65_534, Some((1 << 48) - 2)),
    ];
    for (highest, sequence, expected) in cases {
        let guessed = guess_index(highest, sequence);
        assert_eq!(guessed, expected, "{sequence} after {highest:?}");
    }
}

#[derive(Debug, Clone)]
struct Network {
    profile: Profile,
    start: u64,
    /// For each packet: how far ahead of the one before, and when it arrives, if it does, counted
    /// in packets after it was sent; twice when duplicated.
    packets: Vec<(u64, Vec<usize>)>,
}

fn network() -> impl Strategy<Value = Network> {
    let ahead = prop_oneof![
        12 => Just(1_u64),
        2 => 2..40_u64,
        1 => 100..30_000_u64,
    ];
    let delay = prop_oneof![6 => Just(0_usize), 2 => 0..6_usize, 1 => 0..200_usize];
    let arrivals = prop::collection::vec(delay, 0..3);
    (
        prop::sample::select(PROFILES.to_vec()),
        any::<u16>(),
        prop::collection::vec((ahead, arrivals), 1..250),
    )
        .prop_map(|(profile, start, packets)| Network {
            profile,
            start: u64::from(start),
            packets,
        })
}

proptest! {
    #![proptest_config(seeded(0x0002, 200))]

    /// Loss, reordering and duplicates across several rollovers: each packet opens once and under
    /// the index it was sealed with, if it is in the window, whatever happened before it.
    #[test]
    fn a_lossy_network_matches_a_plain_set(network in network()) {
        let (mut outbound, mut inbound) = pair(network.profile);
        let mut stream = outbound.stream(SSRC).unwrap();

        let mut arriving = Vec::new();
        let mut index = network.start;
        for (sent, (ahead, arrivals)) in network.packets.iter().enumerate() {
            let claimed = stream.claim(index).unwrap();
            let sealed = seal_rtp(&outbound, claimed, &rtp(&index.to_be_bytes()));
            for delay in arrivals {
                arriving.push((sent + delay, index, sealed.clone()));
            }
            index += ahead;
        }
        arriving.sort_by_key(|(when, ..)| *when);

        let mut seen = HashSet::new();
        let mut highest: Option<u64> = None;
        for (_, index, mut packet) in arriving {
            // The guess holds while a packet is less than half the sequence space away; the
            // first to arrive is taken for rollover count 0.
            if highest.is_none() && index >= 65_536 || highest.is_some_and(|highest| highest.abs_diff(index) >= 32_768) {
                continue;
            }
            let fresh = seen.insert(index);
            let in_window = highest.is_none_or(|highest| index + Inbound::WINDOW > highest);
            let opened = inbound.open_rtp(&mut packet, HEADER_LEN);
            if fresh && in_window {
                let opened = opened.unwrap();
                prop_assert_eq!(opened.index, index);
                prop_assert_eq!(opened.payload_len, 8);
                prop_assert_eq!(&packet[12..20], &index.to_be_bytes());
                highest = highest.max(Some(index));
            } else {
                prop_assert_eq!(opened.err(), Some(OpenError::Replayed));
            }
        }
    }
}

#[test]
fn rtp_is_replayed_only_within_its_own_ssrc() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        for packet in one_each(&mut outbound, 1..4) {
            assert_eq!(open(&mut inbound, &packet), Ok(1));
            assert_eq!(open(&mut inbound, &packet), Err(OpenError::Replayed));
        }
    }
}

#[test]
fn rtcp_round_trips_and_is_not_replayed() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let mut sealed = Vec::new();
        for words in 0..200 {
            let plain = rtcp(SSRC + u32::from(words % 3), words % 20);
            let packet = seal_rtcp(&mut outbound, &plain);
            let mut opened = packet.clone();
            let len = inbound.open_rtcp(&mut opened).unwrap();
            assert_eq!(opened[..len], plain);
            sealed.push(packet);
        }
        for packet in &mut sealed {
            assert_eq!(inbound.open_rtcp(packet), Err(OpenError::Replayed));
        }
    }
}

#[test]
fn rtcp_may_be_reordered_within_the_window() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let window = usize::try_from(Inbound::WINDOW).unwrap();
        let mut sealed: Vec<_> =
            (0..=window).map(|_| seal_rtcp(&mut outbound, &rtcp(SSRC, 2))).collect();
        for packet in sealed.iter_mut().skip(1).rev() {
            assert_eq!(inbound.open_rtcp(packet), Ok(16));
        }
        assert_eq!(
            inbound.open_rtcp(&mut sealed[0]),
            Err(OpenError::Replayed),
            "one too old to tell"
        );
    }
}

#[test]
fn streams_are_bounded_and_forgetting_makes_room() {
    let most = u32::try_from(MAX_STREAMS).unwrap();
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let packets = one_each(&mut outbound, 0..most + 2);
        for packet in &packets[..MAX_STREAMS] {
            assert_eq!(open(&mut inbound, packet), Ok(1));
        }
        let [extra, another] = &packets[MAX_STREAMS..] else {
            unreachable!("two more were sealed");
        };
        assert_eq!(open(&mut inbound, extra), Err(OpenError::TooManyStreams));
        let mut report = seal_rtcp(&mut outbound, &rtcp(most, 1));
        assert_eq!(inbound.open_rtcp(&mut report), Err(OpenError::TooManyStreams));

        inbound.forget(5);
        assert_eq!(
            open(&mut inbound, &packets[5]),
            Err(OpenError::Replayed),
            "still refused while nobody needs its place"
        );
        assert_eq!(open(&mut inbound, extra), Ok(1));
        assert_eq!(open(&mut inbound, extra), Err(OpenError::Replayed));
        assert_eq!(open(&mut inbound, another), Err(OpenError::TooManyStreams));
        inbound.forget(12_345);
        assert_eq!(open(&mut inbound, another), Err(OpenError::TooManyStreams));
    }
}

#[test]
fn a_forgotten_stream_that_goes_on_keeps_its_rollover_count_and_place() {
    let most = u32::try_from(MAX_STREAMS).unwrap();
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let packets = one_each(&mut outbound, 0..most);
        let mut stream = outbound.stream(SSRC).unwrap();
        for sequence in [65_535, 65_536] {
            let index = stream.claim(sequence).unwrap();
            let packet = seal_rtp(&outbound, index, &rtp(b"before"));
            assert_eq!(open(&mut inbound, &packet), Ok(sequence));
        }
        inbound.forget(SSRC);
        let packet = seal_rtp(&outbound, stream.claim(65_537).unwrap(), &rtp(b"after"));
        assert_eq!(open(&mut inbound, &packet), Ok(65_537));

        for packet in &packets[1..] {
            assert_eq!(open(&mut inbound, packet), Ok(1));
        }
        let refused = open(&mut inbound, &packets[0]);
        assert_eq!(refused, Err(OpenError::TooManyStreams));
    }
}
