//! WHIP and WHEP from the offer to the end.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use protocol::media::{MediaCommand, TrackSet, ViewId};
use protocol::ws::{ClientMessage, ServerMessage};
use protocol::{MediaSessionId, Place, Role};

use crate::support::{Client, House, Reply};

const OFFER: &str = "v=0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n";
const CANDIDATES: &str = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
    a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host\r\n";
const RESTART: &str = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";

fn post(path: &str, token: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/sdp")
        .body(body.into())
        .unwrap()
}

fn patch(path: &str, token: &str, if_match: Option<&str>, body: &'static str) -> Request<Body> {
    let request = Request::patch(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/trickle-ice-sdpfrag");
    let request = match if_match {
        Some(tag) => request.header("if-match", tag),
        None => request,
    };
    request.body(body.into()).unwrap()
}

fn delete(path: &str, token: &str) -> Request<Body> {
    let request = Request::delete(path).header("authorization", format!("Bearer {token}"));
    request.body(Body::empty()).unwrap()
}

/// The session that a Location names.
fn session(location: &str) -> MediaSessionId {
    location.rsplit('/').next().unwrap().parse().unwrap()
}

async fn begins(house: &House, path: &str, token: &str) -> Reply {
    let reply = house.request(post(path, token, OFFER)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply
}

#[tokio::test]
async fn whip_from_the_offer_to_the_end() {
    let house = House::open().await;
    let (person, token) = house.token(Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let reply = begins(&house, "/whip/demo", &token).await;
    let location = reply.header("location").to_owned();
    let first_tag = reply.header("etag").to_owned();
    assert_eq!(reply.header("content-type"), "application/sdp");
    assert_eq!(reply.body, format!("answer {}", session(&location)));
    assert!(location.starts_with("/whip/demo/") && first_tag.starts_with('"'));
    house.node.wait_view(0, &[person]).await;
    house.node.wait_grant(person, TrackSet::ALL).await;
    house.node.connected(house.room(), person).await;
    let view = spectator
        .until("the publisher", |said| match said {
            ServerMessage::Person(view) if view.id == person && view.online => Some(view.clone()),
            _ => None,
        })
        .await;
    assert_eq!(view.place, Place::OnStage);

    let trickle = house.request(patch(&location, &token, Some(&first_tag), CANDIDATES)).await;
    assert_eq!((trickle.status, trickle.header("etag")), (StatusCode::NO_CONTENT, ""));
    let restart = house.request(patch(&location, &token, Some("*"), RESTART)).await;
    assert_eq!(restart.status, StatusCode::OK);
    assert_eq!(restart.header("content-type"), "application/trickle-ice-sdpfrag");
    assert!(restart.body.contains("a=ice-ufrag:nodeysXw\r\n"), "{}", restart.body);
    assert!(restart.body.contains("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 "));
    let second_tag = restart.header("etag").to_owned();
    assert!(second_tag.starts_with('"') && second_tag != first_tag);
    let cases = [
        (Some(first_tag.as_str()), CANDIDATES, StatusCode::PRECONDITION_FAILED),
        (None, CANDIDATES, StatusCode::PRECONDITION_REQUIRED),
        (Some(second_tag.as_str()), RESTART, StatusCode::NO_CONTENT),
        (Some("*"), RESTART, StatusCode::NO_CONTENT),
        (Some("*"), "v=0", StatusCode::BAD_REQUEST),
    ];
    for (tag, body, status) in cases {
        let reply = house.request(patch(&location, &token, tag, body)).await;
        assert_eq!(reply.status, status, "{tag:?} {body}");
    }

    assert_eq!(house.request(delete(&location, &token)).await.status, StatusCode::OK);
    house.node.wait_end(session(&location)).await;
    house.node.wait_view(0, &[]).await;
    assert_eq!(house.request(delete(&location, &token)).await.status, StatusCode::NOT_FOUND);
    let late = house.request(patch(&location, &token, Some("*"), RESTART)).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whep_watches_what_the_role_may_see() {
    let house = House::open().await;
    for (role, view) in
        [(Role::Spectator, ViewId(0)), (Role::Actor, ViewId(1)), (Role::StageManager, ViewId(1))]
    {
        let (person, token) = house.token(role).await;
        let reply = begins(&house, "/whep/demo", &token).await;
        assert!(reply.header("location").starts_with("/whep/demo/"));
        let connect = house
            .node
            .wait("a connection", |told| {
                told.iter().find_map(|request| match &request.command {
                    MediaCommand::Connect { participant, view, publish, .. }
                        if *participant == person.into() =>
                    {
                        Some((*view, *publish))
                    }
                    _ => None,
                })
            })
            .await;
        assert_eq!(connect, (view, TrackSet::NONE));
    }
    house.node.wait_view(0, &[]).await;
}

#[tokio::test]
async fn a_curtain_that_is_down_makes_whep_wait_and_not_fail() {
    let house = House::open().await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    manager.does(ClientMessage::SetCurtain { raised: false }).await;
    let (_, token) = house.token(Role::Spectator).await;
    begins(&house, "/whep/demo", &token).await;
}

#[tokio::test]
async fn whatever_is_wrong_with_access_is_401_and_says_nothing() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Actor).await;
    let (_, spectator) = house.token(Role::Spectator).await;
    let mut bodies = Vec::new();
    for (path, token) in [
        ("/whip/demo", ""),
        ("/whip/demo", "a.b.c"),
        ("/whip/another", token.as_str()),
        ("/whip/Nonsense!", token.as_str()),
        ("/whep/another", spectator.as_str()),
    ] {
        let reply = house.request(post(path, token, OFFER)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path} {token}");
        bodies.push(reply.body);
    }
    let bare = Request::post("/whip/demo").body(Body::from(OFFER)).unwrap();
    let reply = house.request(bare).await;
    assert_eq!(
        (reply.status, reply.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Bearer")
    );
    bodies.push(reply.body);
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    let role = house.request(post("/whip/demo", &spectator, OFFER)).await;
    assert_eq!(role.status, StatusCode::FORBIDDEN, "a wrong role is told so");
    house.clock.advance(protocol::token::TOKEN_LIFETIME);
    let late = house.request(post("/whip/demo", &token, OFFER)).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn offers_are_checked() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Actor).await;
    let other_type = Request::post("/whip/demo")
        .header("authorization", format!("bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from("{}"))
        .unwrap();
    let reply = house.request(other_type).await;
    assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = "x".repeat(protocol::ws::MAX_MESSAGE_SIZE + 1);
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(large.clone())]);
    let cases = [
        (Body::from(large), StatusCode::PAYLOAD_TOO_LARGE),
        (Body::from_stream(chunks), StatusCode::PAYLOAD_TOO_LARGE),
        (Body::from("bad"), StatusCode::BAD_REQUEST),
        (Body::from(vec![0xff, 0xfe]), StatusCode::BAD_REQUEST),
        (Body::from("no codec"), StatusCode::NOT_ACCEPTABLE),
        (Body::from("lost"), StatusCode::SERVICE_UNAVAILABLE),
    ];
    for (body, status) in cases {
        assert_eq!(house.request(post("/whip/demo", &token, body)).await.status, status);
    }
    house.node.wait_view(0, &[]).await;
}

#[tokio::test]
async fn a_newer_session_ends_the_older_whose_address_is_gone() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Spectator).await;
    let older = begins(&house, "/whep/demo", &token).await.header("location").to_owned();
    let newer = begins(&house, "/whep/demo", &token).await.header("location").to_owned();
    assert_eq!(house.request(delete(&older, &token)).await.status, StatusCode::NOT_FOUND);
    let reply = house.request(patch(&older, &token, Some("*"), RESTART)).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let (_, stranger) = house.token(Role::Spectator).await;
    assert_eq!(house.request(delete(&newer, &stranger)).await.status, StatusCode::NOT_FOUND);
    let wrong_kind = newer.replace("/whep/", "/whip/");
    assert_eq!(house.request(delete(&wrong_kind, &token)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.request(delete(&newer, "a.b.c")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.request(delete(&newer, &token)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn patch_and_delete_outlive_the_token() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Actor).await;
    let location = begins(&house, "/whip/demo", &token).await.header("location").to_owned();
    house.clock.advance(protocol::token::TOKEN_LIFETIME + Duration::from_secs(3600));
    let restart = house.request(patch(&location, &token, Some("*"), RESTART)).await;
    assert_eq!(restart.status, StatusCode::OK);
    assert_eq!(house.request(delete(&location, &token)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn whep_beside_a_page_takes_the_seat_from_it() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Spectator).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    page.offers("v=0").await;
    let location = begins(&house, "/whep/demo", &token).await.header("location").to_owned();
    assert_eq!(page.ended().await, (Some(ServerMessage::TakenOver), 4409));
    let mut again = Client::greet(&house, &token, None).await.client;
    again.offers("v=0").await;
    assert_eq!(house.request(delete(&location, &token)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_without_media_steers_what_a_tool_publishes() {
    let house = House::open().await;
    let (person, token) = house.token(Role::Actor).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    let location = begins(&house, "/whip/demo", &token).await.header("location").to_owned();
    house.node.wait_view(0, &[person]).await;
    page.does(ClientMessage::LeaveStage).await;
    house.node.wait_grant(person, TrackSet::NONE).await;
    page.does(ClientMessage::TakeStage).await;
    assert_eq!(house.request(delete(&location, &token)).await.status, StatusCode::OK);
    page.does(ClientMessage::TakeStage).await;
    house.node.wait_view(0, &[person]).await;
}

#[tokio::test]
async fn pages_of_any_origin_may_ask_what_is_allowed() {
    let house = House::open().await;
    for path in ["/whip/demo", "/whep/demo/x"] {
        let preflight = Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header("origin", "https://tool.example")
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .unwrap();
        let reply = house.request(preflight).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("accept-post"), "application/sdp");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert!(reply.header("access-control-allow-headers").contains("Authorization"));
        assert!(reply.header("access-control-allow-methods").contains("PATCH"));
        assert!(reply.header("access-control-expose-headers").contains("Location"));
    }
    let reply = house.request(Request::get("/whip/demo").body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    let denied = house.request(post("/whip/demo", "", OFFER)).await;
    assert_eq!(denied.header("access-control-allow-origin"), "*", "refusals can be read too");
}
