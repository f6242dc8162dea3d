//! The relay itself, without sockets, clock or threads.

mod allocation;
mod auth;
mod message;
mod requests;
mod strangers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use protocol::{Entropy, PersonId, Timestamp};

use crate::channel;
use crate::config::TurnConfig;
use crate::counters::Counters;
use allocation::Allocation;
use auth::Nonces;
use message::{Incoming, Kind};
use strangers::Strangers;

/// Bytes before a packet of [`Core::handle_peer`] that may be written to.
pub const HEADROOM: usize = channel::HEADER;

/// The moment of an input, by the two clocks that matter.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For lifetimes.
    pub instant: Instant,
    /// For what credentials say.
    pub wall: Timestamp,
}

/// An allocation's number. Given again once the allocation is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelayId(pub usize);

/// What the core does to the world.
pub trait Outside {
    /// Sends a datagram from the listening socket.
    fn to_client(&mut self, client: SocketAddr, datagram: &[u8]);
    /// Sends a datagram from an allocation's socket.
    fn to_peer(&mut self, relay: RelayId, peer: SocketAddr, datagram: &[u8]);
    /// Opens an allocation's socket, for IPv6 or IPv4; its port, or nothing when there is none.
    fn open(&mut self, relay: RelayId, v6: bool) -> Option<u16>;
    /// Closes an allocation's socket.
    fn close(&mut self, relay: RelayId);
}

/// The relay's state.
///
/// Feed it what arrives, and call [`Self::sweep`] about once a second.
pub struct Core {
    config: TurnConfig,
    nonces: Nonces,
    strangers: Strangers,
    allocations: Vec<Option<Allocation>>,
    by_client: HashMap<SocketAddr, RelayId>,
    by_person: HashMap<PersonId, usize>,
    counters: Counters,
}

impl Core {
    /// A relay that nobody uses yet.
    #[must_use]
    pub fn new(config: TurnConfig, entropy: &dyn Entropy) -> Self {
        Self {
            config,
            nonces: Nonces::new(entropy),
            strangers: Strangers::default(),
            allocations: Vec::new(),
            by_client: HashMap::new(),
            by_person: HashMap::new(),
            counters: Counters::default(),
        }
    }

    /// What was counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters { allocations: self.by_client.len() as u64, ..self.counters }
    }

    /// A datagram came to the listening socket.
    pub fn handle_client(
        &mut self,
        now: Now,
        client: SocketAddr,
        datagram: &[u8],
        outside: &mut impl Outside,
    ) {
        // The first byte tells them apart (RFC 8656 section 12).
        match datagram.first() {
            Some(0x40..=0x4f) => self.on_channel_data(now, client, datagram, outside),
            _ => match Incoming::parse(datagram) {
                Some(Incoming { kind: Kind::Request(method), mut message }) => {
                    self.on_request(now, client, method, &mut message, outside);
                }
                Some(Incoming { kind: Kind::Send, message }) => {
                    self.on_send(now, client, &message, outside);
                }
                None => self.counters.dropped_garbage += 1,
            },
        }
    }

    /// A datagram came to an allocation's socket. It lies in `frame` behind [`HEADROOM`] bytes
    /// that may be written to.
    pub fn handle_peer(
        &mut self,
        now: Now,
        relay: RelayId,
        source: SocketAddr,
        frame: &mut [u8],
        outside: &mut impl Outside,
    ) {
        let Some(Some(allocation)) = self.allocations.get(relay.0) else { return };
        let length = (frame.len() - HEADROOM) as u64;
        let mut permitted = None;
        for target in self.config.targets.sending_from(source) {
            if let Some(number) = allocation.channel_of(target, now.instant) {
                number.stamp(frame);
                outside.to_client(allocation.client, frame);
                self.counters.packets_out += 1;
                self.counters.bytes_out += length;
                return;
            }
            if permitted.is_none() && allocation.permits(target, now.instant) {
                permitted = Some(target);
            }
        }
        let Some(target) = permitted else {
            self.counters.dropped_strangers += 1;
            return;
        };
        let named = self.config.targets.get(target).named;
        if let Some(indication) = message::data_indication(named, &frame[HEADROOM..]) {
            outside.to_client(allocation.client, &indication);
            self.counters.packets_out += 1;
            self.counters.bytes_out += length;
        }
    }

    /// Lets go of what has not been refreshed.
    pub fn sweep(&mut self, now: Instant, outside: &mut impl Outside) {
        for index in 0..self.allocations.len() {
            if self.allocations[index].as_ref().is_some_and(|allocation| allocation.expires <= now)
            {
                self.release(RelayId(index), outside);
            }
        }
    }

    /// The system had no room for a send.
    pub fn on_send_dropped(&mut self) {
        self.counters.dropped_sends += 1;
    }

    fn on_channel_data(
        &mut self,
        now: Now,
        client: SocketAddr,
        datagram: &[u8],
        outside: &mut impl Outside,
    ) {
        let (Some((number, packet)), Some((relay, allocation))) =
            (channel::parse(datagram), self.of_client(client))
        else {
            self.counters.dropped_garbage += 1;
            return;
        };
        let Some(target) = allocation.target_of(number, now.instant) else {
            self.counters.dropped_peers += 1;
            return;
        };
        self.pass_in(relay, target, packet, outside);
    }

    fn on_send(
        &mut self,
        now: Now,
        client: SocketAddr,
        message: &message::Body,
        outside: &mut impl Outside,
    ) {
        let (Some(peer), Some(packet), Some((relay, allocation))) =
            (message.peer(), message.data(), self.of_client(client))
        else {
            self.counters.dropped_garbage += 1;
            return;
        };
        let target = self.config.targets.find(peer);
        match target.filter(|target| allocation.permits(*target, now.instant)) {
            Some(target) => self.pass_in(relay, target, packet, outside),
            None => self.counters.dropped_peers += 1,
        }
    }

    fn pass_in(
        &mut self,
        relay: RelayId,
        target: usize,
        packet: &[u8],
        outside: &mut impl Outside,
    ) {
        outside.to_peer(relay, self.config.targets.get(target).actual, packet);
        self.counters.packets_in += 1;
        self.counters.bytes_in += packet.len() as u64;
    }

    fn of_client(&self, client: SocketAddr) -> Option<(RelayId, &Allocation)> {
        let relay = *self.by_client.get(&client)?;
        Some((relay, self.allocations[relay.0].as_ref()?))
    }

    /// The lowest number that is free.
    fn free_id(&self) -> RelayId {
        let free = self.allocations.iter().position(Option::is_none);
        RelayId(free.unwrap_or(self.allocations.len()))
    }

    fn keep(&mut self, relay: RelayId, allocation: Allocation) {
        self.by_client.insert(allocation.client, relay);
        *self.by_person.entry(allocation.person).or_default() += 1;
        self.counters.allocated += 1;
        if relay.0 == self.allocations.len() {
            self.allocations.push(None);
        }
        self.allocations[relay.0] = Some(allocation);
    }

    fn release(&mut self, relay: RelayId, outside: &mut impl Outside) {
        let Some(allocation) = self.allocations[relay.0].take() else { return };
        outside.close(relay);
        self.by_client.remove(&allocation.client);
        if let Some(count) = self.by_person.get_mut(&allocation.person) {
            *count -= 1;
            if *count == 0 {
                self.by_person.remove(&allocation.person);
            }
        }
    }
}
