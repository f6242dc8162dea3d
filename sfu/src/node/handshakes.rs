//! The thread that runs DTLS handshakes, so that a thousand arrivals keep no packet waiting.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use protocol::MediaSessionId;

use super::worker::{Inbox, Input};
use crate::core::{DtlsOutcome, DtlsTask};
use crate::dtls::{Handshake, Identity, Progress};

/// A task, and the inbox of the worker to answer.
pub(super) type Job = (DtlsTask, Inbox);

/// Certificates that are kept: answers that name an earlier one may be on their way from a worker.
const MAX_IDENTITIES: usize = 4;
/// After a certificate could not be made.
const RETRY: Duration = Duration::from_secs(60);

/// All associations of a node.
pub(super) struct Handshakes {
    /// The newest last.
    identities: VecDeque<Identity>,
    lifetime: Duration,
    next_identity: Instant,
    associations: HashMap<MediaSessionId, Association>,
    /// Sessions whose handshake is under way: those with timers.
    unfinished: Vec<MediaSessionId>,
    sender: Option<mpsc::Sender<Job>>,
    jobs: mpsc::Receiver<Job>,
}

struct Association {
    handshake: Handshake,
    worker: Inbox,
}

impl Handshakes {
    /// Presents `identity` for so long, and then another one.
    pub(super) fn new(identity: Identity, lifetime: Duration) -> Self {
        let (sender, jobs) = mpsc::channel();
        Self {
            identities: VecDeque::from([identity]),
            lifetime,
            next_identity: Instant::now() + lifetime,
            associations: HashMap::new(),
            unfinished: Vec::new(),
            sender: Some(sender),
            jobs,
        }
    }

    /// Where tasks go. The thread ends when all of these are gone.
    pub(super) fn inbox(&self) -> mpsc::Sender<Job> {
        self.sender.clone().expect("invariant: the inbox is asked for before the thread runs")
    }

    /// Works until every inbox is gone. Tells `workers` which certificate answers are to name.
    pub(super) fn run(mut self, workers: &[Inbox]) {
        self.sender = None;
        loop {
            if Instant::now() >= self.next_identity {
                self.rotate(workers);
            }
            let timeouts = self.unfinished.iter().filter_map(|session| {
                self.associations.get(session).and_then(|a| a.handshake.poll_timeout())
            });
            let at = timeouts.fold(self.next_identity, Instant::min);
            match self.jobs.recv_timeout(at.saturating_duration_since(Instant::now())) {
                Ok((task, worker)) => self.handle(task, worker),
                Err(mpsc::RecvTimeoutError::Timeout) => self.handle_timeouts(),
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Makes a new certificate for the sessions to come (docs/adr/008). It is known here before
    /// any answer names it.
    fn rotate(&mut self, workers: &[Inbox]) {
        let now = Instant::now();
        match Identity::generate() {
            Ok(identity) => {
                self.next_identity = now + self.lifetime;
                let fingerprint = *identity.fingerprint();
                self.identities.push_back(identity);
                if self.identities.len() > MAX_IDENTITIES {
                    self.identities.pop_front();
                }
                for worker in workers {
                    worker.send(Input::Fingerprint(fingerprint));
                }
            }
            Err(error) => {
                self.next_identity = now + RETRY;
                tracing::error!(%error, "no new certificate, the old one is used on");
            }
        }
    }

    fn handle(&mut self, task: DtlsTask, worker: Inbox) {
        match task {
            DtlsTask::Open { session, peer, own } => {
                let named = self.identities.iter().find(|known| *known.fingerprint() == own);
                let Some(identity) = named else {
                    worker.send(Input::Dtls(session, DtlsOutcome::Failed));
                    return;
                };
                let handshake = Handshake::new(identity, peer);
                self.associations.insert(session, Association { handshake, worker });
                self.unfinished.push(session);
            }
            DtlsTask::Datagram(session, datagram) => self.handle_datagram(session, &datagram),
            DtlsTask::Close(session) => {
                // The route to the client is gone with its session, so there is nobody to say
                // goodbye to; the client learns it from signalling.
                self.forget(session);
            }
        }
    }

    fn handle_datagram(&mut self, session: MediaSessionId, datagram: &[u8]) {
        let Some(association) = self.associations.get_mut(&session) else { return };
        let now = Instant::now();
        let progress =
            catch_unwind(AssertUnwindSafe(|| association.handshake.handle_datagram(now, datagram)));
        association.drain(session);
        match progress {
            Ok(Ok(Progress::Pending)) => {}
            Ok(Ok(Progress::Connected(keys))) => {
                association.report(session, DtlsOutcome::Connected(keys));
                self.unfinished.retain(|unfinished| *unfinished != session);
            }
            Ok(Ok(Progress::Closed)) => {
                association.report(session, DtlsOutcome::Closed);
                self.forget(session);
            }
            Ok(Err(error)) => {
                tracing::debug!(session.id = %session, %error, "handshake failed");
                self.fail(session);
            }
            Err(_) => {
                tracing::error!(session.id = %session, "handshake panicked");
                self.fail(session);
            }
        }
    }

    fn handle_timeouts(&mut self) {
        let now = Instant::now();
        for session in self.unfinished.clone() {
            let Some(association) = self.associations.get_mut(&session) else { continue };
            if association.handshake.poll_timeout().is_none_or(|at| at > now) {
                continue;
            }
            let outcome = association.handshake.handle_timeout(now);
            association.drain(session);
            if outcome.is_err() {
                self.fail(session);
            }
        }
    }

    fn fail(&mut self, session: MediaSessionId) {
        if let Some(association) = self.associations.get(&session) {
            association.report(session, DtlsOutcome::Failed);
        }
        self.forget(session);
    }

    fn forget(&mut self, session: MediaSessionId) {
        self.associations.remove(&session);
        self.unfinished.retain(|unfinished| *unfinished != session);
    }
}

impl Association {
    fn drain(&mut self, session: MediaSessionId) {
        while let Some(datagram) = self.handshake.poll_transmit() {
            self.report(session, DtlsOutcome::Transmit(datagram.to_vec()));
        }
    }

    fn report(&self, session: MediaSessionId, outcome: DtlsOutcome) {
        self.worker.send(Input::Dtls(session, outcome));
    }
}
