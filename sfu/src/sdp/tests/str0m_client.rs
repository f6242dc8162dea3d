//! An independent stack reads our answers to its own offers.

use std::time::Instant;

use str0m::Rtc;
use str0m::change::SdpAnswer;
use str0m::media::{Direction as Way, MediaKind, Simulcast, SimulcastLayer};

use super::*;

#[test]
fn str0m_takes_the_answer_to_its_offer() {
    let mut rtc = Rtc::builder().build(Instant::now());
    let mut changes = rtc.sdp_api();
    let layers = |names: [&str; 3]| names.map(SimulcastLayer::new).to_vec();
    let simulcast = Simulcast { send: layers(["q", "h", "f"]), recv: Vec::new() };
    let mids = [
        changes.add_media(MediaKind::Audio, Way::SendOnly, None, None, None),
        changes.add_media(MediaKind::Video, Way::SendOnly, None, None, Some(simulcast)),
        changes.add_media(MediaKind::Video, Way::RecvOnly, None, None, None),
        changes.add_media(MediaKind::Audio, Way::RecvOnly, None, None, None),
        changes.add_media(MediaKind::Audio, Way::SendRecv, None, None, None),
    ];
    changes.add_channel("data".to_owned());
    let (offer, pending) = changes.apply().expect("an offer");

    let offer = parse_offer(&offer.to_sdp_string()).expect("str0m's offer");
    let negotiated = negotiate(&offer).expect("a common codec");
    let rids = &negotiated.sections[1].receive.as_ref().expect("its camera").layers.rids;
    assert_eq!(rids.iter().map(Rid::as_str).collect::<Vec<_>>(), ["q", "h", "f"]);
    let text = answer(&offer, &negotiated);

    let answer = SdpAnswer::from_sdp_string(&text).expect("an answer that parses");
    rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
    let directions =
        mids.map(|mid| rtc.media(mid).expect("a section that both agreed on").direction());
    assert_eq!(
        directions,
        [Way::SendOnly, Way::SendOnly, Way::RecvOnly, Way::RecvOnly, Way::SendRecv]
    );
    for (mid, ssrc) in [(mids[2], 1002), (mids[3], 1003), (mids[4], 1004)] {
        let stream = rtc.direct_api().stream_rx_by_mid(mid, None).map(|stream| *stream.ssrc());
        assert_eq!(stream, Some(ssrc), "the stream that the answer declares");
    }
}
