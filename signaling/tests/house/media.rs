//! Offers over the WebSocket, and what the media node reports.

use protocol::media::{CloseReason, MediaCommand, MediaEventKind, SlotSource, TrackSet, ViewId};
use protocol::ws::{ClientMessage, ServerMessage, SlotView};
use protocol::{ErrorCode, ParticipantId, PersonId, Place, Role};

use crate::support::{Builder, Client, House};

fn offer(sdp: &str) -> ClientMessage {
    ClientMessage::Offer { sdp: sdp.to_owned() }
}

#[tokio::test]
async fn an_offer_is_answered_in_the_right_view_with_the_right_grant() {
    let house = House::open().await;
    let (actor_id, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    actor.does(ClientMessage::TakeStage).await;
    let ServerMessage::Answer(answer) = actor.ask(offer("of the actor")).await else {
        panic!("no answer")
    };
    assert_eq!(answer.sdp, format!("answer {}", answer.media_session));
    assert_eq!(answer.slots.len(), 1);
    spectator.offers("of the spectator").await;
    manager.offers("of the manager").await;
    let mut connects = house.node.commands();
    connects.retain(|command| matches!(command, MediaCommand::Connect { .. }));
    let told: Vec<_> = connects
        .iter()
        .map(|command| match command {
            MediaCommand::Connect { view, publish, offer, .. } => (*view, *publish, offer.as_str()),
            _ => unreachable!("only connections are kept"),
        })
        .collect();
    let expected = [
        (ViewId(1), TrackSet::ALL, "of the actor"),
        (ViewId(0), TrackSet::NONE, "of the spectator"),
        (ViewId(1), TrackSet::NONE, "of the manager"),
    ];
    assert_eq!(told, expected);
    let epochs: Vec<_> = house.node.told().iter().map(|request| request.epoch).collect();
    assert!(epochs.iter().all(|epoch| *epoch == epochs[0] && *epoch > 0));
    let views = house
        .node
        .commands()
        .into_iter()
        .position(|command| matches!(command, MediaCommand::SetView { .. }));
    assert_eq!(views, Some(0), "the room is declared before anybody connects");
    assert_eq!(house.node.session_of(actor_id).await, answer.media_session);
}

#[tokio::test]
async fn offers_that_cannot_be_answered_are_refused() {
    let house = House::open().await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    assert_eq!(page.fails(offer("bad")).await, ErrorCode::MediaRefused);
    assert_eq!(page.fails(offer("no codec")).await, ErrorCode::MediaRefused);
    assert_eq!(page.fails(offer("lost")).await, ErrorCode::Unavailable);
    page.offers("good").await;
}

#[tokio::test]
async fn a_page_restarts_the_transport_of_its_own_connection_and_no_other() {
    let house = House::open().await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    let (_, mut other) = Client::seated(&house, Role::Spectator).await;
    let restart = |media_session, ufrag: &str| ClientMessage::RestartIce {
        media_session,
        ufrag: ufrag.to_owned(),
        pwd: "0123456789abcdefghijkl".to_owned(),
    };
    let first = page.offers("first").await;
    let theirs = other.offers("theirs").await;
    let ServerMessage::IceRestarted(answer) = page.ask(restart(first, "page")).await else {
        panic!("no restart")
    };
    assert_eq!((answer.media_session, answer.ufrag.as_str()), (first, "nodepage"));
    assert_eq!(answer.candidates.len(), 1);
    assert_eq!(page.fails(restart(theirs, "page")).await, ErrorCode::NotFound);
    let second = page.offers("second").await;
    assert_eq!(page.fails(restart(first, "page")).await, ErrorCode::NotFound);
    assert!(matches!(page.ask(restart(second, "x")).await, ServerMessage::IceRestarted(_)));
    let long = "x".repeat(300);
    assert_eq!(page.fails(restart(second, &long)).await, ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_slow_node_keeps_nobody_else_waiting_and_the_newest_offer_counts() {
    let house = House::open().await;
    let (person, mut page) = Client::seated(&house, Role::Spectator).await;
    let (_, mut other) = Client::seated(&house, Role::Actor).await;
    let slow = page.request(offer("slow")).await;
    let first = house.node.session_of(person).await;
    other.does(ClientMessage::TakeStage).await;
    let second = page.offers("quick").await;
    house.node.answer_slow(first);
    match page.answer(slow).await {
        ServerMessage::Error(error) => assert_eq!(error.code, ErrorCode::Conflict),
        other => panic!("answered too late: {other:?}"),
    }
    house.node.wait_end(first).await;
    assert_eq!(house.node.session_of(person).await, second);
}

#[tokio::test]
async fn a_spectator_is_in_the_house_while_media_flows() {
    let house = House::open().await;
    let (person, mut page) = Client::seated(&house, Role::Spectator).await;
    let place = |said: &ServerMessage| match said {
        ServerMessage::Person(view) if view.id == person => Some(view.place),
        _ => None,
    };
    let media_session = page.offers("v=0").await;
    house.node.connected(house.room(), person).await;
    assert_eq!(page.until("a place", place).await, Place::House);
    let closed = |session| MediaEventKind::Closed {
        session,
        participant: person.into(),
        reason: CloseReason::ConsentExpired,
    };
    house.node.report(house.room(), closed(media_session)).await;
    let told = ServerMessage::MediaClosed { media_session };
    page.until("the end of media", |said| (*said == told).then_some(())).await;
    assert_eq!(page.until("a place", place).await, Place::Foyer);
    let newer = page.offers("v=0").await;
    house.node.connected(house.room(), person).await;
    assert_eq!(page.until("a place", place).await, Place::House);
    house.node.report(house.room(), closed(media_session)).await;
    house.node.report(house.room(), closed(newer)).await;
    let told = ServerMessage::MediaClosed { media_session: newer };
    assert_eq!(page.next().await, told, "the end of a former session is no news");
    page.does(ClientMessage::Hangup).await;
}

#[tokio::test]
async fn what_is_live_and_who_is_in_which_slot_is_told_to_those_who_watch() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    actor.does(ClientMessage::TakeStage).await;
    let tracks = TrackSet { audio: true, video: false };
    let live = MediaEventKind::Live { participant: person.into(), tracks };
    house.node.report(house.room(), live).await;
    let assigned = |view, video_rtp| MediaEventKind::Assigned {
        view: ViewId(view),
        slots: vec![SlotSource { slot: 0, participant: person.into(), video_rtp }],
    };
    for event in [assigned(0, None), assigned(0, None), assigned(1, Some(5)), assigned(0, Some(7))]
    {
        house.node.report(house.room(), event).await;
    }
    let slots =
        |video_rtp| ServerMessage::Slots { slots: vec![SlotView { slot: 0, person, video_rtp }] };
    spectator
        .until("live sound", |said| {
            matches!(said, ServerMessage::Person(view) if view.live == tracks).then_some(())
        })
        .await;
    assert_eq!(spectator.next().await, slots(None));
    assert_eq!(spectator.next().await, slots(Some(7)), "the same twice is said once");
    let five = slots(Some(5));
    actor.until("the stage's slots", |said| (*said == five).then_some(())).await;
    let (_, late) = house.token(Role::Spectator).await;
    let greeting = Client::greet(&house, &late, None).await;
    assert_eq!(greeting.snapshot().slots, [SlotView { slot: 0, person, video_rtp: Some(7) }]);
    assert_eq!(greeting.snapshot().people.len(), 1);
}

#[tokio::test]
async fn who_speaks_is_told_to_those_who_hear_them() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    actor.does(ClientMessage::TakeStage).await;
    let speaking = |people: &[PersonId]| ServerMessage::Speaking { people: people.to_vec() };
    let stranger = ParticipantId(uuid::Uuid::from_u128(77));
    let speakers = vec![stranger, person.into()];
    house.node.report(house.room(), MediaEventKind::Speaking { speakers }).await;
    for hearer in [&mut actor, &mut spectator, &mut manager] {
        let told = |said: &ServerMessage| (*said == speaking(&[person])).then_some(());
        hearer.until("who speaks", told).await;
    }
    let (_, late) = house.token(Role::Spectator).await;
    let mut late = Client::greet(&house, &late, None).await.client;
    late.until("who speaks", |said| (*said == speaking(&[person])).then_some(())).await;

    // Behind the curtain the house hears nobody; those on stage still do.
    manager.does(ClientMessage::SetCurtain { raised: false }).await;
    spectator.until("silence", |said| (*said == speaking(&[])).then_some(())).await;
    manager.catch_up().await;
    house.node.report(house.room(), MediaEventKind::Speaking { speakers: Vec::new() }).await;
    manager.until("silence", |said| (*said == speaking(&[])).then_some(())).await;
    let said = spectator.catch_up().await;
    let repeated = said.iter().any(|said| matches!(said, ServerMessage::Speaking { .. }));
    assert!(!repeated, "what has not changed is not repeated: {said:?}");
}

#[tokio::test]
async fn a_room_that_failed_is_declared_anew_and_pages_offer_anew() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    actor.does(ClientMessage::TakeStage).await;
    let media_session = actor.offers("v=0").await;
    house.node.wait_view(0, &[person]).await;
    let before = house.node.told().len();
    house.node.report(house.room(), MediaEventKind::RoomFailed).await;
    let closed = ServerMessage::MediaClosed { media_session };
    actor.until("the end of media", |said| (*said == closed).then_some(())).await;
    let again = |told: &[protocol::media::MediaRequest]| {
        let views = told[before..]
            .iter()
            .filter(|request| match &request.command {
                MediaCommand::SetView { sources, .. } => sources == &[person.into()],
                _ => false,
            })
            .count();
        let granted = told[before..].iter().any(|request| {
            let publish = TrackSet::ALL;
            request.command == MediaCommand::SetPublish { participant: person.into(), publish }
        });
        (views == 2 && granted).then_some(())
    };
    house.node.wait("everything anew", again).await;
    actor.offers("v=0").await;
}

#[tokio::test]
async fn a_node_that_does_not_reply_is_told_again() {
    let house = Builder::new()
        .with(|config| config.timings.media = std::time::Duration::from_millis(50))
        .open()
        .await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    assert_eq!(page.fails(offer("slow")).await, ErrorCode::Unavailable);
    assert_eq!(page.ask(ClientMessage::Ping).await, ServerMessage::Pong);
}
