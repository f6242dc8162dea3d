//! Exporter blocks: lengths, roles, and nothing secret in Debug.

use super::super::{KeyError, KeyingMaterial, Profile};
use super::{HEADER_LEN, PROFILES, SSRC, exported, pair, rtp, seal_rtp};

#[test]
fn the_lengths_are_those_of_rfc_5764_and_rfc_7714() {
    assert_eq!(Profile::AeadAes128Gcm.keying_material_len(), 56);
    assert_eq!(Profile::AeadAes128Gcm.rtp_overhead(), 16);
    assert_eq!(Profile::AeadAes128Gcm.rtcp_overhead(), 20);
    assert_eq!(Profile::Aes128CmHmacSha1_80.keying_material_len(), 60);
    assert_eq!(Profile::Aes128CmHmacSha1_80.rtp_overhead(), 10);
    assert_eq!(Profile::Aes128CmHmacSha1_80.rtcp_overhead(), 14);
}

#[test]
fn a_block_of_another_length_is_refused() {
    for profile in PROFILES {
        let expected = profile.keying_material_len();
        for actual in [0, expected - 1, expected + 1] {
            let refused = KeyError::Length { expected, actual };
            let block = vec![1; actual];
            let both = KeyingMaterial::from_exporter(profile, &block, true);
            assert_eq!(both.err(), Some(refused));
            assert_eq!(KeyingMaterial::new(profile, block).err(), Some(refused));
        }
    }
}

#[test]
fn each_side_opens_what_the_other_seals_and_not_its_own() {
    for profile in PROFILES {
        let material = || KeyingMaterial::new(profile, exported(profile)).unwrap();
        assert_eq!(material().profile(), profile);
        let (mut client_in, mut client_out) = material().into_contexts(true).unwrap();
        let (mut server_in, mut server_out) = material().into_contexts(false).unwrap();

        let index = client_out.stream(SSRC).unwrap().claim(7).unwrap();
        let from_client = seal_rtp(&client_out, index, &rtp(b"from the client"));
        assert!(client_in.open_rtp(&mut from_client.clone(), HEADER_LEN).is_err());
        assert!(server_in.open_rtp(&mut from_client.clone(), HEADER_LEN).is_ok());

        let index = server_out.stream(SSRC).unwrap().claim(7).unwrap();
        let from_server = seal_rtp(&server_out, index, &rtp(b"from the server"));
        assert!(server_in.open_rtp(&mut from_server.clone(), HEADER_LEN).is_err());
        assert!(client_in.open_rtp(&mut from_server.clone(), HEADER_LEN).is_ok());
    }
}

#[test]
fn debug_output_holds_no_key() {
    for profile in PROFILES {
        let material = KeyingMaterial::new(profile, exported(profile)).unwrap();
        assert_eq!(
            format!("{material:?}"),
            format!("KeyingMaterial {{ profile: {profile:?}, .. }}")
        );
        let (mut outbound, inbound) = pair(profile);
        outbound.stream(SSRC).unwrap();
        assert_eq!(
            format!("{inbound:?}"),
            format!("Inbound {{ profile: {profile:?}, streams: 0, .. }}")
        );
        assert_eq!(
            format!("{outbound:?}"),
            format!("Outbound {{ profile: {profile:?}, streams: 1, next_rtcp: 1, .. }}")
        );
    }
}
