//! Who is told what. The crew hears of everybody; others of the people on stage and of
//! themselves; all of the curtain, and of the number of spectators now and then.

use std::collections::{BTreeMap, BTreeSet};

use protocol::media::ViewId;
use protocol::ws::{PersonView, ServerMessage, SlotView, Snapshot};
use protocol::{PersonId, Place};
use tokio::time::Instant;

use super::outbox::Encoded;
use super::task::Hub;
use crate::stage::view_of;

/// What people have been told.
#[derive(Debug, Default)]
pub(super) struct Announcer {
    /// People as they were last announced.
    people: BTreeMap<PersonId, PersonView>,
    /// People about whom something may have changed since.
    changed: BTreeSet<PersonId>,
    /// The number of spectators as last announced, and when that was.
    house: u32,
    house_at: Option<Instant>,
}

impl Announcer {
    /// Something about a person may have changed.
    pub(super) fn changed(&mut self, person: PersonId) {
        self.changed.insert(person);
    }
}

fn is_public(view: Option<&PersonView>) -> bool {
    view.is_some_and(|view| view.place == Place::OnStage)
}

impl Hub {
    /// Tells what has changed.
    pub(super) fn announce(&mut self) {
        // A slow reader that is dropped on the way is itself such a change.
        while let Some(person) = self.announcer.changed.pop_first() {
            self.announce_person(person);
        }
        self.announce_house();
    }

    fn announce_person(&mut self, person: PersonId) {
        let before = self.announcer.people.remove(&person);
        let now = self.seats.get(person).map(|seat| seat.view(&self.desk.state));
        if let Some(now) = &now {
            self.announcer.people.insert(person, now.clone());
        }
        if before == now {
            return;
        }
        let left = || Encoded::new(&ServerMessage::PersonLeft { person });
        let (was_public, is_public) = (is_public(before.as_ref()), is_public(now.as_ref()));
        let to_crew = match now {
            Some(now) => Encoded::new(&ServerMessage::Person(now)),
            None => left(),
        };
        let to_others = match (was_public, is_public) {
            (_, true) => Some(to_crew.clone()),
            (true, false) => Some(left()),
            (false, false) => None,
        };
        self.tell(person, &to_crew);
        match to_others {
            None => {
                for crew in self.seats.crew().into_iter().filter(|crew| *crew != person) {
                    self.tell(crew, &to_crew);
                }
            }
            Some(to_others) => {
                for other in self.seats.people().into_iter().filter(|other| *other != person) {
                    let is_crew =
                        self.seats.get(other).is_some_and(|seat| seat.record.role.is_crew());
                    self.tell(other, if is_crew { &to_crew } else { &to_others });
                }
            }
        }
    }

    fn announce_house(&mut self) {
        let count = self.seats.iter().filter(|(_, seat)| seat.counts()).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let now = Instant::now();
        let pause = self.context.config.timings.house_count;
        let early = self.announcer.house_at.is_some_and(|at| now.duration_since(at) < pause);
        if count == self.announcer.house || early {
            return;
        }
        self.announcer.house = count;
        self.announcer.house_at = Some(now);
        self.tell_all(&ServerMessage::House { count });
    }

    /// Tells everybody something.
    pub(super) fn tell_all(&mut self, message: &ServerMessage) {
        let message = Encoded::new(message);
        for person in self.seats.people() {
            self.tell(person, &message);
        }
    }

    /// Tells one person something that changes what they know. It is kept for them when they are
    /// not connected.
    pub(super) fn tell(&mut self, person: PersonId, message: &Encoded) {
        let Some(seat) = self.seats.get_mut(person) else { return };
        let outgoing = seat.stream.push(message.clone());
        let Some(connection) = seat.connection.as_ref().filter(|connection| connection.greeted)
        else {
            return;
        };
        if connection.outbox.send(outgoing).is_err() {
            self.drop_slow(person);
        }
    }

    /// Everything that a person may know, as it was announced.
    pub(super) fn snapshot(&self, me: PersonView) -> Snapshot {
        let seen = |view: &&PersonView| me.role.is_crew() || view.place == Place::OnStage;
        Snapshot {
            performance: self.programme.clone(),
            curtain_raised: self.desk.state.curtain_raised,
            house: self.announcer.house,
            people: self.announcer.people.values().filter(seen).cloned().collect(),
            slots: self.slots_of(view_of(me.role)),
            me,
        }
    }

    pub(super) fn slots_of(&self, view: ViewId) -> Vec<SlotView> {
        self.slots.get(&view).cloned().unwrap_or_default()
    }
}
