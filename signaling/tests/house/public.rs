//! Health, metrics, headers.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::{Builder, DEVICE, House, post_session};

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn health_follows_what_a_session_needs() {
    let house = House::open().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(house.request(get(path)).await.status, StatusCode::OK);
    }
    house.store.close().await;
    assert_eq!(house.request(get("/healthz")).await.status, StatusCode::OK);
    assert_eq!(house.request(get("/readyz")).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn metrics_are_for_this_machine_only() {
    let house = Builder::new()
        .with(|config| config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()])
        .open()
        .await;
    house.request(post_session("nonsense", DEVICE)).await;
    let own = house.request(get("/metrics")).await;
    assert_eq!(own.status, StatusCode::OK);
    assert!(own.body.contains("signaling_sessions_refused_total"), "{}", own.body);
    assert!(own.body.contains("# HELP other_total"), "other services are in it");
    let through = |client: &str| {
        Request::get("/metrics").header("x-forwarded-for", client).body(Body::empty()).unwrap()
    };
    let cases = [
        ("192.0.2.1", get("/metrics"), StatusCode::NOT_FOUND),
        ("127.0.0.1", through("127.0.0.1"), StatusCode::NOT_FOUND),
        ("10.0.0.1", through("192.0.2.1"), StatusCode::NOT_FOUND),
        ("10.0.0.1", get("/metrics"), StatusCode::NOT_FOUND),
        ("10.0.0.1", through("127.0.0.1"), StatusCode::OK),
    ];
    for (peer, request, status) in cases {
        assert_eq!(house.request_from(peer, request).await.status, status, "{peer}");
    }
}

#[tokio::test]
async fn data_is_neither_kept_nor_guessed_nor_framed() {
    let house = House::open().await;
    let reply = house.request(post_session("nonsense", DEVICE)).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(reply.header("permissions-policy").contains("camera=(self)"));
}

#[tokio::test]
async fn a_refusal_speaks_the_persons_language() {
    let house = House::open().await;
    let ask = |language: &str| {
        Request::post("/whip/demo").header("accept-language", language).body(Body::empty()).unwrap()
    };
    let russian = house.request(ask("ru")).await.json()["text"].as_str().unwrap().to_owned();
    let english = house.request(ask("en-US,en")).await.json()["text"].as_str().unwrap().to_owned();
    assert!(russian.contains("ссылк") && english.contains("link"), "{russian} {english}");
}
