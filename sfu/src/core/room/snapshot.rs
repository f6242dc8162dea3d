//! A room as whoever looks for a fault wants to see it.

use std::time::Instant;

use protocol::media::Kind;
use protocol::snapshot::{
    EstimateSnapshot, LayerSnapshot, PathSnapshot, RoomSnapshot, SessionSnapshot, StreamSnapshot,
    TrackSnapshot, ViewSnapshot,
};

use super::super::egress::Stream;
use super::super::layer::Layer;
use super::super::session::Session;
use super::super::track::Track;
use super::super::{Path, Transport};
use super::Room;
use crate::sdp::CodecKind;

impl Room {
    /// Everything but keys and payloads; the addresses of clients only if they are asked for.
    pub(in super::super) fn snapshot(&self, now: Instant, addresses: bool) -> RoomSnapshot {
        let sessions = self.sessions.iter().flatten();
        RoomSnapshot {
            room: self.id,
            epoch: self.epoch,
            sessions: sessions.map(|session| self.session(now, session, addresses)).collect(),
            views: self
                .views
                .iter()
                .map(|view| ViewSnapshot {
                    view: view.id,
                    sources: view.sources().to_vec(),
                    slots: view.announcement(),
                    subscribers: view.subscribers.len() as u32,
                })
                .collect(),
        }
    }

    fn session(&self, now: Instant, session: &Session, addresses: bool) -> SessionSnapshot {
        let millis = |since: Instant| now.saturating_duration_since(since).as_millis() as u64;
        let own = session.tracks.iter().flatten();
        let (uplink, downlink) = session.monitor.quality().clone();
        let estimate = session.estimates.then(|| EstimateSnapshot {
            bitrate: session.estimator.target(),
            limited: session.estimator.is_limited(),
        });
        let path = |path: &Path| PathSnapshot {
            kind: way(path).to_owned(),
            selected: session.path() == Some(*path),
            address: addresses.then(|| path.remote.to_string()),
        };
        SessionSnapshot {
            session: session.id,
            participant: session.participant,
            age_ms: millis(session.created),
            connected: session.keys.is_some(),
            consent_age_ms: millis(session.consent),
            paths: session.paths.iter().map(path).collect(),
            round_trip_ms: session.monitor.round_trip().map(|trip| trip.as_millis() as u32),
            view: self.views[session.view].id,
            tracks: own
                .filter_map(|place| self.tracks[*place as usize].as_ref())
                .map(|published| track(now, published))
                .collect(),
            streams: self.streams(session),
            estimate,
            uplink,
            downlink,
            counters: self.participant_stats(session),
        }
    }

    /// The streams that carry somebody or could: those of slots that are taken.
    fn streams(&self, session: &Session) -> Vec<StreamSnapshot> {
        let mut streams = Vec::new();
        let slots = self.views[session.view].slots.iter().zip(&session.slots).enumerate();
        for (number, (slot, pair)) in slots {
            let kinds = [(Kind::Audio, &pair.audio), (Kind::Video, &pair.video)];
            for (kind, stream) in kinds {
                let Some(stream) = stream else { continue };
                let shown = session.sizes.get(number).copied().flatten();
                if slot.occupant.is_some() || stream.source().is_some() {
                    streams.push(self.stream(number as u8, kind, stream, shown));
                }
            }
        }
        streams
    }

    fn stream(&self, slot: u8, kind: Kind, stream: &Stream, shown: Option<u16>) -> StreamSnapshot {
        let source = stream.source();
        let track = source.and_then(|(track, _)| self.tracks.get(track)?.as_ref());
        let choice = stream.choice();
        let rank = |layer: usize| {
            let place = track?.order.iter().position(|other| *other == layer)?;
            u8::try_from(place).ok()
        };
        let (packets, octets) = stream.sent();
        StreamSnapshot {
            slot,
            kind,
            ssrc: stream.ssrc(),
            source: track.map(|track| track.participant),
            layer: source.and_then(|(_, layer)| rank(layer)),
            target: choice.and_then(|choice| rank(choice.layer)),
            spatial: choice.map(|choice| choice.target.spatial),
            temporal: choice.map(|choice| choice.target.temporal),
            shown,
            packets,
            octets,
        }
    }
}

fn track(now: Instant, track: &Track) -> TrackSnapshot {
    TrackSnapshot {
        kind: track.kind,
        granted: track.granted,
        live: track.live,
        keyframe_requests: track.keyframe_requests,
        layers: track.order.iter().map(|index| layer(now, &track.layers[*index])).collect(),
    }
}

fn layer(now: Instant, layer: &Layer) -> LayerSnapshot {
    let (received, lost) = layer.totals();
    let watched = layer.last_watched().map(|at| now.saturating_duration_since(at).as_millis());
    LayerSnapshot {
        rid: layer.rid.as_ref().map(|rid| rid.as_str().to_owned()),
        codec: name(layer.codec).to_owned(),
        ssrc: layer.ssrc,
        height: layer.reader.full_height(),
        bitrate: layer.flow.full_bitrate(),
        spatial: layer.flow.spatial_layers().max().unwrap_or(0),
        temporal: layer.flow.spatial_layers().map(|s| layer.flow.temporal(s)).max().unwrap_or(0),
        flows: layer.flow.flows(now),
        watched_ms: watched.map(|ms| ms as u64),
        received,
        lost,
    }
}

fn way(path: &Path) -> &'static str {
    match (path.transport, path.remote.is_ipv4()) {
        (Transport::Udp, true) => "udp4",
        (Transport::Udp, false) => "udp6",
        (Transport::Tcp(_), true) => "tcp4",
        (Transport::Tcp(_), false) => "tcp6",
    }
}

fn name(codec: CodecKind) -> &'static str {
    match codec {
        CodecKind::Opus => "opus",
        CodecKind::Vp8 => "VP8",
        CodecKind::H264 => "H264",
        CodecKind::Vp9 => "VP9",
        CodecKind::Av1 => "AV1",
        CodecKind::Red => "RED",
    }
}
