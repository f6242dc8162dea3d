//! The codecs the node forwards, and their format parameters.

use protocol::media::Kind;

use super::format::parameter;
use crate::codec::red::MAX_REDUNDANT;

/// A codec, without its parameters: what the packet path asks about, usable as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CodecKind {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 6184.
    H264,
    /// RFC 9628, profile 0.
    Vp9,
    /// The AV1 RTP specification, profile 0.
    Av1,
    /// RFC 2198: Opus, and what was sent before once more.
    Red,
}

impl CodecKind {
    /// Every codec, in the order of [`Self::index`].
    pub const ALL: [Self; 6] = [Self::Opus, Self::Vp8, Self::H264, Self::Vp9, Self::Av1, Self::Red];

    /// The codec's place in a table of [`Self::ALL`]`.len()` entries.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Sound or picture.
    #[must_use]
    pub const fn media(self) -> Kind {
        match self {
            Self::Opus | Self::Red => Kind::Audio,
            Self::Vp8 | Self::H264 | Self::Vp9 | Self::Av1 => Kind::Video,
        }
    }

    /// What a decoder gets to see of it.
    #[must_use]
    pub const fn content(self) -> Self {
        match self {
            Self::Red => Self::Opus,
            other => other,
        }
    }

    /// RTP timestamp units a second.
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus | Self::Red => 48_000,
            Self::Vp8 | Self::H264 | Self::Vp9 | Self::Av1 => 90_000,
        }
    }

    /// The encoding of an `a=rtpmap` line, as the answer writes it.
    #[must_use]
    pub const fn encoding(self) -> &'static str {
        match self {
            Self::Opus => "opus/48000/2",
            Self::Vp8 => "VP8/90000",
            Self::H264 => "H264/90000",
            Self::Vp9 => "VP9/90000",
            Self::Av1 => "AV1/90000",
            Self::Red => "red/48000/2",
        }
    }
}

/// A codec with the format parameters that matter to forwarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7587.
    Opus(OpusFormat),
    /// RFC 7741.
    Vp8,
    /// RFC 6184.
    H264(H264Format),
    /// RFC 9628: eight bits, 4:2:0, which is profile 0.
    Vp9,
    /// The AV1 RTP specification: profile 0.
    Av1(Av1Format),
    /// RFC 2198.
    Red(RedFormat),
}

impl Codec {
    /// The codec without its parameters.
    #[must_use]
    pub const fn kind(self) -> CodecKind {
        match self {
            Self::Opus(_) => CodecKind::Opus,
            Self::Vp8 => CodecKind::Vp8,
            Self::H264(_) => CodecKind::H264,
            Self::Vp9 => CodecKind::Vp9,
            Self::Av1(_) => CodecKind::Av1,
            Self::Red(_) => CodecKind::Red,
        }
    }
}

/// What redundant audio consists of (RFC 2198, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RedFormat {
    /// The payload type of all its blocks, which is one of Opus.
    pub opus_pt: u8,
    /// The most blocks of a packet, its own included.
    pub blocks: u8,
}

/// Opus format parameters (RFC 7587, section 6.1), as the client offered them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OpusFormat {
    /// The client likes to receive stereo.
    pub stereo: bool,
    /// The client is likely to send stereo.
    pub sprop_stereo: bool,
    /// The client likes silence not to be sent.
    pub dtx: bool,
    /// The shortest packet the client wants, in milliseconds.
    pub min_ptime: Option<u8>,
}

/// H264 format parameters (RFC 6184, section 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct H264Format {
    /// The profile, once its constraint flags are read.
    pub profile: H264Profile,
    /// `profile-level-id` as offered; `None` if it was left out.
    pub profile_level_id: Option<[u8; 3]>,
    /// How NAL units are put into packets.
    pub packetization: PacketizationMode,
}

/// AV1 format parameters (AV1 RTP specification, section 7.2), as offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Av1Format {
    /// `level-idx`.
    pub level: Option<u8>,
    /// `tier`.
    pub tier: Option<u8>,
}

/// The H264 profiles that browsers decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum H264Profile {
    /// Constrained Baseline: what every WebRTC client must decode (RFC 7742).
    ConstrainedBaseline,
    /// Baseline.
    Baseline,
    /// Main.
    Main,
    /// Constrained High.
    ConstrainedHigh,
    /// High.
    High,
}

/// `packetization-mode` of H264.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketizationMode {
    /// Mode 0: one NAL unit a packet.
    SingleNal,
    /// Mode 1: aggregates and fragments as well.
    NonInterleaved,
}

impl OpusFormat {
    /// Reads an `a=fmtp` value.
    pub(super) fn from_fmtp(fmtp: &str) -> Self {
        Self {
            stereo: parameter(fmtp, "stereo") == Some("1"),
            sprop_stereo: parameter(fmtp, "sprop-stereo") == Some("1"),
            dtx: parameter(fmtp, "usedtx") == Some("1"),
            min_ptime: parameter(fmtp, "minptime").and_then(|text| text.parse().ok()),
        }
    }
}

impl Av1Format {
    /// Reads an `a=fmtp` value. `None` for profiles other than 0, which browsers rarely decode.
    pub(super) fn from_fmtp(fmtp: &str) -> Option<Self> {
        let number = |name| parameter(fmtp, name).and_then(|text| text.parse().ok());
        let main = matches!(parameter(fmtp, "profile"), None | Some("0"));
        main.then(|| Self { level: number("level-idx"), tier: number("tier") })
    }
}

/// Whether an `a=fmtp` value of VP9 names profile 0, as no value does (RFC 9628 section 6).
pub(super) fn is_vp9_profile_0(fmtp: &str) -> bool {
    matches!(parameter(fmtp, "profile-id"), None | Some("0"))
}

impl RedFormat {
    /// Reads an `a=fmtp` value such as `111/111`. `None` if its blocks are of several types.
    pub(super) fn from_fmtp(fmtp: &str) -> Option<Self> {
        let mut blocks = 0;
        let mut types = fmtp.split('/').map(|text| {
            blocks += 1;
            text.trim().parse().ok().filter(|pt: &u8| *pt < 128)
        });
        let opus_pt = types.next()??;
        let same = types.all(|pt| pt == Some(opus_pt));
        (same && (1..=MAX_REDUNDANT + 1).contains(&blocks))
            .then_some(Self { opus_pt, blocks: blocks as u8 })
    }
}

impl H264Format {
    /// Reads an `a=fmtp` value. `None` if it is a format that browsers do not decode.
    pub(super) fn from_fmtp(fmtp: &str) -> Option<Self> {
        let profile_level_id = match parameter(fmtp, "profile-level-id") {
            Some(text) => Some(hex_triple(text)?),
            None => None,
        };
        // RFC 6184, section 8.1: Baseline at level 1 when it is left out.
        let [profile_idc, constraints, _] = profile_level_id.unwrap_or([0x42, 0, 10]);
        Some(Self {
            profile: H264Profile::from_idc(profile_idc, constraints)?,
            profile_level_id,
            packetization: match parameter(fmtp, "packetization-mode") {
                None | Some("0") => PacketizationMode::SingleNal,
                Some("1") => PacketizationMode::NonInterleaved,
                Some(_) => return None,
            },
        })
    }
}

impl H264Profile {
    /// RFC 6184, table 5.
    fn from_idc(profile_idc: u8, constraints: u8) -> Option<Self> {
        let set0 = constraints & 0x80 != 0;
        let set1 = constraints & 0x40 != 0;
        let sets_4_and_5 = constraints & 0x0c;
        match profile_idc {
            0x42 if set1 => Some(Self::ConstrainedBaseline),
            0x42 => Some(Self::Baseline),
            0x4d if set0 => Some(Self::ConstrainedBaseline),
            0x4d => Some(Self::Main),
            0x58 if set0 && set1 => Some(Self::ConstrainedBaseline),
            0x58 if set0 => Some(Self::Baseline),
            0x64 if sets_4_and_5 == 0x0c => Some(Self::ConstrainedHigh),
            0x64 => Some(Self::High),
            _ => None,
        }
    }
}

impl PacketizationMode {
    /// The value of `packetization-mode`.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::SingleNal => 0,
            Self::NonInterleaved => 1,
        }
    }
}

fn hex_triple(text: &str) -> Option<[u8; 3]> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, first, second, third] = u32::from_str_radix(text, 16).ok()?.to_be_bytes();
    Some([first, second, third])
}
