//! From `m=`, `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` to [`OfferedCodec`].

use rtc_sdp::description::common::Attribute;

use super::MAX_PAYLOAD_TYPES;
use super::codec::{
    Av1Format, Codec, CodecKind, H264Format, OpusFormat, RedFormat, is_vp9_profile_0,
};
use super::error::OfferError;
use super::offer::{Feedback, OfferedCodec};
use super::parse::values;

/// What a section says about a payload type.
#[derive(Clone, Copy, Default)]
struct Lines<'a> {
    rtpmap: Option<&'a str>,
    fmtp: Option<&'a str>,
    feedback: Feedback,
}

/// Payload types 64 to 95 would be read as RTCP where both share a port (RFC 5761, section 4).
const RTCP_RANGE: std::ops::RangeInclusive<u8> = 64..=95;

/// The payload types that the node knows, in the order of the `m=` line.
pub(super) fn parse(
    section: usize,
    formats: &[String],
    attributes: &[Attribute],
) -> Result<Vec<OfferedCodec>, OfferError> {
    let order = payload_types(section, formats)?;
    let lines = lines(section, attributes)?;

    let mut codecs: Vec<OfferedCodec> = Vec::new();
    for &pt in &order {
        let line = &lines[usize::from(pt)];
        if let Some(codec) = line.rtpmap.and_then(|rtpmap| codec(rtpmap, line.fmtp)) {
            codecs.push(OfferedCodec { pt, codec, rtx_pt: None, feedback: line.feedback });
        }
    }
    // Redundant audio is of use where its blocks are.
    let opus: Vec<u8> = (codecs.iter())
        .filter(|offered| offered.codec.kind() == CodecKind::Opus)
        .map(|offered| offered.pt)
        .collect();
    codecs.retain(|offered| match offered.codec {
        Codec::Red(red) => opus.contains(&red.opus_pt),
        _ => true,
    });
    for &pt in &order {
        let line = &lines[usize::from(pt)];
        let Some((clock_rate, primary)) = line.rtpmap.and_then(|map| rtx(map, line.fmtp)) else {
            continue;
        };
        let repaired = codecs
            .iter_mut()
            .find(|codec| codec.pt == primary && codec.codec.kind().clock_rate() == clock_rate);
        if let Some(codec) = repaired {
            codec.rtx_pt.get_or_insert(pt);
        }
    }
    Ok(codecs)
}

fn payload_types(section: usize, formats: &[String]) -> Result<Vec<u8>, OfferError> {
    if formats.len() > MAX_PAYLOAD_TYPES {
        return Err(OfferError::TooMany { section, what: "payload types" });
    }
    let mut order = Vec::with_capacity(formats.len());
    for format in formats {
        let number: u16 =
            format.parse().map_err(|_| OfferError::Malformed { section, attribute: "rtpmap" })?;
        let pt = payload_type(section, number)?;
        if order.contains(&pt) {
            return Err(OfferError::PayloadType { section, pt: number });
        }
        if !RTCP_RANGE.contains(&pt) {
            order.push(pt);
        }
    }
    Ok(order)
}

fn payload_type(section: usize, number: u16) -> Result<u8, OfferError> {
    u8::try_from(number)
        .ok()
        .filter(|pt| *pt <= 127)
        .ok_or(OfferError::PayloadType { section, pt: number })
}

fn lines(section: usize, attributes: &[Attribute]) -> Result<[Lines<'_>; 128], OfferError> {
    let mut lines = [Lines::default(); 128];
    for line in values(attributes, "rtpmap") {
        let (pt, encoding) = numbered(section, "rtpmap", line)?;
        let slot = &mut lines[usize::from(pt)].rtpmap;
        if slot.replace(encoding).is_some() {
            return Err(OfferError::PayloadType { section, pt: pt.into() });
        }
    }
    for line in values(attributes, "fmtp") {
        let (pt, parameters) = numbered(section, "fmtp", line)?;
        lines[usize::from(pt)].fmtp.get_or_insert(parameters);
    }
    for line in values(attributes, "rtcp-fb") {
        if let Some(message) = line.strip_prefix("* ") {
            lines.iter_mut().for_each(|line| add_feedback(&mut line.feedback, message));
        } else {
            let (pt, message) = numbered(section, "rtcp-fb", line)?;
            add_feedback(&mut lines[usize::from(pt)].feedback, message);
        }
    }
    Ok(lines)
}

fn numbered<'a>(
    section: usize,
    attribute: &'static str,
    line: &'a str,
) -> Result<(u8, &'a str), OfferError> {
    let malformed = OfferError::Malformed { section, attribute };
    let Some((number, rest)) = line.split_once(' ') else {
        return Err(malformed);
    };
    let number = number.parse().map_err(|_| malformed)?;
    Ok((payload_type(section, number)?, rest.trim()))
}

fn add_feedback(feedback: &mut Feedback, message: &str) {
    let mut words = message.split_ascii_whitespace();
    match (words.next(), words.next()) {
        (Some("nack"), None) => feedback.nack = true,
        (Some("nack"), Some("pli")) => feedback.pli = true,
        (Some("ccm"), Some("fir")) => feedback.fir = true,
        (Some("transport-cc"), None) => feedback.transport_cc = true,
        (Some("goog-remb"), None) => feedback.remb = true,
        _ => {}
    }
}

/// What `a=attribute` says about `format`, if it can be repeated as it stands.
pub(super) fn described(attributes: &[Attribute], attribute: &str, format: &str) -> Option<String> {
    values(attributes, attribute)
        .filter_map(|line| line.split_once(' '))
        .find(|(name, _)| *name == format)
        .map(|(_, text)| text.trim().to_owned())
        .filter(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~')))
}

/// Name, clock rate and channels of an `a=rtpmap` value.
fn encoding(rtpmap: &str) -> Option<(&str, u32, u8)> {
    let mut parts = rtpmap.split('/');
    let name = parts.next()?;
    let clock_rate = parts.next()?.parse().ok()?;
    let channels = parts.next().map_or(Some(1), |text| text.parse().ok())?;
    Some((name, clock_rate, channels))
}

fn codec(rtpmap: &str, fmtp: Option<&str>) -> Option<Codec> {
    let (name, clock_rate, channels) = encoding(rtpmap)?;
    let is = |kind: CodecKind| {
        let (known, _, known_channels) = encoding(kind.encoding()).unwrap_or(("", 0, 0));
        name.eq_ignore_ascii_case(known)
            && clock_rate == kind.clock_rate()
            && channels == known_channels
    };
    let fmtp = fmtp.unwrap_or_default();
    match CodecKind::ALL.into_iter().find(|kind| is(*kind))? {
        CodecKind::Opus => Some(Codec::Opus(OpusFormat::from_fmtp(fmtp))),
        CodecKind::Vp8 => Some(Codec::Vp8),
        CodecKind::H264 => H264Format::from_fmtp(fmtp).map(Codec::H264),
        CodecKind::Vp9 => is_vp9_profile_0(fmtp).then_some(Codec::Vp9),
        CodecKind::Av1 => Av1Format::from_fmtp(fmtp).map(Codec::Av1),
        CodecKind::Red => RedFormat::from_fmtp(fmtp).map(Codec::Red),
    }
}

/// The clock rate of a retransmission format and the payload type it repairs (RFC 4588).
fn rtx(rtpmap: &str, fmtp: Option<&str>) -> Option<(u32, u8)> {
    let (name, clock_rate, _) = encoding(rtpmap)?;
    if !name.eq_ignore_ascii_case("rtx") {
        return None;
    }
    Some((clock_rate, parameter(fmtp?, "apt")?.parse().ok()?))
}

/// The value of `name` in a list such as `a=1;b=2`.
pub(super) fn parameter<'a>(fmtp: &'a str, name: &str) -> Option<&'a str> {
    fmtp.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
