//! What goes into a core and comes out of it: datagrams, and the work of handshakes.

use std::time::Instant;

use protocol::MediaSessionId;

use super::Path;
use crate::srtp::{Inbound, Outbound};

/// A datagram, or a train of equally long ones, to send.
#[derive(Clone, Copy, Debug)]
pub struct Transmit<'a> {
    /// Where to.
    pub path: Path,
    /// The length of every datagram in `contents` but the last, which may be shorter; bytes.
    pub segment_size: usize,
    /// The datagrams, end to end.
    pub contents: &'a [u8],
}

/// Takes datagrams to the network. It must not keep anyone waiting: what cannot be sent is lost.
pub trait Sink {
    /// Sends.
    fn transmit(&mut self, transmit: Transmit<'_>);
}

/// A datagram that arrived.
#[derive(Debug)]
pub struct Datagram<'a> {
    /// Where from, and where to.
    pub path: Path,
    /// When the kernel received it.
    pub received: Instant,
    /// Its content; decrypted in place.
    pub contents: &'a mut [u8],
}

/// Work for whoever runs the DTLS handshakes.
#[derive(Debug, PartialEq, Eq)]
pub enum DtlsTask {
    /// A client will come.
    Open {
        /// By this session's answer.
        session: MediaSessionId,
        /// SHA-256 of the client's certificate.
        peer: [u8; 32],
        /// SHA-256 of the node's certificate that the answer names.
        own: [u8; 32],
    },
    /// The client sent this.
    Datagram(MediaSessionId, Vec<u8>),
    /// The session is over: say goodbye.
    Close(MediaSessionId),
}

/// What came of a [`DtlsTask`].
#[derive(Debug)]
pub enum DtlsOutcome {
    /// Send this to the client.
    Transmit(Vec<u8>),
    /// Keys are agreed on with whoever the offer named.
    Connected(Box<(Inbound, Outbound)>),
    /// The client said goodbye.
    Closed,
    /// The handshake failed for good.
    Failed,
}
