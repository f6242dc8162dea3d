//! Why an offer is not answered.

use protocol::media::Refusal;

/// Why an offer is not answered. The texts are for the developer of the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than [`super::MAX_OFFER_BYTES`].
    #[error("the offer is longer than {} bytes", super::MAX_OFFER_BYTES)]
    TooLarge,
    /// Not SDP (RFC 8866).
    #[error("not a session description: {0}")]
    Syntax(String),
    /// More media sections than [`super::MAX_SECTIONS`].
    #[error("more than {} media sections", super::MAX_SECTIONS)]
    TooManySections,
    /// More of something in one section than the node stores.
    #[error("section {section}: too many {what}")]
    TooMany {
        /// The section, counted from zero.
        section: usize,
        /// Of what.
        what: &'static str,
    },
    /// An attribute the node needs does not follow its grammar.
    #[error("section {section}: malformed a={attribute}")]
    Malformed {
        /// The section, counted from zero.
        section: usize,
        /// The attribute's name.
        attribute: &'static str,
    },
    /// No audio or video section that the client has not turned off.
    #[error("no audio or video section")]
    NoMedia,
    /// No section has a codec that the node forwards.
    #[error("no codec in common")]
    NoCommonCodec,
    /// No `a=group:BUNDLE` with an audio or video section in it (RFC 9143).
    #[error("the media sections are not bundled")]
    NoBundle,
    /// A bundled section without `a=rtcp-mux` (RFC 5761).
    #[error("section {section}: rtcp-mux is missing")]
    NoRtcpMux {
        /// The section, counted from zero.
        section: usize,
    },
    /// The client is a lite ICE agent, as the node is: nobody would start (RFC 8445).
    #[error("the client must be a full ICE agent")]
    IceLite,
    /// No `a=ice-ufrag` and `a=ice-pwd` of legal length (RFC 8839).
    #[error("usable ICE credentials are missing")]
    NoIceCredentials,
    /// No sha-256 `a=fingerprint` (RFC 8122).
    #[error("a sha-256 fingerprint is missing")]
    NoFingerprint,
    /// `a=setup` that does not let the node be the DTLS server (RFC 8842).
    #[error("a=setup must be actpass or active")]
    Setup,
    /// A section without `a=mid`.
    #[error("section {section}: mid is missing")]
    NoMid {
        /// The section, counted from zero.
        section: usize,
    },
    /// Two sections with one `a=mid`.
    #[error("section {section}: its mid is taken already")]
    DuplicateMid {
        /// The later section, counted from zero.
        section: usize,
    },
    /// A payload type that appears twice, or one above 127.
    #[error("section {section}: payload type {pt} appears twice or is out of range")]
    PayloadType {
        /// The section, counted from zero.
        section: usize,
        /// The payload type.
        pt: u16,
    },
    /// A header extension id out of range (RFC 8285), or one id for two extensions.
    #[error("section {section}: header extension id {id} is ambiguous or out of range")]
    ExtensionId {
        /// The section, counted from zero.
        section: usize,
        /// The id.
        id: u16,
    },
    /// Two sections that send with one SSRC.
    #[error("section {section}: ssrc {ssrc} is taken already")]
    DuplicateSsrc {
        /// The later section, counted from zero.
        section: usize,
        /// The SSRC.
        ssrc: u32,
    },
}

impl OfferError {
    /// The reason to give to whoever asked for the answer.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::NoCommonCodec => Refusal::NoCommonCodec,
            _ => Refusal::BadOffer,
        }
    }
}
