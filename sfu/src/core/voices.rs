//! Who of those without a pair is heard: the loudest have the voice slots. People who alternate
//! in talk must not push each other out with every word, so whoever has a slot keeps it for a
//! while, and until somebody is clearly louder for a while; silence keeps it until it is wanted.

use std::time::{Duration, Instant};

use protocol::ParticipantId;
use protocol::media::VOICES;

use super::loudness::{Level, SILENCE};

/// The time between two looks.
pub(super) const LOOK: Duration = Duration::from_millis(50);
/// A challenger is louder than an occupant by this, in decibels.
const MARGIN: Level = 6.0;
/// And for this long.
const PERSISTENCE: Duration = Duration::from_millis(1_200);
/// Whoever is heard keeps the slot for this long.
const TENURE: Duration = Duration::from_secs(3);
/// Who is quieter than this challenges nobody.
const AUDIBLE: Level = -50.0;

/// Somebody who has no pair and could be heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) participant: ParticipantId,
    pub(super) level: Level,
}

/// Who has a voice slot.
#[derive(Clone, Copy, Debug)]
struct Seat {
    participant: ParticipantId,
    since: Instant,
}

/// The voice slots of a view.
#[derive(Debug, Default)]
pub(super) struct Voices {
    seats: [Option<Seat>; VOICES as usize],
    /// Who has been clearly louder than the quietest of the seated, and since when.
    rivals: Vec<(ParticipantId, Instant)>,
}

impl Voices {
    /// Seats the loudest of `candidates`, who are in the order of their importance. True if
    /// anything changed.
    pub(super) fn elect(&mut self, now: Instant, candidates: &[Candidate]) -> bool {
        let mut changed = false;
        for seat in &mut self.seats {
            let stays = |seat: &Seat| candidates.iter().any(|c| c.participant == seat.participant);
            changed |= seat.take_if(|seat| !stays(seat)).is_some();
        }
        while let Some(free) = self.seats.iter().position(Option::is_none) {
            let Some(loudest) = self.loudest_unseated(candidates) else { break };
            self.seats[free] = Some(Seat { participant: loudest.participant, since: now });
            changed = true;
        }
        let Some((_, _, quietest)) = self.quietest(candidates) else { return changed };
        self.note_rivals(now, quietest + MARGIN, candidates);
        while let Some((place, seat, level)) = self.quietest(candidates)
            && let Some(loudest) = self.loudest_unseated(candidates)
            && loudest.level >= AUDIBLE
        {
            let persistent = self.rivals.iter().any(|(participant, since)| {
                *participant == loudest.participant && now >= *since + PERSISTENCE
            });
            let beaten = persistent
                && loudest.level >= level + MARGIN
                && now.saturating_duration_since(seat.since) >= TENURE;
            if level > SILENCE && !beaten {
                break;
            }
            self.seats[place] = Some(Seat { participant: loudest.participant, since: now });
            changed = true;
        }
        changed
    }

    /// Who is in each of the slots.
    pub(super) fn seated(&self) -> impl Iterator<Item = Option<ParticipantId>> + '_ {
        self.seats.iter().map(|seat| seat.map(|seat| seat.participant))
    }

    fn is_seated(&self, participant: ParticipantId) -> bool {
        self.seated().any(|seated| seated == Some(participant))
    }

    /// Of several who are equally loud, the most important.
    fn loudest_unseated(&self, candidates: &[Candidate]) -> Option<Candidate> {
        let unseated = candidates.iter().filter(|c| !self.is_seated(c.participant));
        unseated.copied().reduce(|best, next| if next.level > best.level { next } else { best })
    }

    /// Of several who are equally quiet, the least important.
    fn quietest(&self, candidates: &[Candidate]) -> Option<(usize, Seat, Level)> {
        let seated = candidates.iter().filter_map(|candidate| {
            let of = |seat: &Option<Seat>| {
                seat.is_some_and(|seat| seat.participant == candidate.participant)
            };
            let place = self.seats.iter().position(of)?;
            Some((place, self.seats[place]?, candidate.level))
        });
        seated.reduce(|quietest, next| if next.2 <= quietest.2 { next } else { quietest })
    }

    fn note_rivals(&mut self, now: Instant, level: Level, candidates: &[Candidate]) {
        let louder = |participant: ParticipantId| {
            candidates.iter().any(|c| c.participant == participant && c.level >= level)
        };
        self.rivals.retain(|(participant, _)| louder(*participant));
        for candidate in candidates.iter().filter(|c| c.level >= level) {
            let known = self.rivals.iter().any(|(known, _)| *known == candidate.participant);
            if !known && !self.is_seated(candidate.participant) {
                self.rivals.push((candidate.participant, now));
            }
        }
    }
}

#[cfg(test)]
mod tests;
