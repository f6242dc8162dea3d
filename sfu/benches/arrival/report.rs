//! What comes out.

use serde::Serialize;

use crate::browser::Seen;
use crate::house::{Arrivals, Calm};
use crate::machine::Load;

/// The result, as the last line of output shows it. Times in ms.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    arrivals: usize,
    /// From the offer to the first packet in the client's socket.
    first_packet_p50_ms: Option<f64>,
    first_packet_p99_ms: Option<f64>,
    /// To the first packet of a keyframe.
    first_keyframe_p99_ms: Option<f64>,
    /// From the offer to the first picture on a browser's screen, among the arrivals.
    first_frame_p50_ms: Option<f64>,
    first_frame_p95_ms: Option<f64>,
    first_frames: usize,
    /// How long an arrival in the browser took from there to the delay of those who sit.
    settled_p95_ms: Option<f64>,
    /// That delay, glass to glass.
    baseline_ms: Option<f64>,
    keyframe_requests: u64,
    /// How much longer the seated ones' packets took than before (p99), and how much more of them
    /// never came.
    others_disturbed: Disturbed,
    load: Load,
}

/// What changed for those who sit.
#[derive(Clone, Debug, Serialize)]
struct Disturbed {
    p50_before_ms: Option<f64>,
    p50_ms: Option<f64>,
    p99_before_ms: Option<f64>,
    p99_ms: Option<f64>,
    loss_before: f64,
    loss: f64,
}

impl Report {
    pub(crate) fn new(
        arrivals: &Arrivals,
        calm: &Calm,
        storm: &Calm,
        seen: Option<Seen>,
        keyframe_requests: u64,
        load: Load,
    ) -> Self {
        let of = |values: &[u32], share| percentile(values, share).map(millis);
        let mut first_frames =
            seen.as_ref().map_or(Vec::new(), |seen| micros(&seen.first_frames_ms));
        let mut settled = seen.as_ref().map_or(Vec::new(), |seen| micros(&seen.settled_ms));
        first_frames.sort_unstable();
        settled.sort_unstable();
        Self {
            arrivals: arrivals.first_packets.len(),
            first_packet_p50_ms: of(&arrivals.first_packets, 0.5),
            first_packet_p99_ms: of(&arrivals.first_packets, 0.99),
            first_keyframe_p99_ms: of(&arrivals.first_keyframes, 0.99),
            first_frame_p50_ms: of(&first_frames, 0.5),
            first_frame_p95_ms: of(&first_frames, 0.95),
            first_frames: first_frames.len(),
            settled_p95_ms: of(&settled, 0.95),
            baseline_ms: seen.map(|seen| seen.baseline_ms),
            keyframe_requests,
            others_disturbed: Disturbed {
                p50_before_ms: of(&calm.latencies, 0.5),
                p50_ms: of(&storm.latencies, 0.5),
                p99_before_ms: of(&calm.latencies, 0.99),
                p99_ms: of(&storm.latencies, 0.99),
                loss_before: calm.loss,
                loss: storm.loss,
            },
            load,
        }
    }
}

fn micros(millis: &[f64]) -> Vec<u32> {
    millis.iter().map(|millis| (millis * 1e3) as u32).collect()
}

fn millis(micros: u32) -> f64 {
    f64::from(micros) / 1e3
}

/// The value that `share` of the ascending values do not exceed; none for no values.
fn percentile(ascending: &[u32], share: f64) -> Option<u32> {
    let last = ascending.len().checked_sub(1)?;
    ascending.get((last as f64 * share).round() as usize).copied()
}
