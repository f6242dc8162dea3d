//! Where datagrams travel: UDP 4-tuples, and TCP connections that carry datagrams (RFC 4571).

use std::net::{IpAddr, SocketAddr};

/// The two ends of a flow, and what carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// The client's end.
    pub remote: SocketAddr,
    /// The node's address that the client talks to, when there are several.
    pub local: Option<IpAddr>,
    /// What carries it.
    pub transport: Transport,
}

/// What carries a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A UDP packet.
    Udp,
    /// A frame on a TCP connection (RFC 6544).
    Tcp(ConnectionNumber),
}

/// A TCP connection, by a number that whoever accepts it chooses and never uses again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionNumber(pub u32);

impl Path {
    /// A UDP path to `remote`, from whatever address of the node.
    #[must_use]
    pub fn udp(remote: SocketAddr) -> Self {
        Self { remote, local: None, transport: Transport::Udp }
    }

    /// A TCP connection with `remote`.
    #[must_use]
    pub fn tcp(remote: SocketAddr, number: ConnectionNumber) -> Self {
        Self { remote, local: None, transport: Transport::Tcp(number) }
    }

    /// Whether datagrams of both come from the same place, as far as the node can tell.
    pub(super) fn is_same_source(&self, other: &Self) -> bool {
        self.transport == other.transport
            && (self.remote == other.remote || self.transport != Transport::Udp)
    }
}
