//! Whom a subscriber is shown, and how well: within what the link carries and the page has room
//! for.

use std::time::{Duration, Instant};

use protocol::MediaSessionId;
use protocol::media::{Kind, MediaEventKind, SlotSize};

use super::super::allocation::{Quality, allocate};
use super::super::arrival_cache::{ARRIVAL, CHANGE};
use super::super::egress::{Choice, Sending};
use super::super::session::SlotStreams;
use super::super::track::Track;
use super::super::view::MAX_SLOTS;
use super::super::{Route, Shared, Sink};
use super::pacing::{Place, begin_from_cache};
use super::{Room, session_mut};
use crate::scalability::Target;

/// Feedback leads to another look at most this often.
const INTERVAL: Duration = Duration::from_millis(100);
/// Set aside for each voice, headers included, in bit/s.
const VOICE: u64 = 50_000;
/// And for what a voice says twice, where the link has room for it.
const REDUNDANCY: u64 = 32_000;
/// Voices are sent redundantly while they take less than this part of a link that has shown a
/// limit.
const REDUNDANT_SHARE: u64 = 3;
/// More packets in a row than any probe needs.
const MAX_PROBE_PACKETS: u16 = 32;

/// What a voice costs, in bit/s: it is sent redundantly where the link has room for `voices` of
/// them.
fn voice_cost(slots: &mut [SlotStreams], voices: u64, target: u64, limited: bool) -> u64 {
    let dear = VOICE + REDUNDANCY;
    let room = !limited || voices * dear * REDUNDANT_SHARE <= target;
    let mut redundant = false;
    for stream in slots.iter_mut().filter_map(|slot| slot.audio.as_mut()) {
        stream.set_redundant(room);
        redundant |= room && stream.reads_redundant();
    }
    if redundant { dear } else { VOICE }
}

/// A picture that the session could be shown.
struct Picture {
    slot: usize,
    track: usize,
    qualities: Vec<Quality>,
    /// The layers that the page has room for, flowing or not.
    ladder: Vec<Quality>,
}

impl Room {
    pub(super) fn set_sizes(
        &mut self,
        now: Instant,
        session: MediaSessionId,
        sizes: &[SlotSize],
        shared: &mut Shared,
    ) {
        let Some(route) = self.own_route(session, shared) else { return };
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        session.sizes.clear();
        for SlotSize { slot, height } in sizes {
            let slot = usize::from(*slot);
            if slot >= MAX_SLOTS {
                continue;
            }
            if session.sizes.len() <= slot {
                session.sizes.resize(slot + 1, None);
            }
            session.sizes[slot] = Some(*height);
        }
        session.arriving = true;
        self.allocate(now, route.session, shared);
    }

    pub(super) fn allocate_all(&mut self, now: Instant, shared: &mut Shared) {
        for view in 0..self.views.len() {
            self.allocate_view(now, view, shared);
        }
    }

    pub(super) fn allocate_view(&mut self, now: Instant, view: usize, shared: &mut Shared) {
        for index in 0..self.views[view].subscribers.len() {
            let session = self.views[view].subscribers[index];
            self.allocate(now, session, shared);
        }
    }

    /// Decides anew what a session is sent.
    pub(super) fn allocate(&mut self, now: Instant, session: u32, shared: &mut Shared) {
        let pictures = self.pictures(now, session);
        let route = Route { room: self.index, session };
        let Self { sessions, tracks, views, pending, .. } = self;
        let Some(session) = sessions.get_mut(session as usize).and_then(Option::as_mut) else {
            return;
        };
        session.next_allocation = now + INTERVAL;
        let occupied = views[session.view].slots.iter().filter(|slot| slot.occupant.is_some());
        let occupied = occupied.count().min(session.slots.len()) as u64;
        let limited = session.estimates && session.estimator.is_limited();
        let target = if session.estimates { session.estimator.target() } else { u64::MAX / 4 };
        let voices = occupied * voice_cost(&mut session.slots, occupied, target, limited);
        let budget = target.saturating_sub(voices);
        let current: Vec<_> = pictures
            .iter()
            .map(|picture| {
                let stream = session.slots[picture.slot].video.as_ref()?;
                let (layer, target) = stream.shows(picture.track)?;
                let same = |quality: &&Quality| {
                    quality.layer == layer && quality.target.spatial <= target.spatial
                };
                picture.qualities.iter().rfind(same).copied()
            })
            .collect();
        let qualities: Vec<_> = pictures.iter().map(|p| p.qualities.as_slice()).collect();
        let mut chosen = Vec::new();
        allocate(budget, limited, &qualities, &current, &mut chosen);

        let age = if std::mem::take(&mut session.arriving) { ARRIVAL } else { CHANGE };
        let mut spent = 0;
        let mut desired = voices;
        for (picture, chosen) in pictures.iter().zip(&chosen) {
            let chosen = chosen.map(|index| picture.qualities[index]);
            let Some(stream) = session.slots[picture.slot].video.as_mut() else { continue };
            let Some(track) = tracks[picture.track].as_mut() else { continue };
            spent += chosen.map_or(0, |chosen| chosen.bitrate);
            // A layer that never came, of a small camera, is nothing to probe for.
            let exists = |layer: &&Quality| track.layers[layer.layer].ssrc.is_some();
            desired += picture.ladder.iter().rfind(exists).map_or(0, |best| best.bitrate);
            let shown = stream.shows(picture.track);
            if let Some(Quality { layer, target, .. }) = chosen {
                stream.choose(Some(Choice { track: picture.track, layer, target }));
                track.watch(now, (layer, target.spatial));
                // A smaller picture of the same layer may need none.
                let continues = |(shown, current): (usize, Target)| {
                    shown == layer && target.spatial <= current.spatial
                };
                // A keyframe that has just come goes to everybody with the next flush.
                let keyframe = track.layers[layer].arrivals.keyframe();
                let comes = |keyframe| pending.contains(&(picture.track, layer, keyframe));
                let goes_on = shown.is_some_and(continues)
                    || stream.is_catching_up(picture.track, layer)
                    || keyframe.is_some_and(comes);
                if !goes_on {
                    let slot = &views[session.view].slots[picture.slot];
                    let place = Place { slot: picture.slot, track: picture.track, layer };
                    // The cache helps whoever is to see another layer, not another part of it.
                    let other = shown.is_none_or(|(shown, _)| shown != layer);
                    if other && begin_from_cache(now, place, slot, track, age, stream) {
                        session.pacer.set_backlogged(true);
                    } else if stream.may_ask(now) {
                        track.want_keyframe(layer);
                    }
                }
            } else {
                stream.choose(None);
            }
            if let Some((shown, target)) = shown {
                track.watch(now, (shown, target.spatial));
            }
        }
        // A layer that does not flow is asked for when there is room for it.
        let mut left = budget.saturating_sub(spent);
        for (picture, chosen) in pictures.iter().zip(&chosen) {
            let cost = chosen.map_or(0, |index| picture.qualities[index].bitrate);
            let more = |layer: &Quality| layer.bitrate.saturating_sub(cost);
            let best = picture.ladder.iter().rfind(|layer| more(layer) <= left);
            if let (Some(best), Some(track)) = (best, tracks[picture.track].as_mut()) {
                left -= more(best);
                track.watch(now, (best.layer, best.target.spatial));
            }
        }
        if session.estimates {
            session.estimator.want(now, desired + desired / 6);
        }
        session.pacer.set_pace(session.estimator.target(), limited, spent + voices);
        if let Some(turn) = session.pacer.next() {
            session.schedule(turn, route, shared);
        }
        self.announce_layers(now, shared);
    }

    /// The pictures that a session has a slot for, the most important first.
    fn pictures(&mut self, now: Instant, session: u32) -> Vec<Picture> {
        let Self { sessions, tracks, views, .. } = self;
        let mut pictures = Vec::new();
        let Some(session) = sessions.get_mut(session as usize).and_then(Option::as_mut) else {
            return pictures;
        };
        for (participant, slot) in views[session.view].by_importance() {
            let shows =
                |track: &Track| track.participant == participant && track.kind == Kind::Video;
            let Some(index) = tracks.iter().position(|t| t.as_ref().is_some_and(shows)) else {
                continue;
            };
            let (Some(track), Some(stream)) = (
                tracks[index].as_ref(),
                session.slots.get_mut(slot).and_then(|s| s.video.as_mut()),
            ) else {
                continue;
            };
            let size = session.sizes.get(slot).copied().flatten();
            if participant == session.participant || size == Some(0) {
                stream.choose(None);
                continue;
            }
            let (qualities, ladder) = track.qualities(now, size);
            pictures.push(Picture { slot, track: index, qualities, ladder });
        }
        pictures
    }

    /// Tells publishers which of their layers somebody watches.
    pub(super) fn announce_layers(&mut self, now: Instant, shared: &mut Shared) {
        let Self { tracks, sessions, id, .. } = self;
        for track in tracks.iter_mut().flatten().filter(|track| track.granted) {
            let publisher = track.session.and_then(|place| sessions[place as usize].as_ref());
            let Some(session) = publisher else { continue };
            if let Some(wanted) = track.take_wanted(now) {
                let (participant, session) = (track.participant, session.id);
                let kind = MediaEventKind::Layers { participant, session, wanted };
                shared.events.push_back(protocol::media::MediaEvent { room: *id, kind });
            }
        }
    }

    /// Sends what a probe is due to send: the last packets once more, which repairs what may be
    /// lost besides.
    pub(super) fn send_probe(
        &mut self,
        now: Instant,
        route: Route,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Self { sessions, tracks, views, .. } = self;
        let Some(session) = session_mut(sessions, route) else { return };
        let due = session.estimator.poll_probe(now);
        if due == 0 {
            return;
        }
        let (Some(path), Some((_, outbound))) = (session.path(), session.keys.as_ref()) else {
            session.estimator.abandon_probe(now);
            return;
        };
        let mut sending = Sending {
            outbound,
            now,
            estimator: &mut session.estimator,
            path,
            train: &mut shared.train,
            counters: &mut shared.counters,
            sink,
        };
        let (mut sent, mut packets) = (0, 0);
        let slots = views[session.view].slots.iter().zip(&mut session.slots);
        for (slot, streams) in slots {
            let Some(stream) = streams.video.as_mut() else { continue };
            let Some(last) = stream.last_sequence() else { continue };
            for back in 0..MAX_PROBE_PACKETS {
                if sent >= due {
                    break;
                }
                let again = stream.retransmit(last.wrapping_sub(back), tracks, slot, &mut sending);
                sent += again.unwrap_or(0);
                packets += u64::from(again.is_some());
            }
        }
        sending.finish();
        session.counts.sent += packets;
        shared.counters.probe_packets += packets;
        if packets == 0 {
            session.estimator.abandon_probe(now);
        }
    }
}
