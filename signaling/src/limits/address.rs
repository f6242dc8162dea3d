//! Who asks: the peer, or the client that a trusted proxy names.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that a request counts for. Never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// An address as limits count it: an IPv4 address, or the /64 of an IPv6 address, since one
/// household has all of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AddressKey(IpAddr);

impl From<ClientAddress> for AddressKey {
    fn from(address: ClientAddress) -> Self {
        Self(match address.0.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// The proxies that are believed.
#[derive(Clone, Debug)]
pub(crate) struct Proxies {
    trusted: Vec<IpNet>,
}

impl Proxies {
    pub(crate) fn new(trusted: Vec<IpNet>) -> Self {
        Self { trusted }
    }

    /// Who asks. `X-Forwarded-For` is read from its end for as long as the one who wrote it is
    /// a trusted proxy; what stands before is anybody's word.
    pub(crate) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.ip().to_canonical();
        let named: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        for name in named.into_iter().rev() {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = parse(name) else { break };
            client = address;
        }
        ClientAddress(client)
    }

    /// Whether the request came straight from its client. A stranger's proxy on this machine
    /// gives itself away by its headers.
    pub(crate) fn is_direct(&self, peer: SocketAddr, headers: &HeaderMap) -> bool {
        let forwarded = [FORWARDED_FOR, "forwarded", "x-real-ip", "via"]
            .into_iter()
            .any(|name| headers.contains_key(name));
        !forwarded || self.trusts(peer.ip().to_canonical())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|net| net.contains(&address))
    }
}

/// An address, with or without a port: some proxies write one.
fn parse(name: &str) -> Option<IpAddr> {
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    bare.parse::<IpAddr>()
        .ok()
        .or_else(|| name.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}
