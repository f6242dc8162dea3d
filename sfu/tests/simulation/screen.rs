//! What a viewer sees: packets become pictures, and pictures are decoded or not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::camera::{MARK, PICTURE_INTERVAL};

/// A packet of a picture.
#[derive(Clone, Copy, Debug)]
struct Packet {
    at: Instant,
    timestamp: u32,
    start: bool,
    marker: bool,
    picture: u16,
    tl0: u8,
    temporal: u8,
    keyframe: bool,
    height: u16,
    name: u32,
    /// The how-manieth picture of its publisher.
    filmed: u32,
}

/// A viewer's picture, packet by packet.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    packets: BTreeMap<u64, Packet>,
    /// Numbers without content.
    fillers: BTreeSet<u64>,
}

/// A picture that was decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) at: Instant,
    pub(crate) height: u16,
    /// Who filmed it.
    pub(crate) name: u32,
    /// The how-manieth picture of its publisher.
    pub(crate) filmed: u32,
}

impl Screen {
    pub(crate) fn note(
        &mut self,
        sequence: u64,
        at: Instant,
        timestamp: u32,
        marker: bool,
        p: &[u8],
    ) {
        let start = p[0] & 0x10 != 0;
        let packet = Packet {
            at,
            timestamp,
            start,
            marker,
            picture: u16::from_be_bytes([p[2] & 0x7f, p[3]]),
            tl0: p[4],
            temporal: p[5] >> 6,
            keyframe: start && p[6] & 1 == 0,
            height: u16::from_be_bytes([p[MARK + 12], p[MARK + 13]]),
            name: word(p, MARK),
            filmed: word(p, MARK + 14),
        };
        self.packets.insert(sequence, packet);
    }

    pub(crate) fn note_filler(&mut self, sequence: u64) {
        self.fillers.insert(sequence);
    }

    /// Decodes as a strict decoder does: whole pictures in the order of their numbers, each built
    /// on those it needs. After a hole that was never repaired it waits for a keyframe. Says what
    /// was shown, and when.
    ///
    /// # Panics
    /// When pictures do not follow each other, when time runs back, or when a new layer does not
    /// begin with a keyframe.
    pub(crate) fn decode(&self) -> Vec<Shown> {
        let mut shown: Vec<Shown> = Vec::new();
        let mut last: Option<Packet> = None;
        let mut tl0 = None;
        let mut latest = None;
        let mut expected = None;
        let mut packets = self.packets.iter().peekable();
        while let Some((&first, &begin)) = packets.next() {
            let (mut sequence, mut end, mut whole) = (first, begin, begin.start);
            latest = latest.max(Some(begin.at));
            while let Some((&next, &packet)) =
                packets.next_if(|(_, packet)| packet.timestamp == begin.timestamp)
            {
                whole &= next == sequence + 1;
                latest = latest.max(Some(packet.at));
                (sequence, end) = (next, packet);
            }
            whole &= end.marker;
            let hole = expected.is_some_and(|expected| expected != first) || !whole;
            let mut next = sequence + 1;
            while self.fillers.contains(&next) {
                next += 1;
            }
            expected = Some(next);
            if hole {
                (last, tl0) = (None, None);
            }
            if !whole || (last.is_none() && !begin.keyframe) {
                continue;
            }
            if let Some(last) = last {
                let step = begin.picture.wrapping_sub(last.picture) & 0x7fff;
                assert_eq!(step, 1, "pictures follow each other: {last:?} {begin:?}");
                let ahead = begin.timestamp.wrapping_sub(last.timestamp);
                assert!(ahead > 0 && ahead < 1 << 31, "time runs back: {last:?} {begin:?}");
                let changed = (last.height, last.name) != (begin.height, begin.name);
                assert!(!changed || begin.keyframe, "a layer begins with a keyframe: {begin:?}");
            }
            if begin.temporal == 0 {
                let follows = tl0.map(|tl0: u8| tl0.wrapping_add(1));
                assert!(follows.is_none_or(|tl0| tl0 == begin.tl0), "TL0PICIDX runs on: {begin:?}");
                tl0 = Some(begin.tl0);
            } else {
                assert_eq!(tl0, Some(begin.tl0), "upper layers name the one they build on");
            }
            last = Some(begin);
            let Packet { height, name, filmed, .. } = begin;
            shown.extend(latest.map(|at| Shown { at, height, name, filmed }));
        }
        shown
    }

    /// The longest time between two pictures since `from`.
    pub(crate) fn longest_freeze(&self, from: Instant) -> Duration {
        let shown: Vec<_> = self.decode().into_iter().filter(|shown| shown.at >= from).collect();
        let gaps = shown.windows(2).map(|pair| pair[1].at - pair[0].at);
        gaps.max().expect("pictures were shown")
    }

    /// When something of this publisher was shown first.
    pub(crate) fn first_of(&self, name: u32) -> Option<Instant> {
        self.decode().into_iter().find(|shown| shown.name == name).map(|shown| shown.at)
    }

    /// How much older what is shown at `at` is than what another screen shows then.
    pub(crate) fn lag_behind(&self, other: &Self, at: Instant) -> Duration {
        let newest = |screen: &Self| {
            let shown = screen.decode().into_iter().rfind(|shown| shown.at <= at);
            shown.expect("something is shown").filmed
        };
        PICTURE_INTERVAL * newest(other).saturating_sub(newest(self))
    }

    /// The height of what was shown last.
    pub(crate) fn height(&self) -> u16 {
        self.decode().last().map_or(0, |shown| shown.height)
    }
}

fn word(payload: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([payload[at], payload[at + 1], payload[at + 2], payload[at + 3]])
}
