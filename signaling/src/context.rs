//! What every part of signalling works with.

use std::sync::Arc;

use protocol::http::IceServer;
use protocol::{Clock, Entropy, Keyring, PersonId, Timestamp};
use store::Store;

use crate::config::SignalingConfig;
use crate::media_port::MediaClient;
use crate::metrics::Metrics;

/// What every part of signalling works with.
pub(crate) struct Context {
    pub(crate) config: SignalingConfig,
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) media: MediaClient,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) metrics: Metrics,
}

impl Context {
    /// The relays, with credentials of a person that admit from now on for a while.
    pub(crate) fn ice_servers(&self, person: PersonId, now: Timestamp) -> Vec<IceServer> {
        self.config.relays.iter().map(|relays| relays.issue(person, now)).collect()
    }
}
