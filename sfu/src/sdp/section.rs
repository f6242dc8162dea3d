//! From text to [`Section`].

use protocol::media::Kind;
use rtc_sdp::description::common::Attribute;
use rtc_sdp::description::media::MediaDescription;

use super::error::OfferError;
use super::extension::{OfferedExtmap, parse_extmap};
use super::offer::{
    Direction, FirstFormat, Media, Mid, Msid, OfferedExtension, Rejection, Section,
};
use super::parse::{flag, value};
use super::{format, source};

/// A section, and the header extension ids it claims, known to the node or not.
pub(super) struct Parsed<'a> {
    pub(super) section: Section,
    pub(super) extmap: Vec<OfferedExtmap<'a>>,
}

/// Reads one section. What has to be rejected anyway is not looked into.
pub(super) fn parse<'a>(
    index: usize,
    mid: Mid,
    media: &'a MediaDescription,
    session: &[Attribute],
    bundle: &[&str],
) -> Result<Parsed<'a>, OfferError> {
    let name = &media.media_name;
    let attributes = media.attributes.as_slice();
    let kind = match name.media.as_str() {
        "audio" => Media::Rtp(Kind::Audio),
        "video" => Media::Rtp(Kind::Video),
        other => Media::Other(other.to_owned()),
    };
    let tagged = bundle.first() == Some(&mid.as_str());
    let mut section = Section {
        rejection: rejection(&kind, &mid, media, bundle),
        mid,
        media: kind,
        protocol: name.protos.join("/"),
        direction: direction(attributes)
            .or_else(|| direction(session))
            .unwrap_or(Direction::SendRecv),
        codecs: Vec::new(),
        extensions: Vec::new(),
        rids: Vec::new(),
        simulcast: false,
        ssrcs: Vec::new(),
        msid: None,
        rtcp_rsize: flag(attributes, "rtcp-rsize"),
        tagged,
        first_format: FirstFormat {
            name: name.formats.first().cloned().unwrap_or_else(|| "0".to_owned()),
            rtpmap: None,
            fmtp: None,
        },
    };
    if section.rejection.is_some() {
        return Ok(Parsed { section, extmap: Vec::new() });
    }
    if !flag(attributes, "rtcp-mux") {
        return Err(OfferError::NoRtcpMux { section: index });
    }

    section.codecs = format::parse(index, &name.formats, attributes)?;
    let first = &mut section.first_format;
    first.rtpmap = format::described(attributes, "rtpmap", &first.name);
    first.fmtp = format::described(attributes, "fmtp", &first.name);
    let extmap = parse_extmap(index, attributes)?;
    section.extensions = extmap.iter().filter_map(OfferedExtmap::known).collect();
    section.extensions.sort_by_key(|offered: &OfferedExtension| offered.id);
    if section.direction.sends() {
        (section.rids, section.simulcast) = source::layers(attributes);
        section.ssrcs = source::ssrcs(index, attributes)?;
        section.msid = msid(attributes);
    }
    Ok(Parsed { section, extmap })
}

fn rejection(
    media: &Media,
    mid: &Mid,
    description: &MediaDescription,
    bundle: &[&str],
) -> Option<Rejection> {
    let name = &description.media_name;
    // DTLS-SRTP with feedback is `UDP/TLS/RTP/SAVPF`; its sisters differ in the name of a
    // transport that ICE decides on anyway (RFC 9429, section 5.1.2).
    let rtp = matches!(
        name.protos.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        [.., "RTP", "SAVPF" | "SAVP"]
    );
    let disabled = name.port.value == 0 && !flag(&description.attributes, "bundle-only");
    if media.kind().is_none() {
        Some(Rejection::NotMedia)
    } else if disabled {
        Some(Rejection::Disabled)
    } else if !bundle.contains(&mid.as_str()) {
        Some(Rejection::NotBundled)
    } else if !rtp {
        Some(Rejection::Transport)
    } else {
        None
    }
}

fn direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes
        .iter()
        .filter(|attribute| attribute.value.is_none())
        .find_map(|attribute| Direction::from_name(&attribute.key))
}

fn msid(attributes: &[Attribute]) -> Option<Msid> {
    let mut words = value(attributes, "msid")?.split_ascii_whitespace();
    let stream = words.next()?.to_owned();
    Some(Msid { stream, track: words.next().map(str::to_owned) })
}
