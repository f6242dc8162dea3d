//! Who speaks: told to those who hear them, and forgotten as quickly as it was said.

use std::collections::BTreeSet;

use protocol::media::ViewId;
use protocol::ws::ServerMessage;
use protocol::{ParticipantId, PersonId};

use super::outbox::{Encoded, Outgoing};
use super::task::Hub;
use crate::stage::{HOUSE_VIEW, STAGE_VIEW, sources, view_of};

/// Who speaks, and what audiences were told of it.
#[derive(Debug)]
pub(super) struct Speaking {
    /// As the node said it.
    speakers: BTreeSet<PersonId>,
    /// By view: the house, the stage.
    told: [(ViewId, Vec<PersonId>); 2],
}

impl Speaking {
    pub(super) fn new() -> Self {
        let told = [HOUSE_VIEW, STAGE_VIEW].map(|view| (view, Vec::new()));
        Self { speakers: BTreeSet::new(), told }
    }
}

impl Hub {
    pub(super) fn on_speaking(&mut self, speakers: Vec<ParticipantId>) {
        self.speaking.speakers = speakers.into_iter().map(PersonId::from).collect();
    }

    /// Tells audiences who of those whom they hear speaks, where that changed. Behind the curtain
    /// nobody is heard to speak.
    pub(super) fn announce_speakers(&mut self) {
        for place in 0..self.speaking.told.len() {
            let (view, told) = &self.speaking.told[place];
            let view = *view;
            let heard = sources(&self.desk.state, view).iter().copied();
            let people: Vec<PersonId> =
                heard.filter(|person| self.speaking.speakers.contains(person)).collect();
            if *told == people {
                continue;
            }
            self.speaking.told[place].1.clone_from(&people);
            let message = Encoded::new(&ServerMessage::Speaking { people });
            for (_, seat) in self.seats.iter_mut() {
                let connection = seat.connection.as_ref().filter(|connection| connection.greeted);
                if let Some(connection) = connection.filter(|_| view_of(seat.record.role) == view) {
                    let message = message.clone();
                    connection.outbox.hint(Outgoing { seq: None, id: None, message });
                }
            }
        }
    }

    /// Tells somebody who just came who speaks, if anybody does.
    pub(super) fn tell_speakers(&mut self, person: PersonId) {
        let Some(seat) = self.seats.get(person) else { return };
        let view = view_of(seat.record.role);
        let told = self.speaking.told.iter().find(|(of, people)| *of == view && !people.is_empty());
        if let (Some((_, people)), Some(connection)) = (told, &seat.connection) {
            let message = Encoded::new(&ServerMessage::Speaking { people: people.clone() });
            connection.outbox.hint(Outgoing { seq: None, id: None, message });
        }
    }
}
