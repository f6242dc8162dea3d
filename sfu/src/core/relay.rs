//! What crosses from one core to another when a room is larger than one of them serves.
//!
//! The room's **home** has its publishers and decides: who is in which slot, and at which
//! timestamp they begin. Each **shard** has a part of its audience, follows the home's decisions,
//! and says what its audience needs. Between a home and a shard there is one channel each way
//! that keeps the order, so that a decision is known before the packets it is about. Everything
//! that crosses is a value: timestamps lie on the home's timeline, times are NTP, and a packet
//! crosses once for all who watch there.

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::media::{Kind, ViewId};
use protocol::{ParticipantId, RoomId};

use crate::ring::{Description, Packet};
use crate::scalability::SPATIAL_LAYERS;
use crate::sdp::{CodecKind, MAX_LAYERS};

/// Batches that are kept for later use; more are under way only while a worker is late.
const SPARE_BATCHES: usize = 16;

/// The number of a core among those that relay to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(pub u16);

/// A message from one core to another.
#[derive(Clone, Debug)]
pub struct RelayMessage {
    /// Which room.
    pub room: RoomId,
    /// Chosen by the shard when it joins, and another one each time: what is still under way of
    /// an earlier membership is not taken for this one.
    pub link: u64,
    /// What it says.
    pub relay: Relay,
}

impl RelayMessage {
    /// Whether it may be dropped when the receiver is late: packets, which are repaired like
    /// others that were lost.
    #[must_use]
    pub fn is_media(&self) -> bool {
        matches!(self.relay, Relay::Packets(_))
    }

    /// How many packets it carries.
    #[must_use]
    pub fn packets(&self) -> usize {
        match &self.relay {
            Relay::Packets(batch) => batch.packets.len(),
            _ => 0,
        }
    }
}

/// What a message says. Tracks are named by their places in the home's list, layers by theirs in
/// the track's.
#[derive(Clone, Debug)]
pub enum Relay {
    /// From a shard: it serves a part of the room's audience from now on. The answer is the state
    /// of the room, then [`Self::Joined`].
    Join,
    /// From the home: the shard knows the room's state as of now.
    Joined,
    /// From the home: a track began or changed; nothing: it ended.
    Track(u32, Option<Box<TrackState>>),
    /// From the home: a view changed.
    View(ViewState),
    /// From the home: what arrived of the room's tracks.
    Packets(Arc<Batch>),
    /// From a shard: somebody there watches a layer (track, layer, spatial layer), or would if it
    /// flowed. Repeated while it is so.
    Watched(u32, u8, u8),
    /// From a shard: somebody there waits for a keyframe.
    KeyframeWanted(u32, u8),
    /// Either way: the sender's part of the room is gone.
    Ended(Ended),
}

/// Why a part of a room is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nobody is left in the shard.
    Deserted,
    /// By command.
    Closed,
    /// By a fault of ours, which has been reported; the other parts end silently.
    Failed,
}

/// What a shard knows of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackState {
    /// Whose.
    pub participant: ParticipantId,
    /// Sound or picture.
    pub kind: Kind,
    /// Another one for another track in the same place.
    pub incarnation: u32,
    /// Grows whenever what is forwarded starts anew.
    pub generation: u32,
    /// Whether it may be published.
    pub granted: bool,
    /// Whether it flows.
    pub live: bool,
    /// The layers; the last ones are nothing when there are fewer.
    pub layers: [Option<LayerState>; MAX_LAYERS],
    /// The places of the layers, the smallest layer first.
    pub order: [u8; MAX_LAYERS],
}

/// What a shard knows of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerState {
    /// What was sent in it last.
    pub codec: CodecKind,
    /// The publisher's SSRC, once something came; another one is another encoder.
    pub ssrc: Option<u32>,
    /// The heights of its spatial layers in pixels, the smallest first.
    pub heights: [Option<u16>; SPATIAL_LAYERS],
    /// At this NTP time was captured what has this timestamp on the home's timeline.
    pub clock: Option<(u64, u32)>,
}

/// What a shard knows of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewState {
    /// Which view.
    pub view: ViewId,
    /// Who is in it, most important first.
    pub sources: Vec<ParticipantId>,
    /// Its slots.
    pub slots: Vec<SlotState>,
}

/// What a shard knows of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotState {
    /// Who is in it, and the outgoing timestamp of their first frame once it came.
    pub occupant: Option<(ParticipantId, Option<u32>)>,
    /// Grows whenever somebody takes the slot or leaves it.
    pub episode: u32,
    /// What is added to the timestamps of sound and of picture.
    pub offsets: [u32; 2],
}

/// Packets of several tracks in the order of their arrival, payloads end to end.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    packets: Vec<Relayed>,
    payloads: Vec<u8>,
}

/// A packet of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Relayed {
    /// Its track.
    pub track: u32,
    /// Its layer.
    pub layer: u8,
    /// What is known of it.
    pub description: Description,
    length: usize,
    descriptor_length: usize,
}

impl Batch {
    /// Adds a packet.
    pub fn push(&mut self, track: u32, layer: u8, packet: &Packet) {
        let (payload, descriptor) = (packet.payload(), packet.descriptor());
        self.payloads.extend_from_slice(payload);
        self.payloads.extend_from_slice(descriptor);
        self.packets.push(Relayed {
            track,
            layer,
            description: **packet,
            length: payload.len(),
            descriptor_length: descriptor.len(),
        });
    }

    /// The packets, each with its payload and its dependency descriptor.
    pub fn packets(&self) -> impl Iterator<Item = (&Relayed, &[u8], &[u8])> {
        let mut rest = self.payloads.as_slice();
        self.packets.iter().map_while(move |packet| {
            let (payload, after) = rest.split_at_checked(packet.length)?;
            let (descriptor, after) = after.split_at_checked(packet.descriptor_length)?;
            rest = after;
            Some((packet, payload, descriptor))
        })
    }

    fn clear(&mut self) {
        self.packets.clear();
        self.payloads.clear();
    }
}

/// Batches that every reader is done with are filled again.
#[derive(Debug, Default)]
pub(super) struct Batches {
    spare: VecDeque<Arc<Batch>>,
}

impl Batches {
    /// A batch as `fill` leaves it.
    pub(super) fn fill(&mut self, fill: impl FnOnce(&mut Batch)) -> Arc<Batch> {
        let mut oldest = self.spare.pop_front().unwrap_or_default();
        if Arc::get_mut(&mut oldest).is_none() {
            // Somebody still reads it.
            self.spare.push_back(std::mem::take(&mut oldest));
        }
        if let Some(batch) = Arc::get_mut(&mut oldest) {
            batch.clear();
            fill(batch);
        }
        if self.spare.len() < SPARE_BATCHES {
            self.spare.push_back(Arc::clone(&oldest));
        }
        oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::Ring;

    fn packet(sequence: u64, payload: &[u8], descriptor: &[u8]) -> Packet {
        let mut ring = Ring::new(1);
        ring.store(Description::sound(sequence), payload, descriptor);
        ring.get(sequence).expect("it was stored").clone()
    }

    #[test]
    fn a_batch_gives_back_what_was_put_in() {
        let mut batch = Batch::default();
        batch.push(1, 0, &packet(7, &[1, 2], &[9]));
        batch.push(2, 1, &packet(8, &[], &[]));
        batch.push(1, 0, &packet(9, &[3], &[]));
        let sequence = |packet: &Relayed| packet.description.sequence;
        let packets: Vec<_> = batch
            .packets()
            .map(|(p, payload, descriptor)| (p.track, sequence(p), payload, descriptor))
            .collect();
        let expected: [(u32, u64, &[u8], &[u8]); 3] =
            [(1, 7, &[1, 2], &[9]), (2, 8, &[], &[]), (1, 9, &[3], &[])];
        assert_eq!(packets, expected);
    }

    #[test]
    fn batches_are_filled_again_once_nobody_reads_them() {
        let mut batches = Batches::default();
        let mut fill =
            |sequence| batches.fill(|batch| batch.push(0, 0, &packet(sequence, &[0], &[])));
        let first = fill(1);
        let second = fill(2);
        assert!(!Arc::ptr_eq(&first, &second), "the first one is still read");
        let place = Arc::as_ptr(&first);
        drop((first, second));
        let sequences = |batch: &Batch| -> Vec<_> {
            batch.packets().map(|(packet, ..)| packet.description.sequence).collect()
        };
        let again: Vec<_> = (3..5).map(&mut fill).collect();
        assert!(again.iter().any(|batch| Arc::as_ptr(batch) == place));
        assert_eq!(sequences(&again[0]), [3]);
        assert_eq!(sequences(&again[1]), [4]);
    }
}
