//! The relay within the house: its numbers, and its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, gauge};
use tokio_util::sync::CancellationToken;
use turn::Counters;

use crate::relay::Relay;

/// A name, what it means, and where it is counted.
type Row = (&'static str, &'static str, fn(&Counters) -> u64);

const COUNTERS: [Row; 14] = [
    ("turn_allocated_total", "Allocations made.", |c| c.allocated),
    ("turn_packets_in_total", "Datagrams passed from clients to the house.", |c| c.packets_in),
    ("turn_bytes_in_total", "Bytes of them.", |c| c.bytes_in),
    ("turn_packets_out_total", "Datagrams passed from the house to clients.", |c| c.packets_out),
    ("turn_bytes_out_total", "Bytes of them.", |c| c.bytes_out),
    ("turn_refused_credentials_total", "Wrong passwords.", |c| c.refused_credentials),
    ("turn_refused_expired_total", "Credentials whose time was over.", |c| c.refused_expired),
    ("turn_refused_quota_total", "Allocations above a limit.", |c| c.refused_quota),
    ("turn_refused_peers_total", "Permissions for foreign addresses.", |c| c.refused_peers),
    ("turn_dropped_peers_total", "Packets for foreign addresses.", |c| c.dropped_peers),
    ("turn_dropped_strangers_total", "Packets from foreign addresses.", |c| c.dropped_strangers),
    ("turn_dropped_garbage_total", "Datagrams that are no TURN.", |c| c.dropped_garbage),
    ("turn_dropped_flood_total", "Questions above the rate.", |c| c.dropped_flood),
    ("turn_dropped_sends_total", "Sends that found no room.", |c| c.dropped_sends),
];

/// Relays until `shutdown`. A relay that ends before is a loss for few; the house stays open.
pub(super) async fn run(relay: Relay, shutdown: CancellationToken) {
    for (name, meaning, _) in COUNTERS {
        describe_counter!(name, meaning);
    }
    describe_gauge!("turn_allocations", "Allocations that are there now.");
    let counters = relay.counters();
    let counting = async {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            update(&counters);
        }
    };
    tokio::select! {
        ended = relay.run(shutdown) => {
            if let Err(error) = ended {
                tracing::error!(%error, "the relay ended by itself");
            }
        }
        () = counting => {}
    }
}

fn update(counters: &Arc<Mutex<Counters>>) {
    let counters = *counters.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, _, count) in COUNTERS {
        counter!(name).absolute(count(&counters));
    }
    gauge!("turn_allocations").set(counters.allocations as f64);
}
