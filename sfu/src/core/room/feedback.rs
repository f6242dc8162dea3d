//! RTCP both ways, and everything that happens by the clock.

use std::time::Instant;

use protocol::media::{CloseReason, Kind};

use super::super::egress::Sending;
use super::super::layer::PublisherClock;
use super::super::session::{HANDSHAKE_LIFETIME, REPORT_INTERVAL, Session, SlotStreams};
use super::super::track::Track;
use super::super::{Datagram, Route, Shared, Sink};
use super::shard::ROOM;
use super::{Room, send, session_mut};
use crate::rtcp::{self, Incoming, ReportBlock};
use crate::sdp::MAX_LAYERS;

/// The name of everything that the node sends (RFC 3550 section 6.5.1): it has one clock.
pub(super) const CNAME: &str = "rampa";
/// The SSRC of the node's own reports, which are about others.
const OWN_SSRC: u32 = 1;
/// The most retransmissions that one NACK is answered with.
const MAX_REPAIRS: usize = 64;

impl Room {
    /// Takes what a peer reports.
    pub(super) fn handle_srtcp(
        &mut self,
        now: Instant,
        route: Route,
        datagram: &mut Datagram<'_>,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        let Some((inbound, _)) = &mut session.keys else {
            shared.counters.dropped_srtp += 1;
            return;
        };
        let Ok(length) = inbound.open_rtcp(datagram.contents) else {
            shared.counters.dropped_srtp += 1;
            return;
        };
        let compound = &datagram.contents[..length];
        let mut told = false;
        for feedback in rtcp::transport_feedback(compound) {
            session.estimator.on_feedback(datagram.received, &feedback);
            told = true;
            session.pacer.note_feedback();
        }
        if told && now >= session.next_allocation {
            self.allocate(now, route.session, shared);
            self.reschedule(route, shared);
        }
        for incoming in rtcp::parse(compound) {
            match incoming {
                Incoming::SenderReport { ssrc, ntp, rtp } => {
                    self.note_sender_report(route, ssrc, ntp, rtp, datagram.received);
                }
                Incoming::Report(block) => {
                    self.note_report(route, &block, datagram.received, shared);
                }
                Incoming::Nack { ssrc, sequences } => {
                    self.repair(now, route, ssrc, &sequences, shared, sink);
                }
                Incoming::KeyframeRequest { ssrc } => {
                    shared.counters.keyframe_requests_received += 1;
                    self.note_keyframe_request(now, route, ssrc);
                }
                Incoming::Goodbye { .. } => {}
            }
        }
        self.request_keyframes(now, route.room, shared, sink);
    }

    fn note_sender_report(
        &mut self,
        route: Route,
        ssrc: u32,
        ntp: u64,
        rtp: u32,
        received: Instant,
    ) {
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        let Some(origin) = session.origin(ssrc).filter(|origin| !origin.retransmission) else {
            return;
        };
        let clock = *session.clock.get_or_insert_with(|| PublisherClock::new(ntp, received));
        if let Some(track) = &mut self.tracks[origin.track as usize] {
            track.clock = Some(clock);
            track.layers[origin.layer].note_sender_report(ntp, rtp, received);
        }
    }

    fn note_keyframe_request(&mut self, now: Instant, route: Route, ssrc: u32) {
        let Self { sessions, tracks, views, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let of_ssrc = |slot: &SlotStreams| slot.video.as_ref().is_some_and(|v| v.ssrc() == ssrc);
        let Some(place) = session.slots.iter().position(of_ssrc) else { return };
        let occupant = views[session.view].slots.get(place).and_then(|slot| slot.occupant);
        let Some(occupant) = occupant else { return };
        let shows =
            |track: &Track| track.participant == occupant.participant && track.kind == Kind::Video;
        let Some(index) = tracks.iter().position(|track| track.as_ref().is_some_and(shows)) else {
            return;
        };
        let Some(stream) = session.slots[place].video.as_mut() else { return };
        let layer = stream.shows(index).filter(|_| stream.may_pass_request(now));
        if let (Some(track), Some((layer, _))) = (&mut tracks[index], layer) {
            session.monitor.note_keyframe_request();
            track.want_keyframe(layer);
        }
    }

    /// Sends again what a subscriber lacks.
    fn repair(
        &mut self,
        now: Instant,
        route: Route,
        ssrc: u32,
        sequences: &[u16],
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Self { sessions, tracks, views, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let (Some(path), Some((_, outbound))) = (session.path(), session.keys.as_ref()) else {
            return;
        };
        session.monitor.note_nack(sequences);
        shared.counters.nacks_received += sequences.len() as u64;
        let view = &views[session.view];
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
        let begin = sending.counters.bytes_out;
        let allowance = session.pacer.allowance(now) as u64;
        for (index, slot) in session.slots.iter_mut().enumerate() {
            let Some((_, stream)) = slot.each().find(|(_, stream)| stream.ssrc() == ssrc) else {
                continue;
            };
            let Some(place) = view.slots.get(index) else { break };
            for sequence in sequences.iter().take(MAX_REPAIRS) {
                if sending.counters.bytes_out - begin >= allowance {
                    session.pacer.hold_repair(now, ssrc, *sequence);
                    continue;
                }
                let sent = stream.retransmit(*sequence, tracks, place, &mut sending);
                repaired += u64::from(sent.is_some());
            }
            break;
        }
        sending.finish();
        session.pacer.note_sent(now, shared.counters.bytes_out - begin);
        session.counts.retransmitted += repaired;
        session.counts.sent += repaired;
        if let Some(turn) = session.pacer.next() {
            session.schedule(turn, route, shared);
        }
    }

    /// Asks publishers for the keyframes that somebody waits for, as often as they may be asked.
    pub(super) fn request_keyframes(
        &mut self,
        now: Instant,
        room: u32,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        self.tell_home(now, room, shared);
        let Self { sessions, tracks, compound, .. } = self;
        for track in tracks.iter_mut().flatten() {
            let Some(publisher) = track.session else { continue };
            let Some(session) = sessions[publisher as usize].as_mut() else { continue };
            let route = Route { room, session: publisher };
            let layers = track.take_keyframe_requests(now);
            if let Some(due) = track.keyframe_request_due() {
                session.schedule(due, route, shared);
            }
            compound.clear();
            for ssrc in layers.into_iter().filter_map(|layer| track.layers[layer].ssrc) {
                rtcp::write_picture_loss(OWN_SSRC, ssrc, compound);
                shared.counters.keyframe_requests += 1;
            }
            session.send_report(compound, sink);
        }
    }

    /// Does what is due for a session.
    pub(in super::super) fn handle_timeout(
        &mut self,
        now: Instant,
        route: Route,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        if route.session == ROOM {
            self.request_keyframes(now, route.room, shared, sink);
            return;
        }
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        if session.wake.is_some_and(|wake| wake > now) {
            return;
        }
        session.wake = None;
        if session.keys.is_none() && now >= session.created + HANDSHAKE_LIFETIME {
            self.close(now, route, CloseReason::HandshakeFailed, shared);
            return;
        }
        if now >= session.consent_end() {
            self.close(now, route, CloseReason::ConsentExpired, shared);
            return;
        }
        self.expire_paths(now, route, shared, sink);
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        if session.keys.is_some() && now >= session.next_report {
            session.next_report = now + REPORT_INTERVAL;
            self.tick_tracks(now, route, shared);
            self.announce_layers(now, shared);
            self.write_reports(now, route, shared);
            self.assess(now, route, shared);
        } else {
            self.compound.clear();
        }
        self.write_nacks(now, route, shared);
        self.write_transport_feedback(now, route);
        self.pace(now, route, shared, sink);
        self.send_probe(now, route, shared, sink);
        let Self { sessions, compound, .. } = self;
        if let Some(session) = session_mut(sessions, route) {
            session.send_report(compound, sink);
        }
        self.request_keyframes(now, route.room, shared, sink);
        self.reschedule(route, shared);
    }

    /// Sees which tracks of a session went silent, and which layer is best.
    fn tick_tracks(&mut self, now: Instant, route: Route, shared: &mut Shared) {
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        let participant = session.participant;
        let mut changed = false;
        for track in session.tracks.into_iter().flatten() {
            if let Some(track) = &mut self.tracks[track as usize] {
                changed |= track.tick(now);
            }
        }
        if changed {
            self.announce_live(participant, shared);
            self.assign(now, shared);
        }
        // Also where nothing arrives any more.
        self.listen(now, shared);
    }

    /// Sender reports about what the session is sent, receiver reports about what it sends.
    fn write_reports(&mut self, now: Instant, route: Route, shared: &Shared) {
        let Self { sessions, tracks, views, compound, .. } = self;
        compound.clear();
        let Some(session) = session_mut(sessions, route) else { return };
        let slots = &views[session.view].slots;
        let mut first = None;
        for (streams, slot) in session.slots.iter_mut().zip(slots) {
            for (kind, stream) in streams.each() {
                let info = stream.sender_info(now, &shared.timeline, tracks, slot.offset(kind));
                if let Some(info) = info {
                    rtcp::write_sender_report(&info, compound);
                    first.get_or_insert(info.ssrc);
                }
            }
        }
        if let Some(ssrc) = first {
            rtcp::write_source_description(ssrc, CNAME, compound);
        }
        let own = session.tracks.into_iter().flatten();
        let mut blocks = [ReportBlock::default(); 2 * MAX_LAYERS];
        let mut count = 0;
        for place in own {
            let Some(track) = tracks[place as usize].as_mut() else { continue };
            let reports = track.layers.iter_mut().filter_map(|layer| layer.report(now));
            for (block, report) in blocks[count..].iter_mut().zip(reports) {
                *block = report;
                count += 1;
            }
        }
        if count > 0 {
            rtcp::write_receiver_report(OWN_SSRC, &blocks[..count], compound);
        }
    }

    /// Asks the session's publisher for what is missing.
    fn write_nacks(&mut self, now: Instant, route: Route, shared: &mut Shared) {
        let Self { sessions, tracks, compound, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let mut due = Vec::new();
        for place in session.tracks.into_iter().flatten() {
            let Some(track) = tracks[place as usize].as_mut().filter(|t| t.granted) else {
                continue;
            };
            let mut hopeless = [false; MAX_LAYERS];
            for (layer, hopeless) in track.layers.iter_mut().zip(&mut hopeless) {
                layer.nack.take_due(now, &mut due);
                *hopeless = layer.nack.take_hopeless();
                if let (Some(ssrc), true, false) = (layer.ssrc, layer.nack_agreed, due.is_empty()) {
                    rtcp::write_nack(OWN_SSRC, ssrc, &due, compound);
                    shared.counters.nacks_sent += due.len() as u64;
                    session.counts.nacks_sent += due.len() as u64;
                }
            }
            for (layer, _) in hopeless.iter().enumerate().filter(|(_, hopeless)| **hopeless) {
                session.monitor.note_given_up();
                track.want_keyframe(layer);
            }
        }
    }

    /// Tells the session's publisher when its packets arrived.
    fn write_transport_feedback(&mut self, now: Instant, route: Route) {
        let Self { sessions, compound, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        if session.next_feedback.is_some_and(|at| at <= now) {
            session.next_feedback = None;
            let media_ssrc = session.feedback_ssrc;
            session.arrivals.write_feedback(OWN_SSRC, media_ssrc, compound);
        }
    }

    /// Sets the session's timer to the next thing it has to do.
    pub(super) fn reschedule(&mut self, route: Route, shared: &mut Shared) {
        let Self { sessions, tracks, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let own = session.tracks.into_iter().flatten();
        let repairs = own.filter_map(|place| tracks[place as usize].as_ref()?.next_repair());
        let due = repairs.fold(session.deadline(), Instant::min);
        session.schedule(due, route, shared);
    }
}

impl Session {
    /// Wakes the session at `at`, unless it wakes earlier anyway.
    pub(super) fn schedule(&mut self, at: Instant, route: Route, shared: &mut Shared) {
        if self.wake.is_none_or(|wake| at < wake) {
            self.wake = Some(at);
            shared.timers.schedule(at, route);
        }
    }

    /// Seals a compound packet and sends it; the packet is gone afterwards.
    fn send_report(&mut self, compound: &mut Vec<u8>, sink: &mut dyn Sink) {
        if compound.is_empty() {
            return;
        }
        if let (Some(path), Some((_, outbound))) = (self.path(), &mut self.keys) {
            let length = compound.len();
            compound.resize(length + outbound.profile().rtcp_overhead(), 0);
            let sealed = outbound.seal_rtcp(compound, length);
            if sealed > 0 {
                send(sink, path, &compound[..sealed]);
            }
        }
        compound.clear();
    }
}
