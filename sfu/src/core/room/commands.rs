//! What the owner of a room asks for.

use std::time::Instant;

use protocol::media::{CloseReason, MediaCommand, MediaReply, Refusal, TrackSet, ViewId};
use protocol::{MediaSessionId, ParticipantId};

use super::super::session::{NewSession, Origin, REPORT_INTERVAL, Session, SlotStreams};
use super::super::track::Track;
use super::super::{DtlsTask, Route, Shared, Sink, refused, slots};
use super::{Room, session_mut};
use crate::ice::LocalCredentials;
use crate::sdp::{self, AnswerParams, Fingerprint, Negotiated};

/// The most views of a room.
const MAX_VIEWS: usize = 64;

/// A request to connect: the fields of [`MediaCommand::Connect`].
struct Connect {
    session: MediaSessionId,
    participant: ParticipantId,
    view: ViewId,
    publish: TrackSet,
    offer: String,
}

impl Room {
    pub(in super::super) fn handle_command(
        &mut self,
        now: Instant,
        room: u32,
        command: MediaCommand,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) -> MediaReply {
        match command {
            MediaCommand::Connect { session, participant, view, publish, offer } => {
                let request = Connect { session, participant, view, publish, offer };
                self.connect(now, room, request, shared)
                    .unwrap_or_else(|(reason, detail)| refused(reason, detail))
            }
            MediaCommand::RestartIce { session, .. } => self.restart_ice(session, shared),
            MediaCommand::SetPublish { participant, publish } => {
                self.set_publish(now, participant, publish, shared);
                self.request_keyframes(now, room, shared, sink);
                MediaReply::Done
            }
            MediaCommand::SetView { view, sources } => {
                if self.views.len() == MAX_VIEWS && self.views.iter().all(|v| v.id != view) {
                    return refused(Refusal::Full, "too many views");
                }
                let view = self.view_index(view);
                self.views[view].set_sources(sources);
                self.assign(now, shared);
                self.request_keyframes(now, room, shared, sink);
                MediaReply::Done
            }
            MediaCommand::SetSizes { session, sizes } => {
                self.set_sizes(now, session, &sizes, shared);
                self.request_keyframes(now, room, shared, sink);
                MediaReply::Done
            }
            MediaCommand::Disconnect { session } => {
                if let Some(route) = self.own_route(session, shared) {
                    self.close(now, route, CloseReason::Requested, shared);
                }
                MediaReply::Done
            }
            MediaCommand::ReportPlayback { session, frozen_percent } => {
                let route = self.own_route(session, shared);
                let session = route.and_then(|route| session_mut(&mut self.sessions, route));
                if let Some(session) = session {
                    session.monitor.note_playback(now, f64::from(frozen_percent) / 100.0);
                }
                MediaReply::Done
            }
            MediaCommand::Stats => MediaReply::Stats(Box::new(self.stats())),
            MediaCommand::CloseRoom | MediaCommand::Snapshot { .. } => {
                unreachable!("invariant: the core closes rooms and describes them")
            }
        }
    }

    pub(super) fn own_route(&self, session: MediaSessionId, shared: &Shared) -> Option<Route> {
        let route = shared.routes.by_session.get(&session).copied()?;
        let found = self.sessions.get(route.session as usize)?.as_ref()?;
        (found.id == session).then_some(route)
    }

    fn connect(
        &mut self,
        now: Instant,
        room: u32,
        request: Connect,
        shared: &mut Shared,
    ) -> Result<MediaReply, (Refusal, String)> {
        let Connect { session: id, participant, view, publish, offer } = request;
        let offer = sdp::parse_offer(&offer).map_err(|e| (e.refusal(), e.to_string()))?;
        let agreed = sdp::negotiate(&offer).map_err(|e| (e.refusal(), e.to_string()))?;
        if shared.counters.sessions_open >= shared.config.max_sessions as u64 {
            return Err((Refusal::Full, "the node carries as many sessions as it may".into()));
        }
        if shared.routes.by_session.contains_key(&id) {
            return Err((Refusal::BadOffer, "the session exists already".into()));
        }
        let entropy = shared.entropy.clone();
        let (streams, named) = slots::streams(&agreed, &*entropy);
        let view = self.view_index(view);
        if !self.decodes_anything(view, &streams) {
            return Err((Refusal::NoCommonCodec, "nothing that is live can be decoded".into()));
        }
        self.close_earlier(now, room, participant, shared);

        let local = LocalCredentials::generate(&*entropy);
        let mut phase = [0; 2];
        entropy.fill(&mut phase);
        let session = Session::new(
            now,
            shared.timeline.origin(),
            NewSession {
                id,
                participant,
                view,
                local: local.clone(),
                receiving: Vec::new(),
                slots: streams,
                report_phase: REPORT_INTERVAL * u32::from(u16::from_be_bytes(phase)) / 65_536,
            },
        );
        let route = Route { room, session: self.place(session) };
        // Publishers are the home's: what a client of a shard sends is bound to nothing.
        if self.is_home() {
            self.add_tracks(route, &agreed, participant, publish);
        }
        shared.routes.by_session.insert(id, route);
        shared.routes.by_ufrag.insert(local.ufrag.clone(), route);
        shared.dtls.push_back(DtlsTask::Open {
            session: id,
            peer: offer.fingerprint.0,
            own: shared.config.fingerprint,
        });
        shared.counters.sessions_opened += 1;
        shared.counters.sessions_open += 1;
        self.reschedule(route, shared);

        let sdp = sdp::write_answer(
            &offer,
            &agreed,
            &AnswerParams {
                session_id: id.0.as_u64_pair().1 >> 1,
                session_version: 0,
                ufrag: &local.ufrag,
                pwd: &local.pwd,
                fingerprint: &Fingerprint(shared.config.fingerprint),
                candidates: &shared.config.candidates,
                tcp_candidates: &shared.config.tcp_candidates,
                cname: super::feedback::CNAME,
                send_streams: &named,
            },
        );
        Ok(MediaReply::Answer { sdp, slots: agreed.slots() })
    }

    /// False if media flows in the view, and the client could decode none of it.
    fn decodes_anything(&self, view: usize, streams: &[SlotStreams]) -> bool {
        let shown = |track: &&Track| self.views[view].slot_of(track.participant).is_some();
        let live = self.tracks.iter().flatten().filter(|track| track.live).filter(shown);
        let codecs: Vec<_> = live.map(|track| track.layers[track.order[0]].codec).collect();
        let mut streams = streams.iter().flat_map(|slot| [&slot.audio, &slot.video]).flatten();
        codecs.is_empty()
            || streams.clone().next().is_none()
            || streams.any(|stream| codecs.iter().any(|codec| stream.carries(*codec)))
    }

    fn close_earlier(
        &mut self,
        now: Instant,
        room: u32,
        participant: ParticipantId,
        shared: &mut Shared,
    ) {
        let earlier = self
            .sessions
            .iter()
            .position(|s| s.as_ref().is_some_and(|s| s.participant == participant));
        if let Some(session) = earlier {
            let route = Route { room, session: session as u32 };
            self.close(now, route, CloseReason::Replaced, shared);
        }
    }

    fn place(&mut self, session: Session) -> u32 {
        let free = self.sessions.iter().position(Option::is_none);
        let index = free.unwrap_or(self.sessions.len());
        if index == self.sessions.len() {
            self.sessions.push(None);
        }
        self.sessions[index] = Some(session);
        index as u32
    }

    /// A track for the first section of each kind in which the client sends.
    fn add_tracks(
        &mut self,
        route: Route,
        agreed: &Negotiated,
        participant: ParticipantId,
        publish: TrackSet,
    ) {
        for section in &agreed.sections {
            let Some((receiving, receive)) = slots::receiving(section) else { continue };
            let kind = receiving.kind;
            let Some(session) = session_mut(&mut self.sessions, route) else { return };
            if session.tracks[kind as usize].is_some() {
                continue;
            }
            let mut layers = slots::layers(kind, receive);
            self.next_generation = self.next_generation.wrapping_add(1 << 12);
            let place = self.tracks.iter().position(Option::is_none).unwrap_or_else(|| {
                self.tracks.push(None);
                self.tracks.len() - 1
            });
            let track = place as u32;
            let index = session.receiving.len();
            session.receiving.push(receiving);
            session.tracks[kind as usize] = Some(track);
            // Declared SSRCs are bound at once; simulcast names its layers by rid instead.
            if layers.len() == 1
                && let Some(declared) = receive.ssrcs.first()
            {
                let origin = Origin { section: index, track, layer: 0, retransmission: false };
                layers[0].ssrc = Some(declared.primary);
                layers[0].rtx_ssrc = declared.rtx;
                session.bind(declared.primary, origin);
                if let Some(rtx) = declared.rtx {
                    session.bind(rtx, Origin { retransmission: true, ..origin });
                }
            }
            self.tracks[place] = Some(Track::new(
                participant,
                kind,
                Some(route.session),
                publish.has(kind),
                self.next_generation,
                layers,
            ));
        }
    }

    fn set_publish(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        publish: TrackSet,
        shared: &mut Shared,
    ) {
        let mut changed = false;
        for track in self.tracks.iter_mut().flatten().filter(|t| t.participant == participant) {
            let granted = publish.has(track.kind);
            track.grant(granted);
            if track.live && !granted {
                track.live = false;
                changed = true;
            }
        }
        if changed {
            self.announce_live(participant, shared);
            // Who was muted is heard in no slot, and speaks no more.
            self.assign(now, shared);
            self.announce_speakers(now, shared);
        }
    }
}
