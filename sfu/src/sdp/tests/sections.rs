//! Lines of a section, one by one.

use super::*;

fn parsed_section(media: &str, lines: &[&str]) -> Section {
    let mut offer = parse_offer(&one_section(media, lines)).expect("an offer");
    offer.sections.remove(0)
}

fn video(lines: &[&str]) -> Section {
    parsed_section(VIDEO_96, &[&[VP8_96], lines].concat())
}

#[test]
fn h264_profiles() {
    let table = [
        ("42e01f", Some(H264Profile::ConstrainedBaseline)),
        ("42C01F", Some(H264Profile::ConstrainedBaseline)),
        ("42001f", Some(H264Profile::Baseline)),
        ("4d001f", Some(H264Profile::Main)),
        ("4d801f", Some(H264Profile::ConstrainedBaseline)),
        ("58c01f", Some(H264Profile::ConstrainedBaseline)),
        ("58801f", Some(H264Profile::Baseline)),
        ("640032", Some(H264Profile::High)),
        ("640c1f", Some(H264Profile::ConstrainedHigh)),
        ("f4001f", None),
        ("6e001f", None),
        ("42e0", None),
        ("+2e01f", None),
        ("42e01f0", None),
    ];
    for (id, profile) in table {
        let fmtp = format!("a=fmtp:96 packetization-mode=1; profile-level-id={id}");
        let section = parsed_section(VIDEO_96, &["a=rtpmap:96 h264/90000", &fmtp]);
        let found = section.codecs.first().map(|offered| match offered.codec {
            Codec::H264(format) => format.profile,
            other => panic!("{other:?}"),
        });
        assert_eq!(found, profile, "{id}");
    }
}

#[test]
fn h264_without_parameters_is_baseline_in_single_nal_units() {
    let section = parsed_section(VIDEO_96, &["a=rtpmap:96 H264/90000"]);
    let expected = H264Format {
        profile: H264Profile::Baseline,
        profile_level_id: None,
        packetization: PacketizationMode::SingleNal,
    };
    assert_eq!(section.codecs[0].codec, Codec::H264(expected));
    let interleaved =
        parsed_section(VIDEO_96, &["a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=2"]);
    assert!(interleaved.codecs.is_empty());
}

#[test]
fn encodings_are_matched_whole() {
    let audio = "audio 9 UDP/TLS/RTP/SAVPF 111";
    for (rtpmap, known) in [
        ("opus/48000/2", true),
        ("OPUS/48000/2", true),
        ("opus/48000", false),
        ("opus/16000/2", false),
        ("opus2/48000/2", false),
        ("opus", false),
        ("opus/x/2", false),
        ("red/48000/2", false),
    ] {
        let section = parsed_section(audio, &[&format!("a=rtpmap:111 {rtpmap}")]);
        assert_eq!(!section.codecs.is_empty(), known, "{rtpmap}");
    }
}

#[test]
fn feedback_is_read_by_number_and_for_all() {
    let feedback = |lines: &[&str]| video(lines).codecs[0].feedback;
    let none = Feedback::default();
    assert_eq!(feedback(&["a=rtcp-fb:96 nack"]), Feedback { nack: true, ..none });
    assert_eq!(feedback(&["a=rtcp-fb:* nack pli"]), Feedback { pli: true, ..none });
    assert_eq!(feedback(&["a=rtcp-fb:96 ccm fir"]), Feedback { fir: true, ..none });
    assert_eq!(feedback(&["a=rtcp-fb:96 goog-remb"]), Feedback { remb: true, ..none });
    assert_eq!(feedback(&["a=rtcp-fb:97 nack", "a=rtcp-fb:96 nack rpsi"]), none);
}

#[test]
fn retransmission_repairs_a_format_of_its_clock_rate() {
    let media = "video 9 UDP/TLS/RTP/SAVPF 96 97";
    let rtx = |lines: &[&str]| parsed_section(media, &[&[VP8_96], lines].concat()).codecs[0].rtx_pt;
    assert_eq!(rtx(&["a=rtpmap:97 rtx/90000", "a=fmtp:97 rtx-time=200;apt=96"]), Some(97));
    assert_eq!(rtx(&["a=rtpmap:97 rtx/48000", "a=fmtp:97 apt=96"]), None);
    assert_eq!(rtx(&["a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=98"]), None);
    assert_eq!(rtx(&["a=rtpmap:97 rtx/90000"]), None);
}

#[test]
fn payload_types_that_look_like_rtcp_are_not_used() {
    let section =
        parsed_section("video 9 UDP/TLS/RTP/SAVPF 72 96", &["a=rtpmap:72 VP8/90000", VP8_96]);
    assert_eq!(section.codecs.iter().map(|offered| offered.pt).collect::<Vec<_>>(), [96]);
}

#[test]
fn layers_follow_the_simulcast_line() {
    let rids = |lines: &[&str]| {
        let section = video(lines);
        let names: Vec<String> = section.rids.iter().map(ToString::to_string).collect();
        (names.join(" "), section.simulcast)
    };
    let listed = |text: &str, simulcast| (text.to_owned(), simulcast);
    let three = ["a=rid:a send", "a=rid:b send pt=96;max-width=320", "a=rid:c send"];
    let with = |line| [&three[..], &[line]].concat();

    assert_eq!(rids(&with("a=simulcast:send c;a;b")), listed("c a b", true));
    assert_eq!(rids(&with("a=simulcast:recv x;y send ~b;a,c")), listed("b a", true));
    assert_eq!(rids(&with("a=simulcast:send a;unknown;a;c")), listed("a c", true));
    assert_eq!(rids(&with("a=simulcast:send unknown")), listed("", false));
    assert_eq!(rids(&with("a=simulcast:recv a;b")), listed("a b c", false));
    assert_eq!(rids(&["a=rid:a recv", "a=rid:b send", "a=rid:sp@ce send"]), listed("b", false));
    let four = [&three[..], &["a=rid:d send", "a=simulcast:send d;c;b;a"]].concat();
    assert_eq!(rids(&four), listed("d c b", true), "the fourth is dropped");
    let receiving = [&three[..], &["a=simulcast:send a;b;c", "a=recvonly"]].concat();
    assert_eq!(rids(&receiving), listed("", false));
}

#[test]
fn ssrcs_are_paired_and_ordered() {
    let ssrcs = |lines: &[&str]| {
        let pairs = video(lines).ssrcs.into_iter().map(|pair| (pair.primary, pair.rtx));
        pairs.collect::<Vec<_>>()
    };
    assert_eq!(ssrcs(&["a=ssrc:5 cname:x", "a=ssrc:5 msid:a b"]), [(5, None)]);
    assert_eq!(
        ssrcs(&[
            "a=ssrc-group:FID 1 11",
            "a=ssrc-group:FID 2 12",
            "a=ssrc-group:SIM 3 2 1",
            "a=ssrc:1 cname:x",
            "a=ssrc:11 cname:x",
        ]),
        [(3, None), (2, Some(12)), (1, Some(11))]
    );
    assert_eq!(ssrcs(&["a=ssrc-group:FEC-FR 1 21", "a=ssrc:1 x", "a=ssrc:21 x"]), [(1, None)]);
    assert_eq!(ssrcs(&["a=recvonly", "a=ssrc:5 cname:x"]), []);
}

#[test]
fn the_track_is_named() {
    assert_eq!(
        video(&["a=msid:stream track"]).msid,
        Some(Msid { stream: "stream".to_owned(), track: Some("track".to_owned()) })
    );
    assert_eq!(video(&["a=msid:-"]).msid, Some(Msid { stream: "-".to_owned(), track: None }));
    assert_eq!(video(&[]).msid, None);
}

#[test]
fn a_direction_is_inherited() {
    assert_eq!(video(&[]).direction, Direction::SendRecv);
    assert_eq!(video(&["a=sendonly"]).direction, Direction::SendOnly);
    let text = one_section(VIDEO_96, &[VP8_96]).replace("t=0 0", "t=0 0\r\na=recvonly");
    let offer = parse_offer(&text).expect("an offer");
    assert_eq!(offer.sections[0].direction, Direction::RecvOnly);
}

#[test]
fn extensions_are_known_by_name_and_small_id() {
    let extensions = |line: &str| video(&[line]).extensions;
    let mid = "urn:ietf:params:rtp-hdrext:sdes:mid";
    let offered = |direction| [OfferedExtension { id: 4, extension: Extension::Mid, direction }];
    assert_eq!(extensions(&format!("a=extmap:4 {mid}")), offered(Direction::SendRecv));
    assert_eq!(extensions(&format!("a=extmap:4/sendonly {mid} x=1")), offered(Direction::SendOnly));
    assert_eq!(extensions(&format!("a=extmap:16 {mid}")), []);
    assert_eq!(extensions(&format!("a=extmap:4100 {mid}")), []);
    assert_eq!(extensions("a=extmap:4 urn:example:other"), []);
}

#[test]
fn sections_that_cannot_be_carried_are_rejected_beside_one_that_can() {
    let carried = |text: &str| {
        let offer = parse_offer(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        offer.sections[1].rejection
    };
    let beside = |group: &str, media: &str| {
        session(group) + &section(VIDEO_96, 0, &[VP8_96]) + &section(media, 1, &[VP8_96])
    };
    assert_eq!(carried(&beside("BUNDLE 0 1", VIDEO_96)), None);
    assert_eq!(carried(&beside("BUNDLE 0", VIDEO_96)), Some(Rejection::NotBundled));
    let off = "video 0 UDP/TLS/RTP/SAVPF 96";
    assert_eq!(carried(&beside("BUNDLE 0 1", off)), Some(Rejection::Disabled));
    let only = beside("BUNDLE 0 1", off) + "a=bundle-only\r\n";
    assert_eq!(carried(&only), None);
    let plain = "video 9 RTP/AVP 96";
    assert_eq!(carried(&beside("BUNDLE 0 1", plain)), Some(Rejection::Transport));
    let data = "application 9 UDP/DTLS/SCTP webrtc-datachannel";
    assert_eq!(carried(&beside("BUNDLE 0 1", data)), Some(Rejection::NotMedia));
}
