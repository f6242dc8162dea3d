//! Offers and answers: the node answers SDP, and never offers.
//!
//! Three pure functions carry a client in: [`parse_offer`] reads what the client says,
//! [`negotiate`] keeps what both sides know, [`write_answer`] says so. What [`negotiate`] returns
//! feeds both the answer's text and the node's tables, so the two cannot disagree.
//!
//! The node asks for BUNDLE, rtcp-mux and an offerer that can be the DTLS client. A section that
//! cannot be carried (a data channel, an unknown codec, one outside the bundle) is rejected in
//! the answer; an offer of which nothing can be carried is an error.

mod answer;
mod codec;
mod error;
mod extension;
mod format;
mod glance;
mod negotiate;
mod offer;
mod parse;
mod section;
mod source;

pub use answer::{AnswerParams, SendStream, candidate_values, write_answer};
pub use codec::{
    Av1Format, Codec, CodecKind, H264Format, H264Profile, OpusFormat, PacketizationMode, RedFormat,
};
pub use error::OfferError;
pub use extension::{Extension, ExtensionIds};
pub use glance::offers_to_send;
pub use negotiate::{
    Layers, Negotiated, NegotiatedSection, PayloadType, ReceiveSection, SendSection, SlotIndex,
    negotiate,
};
pub use offer::{
    Direction, Feedback, Fingerprint, FirstFormat, IceCredentials, Media, Mid, Msid, Offer,
    OfferedCodec, OfferedExtension, Rejection, Rid, Section, SsrcPair,
};
pub use parse::parse_offer;

/// The longest offer that is read, in bytes. One with eight pairs of a browser is 47 kB.
pub const MAX_OFFER_BYTES: usize = 256 * 1024;
/// The most media sections of an offer.
pub const MAX_SECTIONS: usize = 64;
/// The most payload types of a section.
pub const MAX_PAYLOAD_TYPES: usize = 64;
/// The most header extensions of a section.
pub const MAX_EXTENSIONS: usize = 32;
/// The most SSRCs of a section.
pub const MAX_SSRCS: usize = 16;
/// The most simulcast layers of a section; further ones are dropped.
pub const MAX_LAYERS: usize = 3;

#[cfg(test)]
mod tests;
