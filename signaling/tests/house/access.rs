//! Links, tokens, take-overs, revocations.

use std::time::Duration;

use axum::http::StatusCode;
use protocol::media::MediaCommand;
use protocol::ws::{ClientMessage, ServerMessage};
use protocol::{AccessLink, ErrorCode, Keyring, Place, Role};

use crate::support::{Builder, Client, DEVICE, House, hello, post_session};

#[tokio::test]
async fn a_link_becomes_a_token_that_takes_a_seat() {
    let house = House::open().await;
    let seat = house.seat(Role::Spectator).await;
    let session = house.enter(&seat.secret).await;
    assert_eq!(session.role, Role::Spectator);
    assert_eq!(session.performance.slug, house.performance.slug);
    assert!(session.performance.cast.len() >= 2);
    let greeting = Client::greet(&house, &session.token, None).await;
    let snapshot = greeting.snapshot();
    assert_eq!((snapshot.me.id, snapshot.me.place), (seat.person, Place::Foyer));
    assert!(snapshot.me.online && snapshot.curtain_raised);
    assert_eq!(snapshot.house, 1);
    assert_eq!(greeting.welcome.media_session, None);
}

#[tokio::test]
async fn every_refusal_of_a_link_looks_the_same() {
    let house = House::open().await;
    let refunded = house.seat(Role::Spectator).await;
    let AccessLink { kind, version } = refunded.link;
    let protocol::LinkKind::Ticket(ticket) = kind else { panic!("a spectator has a ticket") };
    house.store.refund_ticket(ticket, store::Actor::System).await.unwrap();
    let good = house.seat(Role::Spectator).await;
    let foreign = Keyring::new(vec![(1, vec![8; Keyring::KEY_LENGTH].into())]).unwrap();
    let links = [
        String::new(),
        "nonsense".to_owned(),
        good.secret[..55].to_owned(),
        good.link.seal(&foreign),
        AccessLink { version: version + 1, ..good.link }.seal(&house.keyring),
        AccessLink {
            kind: protocol::LinkKind::Ticket(protocol::TicketId(uuid::Uuid::nil())),
            version: 1,
        }
        .seal(&house.keyring),
        refunded.secret,
    ];
    let mut bodies = Vec::new();
    for link in &links {
        let reply = house.request(post_session(link, DEVICE)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{link}");
        assert_eq!(reply.json()["code"], "access_denied");
        bodies.push((reply.body, reply.headers));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "one body, the same headers");
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused() {
    let house = House::open().await;
    let cases = [
        ("", StatusCode::BAD_REQUEST),
        ("{}", StatusCode::BAD_REQUEST),
        (r#"{"link":"x","device":"short"}"#, StatusCode::BAD_REQUEST),
        (r#"{"link":"x","device":"device-0123456789","role":"actor"}"#, StatusCode::BAD_REQUEST),
        (&"x".repeat(5000), StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (body, status) in cases {
        let request =
            axum::http::Request::post("/api/session").body(body.to_owned().into()).unwrap();
        assert_eq!(house.request(request).await.status, status, "{body:.40}");
    }
}

#[tokio::test]
async fn a_token_that_does_not_admit_says_nothing_else() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Actor).await;
    let seat = house.seat(Role::Spectator).await;
    let of_device = house.enter(&seat.secret).await.token;
    house.clock.advance(Duration::from_secs(1));
    let mut tampered = token.clone();
    tampered.truncate(token.len() - 2);
    for token in ["", "a.b.c", &tampered] {
        let mut client = Client::connect(&house).await;
        assert_eq!(client.fails(hello(token, None)).await, ErrorCode::AccessDenied);
        assert_eq!(client.ended().await.1, 4401);
    }
    let mut stranger = Client::connect(&house).await;
    let elsewhere = ClientMessage::Hello(protocol::ws::Hello {
        token: of_device,
        device: "another-device-0001".parse().unwrap(),
        resume: None,
    });
    assert_eq!(stranger.fails(elsewhere).await, ErrorCode::AccessDenied);
    house.clock.advance(protocol::token::TOKEN_LIFETIME);
    let mut late = Client::connect(&house).await;
    assert_eq!(late.fails(hello(&token, None)).await, ErrorCode::AccessDenied);
}

#[tokio::test]
async fn a_second_device_takes_the_seat_and_the_first_is_told() {
    let house = House::open().await;
    let seat = house.seat(Role::Actor).await;
    let first = house.enter(&seat.secret).await;
    let mut page = Client::greet(&house, &first.token, None).await.client;
    page.does(ClientMessage::TakeStage).await;
    let media = page.offers("v=0").await;
    let reply = house.request(post_session(&seat.secret, "another-device-0001")).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(page.ended().await, (Some(ServerMessage::TakenOver), 4409));
    house.node.wait_end(media).await;

    let mut again = Client::connect(&house).await;
    again.request(hello(&first.token, page.resume())).await;
    assert_eq!(again.ended().await, (Some(ServerMessage::TakenOver), 4409), "told on return too");

    let mut second = Client::connect(&house).await;
    let id = second
        .request(ClientMessage::Hello(protocol::ws::Hello {
            token: reply.json()["token"].as_str().unwrap().to_owned(),
            device: "another-device-0001".parse().unwrap(),
            resume: None,
        }))
        .await;
    let ServerMessage::Welcome(welcome) = second.answer(id).await else { panic!("no welcome") };
    assert_eq!(welcome.snapshot.unwrap().me.place, Place::OnStage, "the place is kept");
}

#[tokio::test]
async fn a_thousand_sessions_on_one_token_do_no_harm() {
    let house =
        Builder::new().with(|config| config.limits.connections_per_address = 2000).open().await;
    let (_, other) = Client::seated(&house, Role::Spectator).await;
    let (_, token) = house.token(Role::Spectator).await;
    let mut last = Client::greet(&house, &token, None).await.client;
    for _ in 0..200 {
        let newest = Client::greet(&house, &token, None).await.client;
        assert_eq!(last.ended().await, (Some(ServerMessage::TakenOver), 4409));
        last = newest;
    }
    assert_eq!(last.ask(ClientMessage::Ping).await, ServerMessage::Pong);
    let mut other = other;
    let counts: Vec<_> = other
        .catch_up()
        .await
        .into_iter()
        .map(|message| match message {
            ServerMessage::House { count } => count,
            other => panic!("not of the house: {other:?}"),
        })
        .collect();
    assert!(counts.iter().all(|count| *count <= 2), "one seat, however many sockets: {counts:?}");
}

#[tokio::test]
async fn a_refund_ends_the_visit() {
    let house = House::open().await;
    let seat = house.seat(Role::Spectator).await;
    let token = house.enter(&seat.secret).await.token;
    let mut page = Client::greet(&house, &token, None).await.client;
    let media = page.offers("v=0").await;
    let protocol::LinkKind::Ticket(ticket) = seat.link.kind else { panic!("a ticket") };
    house.store.refund_ticket(ticket, store::Actor::System).await.unwrap();
    house.deliver().await;
    assert_eq!(page.ended().await, (Some(ServerMessage::Revoked), 4410));
    house.node.wait_end(media).await;
    let mut again = Client::connect(&house).await;
    again.request(hello(&token, None)).await;
    assert_eq!(again.ended().await, (Some(ServerMessage::Revoked), 4410));
}

#[tokio::test]
async fn a_revoked_actor_leaves_the_stage() {
    let house = House::open().await;
    let seat = house.seat(Role::Actor).await;
    let token = house.token_of(&seat).await;
    let mut actor = Client::greet(&house, &token, None).await.client;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    actor.does(ClientMessage::TakeStage).await;
    house.node.wait_view(0, &[seat.person]).await;
    let protocol::LinkKind::Invite(invite) = seat.link.kind else { panic!("an invite") };
    house.store.revoke_invite(invite, store::Actor::System).await.unwrap();
    house.deliver().await;
    assert_eq!(actor.ended().await, (Some(ServerMessage::Revoked), 4410));
    house.node.wait_view(0, &[]).await;
    let gone = ServerMessage::PersonLeft { person: seat.person };
    spectator.until("the actor to be gone", |said| (*said == gone).then_some(())).await;
}

#[tokio::test]
async fn news_that_were_lost_on_the_bus_are_read_from_the_store() {
    let house = House::open().await;
    let seat = house.seat(Role::Spectator).await;
    let token = house.token_of(&seat).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    let protocol::LinkKind::Ticket(ticket) = seat.link.kind else { panic!("a ticket") };
    house.store.refund_ticket(ticket, store::Actor::System).await.unwrap();
    // More than the bus keeps, before anybody has a chance to listen.
    for _ in 0..2 * bus::DEFAULT_CAPACITY {
        house.bus.publish(store::HouseMessage::TakenOver {
            performance: house.performance.id,
            person: seat.person,
            sessions: Vec::new(),
        });
    }
    assert_eq!(page.ended().await, (Some(ServerMessage::Revoked), 4410));
}

#[tokio::test]
async fn a_refund_that_nobody_told_is_found_in_time() {
    let house = Builder::new()
        .with(|config| config.timings.verify = Duration::from_millis(50))
        .open()
        .await;
    let seat = house.seat(Role::Spectator).await;
    let token = house.token_of(&seat).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    let protocol::LinkKind::Ticket(ticket) = seat.link.kind else { panic!("a ticket") };
    house.store.refund_ticket(ticket, store::Actor::System).await.unwrap();
    // Nothing is delivered.
    assert_eq!(page.ended().await, (Some(ServerMessage::Revoked), 4410));
}

#[tokio::test]
async fn the_end_of_a_performance_is_the_end_for_all() {
    let house = House::open().await;
    let (_, mut actor) = Client::seated(&house, Role::Actor).await;
    let (_, mut spectator) = Client::seated(&house, Role::Spectator).await;
    let performance = house.performance.id;
    house.bus.publish(store::HouseMessage::PerformanceOver { performance });
    for page in [&mut actor, &mut spectator] {
        assert_eq!(page.ended().await, (Some(ServerMessage::Revoked), 4410));
    }
    house
        .node
        .wait("the room to be closed", |told| {
            told.iter().any(|request| request.command == MediaCommand::CloseRoom).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_live_session_renews_its_token() {
    let house = House::open().await;
    let (_, token) = house.token(Role::Spectator).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    house.clock.advance(protocol::token::TOKEN_LIFETIME * 2);
    let ServerMessage::Token { token: fresh, .. } = page.ask(ClientMessage::Renew).await else {
        panic!("no token")
    };
    page.vanish();
    let mut late = Client::connect(&house).await;
    assert_eq!(late.fails(hello(&token, None)).await, ErrorCode::AccessDenied);
    Client::greet(&house, &fresh, None).await;
}
