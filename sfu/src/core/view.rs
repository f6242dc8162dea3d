//! Views: whom an audience watches, and in which slot. All subscribers of a view see the same
//! person in the same slot, so a change of scene is one decision, not thousands.

use protocol::ParticipantId;
use protocol::media::{Kind, SlotSource, ViewId};

use crate::rtp::timestamp_after;

/// The most people that a view shows at a time.
pub(super) const MAX_SLOTS: usize = 32;

/// Two frames must not share a timestamp: a frame of sound, and a frame at 45 a second.
const STEP: [u32; 2] = [960, 2_000];

/// A list of participants and the slots they fill.
#[derive(Debug)]
pub(super) struct View {
    pub(super) id: ViewId,
    /// Most important first.
    sources: Vec<ParticipantId>,
    pub(super) slots: Vec<Slot>,
    /// Sessions that watch, by their place in the room.
    pub(super) subscribers: Vec<u32>,
}

/// A place for one person.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) occupant: Option<Occupant>,
    /// Grows whenever somebody takes the slot or leaves it. What was sent in another episode is
    /// neither continued nor repeated: nothing of what happened behind the curtain comes out.
    pub(super) episode: u32,
    /// By kind.
    lines: [Line; 2],
}

/// Who is in a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occupant {
    pub(super) participant: ParticipantId,
    /// The outgoing timestamp of the first frame since they took the slot.
    pub(super) video_rtp: Option<u32>,
}

/// The timestamps of a slot's sound or picture, which never run backwards.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    source: Option<(u32, u32)>,
    offset: u32,
    last: Option<u32>,
}

impl Slot {
    /// What to add to the timestamp of a packet of `source` (track and generation), which lies
    /// on the node's timeline. A source that would run behind what the slot has shown already
    /// is moved up.
    pub(super) fn advance(&mut self, kind: Kind, source: (u32, u32), timestamp: u32) -> u32 {
        let line = &mut self.lines[kind as usize];
        if line.source != Some(source) {
            line.source = Some(source);
            line.offset = match line.last {
                Some(last) if !timestamp_after(last, timestamp) => {
                    last.wrapping_add(STEP[kind as usize]).wrapping_sub(timestamp)
                }
                _ => 0,
            };
        }
        let shown = timestamp.wrapping_add(line.offset);
        if line.last.is_none_or(|last| timestamp_after(last, shown)) {
            line.last = Some(shown);
        }
        line.offset
    }

    /// What [`Self::advance`] returned last, for reports and repairs.
    pub(super) fn offset(&self, kind: Kind) -> u32 {
        self.lines[kind as usize].offset
    }

    /// Whether this packet of `source` is the first picture of the person in the slot; then it
    /// is noted.
    pub(super) fn note_first_frame(&mut self, timestamp: u32) -> bool {
        match &mut self.occupant {
            Some(occupant) if occupant.video_rtp.is_none() => {
                occupant.video_rtp = Some(timestamp);
                true
            }
            _ => false,
        }
    }
}

impl View {
    pub(super) fn new(id: ViewId) -> Self {
        Self { id, sources: Vec::new(), slots: Vec::new(), subscribers: Vec::new() }
    }

    /// Who is to be shown, most important first.
    pub(super) fn sources(&self) -> &[ParticipantId] {
        &self.sources
    }

    /// Replaces the list.
    pub(super) fn set_sources(&mut self, sources: Vec<ParticipantId>) {
        self.sources = sources;
    }

    /// Fills the slots with those of the list who are `present`: whoever has a slot keeps it,
    /// free ones go to the others in order. True if anything changed.
    pub(super) fn assign(&mut self, present: impl Fn(ParticipantId) -> bool) -> bool {
        let mut changed = false;
        let wanted: Vec<_> =
            self.sources.iter().copied().filter(|source| present(*source)).collect();
        for slot in &mut self.slots {
            if slot.occupant.is_some_and(|occupant| !wanted.contains(&occupant.participant)) {
                slot.occupant = None;
                slot.episode = slot.episode.wrapping_add(1);
                changed = true;
            }
        }
        for participant in wanted {
            if self.slot_of(participant).is_some() {
                continue;
            }
            let free = self.slots.iter().position(|slot| slot.occupant.is_none());
            let free = free.unwrap_or(self.slots.len());
            if free == MAX_SLOTS {
                break;
            }
            if free == self.slots.len() {
                self.slots.push(Slot::default());
            }
            let slot = &mut self.slots[free];
            slot.occupant = Some(Occupant { participant, video_rtp: None });
            slot.episode = slot.episode.wrapping_add(1);
            changed = true;
        }
        changed
    }

    /// Who is shown, most important first, and in which slot.
    pub(super) fn by_importance(&self) -> impl Iterator<Item = (ParticipantId, usize)> + '_ {
        self.sources.iter().filter_map(|source| Some((*source, self.slot_of(*source)?)))
    }

    pub(super) fn slot_of(&self, participant: ParticipantId) -> Option<usize> {
        self.slots
            .iter()
            .position(|slot| slot.occupant.is_some_and(|o| o.participant == participant))
    }

    /// Who is where, to be announced.
    pub(super) fn announcement(&self) -> Vec<SlotSource> {
        let slots = self.slots.iter().enumerate();
        slots
            .filter_map(|(slot, Slot { occupant, .. })| {
                let Occupant { participant, video_rtp } = (*occupant)?;
                Some(SlotSource { slot: slot as u8, participant, video_rtp })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn person(number: u128) -> ParticipantId {
        ParticipantId(Uuid::from_u128(number))
    }

    fn occupants(view: &View) -> Vec<Option<u128>> {
        let people = view.slots.iter().map(|slot| slot.occupant);
        people.map(|o| o.map(|o| o.participant.0.as_u128())).collect()
    }

    #[test]
    fn who_has_a_slot_keeps_it() {
        let mut view = View::new(ViewId(0));
        view.set_sources(vec![person(1), person(2), person(3)]);
        assert!(view.assign(|p| p != person(2)));
        assert_eq!(occupants(&view), [Some(1), Some(3)]);

        assert!(view.assign(|_| true));
        assert_eq!(occupants(&view), [Some(1), Some(3), Some(2)]);
        assert!(!view.assign(|_| true));

        assert!(view.assign(|p| p != person(1)));
        assert_eq!(occupants(&view), [None, Some(3), Some(2)]);
        view.set_sources(vec![person(4), person(3)]);
        assert!(view.assign(|_| true));
        assert_eq!(occupants(&view), [Some(4), Some(3), None]);
    }

    #[test]
    fn slots_are_bounded() {
        let mut view = View::new(ViewId(0));
        view.set_sources((0..100).map(person).collect());
        view.assign(|_| true);
        assert_eq!(view.slots.len(), MAX_SLOTS);
        assert_eq!(view.announcement().len(), MAX_SLOTS);
    }

    #[test]
    fn timestamps_never_run_backwards_when_the_source_changes() {
        let mut slot = Slot::default();
        assert_eq!(slot.advance(Kind::Video, (0, 0), 10_000), 0);
        assert_eq!(slot.advance(Kind::Video, (0, 0), 13_000), 0);
        // The next one lies ahead: it is left alone.
        assert_eq!(slot.advance(Kind::Video, (1, 0), 16_000), 0);
        // This one lies behind: it is moved up, and stays moved.
        let offset = slot.advance(Kind::Video, (2, 0), 15_000);
        assert_eq!(15_000 + offset, 18_000);
        assert_eq!(slot.advance(Kind::Video, (2, 0), 20_000), offset);
        assert_eq!(slot.offset(Kind::Audio), 0);
    }

    #[test]
    fn the_first_frame_is_noted_once() {
        let mut view = View::new(ViewId(0));
        view.set_sources(vec![person(1)]);
        view.assign(|_| true);
        assert!(view.slots[0].note_first_frame(5));
        assert!(!view.slots[0].note_first_frame(6));
        assert_eq!(view.announcement()[0].video_rtp, Some(5));
    }
}
