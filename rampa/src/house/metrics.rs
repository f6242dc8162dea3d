//! What the media node counts, for `/metrics`.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use sfu::core::Counters;

/// A name, what it means, and where it is counted.
type Row = (&'static str, &'static str, fn(&Counters) -> u64);

const COUNTERS: [Row; 21] = [
    ("sfu_datagrams_in_total", "Datagrams that arrived.", |c| c.datagrams_in),
    ("sfu_bytes_in_total", "Bytes that arrived.", |c| c.bytes_in),
    ("sfu_packets_out_total", "RTP packets sent, retransmissions included.", |c| c.packets_out),
    ("sfu_bytes_out_total", "Bytes of RTP sent.", |c| c.bytes_out),
    ("sfu_sends_total", "Calls that RTP was sent with; a batch counts once.", |c| c.sends),
    ("sfu_retransmissions_total", "Packets sent again.", |c| c.retransmissions),
    ("sfu_probe_packets_total", "Of them, to see what a link carries.", |c| c.probe_packets),
    ("sfu_dropped_garbage_total", "Datagrams of no known protocol.", |c| c.dropped_garbage),
    ("sfu_dropped_stranger_total", "Datagrams for no session.", |c| c.dropped_stranger),
    ("sfu_dropped_unauthentic_total", "Wrong passwords.", |c| c.dropped_unauthentic),
    ("sfu_dropped_srtp_total", "SRTP forged, replayed or without keys.", |c| c.dropped_srtp),
    ("sfu_dropped_muted_total", "Packets of muted tracks.", |c| c.dropped_muted),
    ("sfu_dropped_media_total", "Duplicates, and packets of no track.", |c| c.dropped_media),
    ("sfu_dropped_sends_total", "Sends that the system had no room for.", |c| c.dropped_sends),
    ("sfu_dropped_backlog_total", "Datagrams for slow TCP clients.", |c| c.dropped_backlog),
    ("sfu_tcp_accepted_total", "TCP connections accepted.", |c| c.tcp_accepted),
    ("sfu_tcp_refused_total", "TCP connections of too many or nobody.", |c| c.tcp_refused),
    ("sfu_tcp_stalled_total", "TCP connections that did not read.", |c| c.tcp_stalled),
    ("sfu_paths_moved_total", "Sessions that took another path.", |c| c.paths_moved),
    ("sfu_keyframe_requests_total", "Keyframes asked of publishers.", |c| c.keyframe_requests),
    ("sfu_nacks_sent_total", "Packets asked again of publishers.", |c| c.nacks_sent),
];

/// Says what the numbers mean.
pub(super) fn describe() {
    for (name, meaning, _) in COUNTERS {
        describe_counter!(name, meaning);
    }
    describe_gauge!("sfu_sessions", "PeerConnections that are open.");
    describe_gauge!("sfu_tcp_connections", "TCP connections that are open.");
}

/// Takes over what each worker has counted.
pub(super) fn update(workers: &[Counters]) {
    for (worker, counters) in workers.iter().enumerate() {
        let worker = worker.to_string();
        for (name, _, count) in COUNTERS {
            counter!(name, "worker" => worker.clone()).absolute(count(counters));
        }
        gauge!("sfu_tcp_connections", "worker" => worker.clone()).set(counters.tcp_open as f64);
        gauge!("sfu_sessions", "worker" => worker).set(counters.sessions_open as f64);
    }
}
