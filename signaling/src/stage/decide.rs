//! The rules: who may do what, and what follows.

use protocol::media::TrackSet;
use protocol::{PersonId, Role};

use super::{StageCommand, StageState};

/// The most people on stage at a time.
pub(crate) const MAX_ON_STAGE: usize = 32;

/// What follows from a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effects {
    /// The state from then on.
    pub(crate) next: StageState,
    /// What changed. Nothing: the command asked for what is so already, and is not recorded.
    pub(crate) event: Option<StageEvent>,
}

/// What changed on stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StageEvent {
    /// Somebody came on stage.
    Entered(PersonId),
    /// Somebody left the stage.
    Left(PersonId),
    /// The curtain moved.
    CurtainMoved {
        /// Up or down.
        raised: bool,
    },
    /// Somebody's mutes changed.
    MutesChanged(PersonId),
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The role may not do this.
    #[error("the role may not do this")]
    Forbidden,
    /// [`MAX_ON_STAGE`] people are on stage.
    #[error("the stage is full")]
    StageFull,
}

/// What follows when `who` asks for `command`.
///
/// # Errors
/// When the role may not ask for it or the stage is full.
pub(crate) fn decide(
    state: &StageState,
    who: (PersonId, Role),
    command: &StageCommand,
) -> Result<Effects, Refusal> {
    let (person, role) = who;
    if !may(role, command) {
        return Err(Refusal::Forbidden);
    }
    let mut next = state.clone();
    let event = match *command {
        StageCommand::TakeStage => {
            if state.is_on_stage(person) {
                None
            } else if state.on_stage.len() >= MAX_ON_STAGE {
                return Err(Refusal::StageFull);
            } else {
                next.on_stage.push(person);
                Some(StageEvent::Entered(person))
            }
        }
        StageCommand::LeaveStage | StageCommand::Absent => {
            next.on_stage.retain(|other| *other != person);
            state.is_on_stage(person).then_some(StageEvent::Left(person))
        }
        StageCommand::SetCurtain { raised } => {
            next.curtain_raised = raised;
            (state.curtain_raised != raised).then_some(StageEvent::CurtainMoved { raised })
        }
        StageCommand::SetMute { person, kind, muted } => {
            let before = state.muted(person);
            let mut after = before;
            after.set(kind, muted);
            if after == TrackSet::NONE {
                next.muted.remove(&person);
            } else {
                next.muted.insert(person, after);
            }
            (after != before).then_some(StageEvent::MutesChanged(person))
        }
    };
    Ok(Effects { next, event })
}

fn may(role: Role, command: &StageCommand) -> bool {
    match command {
        StageCommand::TakeStage | StageCommand::LeaveStage | StageCommand::Absent => {
            role.may_publish()
        }
        StageCommand::SetCurtain { .. } | StageCommand::SetMute { .. } => role.is_crew(),
    }
}
