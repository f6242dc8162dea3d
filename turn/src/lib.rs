//! The relay of a small house (TURN, RFC 8656, over UDP).
//!
//! It is there for people whose network lets their browser speak to this port and not to the
//! media port. Whoever has credentials of the house gets an address at the relay; from there
//! they reach the house's media ports and **nothing else**: a permission, a channel or a packet
//! for another address is refused, so that the relay opens no door into the network behind it.
//!
//! [`core`] is pure: datagrams and time in, calls of [`core::Outside`] out. [`run`] puts one
//! thread with sockets around it.

mod channel;
pub mod config;
pub mod core;
mod counters;
mod shell;
pub mod targets;

use std::io;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex};

use protocol::{Clock, Entropy};
use tokio_util::sync::CancellationToken;

pub use config::TurnConfig;
pub use counters::Counters;
pub use targets::{BadTarget, Target, Targets};

/// What the relay is given to work with.
pub struct Deps {
    /// Tells until when credentials admit.
    pub clock: Arc<dyn Clock>,
    /// Makes the key of its nonces.
    pub entropy: Arc<dyn Entropy>,
    /// Where it says, once a second, what it has counted.
    pub counters: Arc<Mutex<Counters>>,
}

/// Relays between `socket` and the house's media ports until `shutdown`.
///
/// # Errors
/// When the sockets of this machine cannot be waited for, or the relay's thread has died.
pub async fn run(
    config: TurnConfig,
    deps: Deps,
    socket: UdpSocket,
    shutdown: CancellationToken,
) -> io::Result<()> {
    shell::run(config, deps, socket, shutdown).await
}
