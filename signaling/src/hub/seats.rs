//! The people of a performance, with those at hand who hear of everybody or may play.

use std::collections::{BTreeMap, BTreeSet};

use protocol::PersonId;

use super::seat::Seat;

/// The people of a performance, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Seats {
    by_person: BTreeMap<PersonId, Seat>,
    crew: BTreeSet<PersonId>,
    players: BTreeSet<PersonId>,
}

impl Seats {
    /// Seats somebody. A person's role never changes: it comes from their ticket or invite.
    pub(super) fn insert(&mut self, seat: Seat) {
        let person = seat.record.person;
        if seat.record.role.is_crew() {
            self.crew.insert(person);
        }
        if seat.record.role.may_publish() {
            self.players.insert(person);
        }
        self.by_person.insert(person, seat);
    }

    pub(super) fn remove(&mut self, person: PersonId) -> Option<Seat> {
        self.crew.remove(&person);
        self.players.remove(&person);
        self.by_person.remove(&person)
    }

    pub(super) fn get(&self, person: PersonId) -> Option<&Seat> {
        self.by_person.get(&person)
    }

    pub(super) fn get_mut(&mut self, person: PersonId) -> Option<&mut Seat> {
        self.by_person.get_mut(&person)
    }

    pub(super) fn contains(&self, person: PersonId) -> bool {
        self.by_person.contains_key(&person)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_person.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PersonId, &Seat)> {
        self.by_person.iter().map(|(person, seat)| (*person, seat))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (PersonId, &mut Seat)> {
        self.by_person.iter_mut().map(|(person, seat)| (*person, seat))
    }

    /// Everybody.
    pub(super) fn people(&self) -> Vec<PersonId> {
        self.by_person.keys().copied().collect()
    }

    /// Those who hear of everybody.
    pub(super) fn crew(&self) -> Vec<PersonId> {
        self.crew.iter().copied().collect()
    }

    /// Those who may publish.
    pub(super) fn players(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.players.iter().copied()
    }
}
