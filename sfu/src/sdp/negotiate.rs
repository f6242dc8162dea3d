//! What both sides agree on.

use protocol::media::{Kind, SlotMids};

use super::codec::{Codec, PacketizationMode};
use super::error::OfferError;
use super::extension::{Extension, ExtensionIds};
use super::offer::{Direction, Feedback, Mid, Offer, Rid, Section, SsrcPair};

/// What both sides agree on, section by section in the order of the offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// One for each section of the offer.
    pub sections: Vec<NegotiatedSection>,
}

/// What both sides agree on in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NegotiatedSection {
    /// `a=mid`.
    pub mid: Mid,
    /// Sound or picture; `None` for anything else, which is always rejected.
    pub kind: Option<Kind>,
    /// The client sends, the node receives.
    pub receive: Option<ReceiveSection>,
    /// The node sends, the client receives.
    pub send: Option<SendSection>,
    /// The section is dead; `receive` and `send` are `None`. A section that is not rejected and
    /// has neither is inactive.
    pub rejected: bool,
}

/// How the client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveSection {
    /// What the client may send, in its order; it starts with the first.
    pub codecs: Vec<PayloadType>,
    /// What the node reads.
    pub extensions: ExtensionIds,
    /// The layers the client may send.
    pub layers: Layers,
    /// The SSRCs the client declared; empty when it names its streams by mid and rid alone.
    pub ssrcs: Vec<SsrcPair>,
}

/// The simulcast layers of a section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// In the client's order, usually the smallest picture first; empty for a single stream
    /// without a name.
    pub rids: Vec<Rid>,
    /// Agreed on by `a=simulcast`.
    pub simulcast: bool,
}

/// How the node sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendSection {
    /// What the node may send, in the client's order of preference.
    pub codecs: Vec<PayloadType>,
    /// What the node may write. Agreeing to one does not oblige to write it.
    pub extensions: ExtensionIds,
    /// The slot that the section belongs to.
    pub slot: SlotIndex,
}

/// An agreed payload type. Unlike in the offer, its feedback holds what the node uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadType {
    /// Its number, 0 to 127.
    pub pt: u8,
    /// What it carries.
    pub codec: Codec,
    /// The payload type of its retransmissions (RFC 4588).
    pub rtx_pt: Option<u8>,
    /// The agreed feedback.
    pub feedback: Feedback,
}

/// A slot: a pair of a picture and its sound, or a voice, that the node fills with whom it
/// likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotIndex(pub u8);

/// Keeps what the node knows of an offer: every shared codec, in the client's order and with its
/// payload types, and the header extensions and feedback that the node makes use of.
///
/// # Errors
/// [`OfferError::NoCommonCodec`] when nothing is left.
pub fn negotiate(offer: &Offer) -> Result<Negotiated, OfferError> {
    let mut bundle = ExtensionIds::default();
    let mut next_slot = [SlotIndex(0); 2];
    let sections: Vec<NegotiatedSection> = offer
        .sections
        .iter()
        .map(|section| negotiate_section(offer, section, &mut bundle, &mut next_slot))
        .collect();
    if offer.sections.iter().all(|section| shared_codecs(section).is_empty()) {
        return Err(OfferError::NoCommonCodec);
    }
    Ok(Negotiated { sections })
}

fn negotiate_section(
    offer: &Offer,
    section: &Section,
    bundle: &mut ExtensionIds,
    next_slot: &mut [SlotIndex; 2],
) -> NegotiatedSection {
    let mut negotiated = NegotiatedSection {
        mid: section.mid.clone(),
        kind: section.media.kind(),
        receive: None,
        send: None,
        rejected: true,
    };
    let codecs = shared_codecs(section);
    let Some(kind) = negotiated.kind.filter(|_| !codecs.is_empty()) else {
        // Chromium with bundlePolicy "max-bundle" loses the transport together with the section
        // that describes it, so that one goes on without media.
        negotiated.rejected = !(section.tagged && section.rejection.is_none());
        return negotiated;
    };
    negotiated.rejected = false;

    if section.direction.sends() {
        let usable = |direction: Direction| direction.sends();
        let extensions = agree(offer, section, Extension::READ, usable, bundle);
        // Without the extension nothing tells the layers apart.
        let layers = match extensions.rid {
            Some(_) => Layers { rids: section.rids.clone(), simulcast: section.simulcast },
            None => Layers::default(),
        };
        negotiated.receive = Some(ReceiveSection {
            codecs: payload_types(&codecs, &extensions),
            extensions,
            layers,
            ssrcs: section.ssrcs.clone(),
        });
    }
    if section.direction.receives() {
        let usable = |direction: Direction| direction.receives();
        let extensions = agree(offer, section, Extension::WRITTEN, usable, bundle);
        let next = &mut next_slot[usize::from(kind == Kind::Video)];
        let slot = *next;
        next.0 += 1;
        negotiated.send =
            Some(SendSection { codecs: payload_types(&codecs, &extensions), extensions, slot });
    }
    negotiated
}

/// The payload types of a section that the node forwards, with everything the client offers
/// about them. H264 in single NAL unit mode counts only where there is no other.
pub(super) fn shared_codecs(section: &Section) -> Vec<PayloadType> {
    if section.rejection.is_some() {
        return Vec::new();
    }
    let mode = |codec: Codec| match codec {
        Codec::H264(format) => Some(format.packetization),
        Codec::Opus(_) | Codec::Vp8 | Codec::Vp9 | Codec::Av1(_) | Codec::Red(_) => None,
    };
    let shared = section
        .codecs
        .iter()
        .filter(|offered| section.media.kind() == Some(offered.codec.kind().media()));
    let fragments = shared
        .clone()
        .any(|offered| mode(offered.codec) == Some(PacketizationMode::NonInterleaved));
    shared
        .filter(|offered| !fragments || mode(offered.codec) != Some(PacketizationMode::SingleNal))
        .map(|offered| PayloadType {
            pt: offered.pt,
            codec: offered.codec,
            rtx_pt: offered.rtx_pt,
            feedback: offered.feedback,
        })
        .collect()
}

/// Transport-wide feedback needs its header extension, and where it is agreed on, REMB is not.
fn payload_types(codecs: &[PayloadType], extensions: &ExtensionIds) -> Vec<PayloadType> {
    let adjusted = |payload: &PayloadType| {
        let mut payload = *payload;
        payload.feedback.transport_cc &= extensions.transport_cc.is_some();
        payload.feedback.remb &= !payload.feedback.transport_cc;
        payload
    };
    codecs.iter().map(adjusted).collect()
}

/// The ids of the `wanted` extensions. An extension has one id in the whole bundle, that of the
/// first section which has it: one table reads the packets of all sections. An extension that may
/// be long needs both forms of elements.
fn agree(
    offer: &Offer,
    section: &Section,
    wanted: &[Extension],
    usable: impl Fn(Direction) -> bool,
    bundle: &mut ExtensionIds,
) -> ExtensionIds {
    let mut agreed = ExtensionIds::default();
    let offered = section
        .extensions
        .iter()
        .filter(|offered| wanted.contains(&offered.extension) && usable(offered.direction))
        .filter(|offered| offer.extmap_allow_mixed || !offered.extension.is_long());
    for offered in offered {
        let id = bundle.id(offered.extension).unwrap_or(offered.id);
        if id == offered.id {
            bundle.set(offered.extension, id);
            agreed.set(offered.extension, id);
        }
    }
    agreed
}

impl Negotiated {
    /// Which sections are which slot: the i-th section in which the node sends a picture goes
    /// with the i-th in which it sends sound; sound that is left over makes slots for voices.
    #[must_use]
    pub fn slots(&self) -> Vec<SlotMids> {
        let mut slots: Vec<SlotMids> = Vec::new();
        for section in &self.sections {
            let (Some(send), Some(kind)) = (&section.send, section.kind) else {
                continue;
            };
            let SlotIndex(slot) = send.slot;
            while slots.len() <= usize::from(slot) {
                let next = u8::try_from(slots.len()).expect("invariant: a slot a section");
                slots.push(SlotMids { slot: next, audio: None, video: None });
            }
            let mids = &mut slots[usize::from(slot)];
            let mid = match kind {
                Kind::Audio => &mut mids.audio,
                Kind::Video => &mut mids.video,
            };
            *mid = Some(section.mid.to_string());
        }
        slots
    }
}

impl SendSection {
    /// The payload type in which to send what arrives in `codec`: the same codec, and of several
    /// the same profile; `None` when the client cannot take it.
    #[must_use]
    pub fn payload_type(&self, codec: Codec) -> Option<&PayloadType> {
        let mut same_kind = self.codecs.iter().filter(|own| own.codec.kind() == codec.kind());
        let Codec::H264(wanted) = codec else {
            return same_kind.next();
        };
        let same_profile = |own: &&PayloadType| matches!(own.codec, Codec::H264(format) if format.profile == wanted.profile);
        same_kind.clone().find(same_profile).or_else(|| same_kind.next())
    }

    /// Whether any payload type has retransmissions of its own.
    #[must_use]
    pub fn has_rtx(&self) -> bool {
        self.codecs.iter().any(|payload| payload.rtx_pt.is_some())
    }
}
