//! Who may connect: so many at a time, so many of one address, and whoever does not show in time
//! who it is makes room.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::core::ConnectionNumber;

/// How long a connection may be without an authenticated check.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The most connections that have not shown yet who they are; the oldest makes room.
const MAX_UNKNOWN: usize = 256;
/// The most connections of one address; for IPv6, of one /64. A school behind one address fits.
const MAX_PER_ADDRESS: u32 = 512;

/// Counts connections.
#[derive(Debug)]
pub(super) struct Gate {
    max: usize,
    open: usize,
    by_address: HashMap<IpAddr, u32, foldhash::fast::RandomState>,
    /// In the order in which they came.
    unknown: VecDeque<(Instant, ConnectionNumber)>,
}

/// What a gate says to a newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Refused,
    Admitted,
    /// In place of this one.
    InPlaceOf(ConnectionNumber),
}

impl Gate {
    pub(super) fn new(max: usize) -> Self {
        Self { max, open: 0, by_address: HashMap::default(), unknown: VecDeque::new() }
    }

    pub(super) fn admit(
        &mut self,
        now: Instant,
        address: IpAddr,
        number: ConnectionNumber,
    ) -> Verdict {
        let of_address = self.by_address.get(&network(address)).copied().unwrap_or(0);
        if of_address >= MAX_PER_ADDRESS {
            return Verdict::Refused;
        }
        let crowded = self.unknown.len() >= MAX_UNKNOWN || self.open >= self.max;
        let evicted = if crowded { self.unknown.pop_front() } else { None };
        if self.open >= self.max && evicted.is_none() {
            return Verdict::Refused;
        }
        self.open += 1;
        *self.by_address.entry(network(address)).or_default() += 1;
        self.unknown.push_back((now, number));
        evicted.map_or(Verdict::Admitted, |(_, number)| Verdict::InPlaceOf(number))
    }

    /// This one has shown who it is.
    pub(super) fn know(&mut self, number: ConnectionNumber) {
        self.unknown.retain(|(_, unknown)| *unknown != number);
    }

    pub(super) fn closed(&mut self, address: IpAddr, number: ConnectionNumber) {
        self.know(number);
        self.open -= 1;
        let network = network(address);
        if let Some(count) = self.by_address.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&network);
            }
        }
    }

    /// The next one that has not shown in time who it is.
    pub(super) fn overdue(&self, now: Instant) -> Option<ConnectionNumber> {
        let (came, number) = self.unknown.front()?;
        (now >= *came + PATIENCE).then_some(*number)
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }
}

/// What one subscriber has of addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn one_address_has_its_share_and_gets_it_back() {
        let (now, mut gate) = (Instant::now(), Gate::new(10_000));
        for number in 0..MAX_PER_ADDRESS {
            assert_ne!(gate.admit(now, address(1), ConnectionNumber(number)), Verdict::Refused);
            gate.know(ConnectionNumber(number));
        }
        let one_more = ConnectionNumber(MAX_PER_ADDRESS);
        assert_eq!(gate.admit(now, address(1), one_more), Verdict::Refused);
        assert_eq!(gate.admit(now, address(2), one_more), Verdict::Admitted);
        gate.closed(address(1), ConnectionNumber(0));
        assert_eq!(gate.admit(now, address(1), ConnectionNumber(600)), Verdict::Admitted);
        let v6 = |text: &str| -> IpAddr { text.parse().expect("an address") };
        assert_eq!(network(v6("2001:db8::1:2:3:4")), network(v6("2001:db8::9")));
        assert_ne!(network(v6("2001:db8:0:1::1")), network(v6("2001:db8::1")));
    }

    #[test]
    fn strangers_make_room_but_nobody_who_is_known() {
        let (now, mut gate) = (Instant::now(), Gate::new(3));
        assert_eq!(gate.admit(now, address(1), ConnectionNumber(1)), Verdict::Admitted);
        gate.know(ConnectionNumber(1));
        assert_eq!(gate.admit(now, address(2), ConnectionNumber(2)), Verdict::Admitted);
        assert_eq!(gate.admit(now, address(3), ConnectionNumber(3)), Verdict::Admitted);
        let verdict = gate.admit(now, address(4), ConnectionNumber(4));
        assert_eq!(verdict, Verdict::InPlaceOf(ConnectionNumber(2)));
        gate.closed(address(2), ConnectionNumber(2));
        gate.know(ConnectionNumber(3));
        gate.know(ConnectionNumber(4));
        assert_eq!(gate.open(), 3);
        assert_eq!(gate.admit(now, address(5), ConnectionNumber(5)), Verdict::Refused);
    }

    #[test]
    fn strangers_have_so_long() {
        let (begin, mut gate) = (Instant::now(), Gate::new(10));
        let later = begin + PATIENCE / 2;
        gate.admit(begin, address(1), ConnectionNumber(1));
        gate.admit(later, address(1), ConnectionNumber(2));
        assert_eq!(gate.overdue(later), None);
        let end = begin + PATIENCE;
        assert_eq!(gate.overdue(end), Some(ConnectionNumber(1)));
        gate.closed(address(1), ConnectionNumber(1));
        assert_eq!(gate.overdue(end), None);
        gate.know(ConnectionNumber(2));
        assert_eq!(gate.overdue(end + PATIENCE), None);
    }
}
