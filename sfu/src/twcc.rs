//! Transport-wide congestion control feedback to publishers
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01): when each packet arrived, by the
//! kernel's clock, so that the publisher can estimate its uplink.

use std::time::{Duration, Instant};

use crate::rtp::Unwrapper;

/// How often feedback goes out while packets arrive.
pub const FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);
/// The most packets that one feedback speaks of.
const MAX_STATUS_COUNT: u64 = 400;
/// Arrival times are told in steps of 250 µs.
const DELTA_STEP: Duration = Duration::from_micros(250);
/// The reference time is told in steps of 64 ms.
const REFERENCE_STEP_MICROS: u128 = 64_000;

const RTCP_TRANSPORT_FEEDBACK: u8 = 205;
const FORMAT_TRANSPORT_CC: u8 = 15;

/// Remembers arrivals between feedbacks.
#[derive(Debug)]
pub struct ArrivalRecorder {
    origin: Instant,
    unwrapper: Unwrapper,
    /// The first number that no feedback has spoken of yet.
    next: Option<u64>,
    arrivals: Vec<(u64, Instant)>,
    /// Scratch of [`Self::write_feedback`].
    deltas: Vec<u8>,
    feedback_count: u8,
}

impl ArrivalRecorder {
    /// A recorder whose reference times count from `origin`.
    #[must_use]
    pub fn new(origin: Instant) -> Self {
        Self {
            origin,
            unwrapper: Unwrapper::default(),
            next: None,
            arrivals: Vec::new(),
            deltas: Vec::new(),
            feedback_count: 0,
        }
    }

    /// Notes that the packet with this transport-wide number arrived.
    pub fn arrived(&mut self, sequence: u16, at: Instant) {
        let sequence = self.unwrapper.unwrap(sequence);
        let full = self.arrivals.len() as u64 >= MAX_STATUS_COUNT;
        if full || self.next.is_some_and(|next| sequence < next) {
            return;
        }
        self.arrivals.push((sequence, at));
    }

    /// Whether there is anything to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    /// Appends the feedback packet (RTCP, in the clear) for all that arrived since the last one.
    pub fn write_feedback(&mut self, sender_ssrc: u32, media_ssrc: u32, out: &mut Vec<u8>) {
        self.arrivals.sort_unstable_by_key(|(sequence, _)| *sequence);
        self.arrivals.dedup_by_key(|(sequence, _)| *sequence);
        let (Some(&(first, first_at)), Some(&(last, _))) =
            (self.arrivals.first(), self.arrivals.last())
        else {
            return;
        };
        let base = self.next.unwrap_or(first).max(last.saturating_sub(MAX_STATUS_COUNT - 1));
        let count = last - base + 1;
        self.next = Some(last + 1);

        let start = out.len();
        out.extend([0x80 | FORMAT_TRANSPORT_CC, RTCP_TRANSPORT_FEEDBACK, 0, 0]);
        out.extend(sender_ssrc.to_be_bytes());
        out.extend(media_ssrc.to_be_bytes());
        out.extend((base as u16).to_be_bytes());
        out.extend((count as u16).to_be_bytes());
        let reference =
            first_at.saturating_duration_since(self.origin).as_micros() / REFERENCE_STEP_MICROS;
        let reference_at =
            self.origin + Duration::from_micros((reference * REFERENCE_STEP_MICROS) as u64);
        out.extend(&(reference as u32).to_be_bytes()[1..]);
        out.push(self.feedback_count);
        self.feedback_count = self.feedback_count.wrapping_add(1);

        let deltas = &mut self.deltas;
        deltas.clear();
        let mut previous = reference_at;
        let mut arrivals = self.arrivals.drain(..).skip_while(|(seq, _)| *seq < base).peekable();
        let mut symbols = (base..base + count).map(|sequence| {
            let Some((_, at)) = arrivals.next_if(|(arrived, _)| *arrived == sequence) else {
                return 0;
            };
            let steps = signed_steps(previous, at);
            // Each delta is told rounded; the next one starts from what was told.
            previous = apply_steps(previous, steps);
            if let Ok(small) = u8::try_from(steps) {
                deltas.push(small);
                1
            } else {
                deltas.extend(steps.to_be_bytes());
                2
            }
        });
        loop {
            // A status vector chunk of seven two-bit symbols.
            let mut chunk: u16 = 0b11 << 14;
            let mut filled = 0;
            while filled < 7 {
                let Some(symbol) = symbols.next() else { break };
                chunk |= symbol << (12 - 2 * filled);
                filled += 1;
            }
            if filled == 0 {
                break;
            }
            out.extend(chunk.to_be_bytes());
            if filled < 7 {
                break;
            }
        }
        drop(symbols);
        out.extend(&self.deltas);
        let padding = (4 - (out.len() - start) % 4) % 4;
        if padding > 0 {
            out[start] |= 0x20;
            out.extend(std::iter::repeat_n(0, padding - 1));
            out.push(padding as u8);
        }
        let words = ((out.len() - start) / 4 - 1) as u16;
        out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
    }
}

fn signed_steps(from: Instant, to: Instant) -> i16 {
    let step = DELTA_STEP.as_micros() as i128;
    let micros = if to >= from {
        (to - from).as_micros() as i128
    } else {
        -((from - to).as_micros() as i128)
    };
    (micros.div_euclid(step)).clamp(i128::from(i16::MIN), i128::from(i16::MAX)) as i16
}

fn apply_steps(from: Instant, steps: i16) -> Instant {
    let distance = DELTA_STEP * u32::from(steps.unsigned_abs());
    if steps >= 0 { from + distance } else { from.checked_sub(distance).unwrap_or(from) }
}

#[cfg(test)]
mod tests;
