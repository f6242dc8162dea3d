//! What the room sees of its links: evidence once a second, news when something changed by a
//! step.

use std::time::{Duration, Instant};

use protocol::media::MediaEventKind;
use protocol::quality::ParticipantQuality;

use super::super::measures::micros;
use super::super::session::SlotStreams;
use super::super::{Route, Shared};
use super::{Room, evidence, session_mut};
use crate::rtcp::ReportBlock;

/// Changes are told at most this often.
const TOLD_EVERY: Duration = Duration::from_secs(2);

impl Room {
    /// Keys are agreed on.
    pub(super) fn note_connected(&mut self, now: Instant, route: Route, shared: &mut Shared) {
        let Self { sessions, tracks, views, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let joined = micros(now.saturating_duration_since(session.created));
        shared.measures.join_connected.note(joined);
        let occupants = views[session.view].slots.iter().filter_map(|slot| slot.occupant);
        let others = occupants.filter(|occupant| occupant.participant != session.participant);
        let live = |participant| {
            tracks.iter().flatten().any(|track| track.participant == participant && track.live)
        };
        session.awaits_first = others.map(|occupant| occupant.participant).any(live);
    }

    pub(super) fn has_slots(&self, route: Route) -> bool {
        let session = self.sessions.get(route.session as usize).and_then(Option::as_ref);
        session.is_some_and(|session| !session.slots.is_empty())
    }

    /// Takes what a client reports of a stream that it is sent.
    pub(super) fn note_report(
        &mut self,
        route: Route,
        block: &ReportBlock,
        received: Instant,
        shared: &mut Shared,
    ) {
        let Self { sessions, tracks, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let mut streams = session.slots.iter_mut().flat_map(SlotStreams::each);
        let Some((kind, stream)) = streams.find(|(_, stream)| stream.ssrc() == block.ssrc) else {
            return;
        };
        let source = stream.source().and_then(|(track, layer)| {
            tracks.get(track)?.as_ref()?.layers.get(layer).map(|layer| layer.codec.clock_rate())
        });
        let clock = (shared.timeline.ntp(received) >> 16) as u32;
        let (expected, lost) = session.monitor.note_report(kind, source.unwrap_or(0), block, clock);
        shared.counters.downlink_expected += expected;
        shared.counters.downlink_lost += lost;
    }

    /// Gathers the evidence of a second about a session, and tells of all whose quality changed.
    pub(super) fn assess(&mut self, now: Instant, route: Route, shared: &mut Shared) {
        let Self { sessions, tracks, views, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let uplink = evidence::uplink(now, session, tracks);
        let shown = evidence::shown(now, session, tracks, &views[session.view]);
        shared.counters.uplink_expected += uplink.sound.0 + uplink.picture.0;
        shared.counters.uplink_lost += uplink.sound.1 + uplink.picture.1;
        if session.estimates {
            shared.measures.estimate.note(session.estimator.target() / 8);
        }
        session.monitor.tick(now, &uplink, &shown);
        self.tell_quality(now, shared);
    }

    /// Tells whose quality has changed by a step, unless somebody was told just before.
    fn tell_quality(&mut self, now: Instant, shared: &mut Shared) {
        if self.next_quality.is_some_and(|next| now < next) {
            return;
        }
        let mut participants = Vec::new();
        for session in self.sessions.iter_mut().flatten() {
            if let Some((uplink, downlink)) = session.monitor.take_changed() {
                let participant = session.participant;
                participants.push(ParticipantQuality { participant, uplink, downlink });
            }
        }
        if !participants.is_empty() {
            self.next_quality = Some(now + TOLD_EVERY);
            self.emit(MediaEventKind::Quality { participants }, shared);
        }
    }
}
