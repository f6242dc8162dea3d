//! The relay of this process, and what pages are told of relays.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use protocol::{Keyring, SystemClock, SystemEntropy, TurnSecret, TurnServers};
use tokio_util::sync::CancellationToken;
use turn::{Counters, Target, Targets, TurnConfig};

use crate::addresses;
use crate::config::Turn;

/// What the house and its relays share.
pub(crate) fn secret(turn: &Turn, keyring: &Keyring) -> TurnSecret {
    turn.secret.clone().unwrap_or_else(|| TurnSecret::derived(keyring))
}

/// A relay with its port, about to run.
pub(crate) struct Relay {
    socket: UdpSocket,
    address: SocketAddr,
    config: TurnConfig,
    urls: Vec<String>,
    counters: Arc<Mutex<Counters>>,
}

impl Relay {
    /// Binds the relay's port.
    ///
    /// # Errors
    /// When there is nothing that it may relay to, or the port cannot be had; the message names
    /// the setting.
    pub(crate) fn prepare(
        turn: &Turn,
        secret: TurnSecret,
        targets: Vec<Target>,
    ) -> anyhow::Result<Self> {
        let named: Vec<_> = targets.iter().map(|target| target.named.ip()).collect();
        let targets = Targets::new(targets).context("setting `sfu.advertise`")?;
        let socket = UdpSocket::bind(turn.listen)
            .with_context(|| format!("cannot listen on {} (setting `turn.listen`)", turn.listen))?;
        let address = socket.local_addr()?;
        let config = TurnConfig {
            realm: turn.realm.clone(),
            secret,
            quota: turn.quota,
            max_allocations: turn.max_allocations,
            targets,
        };
        let urls = urls(address, &named);
        Ok(Self { socket, address, config, urls, counters: Arc::default() })
    }

    /// Where it listens in fact.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is called by browsers.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// What it will have counted.
    pub(crate) fn counters(&self) -> Arc<Mutex<Counters>> {
        self.counters.clone()
    }

    /// Relays until `shutdown`.
    ///
    /// # Errors
    /// When it ends before.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> std::io::Result<()> {
        let deps = turn::Deps {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            counters: self.counters,
        };
        turn::run(self.config, deps, self.socket, shutdown).await
    }
}

/// The relays that pages are told of: the house's own, and those of other programs.
pub(crate) fn servers(turn: &Turn, secret: &TurnSecret, own: Option<&Relay>) -> Vec<TurnServers> {
    let own = own.map(|relay| relay.urls.clone()).unwrap_or_default();
    [own, turn.urls.clone()]
        .into_iter()
        .filter(|urls| !urls.is_empty())
        .map(|urls| TurnServers { urls, secret: secret.clone(), ttl: turn.ttl })
        .collect()
}

/// What a relay beside the media node may reach: its port at every advertised address. Loopback
/// counts only where there is nothing else.
///
/// An address that this machine does not own leads here from outside (NAT, a container's host);
/// the relay, being inside, goes to the port directly.
pub(crate) fn beside(media: SocketAddr, advertised: &[IpAddr]) -> Vec<Target> {
    targets(media, advertised, &addresses::own())
}

/// What a relay on another machine may reach.
pub(crate) fn apart(port: u16, advertised: &[IpAddr]) -> Vec<Target> {
    let media = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    targets(media, advertised, advertised)
}

fn targets(media: SocketAddr, advertised: &[IpAddr], own: &[IpAddr]) -> Vec<Target> {
    let here = addresses::only_loopback(advertised);
    let mut inside_taken = [false; 2];
    let reachable = advertised.iter().filter(|ip| here || !ip.is_loopback());
    let target = |ip: &IpAddr| {
        let named = SocketAddr::new(*ip, media.port());
        let taken = &mut inside_taken[usize::from(ip.is_ipv6())];
        // Answers tell only which inner address they come from, so one outer address of each
        // family is enough to stand for it.
        let actual = if own.contains(ip) || std::mem::replace(taken, true) {
            named
        } else {
            SocketAddr::new(inside(media.ip(), ip.is_ipv6(), own), media.port())
        };
        Target { named, actual }
    };
    reachable.map(target).collect()
}

/// An address of this machine at which the media port is heard.
fn inside(media: IpAddr, v6: bool, own: &[IpAddr]) -> IpAddr {
    if !media.is_unspecified() && media.is_ipv6() == v6 {
        return media;
    }
    let loopback: IpAddr = if v6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    own.iter().copied().find(|ip| ip.is_ipv6() == v6 && !ip.is_loopback()).unwrap_or(loopback)
}

/// One address of each family is enough: a browser makes an allocation at every one it is told,
/// from each of its networks.
fn urls(listen: SocketAddr, named: &[IpAddr]) -> Vec<String> {
    let bound = listen.ip();
    if !bound.is_unspecified() && bound.is_loopback() {
        return vec![url(bound, listen.port())];
    }
    [false, true]
        .into_iter()
        .filter(|v6| bound.is_ipv6() || !v6)
        .filter_map(|v6| named.iter().find(|ip| ip.is_ipv6() == v6))
        .map(|ip| url(*ip, listen.port()))
        .collect()
}

fn url(ip: IpAddr, port: u16) -> String {
    format!("turn:{}?transport=udp", SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn shown(media: &str, advertised: &[&str], own: &[&str]) -> Vec<String> {
        let targets = targets(media.parse().unwrap(), &ips(advertised), &ips(own));
        targets.iter().map(|Target { named, actual }| format!("{named} {actual}")).collect()
    }

    #[test]
    fn the_relay_reaches_what_is_advertised_and_goes_there_directly() {
        let own = ["127.0.0.1", "10.0.0.2", "2001:db8::2"];
        let any = "0.0.0.0:7882";
        let table: [(&str, &[&str], &[&str]); 6] = [
            (any, &["10.0.0.2", "127.0.0.1"], &["10.0.0.2:7882 10.0.0.2:7882"]),
            (any, &["203.0.113.7"], &["203.0.113.7:7882 10.0.0.2:7882"]),
            ("10.0.0.3:7882", &["203.0.113.7"], &["203.0.113.7:7882 10.0.0.3:7882"]),
            ("127.0.0.1:7882", &["127.0.0.1"], &["127.0.0.1:7882 127.0.0.1:7882"]),
            ("[::]:7882", &["2001:db8::7"], &["[2001:db8::7]:7882 [2001:db8::2]:7882"]),
            (
                any,
                &["203.0.113.7", "203.0.113.8"],
                &["203.0.113.7:7882 10.0.0.2:7882", "203.0.113.8:7882 203.0.113.8:7882"],
            ),
        ];
        for (media, advertised, expected) in table {
            assert_eq!(shown(media, advertised, &own), expected, "{media} {advertised:?}");
        }
        let none = shown(any, &["203.0.113.7"], &["127.0.0.1"]);
        assert_eq!(none, ["203.0.113.7:7882 127.0.0.1:7882"]);
        let apart = apart(7882, &ips(&["203.0.113.7"]));
        assert_eq!(apart[0].named, apart[0].actual);
    }

    #[test]
    fn browsers_are_told_one_address_of_each_family() {
        let named = ips(&["203.0.113.7", "203.0.113.8", "2001:db8::7"]);
        let told = |listen: &str| urls(listen.parse().unwrap(), &named);
        assert_eq!(told("0.0.0.0:3478"), ["turn:203.0.113.7:3478?transport=udp"]);
        let both = ["turn:203.0.113.7:3478?transport=udp", "turn:[2001:db8::7]:3478?transport=udp"];
        assert_eq!(told("[::]:3478"), both);
        assert_eq!(told("127.0.0.1:9"), ["turn:127.0.0.1:9?transport=udp"]);
    }
}
