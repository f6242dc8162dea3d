//! The node against an independent stack (str0m) over real UDP on loopback: what a publisher
//! sends reaches those who may see it, and nobody else.

mod support {
    pub(crate) mod driver;
    pub(crate) mod hall;
    #[expect(dead_code, reason = "shared with the benchmark, which reads receive times")]
    pub(crate) mod peer;
    pub(crate) mod socket;
    pub(crate) mod source;
    pub(crate) mod stamp;
}

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use protocol::media::{MediaEventKind, ParticipantStats, TrackSet, ViewId};
use sfu::WorkerStats;
use str0m::media::Mid;

use support::hall::{Hall, Heard, PARTS, Viewer};

const HOUSE: ViewId = ViewId(1);
/// Enough packets of a kind to believe that it flows.
const SOME: usize = 40;
/// str0m's payload type of VP8; retransmissions have another.
const VP8: u8 = 96;

/// A player, a viewer who has received some of both, and the viewer's sections.
fn playing() -> Result<(Hall, usize, usize, (Mid, Mid))> {
    let mut hall = Hall::open()?;
    let player = hall.enter_player()?;
    hall.show(HOUSE, &[player])?;
    let viewer = hall.enter_viewer(HOUSE, 1)?;
    let (audio, video) = hall.viewer(viewer).sections(0)?;
    hall.until("sound and picture arrive", |hall| {
        let viewer = hall.viewer(viewer);
        viewer.count(audio, player, 0) >= SOME && viewer.count(video, player, 0) >= SOME
    })?;
    Ok((hall, player, viewer, (audio, video)))
}

/// The sequence numbers in a section, and whether they all are of one stream.
fn sequences(viewer: &Viewer, mid: Mid) -> (BTreeSet<u64>, bool) {
    let streams: BTreeSet<u32> = viewer.heard_in(mid).map(|heard| heard.ssrc).collect();
    (viewer.heard_in(mid).map(|heard| heard.sequence).collect(), streams.len() == 1)
}

/// How many packets of a player the node has got. None is lost on the way, so this is the index
/// of the first that it may not have seen yet.
fn arrived(stats: &ParticipantStats) -> u64 {
    stats.received + stats.dropped_muted
}

fn without_gaps(sequences: &BTreeSet<u64>) -> bool {
    let span = sequences.last().zip(sequences.first()).map(|(last, first)| last - first + 1);
    span == Some(sequences.len() as u64)
}

#[test]
fn sound_and_picture_arrive_whole_and_in_order() -> Result<()> {
    let (hall, _, viewer, (audio, video)) = playing()?;
    let viewer = hall.viewer(viewer);
    for mid in [audio, video] {
        let (sequences, one_stream) = sequences(viewer, mid);
        assert!(one_stream && without_gaps(&sequences), "{mid}: {sequences:?}");
        let stamps: Vec<u64> = viewer.heard_in(mid).map(|heard| heard.stamp.index).collect();
        assert!(stamps.is_sorted(), "{mid}: {stamps:?}");
    }
    // Each section holds one kind: a beat is a picture of several packets and one sound.
    let is_sound = |heard: &Heard| heard.stamp.index % (PARTS + 1) == PARTS;
    assert!(viewer.heard_in(audio).all(is_sound));
    assert!(!viewer.heard_in(video).any(is_sound));
    Ok(())
}

#[test]
fn a_keyframe_request_reaches_the_publisher() -> Result<()> {
    let (mut hall, player, viewer, (_, video)) = playing()?;
    let before = hall.player(player).keyframes_wanted;
    hall.peer(viewer).request_keyframe(video)?;
    hall.until("the request arrives", |hall| hall.player(player).keyframes_wanted > before)
}

#[test]
fn who_comes_late_starts_with_a_keyframe() -> Result<()> {
    let (mut hall, player, _, _) = playing()?;
    let late = hall.enter_viewer(HOUSE, 1)?;
    let (_, video) = hall.viewer(late).sections(0)?;
    hall.until("the picture arrives", |hall| hall.viewer(late).count(video, player, 0) >= SOME)?;
    let viewer = hall.viewer(late);
    assert!(viewer.heard_in(video).next().is_some_and(|first| first.starts_keyframe));
    assert!(without_gaps(&sequences(viewer, video).0));
    Ok(())
}

#[test]
fn a_muted_track_is_dropped_on_arrival_whatever_the_client_sends() -> Result<()> {
    let (mut hall, player, viewer, (audio, video)) = playing()?;
    hall.grant(player, TrackSet { audio: true, video: false })?;
    let muted = hall.player(player).next_index();
    let dropped = hall.stats(player)?.dropped_muted;
    hall.until("sound goes on", |hall| hall.viewer(viewer).count(audio, player, muted) >= SOME)?;
    assert_eq!(hall.viewer(viewer).count(video, player, muted), 0);

    let stats = hall.until_counted("packets are dropped", player, |stats| {
        stats.dropped_muted >= dropped + SOME as u64
    })?;
    let granted = arrived(&stats);
    hall.grant(player, TrackSet::ALL)?;
    hall.until("the picture is back", |hall| {
        hall.viewer(viewer).count(video, player, granted) >= SOME
    })?;
    let between = hall.viewer(viewer).heard_in(video);
    assert_eq!(between.filter(|h| (muted..granted).contains(&h.stamp.index)).count(), 0);
    Ok(())
}

#[test]
fn nothing_passes_the_curtain() -> Result<()> {
    let (mut hall, player, viewer, (audio, video)) = playing()?;
    hall.show(HOUSE, &[])?;
    let down = hall.player(player).next_index();
    let received = hall.stats(player)?.received;
    let stats = hall.until_counted("the play goes on unseen", player, |stats| {
        stats.received >= received + 2 * SOME as u64
    })?;

    let up = arrived(&stats);
    hall.show(HOUSE, &[player])?;
    hall.until("the play is seen again", |hall| {
        let viewer = hall.viewer(viewer);
        viewer.count(audio, player, up) >= SOME && viewer.count(video, player, up) >= SOME
    })?;
    let viewer = hall.viewer(viewer);
    let unseen = |heard: &&Heard| (down..up).contains(&heard.stamp.index);
    assert_eq!(viewer.heard.iter().find(unseen).map(|heard| heard.stamp), None);
    for mid in [audio, video] {
        let (sequences, one_stream) = sequences(viewer, mid);
        assert!(one_stream && without_gaps(&sequences), "{mid}: {sequences:?}");
    }
    Ok(())
}

#[test]
fn two_publishers_fill_two_slots() -> Result<()> {
    let mut hall = Hall::open()?;
    let players = [hall.enter_player()?, hall.enter_player()?];
    hall.show(HOUSE, &players)?;
    let viewer = hall.enter_viewer(HOUSE, 2)?;
    let sections = [hall.viewer(viewer).sections(0)?, hall.viewer(viewer).sections(1)?];
    let arrives = |hall: &Hall, slot: usize, player: usize| {
        let (audio, video) = sections[slot];
        let viewer = hall.viewer(viewer);
        viewer.count(audio, player, 0) >= SOME && viewer.count(video, player, 0) >= SOME
    };
    hall.until("both are seen", |hall| {
        (0..2).all(|slot| players.iter().any(|&player| arrives(hall, slot, player)))
    })?;

    let slots = hall.announced.iter().rev().find_map(|event| match event {
        MediaEventKind::Assigned { view: HOUSE, slots } => Some(slots.clone()),
        _ => None,
    });
    let slots = slots.context("the slots are announced")?;
    for player in players {
        let participant = hall.player(player).participant;
        let slot = slots.iter().find(|slot| slot.participant == participant);
        let slot = slot.context("everybody has a slot")?.slot;
        assert!(arrives(&hall, usize::from(slot), player), "slot {slot} is theirs: {slots:?}");
        let (audio, video) = sections[usize::from(slot)];
        let others = |heard: &&Heard| heard.stamp.source as usize != player;
        for mid in [audio, video] {
            assert_eq!(hall.viewer(viewer).heard_in(mid).filter(others).count(), 0);
        }
    }
    Ok(())
}

#[test]
fn the_next_publisher_takes_over_the_slot_and_its_streams() -> Result<()> {
    let (mut hall, first, viewer, (audio, video)) = playing()?;
    let second = hall.enter_player()?;
    hall.show(HOUSE, &[first, second])?;
    hall.leave(first)?;
    hall.until("the next one is seen", |hall| {
        let viewer = hall.viewer(viewer);
        viewer.count(audio, second, 0) >= SOME && viewer.count(video, second, 0) >= SOME
    })?;
    for mid in [audio, video] {
        let (sequences, one_stream) = sequences(hall.viewer(viewer), mid);
        assert!(one_stream && without_gaps(&sequences), "{mid}: {sequences:?}");
    }
    Ok(())
}

/// Loses every fortieth VP8 packet, but no retransmission, and counts. More would reach the
/// share of retransmissions at which str0m, as a publisher, stops answering.
fn every_fortieth_picture_packet() -> (impl FnMut(&[u8]) -> bool + Send, Lost) {
    let lost = Lost::default();
    let counter = lost.clone();
    let mut seen = 0_u64;
    let loss = move |datagram: &[u8]| {
        let video = matches!(datagram, [first, second, ..]
            if (0x80..0xc0).contains(first) && second & 0x7f == VP8);
        seen += u64::from(video);
        let lose = video && seen.is_multiple_of(40);
        counter.add(lose);
        lose
    };
    (loss, lost)
}

/// How many datagrams a network has lost.
#[derive(Clone, Default)]
struct Lost(std::sync::Arc<std::sync::atomic::AtomicU64>);

impl Lost {
    fn add(&self, lose: bool) {
        self.0.fetch_add(u64::from(lose), std::sync::atomic::Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Lets the play go on until ten packets more have been lost, and the viewer has every picture
/// packet that was published until then.
fn all_lost_ones_are_repaired(
    hall: &mut Hall,
    lost: &Lost,
    player: usize,
    viewer: usize,
    video: Mid,
) -> Result<()> {
    let begin = hall.player(player).next_index();
    hall.until("packets are lost", |_| lost.count() >= 10)?;
    let end = hall.player(player).next_index();
    let all: BTreeSet<u64> = (begin..end).filter(|index| index % (PARTS + 1) != PARTS).collect();
    hall.until("what was lost is repaired", |hall| {
        let heard: BTreeSet<u64> =
            hall.viewer(viewer).heard_in(video).map(|heard| heard.stamp.index).collect();
        heard.is_superset(&all)
    })
}

#[test]
fn what_a_viewer_loses_is_sent_again() -> Result<()> {
    let (mut hall, player, viewer, (_, video)) = playing()?;
    let (loss, lost) = every_fortieth_picture_packet();
    hall.peer(viewer).lose_incoming(Box::new(loss));
    all_lost_ones_are_repaired(&mut hall, &lost, player, viewer, video)?;
    let again: u64 = hall.all_stats()?.iter().map(|stats| stats.retransmitted).sum();
    assert!(again >= 10, "{again}");
    Ok(())
}

#[test]
fn what_a_publisher_loses_is_asked_for_again() -> Result<()> {
    let (mut hall, player, viewer, (_, video)) = playing()?;
    let (loss, lost) = every_fortieth_picture_packet();
    hall.peer(player).lose_outgoing(Box::new(loss));
    all_lost_ones_are_repaired(&mut hall, &lost, player, viewer, video)?;
    let asked = hall.stats(player)?.nacks_sent;
    assert!(asked >= 10, "{asked}");
    Ok(())
}

#[test]
fn what_flows_is_counted_and_measured() -> Result<()> {
    let (mut hall, player, _, _) = playing()?;
    // Workers tell once a second.
    hall.until("the node has measured", |hall| {
        let stats = hall.worker_stats();
        stats.measures.forward_delay.count() > SOME as u64 && stats.measures.estimate.count() > 0
    })?;
    let WorkerStats { counters, measures, cpu } = hall.worker_stats();
    assert!(counters.packets_in > SOME as u64 && counters.packets_out > SOME as u64);
    assert!(!cpu.is_zero());
    assert_eq!(measures.join_connected.count(), 2);
    assert_eq!(measures.train.count(), counters.sends);
    assert!(measures.batch.sum() <= counters.packets_in, "a batch is of what arrived");
    let room = hall.snapshot()?;
    let of = hall.player(player).participant;
    let sends = room.sessions.iter().find(|session| session.participant == of);
    let sends = sends.context("the player is in the room")?;
    assert!(sends.tracks.iter().all(|track| track.live), "{sends:?}");
    let watches = room.sessions.iter().find(|session| session.participant != of);
    let watches = watches.context("the viewer is in the room")?;
    assert!(watches.streams.iter().any(|stream| stream.source == Some(of)), "{watches:?}");
    assert_eq!(watches.paths[0].kind, "udp4");
    // Reports come every few seconds; the round trip on loopback is next to nothing.
    hall.until("the viewer has reported", |hall| {
        hall.worker_stats().counters.downlink_expected > 0
    })?;
    let room = hall.snapshot()?;
    let watches = room.sessions.iter().find(|session| session.participant != of);
    let told = watches.context("the viewer is in the room")?.round_trip_ms;
    assert!(told.is_some(), "its reports answer ours");
    Ok(())
}

#[test]
fn a_room_that_two_workers_share_is_one_room() -> Result<()> {
    let mut hall = Hall::open_shared(2)?;
    let players = [hall.enter_player()?, hall.enter_player()?];
    hall.show(HOUSE, &players[..1])?;
    let viewers: Vec<_> = (0..10).map(|_| hall.enter_viewer(HOUSE, 1)).collect::<Result<_>>()?;
    let sections = viewers
        .iter()
        .map(|viewer| hall.viewer(*viewer).sections(0))
        .collect::<Result<Vec<_>>>()?;
    let everybody_gets = |hall: &Hall, player: usize| {
        viewers.iter().zip(&sections).all(|(viewer, (audio, video))| {
            let viewer = hall.viewer(*viewer);
            viewer.count(*audio, player, 0) >= SOME && viewer.count(*video, player, 0) >= SOME
        })
    };
    hall.until("the first is seen by all", |hall| everybody_gets(hall, players[0]))?;
    // Two publishers weigh as much as eight viewers.
    hall.until("the workers have counted", |hall| hall.sessions_by_worker() == [3, 9])?;
    assert_eq!(hall.all_stats()?.len(), 12, "everybody is counted, wherever they are");

    hall.show(HOUSE, &players[1..])?;
    hall.until("the second is seen by all", |hall| everybody_gets(hall, players[1]))?;
    let before = hall.player(players[1]).keyframes_wanted;
    hall.peer(viewers[0]).request_keyframe(sections[0].1)?;
    hall.until("a request crosses", |hall| hall.player(players[1]).keyframes_wanted > before)?;
    for (viewer, (audio, video)) in viewers.iter().zip(&sections) {
        for mid in [audio, video] {
            let (sequences, one_stream) = sequences(hall.viewer(*viewer), *mid);
            assert!(one_stream && without_gaps(&sequences), "{mid}: {sequences:?}");
        }
    }
    // What is announced is announced once.
    let assigned = |event: &&MediaEventKind| matches!(event, MediaEventKind::Assigned { .. });
    let announced: Vec<_> = hall.announced.iter().filter(assigned).collect();
    assert!(announced.windows(2).all(|pair| pair[0] != pair[1]), "{announced:?}");

    hall.close()?;
    hall.until("everybody's session ends", |hall| {
        let closed = |event: &&MediaEventKind| matches!(event, MediaEventKind::Closed { .. });
        hall.announced.iter().filter(closed).count() == 12
    })
}
