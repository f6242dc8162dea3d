//! What can be seen of a core from outside.

use std::time::Instant;

use protocol::RoomId;
use protocol::media::{MediaReply, Refusal};

use super::measures::Measures;
use super::{Core, Shared, refused};

impl Core {
    /// Says when everything of the last [`Self::flush`] had left, to whom the delay of
    /// forwarding is to be known.
    pub fn note_flushed(&mut self, now: Instant) {
        let Shared { batch, measures, counters, .. } = &mut self.shared;
        batch.finish(now, counters.packets_out, measures);
    }

    /// A room at this moment.
    pub(super) fn snapshot(&mut self, now: Instant, id: RoomId, addresses: bool) -> MediaReply {
        let index = self.by_room.get(&id).copied();
        index
            .and_then(|index| self.with_room(index, |room, _| room.snapshot(now, addresses)))
            .map_or_else(
                || refused(Refusal::NotFound, "no such room"),
                |room| MediaReply::Snapshot(Box::new(room)),
            )
    }

    /// What has been measured since the start.
    #[must_use]
    pub fn measures(&self) -> Measures {
        Measures { train: self.shared.train.sizes, ..self.shared.measures }
    }
}
