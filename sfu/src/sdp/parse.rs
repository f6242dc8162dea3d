//! From text to [`Offer`]: what concerns the session as a whole.

use std::collections::{HashMap, HashSet};
use std::io::Cursor;

use rtc_sdp::description::common::Attribute;
use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;

use super::error::OfferError;
use super::extension::OfferedExtmap;
use super::offer::{Fingerprint, IceCredentials, Media, Mid, Offer, Rejection, Section};
use super::{MAX_OFFER_BYTES, MAX_SECTIONS, section};

/// Reads an offer (RFC 8866, RFC 9429).
///
/// # Errors
/// When the text is not SDP, exceeds a limit, contradicts itself, or lacks what the node needs
/// of every client. Sections that cannot be carried are no error as long as one can: they come
/// back with their [`Rejection`].
pub fn parse_offer(text: &str) -> Result<Offer, OfferError> {
    if text.len() > MAX_OFFER_BYTES {
        return Err(OfferError::TooLarge);
    }
    let description = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
        .map_err(|error| OfferError::Syntax(excerpt(&error.to_string())))?;
    let media = &description.media_descriptions;
    if media.len() > MAX_SECTIONS {
        return Err(OfferError::TooManySections);
    }
    if flag(&description.attributes, "ice-lite") {
        return Err(OfferError::IceLite);
    }

    let bundle = bundle_group(&description.attributes);
    let sections = sections(&description, &bundle)?;
    let carried = |section: &&Section| section.rejection.is_none();
    if !sections.iter().any(|section| carried(&section)) {
        return Err(nothing_to_carry(&sections));
    }

    // The transport is the bundle's. Any of its sections may be the one that describes it, a
    // data channel as well.
    let mut transport: Vec<&[Attribute]> = media
        .iter()
        .zip(&sections)
        .filter(|(_, section)| bundle.contains(&section.mid.as_str()))
        .map(|(media, _)| media.attributes.as_slice())
        .collect();
    transport.push(&description.attributes);
    check_setup(&transport)?;

    Ok(Offer {
        ice: ice_credentials(&transport).ok_or(OfferError::NoIceCredentials)?,
        fingerprint: fingerprint(&transport).ok_or(OfferError::NoFingerprint)?,
        trickle: transport
            .iter()
            .flat_map(|attributes| values(attributes, "ice-options"))
            .any(|options| options.split([' ', ',']).any(|option| option == "trickle")),
        extmap_allow_mixed: transport
            .iter()
            .any(|attributes| flag(attributes, "extmap-allow-mixed")),
        sections,
    })
}

fn sections(description: &SessionDescription, bundle: &[&str]) -> Result<Vec<Section>, OfferError> {
    let mut mids = HashSet::new();
    let mut ssrcs = HashSet::new();
    let mut extmap = HashMap::new();
    let mut sections = Vec::with_capacity(description.media_descriptions.len());
    for (index, media) in description.media_descriptions.iter().enumerate() {
        let mid = mid(index, media)?;
        if !mids.insert(mid.clone()) {
            return Err(OfferError::DuplicateMid { section: index });
        }
        let parsed = section::parse(index, mid, media, &description.attributes, bundle)?;
        for OfferedExtmap { id, uri, .. } in &parsed.extmap {
            // One id means one extension in the whole bundle (RFC 9143, section 9).
            if *extmap.entry(*id).or_insert(*uri) != *uri {
                return Err(OfferError::ExtensionId { section: index, id: *id });
            }
        }
        let section = parsed.section;
        for ssrc in section.ssrcs.iter().flat_map(|pair| [Some(pair.primary), pair.rtx]).flatten() {
            if !ssrcs.insert(ssrc) {
                return Err(OfferError::DuplicateSsrc { section: index, ssrc });
            }
        }
        sections.push(section);
    }
    Ok(sections)
}

fn mid(index: usize, media: &MediaDescription) -> Result<Mid, OfferError> {
    let text = value(&media.attributes, "mid").ok_or(OfferError::NoMid { section: index })?;
    Mid::new(text).ok_or(OfferError::Malformed { section: index, attribute: "mid" })
}

fn nothing_to_carry(sections: &[Section]) -> OfferError {
    let outside_bundle = sections.iter().any(|section| {
        matches!(section.media, Media::Rtp(_)) && section.rejection == Some(Rejection::NotBundled)
    });
    if outside_bundle { OfferError::NoBundle } else { OfferError::NoMedia }
}

/// The mids of the first BUNDLE group (RFC 9143).
fn bundle_group(session: &[Attribute]) -> Vec<&str> {
    values(session, "group")
        .map(str::split_ascii_whitespace)
        .find_map(|mut words| (words.next() == Some("BUNDLE")).then(|| words.collect()))
        .unwrap_or_default()
}

fn ice_credentials(transport: &[&[Attribute]]) -> Option<IceCredentials> {
    transport.iter().find_map(|attributes| {
        let ufrag = value(attributes, "ice-ufrag").filter(|text| is_ice_text(text, 4))?;
        let pwd = value(attributes, "ice-pwd").filter(|text| is_ice_text(text, 22))?;
        Some(IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() })
    })
}

/// RFC 8839 allows letters, digits, `+` and `/`; browsers take a few more characters from older
/// libraries, and so does the node. A colon would make the STUN user name ambiguous.
fn is_ice_text(text: &str, min: usize) -> bool {
    (min..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
}

fn fingerprint(transport: &[&[Attribute]]) -> Option<Fingerprint> {
    transport
        .iter()
        .flat_map(|attributes| values(attributes, "fingerprint"))
        .find_map(parse_fingerprint)
}

fn parse_fingerprint(value: &str) -> Option<Fingerprint> {
    let (hash, digits) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut octets = digits.trim().split(':');
    for byte in &mut bytes {
        let octet = octets.next().filter(|octet| {
            octet.len() == 2 && octet.bytes().all(|digit| digit.is_ascii_hexdigit())
        })?;
        *byte = u8::from_str_radix(octet, 16).ok()?;
    }
    octets.next().is_none().then_some(Fingerprint(bytes))
}

/// The node is the DTLS server. An offer without `a=setup` means `active` (RFC 4145).
fn check_setup(transport: &[&[Attribute]]) -> Result<(), OfferError> {
    match transport.iter().find_map(|attributes| value(attributes, "setup")) {
        None | Some("actpass" | "active") => Ok(()),
        Some(_) => Err(OfferError::Setup),
    }
}

/// The values of all attributes called `key`.
pub(super) fn values<'a>(
    attributes: &'a [Attribute],
    key: &'a str,
) -> impl Iterator<Item = &'a str> {
    attributes
        .iter()
        .filter(move |attribute| attribute.key == key)
        .filter_map(|attribute| attribute.value.as_deref().map(str::trim))
}

/// The value of the first attribute called `key`.
pub(super) fn value<'a>(attributes: &'a [Attribute], key: &'a str) -> Option<&'a str> {
    values(attributes, key).next()
}

/// Whether the attribute `key` is there.
pub(super) fn flag(attributes: &[Attribute], key: &str) -> bool {
    attributes.iter().any(|attribute| attribute.key == key)
}

/// The parser's errors quote the input, which may be long and strange.
fn excerpt(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_default).collect()
}
