//! What can be seen of a second of a session without its client's help.

use std::time::Instant;

use protocol::media::Kind;

use super::super::allocation::Quality;
use super::super::monitor::Evidence;
use super::super::session::Session;
use super::super::track::{Size, Track};
use super::super::view::View;

/// Height of a layer beside the next larger one's, while nobody knows.
const SMALLER: f64 = 0.5;

/// What a session sends.
pub(super) fn uplink(now: Instant, session: &Session, tracks: &[Option<Track>]) -> Evidence {
    let mut second = Evidence::default();
    let mut bitrate = 0;
    let own = session.tracks.iter().flatten();
    for track in own.filter_map(|place| tracks[*place as usize].as_ref()) {
        if !(track.granted && track.live) {
            continue;
        }
        for layer in &track.layers {
            let interval = layer.interval;
            let packets = match track.kind {
                Kind::Audio => &mut second.sound,
                Kind::Video => &mut second.picture,
            };
            *packets = (packets.0 + interval.packets.0, packets.1 + interval.packets.1);
            let (gaps, missing) = interval.gaps;
            second.gaps = (second.gaps.0 + gaps, second.gaps.1 + missing);
            if layer.flow.flows(now) {
                bitrate += layer.flow.full_bitrate().unwrap_or(0);
            }
        }
        match track.kind {
            Kind::Audio => {
                second.sounds = true;
                second.jitter = track.layers[0].jitter();
            }
            Kind::Video => {
                let flows = |size: &Size| track.layers[size.0].flow.flows_in(size.1, now);
                let (mut best, mut sent, mut flowing) = (None, None, false);
                for size in track.wanted_sizes() {
                    best = Some(size);
                    flowing |= flows(&size);
                    if sent.is_none() || flows(&size) {
                        sent = Some(size);
                    }
                }
                second.frozen = if flowing { 0.0 } else { 1.0 };
                let both = best.zip(sent).map(|(best, sent)| beside(track, sent, best));
                second.size = Some(both.unwrap_or(1.0));
            }
        }
    }
    second.bitrate = Some(bitrate);
    second
}

/// What a session is shown, beside what it would be shown if its link carried everything.
pub(super) fn shown(
    now: Instant,
    session: &Session,
    tracks: &[Option<Track>],
    view: &View,
) -> Evidence {
    let mut second = Evidence::default();
    let limit = session.estimates.then(|| session.estimator.target());
    second.bitrate = limit;
    for (number, (slot, streams)) in view.slots.iter().zip(&session.slots).enumerate() {
        let Some(occupant) = slot.occupant else { continue };
        if occupant.participant == session.participant {
            continue;
        }
        for (index, track) in tracks.iter().enumerate() {
            let Some(track) = track.as_ref().filter(|track| track.live) else { continue };
            if track.participant != occupant.participant {
                continue;
            }
            let wanted = session.sizes.get(number).copied().flatten();
            match (track.kind, &streams.video) {
                (Kind::Audio, _) => second.sounds |= streams.audio.is_some(),
                (Kind::Video, Some(video)) if wanted != Some(0) => {
                    let choice = video.choice().filter(|choice| choice.track == index);
                    let chosen = choice.map(|choice| (choice.layer, choice.target.spatial));
                    let share = share(now, track, wanted, chosen, limit);
                    second.size = Some(second.size.map_or(share, |worst: f64| worst.min(share)));
                }
                (Kind::Video, _) => {}
            }
        }
    }
    second
}

/// Height of what is chosen for a subscriber beside the best that there is for them. A layer
/// that the publisher does not send counts only if it is this link that cannot carry it.
fn share(
    now: Instant,
    track: &Track,
    wanted: Option<u16>,
    chosen: Option<Size>,
    limit: Option<u64>,
) -> f64 {
    let Some(chosen) = chosen else { return if limit.is_some() { 0.0 } else { 1.0 } };
    let (_, ladder) = track.qualities(now, wanted);
    let to_blame = |quality: &&Quality| {
        let layer = &track.layers[quality.layer];
        let beyond = limit.is_some_and(|limit| quality.bitrate > limit);
        layer.ssrc.is_some() && (layer.flow.flows_in(quality.target.spatial, now) || beyond)
    };
    let best = ladder.iter().rfind(to_blame);
    best.map_or(1.0, |best| beside(track, chosen, (best.layer, best.target.spatial)))
}

/// Height of one size of a picture beside another's, at most 1.
fn beside(track: &Track, size: Size, other: Size) -> f64 {
    let height = |(layer, spatial): Size| {
        let height = track.layers[layer].reader.height(spatial);
        height.map(f64::from)
    };
    if let (Some(own), Some(other)) = (height(size), height(other)) {
        return (own / other.max(1.0)).min(1.0);
    }
    let rank = |(layer, spatial): Size| {
        let place = track.order.iter().position(|other| *other == layer).unwrap_or(0);
        place + usize::from(spatial)
    };
    SMALLER.powi(rank(other).saturating_sub(rank(size)) as i32)
}
