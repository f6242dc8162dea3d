//! RTP header extensions (RFC 8285) that the node knows.

use rtc_sdp::description::common::Attribute;

use super::MAX_EXTENSIONS;
use super::error::OfferError;
use super::offer::{Direction, OfferedExtension};
use super::parse::values;

/// A header extension that the node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Extension {
    /// The section's mid (RFC 9143).
    Mid,
    /// The simulcast layer (RFC 8852).
    Rid,
    /// The simulcast layer that a retransmission belongs to (RFC 8852).
    RepairedRid,
    /// Transport-wide sequence number for congestion control.
    TransportCc,
    /// Loudness (RFC 6464).
    AudioLevel,
    /// The time of sending, 24 bit.
    AbsSendTime,
    /// How the picture is rotated (3GPP TS 26.114, coordination of video orientation).
    VideoOrientation,
    /// The time of capture in the capturer's clock.
    AbsCaptureTime,
    /// How long a receiver may hold a frame back.
    PlayoutDelay,
    /// What the packet's frame needs, and who needs it: see [`crate::dependency`].
    DependencyDescriptor,
}

impl Extension {
    /// Every extension, in the order of [`ExtensionIds`].
    pub const ALL: [Self; 10] = [
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::TransportCc,
        Self::AudioLevel,
        Self::AbsSendTime,
        Self::VideoOrientation,
        Self::AbsCaptureTime,
        Self::PlayoutDelay,
        Self::DependencyDescriptor,
    ];

    /// What the node reads in sections that the client sends.
    pub const READ: &'static [Self] = &[
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::TransportCc,
        Self::AudioLevel,
        Self::AbsSendTime,
        Self::VideoOrientation,
        Self::AbsCaptureTime,
        Self::DependencyDescriptor,
    ];

    /// What the node writes in sections that it sends: its own, and those of the publisher that
    /// a picture or its timing would be wrong without.
    pub const WRITTEN: &'static [Self] = &[
        Self::Mid,
        Self::TransportCc,
        Self::VideoOrientation,
        Self::AbsCaptureTime,
        Self::PlayoutDelay,
        Self::DependencyDescriptor,
    ];

    /// The URI that names the extension in `a=extmap`.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::TransportCc => {
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            }
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::VideoOrientation => "urn:3gpp:video-orientation",
            Self::AbsCaptureTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
            Self::PlayoutDelay => "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
        }
    }

    /// Whether its elements may be longer than the 16 bytes of the one-byte form.
    #[must_use]
    pub const fn is_long(self) -> bool {
        matches!(self, Self::DependencyDescriptor)
    }

    /// The extension that `uri` names, if the node knows it.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|extension| extension.uri() == uri)
    }
}

/// The agreed id of each extension, 1 to 14: the ids of the one-byte form, so that only packets
/// with long elements need the two-byte form. Equal for all sections of a bundle wherever it is present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    /// [`Extension::Mid`].
    pub mid: Option<u8>,
    /// [`Extension::Rid`].
    pub rid: Option<u8>,
    /// [`Extension::RepairedRid`].
    pub repaired_rid: Option<u8>,
    /// [`Extension::TransportCc`].
    pub transport_cc: Option<u8>,
    /// [`Extension::AudioLevel`].
    pub audio_level: Option<u8>,
    /// [`Extension::AbsSendTime`].
    pub abs_send_time: Option<u8>,
    /// [`Extension::VideoOrientation`].
    pub video_orientation: Option<u8>,
    /// [`Extension::AbsCaptureTime`].
    pub abs_capture_time: Option<u8>,
    /// [`Extension::PlayoutDelay`].
    pub playout_delay: Option<u8>,
    /// [`Extension::DependencyDescriptor`].
    pub dependency_descriptor: Option<u8>,
}

impl ExtensionIds {
    /// The id of `extension`.
    #[must_use]
    pub fn id(&self, extension: Extension) -> Option<u8> {
        match extension {
            Extension::Mid => self.mid,
            Extension::Rid => self.rid,
            Extension::RepairedRid => self.repaired_rid,
            Extension::TransportCc => self.transport_cc,
            Extension::AudioLevel => self.audio_level,
            Extension::AbsSendTime => self.abs_send_time,
            Extension::VideoOrientation => self.video_orientation,
            Extension::AbsCaptureTime => self.abs_capture_time,
            Extension::PlayoutDelay => self.playout_delay,
            Extension::DependencyDescriptor => self.dependency_descriptor,
        }
    }

    /// Sets the id of `extension`.
    pub fn set(&mut self, extension: Extension, id: u8) {
        let field = match extension {
            Extension::Mid => &mut self.mid,
            Extension::Rid => &mut self.rid,
            Extension::RepairedRid => &mut self.repaired_rid,
            Extension::TransportCc => &mut self.transport_cc,
            Extension::AudioLevel => &mut self.audio_level,
            Extension::AbsSendTime => &mut self.abs_send_time,
            Extension::VideoOrientation => &mut self.video_orientation,
            Extension::AbsCaptureTime => &mut self.abs_capture_time,
            Extension::PlayoutDelay => &mut self.playout_delay,
            Extension::DependencyDescriptor => &mut self.dependency_descriptor,
        };
        *field = Some(id);
    }
}

/// An `a=extmap` line, known to the node or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfferedExtmap<'a> {
    pub(super) id: u16,
    pub(super) uri: &'a str,
    direction: Direction,
}

impl OfferedExtmap<'_> {
    /// The extension, if the node knows it and its id fits the one-byte form.
    pub(super) fn known(&self) -> Option<OfferedExtension> {
        let id = u8::try_from(self.id).ok().filter(|id| (1..=14).contains(id))?;
        let extension = Extension::from_uri(self.uri)?;
        Some(OfferedExtension { id, extension, direction: self.direction })
    }
}

/// The `a=extmap` lines of a section.
pub(super) fn parse_extmap(
    section: usize,
    attributes: &[Attribute],
) -> Result<Vec<OfferedExtmap<'_>>, OfferError> {
    let mut extmap: Vec<OfferedExtmap<'_>> = Vec::new();
    for line in values(attributes, "extmap") {
        let entry = entry(line).ok_or(OfferError::Malformed { section, attribute: "extmap" })?;
        // Above 255 there are only the provisional ids of long offers, which nobody answers.
        let legal = matches!(entry.id, 1..=14 | 16..=255 | 4096..=4351);
        if !legal || extmap.iter().any(|other| other.id == entry.id) {
            return Err(OfferError::ExtensionId { section, id: entry.id });
        }
        if extmap.len() == MAX_EXTENSIONS {
            return Err(OfferError::TooMany { section, what: "header extensions" });
        }
        extmap.push(entry);
    }
    Ok(extmap)
}

fn entry(line: &str) -> Option<OfferedExtmap<'_>> {
    let mut words = line.split_ascii_whitespace();
    let number = words.next()?;
    let (number, direction) = match number.split_once('/') {
        Some((number, name)) => (number, Direction::from_name(name)?),
        None => (number, Direction::SendRecv),
    };
    Some(OfferedExtmap { id: number.parse().ok()?, uri: words.next()?, direction })
}
