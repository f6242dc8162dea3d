//! The only addresses that the relay reaches.

use std::net::{IpAddr, SocketAddr};

/// A media port of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// What clients call it: the address that the media node advertises.
    pub named: SocketAddr,
    /// Where the relay sends what is for it. The same, unless this machine does not own the
    /// advertised address (NAT, a container) and would have to go out to come back in.
    pub actual: SocketAddr,
}

/// Why an address cannot be a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// No address of one machine in this network or the world.
    #[error("{0} is no address that a relay may reach")]
    Address(SocketAddr),
    /// Loopback beside addresses that others can reach.
    #[error("{0} is on loopback, and this house is not")]
    Loopback(SocketAddr),
    /// There are none, or more than [`Targets::MAX`].
    #[error("a relay has between 1 and {max} targets, not {0}", max = Targets::MAX)]
    Number(usize),
}

/// An allow-list that is never empty: what is not in it does not exist for the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets(Vec<Target>);

impl Targets {
    /// The most that a house has.
    pub const MAX: usize = 256;

    /// Checks a list. Loopback may stand in it only where nothing else does: a house on
    /// loopback is a house for this machine alone.
    ///
    /// # Errors
    /// When an address can be no target; the first such is named.
    pub fn new(targets: Vec<Target>) -> Result<Self, BadTarget> {
        if targets.is_empty() || targets.len() > Self::MAX {
            return Err(BadTarget::Number(targets.len()));
        }
        let alone = targets.iter().all(|target| target.named.ip().is_loopback());
        for Target { named, actual } in &targets {
            for address in [named, actual] {
                if address.port() == 0 || !is_one_machine(address.ip()) {
                    return Err(BadTarget::Address(*address));
                }
            }
            if named.ip().is_loopback() && !alone {
                return Err(BadTarget::Loopback(*named));
            }
            if named.is_ipv4() != actual.is_ipv4() {
                return Err(BadTarget::Address(*actual));
            }
        }
        Ok(Self(targets))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Which one a client means.
    pub(crate) fn find(&self, named: SocketAddr) -> Option<usize> {
        self.0.iter().position(|target| target.named == named)
    }

    /// Those at an address, whatever their port.
    pub(crate) fn at(&self, ip: IpAddr) -> impl Iterator<Item = usize> {
        let here = move |(_, target): &(usize, &Target)| target.named.ip() == ip;
        self.0.iter().enumerate().filter(here).map(|(index, _)| index)
    }

    /// Those that a datagram from `source` may be from.
    pub(crate) fn sending_from(&self, source: SocketAddr) -> impl Iterator<Item = usize> {
        let from = move |(_, target): &(usize, &Target)| target.actual == source;
        self.0.iter().enumerate().filter(from).map(|(index, _)| index)
    }

    /// The one of a number that [`Self::find`] and its like gave.
    pub(crate) fn get(&self, index: usize) -> Target {
        self.0[index]
    }

    /// The address that relayed addresses are given, of a family: the house's first.
    pub(crate) fn home(&self, v6: bool) -> Option<IpAddr> {
        self.0.iter().map(|target| target.named.ip()).find(|ip| ip.is_ipv6() == v6)
    }
}

/// Whether an address names one machine and needs no scope. Link-local ones, the metadata
/// service of clouds (169.254.169.254) among them, never do.
fn is_one_machine(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            !(ip.is_unspecified() || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast())
        }
        IpAddr::V6(ip) => {
            let mapped = ip.to_ipv4_mapped().is_some();
            !(ip.is_unspecified() || ip.is_unicast_link_local() || ip.is_multicast() || mapped)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(named: &str, actual: &str) -> Target {
        Target { named: named.parse().unwrap(), actual: actual.parse().unwrap() }
    }

    fn same(address: &str) -> Target {
        target(address, address)
    }

    #[test]
    fn what_no_relay_may_reach_is_no_target() {
        let addresses = [
            "0.0.0.0:7882",
            "169.254.169.254:80",
            "224.0.0.1:7882",
            "255.255.255.255:7882",
            "203.0.113.7:0",
            "[::]:7882",
            "[fe80::1]:7882",
            "[ff02::1]:7882",
            "[::ffff:203.0.113.7]:7882",
        ];
        for address in addresses {
            let bad = BadTarget::Address(address.parse().unwrap());
            assert_eq!(Targets::new(vec![same(address)]), Err(bad));
            if !address.contains("203.") {
                let hidden = target("203.0.113.7:7882", address);
                assert!(Targets::new(vec![hidden]).is_err(), "{address}");
            }
        }
        assert_eq!(Targets::new(Vec::new()), Err(BadTarget::Number(0)));
    }

    #[test]
    fn loopback_stands_alone() {
        let loopback = same("127.0.0.1:7882");
        let world = same("203.0.113.7:7882");
        assert!(Targets::new(vec![loopback]).is_ok());
        let bad = BadTarget::Loopback(loopback.named);
        assert_eq!(Targets::new(vec![world, loopback]), Err(bad));
        // How the relay itself goes to a port of this machine is not the client's to say.
        assert!(Targets::new(vec![target("203.0.113.7:7882", "127.0.0.1:7882")]).is_ok());
    }

    #[test]
    fn clients_name_what_is_advertised() {
        let targets = Targets::new(vec![
            target("203.0.113.7:7882", "10.0.0.2:7882"),
            same("[2001:db8::7]:7882"),
        ])
        .unwrap();
        assert_eq!(targets.find("203.0.113.7:7882".parse().unwrap()), Some(0));
        assert_eq!(targets.find("10.0.0.2:7882".parse().unwrap()), None);
        assert_eq!(targets.find("203.0.113.7:22".parse().unwrap()), None);
        assert_eq!(targets.at("203.0.113.7".parse().unwrap()).collect::<Vec<_>>(), [0]);
        let from = |text: &str| targets.sending_from(text.parse().unwrap()).collect::<Vec<_>>();
        assert_eq!(from("10.0.0.2:7882"), [0]);
        assert!(from("203.0.113.7:7882").is_empty() && from("10.0.0.2:53").is_empty());
        assert_eq!(targets.home(false), Some("203.0.113.7".parse().unwrap()));
        assert_eq!(targets.home(true), Some("2001:db8::7".parse().unwrap()));
    }
}
