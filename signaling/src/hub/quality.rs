//! How well everybody's media goes: what the node says of it, for the crew.

use std::collections::BTreeMap;

use protocol::PersonId;
use protocol::media::MediaCommand;
use protocol::quality::{ParticipantQuality, PersonQuality};
use protocol::ws::ServerMessage;

use super::outbox::Encoded;
use super::task::Hub;

/// What the crew has been told, of those of whom there is anything to tell.
#[derive(Debug, Default)]
pub(super) struct QualityBoard(BTreeMap<PersonId, PersonQuality>);

impl Hub {
    /// The node has news.
    pub(super) fn on_quality(&mut self, participants: Vec<ParticipantQuality>) {
        let mut people: Vec<PersonQuality> = participants.into_iter().map(Into::into).collect();
        // Whoever has left meanwhile is of no interest.
        people.retain(|quality| self.has_media(quality.person));
        for quality in &people {
            self.qualities.0.insert(quality.person, quality.clone());
        }
        self.tell_crew_quality(people);
    }

    /// Takes back what was said of those who have no media any more.
    pub(super) fn forget_quality(&mut self) {
        let gone = |person: &&PersonId| !self.has_media(**person);
        let gone: Vec<PersonId> = self.qualities.0.keys().filter(gone).copied().collect();
        let nothing = |person| PersonQuality { person, uplink: None, downlink: None };
        for person in &gone {
            self.qualities.0.remove(person);
        }
        self.tell_crew_quality(gone.into_iter().map(nothing).collect());
    }

    /// Tells one of the crew all that the others have been told.
    pub(super) fn tell_quality(&mut self, person: PersonId) {
        let is_crew = self.seats.get(person).is_some_and(|seat| seat.record.role.is_crew());
        if !is_crew || self.qualities.0.is_empty() {
            return;
        }
        let people = self.qualities.0.values().cloned().collect();
        self.tell(person, &Encoded::new(&ServerMessage::Quality { people }));
    }

    /// Tells the node how a page's pictures play. A hint: nobody waits for the reply.
    pub(super) fn report_playback(&mut self, person: PersonId, frozen_percent: u8) {
        let Some(session) = self.page_media(person) else { return };
        let command = MediaCommand::ReportPlayback { session, frozen_percent };
        if let Err(error) = self.context.media.call(self.room(), self.epoch, command) {
            tracing::debug!(performance.id = %self.performance, %error, "playback not reported");
        }
    }

    fn has_media(&self, person: PersonId) -> bool {
        self.seats.get(person).is_some_and(|seat| seat.media.is_some())
    }

    fn tell_crew_quality(&mut self, people: Vec<PersonQuality>) {
        if people.is_empty() {
            return;
        }
        let message = Encoded::new(&ServerMessage::Quality { people });
        for crew in self.seats.crew() {
            self.tell(crew, &message);
        }
    }
}
