//! Whatever arrives, nothing panics, and what is answered mirrors the offer.

use std::io::Cursor;

use proptest::prelude::*;
use rtc_sdp::description::session::SessionDescription;

use super::*;

/// A way to damage a text.
#[derive(Clone, Debug)]
enum Damage {
    RemoveLine(usize),
    RepeatLine(usize, usize),
    SwapLines(usize, usize),
    Replace(usize, char),
    Insert(usize, String),
    Truncate(usize),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let place = any::<usize>;
        prop_oneof![
            place().prop_map(Self::RemoveLine),
            (place(), place()).prop_map(|(from, to)| Self::RepeatLine(from, to)),
            (place(), place()).prop_map(|(one, other)| Self::SwapLines(one, other)),
            (place(), any::<char>()).prop_map(|(at, char)| Self::Replace(at, char)),
            (place(), "\\PC{0,12}").prop_map(|(at, text)| Self::Insert(at, text)),
            (place(), 0..=99999_u32).prop_map(|(at, number)| Self::Insert(at, number.to_string())),
            place().prop_map(Self::Truncate),
        ]
    }

    fn apply(self, text: &str) -> String {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let line = |place: usize| place % lines.len().max(1);
        let char_at = |place: usize| {
            let at = place % (text.len() + 1);
            (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
        };
        match self {
            _ if lines.is_empty() => String::new(),
            Self::RemoveLine(place) => {
                lines.remove(line(place));
                lines.concat()
            }
            Self::RepeatLine(from, to) => {
                let (from, to) = (line(from), line(to));
                lines.insert(to, lines[from]);
                lines.concat()
            }
            Self::SwapLines(one, other) => {
                let (one, other) = (line(one), line(other));
                lines.swap(one, other);
                lines.concat()
            }
            Self::Replace(place, char) => {
                let (before, after) = text.split_at(char_at(place));
                let rest = after.chars().next().map_or("", |first| &after[first.len_utf8()..]);
                format!("{before}{char}{rest}")
            }
            Self::Insert(place, inserted) => {
                let (before, after) = text.split_at(char_at(place));
                format!("{before}{inserted}{after}")
            }
            Self::Truncate(place) => text[..char_at(place)].to_owned(),
        }
    }
}

/// What holds for every offer that is answered.
fn check_answer(offer: &Offer, negotiated: &Negotiated) -> Result<(), TestCaseError> {
    let text = answer(offer, negotiated);
    let parsed = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
        .map_err(|error| TestCaseError::fail(format!("{error} in {text}")))?;
    prop_assert_eq!(parsed.media_descriptions.len(), offer.sections.len());

    let mut bundle = vec!["BUNDLE".to_owned()];
    for ((media, section), agreed) in
        parsed.media_descriptions.iter().zip(&offer.sections).zip(&negotiated.sections)
    {
        prop_assert_eq!(media.attribute("mid").flatten(), Some(section.mid.as_str()));
        prop_assert_eq!(&media.media_name.media, section.media.as_str());
        prop_assert_eq!(media.media_name.protos.join("/"), section.protocol.as_str());
        prop_assert_eq!(media.media_name.port.value == 0, agreed.rejected);
        if agreed.rejected {
            prop_assert!(agreed.receive.is_none() && agreed.send.is_none());
            continue;
        }
        bundle.push(section.mid.to_string());
        prop_assert!(section.rejection.is_none());
        let direction = if shared_formats(section) == 0 {
            Direction::Inactive
        } else {
            section.direction.mirrored()
        };
        prop_assert!(media.has_attribute(direction.name()), "{text}");
        prop_assert!(media.has_attribute("rtcp-mux"));
        prop_assert!(!media.media_name.formats.is_empty());
        for format in &media.media_name.formats {
            let known = section.codecs.iter().any(|offered| {
                let numbers = [Some(offered.pt), offered.rtx_pt];
                numbers.into_iter().flatten().any(|pt| pt.to_string() == *format)
            });
            prop_assert!(known || *format == section.first_format.name, "{format} was not offered");
        }
    }
    let bundle = bundle.join(" ");
    prop_assert_eq!(parsed.attribute("group").map(String::as_str), Some(bundle.as_str()));

    let mids = negotiated.slots().into_iter().flat_map(|slot| [slot.audio, slot.video]);
    let sending = negotiated.sections.iter().filter(|section| section.send.is_some());
    prop_assert_eq!(mids.flatten().count(), sending.count());
    Ok(())
}

fn shared_formats(section: &Section) -> usize {
    section
        .codecs
        .iter()
        .filter(|offered| Some(offered.codec.kind().media()) == section.media.kind())
        .count()
}

/// A fixture whose sections have other directions, some of them turned off or unbundled.
fn rearranged((_, text): (&str, &str), choices: &[(u8, u8)]) -> String {
    let mut sections = text.split("m=");
    let mut result = sections.next().unwrap_or_default().to_owned();
    let choices = choices.iter().cycle();
    for (section, (direction, fate)) in sections.zip(choices) {
        let direction =
            ["sendrecv", "sendonly", "recvonly", "inactive"][usize::from(*direction % 4)];
        let mut section = section.to_owned();
        for name in ["sendrecv", "sendonly", "recvonly", "inactive"] {
            section =
                section.replace(&format!("\r\na={name}\r\n"), &format!("\r\na={direction}\r\n"));
        }
        if *fate % 8 == 0 {
            section = section.replacen(" 9 ", " 0 ", 1);
        }
        if *fate % 8 == 1 {
            section = section.replace("RTP/SAVPF", "RTP/AVP");
        }
        if *fate % 8 == 2 {
            section = section.replace("VP8", "VP9").replace("H264", "H265");
        }
        result.push_str("m=");
        result.push_str(&section);
    }
    result
}

fn both(text: &str) -> Result<(Offer, Negotiated), OfferError> {
    let offer = parse_offer(text)?;
    let negotiated = negotiate(&offer)?;
    Ok((offer, negotiated))
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC*") {
        let _ = parse_offer(&text);
    }

    #[test]
    fn any_lines_are_parsed_or_refused(
        lines in prop::collection::vec("(v=0|s=-|t=0 0|o=- 1 1 IN IP4 0|[a-z]=[ -~]{0,24})", 0..40),
    ) {
        let _ = parse_offer(&lines.join("\r\n"));
    }

    #[test]
    fn any_section_lines_are_parsed_or_refused(
        lines in prop::collection::vec(
            "a=(rid|simulcast|ssrc|ssrc-group|extmap|rtpmap|fmtp|rtcp-fb|msid|mid|group|setup)\
             :[0-9]{0,5}[ -~]{0,24}",
            0..12,
        ),
    ) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if let Ok((offer, negotiated)) = both(&one_section(VIDEO_96, &[&[VP8_96], &lines[..]].concat())) {
            check_answer(&offer, &negotiated)?;
        }
    }

    #[test]
    fn damaged_offers_are_refused_or_mirrored(
        fixture in 0..FIXTURES.len(),
        damages in prop::collection::vec(Damage::any(), 1..8),
    ) {
        let mut text = FIXTURES[fixture].1.to_owned();
        for damage in damages {
            text = damage.apply(&text);
        }
        if let Ok((offer, negotiated)) = both(&text) {
            check_answer(&offer, &negotiated)?;
        }
    }

    #[test]
    fn rearranged_offers_are_mirrored(
        fixture in 0..FIXTURES.len(),
        choices in prop::collection::vec(any::<(u8, u8)>(), 1..16),
    ) {
        let text = rearranged(FIXTURES[fixture], &choices);
        match both(&text) {
            Ok((offer, negotiated)) => check_answer(&offer, &negotiated)?,
            Err(OfferError::NoMedia | OfferError::NoCommonCodec) => {}
            Err(error) => prop_assert!(false, "{error} for {text}"),
        }
    }
}
