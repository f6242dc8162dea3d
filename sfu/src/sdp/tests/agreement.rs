//! What is agreed on with real clients.

use protocol::media::{Kind, SlotMids};

use super::*;

fn slot(slot: u8, video: Option<&str>, audio: Option<&str>) -> SlotMids {
    SlotMids { slot, audio: audio.map(str::to_owned), video: video.map(str::to_owned) }
}

fn receive(negotiated: &Negotiated, index: usize) -> &ReceiveSection {
    negotiated.sections[index].receive.as_ref().expect("the client sends")
}

fn send(negotiated: &Negotiated, index: usize) -> &SendSection {
    negotiated.sections[index].send.as_ref().expect("the node sends")
}

fn numbers(codecs: &[PayloadType]) -> Vec<(CodecKind, u8, Option<u8>)> {
    codecs.iter().map(|payload| (payload.codec.kind(), payload.pt, payload.rtx_pt)).collect()
}

#[test]
fn a_spectator_has_six_pairs_and_three_voices() {
    let negotiated = agreed(CHROMIUM_SPECTATOR);
    let slots = negotiated.slots();
    assert_eq!(slots.len(), 9);
    assert_eq!(slots[0], slot(0, Some("0"), Some("1")));
    assert_eq!(slots[5], slot(5, Some("10"), Some("11")));
    assert_eq!(slots[6], slot(6, None, Some("12")));
    assert_eq!(slots[8], slot(8, None, Some("14")));
    assert!(negotiated.sections.iter().all(|section| section.receive.is_none()));
    let (video, audio) = (send(&negotiated, 10), send(&negotiated, 11));
    assert_eq!(video.slot, SlotIndex(5));
    assert_eq!(audio.slot, SlotIndex(5), "a picture and its sound are one slot");
    assert_eq!(
        numbers(&video.codecs)[..2],
        [(CodecKind::Vp8, 96, Some(97)), (CodecKind::Vp9, 98, Some(99))]
    );
    assert!(video.extensions.mid.is_some() && video.extensions.transport_cc.is_some());
    assert_eq!(video.extensions.abs_send_time, None, "the node does not write it");
}

#[test]
fn an_actor_sends_two_tracks_and_has_slots_besides() {
    let negotiated = agreed(CHROMIUM_ACTOR);
    assert_eq!(
        negotiated.slots(),
        [slot(0, Some("2"), Some("3")), slot(1, Some("4"), Some("5")), slot(2, None, Some("6"))]
    );
    let (audio, video) = (receive(&negotiated, 0), receive(&negotiated, 1));
    assert_eq!(
        numbers(&audio.codecs),
        [(CodecKind::Opus, 111, None), (CodecKind::Red, 63, None)],
        "redundant audio where a browser prefers it"
    );
    assert_eq!(audio.ssrcs, [SsrcPair { primary: 594_427_479, rtx: None }]);
    assert_eq!(
        audio.extensions,
        ExtensionIds {
            audio_level: Some(1),
            abs_send_time: Some(2),
            transport_cc: Some(3),
            mid: Some(4),
            ..ExtensionIds::default()
        }
    );
    assert_eq!(
        numbers(&video.codecs),
        [
            (CodecKind::Vp8, 96, Some(97)),
            (CodecKind::H264, 102, Some(103)),
            (CodecKind::H264, 108, Some(109)),
            (CodecKind::H264, 116, Some(117)),
            (CodecKind::Av1, 45, Some(46)),
            (CodecKind::Vp9, 98, Some(99))
        ]
    );
    assert_eq!(video.ssrcs, [SsrcPair { primary: 374_951_362, rtx: Some(3_238_581_740) }]);
    assert!(video.layers.rids.is_empty() && !video.layers.simulcast);
    let feedback = Feedback { nack: true, pli: true, fir: true, transport_cc: true, remb: false };
    assert!(video.codecs.iter().all(|payload| payload.feedback == feedback));
}

#[test]
fn simulcast_keeps_the_layers_in_their_order() {
    let negotiated = agreed(CHROMIUM_SIMULCAST);
    let video = receive(&negotiated, 1);
    let layers: Vec<&str> = video.layers.rids.iter().map(Rid::as_str).collect();
    assert_eq!(layers, ["q", "h", "f"]);
    assert!(video.layers.simulcast);
    assert!(video.ssrcs.is_empty());
    assert_eq!(video.extensions.rid, Some(10));
    assert_eq!(video.extensions.repaired_rid, Some(11));
    assert!(negotiated.slots().is_empty());
}

#[test]
fn whep_is_one_pair() {
    let negotiated = agreed(CHROMIUM_WHEP);
    assert_eq!(negotiated.slots(), [slot(0, Some("0"), Some("1"))]);
}

#[test]
fn a_section_of_both_directions_is_received_and_is_a_slot() {
    let negotiated = agreed(CHROMIUM_SENDRECV_DATA);
    assert_eq!(negotiated.slots(), [slot(0, Some("1"), Some("0"))]);
    let video = &negotiated.sections[1];
    assert!(video.receive.is_some() && video.send.is_some());
    let data = &negotiated.sections[2];
    assert!(data.rejected && data.kind.is_none());
}

#[test]
fn firefox_is_read_with_its_one_way_extensions() {
    let offer = parsed(FIREFOX_ACTOR);
    assert!(offer.trickle && !offer.extmap_allow_mixed);
    let negotiated = agreed(FIREFOX_ACTOR);
    let (received, sent) = (receive(&negotiated, 1), send(&negotiated, 2));
    assert_eq!(received.extensions.rid, Some(8));
    assert_eq!(received.extensions.playout_delay, None);
    assert_eq!(sent.extensions.playout_delay, Some(6));
    assert_eq!(sent.extensions.rid, None);
    assert_eq!(received.layers.rids.len(), 3);
    assert_eq!(
        numbers(&received.codecs),
        [
            (CodecKind::Vp8, 120, Some(124)),
            (CodecKind::Vp9, 121, Some(125)),
            (CodecKind::H264, 126, Some(127))
        ],
        "single NAL unit mode gives way to the other"
    );
    assert_eq!(negotiated.slots(), [slot(0, Some("2"), Some("3")), slot(1, None, Some("4"))]);
}

#[test]
fn obs_needs_neither_mid_extension_nor_transport_cc() {
    let negotiated = agreed(OBS_WHIP);
    let (audio, video) = (receive(&negotiated, 0), receive(&negotiated, 1));
    assert_eq!(audio.extensions, ExtensionIds::default());
    assert_eq!(audio.ssrcs, [SsrcPair { primary: 1_284_765_123, rtx: None }]);
    assert!(matches!(audio.codecs[0].codec, Codec::Opus(format) if format.stereo));
    assert_eq!(numbers(&video.codecs), [(CodecKind::H264, 96, None)]);
    assert!(video.codecs[0].feedback.remb && !video.codecs[0].feedback.transport_cc);
}

#[test]
fn redundant_audio_is_of_use_only_with_what_it_repeats() {
    let red = |format: &str| {
        let text = CHROMIUM_ACTOR.1.replace("a=fmtp:63 111/111", format);
        let negotiated = negotiate(&parse_offer(&text).expect("an offer")).expect("codecs");
        let codecs = receive(&negotiated, 0).codecs.clone();
        codecs.into_iter().find_map(|payload| match payload.codec {
            Codec::Red(format) => Some(format),
            _ => None,
        })
    };
    assert_eq!(red("a=fmtp:63 111/111"), Some(RedFormat { opus_pt: 111, blocks: 2 }));
    assert_eq!(red("a=fmtp:63 111"), Some(RedFormat { opus_pt: 111, blocks: 1 }));
    for other in ["111/0", "0/0", "111/x", &["111"; 10].join("/")] {
        assert_eq!(red(&format!("a=fmtp:63 {other}")), None, "{other}");
    }
    assert_eq!(red("a=x-none:1"), None);
}

#[test]
fn sound_is_in_stereo_and_silence_unsent_as_the_client_likes() {
    let line = |parameters: &str| {
        let fixed = "a=fmtp:111 minptime=10;useinbandfec=1";
        let text = CHROMIUM_ACTOR.1.replace(fixed, &format!("{fixed}{parameters}"));
        let offer = parse_offer(&text).expect("an offer");
        let answer = answer(&offer, &negotiate(&offer).expect("codecs"));
        let lines: Vec<_> =
            answer.lines().filter_map(|line| line.strip_prefix(fixed)).map(str::to_owned).collect();
        // What the client sends, and what it receives.
        [lines[0].clone(), lines[1].clone()]
    };
    assert_eq!(line(""), ["", ""]);
    assert_eq!(line(";usedtx=1"), [";usedtx=1", ""]);
    assert_eq!(line(";sprop-stereo=1"), [";stereo=1", ""]);
    assert_eq!(line(";stereo=1"), [";stereo=1", ";stereo=1;sprop-stereo=1"]);
}

#[test]
fn gstreamer_bundles_a_section_of_port_zero() {
    let negotiated = agreed(GSTREAMER_WHIP);
    let (video, audio) = (receive(&negotiated, 0), receive(&negotiated, 1));
    assert_eq!(numbers(&video.codecs), [(CodecKind::Vp8, 96, Some(100))]);
    assert_eq!(video.ssrcs, [SsrcPair { primary: 2_871_036_412, rtx: Some(1_409_283_756) }]);
    assert_eq!(numbers(&audio.codecs), [(CodecKind::Opus, 101, None)]);
    assert_eq!(negotiated.sections[1].kind, Some(Kind::Audio));
}

#[test]
fn the_session_is_read_from_either_level() {
    let chromium = parsed(CHROMIUM_ACTOR);
    assert_eq!(chromium.ice.ufrag, "AO7M");
    assert_eq!(chromium.ice.pwd, "7WUDWyT/16Q4MUO0kO0vf0wy");
    assert!(chromium.fingerprint.to_string().starts_with("1B:28:B6:FF:93:7E"));
    assert!(chromium.extmap_allow_mixed && chromium.trickle);
    let obs = parsed(OBS_WHIP);
    assert_eq!(obs.ice.ufrag, "Kx9p");
    assert!(obs.trickle);
    assert!(!format!("{obs:?}").contains(&obs.ice.pwd), "a password stays out of logs");
}

#[test]
fn a_picture_without_sound_is_a_slot() {
    let recvonly = [VP8_96, "a=recvonly"];
    let text = session("BUNDLE 0 1 2")
        + &section(VIDEO_96, 0, &recvonly)
        + &section(VIDEO_96, 1, &recvonly)
        + &section("audio 9 UDP/TLS/RTP/SAVPF 111", 2, &["a=rtpmap:111 opus/48000/2"]);
    let negotiated = negotiate(&parse_offer(&text).expect("an offer")).expect("a common codec");
    assert_eq!(negotiated.slots(), [slot(0, Some("0"), Some("2")), slot(1, Some("1"), None)]);
}

#[test]
fn h264_is_sent_in_the_profile_that_arrives_or_else_the_first() {
    let negotiated = agreed(CHROMIUM_SPECTATOR);
    let video = send(&negotiated, 0);
    let arriving = |profile| {
        Codec::H264(H264Format {
            profile,
            profile_level_id: None,
            packetization: PacketizationMode::NonInterleaved,
        })
    };
    let pt = |codec| video.payload_type(codec).map(|payload| payload.pt);
    assert_eq!(pt(arriving(H264Profile::ConstrainedBaseline)), Some(108));
    assert_eq!(pt(arriving(H264Profile::Main)), Some(116));
    assert_eq!(pt(arriving(H264Profile::High)), Some(102));
    assert_eq!(pt(Codec::Vp8), Some(96));
    assert_eq!(pt(Codec::Opus(OpusFormat::default())), None);
}

#[test]
fn an_extension_has_one_id_in_the_bundle() {
    let mid = "urn:ietf:params:rtp-hdrext:sdes:mid";
    let [first, second] = [3, 5].map(|id| format!("a=extmap:{id} {mid}"));
    let text = session("BUNDLE 0 1")
        + &section(VIDEO_96, 0, &[VP8_96, &first])
        + &section(VIDEO_96, 1, &[VP8_96, &second]);
    let negotiated = negotiate(&parse_offer(&text).expect("an offer")).expect("a common codec");
    assert_eq!(receive(&negotiated, 0).extensions.mid, Some(3));
    assert_eq!(receive(&negotiated, 1).extensions.mid, None);
}

#[test]
fn layers_need_the_extension_that_names_them() {
    let lines = [VP8_96, "a=rid:a send", "a=rid:b send", "a=simulcast:send a;b"];
    let offer = parse_offer(&one_section(VIDEO_96, &lines)).expect("an offer");
    assert_eq!(offer.sections[0].rids.len(), 2);
    let negotiated = negotiate(&offer).expect("a common codec");
    assert_eq!(receive(&negotiated, 0).layers, Layers::default());
}
