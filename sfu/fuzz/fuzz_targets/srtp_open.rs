//! SRTP and SRTCP from the network, under a fixed key.
//!
//! The first byte chooses the profile, the protocol and whether the rest is opened as it is or
//! sealed first; the second is the length of the RTP header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sfu::srtp::{Inbound, KeyingMaterial, OpenError, Outbound, Profile};

const GCM: u8 = 1;
const RTCP: u8 = 2;
const SEAL: u8 = 4;

fn keys(profile: Profile) -> (Inbound, Outbound) {
    let block = vec![7; profile.keying_material_len()];
    let (_, outbound) = KeyingMaterial::from_exporter(profile, &block, true).unwrap();
    let (inbound, _) = KeyingMaterial::from_exporter(profile, &block, false).unwrap();
    (inbound, outbound)
}

fuzz_target!(|input: &[u8]| {
    let [choice, header_len, body @ ..] = input else { return };
    let header_len = usize::from(*header_len);
    let profile = match choice & GCM {
        0 => Profile::Aes128CmHmacSha1_80,
        _ => Profile::AeadAes128Gcm,
    };
    let (mut inbound, mut outbound) = keys(profile);
    let mut open = |packet: &mut [u8]| match choice & RTCP {
        0 => inbound.open_rtp(packet, header_len).map(|opened| header_len + opened.payload_len),
        _ => inbound.open_rtcp(packet),
    };

    if choice & SEAL == 0 {
        if open(&mut body.to_vec()).is_ok() {
            assert_eq!(open(&mut body.to_vec()), Err(OpenError::Replayed));
        }
        return;
    }

    let mut packet = body.to_vec();
    packet.resize(body.len() + profile.rtcp_overhead(), 0);
    let sealed = if choice & RTCP == 0 {
        if header_len < 12 || body.len() < header_len {
            return;
        }
        let ssrc = u32::from_be_bytes([body[8], body[9], body[10], body[11]]);
        let sequence = u16::from_be_bytes([body[2], body[3]]);
        let index = outbound.stream(ssrc).unwrap().claim(u64::from(sequence)).unwrap();
        outbound.seal_rtp(index, &mut packet, header_len, body.len() - header_len)
    } else {
        if body.len() < 8 {
            return;
        }
        outbound.seal_rtcp(&mut packet, body.len())
    };
    let mut again = packet[..sealed].to_vec();
    let opened = open(&mut packet[..sealed]).unwrap();
    assert_eq!(packet[..opened], *body);
    assert_eq!(open(&mut again), Err(OpenError::Replayed));
});
