//! Counters of signalling. No label ever names a person or an address.

use std::sync::OnceLock;

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The process's recorder, which every crate's `metrics` calls write to. Installed by the first
/// call; nothing when something else has installed another one.
pub fn install_recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            metrics::set_global_recorder(recorder).ok().map(|()| handle)
        })
        .as_ref()
}

/// Counters of signalling.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) sessions_opened: Counter,
    pub(crate) sessions_refused: Counter,
    pub(crate) rate_limited: Counter,
    pub(crate) sockets: Gauge,
    pub(crate) sockets_refused: Counter,
    pub(crate) sockets_resumed: Counter,
    pub(crate) sockets_slow: Counter,
    pub(crate) sockets_silent: Counter,
    pub(crate) messages: Counter,
    pub(crate) messages_refused: Counter,
    pub(crate) performances: Gauge,
    pub(crate) performance_panics: Counter,
    pub(crate) cues: Counter,
    pub(crate) media_connects: Counter,
    pub(crate) media_refusals: Counter,
    pub(crate) media_lost_replies: Counter,
    pub(crate) takeovers: Counter,
    pub(crate) revocations: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let counter = |name: &'static str, text: &'static str| {
            describe_counter!(name, text);
            counter!(name)
        };
        let gauge = |name: &'static str, text: &'static str| {
            describe_gauge!(name, text);
            gauge!(name)
        };
        Self {
            sessions_opened: counter("signaling_sessions_opened_total", "Links that admitted."),
            sessions_refused: counter(
                "signaling_sessions_refused_total",
                "Links and tokens that did not admit.",
            ),
            rate_limited: counter(
                "signaling_requests_rate_limited_total",
                "Requests above the rate of their address or of all.",
            ),
            sockets: gauge("signaling_sockets", "Open WebSockets."),
            sockets_refused: counter(
                "signaling_sockets_refused_total",
                "WebSockets above a limit or of a foreign origin.",
            ),
            sockets_resumed: counter(
                "signaling_sockets_resumed_total",
                "WebSockets that took up a lost one without a new snapshot.",
            ),
            sockets_slow: counter(
                "signaling_sockets_slow_total",
                "WebSockets dropped because their client did not read.",
            ),
            sockets_silent: counter(
                "signaling_sockets_silent_total",
                "WebSockets closed because nothing was heard of their client.",
            ),
            messages: counter("signaling_messages_total", "Messages of clients."),
            messages_refused: counter(
                "signaling_messages_refused_total",
                "Messages of clients that were unreadable or above the rate.",
            ),
            performances: gauge("signaling_performances", "Performances in memory."),
            performance_panics: counter(
                "signaling_performance_panics_total",
                "Performances that ended by a fault of ours.",
            ),
            cues: counter("signaling_cues_total", "Commands recorded in cue logs."),
            media_connects: counter("signaling_media_connects_total", "Offers answered."),
            media_refusals: counter("signaling_media_refusals_total", "Offers not answered."),
            media_lost_replies: counter(
                "signaling_media_lost_replies_total",
                "Calls to the media node that had no reply.",
            ),
            takeovers: counter("signaling_takeovers_total", "Seats taken by another device."),
            revocations: counter(
                "signaling_revocations_total",
                "Sessions ended because the right to be here was withdrawn.",
            ),
        }
    }
}
