//! What of a layer a stream still has to send: not a queue, but a place in the layer's ring. It
//! moves at the subscriber's pace, and where it falls too far behind it leaves out what a decoder
//! can do without, or starts anew at a keyframe.

use std::time::{Duration, Instant};

use super::egress::Forwarded;
use super::layer::Layer;
use crate::ring::Packet;

/// Behind by that much, a stream goes on with the lowest temporal layer alone.
const THIN: Duration = Duration::from_millis(150);
/// Behind by that much, a stream goes on at the next keyframe, if that is there already.
const SKIP: Duration = Duration::from_millis(100);
/// A stream that is behind by that much gives up what it has left, and waits for a keyframe.
const HOPELESS: Duration = Duration::from_millis(500);
/// So long has an arrival to catch up.
const PATIENCE: Duration = Duration::from_secs(2);
/// Ticks of the clock of pictures in a millisecond.
const TICKS_PER_MS: u32 = 90;

/// Where a stream is in a layer that it follows with a delay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backlog {
    /// The packet that is next.
    pub(super) next: Forwarded,
    /// For an arrival, the timestamp of the newest packet when it came: what lies before it is
    /// shown as fast as it comes.
    pub(super) seam: Option<u32>,
    /// Not given up before this.
    patient_until: Instant,
    /// Packets of the picture have left already.
    inside_picture: bool,
    /// Only the lowest temporal layer is sent.
    pub(super) thin: bool,
}

/// What to do with the next packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send it.
    Send,
    /// It has not arrived, or it is not known what it is; it is forwarded when it does.
    Missing,
    /// A keyframe has come: what lies before it is not needed any more.
    Skip(u64),
    /// The link cannot carry this.
    GiveUp,
    /// There is none: the stream has caught up.
    Done,
}

impl Backlog {
    /// From a packet on that cannot leave at once.
    pub(super) fn held(now: Instant, next: Forwarded) -> Self {
        Self { next, seam: None, patient_until: now, inside_picture: true, thin: false }
    }

    /// From the keyframe `next` on, which came before the subscriber did, up to what is newest.
    pub(super) fn cached(now: Instant, next: Forwarded, newest: u32) -> Self {
        let patient_until = now + PATIENCE;
        Self { next, seam: Some(newest), patient_until, inside_picture: false, thin: true }
    }

    /// Whether this packet belongs to what is followed.
    #[inline]
    pub(super) fn covers(&self, item: &Forwarded) -> bool {
        let Forwarded { track, layer, generation, episode, .. } = self.next;
        (track, layer, generation, episode)
            == (item.track, item.layer, item.generation, item.episode)
    }

    /// What to do next.
    pub(super) fn step(&mut self, now: Instant, layer: &Layer) -> Step {
        let (ring, next) = (&layer.ring, self.next.sequence);
        if next > ring.highest() {
            return Step::Done;
        }
        let Some(packet) = ring.get(next) else {
            return if ring.forgot(next) { Step::GiveUp } else { Step::Missing };
        };
        if !layer.is_readable(next) {
            return Step::Missing;
        }
        let age = ring.get(ring.highest()).map_or(Duration::ZERO, |newest| between(packet, newest));
        self.thin = age > THIN;
        if !self.inside_picture {
            let keyframe = layer.arrivals.keyframe().filter(|keyframe| *keyframe > next);
            if let Some(keyframe) = keyframe.filter(|_| age > SKIP) {
                return Step::Skip(keyframe);
            }
            if age > HOPELESS && now >= self.patient_until {
                return Step::GiveUp;
            }
        }
        self.inside_picture = !packet.marker;
        Step::Send
    }
}

/// The time from one picture to another, by their timestamps; none if they are in the wrong order.
fn between(earlier: &Packet, later: &Packet) -> Duration {
    let ticks = later.timestamp.wrapping_sub(earlier.timestamp) as i32;
    Duration::from_millis(u64::from(ticks.max(0) as u32 / TICKS_PER_MS))
}

#[cfg(test)]
mod tests {
    use protocol::media::Kind;

    use super::*;
    use crate::ring::Description;
    use crate::sdp::CodecKind;

    const MS: Duration = Duration::from_millis(1);

    /// Two packets a picture, a picture every 40 ms.
    fn layer(pictures: u64, keyframes: &[u64]) -> Layer {
        let mut layer = Layer::new(Kind::Video, CodecKind::Vp8, true);
        for sequence in 0..pictures * 2 {
            let picture = sequence / 2;
            let description = Description {
                sequence,
                timestamp: picture as u32 * 40 * TICKS_PER_MS,
                marker: sequence % 2 == 1,
                codec: CodecKind::Vp8,
                keyframe: sequence % 2 == 0 && keyframes.contains(&picture),
                frame: None,
                orientation: None,
                captured: None,
                red: None,
            };
            layer.ring.store(description, &[0; 10], &[]);
            let packet = layer.ring.get(sequence).expect("stored");
            layer.arrivals.note(packet, Instant::now());
        }
        layer
    }

    fn from(sequence: u64) -> Forwarded {
        Forwarded {
            slot: 0,
            episode: 0,
            kind: Kind::Video,
            track: 0,
            layer: 0,
            generation: 0,
            sequence,
            timestamp_offset: 0,
            padding: 0,
        }
    }

    /// The steps until there is nothing more to do.
    fn steps(backlog: &mut Backlog, now: Instant, layer: &Layer) -> Vec<Step> {
        let mut steps = Vec::new();
        loop {
            let step = backlog.step(now, layer);
            steps.push(step);
            match step {
                Step::Send | Step::Missing => backlog.next.sequence += 1,
                Step::Skip(keyframe) => backlog.next.sequence = keyframe,
                Step::GiveUp | Step::Done => return steps,
            }
        }
    }

    #[test]
    fn sends_what_is_left_and_is_done() {
        let mut backlog = Backlog::held(Instant::now(), from(3));
        let steps = steps(&mut backlog, Instant::now(), &layer(3, &[]));
        assert_eq!(steps, [Step::Send, Step::Send, Step::Send, Step::Done]);
    }

    #[test]
    fn goes_on_at_a_keyframe_that_is_there_when_the_picture_is_complete() {
        let mut backlog = Backlog::held(Instant::now(), from(1));
        let steps = steps(&mut backlog, Instant::now(), &layer(6, &[5]));
        assert_eq!(steps, [Step::Send, Step::Skip(10), Step::Send, Step::Send, Step::Done]);
    }

    #[test]
    fn gives_up_between_pictures_when_too_much_is_left() {
        let now = Instant::now();
        let layer = layer(20, &[]);
        let mut backlog = Backlog::held(now, from(1));
        assert_eq!(steps(&mut backlog, now, &layer), [Step::Send, Step::GiveUp]);
        // An arrival has more patience, and does without upper layers meanwhile.
        let mut backlog = Backlog::cached(now, from(0), 0);
        assert_eq!(backlog.step(now, &layer), Step::Send);
        assert!(backlog.thin);
        assert_eq!(steps(&mut backlog, now, &layer).last(), Some(&Step::Done));
        assert!(!backlog.thin);
        let mut backlog = Backlog::cached(now, from(0), 0);
        assert_eq!(backlog.step(now + PATIENCE + MS, &layer), Step::GiveUp);
    }

    #[test]
    fn what_the_ring_forgot_is_given_up() {
        let mut backlog = Backlog::held(Instant::now(), from(0));
        assert_eq!(backlog.step(Instant::now(), &layer(2_000, &[])), Step::GiveUp);
    }
}
