//! Who is heard and who speaks, by how loud people are.

use std::time::Instant;

use protocol::ParticipantId;
use protocol::media::{Kind, MediaEventKind, SPEAKING_INTERVAL};

use super::super::Shared;
use super::super::track::Track;
use super::super::view::Presence;
use super::Room;

/// What a view needs to know of a participant: nothing when nothing of theirs arrives.
pub(super) fn presence(
    tracks: &[Option<Track>],
    participant: ParticipantId,
    now: Instant,
) -> Option<Presence> {
    let mut there = None;
    for track in tracks.iter().flatten().filter(|t| t.participant == participant && t.present) {
        let presence = there.get_or_insert(Presence { voice: None });
        if track.kind == Kind::Audio && track.live {
            presence.voice = Some(track.loudness.level(now));
        }
    }
    there
}

impl Room {
    /// Gives voice slots to louder people, where it is time to look, and tells who speaks.
    pub(super) fn listen(&mut self, now: Instant, shared: &mut Shared) {
        for index in 0..self.views.len() {
            let Self { views, tracks, .. } = self;
            let view = &mut views[index];
            if view.elects(now) && view.elect(now, |who| presence(tracks, who, now)) {
                self.announce(index, shared);
                self.allocate_view(now, index, shared);
            }
        }
        if self.next_speaking.is_none_or(|at| at <= now) {
            self.announce_speakers(now, shared);
        }
    }

    /// Tells who speaks, if they are others than before.
    pub(super) fn announce_speakers(&mut self, now: Instant, shared: &mut Shared) {
        self.next_speaking = Some(now + SPEAKING_INTERVAL);
        let mut changed = std::mem::take(&mut self.speaker_left);
        for track in self.tracks.iter_mut().flatten() {
            let speaks = track.live && track.loudness.speaks(now);
            changed |= std::mem::replace(&mut track.speaks, speaks) != speaks;
        }
        if changed {
            let speaking = self.tracks.iter().flatten().filter(|track| track.speaks);
            let speakers = speaking.map(|track| track.participant).collect();
            self.emit(MediaEventKind::Speaking { speakers }, shared);
        }
    }
}
