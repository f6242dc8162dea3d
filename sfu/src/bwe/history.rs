//! What was sent when, until it is told to have arrived.

use std::collections::VecDeque;

use super::Feedback;
use crate::rtp::nearest;

/// Packets that are remembered: 2 s at 1000 packets/s.
const CAPACITY: usize = 2048;

/// The packets that were sent last, by transport-wide sequence number.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The number of the first one that is remembered.
    first: u64,
    packets: VecDeque<Sent>,
    /// The receiver's clock at the first arrival.
    epoch: Option<i64>,
    /// Everything before this has been told of.
    told: u64,
    /// When the last one was sent, in µs since the origin.
    last: u64,
}

/// Eight bytes, for there are many.
#[derive(Clone, Copy, Debug)]
struct Sent {
    /// µs since the origin, modulo 2^32.
    at: u32,
    size: u16,
    probe: bool,
    acknowledged: bool,
}

/// A packet that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Acknowledged {
    /// µs since the origin.
    pub(super) sent: u64,
    /// µs of the receiver's clock since its first arrival.
    pub(super) arrived: i64,
    pub(super) size: usize,
    /// It belonged to a probe.
    pub(super) probe: bool,
}

impl History {
    #[inline]
    pub(super) fn push(&mut self, at: u64, size: usize, probe: bool) -> u16 {
        if self.packets.len() == CAPACITY {
            self.packets.pop_front();
            self.first += 1;
        }
        self.last = at;
        let number = self.first + self.packets.len() as u64;
        let size = u16::try_from(size).unwrap_or(u16::MAX);
        self.packets.push_back(Sent { at: at as u32, size, probe, acknowledged: false });
        number as u16
    }

    /// What was sent until now is not to be told of any more.
    pub(super) fn forget(&mut self) {
        self.first += self.packets.len() as u64;
        self.packets.clear();
        self.told = self.first;
    }

    /// Collects what `feedback` says arrived, once each, and returns how many it says are lost.
    pub(super) fn acknowledge(
        &mut self,
        feedback: &Feedback<'_>,
        into: &mut Vec<Acknowledged>,
    ) -> usize {
        let end = self.first + self.packets.len() as u64;
        let mut lost = 0;
        let mut told = self.told;
        for (sequence, arrived) in feedback.packets() {
            let number = nearest(end, sequence);
            if number >= end {
                continue;
            }
            told = told.max(number + 1);
            let Some(index) = number.checked_sub(self.first) else { continue };
            let packet = &mut self.packets[index as usize];
            match arrived {
                Some(arrived) if !packet.acknowledged => {
                    packet.acknowledged = true;
                    let epoch = *self.epoch.get_or_insert(arrived);
                    into.push(Acknowledged {
                        sent: self.last - u64::from((self.last as u32).wrapping_sub(packet.at)),
                        arrived: arrived - epoch,
                        size: usize::from(packet.size),
                        probe: packet.probe,
                    });
                }
                None if number >= self.told => lost += 1,
                _ => {}
            }
        }
        self.told = told;
        // What lies a good way behind will not be told of any more.
        while self.first + 512 < self.told {
            self.packets.pop_front();
            self.first += 1;
        }
        lost
    }
}
