//! Which performances are in memory. One that is asked for and is not is brought there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use protocol::PerformanceId;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::messages::HubMessage;
use super::task::Hub;
use crate::context::Context;

/// How many messages wait for a performance before their senders do.
const MAILBOX: usize = 1024;
/// How often a question is put anew to a performance that left memory meanwhile.
const TRIES: usize = 3;

/// The performance cannot be brought into memory, or fell out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the performance is not available")]
pub(crate) struct HubGone;

/// The performances in memory.
pub(crate) struct Hubs {
    context: Arc<Context>,
    mailboxes: Mutex<HashMap<PerformanceId, mpsc::Sender<HubMessage>>>,
    last_epoch: AtomicU64,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl Hubs {
    pub(crate) fn new(
        context: Arc<Context>,
        tracker: TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let (mailboxes, last_epoch) = Default::default();
        Self { context, mailboxes, last_epoch, tracker, shutdown }
    }

    /// Asks a performance and waits for its answer. `question` is made anew for every try.
    ///
    /// # Errors
    /// When the performance cannot answer.
    pub(crate) async fn ask<T>(
        &self,
        performance: PerformanceId,
        mut question: impl FnMut(oneshot::Sender<T>) -> HubMessage,
    ) -> Result<T, HubGone> {
        for _ in 0..TRIES {
            let mailbox = self.open(performance);
            let (reply, replied) = oneshot::channel();
            if mailbox.send(question(reply)).await.is_err() {
                continue;
            }
            if let Ok(answer) = replied.await {
                return Ok(answer);
            }
        }
        Err(HubGone)
    }

    /// Asks a performance if it is in memory. Otherwise there is nobody to ask.
    pub(crate) async fn ask_present<T>(
        &self,
        performance: PerformanceId,
        question: impl FnOnce(oneshot::Sender<T>) -> HubMessage,
    ) -> Option<T> {
        let mailbox = self.lock().get(&performance).cloned()?;
        let (reply, replied) = oneshot::channel();
        mailbox.send(question(reply)).await.ok()?;
        replied.await.ok()
    }

    /// Tells a performance something, if it is in memory. Otherwise nobody there needs to know.
    pub(crate) async fn tell(&self, performance: PerformanceId, message: HubMessage) {
        let mailbox = self.lock().get(&performance).cloned();
        if let Some(mailbox) = mailbox {
            // One that has just left memory needs it as little.
            let _ = mailbox.send(message).await;
        }
    }

    /// Tells every performance in memory something.
    pub(crate) async fn tell_all(&self, message: impl Fn() -> HubMessage) {
        let mailboxes: Vec<_> = self.lock().values().cloned().collect();
        for mailbox in mailboxes {
            let _ = mailbox.send(message()).await;
        }
    }

    /// The mailbox of a performance, which is brought into memory if it is not there.
    fn open(&self, performance: PerformanceId) -> mpsc::Sender<HubMessage> {
        let mut mailboxes = self.lock();
        if let Some(mailbox) = mailboxes.get(&performance)
            && !mailbox.is_closed()
        {
            return mailbox.clone();
        }
        mailboxes.retain(|_, mailbox| !mailbox.is_closed());
        let (mailbox, messages) = mpsc::channel(MAILBOX);
        mailboxes.insert(performance, mailbox.clone());
        drop(mailboxes);
        self.start(performance, messages);
        mailbox
    }

    fn start(&self, performance: PerformanceId, messages: mpsc::Receiver<HubMessage>) {
        let context = Arc::clone(&self.context);
        let shutdown = self.shutdown.clone();
        let epoch = self.next_epoch();
        let work = tokio::spawn(async move {
            match Hub::load(Arc::clone(&context), performance, epoch).await {
                Ok(hub) => {
                    tracing::info!(performance.id = %performance, epoch, "performance in memory");
                    hub.run(messages, shutdown).await;
                }
                Err(error) => {
                    tracing::error!(performance.id = %performance, %error, "performance not loaded");
                }
            }
        });
        let metrics = self.context.metrics.clone();
        self.tracker.spawn(async move {
            metrics.performances.increment(1);
            if work.await.is_err_and(|error| error.is_panic()) {
                // Its WebSockets end with it, come back and bring it into memory anew.
                metrics.performance_panics.increment(1);
                tracing::error!(performance.id = %performance, "performance ended by a fault");
            }
            metrics.performances.decrement(1);
        });
    }

    /// The time, but later than ever before in this process: microseconds since the Unix epoch.
    fn next_epoch(&self) -> u64 {
        let now = u64::try_from(self.context.clock.now().0).unwrap_or(0);
        let next = |last: u64| now.max(last + 1);
        let last = self
            .last_epoch
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)))
            .expect("invariant: the closure always gives a value");
        next(last)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PerformanceId, mpsc::Sender<HubMessage>>> {
        self.mailboxes.lock().expect("invariant: no holder of this lock panics")
    }
}
