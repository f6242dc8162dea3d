//! Those who ask too much, too often, or do not listen.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::StreamExt as _;
use protocol::ws::{ClientMessage, MAX_MESSAGE_SIZE, ServerMessage};
use protocol::{ErrorCode, Role};
use signaling::config::Rate;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::{Builder, Client, DEVICE, House, hello, post_session, soon};

/// A rate that gives nothing back while a test runs.
fn seldom(burst: u32) -> Rate {
    Rate::every(Duration::from_secs(3600), burst)
}

#[tokio::test]
async fn one_address_opens_so_many_sessions_and_takes_nothing_from_others() {
    let house =
        Builder::new().with(|config| config.limits.sessions_per_address = seldom(2)).open().await;
    for status in [401, 401, 429, 429] {
        let reply = house.request_from("192.0.2.1", post_session("x", DEVICE)).await;
        assert_eq!(reply.status.as_u16(), status);
    }
    let whip = Request::post("/whip/demo").body(Body::empty()).unwrap();
    let reply = house.request_from("192.0.2.1", whip).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.header("retry-after"), "5");
    let other = house.request_from("192.0.2.2", post_session("x", DEVICE)).await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sockets_are_counted() {
    let house =
        Builder::new().with(|config| config.limits.connections_per_address = 2).open().await;
    let url = format!("ws://{}/api/ws", house.address);
    let first = Client::connect(&house).await;
    let _second = Client::connect(&house).await;
    let refused = connect_async(&url).await.unwrap_err();
    assert!(refused.to_string().contains("429"), "{refused}");
    first.vanish();
    soon("a place to be free", async {
        while connect_async(&url).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_of_another_origin_opens_no_socket() {
    let house = House::open().await;
    let url = format!("ws://{}/api/ws", house.address);
    let from = |origin: &str| {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    let refused = connect_async(from("https://evil.example")).await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    connect_async(from(&format!("http://{}", house.address))).await.unwrap();
}

#[tokio::test]
async fn who_does_not_greet_is_sent_away() {
    let house =
        Builder::new().with(|config| config.timings.hello = Duration::from_millis(50)).open().await;
    let mut silent = Client::connect(&house).await;
    assert_eq!(silent.ended().await, (None, 4408));
}

#[tokio::test]
async fn the_first_message_is_a_greeting() {
    let house = House::open().await;
    let long = format!("{{\"v\":1,\"type\":\"{}\"}}", "x".repeat(MAX_MESSAGE_SIZE));
    let cases = [
        (r#"{"v":1,"type":"ping"}"#, ErrorCode::BadRequest, 4400),
        ("nonsense", ErrorCode::BadRequest, 4400),
        (r#"{"v":9,"type":"hello","body":{}}"#, ErrorCode::UnsupportedVersion, 4426),
        (&long, ErrorCode::TooLarge, 1009),
    ];
    for (text, code, close) in cases {
        let mut client = Client::connect(&house).await;
        client.send_text(text).await;
        let (last, closed) = client.ended().await;
        let Some(ServerMessage::Error(error)) = last else { panic!("no error: {last:?}") };
        assert_eq!((error.code, closed), (code, close), "{text:.30}");
    }
}

#[tokio::test]
async fn a_message_of_the_largest_size_is_taken_and_a_larger_one_refused() {
    let house = House::open().await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    let envelope = r#"{"v":1,"id":900,"type":"offer","body":{"sdp":""}}"#.len();
    let sdp = "x".repeat(MAX_MESSAGE_SIZE - envelope);
    page.send_text(&format!(r#"{{"v":1,"id":900,"type":"offer","body":{{"sdp":"{sdp}"}}}}"#)).await;
    assert!(matches!(page.answer(900).await, ServerMessage::Answer(_)));
    page.send_text(&format!(r#"{{"v":1,"id":901,"type":"offer","body":{{"sdp":"{sdp}x"}}}}"#))
        .await;
    let (last, code) = page.ended().await;
    let Some(ServerMessage::Error(error)) = last else { panic!("no error: {last:?}") };
    assert_eq!((error.code, code), (ErrorCode::TooLarge, 1009));
}

#[tokio::test]
async fn a_message_of_monstrous_size_ends_the_socket_alone() {
    let house = House::open().await;
    let (_, mut other) = Client::seated(&house, Role::Spectator).await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    let monster = "x".repeat(4 * MAX_MESSAGE_SIZE);
    page.send_text(&monster).await;
    page.ended().await;
    assert_eq!(other.ask(ClientMessage::Ping).await, ServerMessage::Pong);
}

#[tokio::test]
async fn unreadable_messages_are_refused_and_then_the_socket() {
    let house = Builder::new().with(|config| config.limits.strikes = 4).open().await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    page.send_text(r#"{"v":1,"id":700,"type":"sing"}"#).await;
    let ServerMessage::Error(error) = page.answer(700).await else { panic!("not refused") };
    assert_eq!(error.code, ErrorCode::BadRequest);
    assert_eq!(page.fails(hello("x", None)).await, ErrorCode::BadRequest, "a second greeting");
    assert_eq!(page.ask(ClientMessage::Ping).await, ServerMessage::Pong);
    page.send_raw(Message::binary(vec![1, 2, 3])).await;
    page.send_text("[]").await;
    let (last, code) = page.ended().await;
    assert!(matches!(last, Some(ServerMessage::Error(_))), "{last:?}");
    assert_eq!(code, 4400);
}

#[tokio::test]
async fn messages_above_the_rate_are_refused_and_then_the_socket() {
    let house = Builder::new()
        .with(|config| {
            config.limits.messages = seldom(5);
            config.limits.strikes = 3;
        })
        .open()
        .await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    for _ in 0..5 {
        assert_eq!(page.ask(ClientMessage::Ping).await, ServerMessage::Pong);
    }
    assert_eq!(page.fails(ClientMessage::Ping).await, ErrorCode::RateLimited);
    assert_eq!(page.fails(ClientMessage::Ping).await, ErrorCode::RateLimited);
    page.request(ClientMessage::Ping).await;
    assert_eq!(page.ended().await.1, 4429);
}

#[tokio::test]
async fn offers_have_a_rate_of_their_own() {
    let house = Builder::new().with(|config| config.limits.offers = seldom(1)).open().await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    page.offers("v=0").await;
    let again = ClientMessage::Offer { sdp: "v=0".to_owned() };
    assert_eq!(page.fails(again).await, ErrorCode::RateLimited);
    assert_eq!(page.ask(ClientMessage::Ping).await, ServerMessage::Pong);
}

#[tokio::test]
async fn a_silent_socket_is_closed_and_its_seat_kept() {
    let house = Builder::new()
        .with(|config| {
            config.timings.ping = Duration::from_millis(20);
            config.timings.silence = Duration::from_millis(100);
        })
        .open()
        .await;
    let seat = house.seat(Role::Actor).await;
    let token = house.token_of(&seat).await;
    // A client that shakes hands by itself and never answers a ping.
    let mut socket = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let request = format!(
        "GET /api/ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        house.address
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let text = serde_json::to_string(&protocol::ws::ClientEnvelope {
        v: protocol::ws::VERSION,
        id: None,
        message: hello(&token, None),
    })
    .unwrap();
    socket.write_all(&masked(&text)).await.unwrap();
    let mut heard = Vec::new();
    let all = tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut heard);
    soon("the server to close", all).await.unwrap();
    assert!(heard.windows(9).any(|window| window == b"\"welcome\""), "it was seated");
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    manager
        .does(ClientMessage::SetMute {
            person: seat.person,
            kind: protocol::media::Kind::Audio,
            muted: true,
        })
        .await;
}

/// A text frame as a client sends it (RFC 6455 section 5.2), under a mask of zeros.
fn masked(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    assert!(length >= 126, "the short form is not needed here");
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.bytes());
    frame
}

#[tokio::test]
async fn who_does_not_read_is_dropped_keeps_the_seat_and_slows_nobody() {
    let house = Builder::new()
        .with(|config| {
            config.limits.outbox = 16;
            config.limits.replay = 15;
            config.limits.messages = Rate::every(Duration::from_nanos(1), 1_000_000);
        })
        .open()
        .await;
    let (_, mut manager) = Client::seated(&house, Role::StageManager).await;
    let (person, token) = house.token(Role::Spectator).await;
    let mut deaf = Client::greet(&house, &token, None).await.client;
    // Slots with many people fill the buffers between the two ends sooner.
    let slots = |first: u32| {
        let slot = |slot: u8| protocol::media::SlotSource {
            slot,
            participant: protocol::ParticipantId(uuid::Uuid::max()),
            video_rtp: Some(first + u32::from(slot)),
        };
        (0..=255).map(slot).collect()
    };
    let mut flood = 0;
    let away = |said: &ServerMessage| matches!(said, ServerMessage::Person(view) if view.id == person && !view.online);
    soon("the deaf one to be dropped", async {
        loop {
            flood += 1;
            let event = protocol::media::MediaEventKind::Assigned {
                view: protocol::media::ViewId(0),
                slots: slots(flood * 256),
            };
            house.node.report(house.room(), event).await;
            if manager.catch_up().await.iter().any(away) {
                break;
            }
        }
    })
    .await;
    let resume = deaf.resume();
    // What it reads now ends without a goodbye.
    soon("the end", async { while deaf.read_any().await.is_some() {} }).await;
    let greeting = Client::greet(&house, &token, resume).await;
    assert_eq!(greeting.welcome.snapshot.map(|snapshot| snapshot.me.id).unwrap_or(person), person);
}

#[tokio::test]
async fn a_flood_of_strangers_is_counted_and_forgotten() {
    let house = House::open().await;
    let url = format!("ws://{}/api/ws", house.address);
    for _ in 0..50 {
        let (socket, _) = connect_async(&url).await.unwrap();
        drop(socket);
    }
    let (socket, _) = connect_async(&url).await.unwrap();
    let (_, mut reader) = socket.split();
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    assert_eq!(page.ask(ClientMessage::Ping).await, ServerMessage::Pong);
    drop(reader.next());
}
