//! Empties sockets as soon as there is something, and does nothing else meanwhile: what lies in
//! a receiver's queue is kernel memory that the sender would otherwise have used again, so slow
//! receivers on the same machine make sending dearer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use crate::support::socket::{Buffers, ClientSocket, Datagram};

/// How often sockets are looked at. Their thread sleeps in between: waking it for each datagram
/// would cost the sender time that it does not spend on clients elsewhere.
const EVERY: Duration = Duration::from_millis(2);

/// Sockets that one thread empties.
#[derive(Debug)]
pub(crate) struct Emptier {
    poll: Poll,
    events: Events,
    buffers: Buffers,
    sockets: Vec<Arc<ClientSocket>>,
}

impl Emptier {
    /// No sockets yet.
    ///
    /// # Errors
    /// When the system gives no poller.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffers: Buffers::new(),
            sockets: Vec::new(),
        })
    }

    /// Takes a socket in; the first has number 0.
    ///
    /// # Errors
    /// When the system cannot watch it.
    pub(crate) fn add(&mut self, socket: Arc<ClientSocket>) -> Result<()> {
        let token = Token(self.sockets.len());
        self.poll.registry().register(&mut SourceFd(&socket.fd()), token, Interest::READABLE)?;
        self.sockets.push(socket);
        Ok(())
    }

    /// Hands over all that has arrived, with the number of the socket.
    ///
    /// # Errors
    /// When a socket fails.
    pub(crate) fn empty(&mut self, on: &mut dyn FnMut(usize, Datagram<'_>)) -> Result<()> {
        self.poll.poll(&mut self.events, Some(Duration::ZERO))?;
        for event in &self.events {
            let Token(number) = event.token();
            let socket = &self.sockets[number];
            socket.receive(&mut self.buffers, &mut |datagram| on(number, datagram))?;
        }
        Ok(())
    }

    /// Sleeps until it is worth looking again.
    pub(crate) fn rest() {
        thread::sleep(EVERY);
    }
}

/// Datagrams on their way from the reader to the clients.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    datagrams: Vec<Arrival>,
}

#[derive(Debug)]
struct Arrival {
    socket: usize,
    from: SocketAddr,
    at: Instant,
    length: usize,
}

impl Batch {
    fn push(&mut self, socket: usize, datagram: Datagram<'_>) {
        let Datagram { from, bytes, arrived: at } = datagram;
        self.bytes.extend_from_slice(bytes);
        self.datagrams.push(Arrival { socket, from, at, length: bytes.len() });
    }

    /// The datagrams, with the number of the socket.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (usize, Datagram<'_>)> {
        let mut rest = self.bytes.as_slice();
        self.datagrams.iter().map(move |arrival| {
            let (bytes, behind) = rest.split_at(arrival.length);
            rest = behind;
            (arrival.socket, Datagram { from: arrival.from, bytes, arrived: arrival.at })
        })
    }
}

/// A thread that empties the sockets of clients.
#[derive(Debug)]
pub(crate) struct Reader {
    sockets: Sender<Arc<ClientSocket>>,
    batches: Receiver<Result<Batch>>,
    used: Sender<Batch>,
}

impl Reader {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no poller.
    pub(crate) fn start() -> Result<Self> {
        let mut emptier = Emptier::new()?;
        let (sockets, new_sockets) = mpsc::channel();
        let (full, batches) = mpsc::channel();
        let (used, empty) = mpsc::channel::<Batch>();
        thread::spawn(move || {
            let mut turn = || -> Result<Batch> {
                for socket in new_sockets.try_iter() {
                    emptier.add(socket)?;
                }
                let mut batch = empty.try_recv().unwrap_or_default();
                emptier.empty(&mut |socket, datagram| batch.push(socket, datagram))?;
                Ok(batch)
            };
            loop {
                let batch = turn();
                let failed = batch.is_err();
                // When nobody waits for it any more, the run is over.
                if full.send(batch).is_err() || failed {
                    return;
                }
                Emptier::rest();
            }
        });
        Ok(Self { sockets, batches, used })
    }

    /// Takes a socket in; the first has number 0.
    ///
    /// # Errors
    /// When reading has failed.
    pub(crate) fn add(&self, socket: Arc<ClientSocket>) -> Result<()> {
        self.sockets.send(socket).map_err(|_| anyhow!("the reader has ended"))
    }

    /// The next batch, which may be empty; waits for it.
    ///
    /// # Errors
    /// When reading has failed.
    pub(crate) fn next(&self) -> Result<Batch> {
        self.batches.recv()?
    }

    /// Gives a batch back, to be filled again.
    pub(crate) fn reuse(&self, mut batch: Batch) {
        batch.bytes.clear();
        batch.datagrams.clear();
        // A reader that has ended needs none.
        let _ = self.used.send(batch);
    }
}
