//! What every part of signalling works with.

use std::sync::Arc;

use protocol::{Clock, Entropy, Keyring};
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
