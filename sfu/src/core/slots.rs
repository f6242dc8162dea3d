//! From what was agreed on to the streams and tracks of a session.

use protocol::Entropy;

use super::egress::Stream;
use super::layer::Layer;
use super::session::{Receiving, SlotStreams};
use crate::sdp::{Negotiated, NegotiatedSection, ReceiveSection, SendStream};
use protocol::media::Kind;

/// The streams of every slot, and how the answer names them.
pub(super) fn streams(
    negotiated: &Negotiated,
    entropy: &dyn Entropy,
) -> (Vec<SlotStreams>, Vec<SendStream>) {
    let mut slots = Vec::new();
    let mut named = Vec::new();
    let mut ssrcs = Ssrcs { entropy, taken: Vec::new() };
    for (index, section) in negotiated.sections.iter().enumerate() {
        let (Some(kind), Some(send)) = (section.kind, &section.send) else { continue };
        let (ssrc, rtx_ssrc) = (ssrcs.next(), ssrcs.next());
        named.push(SendStream { section: index, ssrc, rtx_ssrc: Some(rtx_ssrc) });
        let slot = usize::from(send.slot.0);
        if slots.len() <= slot {
            slots.resize_with(slot + 1, SlotStreams::default);
        }
        let stream = Some(Stream::new(send, ssrc, rtx_ssrc));
        match kind {
            Kind::Audio => slots[slot].audio = stream,
            Kind::Video => slots[slot].video = stream,
        }
    }
    (slots, named)
}

/// SSRCs that no other stream of the session has.
struct Ssrcs<'a> {
    entropy: &'a dyn Entropy,
    taken: Vec<u32>,
}

impl Ssrcs<'_> {
    fn next(&mut self) -> u32 {
        loop {
            let mut bytes = [0; 4];
            self.entropy.fill(&mut bytes);
            let ssrc = u32::from_be_bytes(bytes);
            // 0 and 1 are the node's own in reports.
            if ssrc > 1 && !self.taken.contains(&ssrc) {
                self.taken.push(ssrc);
                return ssrc;
            }
        }
    }
}

/// How the client sends in this section, or nothing when it does not.
pub(super) fn receiving(section: &NegotiatedSection) -> Option<(Receiving, &ReceiveSection)> {
    let (kind, receive) = (section.kind?, section.receive.as_ref()?);
    let mut payload_types = Vec::new();
    for agreed in &receive.codecs {
        payload_types.push((agreed.pt, agreed.codec.kind(), false));
        payload_types.extend(agreed.rtx_pt.map(|pt| (pt, agreed.codec.kind(), true)));
    }
    let receiving =
        Receiving { mid: section.mid.clone(), kind, extensions: receive.extensions, payload_types };
    Some((receiving, receive))
}

/// The layers of a section, in the client's order.
pub(super) fn layers(kind: Kind, section: &ReceiveSection) -> Vec<Layer> {
    let codec = section.codecs[0].codec.kind().content();
    let nack = section.codecs[0].feedback.nack;
    let count = section.layers.rids.len().max(1);
    let mut layers: Vec<_> = (0..count).map(|_| Layer::new(kind, codec, nack)).collect();
    for (layer, rid) in layers.iter_mut().zip(&section.layers.rids) {
        layer.rid = Some(rid.clone());
    }
    layers
}
