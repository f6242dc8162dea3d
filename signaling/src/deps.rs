//! What signalling is given.

use std::sync::Arc;

use bus::Bus;
use protocol::{Clock, Entropy, Keyring};
use store::{HouseMessage, Store};

use crate::media_port::MediaPort;

/// Metrics of another service in Prometheus' text format, as of now. Names are not shared with
/// signalling's.
pub type Exposition = Arc<dyn Fn() -> String + Send + Sync>;

/// What signalling is given to work with.
pub struct Deps {
    /// The database.
    pub store: Store,
    /// Signs tokens, checks tokens and links.
    pub keyring: Arc<Keyring>,
    /// The media node.
    pub media: MediaPort,
    /// News of the house. Signalling only listens.
    pub bus: Bus<HouseMessage>,
    /// What else `/metrics` shows.
    pub expositions: Vec<Exposition>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub entropy: Arc<dyn Entropy>,
}
