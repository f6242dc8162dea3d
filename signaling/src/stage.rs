//! The stage engine: a pure state machine. Commands go in, the next state and what changed come
//! out; no clock, no database, no network.
//!
//! A caller writes the next state and the command to the store before it takes the state for
//! true, so that the cue log alone leads to the same state again: [`StageState::default`] and
//! then [`decide`] for every line.

mod command;
mod decide;
mod state;
mod views;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use command::StageCommand;
#[cfg(test)]
pub(crate) use decide::MAX_ON_STAGE;
pub(crate) use decide::{Effects, Refusal, StageEvent, decide};
pub(crate) use state::{StageState, StateError};
pub(crate) use views::{HOUSE_VIEW, STAGE_VIEW, grant, sources, view_of};
