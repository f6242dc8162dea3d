//! The curtain, the stage, the mutes: who may, who hears of it, and what the node is told.

use protocol::media::{Kind, TrackSet};
use protocol::ws::{ClientMessage, PersonView, ServerMessage};
use protocol::{ErrorCode, PersonId, Place, Role};
use serde_json::json;

use crate::support::{Builder, Client, House};

fn mute(person: PersonId, kind: Kind, muted: bool) -> ClientMessage {
    ClientMessage::SetMute { person, kind, muted }
}

/// Waits until a page hears that a person is so.
async fn hears(
    page: &mut Client,
    person: PersonId,
    mut wanted: impl FnMut(&PersonView) -> bool,
) -> PersonView {
    page.until("news of a person", |said| match said {
        ServerMessage::Person(view) if view.id == person && wanted(view) => Some(view.clone()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn an_actor_on_stage_is_seen_by_all_and_heard_of_once() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    assert_eq!(spectator.catch_up().await, [], "a spectator hears of nobody off stage");
    actor.does(ClientMessage::TakeStage).await;
    actor.does(ClientMessage::TakeStage).await;
    let view = hears(&mut spectator, person, |_| true).await;
    assert_eq!((view.place, view.online), (Place::OnStage, true));
    hears(&mut manager, person, |view| view.place == Place::OnStage).await;
    house.node.wait_view(0, &[person]).await;
    house.node.wait_view(1, &[person]).await;
    house.node.wait_grant(person, TrackSet::ALL).await;
    actor.does(ClientMessage::LeaveStage).await;
    house.node.wait_view(0, &[]).await;
    house.node.wait_grant(person, TrackSet::NONE).await;
    let gone = ServerMessage::PersonLeft { person };
    spectator.until("the actor to be gone", |said| (*said == gone).then_some(())).await;
    hears(&mut manager, person, |view| view.place == Place::GreenRoom).await;
    hears(&mut actor, person, |view| view.place == Place::GreenRoom).await;
    assert_eq!(spectator.catch_up().await, []);
    let log = house.store.cue_log(house.performance.id).await.unwrap();
    let commands: Vec<_> = log.iter().map(|line| (line.actor, line.command.clone())).collect();
    let [taken, left] = ["take_stage", "leave_stage"].map(|name| json!({ "type": name }));
    assert_eq!(commands, [(person, taken), (person, left)], "what changes nothing is no cue");
}

#[tokio::test]
async fn the_curtain_empties_the_house_and_not_the_stage() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    actor.does(ClientMessage::TakeStage).await;
    house.node.wait_view(0, &[person]).await;
    manager.does(ClientMessage::SetCurtain { raised: false }).await;
    let down = ServerMessage::Curtain { raised: false };
    for page in [&mut actor, &mut spectator, &mut manager] {
        page.until("the curtain", |said| (*said == down).then_some(())).await;
    }
    house.node.wait_view(0, &[]).await;
    house.node.wait_view(1, &[person]).await;
    let (_, late) = house.token(Role::Spectator).await;
    assert!(!Client::greet(&house, &late, None).await.snapshot().curtain_raised);
    manager.does(ClientMessage::SetCurtain { raised: true }).await;
    house.node.wait_view(0, &[person]).await;
}

#[tokio::test]
async fn a_mute_is_a_grant_withdrawn() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    manager.does(mute(person, Kind::Audio, true)).await;
    actor.does(ClientMessage::TakeStage).await;
    house.node.wait_grant(person, TrackSet { audio: false, video: true }).await;
    let view = hears(&mut actor, person, |view| view.place == Place::OnStage).await;
    assert_eq!(view.muted, TrackSet { audio: true, video: false });
    manager.does(mute(person, Kind::Video, true)).await;
    house.node.wait_grant(person, TrackSet::NONE).await;
    manager.does(mute(person, Kind::Audio, false)).await;
    house.node.wait_grant(person, TrackSet { audio: true, video: false }).await;
    let nobody = PersonId(uuid::Uuid::nil());
    assert_eq!(manager.fails(mute(nobody, Kind::Audio, true)).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn each_role_does_its_own() {
    let house = House::open().await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let curtain = ClientMessage::SetCurtain { raised: false };
    let refused = [
        (&mut actor, vec![curtain.clone(), mute(person, Kind::Audio, true)]),
        (
            &mut spectator,
            vec![
                ClientMessage::TakeStage,
                ClientMessage::LeaveStage,
                curtain,
                mute(person, Kind::Audio, true),
            ],
        ),
        (&mut manager, vec![ClientMessage::TakeStage, ClientMessage::LeaveStage]),
    ];
    for (page, messages) in refused {
        for message in messages {
            assert_eq!(page.fails(message).await, ErrorCode::Forbidden);
        }
    }
    assert_eq!(house.store.cue_log(house.performance.id).await.unwrap(), []);
}

#[tokio::test]
async fn the_crew_hears_of_everybody_and_the_house_counts() {
    let house = House::open().await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let (_, mut first) = Client::seated(&house, Role::Spectator).await;
    let (person, second) = Client::seated(&house, Role::Spectator).await;
    hears(&mut manager, person, |view| view.online && view.place == Place::Foyer).await;
    let two = ServerMessage::House { count: 2 };
    first.until("a house of two", |said| (*said == two).then_some(())).await;
    second.vanish();
    hears(&mut manager, person, |view| !view.online).await;
    let one = ServerMessage::House { count: 1 };
    first.until("a house of one", |said| (*said == one).then_some(())).await;
}

#[tokio::test]
async fn the_house_is_counted_now_and_then_not_at_every_head() {
    let house = Builder::new()
        .with(|config| config.timings.house_count = std::time::Duration::from_secs(3600))
        .open()
        .await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let mut audience = Vec::new();
    for _ in 0..5 {
        audience.push(Client::seated(&house, Role::Spectator).await);
    }
    let said = manager.catch_up().await;
    let counts = said.iter().filter_map(|said| match said {
        ServerMessage::House { count } => Some(*count),
        _ => None,
    });
    assert_eq!(counts.collect::<Vec<_>>(), [1]);
    let arrivals = said.iter().filter(|said| matches!(said, ServerMessage::Person(_))).count();
    assert_eq!(arrivals, 5, "the crew hears of each");
}

#[tokio::test]
async fn another_process_that_moves_the_stage_is_believed() {
    let house = House::open().await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let (person, mut actor) = Client::seated(&house, Role::Actor).await;
    let line = store::CueLine { actor: person, command: json!({ "type": "take_stage" }) };
    let state = json!({ "version": "1", "curtain_raised": true, "on_stage": [person] });
    house.store.record_cue(house.performance.id, 0, &state, &line).await.unwrap();
    manager.does(ClientMessage::SetCurtain { raised: false }).await;
    hears(&mut actor, person, |view| view.place == Place::OnStage).await;
    house.node.wait_view(1, &[person]).await;
    house.node.wait_view(0, &[]).await;
    let log = house.store.cue_log(house.performance.id).await.unwrap();
    assert_eq!(log.len(), 2, "the curtain was moved from what the other process had left");
}
