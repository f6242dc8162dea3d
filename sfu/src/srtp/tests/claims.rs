//! An index is handed out at most once, and only under its own key.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::{SealStream, StreamTaken};
use super::{HEADER_LEN, PROFILES, SSRC, pair, rtp, seal_rtp, seeded};

const WINDOW: u64 = SealStream::WINDOW;
const LIMIT: u64 = 1 << 48;

fn stream() -> SealStream {
    pair(PROFILES[0]).0.stream(SSRC).unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    Next,
    /// Relative to the highest claimed so far.
    Offset(i64),
    /// The one claimed this many claims ago.
    Again(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Next),
        4 => (-300..40_i64).prop_map(Step::Offset),
        1 => (-70_000..70_000_i64).prop_map(Step::Offset),
        2 => (0..400_usize).prop_map(Step::Again),
    ]
}

fn start() -> impl Strategy<Value = u64> {
    prop_oneof![0..5_u64, 65_500..65_560_u64, any::<u16>().prop_map(u64::from), LIMIT - 700..LIMIT,]
}

proptest! {
    #![proptest_config(seeded(0x0001, 400))]

    #[test]
    fn claims_match_a_plain_set(start in start(), steps in prop::collection::vec(step(), 1..600)) {
        let mut stream = stream();
        let mut claimed = HashSet::new();
        let mut order = vec![start];
        let mut highest: Option<u64> = None;

        for step in std::iter::once(Step::Again(0)).chain(steps) {
            let wanted = match step {
                Step::Next => highest.map_or(start, |highest| highest + 1),
                Step::Offset(by) => highest.unwrap_or(start).saturating_add_signed(by),
                Step::Again(ago) => order[order.len().saturating_sub(1 + ago)],
            };
            let in_window = highest.is_none_or(|highest| wanted + WINDOW > highest);
            let expected = wanted < LIMIT && in_window && !claimed.contains(&wanted);

            let index = if matches!(step, Step::Next) { stream.claim_next() } else { stream.claim(wanted) };

            prop_assert_eq!(index.is_some(), expected, "{:?} → {}", step, wanted);
            if let Some(index) = index {
                prop_assert_eq!(index.index(), wanted);
                prop_assert_eq!(u64::from(index.sequence()), wanted % 65_536);
                prop_assert_eq!(index.ssrc(), SSRC);
                claimed.insert(wanted);
                order.push(wanted);
                highest = highest.max(Some(wanted));
            }
            prop_assert_eq!(stream.highest(), highest);
        }
    }
}

#[test]
fn a_stream_may_start_anywhere_and_reaches_back_from_there() {
    let mut stream = stream();
    assert_eq!(stream.ssrc(), SSRC);
    assert_eq!(stream.highest(), None);
    assert!(stream.claim(65_535).is_some());
    assert_eq!(stream.claim_next().unwrap().index(), 65_536);
    assert!(stream.claim(65_536).is_none());
    assert!(stream.claim(65_535).is_none());
    assert!(stream.claim(65_537 - WINDOW).is_some());
    assert!(stream.claim(65_536 - WINDOW).is_none());
    assert_eq!(stream.highest(), Some(65_536));
}

#[test]
fn the_first_of_claim_next_is_zero_and_the_last_is_below_two_to_the_48() {
    let mut stream = stream();
    assert_eq!(stream.claim_next().unwrap().index(), 0);
    assert_eq!(stream.claim_next().unwrap().index(), 1);
    assert!(stream.claim(LIMIT).is_none());
    assert!(stream.claim(u64::MAX).is_none());
    assert_eq!(stream.claim(LIMIT - 1).unwrap().index(), LIMIT - 1);
    assert!(stream.claim_next().is_none());
    assert!(stream.claim(LIMIT - 2).is_some());
}

#[test]
fn a_second_stream_of_one_ssrc_is_refused_even_after_the_first_is_gone() {
    for profile in PROFILES {
        let (mut outbound, _) = pair(profile);
        {
            let _first = outbound.stream(SSRC).unwrap();
            assert_eq!(outbound.stream(SSRC).err(), Some(StreamTaken(SSRC)));
        }
        assert_eq!(outbound.stream(SSRC).err(), Some(StreamTaken(SSRC)));
        assert!(outbound.stream(SSRC + 1).is_ok());
    }
}

#[test]
fn the_header_gets_the_sequence_and_ssrc_of_the_index_and_nothing_else() {
    for profile in PROFILES {
        let (mut outbound, _) = pair(profile);
        let index = outbound.stream(SSRC).unwrap().claim(3 << 16 | 0xabcd).unwrap();
        let mut plain = rtp(b"payload");
        plain[2..4].copy_from_slice(&[0x11, 0x22]);
        plain[8..12].copy_from_slice(&[0x33; 4]);
        let room_behind = 5;
        let mut packet = plain.clone();
        packet.resize(plain.len() + profile.rtp_overhead() + room_behind, 0xee);

        let len = outbound.seal_rtp(index, &mut packet, HEADER_LEN, 7);

        assert_eq!(len, plain.len() + profile.rtp_overhead());
        assert_eq!(packet[..2], plain[..2]);
        assert_eq!(packet[2..4], [0xab, 0xcd]);
        assert_eq!(packet[4..8], plain[4..8]);
        assert_eq!(packet[8..12], SSRC.to_be_bytes());
        assert_ne!(packet[12..19], plain[12..19]);
        assert_eq!(packet[len..], [0xee; 5]);
    }
}

#[test]
#[should_panic(expected = "claimed under this key")]
fn an_index_of_another_key_is_not_sealed() {
    let (mut one, _) = pair(PROFILES[0]);
    let (other, _) = pair(PROFILES[0]);
    let index = one.stream(SSRC).unwrap().claim(1).unwrap();
    seal_rtp(&other, index, &rtp(b"payload"));
}
