//! Views: whom an audience watches, and in which slot. All subscribers of a view see the same
//! person in the same slot, so a change of scene is one decision, not thousands.

use std::time::Instant;

use protocol::ParticipantId;
use protocol::media::{Kind, PAIRS, SlotSource, VOICES, ViewId};

use super::loudness::Level;
use super::relay::{SlotState, ViewState};
use super::voices::{Candidate, LOOK, Voices};
use crate::rtp::timestamp_after;

/// The most people that a view shows at a time.
pub(super) const MAX_SLOTS: usize = (PAIRS + VOICES) as usize;

/// Two frames must not share a timestamp: a frame of sound, and a frame at 45 a second.
const STEP: [u32; 2] = [960, 2_000];

/// A list of participants and the slots they fill.
#[derive(Debug)]
pub(super) struct View {
    pub(super) id: ViewId,
    /// Most important first.
    sources: Vec<ParticipantId>,
    pub(super) slots: Vec<Slot>,
    voices: Voices,
    /// When to look for louder ones, while there are more people than pairs.
    next_look: Option<Instant>,
    /// Scratch of [`Self::elect`].
    candidates: Vec<Candidate>,
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
    /// When the episode began.
    pub(super) since: Option<Instant>,
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

/// What a view needs to know of somebody who is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presence {
    /// How loud they are; nothing when they cannot be heard.
    pub(super) voice: Option<Level>,
}

/// Whether a slot shows a picture.
#[inline]
pub(super) fn is_pair(place: usize) -> bool {
    place < usize::from(PAIRS)
}

impl Slot {
    /// Gives the slot to somebody, or to nobody. True if that changes anything.
    fn seat(&mut self, participant: Option<ParticipantId>) -> bool {
        if self.occupant.map(|occupant| occupant.participant) == participant {
            return false;
        }
        self.occupant = participant.map(|participant| Occupant { participant, video_rtp: None });
        self.episode = self.episode.wrapping_add(1);
        self.since = None;
        true
    }

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

    fn state(&self) -> SlotState {
        let occupant = self.occupant.map(|occupant| (occupant.participant, occupant.video_rtp));
        let offsets = self.lines.map(|line| line.offset);
        SlotState { occupant, episode: self.episode, offsets }
    }

    fn follow(&mut self, state: &SlotState) {
        let occupant = |(participant, video_rtp)| Occupant { participant, video_rtp };
        self.occupant = state.occupant.map(occupant);
        if self.episode != state.episode {
            self.since = None;
        }
        self.episode = state.episode;
        for (line, offset) in self.lines.iter_mut().zip(state.offsets) {
            line.offset = offset;
        }
    }

    /// What [`Self::advance`] returned last, for reports and repairs.
    pub(super) fn offset(&self, kind: Kind) -> u32 {
        self.lines[kind as usize].offset
    }

    /// What the home's [`Self::advance`] returned last, if that was for this source; nothing if
    /// nothing of it was planned yet. Shards know of no other source than the latest.
    pub(super) fn offset_of(&self, kind: Kind, source: (u32, u32)) -> Option<u32> {
        let line = &self.lines[kind as usize];
        line.source.is_none_or(|planned| planned == source).then_some(line.offset)
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
        Self {
            id,
            sources: Vec::new(),
            slots: Vec::new(),
            voices: Voices::default(),
            next_look: None,
            candidates: Vec::new(),
            subscribers: Vec::new(),
        }
    }

    /// Who is to be shown, most important first.
    pub(super) fn sources(&self) -> &[ParticipantId] {
        &self.sources
    }

    /// Replaces the list.
    pub(super) fn set_sources(&mut self, sources: Vec<ParticipantId>) {
        self.sources = sources;
    }

    /// Fills the slots with those of the list who are `present`: whoever has a pair keeps it, free
    /// ones go to the others in order; then the voice slots, by how loud people are. True if
    /// anything changed.
    pub(super) fn assign(
        &mut self,
        now: Instant,
        present: impl Fn(ParticipantId) -> Option<Presence>,
    ) -> bool {
        let mut changed = false;
        let wanted: Vec<_> =
            self.sources.iter().copied().filter(|source| present(*source).is_some()).collect();
        for slot in self.slots.iter_mut().take(usize::from(PAIRS)) {
            if slot.occupant.is_some_and(|occupant| !wanted.contains(&occupant.participant)) {
                changed |= slot.seat(None);
            }
        }
        for participant in wanted {
            if self.pair_of(participant).is_some() {
                continue;
            }
            let free = self.slots.iter().position(|slot| slot.occupant.is_none());
            let free = free.unwrap_or(self.slots.len());
            if free >= usize::from(PAIRS) {
                break;
            }
            changed |= self.slot(free).seat(Some(participant));
        }
        changed | self.elect(now, present)
    }

    /// Fills the voice slots with the loudest of those who have no pair. True if anything changed.
    pub(super) fn elect(
        &mut self,
        now: Instant,
        present: impl Fn(ParticipantId) -> Option<Presence>,
    ) -> bool {
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        for participant in self.sources.iter().copied() {
            if self.pair_of(participant).is_none()
                && let Some(Presence { voice: Some(level) }) = present(participant)
            {
                candidates.push(Candidate { participant, level });
            }
        }
        self.next_look = (!candidates.is_empty()).then_some(now + LOOK);
        let mut changed = false;
        if self.voices.elect(now, &candidates) {
            let mut seated = [None; VOICES as usize];
            seated.iter_mut().zip(self.voices.seated()).for_each(|(seat, who)| *seat = who);
            for (place, participant) in (usize::from(PAIRS)..).zip(seated) {
                if participant.is_some() || place < self.slots.len() {
                    changed |= self.slot(place).seat(participant);
                }
            }
        }
        self.candidates = candidates;
        changed
    }

    /// Notes when the episodes began that are new since the last call.
    pub(super) fn note_time(&mut self, now: Instant) {
        for slot in &mut self.slots {
            slot.since.get_or_insert(now);
        }
    }

    /// Whether it is time for [`Self::elect`].
    #[inline]
    pub(super) fn elects(&self, now: Instant) -> bool {
        self.next_look.is_some_and(|at| at <= now)
    }

    fn slot(&mut self, place: usize) -> &mut Slot {
        if self.slots.len() <= place {
            self.slots.resize_with(place + 1, Slot::default);
        }
        &mut self.slots[place]
    }

    fn pair_of(&self, participant: ParticipantId) -> Option<usize> {
        self.slot_of(participant).filter(|place| is_pair(*place))
    }

    /// Who has a pair, most important first, and which.
    pub(super) fn by_importance(&self) -> impl Iterator<Item = (ParticipantId, usize)> + '_ {
        self.sources.iter().filter_map(|source| Some((*source, self.pair_of(*source)?)))
    }

    pub(super) fn slot_of(&self, participant: ParticipantId) -> Option<usize> {
        self.slots
            .iter()
            .position(|slot| slot.occupant.is_some_and(|o| o.participant == participant))
    }

    /// What a shard has to know.
    pub(super) fn state(&self) -> ViewState {
        let slots = self.slots.iter().map(Slot::state).collect();
        ViewState { view: self.id, sources: self.sources.clone(), slots }
    }

    /// Whether a shard that knows `state` knows this view as it is.
    pub(super) fn is_described_by(&self, state: &ViewState) -> bool {
        self.sources == state.sources
            && self.slots.len() == state.slots.len()
            && self.slots.iter().zip(&state.slots).all(|(slot, state)| slot.state() == *state)
    }

    /// Follows the room's home. True if somebody else is shown, or in another order.
    pub(super) fn follow(&mut self, state: &ViewState) -> bool {
        let episodes = |slots: &[Slot]| slots.iter().map(|slot| slot.episode).collect::<Vec<_>>();
        let before = episodes(&self.slots);
        let changed = self.sources != state.sources;
        self.sources.clone_from(&state.sources);
        self.slots.truncate(MAX_SLOTS.min(state.slots.len()));
        self.slots.resize_with(MAX_SLOTS.min(state.slots.len()), Slot::default);
        for (slot, state) in self.slots.iter_mut().zip(&state.slots) {
            slot.follow(state);
        }
        changed || before != episodes(&self.slots)
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

    use super::super::loudness::SILENCE;
    use super::*;

    const THERE: Option<Presence> = Some(Presence { voice: Some(SILENCE) });

    /// All but one.
    fn all_but(absent: u128) -> impl Fn(ParticipantId) -> Option<Presence> {
        move |participant| THERE.filter(|_| participant != person(absent))
    }

    fn person(number: u128) -> ParticipantId {
        ParticipantId(Uuid::from_u128(number))
    }

    fn occupants(view: &View) -> Vec<Option<u128>> {
        let people = view.slots.iter().map(|slot| slot.occupant);
        people.map(|o| o.map(|o| o.participant.0.as_u128())).collect()
    }

    #[test]
    fn who_has_a_slot_keeps_it() {
        let (now, mut view) = (Instant::now(), View::new(ViewId(0)));
        view.set_sources(vec![person(1), person(2), person(3)]);
        assert!(view.assign(now, all_but(2)));
        assert_eq!(occupants(&view), [Some(1), Some(3)]);

        assert!(view.assign(now, all_but(0)));
        assert_eq!(occupants(&view), [Some(1), Some(3), Some(2)]);
        assert!(!view.assign(now, all_but(0)));

        assert!(view.assign(now, all_but(1)));
        assert_eq!(occupants(&view), [None, Some(3), Some(2)]);
        view.set_sources(vec![person(4), person(3)]);
        assert!(view.assign(now, all_but(0)));
        assert_eq!(occupants(&view), [Some(4), Some(3), None]);
        assert!(!view.elects(now + LOOK), "nobody waits for a voice slot");
    }

    #[test]
    fn the_loudest_without_a_pair_have_the_voice_slots() {
        let (now, mut view) = (Instant::now(), View::new(ViewId(0)));
        view.set_sources((1..=11).map(person).collect());
        // The higher their number, the louder; 11 has no microphone.
        let present = |participant: ParticipantId| {
            let number = participant.0.as_u128();
            let voice = (number < 11).then_some(SILENCE + number as f32 * 3.0);
            Some(Presence { voice })
        };
        assert!(view.assign(now, present));
        let expected = [1, 2, 3, 4, 5, 6, 10, 9, 8].map(Some);
        assert_eq!(occupants(&view), expected);
        assert!(view.elects(now + LOOK));
        assert!(!view.elect(now + LOOK, present));
        let shown: Vec<_> = view.by_importance().map(|(_, place)| place).collect();
        assert_eq!(shown, [0, 1, 2, 3, 4, 5], "voices have no picture");

        // A pair falls free: the first who has none takes it, and is in one place only.
        view.set_sources((2..=11).map(person).collect());
        assert!(view.assign(now, present));
        assert_eq!(occupants(&view), [7, 2, 3, 4, 5, 6, 10, 9, 8].map(Some));
        view.set_sources((3..=11).map(person).collect());
        assert!(view.assign(now, present));
        let occupied = occupants(&view);
        assert_eq!(occupied[1], Some(8), "a voice that becomes a face");
        assert_eq!(occupied.iter().filter(|who| **who == Some(8)).count(), 1);
    }

    #[test]
    fn slots_are_bounded() {
        let mut view = View::new(ViewId(0));
        view.set_sources((0..100).map(person).collect());
        view.assign(Instant::now(), |_| THERE);
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
        view.assign(Instant::now(), |_| THERE);
        assert!(view.slots[0].note_first_frame(5));
        assert!(!view.slots[0].note_first_frame(6));
        assert_eq!(view.announcement()[0].video_rtp, Some(5));
    }
}
