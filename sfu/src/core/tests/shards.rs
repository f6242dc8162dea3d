//! A room in two cores.

use protocol::media::MediaEventKind;

use super::client::{Received, offer};
use super::*;
use crate::core::relay::{Ended, Peer, Relay, RelayMessage};

const HOME: Peer = Peer(0);
const SHARD: Peer = Peer(1);
const FIRST: u128 = 1;
const SECOND: u128 = 2;

/// The room's home, and a shard.
struct House {
    home: Stage,
    shard: Stage,
}

impl House {
    fn open() -> Self {
        let (home, mut shard) = (Stage::new(1), Stage::new(2));
        shard.now = home.now;
        shard.next_session = 100;
        let mut house = Self { home, shard };
        house.home.show(&[]);
        house.join();
        house
    }

    fn join(&mut self) {
        assert_eq!(self.shard.core.join(self.shard.now, ROOM, HOME), Membership::Joining);
        self.carry();
        assert_eq!(self.shard.core.join(self.shard.now, ROOM, HOME), Membership::Joined);
    }

    /// Forwards what came, here and there.
    fn flush(&mut self) {
        for _ in 0..2 {
            self.home.advance(Duration::ZERO);
            self.shard.advance(Duration::ZERO);
            self.carry();
        }
    }

    /// Carries messages until there are none.
    fn carry(&mut self) {
        let Self { home, shard } = self;
        loop {
            let mut any = false;
            for message in drain(home, SHARD) {
                any = true;
                shard.core.handle_relay(shard.now, HOME, &message, &mut shard.outbox);
            }
            for message in drain(shard, HOME) {
                any = true;
                home.core.handle_relay(home.now, SHARD, &message, &mut home.outbox);
            }
            if !any {
                return;
            }
        }
    }

    /// A participant publishes a picture with these numbers, which begins with a keyframe.
    fn publish(&mut self, client: &mut Client, sequences: std::ops::Range<u64>) {
        for sequence in sequences.clone() {
            let packet = client.video(sequence, sequence == sequences.start);
            let mut packet = packet.expect("a new number");
            self.home.receive(client.address, &mut packet);
        }
        self.flush();
        // What comes next comes later.
        for stage in [&mut self.home, &mut self.shard] {
            stage.advance(Duration::from_millis(1));
        }
        self.carry();
    }
}

fn drain(stage: &mut Stage, to: Peer) -> Vec<RelayMessage> {
    let messages = std::iter::from_fn(|| stage.core.poll_relay());
    let of_peer = |(peer, message)| {
        assert_eq!(peer, to);
        message
    };
    messages.map(of_peer).collect()
}

fn events(stage: &mut Stage) -> Vec<MediaEventKind> {
    std::iter::from_fn(|| stage.core.poll_event()).map(|event| event.kind).collect()
}

fn pictures(stage: &mut Stage, client: &mut Client) -> Vec<Received> {
    let sent = stage.sent_to(client.address);
    client.open(sent).expect("it opens")
}

#[test]
fn a_shard_shows_what_the_home_decided() {
    let mut house = House::open();
    let mut first = house.home.connect(FIRST, &offer("sendonly", true));
    let mut second = house.home.connect(SECOND, &offer("sendonly", true));
    let mut here = house.home.connect(10, &offer("recvonly", true));
    let mut there = house.shard.connect(11, &offer("recvonly", true));
    house.home.show(&[FIRST]);
    house.publish(&mut first, 10..20);
    house.home.show(&[SECOND]);
    // Their clocks lie anywhere: behind what was shown, so that the home moves them up.
    house.publish(&mut second, 1..8);
    house.home.show(&[FIRST]);
    house.publish(&mut first, 20..25);

    let (here, there) =
        (pictures(&mut house.home, &mut here), pictures(&mut house.shard, &mut there));
    let shown = |received: &[Received]| -> Vec<_> {
        received.iter().map(|packet| (packet.sequence, packet.timestamp)).collect()
    };
    assert_eq!(here.len(), 22);
    assert_eq!(shown(&here), shown(&there));
    let foreign = |event: &MediaEventKind| {
        !matches!(event, MediaEventKind::Connected { .. } | MediaEventKind::Closed { .. })
    };
    assert_eq!(events(&mut house.shard).iter().filter(|event| foreign(event)).count(), 0);
    let announced: Vec<_> = events(&mut house.home)
        .iter()
        .filter_map(|event| match event {
            MediaEventKind::Assigned { slots, .. } => slots.first()?.video_rtp,
            _ => None,
        })
        .collect();
    let begins = [0, 10, 17].map(|packet: usize| here[packet].timestamp);
    assert_eq!(announced, begins);
}

#[test]
fn packets_cross_once_and_in_order() {
    let mut house = House::open();
    let mut first = house.home.connect(FIRST, &offer("sendonly", true));
    let mut viewers: Vec<_> =
        (11..15).map(|viewer| house.shard.connect(viewer, &offer("recvonly", true))).collect();
    house.home.show(&[FIRST]);
    house.publish(&mut first, 1..11);
    assert_eq!(house.home.core.counters().packets_relayed, 10);
    for viewer in &mut viewers {
        assert_eq!(pictures(&mut house.shard, viewer).len(), 10);
    }
    assert_eq!(house.home.core.counters().packets_out, 0, "nobody watches at home");
}

#[test]
fn who_waits_in_a_shard_is_heard_by_the_publisher() {
    let mut house = House::open();
    let mut first = house.home.connect(FIRST, &offer("sendonly", true));
    house.home.show(&[FIRST]);
    house.publish(&mut first, 1..11);
    // Longer than what the shard keeps serves an arrival.
    house.home.advance(Duration::from_secs(2));
    house.shard.advance(Duration::from_secs(2));
    let asked = house.home.core.counters().keyframe_requests;
    house.shard.connect(11, &offer("recvonly", true));
    house.flush();
    assert_eq!(house.home.core.counters().keyframe_requests, asked + 1);
}

#[test]
fn what_is_muted_does_not_cross() {
    let mut house = House::open();
    let mut first = house.home.connect(FIRST, &offer("sendonly", true));
    let mut there = house.shard.connect(11, &offer("recvonly", true));
    house.home.show(&[FIRST]);
    house.publish(&mut first, 1..11);
    assert_eq!(pictures(&mut house.shard, &mut there).len(), 10);
    let participant = ParticipantId(Uuid::from_u128(FIRST));
    house.home.command(MediaCommand::SetPublish { participant, publish: TrackSet::NONE });
    house.publish(&mut first, 11..21);
    assert_eq!(house.home.core.counters().packets_relayed, 10);
    assert!(pictures(&mut house.shard, &mut there).is_empty());
}

#[test]
fn a_client_of_a_shard_publishes_nothing() {
    let mut house = House::open();
    let mut first = house.shard.connect(FIRST, &offer("sendonly", true));
    house.home.show(&[FIRST]);
    let mut packet = first.video(1, true).expect("a new number");
    house.shard.receive(first.address, &mut packet);
    house.flush();
    assert_eq!(house.shard.core.counters().dropped_media, 1);
    assert_eq!(house.home.core.counters().packets_relayed, 0);
}

#[test]
fn a_room_that_is_closed_ends_in_every_part() {
    let mut house = House::open();
    house.shard.connect(11, &offer("recvonly", true));
    house.home.command(MediaCommand::CloseRoom);
    house.carry();
    assert!(!house.shard.core.has_room(ROOM));
    let closed = |event: &MediaEventKind| {
        matches!(event, MediaEventKind::Closed { reason: CloseReason::RoomClosed, .. })
    };
    assert_eq!(events(&mut house.shard).iter().filter(|event| closed(event)).count(), 1);
}

#[test]
fn a_part_that_fails_ends_the_others_silently() {
    let mut house = House::open();
    house.home.connect(FIRST, &offer("sendonly", true));
    house.shard.connect(11, &offer("recvonly", true));
    events(&mut house.home);
    events(&mut house.shard);
    // The first link of the shard.
    let failed = RelayMessage { room: ROOM, link: 1, relay: Relay::Ended(Ended::Failed) };
    let Stage { core, now, outbox, .. } = &mut house.home;
    core.handle_relay(*now, SHARD, &failed, outbox);
    assert!(!core.has_room(ROOM));
    let Stage { core, now, outbox, .. } = &mut house.shard;
    core.handle_relay(*now, HOME, &failed, outbox);
    assert!(!core.has_room(ROOM));
    assert_eq!((events(&mut house.home).len(), events(&mut house.shard).len()), (0, 0));
}

#[test]
fn a_shard_that_nobody_watches_leaves() {
    let mut house = House::open();
    let mut first = house.home.connect(FIRST, &offer("sendonly", true));
    house.shard.connect(11, &offer("recvonly", true));
    let session = MediaSessionId(Uuid::from_u128(100));
    house.shard.core.replace(house.shard.now, session);
    house.carry();
    assert!(!house.shard.core.has_room(ROOM));
    house.home.show(&[FIRST]);
    house.publish(&mut first, 1..11);
    assert_eq!(house.home.core.counters().packets_relayed, 0);
    // And comes back with the state of the room.
    house.join();
    let mut there = house.shard.connect(12, &offer("recvonly", true));
    house.publish(&mut first, 11..21);
    assert_eq!(pictures(&mut house.shard, &mut there).len(), 10);
}

#[test]
fn messages_of_an_earlier_membership_mean_nothing() {
    let mut house = House::open();
    let ended = |link| RelayMessage { room: ROOM, link, relay: Relay::Ended(Ended::Closed) };
    let Stage { core, now, outbox, .. } = &mut house.shard;
    core.handle_relay(*now, HOME, &ended(7), outbox);
    core.handle_relay(*now, Peer(5), &ended(1), outbox);
    assert!(core.has_room(ROOM));
    core.handle_relay(*now, HOME, &ended(1), outbox);
    assert!(!core.has_room(ROOM));
}

#[test]
fn nobody_joins_where_the_room_is_not_at_home() {
    let mut house = House::open();
    // The room's new home has to be commanded before others can join it.
    house.shard.core.lead(house.shard.now, ROOM);
    assert!(!house.shard.core.has_room(ROOM));
    let join = RelayMessage { room: ROOM, link: 9, relay: Relay::Join };
    let Stage { core, now, outbox, .. } = &mut house.shard;
    while core.poll_relay().is_some() {}
    core.handle_relay(*now, Peer(3), &join, outbox);
    let answer = core.poll_relay().map(|(to, message)| (to, message.link, message.relay));
    assert!(matches!(answer, Some((Peer(3), 9, Relay::Ended(Ended::Closed)))));
}
