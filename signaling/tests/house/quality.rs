//! How well links do: from the node to the crew, and to nobody else.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use protocol::media::{CloseReason, MediaCommand, MediaEventKind};
use protocol::quality::{LinkQuality, ParticipantQuality, PersonQuality, Trouble};
use protocol::ws::{ClientMessage, ServerMessage};
use protocol::{ErrorCode, PersonId, Role};

use crate::support::{Client, House};

fn weak() -> LinkQuality {
    let troubles = vec![Trouble::Loss { percent: 4 }];
    LinkQuality { audio: Some(34), video: Some(40), troubles }
}

fn news(people: &[PersonId], uplink: &LinkQuality) -> MediaEventKind {
    let of = |person: &PersonId| ParticipantQuality {
        participant: (*person).into(),
        uplink: Some(uplink.clone()),
        downlink: None,
    };
    MediaEventKind::Quality { participants: people.iter().map(of).collect() }
}

fn told(said: &ServerMessage) -> Option<Vec<PersonQuality>> {
    match said {
        ServerMessage::Quality { people } => Some(people.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn the_crew_hears_how_links_do_and_nobody_else() {
    let house = House::open().await;
    let (actor, mut page) = Client::seated(&house, Role::Actor).await;
    let (stranger, _) = house.token(Role::Spectator).await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let session = page.offers("v=0").await;
    house.node.report(house.room(), news(&[actor, stranger], &weak())).await;
    let expected = [PersonQuality { person: actor, uplink: Some(weak()), downlink: None }];
    let heard = manager.until("the actor's link", told).await;
    assert_eq!(heard, expected, "those without media are left out");
    // Who comes later hears it with the greeting.
    let (_, mut late) = Client::seated(&house, Role::StageManager).await;
    assert_eq!(late.until("the actor's link", told).await, expected);
    // When media ends, what was said is taken back.
    let closed = MediaEventKind::Closed {
        session,
        participant: actor.into(),
        reason: CloseReason::PeerClosed,
    };
    house.node.report(house.room(), closed).await;
    let nothing = [PersonQuality { person: actor, uplink: None, downlink: None }];
    assert_eq!(manager.until("the end of it", told).await, nothing);
    let said = page.catch_up().await;
    assert!(said.iter().all(|said| told(said).is_none()), "{said:?}");
}

#[tokio::test]
async fn the_node_hears_how_pictures_play() {
    let house = House::open().await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    let report = |frozen_percent| ClientMessage::ReportPlayback { frozen_percent };
    page.does(report(10)).await;
    let session = page.offers("v=0").await;
    page.does(report(20)).await;
    assert_eq!(page.fails(report(101)).await, ErrorCode::BadRequest);
    let heard = house
        .node
        .wait("what the page said", |told| {
            told.iter().find_map(|request| match request.command {
                MediaCommand::ReportPlayback { session, frozen_percent } => {
                    Some((session, frozen_percent))
                }
                _ => None,
            })
        })
        .await;
    assert_eq!(heard, (session, 20));
}

#[tokio::test]
async fn a_room_can_be_looked_at_by_operators_only() {
    let house = House::open().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let path = format!("/debug/rooms/{}", house.slug());
    let nobody = house.request(get(&path)).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    page.offers("v=0").await;
    let seen = house.request(get(&path)).await;
    assert_eq!((seen.status, &seen.json()["epoch"]), (StatusCode::OK, &7.into()), "{}", seen.body);
    for (path, status) in [
        ("/debug/rooms/none", StatusCode::NOT_FOUND),
        ("/debug/rooms/No%20Slug", StatusCode::NOT_FOUND),
        (&format!("{path}?addresses=true"), StatusCode::OK),
        (&format!("{path}?everything=true"), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(house.request(get(path)).await.status, status, "{path}");
    }
    let stranger = house.request_from("192.0.2.1", get(&path)).await;
    assert_eq!((stranger.status, stranger.body.as_str()), (StatusCode::NOT_FOUND, ""));
    let asked = house.node.commands();
    let asked = asked.iter().filter(|command| matches!(command, MediaCommand::Snapshot { .. }));
    let asked: Vec<_> = asked.cloned().collect();
    let snapshot = |addresses| MediaCommand::Snapshot { addresses };
    assert_eq!(asked, [snapshot(false), snapshot(false), snapshot(true)]);
}
