//! Restarts.

use std::time::Duration;

use protocol::media::{Kind, MediaCommand, TrackSet, ViewId};
use protocol::ws::{ClientMessage, ServerMessage};
use protocol::{Place, Role};
use store::testing::TestDatabase;

use crate::support::{Builder, Client};

async fn a_restart_keeps_the_stage(database: TestDatabase) {
    let house = Builder::on(database).open().await;
    let seat = house.seat(Role::Actor).await;
    let token = house.token_of(&seat).await;
    let (_, manager_token) = house.token(Role::StageManager).await;
    let mut actor = Client::greet(&house, &token, None).await.client;
    let mut manager = Client::greet(&house, &manager_token, None).await.client;
    actor.does(ClientMessage::TakeStage).await;
    actor.offers("v=0").await;
    manager.does(ClientMessage::SetCurtain { raised: false }).await;
    let mute = ClientMessage::SetMute { person: seat.person, kind: Kind::Video, muted: true };
    manager.does(mute).await;
    let resume = actor.resume();
    let before = house.node.told().last().unwrap().epoch;

    let closing = tokio::spawn(async move { actor.ended().await });
    let house = house.restart().await;
    assert_eq!(closing.await.unwrap().1, 1012, "the page is told to come back");

    let greeting = Client::greet(&house, &token, resume).await;
    assert!(!greeting.welcome.resumed);
    assert_eq!(greeting.welcome.media_session, None, "the page offers anew");
    let snapshot = greeting.snapshot();
    assert!(!snapshot.curtain_raised);
    assert_eq!(snapshot.me.place, Place::OnStage);
    assert_eq!(snapshot.me.muted, TrackSet { audio: false, video: true });
    house.node.wait_view(0, &[]).await;
    house.node.wait_view(1, &[seat.person]).await;
    house.node.wait_grant(seat.person, TrackSet { audio: true, video: false }).await;
    let after = house.node.told().last().unwrap().epoch;
    assert!(after >= before, "an epoch never goes back");
    let mut manager = Client::greet(&house, &manager_token, None).await.client;
    manager.does(ClientMessage::SetCurtain { raised: true }).await;
    house.node.wait_view(0, &[seat.person]).await;
}

#[tokio::test]
async fn a_restart_keeps_the_stage_on_sqlite() {
    a_restart_keeps_the_stage(TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn a_restart_keeps_the_stage_on_postgres() {
    a_restart_keeps_the_stage(TestDatabase::postgres().await).await;
}

#[tokio::test]
async fn who_does_not_come_back_after_a_restart_leaves_the_stage() {
    let house = Builder::new()
        .with(|config| config.timings.seat_grace = Duration::from_secs(2))
        .open()
        .await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    actor.does(ClientMessage::TakeStage).await;
    let house = house.restart().await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let is_seen = |sources: &[protocol::ParticipantId]| sources.contains(&person.into());
    house
        .node
        .wait("the actor to be seen, and then no more", |told| {
            let views = told.iter().filter_map(|request| match &request.command {
                MediaCommand::SetView { view: ViewId(0), sources } => Some(is_seen(sources)),
                _ => None,
            });
            (views.collect::<Vec<_>>() == [true, false]).then_some(())
        })
        .await;
    assert_eq!(spectator.ask(ClientMessage::Ping).await, ServerMessage::Pong);
}

#[tokio::test]
async fn a_performance_without_anybody_leaves_memory_and_comes_back() {
    let house = Builder::new()
        .with(|config| {
            config.timings.idle = Duration::from_millis(50);
            config.timings.seat_grace = Duration::from_millis(50);
        })
        .open()
        .await;
    let (_, page) = Client::seated(&house, Role::Spectator).await;
    page.vanish();
    house
        .node
        .wait("the room to be closed", |told| {
            let close = MediaCommand::CloseRoom;
            told.iter().any(|request| request.command == close).then_some(())
        })
        .await;
    let first = house.node.told()[0].epoch;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    page.offers("v=0").await;
    assert!(house.node.told().last().unwrap().epoch > first);
}
