//! Lost sockets.

use protocol::media::TrackSet;
use protocol::ws::{ClientMessage, Resume, ServerMessage};
use protocol::{Place, Role, SessionId};

use crate::support::{Builder, Client, House};

#[tokio::test]
async fn a_lost_socket_is_taken_up_without_a_gap_and_nothing_is_said_twice() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, token) = house.token(Role::Spectator).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    let media = page.offers("v=0").await;
    actor.does(ClientMessage::TakeStage).await;
    page.until("the actor", |said| {
        matches!(said, ServerMessage::Person(view) if view.id == person).then_some(())
    })
    .await;
    let resume = page.resume();
    page.vanish();
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    manager.does(ClientMessage::SetCurtain { raised: false }).await;
    manager.does(ClientMessage::SetCurtain { raised: true }).await;

    let greeting = Client::greet(&house, &token, resume).await;
    assert!(greeting.welcome.resumed && greeting.welcome.snapshot.is_none());
    assert_eq!(greeting.welcome.media_session, Some(media), "media went on meanwhile");
    let mut page = greeting.client;
    let curtains: Vec<_> = page
        .catch_up()
        .await
        .into_iter()
        .filter_map(|said| match said {
            ServerMessage::Curtain { raised } => Some(raised),
            ServerMessage::Person(view) => {
                assert_ne!(view.id, person, "said before");
                None
            }
            _ => None,
        })
        .collect();
    assert_eq!(curtains, [false, true]);
    let resume = page.resume();
    page.vanish();
    let mut page = Client::greet(&house, &token, resume).await.client;
    let again = page.catch_up().await;
    assert!(!again.iter().any(|said| matches!(said, ServerMessage::Curtain { .. })), "{again:?}");
}

#[tokio::test]
async fn who_missed_too_much_begins_afresh_and_keeps_media() {
    let house = Builder::new().with(|config| config.limits.replay = 4).open().await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let (_, token) = house.token(Role::Spectator).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    let media = page.offers("v=0").await;
    let resume = page.resume();
    page.vanish();
    for raised in [false, true, false, true, false] {
        manager.does(ClientMessage::SetCurtain { raised }).await;
    }
    let greeting = Client::greet(&house, &token, resume).await;
    assert!(!greeting.welcome.resumed);
    assert_ne!(Some(greeting.welcome.stream), resume.map(|resume| resume.stream));
    assert!(!greeting.snapshot().curtain_raised);
    assert_eq!(greeting.welcome.media_session, Some(media));
}

#[tokio::test]
async fn a_reloaded_page_begins_afresh_and_without_media() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Spectator).await;
    for resume in [None, Some(Resume { stream: SessionId(uuid::Uuid::nil()), seq: 3 })] {
        let mut page = Client::greet(&house, &token, None).await.client;
        let media = page.offers("v=0").await;
        page.vanish();
        let greeting = Client::greet(&house, &token, resume).await;
        assert!(!greeting.welcome.resumed);
        assert_eq!(greeting.welcome.media_session, None);
        house.node.wait_end(media).await;
    }
}

#[tokio::test]
async fn a_lost_actor_stays_on_stage_and_is_shown_as_away() {
    let house = House::open().await;
    let seat = house.seat(Role::Actor).await;
    let token = house.token_of(&seat).await;
    let mut actor = Client::greet(&house, &token, None).await.client;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    actor.does(ClientMessage::TakeStage).await;
    let resume = actor.resume();
    actor.vanish();
    let view = spectator
        .until("the actor to be away", |said| match said {
            ServerMessage::Person(view) if view.id == seat.person && !view.online => {
                Some(view.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!(view.place, Place::OnStage);
    let back = Client::greet(&house, &token, resume).await;
    assert!(back.welcome.resumed);
    spectator
        .until("the actor to be back", |said| match said {
            ServerMessage::Person(view) => (view.id == seat.person && view.online).then_some(()),
            ServerMessage::PersonLeft { .. } => panic!("the actor has not left"),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_seat_is_given_up_after_a_while() {
    let house = Builder::new()
        .with(|config| config.timings.seat_grace = std::time::Duration::from_millis(100))
        .open()
        .await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    actor.does(ClientMessage::TakeStage).await;
    let media = actor.offers("v=0").await;
    house.node.wait_grant(person, TrackSet::ALL).await;
    actor.vanish();
    let left = ServerMessage::PersonLeft { person };
    manager.until("the actor to be gone", |said| (*said == left).then_some(())).await;
    house.node.wait_end(media).await;
    house.node.wait_view(0, &[]).await;
    house.node.wait_grant(person, TrackSet::NONE).await;
    let log = house.store.cue_log(house.performance.id).await.unwrap();
    assert_eq!(log.last().unwrap().command, serde_json::json!({ "type": "absent" }));
}
