//! A packet's way out: what arrived in a batch goes to one subscriber after the other, so that
//! payloads stay in the cache and each subscriber costs one train.

use std::time::Instant;

use protocol::media::Kind;

use super::super::egress::{Forwarded, OVERHEAD, Sending, equalise};
use super::super::measures::micros;
use super::super::session::Session;
use super::super::track::Track;
use super::super::view::{View, is_pair};
use super::super::{Counters, Route, Shared, Sink};
use super::{Part, Room};

impl Room {
    /// Forwards what arrived since the last call.
    pub(in super::super) fn flush(
        &mut self,
        now: Instant,
        room: u32,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        if std::mem::take(&mut self.allocation_due) {
            self.allocate_all(now, shared);
        }
        self.relay(now, shared);
        let leads = self.is_home();
        let pending = std::mem::take(&mut self.pending);
        let mut forwarded = std::mem::take(&mut self.forwarded);
        for view in 0..self.views.len() {
            let appeared =
                plan(&mut self.views[view], &self.tracks, &pending, leads, &mut forwarded);
            if appeared {
                self.announce(view, shared);
            }
            if forwarded.is_empty() {
                continue;
            }
            let Self { views, sessions, tracks, .. } = self;
            let length = |item: &Forwarded| {
                let layer = tracks[item.track].as_ref().map(|track| &track.layers[item.layer]);
                let packet = layer.and_then(|layer| layer.ring.get(item.sequence));
                packet.map_or(0, |packet| packet.payload().len() + OVERHEAD)
            };
            let batch = Batch { bytes: forwarded.iter().map(length).sum(), items: &forwarded };
            let mut due = false;
            for subscriber in &views[view].subscribers {
                let Some(session) = sessions[*subscriber as usize].as_mut() else { continue };
                forward(now, session, &batch, tracks, shared, sink);
                if let Some(turn) = session.pacer.next() {
                    session.schedule(turn, Route { room, session: *subscriber }, shared);
                    due |= turn <= now;
                }
            }
            if due {
                self.pace_view(now, room, view, shared, sink);
            }
        }
        self.pending = pending;
        self.pending.clear();
        if let Part::Home(home) = &mut self.part {
            home.note_flush();
        }
        self.forwarded = forwarded;
        self.request_keyframes(now, room, shared, sink);
    }
}

/// What of `pending` the view shows, and in which slot. Where it `leads`, it decides at which
/// timestamps, and is true if somebody's first picture is among it.
pub(super) fn plan(
    view: &mut View,
    tracks: &[Option<Track>],
    pending: &[(usize, usize, u64)],
    leads: bool,
    forwarded: &mut Vec<Forwarded>,
) -> bool {
    forwarded.clear();
    let mut appeared = false;
    for &(index, layer, sequence) in pending {
        let Some(track) = tracks[index].as_ref().filter(|track| track.granted) else { continue };
        let Some(packet) = track.layers[layer].ring.get(sequence) else { continue };
        let Some(place) = view.slot_of(track.participant) else { continue };
        if track.kind == Kind::Video && !is_pair(place) {
            continue;
        }
        let slot = &mut view.slots[place];
        let source = (index as u32, track.generation);
        let timestamp_offset = if leads {
            slot.advance(track.kind, source, packet.timestamp)
        } else {
            slot.offset(track.kind)
        };
        if leads && track.kind == Kind::Video && packet.keyframe {
            appeared |= slot.note_first_frame(packet.timestamp.wrapping_add(timestamp_offset));
        }
        forwarded.push(Forwarded {
            slot: place,
            episode: slot.episode,
            kind: track.kind,
            track: index,
            layer,
            generation: track.generation,
            sequence,
            timestamp_offset,
            padding: 0,
        });
    }
    equalise(forwarded, |item| {
        let track = tracks[item.track].as_ref();
        track
            .and_then(|track| track.layers[item.layer].ring.get(item.sequence))
            .map_or(0, |packet| packet.payload().len())
    });
    appeared
}

/// What a view forwards.
struct Batch<'a> {
    items: &'a [Forwarded],
    /// All of it, as it weighs on the network.
    bytes: usize,
}

/// Seals the batch for one subscriber and sends it, or as much of it as its link may be sent at
/// once.
fn forward(
    now: Instant,
    session: &mut Session,
    batch: &Batch<'_>,
    tracks: &mut [Option<Track>],
    shared: &mut Shared,
    sink: &mut dyn Sink,
) {
    let (Some(path), Some((_, outbound))) = (session.path(), session.keys.as_ref()) else {
        return;
    };
    let Counters { packets_out: packets, sends, bytes_out: bytes, .. } = shared.counters;
    let allowance = session.pacer.allowance(now);
    let ample = batch.bytes <= allowance && !session.pacer.is_backlogged();
    let mut sending = Sending {
        outbound,
        now,
        estimator: &mut session.estimator,
        path,
        train: &mut shared.train,
        counters: &mut shared.counters,
        sink,
    };
    for item in batch.items {
        let Some(track) = tracks[item.track].as_mut() else { continue };
        if track.participant == session.participant {
            continue;
        }
        let Some(stream) = session.slots.get_mut(item.slot).and_then(|s| s.of(item.kind)) else {
            continue;
        };
        let layer = &track.layers[item.layer];
        let Some(packet) = layer.ring.get(item.sequence) else { continue };
        if !ample && item.kind == Kind::Video {
            let over = sending.counters.bytes_out - bytes >= allowance as u64;
            if stream.waits(now, item, packet, over) {
                session.pacer.set_backlogged(true);
                continue;
            }
        }
        if !stream.forward(item, packet, layer, &mut sending) && stream.may_ask(now) {
            track.want_keyframe(item.layer);
        }
    }
    sending.finish();
    session.pacer.note_sent(now, shared.counters.bytes_out - bytes);
    session.counts.sent += shared.counters.packets_out - packets;
    note_first_packet(now, session, shared);
    session.counts.send_calls += shared.counters.sends - sends;
}

/// Notes how long a session waited for its first packet, if it has just been sent that.
pub(super) fn note_first_packet(now: Instant, session: &mut Session, shared: &mut Shared) {
    if session.awaits_first && session.counts.sent > 0 {
        session.awaits_first = false;
        let joined = now.saturating_duration_since(session.created);
        shared.measures.join_first_packet.note(micros(joined));
    }
}
