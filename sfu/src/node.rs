//! The shell around the core: for each worker a UDP socket, a TCP listener and a thread, and one
//! thread for DTLS handshakes. It reads the clock, so that the core need not.

mod batch;
mod directory;
mod handshakes;
mod neighbours;
mod socket;
mod stats;
mod tcp;
mod wire;
mod worker;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use protocol::media::{MediaCommand, MediaEvent, MediaReply, MediaRequest, Refusal, RoomStats};
use protocol::snapshot::RoomSnapshot;
use protocol::{Clock, Entropy, MediaSessionId, RoomId};
use tokio::sync::{mpsc, oneshot};

use crate::core::relay::Peer;
use crate::core::{CoreConfig, Counters};
use crate::dtls::{DtlsError, Identity};
use crate::sdp;
use directory::{Directory, Misplaced, Placed};
use handshakes::Handshakes;
use neighbours::Neighbours;
use socket::MediaSocket;
pub use stats::{StatsReader, WorkerStats};
use worker::{Inbox, Input, Worker};

/// How events wait for whoever reads them, at most; beyond that they wait in the worker.
const EVENT_QUEUE: usize = 4_096;

/// What a node is told at its start.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// The address of the first worker, for UDP and TCP; the others take the ports after it.
    /// Port 0 takes a free one. An IPv6 wildcard takes IPv4 as well.
    pub listen: SocketAddr,
    /// The addresses that clients are told, best first; with NAT 1:1, the outer ones.
    pub advertise: Vec<IpAddr>,
    /// Threads, each with a socket, and with rooms or parts of rooms; at least 1.
    pub workers: u16,
    /// Whether clients may come by TCP (RFC 6544) where no UDP gets through.
    pub tcp: bool,
    /// How many sessions of a room a worker takes before another one shares the room.
    pub spread: usize,
    /// The most sessions a worker takes.
    pub max_sessions: usize,
    /// How long new sessions are shown the same certificate; those that have one keep it.
    pub certificate_lifetime: Duration,
    /// How long a worker gathers packets before it forwards them: longer trains cost less
    /// (docs/adr/003), and everybody waits that much longer.
    pub hold: Duration,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 7882)),
            advertise: Vec::new(),
            workers: 1,
            tcp: true,
            spread: 50,
            max_sessions: 4_000,
            certificate_lifetime: Duration::from_secs(24 * 60 * 60),
            hold: Duration::from_micros(400),
        }
    }
}

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {protocol} {address}: {source}")]
    Listen {
        /// UDP or TCP.
        protocol: &'static str,
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate.
    #[error(transparent)]
    Dtls(#[from] DtlsError),
    /// A thread.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// A running media node. Dropping it ends it.
pub struct Node {
    workers: Vec<WorkerHandle>,
    directory: Arc<Mutex<Directory>>,
    handshakes: Option<JoinHandle<()>>,
}

struct WorkerHandle {
    inbox: Inbox,
    address: SocketAddr,
    stats: Arc<Mutex<WorkerStats>>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Binds the sockets and starts the threads. Events of all rooms come out of the receiver.
    ///
    /// # Errors
    /// When an address cannot be bound, or a thread or the certificate cannot be made.
    pub fn start(
        config: &NodeConfig,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<(Self, mpsc::Receiver<MediaEvent>), NodeError> {
        let identity = Identity::generate()?;
        let fingerprint = *identity.fingerprint();
        let (events, receiver) = mpsc::channel(EVENT_QUEUE);
        let handshakes = Handshakes::new(identity, config.certificate_lifetime);
        let count = usize::from(config.workers.max(1));
        let directory = Arc::new(Mutex::new(Directory::new(count, config.spread)));
        let origin = (Instant::now(), clock.now());
        let (mut workers, mut idle) = (Vec::new(), Vec::new());
        for number in 0..config.workers.max(1) {
            let mut listen = config.listen;
            if listen.port() != 0 {
                listen.set_port(listen.port().saturating_add(number));
            }
            let (socket, listener, address) = bind(listen, config.tcp)?;
            let advertise = if config.advertise.is_empty() {
                vec![address.ip()]
            } else {
                config.advertise.clone()
            };
            let candidates: Vec<_> =
                advertise.into_iter().map(|ip| SocketAddr::new(ip, address.port())).collect();
            let core = CoreConfig {
                tcp_candidates: if config.tcp { candidates.clone() } else { Vec::new() },
                candidates,
                fingerprint,
                max_sessions: config.max_sessions,
            };
            let stats = Arc::new(Mutex::new(WorkerStats::default()));
            let (worker, inbox) = Worker::new(
                worker::Setup {
                    core,
                    socket,
                    listener,
                    hold: config.hold,
                    handshakes: handshakes.inbox(),
                    events: events.clone(),
                    stats: Arc::clone(&stats),
                    directory: Arc::clone(&directory),
                    origin,
                },
                Arc::clone(entropy),
            )
            .map_err(NodeError::Thread)?;
            idle.push(worker);
            workers.push(WorkerHandle { inbox, address, stats, thread: None });
        }
        let inboxes: Vec<_> = workers.iter().map(|worker| worker.inbox.clone()).collect();
        for (number, worker) in idle.into_iter().enumerate() {
            let neighbours = Neighbours::new(Peer(number as u16), inboxes.clone());
            let thread = std::thread::Builder::new()
                .name(format!("media-{number}"))
                .spawn(move || worker.run(neighbours))
                .map_err(NodeError::Thread)?;
            workers[number].thread = Some(thread);
        }
        let thread = std::thread::Builder::new()
            .name("dtls".to_owned())
            .spawn(move || handshakes.run(&inboxes))
            .map_err(NodeError::Thread)?;
        let node = Self { workers, directory, handshakes: Some(thread) };
        Ok((node, receiver))
    }

    /// Carries a command out.
    pub async fn request(&self, request: MediaRequest) -> MediaReply {
        let (room, epoch) = (request.room, request.epoch);
        match &request.command {
            MediaCommand::Connect { session, participant, offer, .. } => {
                let (session, publishes) = (*session, sdp::offers_to_send(offer));
                let placed = self.directory().place(room, epoch, session, *participant, publishes);
                match placed {
                    Ok(placed) => self.connect(placed, session, request).await,
                    Err(misplaced) => refuse(misplaced),
                }
            }
            MediaCommand::RestartIce { session, .. }
            | MediaCommand::SetSizes { session, .. }
            | MediaCommand::ReportPlayback { session, .. }
            | MediaCommand::Disconnect { session } => match self.find(room, epoch, *session) {
                Ok((worker, home)) => self.ask(worker, home, request).await,
                Err(misplaced) => refuse(misplaced),
            },
            MediaCommand::CloseRoom => {
                let workers = self.directory().workers_of(room);
                let Some(home) = workers.first() else { return MediaReply::Done };
                let reply = self.ask(*home, *home, request).await;
                self.directory().forget(room);
                reply
            }
            MediaCommand::Stats => self.room_stats(request).await,
            MediaCommand::Snapshot { .. } => self.snapshot(request).await,
            MediaCommand::SetPublish { .. } | MediaCommand::SetView { .. } => {
                let home = self.directory().home(room, epoch);
                match home {
                    Ok(home) => self.ask(home, home, request).await,
                    Err(misplaced) => refuse(misplaced),
                }
            }
        }
    }

    async fn connect(
        &self,
        placed: Placed,
        session: MediaSessionId,
        request: MediaRequest,
    ) -> MediaReply {
        let room = request.room;
        let reply = self.ask(placed.worker, placed.home, request).await;
        if matches!(reply, MediaReply::Answer { .. }) {
            for (worker, session) in placed.replaces {
                self.workers[worker].inbox.send(Input::Replace(session));
            }
        } else {
            self.directory().remove(room, session);
        }
        reply
    }

    /// The counters of all parts of a room.
    async fn room_stats(&self, request: MediaRequest) -> MediaReply {
        let home = self.directory().home(request.room, request.epoch);
        let home = match home {
            Ok(home) => home,
            Err(misplaced) => return refuse(misplaced),
        };
        let workers = self.directory().workers_of(request.room);
        let mut all = RoomStats::default();
        for worker in workers {
            match self.ask(worker, home, request.clone()).await {
                MediaReply::Stats(part) => all.participants.extend(part.participants),
                // A part that ended a moment ago.
                _ if worker != home => {}
                refused => return refused,
            }
        }
        MediaReply::Stats(Box::new(all))
    }

    /// A room with all its parts.
    async fn snapshot(&self, request: MediaRequest) -> MediaReply {
        let workers = self.directory().workers_of(request.room);
        let (mut all, home) = (None::<Box<RoomSnapshot>>, workers.first().copied().unwrap_or(0));
        for worker in workers {
            match (self.ask(worker, home, request.clone()).await, &mut all) {
                (MediaReply::Snapshot(part), None) => all = Some(part),
                (MediaReply::Snapshot(part), Some(all)) => all.merge(*part),
                _ => {}
            }
        }
        all.map_or_else(
            || MediaReply::Refused { reason: Refusal::NotFound, detail: "no such room".to_owned() },
            MediaReply::Snapshot,
        )
    }

    async fn ask(&self, worker: usize, home: usize, request: MediaRequest) -> MediaReply {
        let (reply, answer) = oneshot::channel();
        let home = (worker != home).then_some(Peer(home as u16));
        self.workers[worker].inbox.send(Input::Request(request, home, reply));
        answer.await.unwrap_or_else(|_| MediaReply::Refused {
            reason: Refusal::Full,
            detail: "the worker has stopped".to_owned(),
        })
    }

    /// The worker that has a session, or would, and the room's home.
    fn find(
        &self,
        room: RoomId,
        epoch: u64,
        session: MediaSessionId,
    ) -> Result<(usize, usize), Misplaced> {
        let mut directory = self.directory();
        let home = directory.home(room, epoch)?;
        Ok((directory.worker_of(room, session).unwrap_or(home), home))
    }

    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the workers listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.workers.iter().map(|worker| worker.address).collect()
    }

    /// What each worker has counted, as of at most a second ago.
    #[must_use]
    pub fn counters(&self) -> Vec<Counters> {
        self.stats().into_iter().map(|stats| stats.counters).collect()
    }

    /// What each worker has counted and measured, as of at most a second ago.
    #[must_use]
    pub fn stats(&self) -> Vec<WorkerStats> {
        self.stats_reader().read()
    }

    /// What reads the same without the node at hand.
    #[must_use]
    pub fn stats_reader(&self) -> StatsReader {
        StatsReader(self.workers.iter().map(|worker| Arc::clone(&worker.stats)).collect())
    }

    /// Whether every thread is running.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let running = |thread: &Option<JoinHandle<()>>| {
            thread.as_ref().is_some_and(|thread| !thread.is_finished())
        };
        running(&self.handshakes) && self.workers.iter().all(|worker| running(&worker.thread))
    }

    /// Ends all sessions and threads.
    pub fn shutdown(&mut self) {
        for worker in &mut self.workers {
            worker.inbox.send(Input::Stop);
            if let Some(thread) = worker.thread.take() {
                let _ = thread.join();
            }
        }
        // The last worker's inbox to the handshakes is gone with it, which ends their thread.
        if let Some(thread) = self.handshakes.take() {
            let _ = thread.join();
        }
    }
}

fn refuse(misplaced: Misplaced) -> MediaReply {
    let (reason, detail) = match misplaced {
        Misplaced::Stale => (Refusal::StaleEpoch, "the room has a newer owner"),
        Misplaced::Taken => (Refusal::BadOffer, "the session exists already"),
    };
    MediaReply::Refused { reason, detail: detail.to_owned() }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// How often a free port is looked for that is free for TCP as well.
const PORT_TRIES: usize = 32;

/// Binds a worker's sockets, on one port number.
fn bind(
    listen: SocketAddr,
    tcp: bool,
) -> Result<(MediaSocket, Option<TcpListener>, SocketAddr), NodeError> {
    let refused = |protocol| move |source| NodeError::Listen { protocol, address: listen, source };
    let mut tries = PORT_TRIES;
    loop {
        let socket = MediaSocket::bind(listen).map_err(refused("udp"))?;
        let address = socket.local_addr().map_err(refused("udp"))?;
        if !tcp {
            return Ok((socket, None, address));
        }
        match tcp::bind(address) {
            Ok(listener) => return Ok((socket, Some(listener), address)),
            Err(_) if listen.port() == 0 && tries > 0 => tries -= 1,
            Err(source) => return Err(refused("tcp")(source)),
        }
    }
}
