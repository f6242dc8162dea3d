//! Sittings that have ended, so that a greeting which was on its way does not outrun the news.

use std::collections::VecDeque;

use protocol::SessionId;
use protocol::ws::ServerMessage;

use super::outbox::Closing;

/// How many are remembered. A greeting is on its way for less time than so many end in.
const REMEMBERED: usize = 1024;

/// How a sitting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Another device took the seat.
    TakenOver,
    /// The right to be here was withdrawn.
    Revoked,
}

impl EndReason {
    /// What its WebSocket is told.
    pub(crate) fn message(self) -> ServerMessage {
        match self {
            Self::TakenOver => ServerMessage::TakenOver,
            Self::Revoked => ServerMessage::Revoked,
        }
    }

    /// How its WebSocket is closed.
    pub(crate) fn closing(self) -> Closing {
        match self {
            Self::TakenOver => Closing::TakenOver,
            Self::Revoked => Closing::Revoked,
        }
    }
}

/// The sittings that ended last.
#[derive(Debug, Default)]
pub(super) struct RecentlyEnded(VecDeque<(SessionId, EndReason)>);

impl RecentlyEnded {
    pub(super) fn note(&mut self, session: SessionId, reason: EndReason) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((session, reason));
    }

    pub(super) fn reason(&self, session: SessionId) -> Option<EndReason> {
        self.0.iter().rev().find(|(ended, _)| *ended == session).map(|(_, reason)| *reason)
    }
}
