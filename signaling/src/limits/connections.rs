//! How many WebSockets are open, in all and from each address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex};

use super::AddressKey;

/// Counts open WebSockets and refuses those above the limits.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionGate {
    counts: Arc<Mutex<Counts>>,
    total: usize,
    per_address: usize,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_address: HashMap<AddressKey, usize>,
}

/// Why a WebSocket is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// The house is full of WebSockets.
    House,
    /// This address has as many as it may.
    Address,
}

/// A place for one WebSocket, given back on drop.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    counts: Arc<Mutex<Counts>>,
    address: AddressKey,
}

impl ConnectionGate {
    pub(crate) fn new(total: usize, per_address: usize) -> Self {
        Self { counts: Arc::default(), total, per_address }
    }

    /// A place for a WebSocket from `address`.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn enter(&self, address: AddressKey) -> Result<ConnectionPermit, Crowded> {
        let mut counts = lock(&self.counts);
        if counts.total >= self.total {
            return Err(Crowded::House);
        }
        let here = counts.by_address.get(&address).copied().unwrap_or(0);
        if here >= self.per_address {
            return Err(Crowded::Address);
        }
        counts.total += 1;
        counts.by_address.insert(address, here + 1);
        drop(counts);
        Ok(ConnectionPermit { counts: Arc::clone(&self.counts), address })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.total -= 1;
        if let Entry::Occupied(mut here) = counts.by_address.entry(self.address) {
            *here.get_mut() -= 1;
            if *here.get() == 0 {
                here.remove();
            }
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> std::sync::MutexGuard<'_, Counts> {
    counts.lock().expect("invariant: no holder of this lock panics")
}
