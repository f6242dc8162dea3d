//! Which addresses of this machine browsers are told to send media to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use nix::ifaddrs::getifaddrs;

use crate::config::Sfu;

/// The addresses to advertise, the most useful first: those of the settings, or those of this
/// machine that the listening socket can be reached by, loopback at the end.
pub(crate) fn advertised(sfu: &Sfu) -> Vec<IpAddr> {
    if !sfu.advertise.is_empty() {
        return sfu.advertise.clone();
    }
    if !sfu.listen.ip().is_unspecified() {
        return vec![sfu.listen.ip()];
    }
    let own = own();
    let reachable = own.into_iter().filter(|ip| sfu.listen.is_ipv6() || ip.is_ipv4());
    order(reachable.collect(), outgoing_address())
}

/// The address on the way to the rest of the world first, then the others, loopback last;
/// addresses that need a scope to be reached are left out.
fn order(mut addresses: Vec<IpAddr>, outgoing: Option<IpAddr>) -> Vec<IpAddr> {
    addresses.retain(|ip| match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    });
    addresses.sort_by_key(|ip| (ip.is_loopback(), Some(*ip) != outgoing, ip.is_ipv6(), *ip));
    addresses.dedup();
    addresses
}

/// Every address of this machine.
pub(crate) fn own() -> Vec<IpAddr> {
    let interfaces = getifaddrs().inspect_err(|error| {
        tracing::warn!(%error, "cannot list the addresses of this machine, set sfu.advertise");
    });
    let sockets = interfaces.into_iter().flatten().filter_map(|interface| interface.address);
    sockets
        .filter_map(|address| {
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
        })
        .collect()
}

/// The address that this machine would send from to the world. Nothing is sent: connecting a
/// datagram socket only looks up the route.
fn outgoing_address() -> Option<IpAddr> {
    // An address of the documentation range (RFC 5737), which takes the default route.
    let world = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 9));
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(world).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
}

/// Whether only this machine can reach one of `addresses`.
pub(crate) fn only_loopback(addresses: &[IpAddr]) -> bool {
    addresses.iter().all(|ip| match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => *ip == Ipv6Addr::LOCALHOST,
    })
}

#[cfg(test)]
mod tests {
    use protocol::media::VideoCodec;

    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_way_out_comes_first_and_loopback_last() {
        let all =
            ["127.0.0.1", "::1", "10.0.0.1", "fe80::1", "2001:db8::1", "172.17.0.1", "10.0.0.1"];
        let ordered = order(ips(&all), Some("172.17.0.1".parse().unwrap()));
        assert_eq!(ordered, ips(&["172.17.0.1", "10.0.0.1", "2001:db8::1", "127.0.0.1", "::1"]));
    }

    #[test]
    fn what_is_set_or_listened_on_is_taken_as_it_is() {
        let sfu = |listen: &str, advertise: &[&str]| Sfu {
            listen: listen.parse().unwrap(),
            workers: 1,
            advertise: ips(advertise),
            tcp: true,
            certificate_lifetime: std::time::Duration::from_secs(60),
            video: VideoCodec::default(),
        };
        assert_eq!(advertised(&sfu("0.0.0.0:1", &["192.0.2.9"])), ips(&["192.0.2.9"]));
        assert_eq!(advertised(&sfu("127.0.0.1:1", &[])), ips(&["127.0.0.1"]));
        let own = advertised(&sfu("0.0.0.0:1", &[]));
        assert!(own.iter().all(IpAddr::is_ipv4), "{own:?}");
        assert!(own.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)), "{own:?}");
    }
}
