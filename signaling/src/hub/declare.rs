//! What a media node is to know of a performance, and what of it the node has confirmed.
//!
//! Views, grants and ends of sessions are declarations: each is sent when it changes, again when
//! it was not confirmed, and all of them when the node has forgotten.

use std::collections::BTreeMap;

use protocol::media::{MediaCommand, TrackSet, ViewId};
use protocol::{MediaSessionId, ParticipantId};

/// What a declaration is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// Who is in a view.
    View(u16),
    /// What a participant may publish.
    Publish(ParticipantId),
    /// That a session is over.
    End(MediaSessionId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// To be sent.
    Due,
    /// Sent under this number.
    Sent(u64),
    /// Confirmed.
    Known,
    /// Not confirmed; due at the next look.
    Failed,
}

/// The declarations of a performance.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    entries: BTreeMap<Topic, (MediaCommand, Status)>,
    last_number: u64,
}

impl Declarations {
    pub(super) fn view(&mut self, view: ViewId, sources: Vec<ParticipantId>) {
        self.declare(Topic::View(view.0), MediaCommand::SetView { view, sources });
    }

    pub(super) fn publish(&mut self, participant: ParticipantId, publish: TrackSet) {
        let command = MediaCommand::SetPublish { participant, publish };
        self.declare(Topic::Publish(participant), command);
    }

    pub(super) fn end(&mut self, session: MediaSessionId) {
        self.declare(Topic::End(session), MediaCommand::Disconnect { session });
    }

    /// Everybody of whom something was declared.
    pub(super) fn participants(&self) -> Vec<ParticipantId> {
        let participant = |topic: &Topic| match topic {
            Topic::Publish(participant) => Some(*participant),
            Topic::View(_) | Topic::End(_) => None,
        };
        self.entries.keys().filter_map(participant).collect()
    }

    fn declare(&mut self, topic: Topic, command: MediaCommand) {
        match self.entries.get(&topic) {
            Some((known, _)) if *known == command => {}
            _ => {
                self.entries.insert(topic, (command, Status::Due));
            }
        }
    }

    /// What is to be sent now, views first.
    pub(super) fn due(&self) -> Vec<(Topic, MediaCommand)> {
        self.entries
            .iter()
            .filter(|(_, (_, status))| *status == Status::Due)
            .map(|(topic, (command, _))| (*topic, command.clone()))
            .collect()
    }

    /// Notes that a declaration was sent; gives its number.
    pub(super) fn sent(&mut self, topic: Topic) -> u64 {
        self.last_number += 1;
        self.set(topic, Status::Sent(self.last_number));
        self.last_number
    }

    /// Notes that a declaration could not be sent.
    pub(super) fn unsent(&mut self, topic: Topic) {
        self.set(topic, Status::Failed);
    }

    /// Notes what came of a declaration, unless a newer one was sent since.
    pub(super) fn settle(&mut self, topic: Topic, number: u64, confirmed: bool) {
        let current =
            self.entries.get(&topic).is_some_and(|(_, status)| *status == Status::Sent(number));
        if !current {
            return;
        }
        match (confirmed, topic) {
            (true, Topic::End(_)) => {
                self.entries.remove(&topic);
            }
            (true, _) => self.set(topic, Status::Known),
            (false, _) => self.set(topic, Status::Failed),
        }
    }

    fn set(&mut self, topic: Topic, status: Status) {
        if let Some((_, known)) = self.entries.get_mut(&topic) {
            *known = status;
        }
    }

    /// What failed is due again.
    pub(super) fn retry(&mut self) {
        for (_, status) in self.entries.values_mut() {
            if *status == Status::Failed {
                *status = Status::Due;
            }
        }
    }

    /// The node has forgotten: sessions are over anyway, the rest is due again.
    pub(super) fn forget(&mut self) {
        self.entries.retain(|topic, _| !matches!(topic, Topic::End(_)));
        for (_, status) in self.entries.values_mut() {
            *status = Status::Due;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const VIEW: ViewId = ViewId(0);

    fn participant(number: u128) -> ParticipantId {
        ParticipantId(Uuid::from_u128(number))
    }

    fn topics(declarations: &Declarations) -> Vec<Topic> {
        declarations.due().into_iter().map(|(topic, _)| topic).collect()
    }

    #[test]
    fn a_declaration_is_sent_when_it_changes() {
        let mut declarations = Declarations::default();
        declarations.view(VIEW, vec![]);
        assert_eq!(topics(&declarations), [Topic::View(0)]);
        let number = declarations.sent(Topic::View(0));
        declarations.view(VIEW, vec![]);
        assert_eq!(topics(&declarations), []);
        declarations.settle(Topic::View(0), number, true);
        declarations.view(VIEW, vec![participant(1)]);
        assert_eq!(topics(&declarations), [Topic::View(0)]);
    }

    #[test]
    fn what_was_not_confirmed_is_sent_again() {
        let mut declarations = Declarations::default();
        declarations.publish(participant(1), TrackSet::ALL);
        let topic = Topic::Publish(participant(1));
        let number = declarations.sent(topic);
        declarations.settle(topic, number, false);
        assert_eq!(topics(&declarations), [], "not before the next look");
        declarations.retry();
        assert_eq!(topics(&declarations), [topic]);
        let first = declarations.sent(topic);
        declarations.publish(participant(1), TrackSet::NONE);
        let second = declarations.sent(topic);
        declarations.settle(topic, first, false);
        declarations.settle(topic, second, true);
        declarations.retry();
        assert_eq!(topics(&declarations), [], "the reply to the first says nothing of the second");
    }

    #[test]
    fn a_node_that_forgot_is_told_all_but_the_ends() {
        let mut declarations = Declarations::default();
        let session = MediaSessionId(Uuid::from_u128(9));
        declarations.view(VIEW, vec![]);
        declarations.end(session);
        for topic in [Topic::View(0), Topic::End(session)] {
            let number = declarations.sent(topic);
            declarations.settle(topic, number, topic == Topic::View(0));
        }
        declarations.forget();
        assert_eq!(topics(&declarations), [Topic::View(0)]);
    }

    #[test]
    fn a_confirmed_end_is_forgotten() {
        let mut declarations = Declarations::default();
        let session = MediaSessionId(Uuid::from_u128(9));
        declarations.end(session);
        let number = declarations.sent(Topic::End(session));
        declarations.settle(Topic::End(session), number, true);
        declarations.retry();
        declarations.forget();
        assert_eq!(topics(&declarations), []);
    }
}
