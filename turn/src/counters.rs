//! What the relay counts.

/// What happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Allocations that are there now.
    pub allocations: u64,
    /// Allocations made.
    pub allocated: u64,
    /// Datagrams that passed from clients to the house.
    pub packets_in: u64,
    /// Bytes of them, without the relay's framing.
    pub bytes_in: u64,
    /// Datagrams that passed from the house to clients.
    pub packets_out: u64,
    /// Bytes of them, without the relay's framing.
    pub bytes_out: u64,
    /// Requests with a password that is wrong or of another secret.
    pub refused_credentials: u64,
    /// Requests with credentials whose time is over.
    pub refused_expired: u64,
    /// Allocations above a person's quota or above all that there are.
    pub refused_quota: u64,
    /// Permissions and channels for an address that is not the house's.
    pub refused_peers: u64,
    /// Packets of clients for an address that is not the house's or has no permission.
    pub dropped_peers: u64,
    /// Packets that came to an allocation and are not the house's, or have no permission.
    pub dropped_strangers: u64,
    /// Datagrams that are no TURN, and requests of no allocation.
    pub dropped_garbage: u64,
    /// Questions of unknown clients above the rate at which such are answered.
    pub dropped_flood: u64,
    /// Sends that the system had no room for.
    pub dropped_sends: u64,
}
