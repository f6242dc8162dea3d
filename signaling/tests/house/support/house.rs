//! A house on a free port with a database of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use bus::Bus;
use protocol::clock::ManualClock;
use protocol::http::SessionResponse;
use protocol::{AccessLink, Keyring, PersonId, Role, RoomId, Slug, Timestamp};
use serde_json::json;
use signaling::{Deps, MediaPort, Signaling, SignalingConfig};
use store::testing::TestDatabase;
use store::{HouseMessage, PerformanceRecord, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{Node, soon};

pub(crate) const DEVICE: &str = "device-0123456789";

/// Noon on 2 November 2026.
const NOON: Timestamp = Timestamp(1_793_620_800_000_000);

pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) bus: Bus<HouseMessage>,
    pub(crate) node: Node,
    pub(crate) performance: PerformanceRecord,
    pub(crate) address: SocketAddr,
    router: Router,
    config: SignalingConfig,
    shutdown: CancellationToken,
    server: tokio::task::JoinHandle<()>,
    database: Arc<TestDatabase>,
}

/// Somebody's link.
pub(crate) struct Seat {
    pub(crate) person: PersonId,
    pub(crate) link: AccessLink,
    pub(crate) secret: String,
}

/// A house to be.
pub(crate) struct Builder {
    pub(crate) config: SignalingConfig,
    database: Arc<TestDatabase>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self::on(TestDatabase::sqlite())
    }

    pub(crate) fn on(database: TestDatabase) -> Self {
        let mut config = SignalingConfig::default();
        // Quick where a test would wait, patient where it would race.
        config.timings.refusal = Duration::from_millis(1);
        config.timings.tick = Duration::from_millis(20);
        config.timings.house_count = Duration::from_millis(1);
        config.timings.media = Duration::from_secs(60);
        config.timings.ping = Duration::from_secs(60);
        config.timings.silence = Duration::from_secs(600);
        config.timings.seat_grace = Duration::from_secs(600);
        config.timings.hello = Duration::from_secs(60);
        config.timings.write = Duration::from_secs(60);
        Self { config, database: Arc::new(database) }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut SignalingConfig)) -> Self {
        change(&mut self.config);
        self
    }

    pub(crate) async fn open(self) -> House {
        let Self { config, database } = self;
        let clock = Arc::new(ManualClock::at(NOON));
        let secret = vec![7; Keyring::KEY_LENGTH].into();
        let keyring = Arc::new(Keyring::new(vec![(1, secret)]).unwrap());
        House::start(config, database, clock, keyring).await
    }
}

impl House {
    pub(crate) async fn open() -> Self {
        Builder::new().open().await
    }

    async fn start(
        config: SignalingConfig,
        database: Arc<TestDatabase>,
        clock: Arc<ManualClock>,
        keyring: Arc<Keyring>,
    ) -> Self {
        let entropy = Arc::new(protocol::SystemEntropy);
        let store = database.open(clock.clone(), entropy.clone()).await.unwrap();
        let demo = store.ensure_demo().await.unwrap();
        let bus = Bus::in_process();
        let (media, peer) = MediaPort::pair();
        let shutdown = CancellationToken::new();
        let deps = Deps {
            store: store.clone(),
            keyring: Arc::clone(&keyring),
            media,
            bus: bus.clone(),
            expositions: vec![Arc::new(|| "# HELP other_total Of another service.\n".to_owned())],
            clock: clock.clone(),
            entropy,
        };
        let signaling = Signaling::start(config.clone(), deps, shutdown.clone());
        let router = signaling.router();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let stop = shutdown.clone();
        let server = tokio::spawn(async move {
            let serve = axum::serve(listener, service);
            serve.with_graceful_shutdown(stop.cancelled_owned()).await.unwrap();
            signaling.stopped().await;
        });
        Self {
            node: Node::start(peer),
            performance: demo.performance,
            store,
            clock,
            keyring,
            bus,
            address,
            router,
            config,
            shutdown,
            server,
            database,
        }
    }

    /// Stops this house and opens one on the same database and the same keys.
    pub(crate) async fn restart(self) -> Self {
        let Self { config, database, clock, keyring, shutdown, server, store, .. } = self;
        shutdown.cancel();
        soon("the house to close", server).await.unwrap();
        store.close().await;
        Self::start(config, database, clock, keyring).await
    }

    pub(crate) fn room(&self) -> RoomId {
        self.performance.id.into()
    }

    pub(crate) fn slug(&self) -> &Slug {
        &self.performance.slug
    }

    /// A new person with a link.
    pub(crate) async fn seat(&self, role: Role) -> Seat {
        let seats = self.store.demo_admit(self.slug(), role, 1).await.unwrap();
        let seat = seats.into_iter().next().unwrap();
        let secret = seat.link.seal(&self.keyring);
        Seat { person: seat.person, link: seat.link, secret }
    }

    /// A new person with a token that is bound to no device.
    pub(crate) async fn token(&self, role: Role) -> (PersonId, String) {
        let seat = self.seat(role).await;
        let token = self.token_of(&seat).await;
        (seat.person, token)
    }

    pub(crate) async fn token_of(&self, seat: &Seat) -> String {
        let admission = self.store.open_session_for(seat.link).await.unwrap();
        admission.session.claims().seal(&self.keyring, protocol::Clock::now(&*self.clock)).0
    }

    /// What the box office has decided reaches everybody.
    pub(crate) async fn deliver(&self) {
        self.store.deliver_messages(&self.bus).await.unwrap();
    }

    /// Sends a request straight to the routes, from an address.
    pub(crate) async fn request_from(&self, peer: &str, request: Request<Body>) -> Reply {
        let mut request = request;
        let peer: SocketAddr = format!("{peer}:40000").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = soon("a response", self.router.clone().oneshot(request)).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn request(&self, request: Request<Body>) -> Reply {
        self.request_from("127.0.0.1", request).await
    }

    /// Enters by a link; the token.
    pub(crate) async fn enter(&self, secret: &str) -> SessionResponse {
        let reply = self.request(post_session(secret, DEVICE)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    }
}

/// A response that was read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) fn post_session(link: &str, device: &str) -> Request<Body> {
    let body = json!({ "link": link, "device": device, "language": "en" });
    Request::post("/api/session")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}
