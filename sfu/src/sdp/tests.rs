//! The offers under `fixtures/` named after Chromium are its own (version 156); those of
//! Firefox, OBS and GStreamer are written by hand in the shape that these give them.

mod agreement;
mod answers;
mod errors;
mod properties;
mod sections;
mod str0m_client;

use super::*;

/// An offer by its name under `fixtures/`.
macro_rules! fixture {
    ($name:literal) => {
        ($name, include_str!(concat!("fixtures/", $name, ".sdp")))
    };
}

const CHROMIUM_SPECTATOR: (&str, &str) = fixture!("chromium-spectator");
const CHROMIUM_ACTOR: (&str, &str) = fixture!("chromium-actor");
const CHROMIUM_SIMULCAST: (&str, &str) = fixture!("chromium-simulcast");
const CHROMIUM_WHEP: (&str, &str) = fixture!("chromium-whep");
const CHROMIUM_SENDRECV_DATA: (&str, &str) = fixture!("chromium-sendrecv-data");
const FIREFOX_ACTOR: (&str, &str) = fixture!("firefox-actor");
const OBS_WHIP: (&str, &str) = fixture!("obs-whip");
const GSTREAMER_WHIP: (&str, &str) = fixture!("gstreamer-whip");

const FIXTURES: [(&str, &str); 8] = [
    CHROMIUM_SPECTATOR,
    CHROMIUM_ACTOR,
    CHROMIUM_SIMULCAST,
    CHROMIUM_WHEP,
    CHROMIUM_SENDRECV_DATA,
    FIREFOX_ACTOR,
    OBS_WHIP,
    GSTREAMER_WHIP,
];

/// Of the node, in tests.
const FINGERPRINT: Fingerprint = Fingerprint([0xa5; 32]);

fn parsed((name, text): (&str, &str)) -> Offer {
    parse_offer(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn agreed(fixture: (&str, &str)) -> Negotiated {
    let (name, _) = fixture;
    negotiate(&parsed(fixture)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The answer, with an SSRC made from the section's number for each stream that the node sends.
fn answer(offer: &Offer, negotiated: &Negotiated) -> String {
    let send_streams: Vec<SendStream> = (0_u32..)
        .zip(&negotiated.sections)
        .filter(|(_, section)| section.send.is_some())
        .map(|(index, _)| SendStream {
            section: index as usize,
            ssrc: 1000 + index,
            rtx_ssrc: Some(2000 + index),
        })
        .collect();
    let params = AnswerParams {
        session_id: 7_001,
        session_version: 1,
        ufrag: "node",
        pwd: "0123456789abcdefghijkl",
        fingerprint: &FINGERPRINT,
        candidates: &[
            "192.0.2.7:40000".parse().expect("an address"),
            "[2001:db8::7]:40000".parse().expect("an address"),
        ],
        tcp_candidates: &[],
        cname: "rampa",
        send_streams: &send_streams,
    };
    write_answer(offer, negotiated, &params)
}

/// An offer of one section with `lines` in it, which the node can carry unless they forbid it.
fn one_section(media: &str, lines: &[&str]) -> String {
    format!("{}{}", session("BUNDLE 0"), section(media, 0, lines))
}

/// Everything before the sections.
fn session(group: &str) -> String {
    let fingerprint = Fingerprint([0x3c; 32]);
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:{group}\r\n\
         a=ice-ufrag:frag\r\na=ice-pwd:0123456789abcdefghijkl\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\n"
    )
}

/// A section: `media` is the `m=` line without its name.
fn section(media: &str, mid: usize, lines: &[&str]) -> String {
    let mut text = format!("m={media}\r\na=mid:{mid}\r\na=rtcp-mux\r\n");
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text
}

const VIDEO_96: &str = "video 9 UDP/TLS/RTP/SAVPF 96";
const VP8_96: &str = "a=rtpmap:96 VP8/90000";
