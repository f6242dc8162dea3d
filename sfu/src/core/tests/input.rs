//! What strangers and broken clients send: dropped, counted, and nobody disturbed.

use proptest::prelude::*;

use super::client::{Client, offer};
use super::*;

/// A stage with an actor who is seen by a viewer.
fn play() -> (Stage, Client, Client) {
    let mut stage = Stage::new(1);
    let actor = stage.connect(100, &offer("sendonly", true));
    let viewer = stage.connect(200, &offer("recvonly", true));
    stage.show(&[100]);
    (stage, actor, viewer)
}

/// The actor sends a picture, and the viewer gets it.
fn assert_plays_on(stage: &mut Stage, actor: &mut Client, viewer: &mut Client, sequence: u64) {
    stage.advance(Duration::ZERO);
    let before = stage.sent_to(viewer.address);
    viewer.open(before).expect("what the node sends opens");
    let mut packet = actor.video(sequence, true).expect("a fresh number");
    stage.receive(actor.address, &mut packet);
    stage.advance(Duration::ZERO);
    let sent = stage.sent_to(viewer.address);
    let received = viewer.open(sent).expect("what the node sends opens");
    assert_eq!(received.len(), 1, "the viewer gets the picture");
}

#[test]
fn garbage_and_strangers_are_counted_and_dropped() {
    let (mut stage, mut actor, mut viewer) = play();
    let stranger: SocketAddr = "203.0.113.9:9".parse().expect("an address");
    for contents in [&[][..], &[0xff; 40], &[5; 2_000], &[0, 1], &[64; 12]] {
        stage.receive(stranger, &mut contents.to_vec());
    }
    assert_eq!(stage.core.counters().dropped_garbage, 5);
    for contents in [&[0x80; 60][..], &[22; 100], &[0x80, 200, 0, 1]] {
        stage.receive(stranger, &mut contents.to_vec());
    }
    assert_eq!(stage.core.counters().dropped_stranger, 3);
    assert!(stage.sent_to(stranger).is_empty(), "a stranger gets no answer");
    assert_plays_on(&mut stage, &mut actor, &mut viewer, 100);
}

#[test]
fn a_check_with_a_wrong_password_opens_nothing() {
    let mut stage = Stage::new(1);
    let command = MediaCommand::Connect {
        session: MediaSessionId(Uuid::from_u128(1)),
        participant: ParticipantId(Uuid::from_u128(1)),
        view: HOUSE,
        publish: TrackSet::NONE,
        offer: offer("recvonly", true),
    };
    let MediaReply::Answer { sdp, .. } = stage.command(command) else { panic!("no answer") };
    let ufrag = sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).expect("a ufrag");
    let role = rtc_stun::attributes::ATTR_ICE_CONTROLLING;
    let thief: SocketAddr = "203.0.113.9:9".parse().expect("an address");
    stage.receive(thief, &mut binding_request(ufrag, "guessed guessed guessed", role));
    assert_eq!(stage.core.counters().dropped_unauthentic, 1);
    stage.receive(thief, &mut [22; 100]);
    assert_eq!(stage.core.counters().dropped_stranger, 1, "and the address stays a stranger's");
    assert!(stage.sent_to(thief).is_empty());
}

#[test]
fn media_before_keys_replays_and_forgeries_are_dropped() {
    let (mut stage, mut actor, mut viewer) = play();
    let mut packet = actor.video(100, true).expect("a fresh number");
    let copy = packet.clone();
    stage.receive(actor.address, &mut packet);
    stage.receive(actor.address, &mut copy.clone());
    assert_eq!(stage.core.counters().dropped_media, 1, "a replay");
    let mut forged = actor.video(101, true).expect("a fresh number");
    *forged.last_mut().expect("a tag") ^= 1;
    stage.receive(actor.address, &mut forged);
    assert_eq!(stage.core.counters().dropped_srtp, 1, "a forgery");
    assert_plays_on(&mut stage, &mut actor, &mut viewer, 102);
}

/// A receiver takes a leap of half the numbers or more for one backwards, and nothing opens any
/// more.
#[test]
fn numbers_that_leap_unseen_do_not_lose_the_viewer() {
    let (mut stage, mut actor, mut viewer) = play();
    assert_plays_on(&mut stage, &mut actor, &mut viewer, 100);
    let grant = |publish| MediaCommand::SetPublish {
        participant: ParticipantId(Uuid::from_u128(100)),
        publish,
    };
    stage.command(grant(TrackSet::NONE));
    for sequence in (20_000..140_000).step_by(20_000) {
        let mut packet = actor.video(sequence, false).expect("a fresh number");
        stage.receive(actor.address, &mut packet);
    }
    stage.command(grant(TrackSet::ALL));
    assert_plays_on(&mut stage, &mut actor, &mut viewer, 140_000);
}

/// The same while the numbers are seen, but what bears them is not passed on.
#[test]
fn numbers_that_leap_begin_anew_at_a_keyframe() {
    let (mut stage, mut actor, mut viewer) = play();
    assert_plays_on(&mut stage, &mut actor, &mut viewer, 100);
    let mut foreign = actor.foreign(30_000);
    stage.receive(actor.address, &mut foreign);
    let mut packet = actor.video(60_000, false).expect("a fresh number");
    stage.receive(actor.address, &mut packet);
    stage.advance(Duration::ZERO);
    let sent = stage.sent_to(viewer.address);
    let received = viewer.open(sent).expect("what the node sends opens");
    assert_eq!(received, [], "a picture that builds on what was never sent");
    assert_plays_on(&mut stage, &mut actor, &mut viewer, 60_001);
}

#[test]
fn bad_offers_are_refused_with_a_reason() {
    let mut stage = Stage::new(1);
    let huge = "a".repeat(300_000);
    let video_only_unknown = offer("recvonly", false).replace("VP8", "XYZ").replace("opus", "abc");
    for (offer, expected) in [
        ("", Refusal::BadOffer),
        ("nonsense", Refusal::BadOffer),
        (huge.as_str(), Refusal::BadOffer),
        (video_only_unknown.as_str(), Refusal::NoCommonCodec),
    ] {
        let reply = stage.command(MediaCommand::Connect {
            session: MediaSessionId(Uuid::from_u128(9)),
            participant: ParticipantId(Uuid::from_u128(9)),
            view: HOUSE,
            publish: TrackSet::NONE,
            offer: offer.to_owned(),
        });
        let MediaReply::Refused { reason, detail } = reply else { panic!("answered: {reply:?}") };
        assert_eq!(reason, expected, "{detail}");
        assert!(!detail.is_empty());
    }
    assert_eq!(stage.core.counters().sessions_open, 0);
}

#[test]
fn a_thousand_sessions_of_one_person_are_one() {
    let mut stage = Stage::new(1);
    for _ in 0..1_000 {
        stage.connect(200, &offer("recvonly", true));
    }
    assert_eq!(stage.core.counters().sessions_open, 1);
    let closed = std::iter::from_fn(|| stage.core.poll_event())
        .filter(|event| matches!(event.kind, MediaEventKind::Closed { .. }))
        .count();
    assert_eq!(closed, 999);
}

#[test]
fn a_node_that_is_full_says_so() {
    let mut stage = Stage::new(1);
    for person in 0..64 {
        stage.connect(person, &offer("recvonly", true));
    }
    let reply = stage.command(MediaCommand::Connect {
        session: MediaSessionId(Uuid::from_u128(1 << 90)),
        participant: ParticipantId(Uuid::from_u128(99)),
        view: HOUSE,
        publish: TrackSet::NONE,
        offer: offer("recvonly", true),
    });
    assert!(matches!(reply, MediaReply::Refused { reason: Refusal::Full, .. }));
}

#[test]
fn an_older_owner_is_refused() {
    let mut stage = Stage::new(1);
    let request = |epoch| MediaRequest { id: 1, room: ROOM, epoch, command: MediaCommand::Stats };
    let now = stage.now;
    stage.core.handle_command(now, request(5), &mut Outbox::default());
    let reply = stage.core.handle_command(now, request(4), &mut Outbox::default());
    assert!(matches!(reply, MediaReply::Refused { reason: Refusal::StaleEpoch, .. }));
}

#[test]
fn silence_ends_a_session() {
    let (mut stage, ..) = play();
    stage.advance(Duration::from_secs(29));
    assert_eq!(stage.core.counters().sessions_open, 2);
    stage.advance(Duration::from_secs(2));
    assert_eq!(stage.core.counters().sessions_open, 0);
}

proptest! {
    #[test]
    fn no_datagram_disturbs_the_play(
        datagrams in prop::collection::vec(
            (0u8..3, prop::collection::vec(any::<u8>(), 0..120)), 1..40),
    ) {
        let (mut stage, mut actor, mut viewer) = play();
        let stranger: SocketAddr = "203.0.113.9:9".parse().expect("an address");
        for (from, mut contents) in datagrams {
            let from = [actor.address, viewer.address, stranger][usize::from(from)];
            stage.receive(from, &mut contents);
            stage.advance(Duration::from_millis(1));
        }
        prop_assert_eq!(stage.core.counters().rooms_failed, 0);
        assert_plays_on(&mut stage, &mut actor, &mut viewer, 100);
    }
}
