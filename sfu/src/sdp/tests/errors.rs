//! Offers that are not answered, each with its reason.

use protocol::media::Refusal;

use super::*;

fn refused(text: &str) -> OfferError {
    match parse_offer(text).and_then(|offer| negotiate(&offer)) {
        Ok(negotiated) => panic!("agreed on {negotiated:?} in {text}"),
        Err(error) => error,
    }
}

fn video(lines: &[&str]) -> String {
    one_section(VIDEO_96, &[&[VP8_96], lines].concat())
}

/// The same offer without the lines that start with `prefix`.
fn without(text: &str, prefix: &str) -> String {
    text.split_inclusive("\r\n").filter(|line| !line.starts_with(prefix)).collect()
}

#[test]
fn the_pattern_of_these_tests_is_itself_answered() {
    assert!(parse_offer(&video(&[])).and_then(|offer| negotiate(&offer)).is_ok());
}

#[test]
fn empty_huge_and_foreign_texts() {
    assert!(matches!(refused(""), OfferError::Syntax(_)));
    assert!(matches!(refused("{\"sdp\":1}"), OfferError::Syntax(_)));
    let padding = "a=x:y\r\n".repeat(MAX_OFFER_BYTES / 7);
    assert_eq!(refused(&(video(&[]) + &padding)), OfferError::TooLarge);
    let long = "x".repeat(MAX_OFFER_BYTES - 10);
    let OfferError::Syntax(excerpt) = refused(&long) else { panic!("parsed") };
    assert!(excerpt.len() < 1_000, "an error does not repeat the whole offer");
}

#[test]
fn limits() {
    let many: String = (0..=MAX_SECTIONS).map(|mid| section(VIDEO_96, mid, &[VP8_96])).collect();
    assert_eq!(refused(&(session("BUNDLE 0") + &many)), OfferError::TooManySections);

    let formats: String =
        (0..=u8::try_from(MAX_PAYLOAD_TYPES).expect("small")).map(|pt| format!(" {pt}")).collect();
    let crowded = one_section(&format!("video 9 UDP/TLS/RTP/SAVPF{formats}"), &[VP8_96]);
    assert_eq!(refused(&crowded), OfferError::TooMany { section: 0, what: "payload types" });

    let extmap: Vec<String> =
        (16..=16 + MAX_EXTENSIONS).map(|id| format!("a=extmap:{id} urn:example:{id}")).collect();
    let extmap: Vec<&str> = extmap.iter().map(String::as_str).collect();
    assert_eq!(
        refused(&video(&extmap)),
        OfferError::TooMany { section: 0, what: "header extensions" }
    );

    let ssrcs: Vec<String> = (0..=MAX_SSRCS).map(|ssrc| format!("a=ssrc:{ssrc} cname:x")).collect();
    let ssrcs: Vec<&str> = ssrcs.iter().map(String::as_str).collect();
    assert_eq!(refused(&video(&ssrcs)), OfferError::TooMany { section: 0, what: "ssrcs" });
}

#[test]
fn nothing_to_carry() {
    let data = "application 9 UDP/DTLS/SCTP webrtc-datachannel";
    assert_eq!(refused(&session("BUNDLE 0")), OfferError::NoMedia);
    assert_eq!(refused(&one_section(data, &[])), OfferError::NoMedia);
    let off = one_section("video 0 UDP/TLS/RTP/SAVPF 96", &[VP8_96]);
    assert_eq!(refused(&off), OfferError::NoMedia);
    assert_eq!(refused(&without(&video(&[]), "a=group")), OfferError::NoBundle);
    assert_eq!(refused(&video(&[]).replace("BUNDLE 0", "BUNDLE 1")), OfferError::NoBundle);

    let unknown = one_section(VIDEO_96, &["a=rtpmap:96 H265/90000"]);
    assert_eq!(refused(&unknown), OfferError::NoCommonCodec);
    assert_eq!(refused(&unknown).refusal(), Refusal::NoCommonCodec);
    let misplaced = one_section("audio 9 UDP/TLS/RTP/SAVPF 96", &[VP8_96]);
    assert_eq!(refused(&misplaced), OfferError::NoCommonCodec);
}

#[test]
fn transport() {
    let good = video(&[]);
    assert_eq!(refused(&without(&good, "a=rtcp-mux")), OfferError::NoRtcpMux { section: 0 });
    assert_eq!(refused(&without(&good, "a=ice-ufrag")), OfferError::NoIceCredentials);
    assert_eq!(refused(&without(&good, "a=ice-pwd")), OfferError::NoIceCredentials);
    let short = good.replace("0123456789abcdefghijkl", "0123456789abcdefghijk");
    assert_eq!(refused(&short), OfferError::NoIceCredentials);
    let colon = good.replace("a=ice-ufrag:frag", "a=ice-ufrag:fr:ag");
    assert_eq!(refused(&colon), OfferError::NoIceCredentials);
    let lite = good.replace("t=0 0", "t=0 0\r\na=ice-lite");
    assert_eq!(refused(&lite), OfferError::IceLite);
    assert_eq!(refused(&good.replace("actpass", "passive")), OfferError::Setup);
    assert_eq!(refused(&good.replace("actpass", "holdconn")), OfferError::Setup);
    assert!(parse_offer(&good.replace("actpass", "active")).is_ok());
    assert_eq!(OfferError::Setup.refusal(), Refusal::BadOffer);
}

#[test]
fn fingerprints() {
    let good = video(&[]);
    assert_eq!(refused(&without(&good, "a=fingerprint")), OfferError::NoFingerprint);
    assert_eq!(refused(&good.replace("sha-256", "sha-1")), OfferError::NoFingerprint);
    assert_eq!(refused(&good.replace("sha-256 3C", "sha-256 3")), OfferError::NoFingerprint);
    assert_eq!(refused(&good.replace("sha-256 3C", "sha-256 +C")), OfferError::NoFingerprint);
    assert_eq!(refused(&good.replace("sha-256 ", "sha-256 00:")), OfferError::NoFingerprint);
    let second = good.replace("a=fingerprint", "a=fingerprint:sha-1 00:11\r\na=fingerprint");
    let offer = parse_offer(&second.replace("sha-256", "SHA-256")).expect("a second fingerprint");
    assert_eq!(offer.fingerprint, Fingerprint([0x3c; 32]));
}

#[test]
fn mids() {
    let good = video(&[]);
    assert_eq!(refused(&without(&good, "a=mid")), OfferError::NoMid { section: 0 });
    let malformed = OfferError::Malformed { section: 0, attribute: "mid" };
    assert_eq!(refused(&good.replace("a=mid:0", "a=mid:a b")), malformed);
    assert_eq!(refused(&good.replace("a=mid:0", "a=mid:12345678901234567")), malformed);
    let twice = good + &section(VIDEO_96, 0, &[VP8_96]);
    assert_eq!(refused(&twice), OfferError::DuplicateMid { section: 1 });
}

#[test]
fn payload_types() {
    let offer = |media: &str, lines: &[&str]| refused(&one_section(media, lines));
    let wrong = |pt| OfferError::PayloadType { section: 0, pt };
    assert_eq!(offer("video 9 UDP/TLS/RTP/SAVPF 96 96", &[VP8_96]), wrong(96));
    assert_eq!(offer("video 9 UDP/TLS/RTP/SAVPF 96 128", &[VP8_96]), wrong(128));
    assert_eq!(offer(VIDEO_96, &[VP8_96, "a=rtpmap:96 H264/90000"]), wrong(96));
    assert_eq!(offer(VIDEO_96, &[VP8_96, "a=rtpmap:200 H264/90000"]), wrong(200));
    let malformed = |attribute| OfferError::Malformed { section: 0, attribute };
    assert_eq!(offer(VIDEO_96, &["a=rtpmap:x VP8/90000"]), malformed("rtpmap"));
    assert_eq!(offer(VIDEO_96, &[VP8_96, "a=fmtp:96"]), malformed("fmtp"));
    assert_eq!(offer(VIDEO_96, &[VP8_96, "a=rtcp-fb:nack pli"]), malformed("rtcp-fb"));
    assert_eq!(offer("video 9 UDP/TLS/RTP/SAVPF VP8", &[VP8_96]), malformed("rtpmap"));
}

#[test]
fn header_extensions() {
    let wrong = |id| OfferError::ExtensionId { section: 0, id };
    for id in [0, 15, 256, 4095, 4352] {
        assert_eq!(refused(&video(&[&format!("a=extmap:{id} urn:example:x")])), wrong(id));
    }
    let twice = video(&["a=extmap:3 urn:example:a", "a=extmap:3 urn:example:b"]);
    assert_eq!(refused(&twice), wrong(3));
    let malformed = OfferError::Malformed { section: 0, attribute: "extmap" };
    for line in ["a=extmap:3", "a=extmap:x urn:example:x", "a=extmap:3/up urn:example:x"] {
        assert_eq!(refused(&video(&[line])), malformed);
    }
    let across = session("BUNDLE 0 1")
        + &section(VIDEO_96, 0, &[VP8_96, "a=extmap:3 urn:example:a"])
        + &section(VIDEO_96, 1, &[VP8_96, "a=extmap:3 urn:example:b"]);
    assert_eq!(refused(&across), OfferError::ExtensionId { section: 1, id: 3 });
}

#[test]
fn ssrcs() {
    let malformed = |attribute| OfferError::Malformed { section: 0, attribute };
    assert_eq!(refused(&video(&["a=ssrc:x cname:y"])), malformed("ssrc"));
    assert_eq!(refused(&video(&["a=ssrc-group:FID 1 x"])), malformed("ssrc"));
    assert_eq!(refused(&video(&["a=ssrc-group:FID 1"])), malformed("ssrc-group"));
    assert_eq!(refused(&video(&["a=ssrc-group:FID 1 1"])), malformed("ssrc-group"));
    let across = session("BUNDLE 0 1")
        + &section(VIDEO_96, 0, &[VP8_96, "a=ssrc:7 cname:x"])
        + &section(VIDEO_96, 1, &[VP8_96, "a=ssrc:7 cname:x"]);
    assert_eq!(refused(&across), OfferError::DuplicateSsrc { section: 1, ssrc: 7 });
}
