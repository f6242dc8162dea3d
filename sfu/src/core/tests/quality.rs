//! What the core says of links: by what arrives, and by what its clients report.

use protocol::quality::{LinkQuality, ParticipantQuality, Trouble};
use protocol::snapshot::RoomSnapshot;

use super::client::{Client, offer};
use super::*;
use crate::rtcp::{self, ReportBlock};

const ACTOR: u128 = 100;
const VIEWER: u128 = 200;
/// Packets of sound a second.
const BEATS: u32 = 50;

/// A stage with an actor and a viewer, and the number of the actor's next picture.
struct Play {
    stage: Stage,
    actor: Client,
    viewer: Client,
    next: u64,
    /// By SSRC: the highest number that the viewer got, and how many it says it lacks.
    got: Vec<(u32, u32, u32)>,
}

impl Play {
    fn begin() -> Self {
        let mut stage = Stage::new(1);
        let actor = stage.connect(ACTOR, &offer("sendonly", true));
        let viewer = stage.connect(VIEWER, &offer("recvonly", true));
        stage.show(&[ACTOR]);
        Self { stage, actor, viewer, next: 100, got: Vec::new() }
    }

    /// A second of sound and picture, of which each `lose`th never reaches the node.
    fn second(&mut self, lose: u64) {
        for beat in 0..BEATS {
            let picture = self.actor.video(self.next, beat == 0);
            let packets = [picture, self.actor.audio()];
            self.next += 1;
            if lose == 0 || !self.next.is_multiple_of(lose) {
                for mut packet in packets.into_iter().flatten() {
                    self.stage.receive(self.actor.address, &mut packet);
                }
            }
            self.stage.advance(Duration::from_secs(1) / BEATS);
        }
        let sent = self.stage.sent_to(self.viewer.address);
        for received in self.viewer.open(sent).expect("what the node sends opens") {
            let (ssrc, sequence) = (received.ssrc, u32::from(received.sequence));
            match self.got.iter_mut().find(|(known, ..)| *known == ssrc) {
                Some((_, highest, _)) => *highest = sequence.max(*highest),
                None => self.got.push((ssrc, sequence, 0)),
            }
        }
    }

    /// The viewer reports that it lacks `lost` more of each stream.
    fn report(&mut self, lost: u32) {
        let block = |(ssrc, highest, total): &mut (u32, u32, u32)| {
            *total += lost;
            let (ssrc, highest_sequence, total_lost) = (*ssrc, *highest, *total);
            ReportBlock { ssrc, highest_sequence, total_lost, ..ReportBlock::default() }
        };
        let blocks: Vec<_> = self.got.iter_mut().map(block).collect();
        let mut compound = Vec::new();
        rtcp::write_receiver_report(9, &blocks, &mut compound);
        let mut sealed = self.viewer.rtcp(compound);
        self.stage.receive(self.viewer.address, &mut sealed);
    }

    /// What was told last of somebody, and how often anybody was told of since the last call.
    fn told(&mut self, participant: u128) -> (Option<ParticipantQuality>, usize) {
        let participant = ParticipantId(Uuid::from_u128(participant));
        let (mut last, mut times) = (None, 0);
        while let Some(event) = self.stage.core.poll_event() {
            let MediaEventKind::Quality { participants } = event.kind else { continue };
            times += 1;
            let found = participants.into_iter().find(|told| told.participant == participant);
            last = found.or(last);
        }
        (last, times)
    }

    fn snapshot(&mut self, addresses: bool) -> RoomSnapshot {
        match self.stage.command(MediaCommand::Snapshot { addresses }) {
            MediaReply::Snapshot(room) => *room,
            other => panic!("no snapshot: {other:?}"),
        }
    }
}

fn loses(link: &LinkQuality) -> bool {
    link.troubles.iter().any(|trouble| matches!(trouble, Trouble::Loss { .. }))
}

#[test]
fn a_fair_play_is_told_once_and_a_lossy_one_again() {
    let mut play = Play::begin();
    for _ in 0..8 {
        play.second(0);
        play.report(0);
    }
    let (actor, times) = play.told(ACTOR);
    let uplink = actor.and_then(|told| told.uplink).expect("the actor is heard");
    assert!(uplink.audio >= Some(43), "{uplink:?}");
    assert_eq!((uplink.video, uplink.troubles), (Some(45), vec![]));
    assert!(times <= 2, "nothing changes, and yet {times} were told");
    for _ in 0..8 {
        play.second(10);
        play.report(0);
    }
    let (actor, times) = play.told(ACTOR);
    let uplink = actor.and_then(|told| told.uplink).expect("the actor is heard");
    assert!(loses(&uplink) && uplink.audio < Some(40), "{uplink:?}");
    assert!((1..=4).contains(&times), "every two seconds at most: {times}");
    let counters = play.stage.core.counters();
    assert!(counters.uplink_lost > 0 && counters.uplink_lost < counters.uplink_expected / 5);
}

#[test]
fn a_viewers_link_is_judged_by_its_reports() {
    let mut play = Play::begin();
    for _ in 0..4 {
        play.second(0);
        play.report(0);
    }
    let viewer = play.told(VIEWER).0.and_then(|told| told.downlink).expect("it watches");
    assert_eq!(viewer.troubles, []);
    for _ in 0..8 {
        play.second(0);
        play.report(5);
    }
    let viewer = play.told(VIEWER).0.expect("it watches");
    let downlink = viewer.downlink.expect("it watches");
    assert!(loses(&downlink) && viewer.uplink.is_none(), "{downlink:?}");
    assert!(downlink.audio < Some(40), "a tenth is lost: {downlink:?}");
    let counters = play.stage.core.counters();
    assert_eq!(counters.downlink_lost, 2 * 8 * 5);
}

#[test]
fn what_a_page_says_of_its_pictures_counts() {
    let mut play = Play::begin();
    for _ in 0..4 {
        play.second(0);
    }
    let session = play.snapshot(false).sessions[1].session;
    let report = MediaCommand::ReportPlayback { session, frozen_percent: 20 };
    assert_eq!(play.stage.command(report), MediaReply::Done);
    for _ in 0..6 {
        play.second(0);
    }
    let viewer = play.told(VIEWER).0.and_then(|told| told.downlink).expect("it watches");
    assert!(matches!(viewer.troubles[..], [Trouble::Freezes { .. }]), "{viewer:?}");
    assert!(viewer.video < Some(30) && viewer.audio == Some(44), "{viewer:?}");
}

#[test]
fn a_snapshot_shows_who_gets_what_and_no_addresses() {
    let mut play = Play::begin();
    for _ in 0..3 {
        play.second(0);
        play.report(0);
    }
    let room = play.snapshot(false);
    let [actor, viewer] = &room.sessions[..] else { panic!("two sessions: {room:?}") };
    assert_eq!(actor.tracks.len(), 2);
    assert!(actor.tracks.iter().all(|track| track.live && track.granted));
    let picture = &actor.tracks[1].layers[0];
    assert_eq!((picture.codec.as_str(), picture.received, picture.lost), ("VP8", 150, 0));
    assert!(picture.flows && picture.bitrate.is_some());
    assert_eq!(viewer.streams.len(), 2);
    for stream in &viewer.streams {
        assert_eq!((stream.source, stream.layer), (Some(actor.participant), Some(0)));
        assert!(stream.packets > 100, "{stream:?}");
    }
    assert!(viewer.connected && viewer.tracks.is_empty() && viewer.counters.sent > 200);
    assert_eq!(room.views[0].subscribers, 1);
    let json = serde_json::to_string(&room).expect("it is plain data");
    assert!(!json.contains("198.51.100"), "{json}");
    assert_eq!(serde_json::from_str::<RoomSnapshot>(&json).expect("it reads back"), room);
    let shown = play.snapshot(true).sessions[1].paths[0].address.clone();
    assert_eq!(shown, Some(play.viewer.address.to_string()));
}

#[test]
fn looking_makes_no_room_and_takes_none_over() {
    let mut stage = Stage::new(1);
    let now = stage.now;
    let command = MediaCommand::Snapshot { addresses: false };
    let request = |epoch| MediaRequest { id: 1, room: ROOM, epoch, command: command.clone() };
    let nobody = stage.core.handle_command(now, request(0), &mut Outbox::default());
    assert!(matches!(nobody, MediaReply::Refused { reason: Refusal::NotFound, .. }));
    stage.show(&[]);
    for epoch in [0, 99] {
        let seen = stage.core.handle_command(now, request(epoch), &mut Outbox::default());
        assert!(matches!(seen, MediaReply::Snapshot(room) if room.epoch == 1));
    }
}

#[test]
fn delays_and_joins_are_measured() {
    let mut play = Play::begin();
    for _ in 0..2 {
        play.second(0);
    }
    let now = play.stage.now;
    let mut packet = play.actor.video(play.next, false).expect("a fresh number");
    play.stage.receive(play.actor.address, &mut packet);
    play.stage.core.flush(now + Duration::from_millis(2), &mut Outbox::default());
    play.stage.core.note_flushed(now + Duration::from_millis(4));
    let measures = play.stage.core.measures();
    assert_eq!((measures.forward_delay.count(), measures.forward_delay.sum()), (1, 3_000));
    assert_eq!(measures.join_connected.count(), 2);
    assert_eq!(measures.batch.count(), 1);
    assert_eq!(measures.train.count(), play.stage.core.counters().sends);
    // Whoever comes when somebody plays waits for a first packet, whoever came before does not.
    assert_eq!(measures.join_first_packet.count(), 0);
    play.stage.connect(VIEWER + 1, &offer("recvonly", true));
    play.second(0);
    assert_eq!(play.stage.core.measures().join_first_packet.count(), 1);
}
