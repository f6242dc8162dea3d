//! A WebSocket as this module uses it: text in, text out, never waiting for ever.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt as _;
use protocol::error::{ErrorBody, ErrorCode, Language};
use protocol::ws::ServerMessage;
use tokio::time::timeout;

use crate::hub::{Closing, Encoded, Outgoing};

/// A WebSocket with a limit on how long a write may take.
pub(super) struct Wire {
    socket: WebSocket,
    patience: Duration,
}

/// The client is gone, or does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// What a client sent.
pub(super) enum Incoming {
    /// A message.
    Text(String),
    /// A sign of life.
    Beat,
    /// Something that is no message of the protocol.
    Binary,
    /// A message that is far too large; nothing can be read after it.
    TooLarge,
    /// The end.
    Gone,
}

impl Wire {
    pub(super) fn new(socket: WebSocket, patience: Duration) -> Self {
        Self { socket, patience }
    }

    /// The next thing from the client. Safe to cancel.
    pub(super) async fn receive(&mut self) -> Incoming {
        match self.socket.recv().await {
            Some(Ok(Message::Text(text))) => Incoming::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(_))) => Incoming::Binary,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Beat,
            Some(Ok(Message::Close(_))) | None => Incoming::Gone,
            Some(Err(error)) => {
                use tokio_tungstenite::tungstenite::Error;

                let capacity = error.into_inner();
                match capacity.downcast_ref::<Error>() {
                    Some(Error::Capacity(_)) => Incoming::TooLarge,
                    _ => Incoming::Gone,
                }
            }
        }
    }

    /// Sends messages in one go.
    pub(super) async fn send(
        &mut self,
        messages: impl IntoIterator<Item = Outgoing>,
    ) -> Result<(), Broken> {
        let socket = &mut self.socket;
        let write = async {
            for message in messages {
                socket.feed(Message::Text(message.to_text().into())).await?;
            }
            socket.flush().await
        };
        Self::finish(&timeout(self.patience, write).await)
    }

    /// Sends one message.
    pub(super) async fn say(
        &mut self,
        id: Option<u32>,
        message: &ServerMessage,
    ) -> Result<(), Broken> {
        self.send([Outgoing { seq: None, id, message: Encoded::new(message) }]).await
    }

    /// Refuses a request.
    pub(super) async fn refuse(
        &mut self,
        id: Option<u32>,
        code: ErrorCode,
        language: Language,
    ) -> Result<(), Broken> {
        self.say(id, &ServerMessage::Error(ErrorBody::new(code, language))).await
    }

    /// Asks the client's WebSocket for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Broken> {
        let ping = self.socket.send(Message::Ping(Default::default()));
        Self::finish(&timeout(self.patience, ping).await)
    }

    /// Says goodbye and waits a little for the client to say it too.
    pub(super) async fn close(&mut self, closing: Closing) {
        let frame = CloseFrame { code: closing.code(), reason: "".into() };
        let goodbye = async {
            self.socket.send(Message::Close(Some(frame))).await?;
            while let Some(Ok(_)) = self.socket.recv().await {}
            Ok::<_, axum::Error>(())
        };
        // Whether it heard us or not, this is the end.
        let _ = timeout(self.patience.min(Duration::from_secs(1)), goodbye).await;
    }

    fn finish(
        outcome: &Result<Result<(), axum::Error>, tokio::time::error::Elapsed>,
    ) -> Result<(), Broken> {
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken),
        }
    }
}
