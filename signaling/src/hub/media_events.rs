//! What the media node reports.

use protocol::media::{CloseReason, MediaEventKind, SlotSource, TrackSet, ViewId};
use protocol::ws::{ServerMessage, SlotView};
use protocol::{MediaSessionId, PersonId};

use super::outbox::Encoded;
use super::task::Hub;
use crate::stage::view_of;

impl Hub {
    pub(super) fn on_media_event(&mut self, event: MediaEventKind) {
        match event {
            MediaEventKind::Connected { session, participant } => {
                self.on_media_connected(participant.into(), session);
            }
            MediaEventKind::Closed { session, participant, reason } => {
                self.on_media_closed(participant.into(), session, reason);
            }
            MediaEventKind::Live { participant, tracks } => {
                let person = participant.into();
                if let Some(seat) = self.seats.get_mut(person) {
                    seat.live = tracks;
                    self.announcer.changed(person);
                }
            }
            MediaEventKind::Layers { participant, session, wanted } => {
                self.on_layers(participant.into(), session, wanted);
            }
            MediaEventKind::Assigned { view, slots } => self.on_assigned(view, &slots),
            MediaEventKind::Speaking { speakers } => self.on_speaking(speakers),
            MediaEventKind::Quality { participants } => self.on_quality(participants),
            MediaEventKind::RoomFailed => self.on_room_failed(),
        }
    }

    fn on_media_connected(&mut self, person: PersonId, session: MediaSessionId) {
        let media = self.seats.get_mut(person).and_then(|seat| seat.media.as_mut());
        if let Some(media) = media.filter(|media| media.id == session) {
            media.connected = true;
            self.touch(person);
        }
    }

    fn on_media_closed(&mut self, person: PersonId, session: MediaSessionId, reason: CloseReason) {
        tracing::debug!(
            performance.id = %self.performance, person.id = %person, ?reason, "media closed",
        );
        let Some(seat) = self.seats.get_mut(person) else { return };
        let Some(media) = seat.media.take_if(|media| media.id == session) else { return };
        seat.live = TrackSet::NONE;
        self.touch(person);
        if media.is_page() {
            let message = ServerMessage::MediaClosed { media_session: session };
            self.tell(person, &Encoded::new(&message));
        }
    }

    fn on_layers(&mut self, person: PersonId, session: MediaSessionId, wanted: Vec<String>) {
        let media = self.seats.get_mut(person).and_then(|seat| seat.media.as_mut());
        if let Some(media) = media.filter(|media| media.id == session) {
            media.layers = Some(wanted);
            self.tell_layers(person);
        }
    }

    /// Tells a page which layers of its picture to send, if the node has said.
    pub(super) fn tell_layers(&mut self, person: PersonId) {
        let media = self.seats.get(person).and_then(|seat| seat.media.as_ref());
        let Some(media) = media.filter(|media| media.is_page()) else { return };
        if let Some(wanted) = media.layers.clone() {
            let message = ServerMessage::Layers { media_session: media.id, wanted };
            self.tell(person, &Encoded::new(&message));
        }
    }

    fn on_assigned(&mut self, view: ViewId, slots: &[SlotSource]) {
        let slots: Vec<SlotView> = slots
            .iter()
            .map(|source| SlotView {
                slot: source.slot,
                person: source.participant.into(),
                video_rtp: source.video_rtp,
            })
            .collect();
        if self.slots_of(view) == slots {
            return;
        }
        self.slots.insert(view, slots.clone());
        // Who is seen is introduced first.
        self.announce();
        let message = Encoded::new(&ServerMessage::Slots { slots });
        let watching = |(person, seat): (PersonId, &super::seat::Seat)| {
            (view_of(seat.record.role) == view).then_some(person)
        };
        let audience: Vec<PersonId> = self.seats.iter().filter_map(watching).collect();
        for person in audience {
            self.tell(person, &message);
        }
    }

    /// The node has lost the room: it is told everything anew, and clients offer anew.
    fn on_room_failed(&mut self) {
        tracing::warn!(performance.id = %self.performance, "the media room failed");
        self.declarations.forget();
        self.on_speaking(Vec::new());
        for view in self.slots.keys().copied().collect::<Vec<_>>() {
            self.on_assigned(view, &[]);
        }
        for person in self.seats.people() {
            if let Some(session) = self.seats.get(person).and_then(|seat| seat.media.as_ref()) {
                self.on_media_closed(person, session.id, CloseReason::RoomClosed);
            }
        }
    }
}
