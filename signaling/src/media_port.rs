//! What signalling needs of a media node: calls with a reply, and a stream of events.
//!
//! Plain channels of plain values, so that the binary connects them to a node in this process or
//! to a control connection with the same few lines. A node that restarted, or a control
//! connection that was lost, is reported as [`MediaEventKind::RoomFailed`] for every room that
//! was named to it before; signalling then declares views and grants anew and clients re-offer.
//!
//! [`MediaEventKind::RoomFailed`]: protocol::media::MediaEventKind::RoomFailed

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::RoomId;
use protocol::media::{MediaCommand, MediaEvent, MediaReply, MediaRequest};
use tokio::sync::{mpsc, oneshot};

/// How many calls and events wait at most, each way.
pub const CAPACITY: usize = 4096;

/// Signalling's end.
#[derive(Debug)]
pub struct MediaPort {
    /// Calls to the node, in order.
    pub requests: mpsc::Sender<MediaCall>,
    /// What happens in the node.
    pub events: mpsc::Receiver<MediaEvent>,
}

/// The node's end.
#[derive(Debug)]
pub struct MediaPeer {
    /// Calls to answer. They are to be carried out in order.
    pub requests: mpsc::Receiver<MediaCall>,
    /// What happens in the node.
    pub events: mpsc::Sender<MediaEvent>,
}

/// A request and the place for its reply. Dropping `reply` unused says that nobody knows whether
/// the request was carried out; it will be repeated.
#[derive(Debug)]
pub struct MediaCall {
    /// What to do.
    pub request: MediaRequest,
    /// Where to say what came of it.
    pub reply: oneshot::Sender<MediaReply>,
}

impl MediaPort {
    /// Both ends of a new port.
    #[must_use]
    pub fn pair() -> (Self, MediaPeer) {
        let (requests, requests_peer) = mpsc::channel(CAPACITY);
        let (events_peer, events) = mpsc::channel(CAPACITY);
        (Self { requests, events }, MediaPeer { requests: requests_peer, events: events_peer })
    }
}

/// The node cannot be asked right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MediaUnavailable {
    /// It has not kept up with earlier calls.
    #[error("the media node is behind with its calls")]
    Behind,
    /// It is gone.
    #[error("the media node is gone")]
    Gone,
}

/// The calling half of a [`MediaPort`], shared by all performances.
#[derive(Clone, Debug)]
pub(crate) struct MediaClient {
    requests: mpsc::Sender<MediaCall>,
    last_id: Arc<AtomicU64>,
}

impl MediaClient {
    pub(crate) fn new(requests: mpsc::Sender<MediaCall>) -> Self {
        Self { requests, last_id: Arc::default() }
    }

    /// Sends a command without waiting. Commands of one caller arrive in order.
    ///
    /// # Errors
    /// When the node is behind or gone; nothing was sent then.
    pub(crate) fn call(
        &self,
        room: RoomId,
        epoch: u64,
        command: MediaCommand,
    ) -> Result<oneshot::Receiver<MediaReply>, MediaUnavailable> {
        let (reply, replied) = oneshot::channel();
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let request = MediaRequest { id, room, epoch, command };
        self.requests.try_send(MediaCall { request, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => MediaUnavailable::Behind,
            mpsc::error::TrySendError::Closed(_) => MediaUnavailable::Gone,
        })?;
        Ok(replied)
    }

    /// Whether calls can be made.
    pub(crate) fn is_alive(&self) -> bool {
        !self.requests.is_closed()
    }
}
