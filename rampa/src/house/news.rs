//! The box office's decisions on their way to everybody else.

use std::time::Duration;

use bus::Bus;
use store::{HouseMessage, Store};
use tokio_util::sync::CancellationToken;

/// How often the outbox is looked at for what other processes wrote: a refund made by a command
/// beside this process ends a live session within this time.
const INTERVAL: Duration = Duration::from_millis(500);

/// Delivers the outbox until `shutdown`, and once more at the end.
pub(super) async fn deliver(store: Store, bus: Bus<HouseMessage>, shutdown: CancellationToken) {
    let mut changes = store.outbox_changes();
    let mut failing = false;
    loop {
        let delivered = store.deliver_messages(&bus).await;
        // An outage is one line, not two a second.
        match &delivered {
            Err(error) if !failing => tracing::error!(%error, "cannot deliver the outbox"),
            Ok(_) if failing => tracing::info!("the outbox is delivered again"),
            _ => {}
        }
        failing = delivered.is_err();
        if shutdown.is_cancelled() {
            return;
        }
        tokio::select! {
            // A change of the outbox; the store that would wake us is ours, so it never closes.
            _ = changes.changed() => {}
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.cancelled() => {}
        }
    }
}
