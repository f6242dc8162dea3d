//! The task of a performance: its state, and the loop that takes one piece of news after another.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use protocol::http::PerformanceView;
use protocol::media::{MediaCommand, ViewId};
use protocol::ws::SlotView;
use protocol::{PerformanceId, PersonId, RoomId, SessionId};
use store::{PerformanceRecord, StageRecord, StoreError};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::announce::Announcer;
use super::declare::{Declarations, Topic};
use super::ended::{EndReason, RecentlyEnded};
use super::media::Connecting;
use super::messages::HubMessage;
use super::outbox::Closing;
use super::presence::Absences;
use super::quality::QualityBoard;
use super::restart::Restarting;
use super::seats::Seats;
use super::speaking::Speaking;
use super::stage_desk::{CueOutcome, StageDesk};
use crate::context::Context;
use crate::stage::{StageState, StateError};

/// Messages taken before anybody is told what they changed.
const BATCH: usize = 64;

/// What came of a call to the media node; none when no reply came.
pub(super) type Replied = Option<protocol::media::MediaReply>;

/// The end of something that was asked of the database or the media node.
pub(super) enum Done {
    /// A declaration was answered.
    Declared { topic: Topic, number: u64, replied: Replied },
    /// An offer was answered.
    Connected(Connecting, Replied),
    /// An ICE restart was answered.
    Restarted(Restarting, Replied),
    /// A cue was written, or not.
    Cue(CueOutcome),
    /// The store said whether somebody may be here.
    Verified { person: PersonId, session: SessionId, alive: Result<bool, StoreError> },
}

/// Why a performance cannot be brought into memory.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error("the performance does not exist")]
    Unknown,
    #[error(transparent)]
    Stage(#[from] StateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A performance in memory.
pub(super) struct Hub {
    pub(super) context: Arc<Context>,
    pub(super) performance: PerformanceId,
    pub(super) programme: PerformanceView,
    /// Names this time in memory to the media node.
    pub(super) epoch: u64,
    pub(super) tasks: FuturesUnordered<BoxFuture<'static, Done>>,
    pub(super) seats: Seats,
    pub(super) desk: StageDesk,
    pub(super) declarations: Declarations,
    pub(super) announcer: Announcer,
    pub(super) slots: HashMap<ViewId, Vec<SlotView>>,
    pub(super) speaking: Speaking,
    pub(super) qualities: QualityBoard,
    pub(super) ended: RecentlyEnded,
    pub(super) absences: Absences,
    pub(super) last_connection: u64,
    /// Set when this performance is to leave memory, with what WebSockets are told.
    pub(super) leaving: Option<Closing>,
    idle_since: Option<Instant>,
}

impl Hub {
    /// Reads a performance and its stage from the store.
    pub(super) async fn load(
        context: Arc<Context>,
        performance: PerformanceId,
        epoch: u64,
    ) -> Result<Self, LoadError> {
        let record: PerformanceRecord =
            context.store.performance(performance).await?.ok_or(LoadError::Unknown)?;
        let StageRecord { revision, state } = context.store.stage(performance).await?;
        let state = StageState::from_json(state)?;
        Ok(Self {
            performance,
            programme: record.view(),
            epoch,
            tasks: FuturesUnordered::new(),
            seats: Seats::default(),
            desk: StageDesk::new(state, revision),
            declarations: Declarations::default(),
            announcer: Announcer::default(),
            slots: HashMap::new(),
            speaking: Speaking::new(),
            qualities: QualityBoard::default(),
            ended: RecentlyEnded::default(),
            absences: Absences::default(),
            last_connection: 0,
            leaving: None,
            idle_since: None,
            context,
        })
    }

    pub(super) fn room(&self) -> RoomId {
        self.performance.into()
    }

    /// Takes news until the performance is idle, over, or `shutdown`.
    pub(super) async fn run(
        mut self,
        mut mailbox: mpsc::Receiver<HubMessage>,
        shutdown: CancellationToken,
    ) {
        let mut ticks = interval(self.context.config.timings.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        while self.leaving.is_none() {
            tokio::select! {
                () = shutdown.cancelled() => self.leaving = Some(Closing::Restart),
                count = mailbox.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    for message in batch.drain(..) {
                        self.on_message(message);
                    }
                }
                Some(done) = self.tasks.next(), if !self.tasks.is_empty() => self.on_done(done),
                _ = ticks.tick() => {
                    self.on_tick();
                    if self.is_idle() && mailbox.is_empty() {
                        // Whoever writes from now on finds the mailbox closed and asks for the
                        // performance anew.
                        mailbox.close();
                        self.leaving = mailbox.is_empty().then_some(Closing::Restart);
                    }
                }
            }
            self.pump_cues();
            self.declare();
            self.announce();
            self.announce_speakers();
        }
        self.leave(&shutdown);
    }

    fn on_message(&mut self, message: HubMessage) {
        match message {
            HubMessage::Join(join) => self.on_join(join),
            HubMessage::Request(request) => self.on_request(request),
            HubMessage::Gone { person, connection } => self.on_gone(person, connection),
            HubMessage::Ended { person, sessions, reason } => {
                self.on_ended(person, &sessions, reason);
            }
            HubMessage::HowEnded { session, reply } => {
                // Nobody waits for the answer when the client is gone.
                let _ = reply.send(self.ended.reason(session));
            }
            HubMessage::Verify => self.verify_all(),
            HubMessage::Over => self.on_over(),
            HubMessage::Connect(connect) => self.on_http_connect(connect),
            HubMessage::Patch(patch) => self.on_http_patch(patch),
            HubMessage::Delete { target, reply } => {
                let _ = reply.send(self.on_http_delete(&target));
            }
            HubMessage::Media(event) => self.on_media_event(event),
        }
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Declared { topic, number, replied } => self.on_declared(topic, number, replied),
            Done::Connected(connecting, replied) => self.on_connected(connecting, replied),
            Done::Restarted(restarting, replied) => self.on_restarted(restarting, replied),
            Done::Cue(outcome) => self.on_cue(outcome),
            Done::Verified { person, session, alive } => self.on_verified(person, session, alive),
        }
    }

    fn on_tick(&mut self) {
        self.declarations.retry();
        self.give_up_vacant_seats();
        self.forget_quality();
        self.verify_stale();
    }

    /// Whether nobody has been here for a while and nothing is on its way.
    fn is_idle(&mut self) -> bool {
        let quiet = self.seats.is_empty()
            && self.tasks.is_empty()
            && self.desk.is_quiet()
            && self.desk.state.on_stage.is_empty();
        if !quiet {
            self.idle_since = None;
            return false;
        }
        let now = Instant::now();
        let since = *self.idle_since.get_or_insert(now);
        now.duration_since(since) >= self.context.config.timings.idle
    }

    /// The performance is over: everybody leaves.
    fn on_over(&mut self) {
        for person in self.seats.people() {
            self.expel(person, EndReason::Revoked);
        }
        self.leaving = Some(Closing::Revoked);
    }

    fn leave(mut self, shutdown: &CancellationToken) {
        let closing = self.leaving.unwrap_or(Closing::Restart);
        for (_, seat) in self.seats.iter_mut() {
            if let Some(connection) = seat.connection.take() {
                connection.outbox.close(closing);
            }
        }
        // At a restart of signalling media goes on with the last grants.
        if !shutdown.is_cancelled() {
            let room = self.room();
            if let Err(error) = self.context.media.call(room, self.epoch, MediaCommand::CloseRoom) {
                tracing::warn!(performance.id = %self.performance, %error, "room not closed");
            }
        }
        tracing::info!(performance.id = %self.performance, "performance left memory");
    }
}
