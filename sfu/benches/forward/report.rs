//! What comes out.

use serde::Serialize;

use crate::machine::Load;
use crate::schedule::Shape;

/// The result, as the last line of output shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// The node's part.
    #[serde(flatten)]
    pub node: Figures,
    /// The mean of the floors, in µs a packet.
    pub floor_us: f64,
    floor_runs_us: [f64; 2],
    /// What the node costs over the floor.
    pub ratio: f64,
}

/// What was measured of a server.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    /// How many subscribers.
    pub subscribers: usize,
    /// How the video packets were spread over time.
    pub shape: Shape,
    /// For how long it was measured.
    pub seconds: u64,
    /// Threads that forward.
    pub workers: u16,
    /// Packets that arrived in that time, all subscribers together.
    pub packets: u64,
    /// Processor time of the process per packet that arrived.
    pub us_per_packet: f64,
    /// How busy its threads were, in percent of one processor, the busiest first.
    pub worker_load_pct: Vec<f64>,
    /// Share of the packets that never arrived.
    pub loss: f64,
    /// Packets that never arrived.
    pub lost: u64,
    /// From the publisher's writing to the subscriber's socket.
    pub latency_p50_ms: f64,
    /// The same, for 99 of 100 packets.
    pub latency_p99_ms: f64,
    /// Its memory per subscriber.
    pub kb_per_subscriber: f64,
    /// RTP packets per system call that it sends with, where it tells.
    pub segments_per_send: Option<f64>,
    /// What the machine did meanwhile.
    pub load: Load,
}

impl Report {
    /// Puts the node beside the floor before and after it, in µs a packet.
    #[must_use]
    pub(crate) fn new(node: Figures, floor_runs_us: [f64; 2]) -> Self {
        let floor_us = f64::midpoint(floor_runs_us[0], floor_runs_us[1]);
        Self {
            ratio: rounded(node.us_per_packet / floor_us),
            node,
            floor_us: rounded(floor_us),
            floor_runs_us: floor_runs_us.map(rounded),
        }
    }
}

/// The value that `share` of the ascending values do not exceed; none for no values.
#[must_use]
pub(crate) fn percentile(ascending: &[u32], share: f64) -> Option<u32> {
    let last = ascending.len().checked_sub(1)?;
    ascending.get((last as f64 * share).round() as usize).copied()
}

/// Three digits behind the point.
#[must_use]
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
