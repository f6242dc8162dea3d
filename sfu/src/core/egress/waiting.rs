//! A stream that cannot, or need not, send everything at once: see [`Backlog`].

use std::time::Instant;

use protocol::media::Kind;

use super::super::backlog::Backlog;
use super::{Forwarded, Source, Stream};
use crate::ring::Packet;

/// What an arrival catches up with keeps its order and lies just before the newest: so many times
/// closer than it was filmed. Receivers then show it as fast as it comes; by the times at which it
/// was filmed they would play it, and lag behind for seconds (docs/adr/011).
const SQUEEZE: u32 = 512;

impl Source {
    /// Where a packet lies in the slot's time.
    #[inline]
    pub(super) fn place(&self, timestamp: u32, offset: u32) -> u32 {
        let moved = self.seam.map_or(0, |seam| {
            let before = (seam.wrapping_sub(timestamp) as i32).max(0) as u32;
            before - before / SQUEEZE
        });
        timestamp.wrapping_add(moved).wrapping_add(offset).wrapping_add(self.shift)
    }
}

impl Stream {
    /// Whether packets wait for their turn.
    #[inline]
    pub(in super::super) fn is_behind(&self) -> bool {
        self.backlog.is_some()
    }

    pub(in super::super) fn backlog(&self) -> Option<&Backlog> {
        self.backlog.as_ref()
    }

    pub(in super::super) fn backlog_mut(&mut self) -> &mut Option<Backlog> {
        &mut self.backlog
    }

    /// Whether a packet of the picture waits for its turn instead of leaving now, when it must
    /// (`over`) or others do before it. It stays in the ring.
    pub(in super::super) fn waits(
        &mut self,
        now: Instant,
        item: &Forwarded,
        packet: &Packet,
        over: bool,
    ) -> bool {
        if let Some(backlog) = self.backlog.filter(|backlog| backlog.covers(item)) {
            // What lies before the place of the stream comes late, and has its number.
            return item.sequence >= backlog.next.sequence;
        }
        let begins = packet.keyframe && self.wants(item);
        let goes_on = self.backlog.is_none() && self.feeds_newest(item);
        if over && (begins || goes_on) {
            self.backlog = Some(Backlog::held(now, *item));
            return true;
        }
        if begins {
            self.backlog = None;
        }
        self.backlog.is_some()
    }

    fn wants(&self, item: &Forwarded) -> bool {
        self.seal.is_some()
            && self
                .choice
                .is_some_and(|choice| (choice.track, choice.layer) == (item.track, item.layer))
    }

    fn feeds_newest(&self, item: &Forwarded) -> bool {
        let newest =
            |source: &Source| source.feeds(item) && source.numbers.is_newest(item.sequence);
        item.kind == Kind::Video && self.source.as_ref().is_some_and(newest)
    }

    /// Begins with a keyframe that came earlier; the newest packet of its layer has the
    /// timestamp `newest`.
    pub(in super::super) fn catch_up(&mut self, now: Instant, keyframe: Forwarded, newest: u32) {
        self.backlog = Some(Backlog::cached(now, keyframe, newest));
    }

    /// Whether the stream is about to begin with this layer, or sends it.
    pub(in super::super) fn is_catching_up(&self, track: usize, layer: usize) -> bool {
        let place = self.backlog.map(|backlog| (backlog.next.track, backlog.next.layer));
        place == Some((track, layer))
    }

    /// Goes on at another packet of the layer, a keyframe.
    pub(in super::super) fn skip_to(&mut self, keyframe: u64) {
        if let Some(backlog) = &mut self.backlog {
            backlog.next.sequence = keyframe;
        }
        self.former = self.source.take();
    }

    /// Lets go of what is left; the stream begins anew at a keyframe. Returns the layer of which
    /// one is to be asked for, if this subscriber may ask.
    pub(in super::super) fn give_up(&mut self, now: Instant) -> Option<(usize, usize)> {
        self.backlog = None;
        self.former = self.source.take();
        self.gave_up = true;
        let choice = self.choice?;
        self.asking.may(now).then_some((choice.track, choice.layer))
    }

    /// Whether the stream may ask for the keyframe that it waits for. Who lost the picture by its
    /// own link asks seldom, for everybody pays for it.
    pub(in super::super) fn may_ask(&mut self, now: Instant) -> bool {
        !self.gave_up || self.asking.may(now)
    }

    /// Whether the subscriber's own request for a keyframe is passed on.
    pub(in super::super) fn may_pass_request(&mut self, now: Instant) -> bool {
        self.backlog.is_none() && self.asking.may(now)
    }
}
