//! The media node of this process.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use protocol::media::{MediaEvent, MediaReply, MediaRequest};
use protocol::{Clock, Entropy, SystemClock, SystemEntropy};
use sfu::node::{NodeConfig, StatsReader};
use tokio::sync::mpsc;

use crate::addresses;
use crate::config::Sfu;

/// How often the node's threads are looked at.
const WATCH: Duration = Duration::from_millis(500);

/// A running node.
pub(crate) struct Node {
    inner: sfu::node::Node,
    addresses: Vec<SocketAddr>,
    advertised: Vec<IpAddr>,
}

impl Node {
    /// Binds the media port and starts. What happens in the node comes out of the receiver,
    /// which ends when the node does.
    ///
    /// # Errors
    /// When the port cannot be had; the message names the setting.
    pub(crate) fn start(sfu: &Sfu) -> anyhow::Result<(Self, mpsc::Receiver<MediaEvent>)> {
        let advertised = addresses::advertised(sfu);
        let config = NodeConfig {
            listen: sfu.listen,
            advertise: advertised.clone(),
            tcp: sfu.tcp,
            certificate_lifetime: sfu.certificate_lifetime,
            workers: sfu.workers,
            ..NodeConfig::default()
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let (inner, events) = sfu::node::Node::start(&config, &clock, &entropy)
            .context("cannot start the media node (setting `sfu.listen`)")?;
        let addresses = inner.addresses();
        Ok((Self { inner, addresses, advertised }, events))
    }

    /// Where it listens in fact, a port a thread.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The addresses that browsers are told.
    pub(crate) fn advertised(&self) -> &[IpAddr] {
        &self.advertised
    }

    /// What its workers count and measure.
    pub(crate) fn stats(&self) -> StatsReader {
        self.inner.stats_reader()
    }

    /// Carries out a command.
    pub(crate) async fn request(&self, request: MediaRequest) -> MediaReply {
        self.inner.request(request).await
    }

    /// Waits until a thread of the node has died, which is a fault of ours.
    pub(crate) async fn died(&self) {
        while self.inner.is_alive() {
            tokio::time::sleep(WATCH).await;
        }
    }

    /// Says goodbye to every client and ends.
    pub(crate) async fn shutdown(self) {
        let mut inner = self.inner;
        // It waits for threads. One that panicked has said so.
        let _ = tokio::task::spawn_blocking(move || inner.shutdown()).await;
    }
}
