//! One deadline a session, in a heap: only what is due is woken.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::Route;

/// Deadlines by session. A session that is asked to wake earlier is entered again; the later
/// entry is harmless, since waking finds nothing due.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Route)>>,
}

impl Timers {
    pub(super) fn schedule(&mut self, at: Instant, route: Route) {
        self.heap.push(Reverse((at, route)));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Route> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, route))| route)
    }
}
