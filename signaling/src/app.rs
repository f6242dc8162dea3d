//! What every route works with.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, request};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::context::Context;
use crate::deps::Exposition;
use crate::hub::Hubs;
use crate::limits::{AddressRates, ClientAddress, ConnectionGate, Proxies};
use crate::security::SecurityHeaders;

/// What every route works with.
pub(crate) struct App {
    pub(crate) context: Arc<Context>,
    pub(crate) hubs: Hubs,
    pub(crate) proxies: Proxies,
    pub(crate) session_rates: AddressRates,
    pub(crate) gate: ConnectionGate,
    pub(crate) expositions: Vec<Exposition>,
    pub(crate) security: SecurityHeaders,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tracker: TaskTracker,
}

/// The address that a request came from, before any proxy is believed. A service without
/// connection info knows nobody: everybody shares one address.
pub(crate) struct Peer(pub(crate) SocketAddr);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut request::Parts,
        _state: &S,
    ) -> Result<Self, Self::Rejection> {
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(info.map_or(unknown, |ConnectInfo(peer)| *peer)))
    }
}

impl App {
    pub(crate) fn client(&self, peer: &Peer, headers: &HeaderMap) -> ClientAddress {
        self.proxies.client(peer.0, headers)
    }
}
