//! The other workers of a node: messages of shared rooms go there.

use super::worker::{Inbox, Input};
use crate::core::Core;
use crate::core::relay::{Peer, RelayMessage};

/// The workers of a node as one of them sees them.
pub(super) struct Neighbours {
    own: Peer,
    inboxes: Vec<Inbox>,
    /// Whom to wake; by the number of the worker.
    called: Vec<bool>,
    /// Packets that a worker was too late for.
    pub(super) dropped: u64,
}

impl Neighbours {
    /// `inboxes` are those of all workers, `own` among them.
    pub(super) fn new(own: Peer, inboxes: Vec<Inbox>) -> Self {
        let called = vec![false; inboxes.len()];
        Self { own, inboxes, called, dropped: 0 }
    }

    /// Carries away what the core has for others.
    pub(super) fn carry(&mut self, core: &mut Core) {
        let mut any = false;
        while let Some((to, message)) = core.poll_relay() {
            let to = usize::from(to.0);
            let Some(inbox) = self.inboxes.get(to) else { continue };
            any = true;
            self.called[to] = true;
            self.dropped += lost(inbox.relay(self.own, message));
        }
        if !any {
            return;
        }
        for (inbox, called) in self.inboxes.iter().zip(&mut self.called) {
            if std::mem::take(called) {
                inbox.wake();
            }
        }
    }
}

fn lost(refused: Option<RelayMessage>) -> u64 {
    refused.map_or(0, |message| message.packets() as u64)
}

impl Inbox {
    /// Hands a message over without waking the worker. What is refused, packets that the worker
    /// is too late for, comes back.
    fn relay(&self, from: Peer, message: RelayMessage) -> Option<RelayMessage> {
        if message.is_media() && !self.claim_media() {
            return Some(message);
        }
        self.push(Input::Relay(from, message));
        None
    }
}
