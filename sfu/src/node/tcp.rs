//! ICE-TCP (RFC 6544): a listener on the number of the UDP port, for clients whose networks let
//! no UDP through. A connection is one more path for datagrams; the core sees no difference.

mod backlog;
mod connection;
mod gate;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::socket::{MediaSocket, canonical};
use super::wire::Wire;
use crate::core::{ConnectionNumber, Core, Counters, Datagram, Path};
use connection::{Connection, Fate, READS};
use gate::{Gate, Verdict};

/// Connections that wait for the listener in the kernel.
const QUEUE: i32 = 1_024;
/// Accepted before everything else gets a turn.
const MAX_ACCEPTS: usize = 64;
/// Bytes that the kernel holds back unsent, at most: what waits longer waits in the backlog,
/// where it can be dropped.
const UNSENT: u32 = 16 * 1024;
/// Tokens below this are the worker's own.
const FIRST_TOKEN: usize = 16;

/// All TCP connections of a worker.
pub(super) struct Connections {
    listener: Option<TcpListener>,
    /// More may wait to be accepted.
    accepting: bool,
    registry: Registry,
    gate: Gate,
    open: HashMap<ConnectionNumber, Connection, foldhash::fast::RandomState>,
    next: u32,
    /// Those that wait to be read.
    ready: Vec<ConnectionNumber>,
    reading: Vec<ConnectionNumber>,
    /// Those that broke while something was sent to them.
    broken: Vec<ConnectionNumber>,
    /// Frames of one train.
    scratch: Vec<u8>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    accepted: u64,
    refused: u64,
    stalled: u64,
    dropped: u64,
}

/// Binds the listener of a worker.
///
/// # Errors
/// When the address is taken, or not ours.
pub(super) fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(QUEUE)?;
    Ok(socket.into())
}

impl Connections {
    /// Those of `listener`, at most `max` at a time. Without a listener there are none.
    pub(super) fn new(
        listener: Option<std::net::TcpListener>,
        max: usize,
        registry: &Registry,
    ) -> io::Result<Self> {
        let registry = registry.try_clone()?;
        let mut listener = listener.map(TcpListener::from_std);
        if let Some(listener) = &mut listener {
            registry.register(listener, Token(FIRST_TOKEN), Interest::READABLE)?;
        }
        Ok(Self {
            listener,
            accepting: false,
            registry,
            gate: Gate::new(max),
            open: HashMap::default(),
            next: 1,
            ready: Vec::new(),
            reading: Vec::new(),
            broken: Vec::new(),
            scratch: Vec::new(),
            counts: Counts::default(),
        })
    }

    /// Takes the news that something can be accepted, read or written.
    pub(super) fn on_event(&mut self, event: &Event) {
        let Some(number) = event.token().0.checked_sub(FIRST_TOKEN) else { return };
        if number == 0 {
            self.accepting = true;
            return;
        }
        let number = ConnectionNumber(number as u32);
        let Some(connection) = self.open.get_mut(&number) else { return };
        if event.is_writable() && connection.flush().is_err() {
            self.broken.push(number);
        }
        if !std::mem::replace(&mut connection.ready, true) {
            self.ready.push(number);
        }
    }

    /// Whether [`Self::turn`] has something to do.
    pub(super) fn is_busy(&self) -> bool {
        self.accepting || !self.ready.is_empty() || !self.broken.is_empty()
    }

    /// Accepts, reads and hands over what has come, and tells the core of what has ended.
    pub(super) fn turn(&mut self, core: &mut Core, socket: &mut MediaSocket) {
        self.hang_up(core);
        if !self.is_busy() {
            return;
        }
        self.accept();
        std::mem::swap(&mut self.ready, &mut self.reading);
        while let Some(number) = self.reading.pop() {
            match self.read(number, core, socket) {
                Fate::Idle => {}
                Fate::Busy => self.ready.push(number),
                Fate::Over => self.broken.push(number),
            }
        }
        while let Some(number) = self.broken.pop() {
            self.end(number, core, socket);
        }
    }

    /// Looks after those that are slow: to show who they are, or to read. To be called every
    /// second.
    pub(super) fn look(&mut self, now: Instant, core: &mut Core, socket: &mut MediaSocket) {
        // What an earlier try had no file descriptor for.
        self.accepting = self.listener.is_some();
        while let Some(number) = self.gate.overdue(now) {
            self.counts.refused += 1;
            self.end(number, core, socket);
        }
        let stalled = self
            .open
            .iter_mut()
            .filter_map(|(number, connection)| connection.is_stalled().then_some(*number));
        for number in stalled.collect::<Vec<_>>() {
            self.counts.stalled += 1;
            self.end(number, core, socket);
        }
    }

    /// Closes what the core has no use for any more.
    fn hang_up(&mut self, core: &mut Core) {
        while let Some(number) = core.poll_hangup() {
            self.close(number);
        }
    }

    fn close(&mut self, number: ConnectionNumber) -> Option<Path> {
        let mut connection = self.open.remove(&number)?;
        let _ = self.registry.deregister(&mut connection.stream);
        self.gate.closed(connection.path.remote.ip(), number);
        Some(connection.path)
    }

    fn end(&mut self, number: ConnectionNumber, core: &mut Core, socket: &mut MediaSocket) {
        if let Some(path) = self.close(number) {
            let mut wire = Wire { udp: socket.sender(), tcp: self };
            core.handle_disconnect(Instant::now(), path, &mut wire);
        }
    }

    fn accept(&mut self) {
        if !std::mem::take(&mut self.accepting) {
            return;
        }
        let Some(listener) = self.listener.take() else { return };
        for turn in 0..MAX_ACCEPTS {
            match listener.accept() {
                Ok((stream, remote)) => self.admit(stream, canonical(remote)),
                // Nobody waits; or there is no file descriptor, and `look` tries again.
                Err(error) if error.kind() != io::ErrorKind::ConnectionAborted => break,
                Err(_) => {}
            }
            self.accepting = turn + 1 == MAX_ACCEPTS;
        }
        self.listener = Some(listener);
    }

    fn admit(&mut self, mut stream: TcpStream, remote: SocketAddr) {
        let number = ConnectionNumber(self.next);
        match self.gate.admit(Instant::now(), remote.ip(), number) {
            Verdict::Refused => {
                self.counts.refused += 1;
                return;
            }
            Verdict::InPlaceOf(other) => {
                self.counts.refused += 1;
                // The core does not know it, or it would be known here.
                self.close(other);
            }
            Verdict::Admitted => {}
        }
        self.next = self.next.checked_add(1).unwrap_or(1);
        let socket = SockRef::from(&stream);
        let _ = socket.set_tcp_nodelay(true);
        let _ = socket.set_tcp_notsent_lowat(UNSENT);
        let token = Token(FIRST_TOKEN + number.0 as usize);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.registry.register(&mut stream, token, interest).is_err() {
            self.gate.closed(remote.ip(), number);
            return;
        }
        self.counts.accepted += 1;
        self.open.insert(number, Connection::new(stream, remote, number));
    }

    /// Reads what has come on a connection, up to a limit, and hands it over.
    fn read(
        &mut self,
        number: ConnectionNumber,
        core: &mut Core,
        socket: &mut MediaSocket,
    ) -> Fate {
        let Some(connection) = self.open.get_mut(&number) else { return Fate::Idle };
        connection.ready = false;
        let path = connection.path;
        let mut deframer = connection.take_deframer();
        let mut fate = Fate::Busy;
        for _ in READS {
            let Some(connection) = self.open.get_mut(&number) else { return Fate::Idle };
            match connection.read(&mut deframer) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    fate = Fate::Idle;
                    break;
                }
                Err(_) => return Fate::Over,
            }
            let received = Instant::now();
            loop {
                let contents = match deframer.next_frame() {
                    Ok(Some(contents)) => contents,
                    Ok(None) => break,
                    Err(_) => return Fate::Over,
                };
                let mut datagram = Datagram { path, received, contents };
                let mut wire = Wire { udp: socket.sender(), tcp: self };
                core.handle_datagram(received, &mut datagram, &mut wire);
            }
            self.recognise(number, &path, &mut deframer, core);
        }
        let Some(connection) = self.open.get_mut(&number) else { return Fate::Idle };
        connection.put_back(deframer);
        connection.ready = fate == Fate::Busy;
        fate
    }

    /// Opens up for a client who has just shown who it is.
    fn recognise(
        &mut self,
        number: ConnectionNumber,
        path: &Path,
        deframer: &mut crate::framing::Deframer,
        core: &Core,
    ) {
        let Some(connection) = self.open.get_mut(&number) else { return };
        if !connection.validated && core.is_validated(path) {
            connection.validated = true;
            deframer.widen(connection::MAX_FRAME);
            self.gate.know(number);
        }
    }

    /// Sends datagrams of at most `size` bytes, which lie end to end in `contents`.
    pub(super) fn transmit(&mut self, number: ConnectionNumber, size: usize, contents: &[u8]) {
        let Self { open, scratch, counts, broken, .. } = self;
        let Some(connection) = open.get_mut(&number) else { return };
        match connection.send(contents.chunks(size.max(1)), scratch) {
            Ok(lost) => counts.dropped += lost,
            Err(_) => broken.push(number),
        }
    }

    /// Adds what was counted here.
    pub(super) fn count(&self, counters: &mut Counters) {
        let Counts { accepted, refused, stalled, dropped } = self.counts;
        counters.tcp_open = self.gate.open() as u64;
        counters.tcp_accepted = accepted;
        counters.tcp_refused = refused;
        counters.tcp_stalled = stalled;
        counters.dropped_backlog = dropped;
    }
}
