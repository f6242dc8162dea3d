//! What waits for its turn: repairs, then pictures, the most important first.

use std::time::{Duration, Instant};

use protocol::media::Kind;

use super::super::backlog::Step;
use super::super::egress::{Forwarded, Sending, Stream};
use super::super::session::Session;
use super::super::track::Track;
use super::super::view::{Slot, View};
use super::super::{Route, Shared, Sink};
use super::forwarding::note_first_packet;
use super::{Room, session_mut};
use crate::scalability::Target;

/// Where a layer is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) slot: usize,
    pub(super) track: usize,
    pub(super) layer: usize,
}

/// Lets a stream begin with what the layer keeps, if its keyframe is at most of this age. What
/// was filmed before the person was shown stays behind the curtain.
pub(super) fn begin_from_cache(
    now: Instant,
    place: Place,
    slot: &Slot,
    track: &Track,
    age: Duration,
    stream: &mut Stream,
) -> bool {
    let layer = &track.layers[place.layer];
    let source = (place.track as u32, track.generation);
    let begin = || {
        // What has just been paused is kept, but nothing follows it.
        if !track.is_wanted(place.layer) {
            return None;
        }
        let timestamp_offset = slot.offset_of(Kind::Video, source)?;
        let sequence = layer.arrivals.begin(&layer.ring, now, age, slot.since?)?;
        let newest = layer.ring.get(layer.ring.highest())?;
        let keyframe = Forwarded {
            slot: place.slot,
            episode: slot.episode,
            kind: Kind::Video,
            track: place.track,
            layer: place.layer,
            generation: track.generation,
            sequence,
            timestamp_offset,
            padding: 0,
        };
        stream.carries(newest.codec).then_some((keyframe, newest.timestamp))
    };
    let Some((keyframe, newest)) = begin() else { return false };
    stream.catch_up(now, keyframe, newest);
    true
}

impl Room {
    /// Sends what waits of all who watch a view, where the pace allows it by now.
    pub(super) fn pace_view(
        &mut self,
        now: Instant,
        room: u32,
        view: usize,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        for index in 0..self.views[view].subscribers.len() {
            let session = self.views[view].subscribers[index];
            self.pace(now, Route { room, session }, shared, sink);
        }
    }

    /// Sends what waits, as much as the pace allows.
    pub(super) fn pace(
        &mut self,
        now: Instant,
        route: Route,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Self { sessions, tracks, views, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        if session.pacer.next().is_none_or(|turn| turn > now) {
            return;
        }
        let view = &views[session.view];
        let needed =
            session.slots.iter().filter_map(|slot| backlog_bitrate(slot.video.as_ref()?, tracks));
        session.pacer.raise(needed.sum());
        // What waits serves as a probe that is due.
        let probe = session.estimator.poll_probe(now);
        let turn = session.pacer.turn(now).max(probe) as u64;
        let (Some(path), Some((_, outbound))) = (session.path(), session.keys.as_ref()) else {
            for stream in session.slots.iter_mut().filter_map(|slot| slot.video.as_mut()) {
                *stream.backlog_mut() = None;
            }
            session.pacer.reset();
            return;
        };
        let (begin, packets) = (shared.counters.bytes_out, shared.counters.packets_out);
        let sends = shared.counters.sends;
        let mut sending = Sending {
            outbound,
            now,
            estimator: &mut session.estimator,
            path,
            train: &mut shared.train,
            counters: &mut shared.counters,
            sink,
        };
        let mut repaired = 0;
        while sending.counters.bytes_out - begin < turn {
            let Some(repair) = session.pacer.next_repair(now) else { break };
            let slots = view.slots.iter().zip(&mut session.slots);
            let again = slots.flat_map(|(slot, streams)| streams.each().map(move |s| (slot, s.1)));
            let found = again.into_iter().find(|(_, stream)| stream.ssrc() == repair.ssrc);
            let Some((slot, stream)) = found else { continue };
            let sent = stream.retransmit(repair.sequence, tracks, slot, &mut sending);
            repaired += u64::from(sent.is_some());
        }
        let end = begin + turn;
        for (_, slot) in view.by_importance() {
            let stream = session.slots.get_mut(slot).and_then(|slot| slot.video.as_mut());
            let Some(stream) = stream else { continue };
            drain(now, &view.slots[slot], stream, tracks, &mut sending, end);
        }
        sending.finish();
        session.counts.retransmitted += repaired;
        session.counts.sent += shared.counters.packets_out - packets;
        session.counts.send_calls += shared.counters.sends - sends;
        session.pacer.note_sent(now, shared.counters.bytes_out - begin);
        note_first_packet(now, session, shared);
        session.settle(view);
    }
}

/// What the layer that a stream follows brings, in bit/s, if it follows one.
fn backlog_bitrate(stream: &Stream, tracks: &[Option<Track>]) -> Option<u64> {
    let place = stream.backlog()?.next;
    tracks[place.track].as_ref()?.layers[place.layer].flow.bitrate(Target::BEST)
}

/// Sends what a stream has left, until so many bytes have left the node.
fn drain(
    now: Instant,
    slot: &Slot,
    stream: &mut Stream,
    tracks: &mut [Option<Track>],
    sending: &mut Sending<'_>,
    end: u64,
) {
    while sending.counters.bytes_out < end {
        let Some(backlog) = stream.backlog_mut() else { return };
        let item = backlog.next;
        let track = tracks[item.track].as_ref().filter(|track| {
            track.granted && track.generation == item.generation && slot.episode == item.episode
        });
        let Some(track) = track else {
            *stream.backlog_mut() = None;
            return;
        };
        let layer = &track.layers[item.layer];
        match backlog.step(now, layer) {
            Step::Done => *stream.backlog_mut() = None,
            Step::Missing => backlog.next.sequence += 1,
            Step::Skip(keyframe) => stream.skip_to(keyframe),
            Step::Send => {
                backlog.next.sequence += 1;
                if let Some(packet) = layer.ring.get(item.sequence) {
                    stream.forward(&item, packet, layer, sending);
                }
            }
            Step::GiveUp => {
                if let Some((track, layer)) = stream.give_up(now)
                    && let Some(track) = tracks[track].as_mut()
                {
                    track.want_keyframe(layer);
                }
            }
        }
    }
}

impl Session {
    /// Sees whether anything still waits. What waits for a slot whose person has left does not.
    fn settle(&mut self, view: &View) {
        let mut backlogged = false;
        for (index, streams) in self.slots.iter_mut().enumerate() {
            let Some(stream) = streams.video.as_mut() else { continue };
            let episode = view.slots.get(index).map(|slot| slot.episode);
            if stream.backlog().is_some_and(|backlog| Some(backlog.next.episode) != episode) {
                *stream.backlog_mut() = None;
            }
            backlogged |= stream.is_behind();
        }
        self.pacer.set_backlogged(backlogged);
    }
}
