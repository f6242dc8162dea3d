//! A worker: one thread, one port, one core.

use std::collections::VecDeque;
use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use protocol::media::{MediaCommand, MediaEvent, MediaReply, MediaRequest, Refusal};
use protocol::{Entropy, MediaSessionId, Timestamp};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc as tokio_mpsc, oneshot};

use super::directory::Directory;
use super::handshakes::Job;
use super::neighbours::Neighbours;
use super::socket::MediaSocket;
use super::stats::WorkerStats;
use super::tcp::Connections;
use super::wire::Wire;
use crate::core::relay::{Peer, RelayMessage};
use crate::core::{Core, CoreConfig, DtlsOutcome, Membership};

const SOCKET: Token = Token(0);
const WAKER: Token = Token(1);
/// Batches received before everything else gets a turn.
const MAX_BATCHES: usize = 16;
/// How often counters are published, and a backlog of events is tried again.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Batches of relayed packets that wait for a worker, at most; a worker that is later than that
/// loses them. At 60 pictures a second, four seconds of one publisher.
const MAX_MEDIA_WAITING: usize = 256;

/// What reaches a worker besides datagrams.
pub(super) enum Input {
    /// About a room that is at home here, or in another worker.
    Request(MediaRequest, Option<Peer>, oneshot::Sender<MediaReply>),
    /// A participant has another session in another worker.
    Replace(MediaSessionId),
    Relay(Peer, RelayMessage),
    Dtls(MediaSessionId, DtlsOutcome),
    /// Of the certificate that answers are to name from now on.
    Fingerprint([u8; 32]),
    Stop,
}

/// Where a worker's inputs go.
#[derive(Clone)]
pub(super) struct Inbox {
    inputs: mpsc::Sender<Input>,
    waker: Arc<Waker>,
    media_waiting: Arc<AtomicUsize>,
}

impl Inbox {
    /// Hands an input over. One that comes after the end is lost.
    pub(super) fn send(&self, input: Input) {
        self.push(input);
        self.wake();
    }

    /// Hands an input over, to be seen when the worker wakes.
    pub(super) fn push(&self, input: Input) {
        let _ = self.inputs.send(input);
    }

    pub(super) fn wake(&self) {
        let _ = self.waker.wake();
    }

    /// Whether relayed packets may be pushed now.
    pub(super) fn claim_media(&self) -> bool {
        let claim = |waiting| (waiting < MAX_MEDIA_WAITING).then_some(waiting + 1);
        self.media_waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim).is_ok()
    }
}

/// What a worker is made of.
pub(super) struct Setup {
    pub(super) core: CoreConfig,
    pub(super) socket: MediaSocket,
    pub(super) listener: Option<TcpListener>,
    pub(super) hold: Duration,
    pub(super) handshakes: mpsc::Sender<Job>,
    pub(super) events: tokio_mpsc::Sender<MediaEvent>,
    pub(super) stats: Arc<Mutex<WorkerStats>>,
    pub(super) directory: Arc<Mutex<Directory>>,
    /// The moment at which all workers' timelines begin.
    pub(super) origin: (Instant, Timestamp),
}

/// A request that waits until the room's state is here.
type Waiting = (MediaRequest, Peer, oneshot::Sender<MediaReply>);

pub(super) struct Worker {
    core: Core,
    socket: MediaSocket,
    connections: Connections,
    hold: Duration,
    poll: Poll,
    inbox: Inbox,
    inputs: mpsc::Receiver<Input>,
    neighbours: Neighbours,
    waiting: Vec<Waiting>,
    directory: Arc<Mutex<Directory>>,
    handshakes: mpsc::Sender<Job>,
    events: tokio_mpsc::Sender<MediaEvent>,
    backlog: VecDeque<MediaEvent>,
    stats: Arc<Mutex<WorkerStats>>,
    next_housekeeping: Instant,
}

impl Worker {
    pub(super) fn new(setup: Setup, entropy: Arc<dyn Entropy>) -> io::Result<(Self, Inbox)> {
        let Setup { core, socket, listener, hold, handshakes, events, stats, directory, origin } =
            setup;
        let poll = Poll::new()?;
        poll.registry().register(&mut SourceFd(&socket.raw_fd()), SOCKET, Interest::READABLE)?;
        let connections = Connections::new(listener, 2 * core.max_sessions, poll.registry())?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (sender, inputs) = mpsc::channel();
        let inbox = Inbox { inputs: sender, waker, media_waiting: Arc::default() };
        let worker = Self {
            core: Core::new(core, entropy, origin.0, origin.1),
            socket,
            connections,
            hold,
            poll,
            inbox: inbox.clone(),
            inputs,
            neighbours: Neighbours::new(Peer(0), Vec::new()),
            waiting: Vec::new(),
            directory,
            handshakes,
            events,
            backlog: VecDeque::new(),
            stats,
            next_housekeeping: origin.0 + HOUSEKEEPING,
        };
        Ok((worker, inbox))
    }

    /// Works until told to stop.
    pub(super) fn run(mut self, neighbours: Neighbours) {
        self.neighbours = neighbours;
        let mut ready = Events::with_capacity(256);
        let mut readable = false;
        loop {
            let busy = readable || self.connections.is_busy();
            let wait = if busy { Duration::ZERO } else { self.wait() };
            match self.poll.poll(&mut ready, Some(wait)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::error!(%error, "media worker cannot poll, stopping");
                    return;
                }
                Ok(()) => {}
            }
            for event in &ready {
                readable |= event.token() == SOCKET;
                self.connections.on_event(event);
            }
            if !self.take_inputs() {
                return;
            }
            self.connections.turn(&mut self.core, &mut self.socket);
            if readable {
                readable = self.receive();
                if self.core.wants_flush() && !readable && !self.hold.is_zero() {
                    // The rest of a frame is on its way: one train later costs less than many
                    // now.
                    std::thread::sleep(self.hold);
                    readable = self.receive();
                }
            }
            let now = Instant::now();
            // The other workers begin while this one forwards to its own.
            self.core.relay(now);
            self.neighbours.carry(&mut self.core);
            let mut wire = Wire { udp: self.socket.sender(), tcp: &mut self.connections };
            if self.core.wants_flush() {
                self.core.flush(now, &mut wire);
                self.core.note_flushed(Instant::now());
            }
            self.core.handle_timeout(now, &mut wire);
            drop(wire);
            self.take_outputs(now);
        }
    }

    fn wait(&self) -> Duration {
        let next = self.core.poll_timeout().unwrap_or(self.next_housekeeping);
        next.min(self.next_housekeeping).saturating_duration_since(Instant::now())
    }

    /// True if more is waiting.
    fn receive(&mut self) -> bool {
        let Self { socket, connections, core, .. } = self;
        (0..MAX_BATCHES).all(|_| {
            socket.receive(connections, |now, datagram, sink| {
                core.handle_datagram(now, datagram, sink);
            })
        })
    }

    /// False when it is time to stop.
    fn take_inputs(&mut self) -> bool {
        while let Ok(input) = self.inputs.try_recv() {
            let now = Instant::now();
            let mut wire = Wire { udp: self.socket.sender(), tcp: &mut self.connections };
            match input {
                Input::Request(request, None, reply) => {
                    self.core.lead(now, request.room);
                    let _ = reply.send(self.core.handle_command(now, request, &mut wire));
                }
                Input::Request(request, Some(home), reply) => {
                    drop(wire);
                    self.take_visiting(now, request, home, reply);
                }
                Input::Replace(session) => self.core.replace(now, session),
                Input::Relay(from, message) => {
                    if message.is_media() {
                        self.inbox.media_waiting.fetch_sub(1, Ordering::Relaxed);
                    }
                    self.core.handle_relay(now, from, &message, &mut wire);
                }
                Input::Dtls(session, outcome) => {
                    self.core.handle_dtls(now, session, outcome, &mut wire);
                }
                Input::Fingerprint(fingerprint) => self.core.set_fingerprint(fingerprint),
                Input::Stop => return false,
            }
        }
        let now = Instant::now();
        for (request, home, reply) in std::mem::take(&mut self.waiting) {
            if self.core.has_room(request.room) {
                self.take_visiting(now, request, home, reply);
            } else {
                let _ = reply.send(refused("the room ended"));
            }
        }
        true
    }

    /// Takes a request about a room that is at home in another worker.
    fn take_visiting(
        &mut self,
        now: Instant,
        request: MediaRequest,
        home: Peer,
        reply: oneshot::Sender<MediaReply>,
    ) {
        let connects = matches!(request.command, MediaCommand::Connect { .. });
        if !connects && !self.core.has_room(request.room) {
            let _ = reply.send(refused("no such session"));
            return;
        }
        let membership =
            if connects { self.core.join(now, request.room, home) } else { Membership::Joined };
        match membership {
            Membership::Joined => {
                let mut wire = Wire { udp: self.socket.sender(), tcp: &mut self.connections };
                let _ = reply.send(self.core.handle_command(now, request, &mut wire));
            }
            Membership::Joining => self.waiting.push((request, home, reply)),
            Membership::Full => {
                let detail = "too many rooms".to_owned();
                let _ = reply.send(MediaReply::Refused { reason: Refusal::Full, detail });
            }
        }
    }

    fn take_outputs(&mut self, now: Instant) {
        while let Some(task) = self.core.poll_dtls() {
            let _ = self.handshakes.send((task, self.inbox.clone()));
        }
        self.neighbours.carry(&mut self.core);
        while let Some(event) = self.core.poll_event() {
            self.directory.lock().unwrap_or_else(PoisonError::into_inner).note(&event);
            self.backlog.push_back(event);
        }
        while let Some(event) = self.backlog.pop_front() {
            if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
                self.backlog.push_front(event);
                break;
            }
        }
        if now >= self.next_housekeeping {
            self.next_housekeeping = now + HOUSEKEEPING;
            self.connections.look(now, &mut self.core, &mut self.socket);
            let mut stats = WorkerStats::read(&self.core);
            self.connections.count(&mut stats.counters);
            stats.counters.dropped_sends = self.socket.dropped;
            stats.counters.dropped_relayed = self.neighbours.dropped;
            *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
        }
    }
}

fn refused(detail: &str) -> MediaReply {
    MediaReply::Refused { reason: Refusal::NotFound, detail: detail.to_owned() }
}
