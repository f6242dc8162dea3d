//! An offer from the network, and the answer to it.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use sfu::sdp::{AnswerParams, Fingerprint, SendStream, negotiate, parse_offer, write_answer};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(offer) = parse_offer(text) else { return };
    let Ok(negotiated) = negotiate(&offer) else { return };

    let send_streams: Vec<SendStream> = (0..offer.sections.len())
        .zip(1000..)
        .map(|(section, ssrc)| SendStream { section, ssrc, rtx_ssrc: Some(!ssrc) })
        .collect();
    let answer = write_answer(
        &offer,
        &negotiated,
        &AnswerParams {
            session_id: 1,
            session_version: 2,
            ufrag: "fuzz",
            pwd: "fuzzfuzzfuzzfuzzfuzzfuzz",
            fingerprint: &Fingerprint([7; 32]),
            candidates: &[SocketAddr::from(([192, 0, 2, 1], 7000))],
            tcp_candidates: &[SocketAddr::from(([192, 0, 2, 1], 7000))],
            cname: "fuzz",
            send_streams: &send_streams,
        },
    );

    // What the client named must not become a line of its own.
    let mut sections = 0;
    for line in answer.split_terminator("\r\n") {
        assert!(!line.contains(['\r', '\n']), "a broken line: {line:?}");
        assert_eq!(line.as_bytes().get(1), Some(&b'='), "no line of SDP: {line:?}");
        sections += usize::from(line.starts_with("m="));
    }
    assert_eq!(sections, offer.sections.len(), "one section for each of the offer");
    assert!(answer.len() <= 1024 * 1024, "{} bytes of answer", answer.len());
});
