//! A room in several cores: its home, and the parts that serve more of its audience.

use std::time::Instant;

use protocol::media::CloseReason;
use protocol::{MediaSessionId, RoomId};

use super::relay::{Ended, Peer, Relay, RelayMessage};
use super::room::{Link, Room};
use super::{Core, Sink};

/// How far a core is with a part of a room that is at home elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is ready to serve an audience.
    Joined,
    /// The home has been asked for the state of the room.
    Joining,
    /// The core has too many rooms.
    Full,
}

impl Core {
    /// Serves a part of a room that is at home in the core `home`, from now on. To be called
    /// before each [`MediaCommand::Connect`](protocol::media::MediaCommand::Connect) of such a room, and again after what
    /// [`Self::handle_relay`] took, until the room is [`Membership::Joined`].
    pub fn join(&mut self, now: Instant, id: RoomId, home: Peer) -> Membership {
        if let Some(index) = self.by_room.get(&id).copied() {
            let known = self.rooms[index as usize].as_ref().and_then(Room::home);
            match known {
                Some((known, true)) if known == home => return Membership::Joined,
                Some((known, false)) if known == home => return Membership::Joining,
                // The room has moved.
                _ => self.close_room(now, index, CloseReason::RoomClosed),
            }
        }
        self.last_link += 1;
        let link = Link { peer: home, number: self.last_link };
        if self.open_room(Room::shard(id, link)).is_none() {
            return Membership::Full;
        }
        self.shared.send_relay(id, link, Relay::Join);
        Membership::Joining
    }

    /// Is the room's home from now on: a part of it that belonged to another home ends.
    pub fn lead(&mut self, now: Instant, id: RoomId) {
        let Some(index) = self.by_room.get(&id).copied() else { return };
        if self.rooms[index as usize].as_ref().is_some_and(|room| !room.is_home()) {
            self.close_room(now, index, CloseReason::RoomClosed);
        }
    }

    /// Whether this core has a part of a room.
    #[must_use]
    pub fn has_room(&self, id: RoomId) -> bool {
        self.by_room.contains_key(&id)
    }

    /// Ends a session: its participant has another one in another part of the room.
    pub fn replace(&mut self, now: Instant, session: MediaSessionId) {
        let Some(route) = self.shared.routes.by_session.get(&session).copied() else { return };
        self.with_room(route.room, |room, shared| room.replace(now, route, shared));
        self.leave_if_deserted(route.room);
    }

    /// Takes a message from another core. Packets in it wait for [`Self::flush`].
    pub fn handle_relay(
        &mut self,
        now: Instant,
        from: Peer,
        message: &RelayMessage,
        sink: &mut dyn Sink,
    ) {
        let link = Link { peer: from, number: message.link };
        let index = self.by_room.get(&message.room).copied();
        let room = index.and_then(|index| self.rooms[index as usize].as_ref());
        if matches!(message.relay, Relay::Join) && room.is_none_or(|room| !room.is_home()) {
            self.shared.send_relay(message.room, link, Relay::Ended(Ended::Closed));
            return;
        }
        let (Some(index), Some(room)) = (index, room) else { return };
        let linked = room.links().contains(&link);
        match message.relay {
            Relay::Ended(Ended::Failed) if linked => {
                self.end_links(index, Some(link), Ended::Failed);
                self.forget_room(index);
                return;
            }
            Relay::Ended(Ended::Closed) if linked => {
                self.close_room(now, index, CloseReason::RoomClosed);
                return;
            }
            _ => {}
        }
        let dirty = self.with_room(index, |room, shared| {
            room.handle_relay(now, index, link, &message.relay, shared, sink)
        });
        if dirty == Some(true) && !self.dirty.contains(&index) {
            self.dirty.push(index);
        }
        let sharded = self.rooms[index as usize].as_ref().is_some_and(Room::has_shards);
        self.sharded.retain(|room| *room != index);
        if sharded {
            self.sharded.push(index);
        }
    }

    /// Tells the other cores of shared rooms what arrived and what changed, as
    /// [`Self::poll_relay`] gives it. [`Self::flush`] does so, too; but others need not wait for it.
    pub fn relay(&mut self, now: Instant) {
        for place in (0..self.sharded.len()).rev() {
            if let Some(index) = self.sharded.get(place).copied() {
                self.with_room(index, |room, shared| room.relay(now, shared));
            }
        }
    }

    /// The next message for another core.
    pub fn poll_relay(&mut self) -> Option<(Peer, RelayMessage)> {
        self.shared.relays.pop_front()
    }
}
