//! The node's transports over real sockets: UDP and TCP, IPv4 and IPv6, and certificates that
//! change.

mod client;
mod hall;
mod link;

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Result;
use hall::Hall;
use link::Link;
use sfu::node::NodeConfig;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// Enough pictures to believe that they flow.
const SOME: usize = 40;

fn config() -> NodeConfig {
    NodeConfig { listen: (V4, 0).into(), ..NodeConfig::default() }
}

#[test]
fn who_has_no_udp_plays_and_watches_by_tcp() -> Result<()> {
    let mut hall = Hall::open(&config())?;
    hall.enter_player(Link::tcp(V4)?)?;
    let by_tcp = hall.enter_viewer(Link::tcp(V4)?)?;
    let by_udp = hall.enter_viewer(Link::udp(V4)?)?;
    hall.watch(by_tcp, SOME)?;
    hall.watch(by_udp, SOME)?;
    let seen = &hall.clients[by_tcp].seen;
    let span = seen.last().zip(seen.first()).map(|(last, first)| last - first + 1);
    assert_eq!(span, Some(seen.len() as u64), "a stream loses nothing");
    hall.until("they are counted", |hall| Ok(hall.counters().tcp_open == 2))
}

#[test]
fn a_client_who_does_not_read_is_dropped_and_nobody_waits_for_it() -> Result<()> {
    let mut hall = Hall::open(&config())?;
    hall.enter_player(Link::udp(V4)?)?;
    let (slow, other) = (hall.enter_viewer(Link::tcp(V4)?)?, hall.enter_viewer(Link::tcp(V4)?)?);
    hall.watch(slow, SOME)?;
    hall.clients[slow].asleep = true;
    hall.until("it is dropped", |hall| Ok(hall.counters().tcp_stalled == 1))?;
    assert!(hall.counters().dropped_backlog > 0);
    hall.watch(other, SOME)?;
    hall.until("it is gone", |hall| Ok(hall.counters().tcp_open == 1))
}

#[test]
fn a_stranger_who_speaks_nonsense_is_cut_off() -> Result<()> {
    let mut hall = Hall::open(&config())?;
    hall.enter_player(Link::udp(V4)?)?;
    let viewer = hall.enter_viewer(Link::tcp(V4)?)?;
    let mut stranger = TcpStream::connect(hall.address())?;
    stranger.write_all(&[0xff; 64])?;
    let end = stranger.read(&mut [0; 64]);
    assert!(!matches!(end, Ok(1..)), "no word for a stranger: {end:?}");
    hall.watch(viewer, SOME)
}

#[test]
fn one_port_serves_both_families_and_both_transports() -> Result<()> {
    let mut hall = Hall::open(&NodeConfig {
        listen: (Ipv6Addr::UNSPECIFIED, 0).into(),
        advertise: vec![V4, V6],
        ..NodeConfig::default()
    })?;
    hall.enter_player(Link::udp(V4)?)?;
    for link in [Link::udp(V4)?, Link::udp(V6)?, Link::tcp(V4)?, Link::tcp(V6)?] {
        let viewer = hall.enter_viewer(link)?;
        hall.watch(viewer, SOME)?;
    }
    Ok(())
}

#[test]
fn a_port_that_is_taken_for_tcp_is_no_port() -> Result<()> {
    let taken = std::net::TcpListener::bind((V4, 0))?;
    let listen: SocketAddr = taken.local_addr()?;
    let Err(error) = Hall::open(&NodeConfig { listen, ..config() }) else {
        anyhow::bail!("it listens at {listen}");
    };
    assert!(error.to_string().contains("tcp"), "{error}");
    Hall::open(&NodeConfig { listen, tcp: false, ..config() })?;
    Ok(())
}

#[test]
fn certificates_change_and_old_sessions_keep_theirs() -> Result<()> {
    let lifetime = Duration::from_secs(1);
    let mut hall = Hall::open(&NodeConfig { certificate_lifetime: lifetime, ..config() })?;
    hall.enter_player(Link::udp(V4)?)?;
    let first = hall.enter_viewer(Link::udp(V4)?)?;
    // A client compares the certificate of its handshake with the answer's fingerprint: that
    // each of them connects says that the two always belong together.
    while hall.fingerprints.len() < 3 {
        let viewer = hall.enter_viewer(Link::udp(V4)?)?;
        hall.watch(viewer, 1)?;
    }
    hall.watch(first, SOME)
}
