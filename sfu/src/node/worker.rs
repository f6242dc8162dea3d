//! A worker: one thread, one port, one core.

use std::collections::VecDeque;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use protocol::media::{MediaEvent, MediaReply, MediaRequest};
use protocol::{Clock, Entropy, MediaSessionId};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc as tokio_mpsc, oneshot};

use super::handshakes::Job;
use super::socket::MediaSocket;
use super::stats::WorkerStats;
use super::tcp::Connections;
use super::wire::Wire;
use crate::core::{Core, CoreConfig, DtlsOutcome};

const SOCKET: Token = Token(0);
const WAKER: Token = Token(1);
/// Batches received before everything else gets a turn.
const MAX_BATCHES: usize = 16;
/// How often counters are published, and a backlog of events is tried again.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// What reaches a worker besides datagrams.
pub(super) enum Input {
    Request(MediaRequest, oneshot::Sender<MediaReply>),
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
}

impl Inbox {
    /// Hands an input over. One that comes after the end is lost.
    pub(super) fn send(&self, input: Input) {
        if self.inputs.send(input).is_ok() {
            let _ = self.waker.wake();
        }
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
}

pub(super) struct Worker {
    core: Core,
    socket: MediaSocket,
    connections: Connections,
    hold: Duration,
    poll: Poll,
    inbox: Inbox,
    inputs: mpsc::Receiver<Input>,
    handshakes: mpsc::Sender<Job>,
    events: tokio_mpsc::Sender<MediaEvent>,
    backlog: VecDeque<MediaEvent>,
    stats: Arc<Mutex<WorkerStats>>,
    next_housekeeping: Instant,
}

impl Worker {
    pub(super) fn new(
        setup: Setup,
        clock: &dyn Clock,
        entropy: Arc<dyn Entropy>,
    ) -> io::Result<(Self, Inbox)> {
        let Setup { core, socket, listener, hold, handshakes, events, stats } = setup;
        let poll = Poll::new()?;
        poll.registry().register(&mut SourceFd(&socket.raw_fd()), SOCKET, Interest::READABLE)?;
        let connections = Connections::new(listener, 2 * core.max_sessions, poll.registry())?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (sender, inputs) = mpsc::channel();
        let inbox = Inbox { inputs: sender, waker };
        let now = Instant::now();
        let worker = Self {
            core: Core::new(core, entropy, now, clock.now()),
            socket,
            connections,
            hold,
            poll,
            inbox: inbox.clone(),
            inputs,
            handshakes,
            events,
            backlog: VecDeque::new(),
            stats,
            next_housekeeping: now + HOUSEKEEPING,
        };
        Ok((worker, inbox))
    }

    /// Works until told to stop.
    pub(super) fn run(mut self) {
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
            let mut wire = Wire { udp: self.socket.sender(), tcp: &mut self.connections };
            if self.core.wants_flush() {
                self.core.flush(now, &mut wire);
                self.core.note_flushed(Instant::now());
            }
            self.core.handle_timeout(now, &mut wire);
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
                Input::Request(request, reply) => {
                    let _ = reply.send(self.core.handle_command(now, request, &mut wire));
                }
                Input::Dtls(session, outcome) => {
                    self.core.handle_dtls(now, session, outcome, &mut wire);
                }
                Input::Fingerprint(fingerprint) => self.core.set_fingerprint(fingerprint),
                Input::Stop => return false,
            }
        }
        true
    }

    fn take_outputs(&mut self, now: Instant) {
        while let Some(task) = self.core.poll_dtls() {
            let _ = self.handshakes.send((task, self.inbox.clone()));
        }
        while let Some(event) = self.core.poll_event() {
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
            *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
        }
    }
}
