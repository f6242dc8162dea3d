//! Whole answers, kept beside their offers. `RAMPA_WRITE_ANSWERS=1 cargo test -p sfu answers`
//! writes them anew; read the difference before it is committed.

use super::*;

/// The answers as committed.
macro_rules! expected {
    ($name:literal) => {
        ($name, include_str!(concat!("../fixtures/", $name, ".answer.sdp")))
    };
}

const EXPECTED: [(&str, &str); 8] = [
    expected!("chromium-spectator"),
    expected!("chromium-actor"),
    expected!("chromium-simulcast"),
    expected!("chromium-whep"),
    expected!("chromium-sendrecv-data"),
    expected!("firefox-actor"),
    expected!("obs-whip"),
    expected!("gstreamer-whip"),
];

#[test]
fn every_fixture_has_the_answer_that_is_committed() {
    for (fixture, (name, expected)) in FIXTURES.into_iter().zip(EXPECTED) {
        assert_eq!(fixture.0, name, "the two lists go together");
        let offer = parsed(fixture);
        let written = answer(&offer, &negotiate(&offer).expect("a common codec"));
        if std::env::var_os("RAMPA_WRITE_ANSWERS").is_some() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sdp/fixtures");
            std::fs::write(format!("{folder}/{name}.answer.sdp"), &written).expect("a folder");
        } else {
            assert_eq!(written, expected, "{name}");
        }
    }
}

#[test]
fn candidates_fall_in_preference_and_keep_their_family() {
    let candidates = ["192.0.2.1:5000", "[2001:db8::1]:5001"].map(|text| text.parse().expect("it"));
    assert_eq!(
        candidate_values(&candidates, &[]),
        [
            "1 1 udp 2130706431 192.0.2.1 5000 typ host",
            "2 1 udp 2130706175 2001:db8::1 5001 typ host"
        ]
    );
    assert_eq!(
        candidate_values(&candidates[..1], &candidates),
        [
            "1 1 udp 2130706431 192.0.2.1 5000 typ host",
            "2 1 tcp 1520435199 192.0.2.1 5000 typ host tcptype passive",
            "3 1 tcp 1520434943 2001:db8::1 5001 typ host tcptype passive"
        ]
    );
}

#[test]
fn without_a_candidate_the_default_address_says_so() {
    let offer = parsed(OBS_WHIP);
    let negotiated = negotiate(&offer).expect("a common codec");
    let params = AnswerParams {
        session_id: 1,
        session_version: 1,
        ufrag: "node",
        pwd: "0123456789abcdefghijkl",
        fingerprint: &FINGERPRINT,
        candidates: &[],
        tcp_candidates: &[],
        cname: "rampa",
        send_streams: &[],
    };
    let text = write_answer(&offer, &negotiated, &params);
    assert!(text.contains("m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"), "{text}");
    assert!(!text.contains("a=candidate"), "{text}");
}

#[test]
fn a_data_channel_is_rejected_and_leaves_the_bundle() {
    let offer = parsed(CHROMIUM_SENDRECV_DATA);
    let text = answer(&offer, &negotiate(&offer).expect("a common codec"));
    assert!(text.contains("a=group:BUNDLE 0 1\r\n"), "{text}");
    assert!(
        text.ends_with(
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n\
             a=inactive\r\n"
        ),
        "{text}"
    );
}

/// Chromium loses the bundle's transport when the section that describes it is rejected.
#[test]
fn a_first_section_of_unknown_codec_stays_in_the_bundle() {
    let vp9 = ["a=rtpmap:98 VP9/90000", "a=fmtp:98 profile-id=2"];
    let offer = session("BUNDLE 0 1 2")
        + &section("video 9 UDP/TLS/RTP/SAVPF 98", 0, &vp9)
        + &section("video 9 UDP/TLS/RTP/SAVPF 98", 1, &vp9)
        + &section(VIDEO_96, 2, &[VP8_96, "a=recvonly"]);
    let offer = parse_offer(&offer).expect("an offer");
    let negotiated = negotiate(&offer).expect("a common codec");
    assert_eq!(
        negotiated.sections.iter().map(|section| section.rejected).collect::<Vec<_>>(),
        [false, true, false]
    );
    let text = answer(&offer, &negotiated);
    assert!(text.contains("a=group:BUNDLE 0 2\r\n"), "{text}");
    assert!(text.contains("m=video 40000 UDP/TLS/RTP/SAVPF 98\r\n"), "{text}");
    assert!(text.contains("a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=2\r\n"), "{text}");
    assert!(text.contains("m=video 0 UDP/TLS/RTP/SAVPF 98\r\n"), "{text}");
}

#[test]
fn an_inactive_section_is_kept_with_its_codecs() {
    let offer = parse_offer(&one_section(VIDEO_96, &[VP8_96, "a=inactive"])).expect("an offer");
    let negotiated = negotiate(&offer).expect("a common codec");
    let section = &negotiated.sections[0];
    assert!(!section.rejected && section.receive.is_none() && section.send.is_none());
    let text = answer(&offer, &negotiated);
    assert!(text.contains("m=video 40000 UDP/TLS/RTP/SAVPF 96\r\n"), "{text}");
    assert!(text.contains("a=inactive\r\n"), "{text}");
}

#[test]
fn retransmissions_have_an_ssrc_only_where_they_have_a_payload_type() {
    let plain = parse_offer(&one_section(VIDEO_96, &[VP8_96, "a=recvonly"])).expect("an offer");
    let text = answer(&plain, &negotiate(&plain).expect("a common codec"));
    assert!(text.contains("a=ssrc:1000 cname:rampa\r\n"), "{text}");
    assert!(!text.contains("FID") && !text.contains("a=ssrc:2000"), "{text}");
}
