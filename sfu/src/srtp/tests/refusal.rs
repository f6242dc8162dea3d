//! What comes from the network and is not what was sealed: refused, and nothing remembered.

use proptest::prelude::*;

use super::super::{Inbound, MAX_STREAMS, OpenError};
use super::{HEADER_LEN, PROFILES, SSRC, pair, rtcp, rtp, seal_rtcp, seal_rtp, seeded};

/// Refused by a receiver that knows the stream and by one that does not; the true packet opens
/// afterwards, so nothing was remembered of the forgery.
fn assert_refuses_all_flips(
    packet: &[u8],
    receivers: &mut [Inbound],
    mut open: impl FnMut(&mut Inbound, &mut [u8]) -> Result<(), OpenError>,
) {
    for receiver in receivers.iter_mut() {
        for bit in 0..packet.len() * 8 {
            let mut forged = packet.to_vec();
            forged[bit / 8] ^= 1 << (bit % 8);
            let refused = open(receiver, &mut forged);
            assert_eq!(refused, Err(OpenError::Authentication), "bit {bit}");
        }
        assert_eq!(open(receiver, &mut packet.to_vec()), Ok(()));
    }
}

#[test]
fn every_flipped_bit_of_rtp_is_refused() {
    for profile in PROFILES {
        let (mut outbound, mut knowing) = pair(profile);
        let (_, unknowing) = pair(profile);
        let mut stream = outbound.stream(SSRC).unwrap();
        // Half the sequence space ahead of 0, so that no flipped sequence falls behind.
        for sequence in [0, 0x7000] {
            let index = stream.claim(sequence).unwrap();
            let mut packet = seal_rtp(&outbound, index, &rtp(b"to know the stream"));
            if sequence == 0 {
                knowing.open_rtp(&mut packet, HEADER_LEN).unwrap();
            }
        }
        let packet = seal_rtp(&outbound, stream.claim(0x7001).unwrap(), &rtp(b"eleven byte"));
        assert_refuses_all_flips(&packet, &mut [unknowing], |inbound, packet| {
            inbound.open_rtp(packet, HEADER_LEN).map(drop)
        });
        let mut forged = packet.clone();
        for bit in 0..packet.len() * 8 {
            forged.copy_from_slice(&packet);
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(knowing.open_rtp(&mut forged, HEADER_LEN).is_err(), "bit {bit}");
        }
        assert!(knowing.open_rtp(&mut packet.clone(), HEADER_LEN).is_ok());
    }
}

#[test]
fn every_flipped_bit_of_rtcp_is_refused() {
    for profile in PROFILES {
        let (mut outbound, mut knowing) = pair(profile);
        let (_, unknowing) = pair(profile);
        let mut first = seal_rtcp(&mut outbound, &rtcp(SSRC, 3));
        // An SSRC apart, so that a flipped index is fresh and only the tag can refuse it.
        knowing.open_rtcp(&mut first).unwrap();
        let packet = seal_rtcp(&mut outbound, &rtcp(!SSRC, 3));
        assert_refuses_all_flips(&packet, &mut [unknowing, knowing], |inbound, packet| {
            inbound.open_rtcp(packet).map(drop)
        });
    }
}

#[test]
fn every_truncation_is_refused() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let index = outbound.stream(SSRC).unwrap().claim(1).unwrap();
        let packet = seal_rtp(&outbound, index, &rtp(b"payload"));
        for len in 0..packet.len() {
            let refused = inbound.open_rtp(&mut packet[..len].to_vec(), HEADER_LEN);
            let short = len < HEADER_LEN + profile.rtp_overhead();
            let expected = if short { OpenError::TooShort } else { OpenError::Authentication };
            assert_eq!(refused, Err(expected), "{len} bytes");
        }
        let packet = seal_rtcp(&mut outbound, &rtcp(SSRC, 3));
        for len in 0..packet.len() {
            let refused = inbound.open_rtcp(&mut packet[..len].to_vec()).unwrap_err();
            let short = len < 8 + profile.rtcp_overhead();
            assert_eq!(refused == OpenError::TooShort, short, "{len} bytes");
        }
        assert_eq!(format!("{inbound:?}").matches("streams: 0").count(), 1);
    }
}

#[test]
fn an_empty_payload_and_a_bare_report_are_packets_too() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let index = outbound.stream(SSRC).unwrap().claim(1).unwrap();
        let mut packet = seal_rtp(&outbound, index, &rtp(b""));
        assert_eq!(inbound.open_rtp(&mut packet, HEADER_LEN).unwrap().payload_len, 0);
        let mut packet = seal_rtcp(&mut outbound, &rtcp(SSRC, 0));
        assert_eq!(inbound.open_rtcp(&mut packet), Ok(8));
    }
}

#[test]
fn a_header_length_that_does_not_fit_is_refused() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let index = outbound.stream(SSRC).unwrap().claim(1).unwrap();
        let packet = seal_rtp(&outbound, index, &rtp(b"payload"));
        for header_len in [0, 11, HEADER_LEN + 8, packet.len(), packet.len() + 1, usize::MAX] {
            let refused = inbound.open_rtp(&mut packet.clone(), header_len);
            assert_eq!(refused, Err(OpenError::TooShort), "{header_len}");
        }
        if profile == PROFILES[0] {
            let refused = inbound.open_rtp(&mut packet.clone(), HEADER_LEN + 4);
            assert_eq!(refused, Err(OpenError::Authentication), "authenticated otherwise");
        }
    }
}

#[test]
fn forged_packets_of_many_ssrcs_take_no_place() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        for ssrc in 0..1000_u32 {
            let mut forged = rtp(&[0; 40]);
            forged[8..12].copy_from_slice(&ssrc.to_be_bytes());
            let refused = inbound.open_rtp(&mut forged, HEADER_LEN);
            assert_eq!(refused, Err(OpenError::Authentication));
            let mut forged = rtcp(ssrc, 12);
            forged.extend([0xff; 14]);
            assert_eq!(inbound.open_rtcp(&mut forged), Err(OpenError::Authentication));
        }
        for ssrc in 0..u32::try_from(MAX_STREAMS).unwrap() {
            let index = outbound.stream(ssrc).unwrap().claim(1).unwrap();
            let mut packet = seal_rtp(&outbound, index, &rtp(b"true"));
            assert!(inbound.open_rtp(&mut packet, HEADER_LEN).is_ok());
        }
    }
}

proptest! {
    #![proptest_config(seeded(0x0003, 2000))]

    #[test]
    fn garbage_is_refused_without_a_panic(
        garbage in prop::collection::vec(any::<u8>(), 0..120),
        header_len in 0..140_usize,
    ) {
        for profile in PROFILES {
            let (_, mut inbound) = pair(profile);
            prop_assert!(inbound.open_rtp(&mut garbage.clone(), header_len).is_err());
            prop_assert!(inbound.open_rtcp(&mut garbage.clone()).is_err());
        }
    }
}
