//! What signalling is given.

use std::sync::Arc;

use bus::Bus;
use protocol::{Clock, Entropy, Keyring};
use store::{HouseMessage, Store};

use crate::media_port::MediaPort;

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
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub entropy: Arc<dyn Entropy>,
}
