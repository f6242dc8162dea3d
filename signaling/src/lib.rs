//! Tickets to tokens to sessions, the stage engine, WHIP and WHEP.
//!
//! A link becomes a sitting with a token by one HTTP request; a WebSocket or a WHIP or WHEP
//! client takes the seat with it. Every performance in memory is one task that owns its stage and
//! its people; the database holds what must last, the media node carries sound and picture.

mod app;
pub mod config;
mod context;
mod deps;
mod http;
mod hub;
mod limits;
pub mod media_port;
pub mod metrics;
mod news;
mod routes;
pub mod security;
mod socket;
mod stage;
mod whip;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use app::App;
pub use config::SignalingConfig;
use context::Context;
pub use deps::{Deps, Exposition};
use hub::Hubs;
use limits::{AddressRates, ConnectionGate, Proxies};
use media_port::MediaClient;
pub use media_port::{MediaCall, MediaPeer, MediaPort};
use security::SecurityHeaders;

/// Signalling at work.
pub struct Signaling {
    app: Arc<App>,
    router: Router,
}

impl Signaling {
    /// Starts signalling's tasks; they end by `shutdown`. Needs a tokio runtime. Installs the
    /// process's metrics recorder unless that was done before.
    #[must_use]
    pub fn start(config: SignalingConfig, deps: Deps, shutdown: CancellationToken) -> Self {
        let recorder = metrics::install_recorder();
        let Deps { store, keyring, media, bus, expositions, clock, entropy } = deps;
        let MediaPort { requests, events } = media;
        let limits = config.limits.clone();
        let (proxies, security) = (
            Proxies::new(config.trusted_proxies.clone()),
            SecurityHeaders::new(config.public_url.as_ref()),
        );
        let context = Arc::new(Context {
            config,
            store,
            keyring,
            media: MediaClient::new(requests),
            clock,
            entropy,
            metrics: metrics::Metrics::new(),
        });
        let tracker = TaskTracker::new();
        let app = Arc::new(App {
            hubs: Hubs::new(Arc::clone(&context), tracker.clone(), shutdown.clone()),
            context,
            proxies,
            session_rates: AddressRates::new(limits.sessions, limits.sessions_per_address),
            gate: ConnectionGate::new(limits.connections, limits.connections_per_address),
            expositions,
            security,
            shutdown,
            tracker,
        });
        news::listen(&app, events, bus.subscribe());
        news::keep_house(&app, recorder);
        let router = routes::routes(&app);
        Self { app, router }
    }

    /// The routes `/api/…`, `/whip/…`, `/whep/…`, `/healthz`, `/readyz`, `/metrics` and
    /// `/debug/…`, without a fallback, to be merged with others. Serve it with
    /// `into_make_service_with_connect_info::<SocketAddr>()`.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Waits, after `shutdown`, until every WebSocket has been told and every task has ended,
    /// but not for long.
    pub async fn stopped(self) {
        let farewell = self.app.context.config.timings.farewell;
        self.app.tracker.close();
        if tokio::time::timeout(farewell, self.app.tracker.wait()).await.is_err() {
            tracing::warn!("some sockets did not say goodbye in time");
        }
    }
}

/// Signalling alone on a listener, until `shutdown`.
///
/// # Errors
/// When the listener fails.
pub async fn run(
    config: SignalingConfig,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let signaling = Signaling::start(config, deps, shutdown.clone());
    let service = signaling.router().into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown.cancelled_owned()).await?;
    signaling.stopped().await;
    Ok(())
}
