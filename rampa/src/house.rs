//! The house in one process: every part started, connected, and ended in order.

mod exposition;
mod media;
mod metrics;
mod news;
mod relay;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use bus::Bus;
use protocol::media::MediaEvent;
use protocol::{Keyring, SystemClock, SystemEntropy};
use signaling::security::SecurityHeaders;
use signaling::{Deps, Exposition, MediaPort, Signaling, SignalingConfig};
use store::{HouseMessage, Store};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::node::Node;
use crate::programme::Programme;
use crate::relay::{self as relays, Relay};
use crate::server::Door;
use crate::web::{self, Assets};
use crate::{keys, office, shutdown};

/// How long all parts together may take to end.
const PATIENCE: Duration = Duration::from_secs(15);

/// Opens the house and keeps it open until a signal, or until one of its parts fails.
///
/// # Errors
/// When a part cannot be started, or has ended by itself.
pub(crate) async fn run(config: &Config, demo: bool) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signal()?;
    // Ports first: a house that cannot open leaves no trace.
    let door = Door::prepare(&config.http)?;
    let (node, happened) = Node::start(&config.sfu)?;
    let keyring = Arc::new(keys::load(&config.keys, &SystemEntropy)?);
    let store = office::open(config).await?;
    let house = House { config, keyring, store, address: door.address() };
    let result = house.open(door, (node, happened), demo, shutdown).await;
    house.store.close().await;
    tracing::info!("closed");
    result
}

struct House<'a> {
    config: &'a Config,
    keyring: Arc<Keyring>,
    store: Store,
    address: SocketAddr,
}

impl House<'_> {
    async fn open(
        &self,
        door: Door,
        (node, happened): (Node, mpsc::Receiver<MediaEvent>),
        demo: bool,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let assets = Assets::embedded();
        let relay = self.relay(&node);
        let programme = self.programme(&node, relay.as_ref(), demo, &assets).await?;
        let bus = Bus::in_process();
        let (port, peer) = MediaPort::pair();
        let deps = self.deps(port, bus.clone(), metrics::exposition(node.stats()));
        let signaling =
            Signaling::start(self.signaling_config(relay.as_ref()), deps, shutdown.clone());
        let security = SecurityHeaders::new(self.config.http.public_url.as_ref());
        let router = signaling.router().merge(web::router(assets, security));

        // These outlive signalling, which has things to say at its end.
        let backstage = CancellationToken::new();
        let news = tokio::spawn(news::deliver(self.store.clone(), bus, backstage.clone()));
        let mut media = tokio::spawn(media::connect(node, happened, peer, backstage.clone()));
        let relay = relay.map(|relay| tokio::spawn(relay::run(relay, backstage.clone())));
        let mut server = door.open(router, shutdown.clone());
        print(&programme)?;

        let failed = tokio::select! {
            biased;
            () = shutdown.cancelled() => None,
            ended = &mut media => Some(format!("the media node ended by itself: {ended:?}")),
            ended = &mut server => Some(format!("the web side ended by itself: {ended:?}")),
        };
        if let Some(reason) = &failed {
            tracing::error!(reason, "closing");
        }
        shutdown.cancel();
        let closing = async {
            signaling.stopped().await;
            if !server.is_finished() {
                // How it ends no longer matters.
                let _ = server.await;
            }
            backstage.cancel();
            let _ = news.await;
            if let Some(relay) = relay {
                let _ = relay.await;
            }
            if !media.is_finished() {
                let _ = media.await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, closing).await;
        match (failed, in_time) {
            (Some(reason), _) => bail!(reason),
            (None, Err(_)) => bail!("not everything ended within {} s", PATIENCE.as_secs()),
            (None, Ok(())) => Ok(()),
        }
    }

    /// The relay, unless it is off or cannot be had: a house without one is open to most.
    fn relay(&self, node: &Node) -> Option<Relay> {
        let turn = &self.config.turn;
        if !turn.enabled {
            return None;
        }
        let beside = |media: &SocketAddr| relays::beside(*media, node.advertised());
        let targets = node.addresses().iter().flat_map(beside).collect();
        let relay = Relay::prepare(turn, relays::secret(turn, &self.keyring), targets);
        relay.inspect_err(|error| tracing::warn!("no relay: {error:#}")).ok()
    }

    async fn programme(
        &self,
        node: &Node,
        relay: Option<&Relay>,
        demo: bool,
        assets: &Assets,
    ) -> anyhow::Result<String> {
        let demo = if demo { Some(self.store.ensure_demo().await?) } else { None };
        let programme = Programme {
            config: self.config,
            public_url: &self.config.http.public_url(self.address),
            media: node.addresses(),
            advertised: node.advertised(),
            relay: relay.map(Relay::urls),
            demo: demo.as_ref().map(|demo| (demo, &*self.keyring)),
            has_web_app: !assets.is_empty(),
        };
        Ok(programme.text())
    }

    fn deps(&self, media: MediaPort, bus: Bus<HouseMessage>, node: Exposition) -> Deps {
        Deps {
            store: self.store.clone(),
            keyring: self.keyring.clone(),
            media,
            bus,
            expositions: vec![node],
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    fn signaling_config(&self, relay: Option<&Relay>) -> SignalingConfig {
        let Config { http, turn, .. } = self.config;
        SignalingConfig {
            public_url: http.public_url.clone(),
            trusted_proxies: http.trusted_proxies.clone(),
            video: self.config.sfu.video,
            metrics_readers: http.metrics_allow.clone(),
            relays: relays::servers(turn, &relays::secret(turn, &self.keyring), relay),
            ..SignalingConfig::default()
        }
    }
}

/// A closed standard output is no reason not to open.
fn print(programme: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(programme.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
