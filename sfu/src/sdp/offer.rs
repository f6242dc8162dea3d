//! What a client offers, checked and in types.

use std::fmt;

use protocol::media::Kind;

use super::codec::Codec;
use super::extension::Extension;

/// An offer that can be answered. Its sections stand in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Of the bundle.
    pub ice: IceCredentials,
    /// Of the client's certificate.
    pub fingerprint: Fingerprint,
    /// The client can add candidates later (RFC 8838).
    pub trickle: bool,
    /// One-byte and two-byte header extensions may be mixed (RFC 8285).
    pub extmap_allow_mixed: bool,
    /// All sections, those to be rejected included.
    pub sections: Vec<Section>,
}

/// The client's ICE user fragment and password (RFC 8839, section 5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// `a=ice-ufrag`, 4 to 256 characters.
    pub ufrag: String,
    /// `a=ice-pwd`, 22 to 256 characters.
    pub pwd: String,
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCredentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

/// SHA-256 of a DTLS certificate (RFC 8122).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// A media section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `a=mid`.
    pub mid: Mid,
    /// What kind of media.
    pub media: Media,
    /// The transport of the `m=` line, as offered: the answer repeats it.
    pub protocol: String,
    /// Why the answer has to reject the section, whatever is in it.
    pub rejection: Option<Rejection>,
    /// As the client sees it.
    pub direction: Direction,
    /// The codecs that the node knows, in the client's order.
    pub codecs: Vec<OfferedCodec>,
    /// The header extensions that the node knows.
    pub extensions: Vec<OfferedExtension>,
    /// The layers that the client offers to send, worst first by custom; the order is that of
    /// `a=simulcast` or else of the `a=rid` lines. At most [`super::MAX_LAYERS`].
    pub rids: Vec<Rid>,
    /// The layers were listed by `a=simulcast:send` (RFC 8853).
    pub simulcast: bool,
    /// The SSRCs the client declares to send, in the order of a SIM group if there is one.
    pub ssrcs: Vec<SsrcPair>,
    /// The client's name for the track, if it declares one.
    pub msid: Option<Msid>,
    /// `a=rtcp-rsize` (RFC 5506).
    pub rtcp_rsize: bool,
    /// The section stands first in the BUNDLE group: it describes the transport of all.
    pub tagged: bool,
    /// The first format of the `m=` line, to repeat when nothing better is in the section.
    pub first_format: FirstFormat,
}

/// The format that the client prefers, as text: the node may not know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstFormat {
    /// Its name in the `m=` line: a payload type in RTP sections.
    pub name: String,
    /// Its `a=rtpmap` value, without the payload type, if it is printable.
    pub rtpmap: Option<String>,
    /// Its `a=fmtp` value, without the payload type, if it is printable.
    pub fmtp: Option<String>,
}

/// `a=mid`, 1 to 16 token characters, the length that fits a one-byte header extension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mid(String);

/// `a=rid`: the name of a layer, 1 to 16 letters, digits, `-` or `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rid(String);

/// The kind of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// Audio or video.
    Rtp(Kind),
    /// Something else; the name of the `m=` line.
    Other(String),
}

/// Why a section is rejected before its codecs are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Neither audio nor video.
    NotMedia,
    /// The client has turned it off: port zero without `a=bundle-only`.
    Disabled,
    /// Not in the BUNDLE group.
    NotBundled,
    /// Not RTP over DTLS-SRTP with feedback.
    Transport,
}

/// Which way media flows, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The client sends and receives.
    SendRecv,
    /// The client sends.
    SendOnly,
    /// The client receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// A payload type of the offer whose codec the node knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedCodec {
    /// Its number, 0 to 127.
    pub pt: u8,
    /// What it carries.
    pub codec: Codec,
    /// The payload type of its retransmissions (RFC 4588).
    pub rtx_pt: Option<u8>,
    /// The feedback that may be sent about it.
    pub feedback: Feedback,
}

/// RTCP feedback about a payload type (RFC 4585, RFC 5104).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Feedback {
    /// Generic NACK.
    pub nack: bool,
    /// Picture loss indication.
    pub pli: bool,
    /// Full intra request.
    pub fir: bool,
    /// Transport-wide congestion control.
    pub transport_cc: bool,
    /// Receiver's estimate of the bandwidth.
    pub remb: bool,
}

/// A header extension of the offer that the node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferedExtension {
    /// Its number, 1 to 14.
    pub id: u8,
    /// Which one.
    pub extension: Extension,
    /// Who may use it, as the client sees it.
    pub direction: Direction,
}

/// A stream's SSRC and that of its retransmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SsrcPair {
    /// The stream's.
    pub primary: u32,
    /// Of its retransmissions, by a FID group.
    pub rtx: Option<u32>,
}

/// `a=msid` (RFC 8830).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msid {
    /// The stream, `-` for none.
    pub stream: String,
    /// The track, if named.
    pub track: Option<String>,
}

impl Mid {
    /// The longest mid, in bytes.
    pub const MAX_LEN: usize = 16;

    /// Checks and wraps a mid.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let legal = (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(is_token_byte);
        legal.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Rid {
    /// The longest rid, in bytes.
    pub const MAX_LEN: usize = 16;

    /// Checks and wraps a rid.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let legal = (1..=Self::MAX_LEN).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        legal.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Media {
    /// Sound or picture, if it is either.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Rtp(kind) => Some(*kind),
            Self::Other(_) => None,
        }
    }

    /// The word of the `m=` line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Rtp(Kind::Audio) => "audio",
            Self::Rtp(Kind::Video) => "video",
            Self::Other(name) => name,
        }
    }
}

impl Direction {
    /// The direction of the flags.
    #[must_use]
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The direction that `name` means.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.name() == name)
    }

    /// The name of the attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// Whether the one whose direction this is sends.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the one whose direction this is receives.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same as the other side sees it.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        Self::new(self.receives(), self.sends())
    }
}

/// A `token` byte of RFC 8866.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'['..=b']')
}
