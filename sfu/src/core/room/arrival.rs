//! A packet's way in: opened once, bound to its track, kept for whoever wants it.

use std::time::Instant;

use protocol::media::Kind;

use super::super::layer::{Arrival, Layer, Stored};
use super::super::session::{Elements, Origin, Session};
use super::super::track::Track;
use super::super::{Datagram, Route, Shared, Sink};
use super::{Room, session_mut};
use crate::codec::red::Red;
use crate::ring::RedLayout;
use crate::rtp::RtpHeader;
use crate::sdp::CodecKind;
use crate::srtp::OpenError;
use crate::twcc::FEEDBACK_INTERVAL;

/// What became of a packet.
enum Outcome {
    /// It waits for the flush.
    Forward,
    /// It is the first of its participant, or of a track that was silent; and it waits.
    Appeared,
    /// It served its purpose: padding.
    Consumed,
    Duplicate,
    Muted,
    Unknown,
    Srtp,
}

impl Room {
    /// Takes SRTP or SRTCP. True if something waits for [`Self::flush`].
    pub(in super::super) fn handle_srtp(
        &mut self,
        now: Instant,
        route: Route,
        datagram: &mut Datagram<'_>,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) -> bool {
        // RFC 5761 section 4: RTCP packet types are 192 to 223.
        if matches!(datagram.contents.get(1), Some(192..=223)) {
            self.handle_srtcp(now, route, datagram, shared, sink);
            return false;
        }
        let outcome = self.handle_rtp(route, datagram, shared);
        // Feedback and repairs have become due sooner than anything the session waits for.
        self.reschedule(route, shared);
        match outcome {
            Outcome::Forward => {
                shared.batch.arrived(datagram.received);
                return true;
            }
            Outcome::Appeared => {
                shared.batch.arrived(datagram.received);
                let participant =
                    session_mut(&mut self.sessions, route).map(|session| session.participant);
                if let Some(participant) = participant {
                    self.announce_live(participant, shared);
                    self.assign(now, shared);
                    self.request_keyframes(now, route.room, shared, sink);
                }
                return true;
            }
            Outcome::Consumed => {}
            Outcome::Duplicate | Outcome::Unknown => shared.counters.dropped_media += 1,
            Outcome::Muted => shared.counters.dropped_muted += 1,
            Outcome::Srtp => shared.counters.dropped_srtp += 1,
        }
        false
    }

    fn handle_rtp(
        &mut self,
        route: Route,
        datagram: &mut Datagram<'_>,
        shared: &mut Shared,
    ) -> Outcome {
        let Self { sessions, tracks, pending, allocation_due, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return Outcome::Unknown };
        let Some((inbound, _)) = &mut session.keys else { return Outcome::Srtp };
        let Some(header) = RtpHeader::parse(datagram.contents) else { return Outcome::Srtp };
        let opened = match inbound.open_rtp(datagram.contents, header.header_len) {
            Ok(opened) => opened,
            Err(OpenError::Replayed) => return Outcome::Duplicate,
            Err(_) => return Outcome::Srtp,
        };
        let received = datagram.received;
        let end = header.header_len + opened.payload_len;
        let (head, payload) = datagram.contents[..end].split_at(header.header_len);

        let origin = match session.origin(header.ssrc) {
            Some(origin) => origin,
            None => match bind(session, tracks, &header, head) {
                Some(origin) => origin,
                None => return Outcome::Unknown,
            },
        };
        let section = &session.receiving[origin.section];
        let elements = Elements::read(&header, head, &section.extensions);
        if let Some(sequence) = elements.transport_cc {
            if session.arrivals.is_empty() {
                session.next_feedback = Some(received + FEEDBACK_INTERVAL);
            }
            session.arrivals.arrived(sequence, received);
            if !origin.retransmission {
                session.feedback_ssrc = header.ssrc;
            }
        }
        let payload_type = header.payload_type;
        let entry = section.payload_types.iter().find(|(pt, ..)| *pt == payload_type);
        let Some(&(_, packaged, retransmission)) = entry else { return Outcome::Unknown };
        let codec = packaged.content();
        let Some(track) = tracks[origin.track as usize].as_mut() else { return Outcome::Unknown };
        let Some(mut payload) = strip_padding(&header, payload) else { return Outcome::Unknown };
        let layer = &mut track.layers[origin.layer];
        if retransmission != origin.retransmission || codec.media() != track.kind {
            return Outcome::Unknown;
        }

        let sequence = if retransmission {
            // RFC 4588 section 4: the original number stands before the payload. Probes of
            // padding have neither.
            let Some((number, rest)) = payload.split_first_chunk() else {
                return Outcome::Consumed;
            };
            payload = rest;
            layer.original_sequence(u16::from_be_bytes(*number))
        } else {
            layer.note_reception(opened.index, header.timestamp, received);
            opened.index
        };
        let missed = layer.nack.arrived(received, sequence);
        track.present = true;
        if !track.granted {
            session.counts.dropped_muted += 1;
            return Outcome::Muted;
        }
        if payload.is_empty() {
            return Outcome::Consumed;
        }
        let red = match packaged {
            CodecKind::Red => read_red(payload, &section.payload_types),
            _ => None,
        };
        // What cannot be read may be sealed end to end: it goes as it is, to those alone who
        // take redundant audio.
        let codec = if red.is_some() { codec } else { packaged };
        let arrival = Arrival {
            sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            codec,
            orientation: elements.orientation,
            descriptor: elements.descriptor,
            captured: elements
                .captured
                .zip(session.clock)
                .map(|(captured, clock)| clock.to_node(captured.by_sender(), &shared.timeline)),
            red: red.map(|red| RedLayout {
                primary: red.primary() as u16,
                redundant: red.redundant() as u8,
            }),
            payload,
            received,
        };
        if track.layers.len() > 1 && crate::codec::starts_keyframe(codec, payload) {
            track.align(origin.layer, header.timestamp);
        }
        let layer = &mut track.layers[origin.layer];
        let awakened = track.kind == Kind::Video && !layer.flow.flows(received);
        if !missed {
            return Outcome::Duplicate;
        }
        for block in red.iter().flat_map(Red::blocks) {
            if let Some(recovered) = layer.recover(&arrival, &block, &shared.timeline) {
                pending.push((origin.track as usize, origin.layer, recovered));
                shared.counters.audio_recovered += 1;
            }
        }
        let stored = layer.store(&arrival, &shared.timeline);
        if stored == Stored::Refused {
            return Outcome::Duplicate;
        }
        session.counts.received += 1;
        shared.counters.packets_in += 1;
        shared.counters.repairs_in += u64::from(retransmission);
        if stored == Stored::Waits {
            if layer.is_impatient() {
                track.want_keyframe(origin.layer);
            }
            return Outcome::Consumed;
        }
        track.note_arrival(origin.layer, sequence, received);
        if track.kind == Kind::Audio {
            track.loudness.note(received, elements.audio_level);
        }
        pending.push((origin.track as usize, origin.layer, sequence));
        for waited in track.layers[origin.layer].take_readable() {
            pending.push((origin.track as usize, origin.layer, waited));
        }
        let appeared = !std::mem::replace(&mut track.live, true);
        *allocation_due |= awakened;
        if appeared { Outcome::Appeared } else { Outcome::Forward }
    }
}

/// Reads redundant audio (RFC 2198), or nothing when it is not of Opus throughout.
fn read_red<'p>(payload: &'p [u8], types: &[(u8, CodecKind, bool)]) -> Option<Red<'p>> {
    let red = Red::parse(payload)?;
    let is_opus = |pt: u8| types.contains(&(pt, CodecKind::Opus, false));
    let opus = is_opus(red.primary_type()) && red.blocks().all(|b| is_opus(b.payload_type));
    opus.then_some(red)
}

/// The payload without its padding (RFC 3550 section 5.1), or nothing when the count is wrong.
fn strip_padding<'p>(header: &RtpHeader, payload: &'p [u8]) -> Option<&'p [u8]> {
    if !header.padding {
        return Some(payload);
    }
    let padding = usize::from(*payload.last()?);
    payload.get(..payload.len().checked_sub(padding)?)
}

/// Finds out what an SSRC is that no line of the offer named: by mid and rid (RFC 8852), or, for
/// clients without those extensions, by a payload type that only one section has. The packet
/// has been authenticated.
fn bind(
    session: &mut Session,
    tracks: &mut [Option<Track>],
    header: &RtpHeader,
    head: &[u8],
) -> Option<Origin> {
    let payload_type = header.payload_type;
    let named = session.receiving.iter().position(|section| {
        let elements = Elements::read(header, head, &section.extensions);
        elements.mid == Some(section.mid.as_str().as_bytes())
    });
    let section = named.or_else(|| {
        let carries = |kind: Kind| {
            session.receiving.iter().position(|section| {
                section.kind == kind
                    && section.payload_types.iter().any(|(pt, ..)| *pt == payload_type)
            })
        };
        carries(Kind::Audio).xor(carries(Kind::Video))
    })?;
    let receiving = &session.receiving[section];
    let &(_, _, retransmission) =
        receiving.payload_types.iter().find(|(pt, ..)| *pt == payload_type)?;
    let elements = Elements::read(header, head, &receiving.extensions);
    let rid = if retransmission { elements.repaired_rid } else { elements.rid };
    let place = session.tracks[receiving.kind as usize]?;
    let track = tracks[place as usize].as_mut()?;
    let layer = if track.layers.len() == 1 {
        0
    } else {
        let rid = rid?;
        let of_rid = |layer: &Layer| {
            layer.rid.as_ref().is_some_and(|known| known.as_str().as_bytes() == rid)
        };
        track.layers.iter().position(of_rid)?
    };
    if retransmission {
        track.layers[layer].rtx_ssrc = Some(header.ssrc);
    } else if track.layers[layer].ssrc.is_some() {
        // The encoder was replaced: its numbers start anew, and so does everything after it.
        let replaced = &track.layers[layer];
        let mut fresh = Layer::new(track.kind, replaced.codec, replaced.nack_agreed);
        fresh.rid.clone_from(&replaced.rid);
        fresh.ssrc = Some(header.ssrc);
        track.layers[layer] = fresh;
        track.generation += 1;
    } else {
        track.layers[layer].ssrc = Some(header.ssrc);
    }
    let origin = Origin { section, track: place, layer, retransmission };
    session.bind(header.ssrc, origin);
    Some(origin)
}
