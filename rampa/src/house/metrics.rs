//! What the media node counts and measures, for `/metrics`. `docs/OPERATIONS.md` explains every
//! name, and a test holds it to that.

use std::sync::Arc;

use sfu::core::{Counters, Histogram, Measures};
use sfu::{StatsReader, WorkerStats};
use signaling::Exposition;

use super::exposition::Text;

/// A number that only grows: its name, what it means, and where it is counted.
type Counted = (&'static str, &'static str, fn(&Counters) -> u64);

const COUNTED: [Counted; 29] = [
    ("sfu_received_datagrams_total", "Datagrams that arrived.", |c| c.datagrams_in),
    ("sfu_received_bytes_total", "Bytes of datagrams that arrived.", |c| c.bytes_in),
    ("sfu_received_packets_total", "RTP packets of publishers taken in.", |c| c.packets_in),
    ("sfu_received_repairs_total", "Of them, sent again because asked.", |c| c.repairs_in),
    ("sfu_uplink_packets_total", "RTP packets publishers sent.", |c| c.uplink_expected),
    ("sfu_uplink_lost_packets_total", "Of them, lost at first.", |c| c.uplink_lost),
    ("sfu_sent_packets_total", "RTP packets sent, repairs included.", |c| c.packets_out),
    ("sfu_sent_bytes_total", "Bytes of RTP packets sent.", |c| c.bytes_out),
    ("sfu_sends_total", "System calls that RTP was sent with.", |c| c.sends),
    ("sfu_dropped_sends_total", "Of them, those the system had no room for.", |c| c.dropped_sends),
    ("sfu_retransmissions_total", "RTP packets sent again.", |c| c.retransmissions),
    ("sfu_probe_packets_total", "Of them, to find out what links carry.", |c| c.probe_packets),
    ("sfu_downlink_packets_total", "RTP packets subscribers report on.", |c| c.downlink_expected),
    ("sfu_downlink_lost_packets_total", "Of them, lost at first.", |c| c.downlink_lost),
    ("sfu_nacks_sent_total", "Packets asked again of publishers.", |c| c.nacks_sent),
    ("sfu_nacks_received_total", "Packets subscribers asked again.", |c| c.nacks_received),
    ("sfu_keyframe_requests_sent_total", "Keyframes asked of publishers.", |c| c.keyframe_requests),
    ("sfu_keyframe_requests_received_total", "Keyframes subscribers asked for.", |c| {
        c.keyframe_requests_received
    }),
    ("sfu_layer_switches_total", "Changes of a subscriber's layer.", |c| c.layer_switches),
    ("sfu_dropped_backlog_total", "Datagrams for slow TCP clients.", |c| c.dropped_backlog),
    ("sfu_tcp_accepted_total", "TCP connections accepted.", |c| c.tcp_accepted),
    ("sfu_tcp_refused_total", "TCP connections of too many or nobody.", |c| c.tcp_refused),
    ("sfu_tcp_stalled_total", "TCP connections that did not read.", |c| c.tcp_stalled),
    ("sfu_paths_moved_total", "Sessions that took another path.", |c| c.paths_moved),
    ("sfu_audio_recovered_total", "Lost packets of sound found in later ones.", |c| {
        c.audio_recovered
    }),
    ("sfu_sessions_opened_total", "PeerConnections opened.", |c| c.sessions_opened),
    ("sfu_rooms_failed_total", "Rooms that ended by a fault of ours.", |c| c.rooms_failed),
    ("sfu_relayed_packets_total", "Packets that crossed to other workers.", |c| c.packets_relayed),
    ("sfu_dropped_relayed_total", "Packets a worker was too late for.", |c| c.dropped_relayed),
];

/// A reason, and how often it held.
type Reason = (&'static str, fn(&Counters) -> u64);

/// Why datagrams are not taken in.
const DROPPED: [Reason; 6] = [
    ("garbage", |c| c.dropped_garbage),
    ("stranger", |c| c.dropped_stranger),
    ("unauthentic", |c| c.dropped_unauthentic),
    ("srtp", |c| c.dropped_srtp),
    ("muted", |c| c.dropped_muted),
    ("media", |c| c.dropped_media),
];

/// A distribution: its name, what it means, its unit in terms of what is measured, and where.
type Measured = (&'static str, &'static str, f64, fn(&Measures) -> Histogram);

const MICROSECOND: f64 = 1e-6;

const MEASURED: [Measured; 6] = [
    (
        "sfu_forward_delay_seconds",
        "From the kernel's receiving a packet to handing it back, per subscriber.",
        MICROSECOND,
        |m| m.forward_delay,
    ),
    (
        "sfu_join_connected_seconds",
        "From the answer to an offer to agreed keys.",
        MICROSECOND,
        |m| m.join_connected,
    ),
    (
        "sfu_join_first_packet_seconds",
        "From the answer to an offer to the first packet, where there was one to send.",
        MICROSECOND,
        |m| m.join_first_packet,
    ),
    (
        "sfu_estimate_bytes_per_second",
        "What subscribers' links carry, each looked at once a second.",
        1.0,
        |m| m.estimate,
    ),
    ("sfu_batch_packets", "Packets gathered before they are forwarded.", 1.0, |m| m.batch),
    ("sfu_send_packets", "Packets of one system call.", 1.0, |m| m.train),
];

/// The node's metrics, whenever they are asked for.
pub(super) fn exposition(node: StatsReader) -> Exposition {
    Arc::new(move || text(&node.read()))
}

fn text(workers: &[WorkerStats]) -> String {
    let numbered =
        || workers.iter().enumerate().map(|(n, stats)| (format!("worker=\"{n}\""), stats));
    let mut text = Text::default();
    for (name, help, count) in COUNTED {
        let samples = numbered().map(|(worker, stats)| (worker, count(&stats.counters)));
        text.counter(name, help, samples);
    }
    let dropped = numbered().flat_map(|(worker, stats)| {
        DROPPED.map(|(why, count)| (format!("{worker},reason=\"{why}\""), count(&stats.counters)))
    });
    text.counter("sfu_dropped_datagrams_total", "Datagrams and packets not taken in.", dropped);
    let cpu = numbered().map(|(worker, stats)| (worker, stats.cpu.as_secs_f64()));
    text.counter("sfu_worker_cpu_seconds_total", "Processor time of a worker's thread.", cpu);
    let open = numbered().map(|(worker, stats)| (worker, stats.counters.sessions_open));
    text.gauge("sfu_sessions", "PeerConnections that are open.", open);
    let tcp = numbered().map(|(worker, stats)| (worker, stats.counters.tcp_open));
    text.gauge("sfu_tcp_connections", "TCP connections that are open.", tcp);
    for (name, help, unit, measure) in MEASURED {
        let samples = numbered().map(|(worker, stats)| (worker, measure(&stats.measures)));
        text.histogram(name, help, unit, samples);
    }
    text.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_explained_to_operators() {
        let operations = include_str!("../../../docs/OPERATIONS.md");
        let text = text(&[WorkerStats::default()]);
        let names = text.lines().filter_map(|line| line.strip_prefix("# HELP "));
        for name in names.filter_map(|line| line.split(' ').next()) {
            assert!(operations.contains(&format!("`{name}`")), "{name} is not in OPERATIONS.md");
        }
    }
}
