//! The bounded queue between a performance and one WebSocket.

use std::sync::Arc;

use protocol::ws::{self, ServerMessage};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A message without its envelope, serialised once for however many readers.
#[derive(Clone, Debug)]
pub(crate) struct Encoded(Arc<str>);

impl Encoded {
    pub(crate) fn new(message: &ServerMessage) -> Self {
        let json = serde_json::to_string(message).expect("invariant: messages serialise");
        Self(json.into())
    }
}

/// A message with what its envelope says.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// Its place in the stream, if it changes what the client knows.
    pub(crate) seq: Option<u64>,
    /// The request that it answers.
    pub(crate) id: Option<u32>,
    /// The message.
    pub(crate) message: Encoded,
}

impl Outgoing {
    /// The text as it is sent: the envelope of [`ws::ServerEnvelope`].
    pub(crate) fn to_text(&self) -> String {
        use std::fmt::Write as _;

        let Encoded(message) = &self.message;
        let mut text = String::with_capacity(message.len() + 48);
        // Writing to a string does not fail.
        let _ = write!(text, "{{\"v\":{}", ws::VERSION);
        if let Some(seq) = self.seq {
            let _ = write!(text, ",\"seq\":{seq}");
        }
        if let Some(id) = self.id {
            let _ = write!(text, ",\"id\":{id}");
        }
        text.push(',');
        text.push_str(&message[1..]);
        text
    }
}

/// Why the server closes a WebSocket: the code of its close frame (RFC 6455 section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The server restarts; connect again.
    Restart,
    /// The server cannot serve right now; connect again later.
    Unavailable,
    /// The first message was no valid greeting, or too many messages could not be read.
    BadRequest,
    /// The token does not admit.
    AccessDenied,
    /// Nothing was heard for too long.
    Silent,
    /// Another device took the seat.
    TakenOver,
    /// The right to be here was withdrawn.
    Revoked,
    /// A message was too large.
    TooLarge,
    /// Too many messages.
    RateLimited,
    /// The protocol version is not spoken here.
    UnsupportedVersion,
}

impl Closing {
    /// The code of the close frame. Those of ours follow HTTP's status codes.
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::TooLarge => 1009,
            Self::Restart => 1012,
            Self::Unavailable => 1013,
            Self::BadRequest => 4400,
            Self::AccessDenied => 4401,
            Self::Silent => 4408,
            Self::TakenOver => 4409,
            Self::Revoked => 4410,
            Self::UnsupportedVersion => 4426,
            Self::RateLimited => 4429,
        }
    }
}

/// What a WebSocket is to do next.
#[derive(Clone, Debug)]
pub(crate) enum Parcel {
    /// Send this.
    Message(Outgoing),
    /// Say goodbye.
    Close(Closing),
}

/// The performance's end of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    parcels: mpsc::Sender<Parcel>,
    cut: CancellationToken,
}

/// The WebSocket's end of the queue.
#[derive(Debug)]
pub(crate) struct OutboxReader {
    /// What to do. Closed when the performance has let go of this WebSocket.
    pub(crate) parcels: mpsc::Receiver<Parcel>,
    /// Cancelled when the WebSocket did not read and is to be dropped without a word.
    pub(crate) cut: CancellationToken,
}

/// The reader of an outbox does not keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slow;

/// A queue for `capacity` messages.
pub(crate) fn outbox(capacity: usize) -> (Outbox, OutboxReader) {
    let (sender, parcels) = mpsc::channel(capacity);
    let cut = CancellationToken::new();
    (Outbox { parcels: sender, cut: cut.clone() }, OutboxReader { parcels, cut })
}

impl Outbox {
    /// Queues a message without waiting.
    ///
    /// # Errors
    /// When the queue is full: the WebSocket is cut then. One that is gone already is no error;
    /// its end is on the way.
    pub(crate) fn send(&self, outgoing: Outgoing) -> Result<(), Slow> {
        match self.parcels.try_send(Parcel::Message(outgoing)) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.cut.cancel();
                Err(Slow)
            }
        }
    }

    /// Queues what is worth nothing a moment later: left out when the queue is full.
    pub(crate) fn hint(&self, outgoing: Outgoing) {
        let _ = self.parcels.try_send(Parcel::Message(outgoing));
    }

    /// Answers a request.
    ///
    /// # Errors
    /// As [`Outbox::send`].
    pub(crate) fn answer(&self, id: Option<u32>, message: &ServerMessage) -> Result<(), Slow> {
        self.send(Outgoing { seq: None, id, message: Encoded::new(message) })
    }

    /// Says goodbye, after what is queued; without a word when the queue is full.
    pub(crate) fn close(self, closing: Closing) {
        if let Err(mpsc::error::TrySendError::Full(_)) =
            self.parcels.try_send(Parcel::Close(closing))
        {
            self.cut.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::PersonId;
    use protocol::ws::ServerEnvelope;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_envelope_is_the_protocols() {
        let messages = [
            ServerMessage::Pong,
            ServerMessage::Curtain { raised: true },
            ServerMessage::PersonLeft { person: PersonId(Uuid::from_u128(7)) },
        ];
        for message in messages {
            for (seq, id) in
                [(None, None), (Some(1 << 40), None), (None, Some(3)), (Some(1), Some(2))]
            {
                let outgoing = Outgoing { seq, id, message: Encoded::new(&message) };
                let read: ServerEnvelope = serde_json::from_str(&outgoing.to_text()).unwrap();
                let meant = ServerEnvelope { v: ws::VERSION, seq, id, message: message.clone() };
                assert_eq!(read, meant);
            }
        }
    }

    #[test]
    fn a_full_queue_cuts_the_socket() {
        let (sender, reader) = outbox(1);
        assert_eq!(sender.answer(None, &ServerMessage::Pong), Ok(()));
        assert!(!reader.cut.is_cancelled());
        assert_eq!(sender.answer(None, &ServerMessage::Pong), Err(Slow));
        assert!(reader.cut.is_cancelled());
    }

    #[test]
    fn a_socket_that_is_gone_is_not_slow() {
        let (sender, reader) = outbox(1);
        drop(reader.parcels);
        assert_eq!(sender.answer(None, &ServerMessage::Pong), Ok(()));
        assert_eq!(sender.answer(None, &ServerMessage::Pong), Ok(()));
    }
}
