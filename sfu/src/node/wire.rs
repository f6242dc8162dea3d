//! The way out of a worker, for UDP and TCP alike.

use super::socket::Sender;
use super::tcp::Connections;
use crate::core::{Sink, Transmit, Transport};

/// Sends each datagram by the path that it names.
pub(super) struct Wire<'a> {
    pub(super) udp: Sender<'a>,
    pub(super) tcp: &'a mut Connections,
}

impl Sink for Wire<'_> {
    #[inline]
    fn transmit(&mut self, transmit: Transmit<'_>) {
        match transmit.path.transport {
            Transport::Udp => self.udp.transmit(transmit),
            Transport::Tcp(number) => {
                self.tcp.transmit(number, transmit.segment_size, transmit.contents);
            }
        }
    }
}
