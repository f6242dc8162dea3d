//! Commands to the stage, one after the other: decided, written to the store, then true.

use std::collections::VecDeque;

use protocol::error::ErrorCode;
use protocol::media::TrackSet;
use protocol::ws::ServerMessage;
use protocol::{PersonId, Role};
use store::{CueLine, RecordError, StageRecord, StoreError};

use super::media::Arrival;
use super::messages::ConnectRefusal;
use super::seat::ConnectionId;
use super::task::{Done, Hub};
use crate::stage::{
    Effects, HOUSE_VIEW, Refusal, STAGE_VIEW, StageCommand, StageEvent, StageState, decide, grant,
    sources,
};

/// How many commands wait at most. One person's are answered one by one, so this is a crowd.
const QUEUE: usize = 1024;
/// How often a command is decided anew when another process has moved the stage meanwhile.
const TRIES: u32 = 3;

/// The state of the stage and the commands that wait for it.
pub(super) struct StageDesk {
    /// The state as the store has confirmed it.
    pub(super) state: StageState,
    revision: i64,
    waiting: VecDeque<Cue>,
    /// Whether a command is being written.
    writing: bool,
}

/// A command with who gave it and who waits for it.
pub(super) struct Cue {
    who: (PersonId, Role),
    command: StageCommand,
    origin: CueOrigin,
    tries: u32,
}

/// Who waits for a command.
pub(super) enum CueOrigin {
    /// A WebSocket.
    Socket {
        /// Which.
        connection: ConnectionId,
        /// Its request.
        id: Option<u32>,
    },
    /// A WHIP client that has come on stage.
    Arrival(Arrival),
    /// Nobody.
    House,
}

/// What came of writing a command.
pub(super) struct CueOutcome {
    cue: Cue,
    effects: Effects,
    written: Result<i64, RecordError>,
    /// The stage as it is, when another process has moved it.
    moved: Option<Result<StageRecord, StoreError>>,
}

impl StageDesk {
    pub(super) fn new(state: StageState, revision: i64) -> Self {
        Self { state, revision, waiting: VecDeque::new(), writing: false }
    }

    /// Whether no command waits.
    pub(super) fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && !self.writing
    }
}

impl Hub {
    pub(super) fn queue_cue(
        &mut self,
        who: (PersonId, Role),
        command: StageCommand,
        origin: CueOrigin,
    ) {
        let cue = Cue { who, command, origin, tries: 0 };
        if self.desk.waiting.len() >= QUEUE {
            self.settle_cue(cue, Err(ErrorCode::Unavailable));
        } else {
            self.desk.waiting.push_back(cue);
        }
    }

    /// Decides waiting commands until one has to be written.
    pub(super) fn pump_cues(&mut self) {
        while !self.desk.writing {
            let Some(cue) = self.desk.waiting.pop_front() else { return };
            let unknown = matches!(cue.command,
                StageCommand::SetMute { person, .. } if !self.is_known(person));
            match decide(&self.desk.state, cue.who, &cue.command) {
                Err(Refusal::Forbidden) => self.settle_cue(cue, Err(ErrorCode::Forbidden)),
                // Only whoever may mute is told who is there.
                _ if unknown => self.settle_cue(cue, Err(ErrorCode::NotFound)),
                Err(Refusal::StageFull) => self.settle_cue(cue, Err(ErrorCode::Conflict)),
                Ok(Effects { event: None, .. }) => self.settle_cue(cue, Ok(())),
                Ok(effects) => self.write_cue(cue, effects),
            }
        }
    }

    /// Whether somebody is here, or has left a trace on stage.
    fn is_known(&self, person: PersonId) -> bool {
        let stage = &self.desk.state;
        self.seats.contains(person)
            || stage.is_on_stage(person)
            || stage.muted.contains_key(&person)
    }

    fn write_cue(&mut self, cue: Cue, effects: Effects) {
        self.desk.writing = true;
        let store = self.context.store.clone();
        let (performance, revision) = (self.performance, self.desk.revision);
        self.tasks.push(Box::pin(async move {
            let command = serde_json::to_value(&cue.command)
                .expect("invariant: commands have string keys only");
            let line = CueLine { actor: cue.who.0, command };
            let state = effects.next.to_json();
            let written = store.record_cue(performance, revision, &state, &line).await;
            let moved = match written {
                Err(RecordError::Conflict) => Some(store.stage(performance).await),
                _ => None,
            };
            Done::Cue(CueOutcome { cue, effects, written, moved })
        }));
    }

    pub(super) fn on_cue(&mut self, outcome: CueOutcome) {
        let CueOutcome { mut cue, effects, written, moved } = outcome;
        self.desk.writing = false;
        match (written, moved) {
            (Ok(revision), _) => {
                self.context.metrics.cues.increment(1);
                tracing::info!(
                    performance.id = %self.performance, person.id = %cue.who.0, revision,
                    command = ?cue.command, "cue recorded",
                );
                self.desk.revision = revision;
                self.desk.state = effects.next;
                if let Some(event) = effects.event {
                    self.on_stage_event(event);
                }
                self.settle_cue(cue, Ok(()));
            }
            (Err(RecordError::Conflict), Some(Ok(record))) => {
                self.on_stage_moved(record);
                cue.tries += 1;
                if cue.tries < TRIES {
                    self.desk.waiting.push_front(cue);
                } else {
                    self.settle_cue(cue, Err(ErrorCode::Conflict));
                }
            }
            (Err(error), _) => {
                tracing::error!(performance.id = %self.performance, %error, "cue not recorded");
                self.settle_cue(cue, Err(ErrorCode::Unavailable));
            }
        }
    }

    /// Another process has moved the stage; its state is the truth.
    fn on_stage_moved(&mut self, record: StageRecord) {
        match StageState::from_json(record.state) {
            Ok(state) => {
                tracing::warn!(
                    performance.id = %self.performance, revision = record.revision,
                    "the stage was moved by another process",
                );
                let raised = state.curtain_raised;
                let curtain_moved = raised != self.desk.state.curtain_raised;
                self.desk.revision = record.revision;
                self.desk.state = state;
                for person in self.seats.people() {
                    self.announcer.changed(person);
                }
                if curtain_moved {
                    self.tell_all(&ServerMessage::Curtain { raised });
                }
            }
            Err(error) => {
                tracing::error!(performance.id = %self.performance, %error, "stage not read");
            }
        }
    }

    fn on_stage_event(&mut self, event: StageEvent) {
        match event {
            StageEvent::Entered(person)
            | StageEvent::Left(person)
            | StageEvent::MutesChanged(person) => self.announcer.changed(person),
            StageEvent::CurtainMoved { raised } => {
                self.tell_all(&ServerMessage::Curtain { raised });
            }
        }
    }

    /// Tells whoever waits for a command what came of it.
    fn settle_cue(&mut self, cue: Cue, outcome: Result<(), ErrorCode>) {
        let (person, _) = cue.who;
        match (cue.origin, outcome) {
            (CueOrigin::Socket { connection, id }, Ok(())) => {
                // What it changed is said before it is called done.
                self.announce();
                self.answer(person, connection, id, &ServerMessage::Done);
            }
            (CueOrigin::Socket { connection, id }, Err(code)) => {
                self.refuse(person, connection, id, code);
            }
            (CueOrigin::Arrival(arrival), Ok(())) => self.on_arrived(person, arrival),
            (CueOrigin::Arrival(arrival), Err(code)) => {
                let refusal = match code {
                    ErrorCode::Conflict => ConnectRefusal::Conflict,
                    _ => ConnectRefusal::Unavailable,
                };
                self.on_not_arrived(person, arrival, refusal);
            }
            (CueOrigin::House, _) => self.absences.settled(person),
        }
    }

    /// Tells the media node what follows from the stage: who is seen where, who may publish.
    pub(super) fn declare(&mut self) {
        let stage = &self.desk.state;
        for view in [HOUSE_VIEW, STAGE_VIEW] {
            let sources = sources(stage, view).iter().map(|person| (*person).into()).collect();
            self.declarations.view(view, sources);
        }
        let seatless =
            stage.on_stage.iter().copied().filter(|person| !self.seats.contains(*person));
        for person in self.seats.players().chain(seatless) {
            self.declarations.publish(person.into(), grant(stage, person, Role::Actor));
        }
        for participant in self.declarations.participants() {
            let person = participant.into();
            if !self.seats.contains(person) && !stage.is_on_stage(person) {
                self.declarations.publish(participant, TrackSet::NONE);
            }
        }
        self.send_declarations();
    }
}
