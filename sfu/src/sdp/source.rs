//! How a section names the streams the client sends: SSRCs and their groups (RFC 5576), or rids
//! and simulcast (RFC 8851, RFC 8853).

use rtc_sdp::description::common::Attribute;

use super::error::OfferError;
use super::offer::{Rid, SsrcPair};
use super::parse::{value, values};
use super::{MAX_LAYERS, MAX_SSRCS};

/// The layers the client offers to send, and whether `a=simulcast` lists them.
pub(super) fn layers(attributes: &[Attribute]) -> (Vec<Rid>, bool) {
    let declared: Vec<Rid> = values(attributes, "rid")
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let rid = Rid::new(words.next()?)?;
            (words.next() == Some("send")).then_some(rid)
        })
        .collect();
    let listed = value(attributes, "simulcast").and_then(sent_list);
    let mut layers: Vec<Rid> = Vec::new();
    match listed {
        Some(list) => {
            // Layers are separated by semicolons, alternatives of one layer by commas; a tilde
            // marks one that starts paused. One that no `a=rid` declares does not count.
            for alternatives in list.split(';') {
                let rid = alternatives
                    .split(',')
                    .map(|rid| rid.trim_start_matches('~'))
                    .find_map(|name| declared.iter().find(|rid| rid.as_str() == name));
                push_new(&mut layers, rid);
            }
        }
        None => declared.iter().for_each(|rid| push_new(&mut layers, Some(rid))),
    }
    let simulcast = listed.is_some() && !layers.is_empty();
    (layers, simulcast)
}

fn push_new(layers: &mut Vec<Rid>, rid: Option<&Rid>) {
    if let Some(rid) = rid
        && layers.len() < MAX_LAYERS
        && !layers.contains(rid)
    {
        layers.push(rid.clone());
    }
}

/// The list after `send` in `send a;b recv c`.
fn sent_list(line: &str) -> Option<&str> {
    let mut words = line.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let list = words.next();
        if word == "send" {
            return list;
        }
    }
    None
}

/// The SSRCs the client declares to send, each with that of its retransmissions, in the order of
/// a SIM group if there is one. SSRCs of forward error correction are left out.
pub(super) fn ssrcs(section: usize, attributes: &[Attribute]) -> Result<Vec<SsrcPair>, OfferError> {
    let mut declared = Declared { section, all: Vec::new() };
    let mut simulcast = Vec::new();
    let mut repairs: Vec<(u32, u32, bool)> = Vec::new();
    for line in values(attributes, "ssrc-group") {
        let mut words = line.split_ascii_whitespace();
        let semantics = words.next().unwrap_or_default();
        let group = words.map(|word| declared.add(word)).collect::<Result<Vec<u32>, _>>()?;
        match (semantics, group.as_slice()) {
            ("SIM", _) if simulcast.is_empty() => simulcast = group,
            ("FID" | "FEC" | "FEC-FR", [primary, repair]) if primary != repair => {
                repairs.push((*primary, *repair, semantics == "FID"));
            }
            ("FID" | "FEC" | "FEC-FR", _) => {
                return Err(OfferError::Malformed { section, attribute: "ssrc-group" });
            }
            _ => {}
        }
    }
    for line in values(attributes, "ssrc") {
        declared.add(line.split_ascii_whitespace().next().unwrap_or_default())?;
    }

    let mut primaries = declared.all;
    primaries.retain(|ssrc| !repairs.iter().any(|(_, repair, _)| repair == ssrc));
    primaries
        .sort_by_key(|ssrc| simulcast.iter().position(|layer| layer == ssrc).unwrap_or(usize::MAX));
    let rtx_of = |ssrc: u32| {
        repairs.iter().find(|(primary, _, rtx)| *rtx && *primary == ssrc).map(|(_, rtx, _)| *rtx)
    };
    Ok(primaries.into_iter().map(|primary| SsrcPair { primary, rtx: rtx_of(primary) }).collect())
}

/// The distinct SSRCs of a section, in the order of appearance.
struct Declared {
    section: usize,
    all: Vec<u32>,
}

impl Declared {
    fn add(&mut self, text: &str) -> Result<u32, OfferError> {
        let ssrc = text
            .parse()
            .map_err(|_| OfferError::Malformed { section: self.section, attribute: "ssrc" })?;
        if !self.all.contains(&ssrc) {
            if self.all.len() == MAX_SSRCS {
                return Err(OfferError::TooMany { section: self.section, what: "ssrcs" });
            }
            self.all.push(ssrc);
        }
        Ok(ssrc)
    }
}
