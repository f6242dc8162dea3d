//! What can be set about the relay.

use protocol::TurnSecret;

use crate::targets::Targets;

/// The settings of the relay.
#[derive(Clone, Debug)]
pub struct TurnConfig {
    /// What clients are told to mix into their passwords (RFC 8489 section 9.2); any text.
    pub realm: String,
    /// What it shares with those who hand out credentials.
    pub secret: TurnSecret,
    /// Allocations that one person may have at a time. A browser makes one for each of its
    /// networks, and those of a connection that it lost stay for ten minutes at most.
    pub quota: usize,
    /// Allocations of all people together; each holds a port and a file descriptor.
    pub max_allocations: usize,
    /// What it relays to.
    pub targets: Targets,
}
