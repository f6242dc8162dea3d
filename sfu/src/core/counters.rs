//! What a core counts.

/// Plain counters since the start, read once a second by whoever exports them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that arrived.
    pub datagrams_in: u64,
    /// Bytes that arrived.
    pub bytes_in: u64,
    /// RTP packets of publishers that were accepted; repairs are among them.
    pub packets_in: u64,
    /// Repairs among `packets_in`.
    pub repairs_in: u64,
    /// Packets that publishers sent, by their numbers.
    pub uplink_expected: u64,
    /// Those of them that did not come at the first try.
    pub uplink_lost: u64,
    /// Packets that subscribers should have had by their own reports (RFC 3550).
    pub downlink_expected: u64,
    /// Those of them that subscribers say they lack, repairs aside.
    pub downlink_lost: u64,
    /// Packets that subscribers asked for again.
    pub nacks_received: u64,
    /// Keyframes that subscribers asked for.
    pub keyframe_requests_received: u64,
    /// Times that a subscriber went from one layer of a picture to another.
    pub layer_switches: u64,
    /// RTP packets sent, retransmissions included.
    pub packets_out: u64,
    /// Bytes of RTP sent, without UDP and IP headers.
    pub bytes_out: u64,
    /// Calls to the sink for RTP: a train counts once.
    pub sends: u64,
    /// Retransmissions among `packets_out`.
    pub retransmissions: u64,
    /// Packets sent once more to see what a link carries; among `retransmissions`.
    pub probe_packets: u64,
    /// Datagrams of no protocol that the node speaks, or malformed.
    pub dropped_garbage: u64,
    /// Datagrams from an address without a session, and checks for nobody.
    pub dropped_stranger: u64,
    /// Checks with a wrong password.
    pub dropped_unauthentic: u64,
    /// SRTP that does not authenticate, is replayed, or came before keys.
    pub dropped_srtp: u64,
    /// Packets of tracks that are not granted.
    pub dropped_muted: u64,
    /// Packets that belong to no section of their offer, duplicates, or too long.
    pub dropped_media: u64,
    /// Sends that the kernel had no room for; counted by the shell.
    pub dropped_sends: u64,
    /// TCP connections that are open now; this and the next three counted by the shell.
    pub tcp_open: u64,
    /// TCP connections that were accepted.
    pub tcp_accepted: u64,
    /// TCP connections that were too many, or did not show in time who they are.
    pub tcp_refused: u64,
    /// TCP connections whose client did not read.
    pub tcp_stalled: u64,
    /// Datagrams that a TCP connection had no room for; counted by the shell.
    pub dropped_backlog: u64,
    /// Packets that crossed to other workers, each counted once a worker.
    pub packets_relayed: u64,
    /// Packets that should have crossed, but the other worker was late; counted by the shell.
    pub dropped_relayed: u64,
    /// Keyframes asked of publishers.
    pub keyframe_requests: u64,
    /// Packets asked again of publishers.
    pub nacks_sent: u64,
    /// Times that a session's media took another path.
    pub paths_moved: u64,
    /// Lost packets of sound that were found in later ones.
    pub audio_recovered: u64,
    /// Sessions opened.
    pub sessions_opened: u64,
    /// Sessions that are open now.
    pub sessions_open: u64,
    /// Rooms that ended by a fault of ours.
    pub rooms_failed: u64,
}
