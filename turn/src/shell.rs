//! One thread, the listening socket, and a socket for each allocation.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use protocol::Clock;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::Deps;
use crate::config::TurnConfig;
use crate::core::{Core, HEADROOM, Now, Outside, RelayId};
use crate::counters::Counters;

const LISTEN: Token = Token(0);
const WAKE: Token = Token(1);
/// Tokens of allocations begin here.
const RELAYS: usize = 2;
/// Datagrams read from one socket before others have their turn.
const BATCH: usize = 64;
/// Longer datagrams are cut off, and then no longer what they say they are.
const MAX_DATAGRAM: usize = 2048;
/// How often allocations are looked through and counters told.
const TICK: Duration = Duration::from_secs(1);

pub(crate) async fn run(
    config: TurnConfig,
    deps: Deps,
    socket: std::net::UdpSocket,
    shutdown: CancellationToken,
) -> io::Result<()> {
    // Ours alone: what ends here ends nothing of the caller's.
    let shutdown = shutdown.child_token();
    socket.set_nonblocking(true)?;
    let mut socket = UdpSocket::from_std(socket);
    let poll = Poll::new()?;
    poll.registry().register(&mut socket, LISTEN, Interest::READABLE)?;
    let waker = Waker::new(poll.registry(), WAKE)?;
    let v6 = socket.local_addr()?.is_ipv6();
    let sockets = Sockets {
        registry: poll.registry().try_clone()?,
        listen: socket,
        v6,
        relays: Vec::new(),
        dropped: 0,
    };
    let core = Core::new(config, &*deps.entropy);
    let worker = Worker {
        core,
        sockets,
        clock: deps.clock,
        counters: deps.counters,
        stop: shutdown.clone(),
    };
    let (ended, mut end) = oneshot::channel();
    std::thread::Builder::new().name("turn".to_owned()).spawn(move || {
        // Whoever waited for it may be gone.
        let _ = ended.send(worker.work(poll));
    })?;
    // Dropped without a shutdown, it ends as well.
    let _guard = shutdown.clone().drop_guard();
    tokio::select! {
        ended = &mut end => return ended.unwrap_or_else(|_| Err(io::Error::other("a panic"))),
        () = shutdown.cancelled() => waker.wake()?,
    }
    end.await.unwrap_or_else(|_| Err(io::Error::other("a panic")))
}

struct Worker {
    core: Core,
    sockets: Sockets,
    clock: Arc<dyn Clock>,
    counters: Arc<Mutex<Counters>>,
    stop: CancellationToken,
}

impl Worker {
    fn work(mut self, mut poll: Poll) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        let mut buffer = [0; HEADROOM + MAX_DATAGRAM];
        let mut ticked = Instant::now();
        // Sockets that had more than a batch; the system does not tell of them again.
        let mut unread = Vec::new();
        loop {
            let patience = if unread.is_empty() { TICK } else { Duration::ZERO };
            match poll.poll(&mut events, Some(patience)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            if self.stop.is_cancelled() {
                return Ok(());
            }
            let mut ready = std::mem::take(&mut unread);
            for token in events.iter().map(mio::event::Event::token) {
                if token != WAKE && !ready.contains(&token) {
                    ready.push(token);
                }
            }
            for token in ready {
                if self.read(token, &mut buffer)? {
                    unread.push(token);
                }
            }
            let now = Instant::now();
            if now.duration_since(ticked) >= TICK {
                ticked = now;
                self.core.sweep(now, &mut self.sockets);
                self.tell();
            }
        }
    }

    /// Reads a batch; whether there may be more.
    fn read(&mut self, token: Token, buffer: &mut [u8]) -> io::Result<bool> {
        for _ in 0..BATCH {
            let Some(socket) = self.sockets.at(token) else { return Ok(false) };
            let (length, source) = match socket.recv_from(&mut buffer[HEADROOM..]) {
                Ok((length, source)) => (length, canonical(source)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if token == LISTEN && !is_passing(&error) => return Err(error),
                // A report about an earlier send (ICMP), or a signal: there may be more.
                Err(_) => continue,
            };
            // For each: what was read before may have kept this waiting for a while.
            let now = Now { instant: Instant::now(), wall: self.clock.now() };
            let frame = &mut buffer[..HEADROOM + length];
            if token == LISTEN {
                self.core.handle_client(now, source, &frame[HEADROOM..], &mut self.sockets);
            } else {
                let relay = RelayId(token.0 - RELAYS);
                self.core.handle_peer(now, relay, source, frame, &mut self.sockets);
            }
            for _ in 0..std::mem::take(&mut self.sockets.dropped) {
                self.core.on_send_dropped();
            }
        }
        Ok(true)
    }

    fn tell(&self) {
        // A reader that panicked has left the numbers as whole as they were.
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner) = self.core.counters();
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Interrupted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
    )
}

struct Sockets {
    registry: Registry,
    listen: UdpSocket,
    /// Whether `listen` is IPv6, and serves IPv4 as mapped addresses.
    v6: bool,
    relays: Vec<Option<UdpSocket>>,
    dropped: u64,
}

impl Sockets {
    fn at(&self, token: Token) -> Option<&UdpSocket> {
        match token {
            LISTEN => Some(&self.listen),
            Token(number) => self.relays.get(number.checked_sub(RELAYS)?)?.as_ref(),
        }
    }

    fn bind(&self, relay: RelayId, v6: bool) -> io::Result<(UdpSocket, u16)> {
        let any: IpAddr =
            if v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        let mut socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
        let port = socket.local_addr()?.port();
        self.registry.register(&mut socket, Token(RELAYS + relay.0), Interest::READABLE)?;
        Ok((socket, port))
    }
}

impl Outside for Sockets {
    fn to_client(&mut self, client: SocketAddr, datagram: &[u8]) {
        let address = if self.v6 { mapped(client) } else { client };
        if self.listen.send_to(datagram, address).is_err() {
            self.dropped += 1;
        }
    }

    fn to_peer(&mut self, relay: RelayId, peer: SocketAddr, datagram: &[u8]) {
        let socket = self.relays.get(relay.0).and_then(Option::as_ref);
        if socket.is_none_or(|socket| socket.send_to(datagram, peer).is_err()) {
            self.dropped += 1;
        }
    }

    fn open(&mut self, relay: RelayId, v6: bool) -> Option<u16> {
        let opened = self.bind(relay, v6);
        let (socket, port) = opened
            .inspect_err(|error| tracing::warn!(%error, "no socket for a relayed address"))
            .ok()?;
        if self.relays.len() <= relay.0 {
            self.relays.resize_with(relay.0 + 1, || None);
        }
        self.relays[relay.0] = Some(socket);
        Some(port)
    }

    fn close(&mut self, relay: RelayId) {
        if let Some(mut socket) = self.relays.get_mut(relay.0).and_then(Option::take) {
            // Closing it takes it out of the poll as well.
            let _ = self.registry.deregister(&mut socket);
        }
    }
}

/// An IPv4 address as itself, whatever socket it came by.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    }
}
