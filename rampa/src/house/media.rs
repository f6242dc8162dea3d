//! Signalling and the media node in one process.

use protocol::media::MediaEvent;
use signaling::MediaPeer;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::node::Node;

/// Carries calls to the node and news from it until `shutdown`, or until one of the two ends.
pub(super) async fn connect(
    node: Node,
    mut happened: mpsc::Receiver<MediaEvent>,
    peer: MediaPeer,
    shutdown: CancellationToken,
) {
    let MediaPeer { mut requests, events } = peer;
    let calls = async {
        while let Some(call) = requests.recv().await {
            // One after the other: calls are carried out in order. Whoever asked may be gone.
            let _ = call.reply.send(node.request(call.request).await);
        }
    };
    let news = async {
        while let Some(event) = happened.recv().await {
            if events.send(event).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = calls => {}
        () = news => {}
        () = node.died() => {}
        () = shutdown.cancelled() => {}
    }
    // A worker that waits for room among its events must not be waited for.
    drop(happened);
    node.shutdown().await;
}
