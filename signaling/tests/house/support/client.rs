//! A page as the server sees it. It checks what every page relies on: numbers without gaps.

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::ws::{
    ClientEnvelope, ClientMessage, Hello, Resume, ServerEnvelope, ServerMessage, Snapshot, VERSION,
    Welcome,
};
use protocol::{ErrorCode, MediaSessionId, PersonId, Role};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{DEVICE, House, soon};

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) last_seq: u64,
    pub(crate) stream: Option<protocol::SessionId>,
    last_id: u32,
    close_code: u16,
    /// Messages that were read while waiting for others.
    pending: VecDeque<ServerEnvelope>,
}

/// How a greeting went.
pub(crate) struct Greeting {
    pub(crate) client: Client,
    pub(crate) welcome: Welcome,
}

impl Greeting {
    pub(crate) fn snapshot(&self) -> &Snapshot {
        self.welcome.snapshot.as_ref().expect("a fresh snapshot")
    }
}

pub(crate) fn hello(token: &str, resume: Option<Resume>) -> ClientMessage {
    ClientMessage::Hello(Hello { token: token.to_owned(), device: DEVICE.parse().unwrap(), resume })
}

impl Client {
    /// A WebSocket that has said nothing yet.
    pub(crate) async fn connect(house: &House) -> Self {
        let url = format!("ws://{}/api/ws", house.address);
        let (socket, _) = soon("a WebSocket", connect_async(url)).await.unwrap();
        Self {
            socket,
            last_seq: 0,
            stream: None,
            last_id: 0,
            close_code: 0,
            pending: VecDeque::new(),
        }
    }

    /// A WebSocket with a seat.
    pub(crate) async fn greet(house: &House, token: &str, resume: Option<Resume>) -> Greeting {
        let mut client = Self::connect(house).await;
        let id = client.request(hello(token, resume)).await;
        let envelope = client.answer(id).await;
        let ServerMessage::Welcome(welcome) = envelope else { panic!("no welcome: {envelope:?}") };
        client.stream = Some(welcome.stream);
        client.last_seq = resume.filter(|_| welcome.resumed).map_or(0, |resume| resume.seq);
        Greeting { client, welcome }
    }

    /// A new person of a role, seated.
    pub(crate) async fn seated(house: &House, role: Role) -> (PersonId, Self) {
        let (person, token) = house.token(role).await;
        let greeting = Self::greet(house, &token, None).await;
        (person, greeting.client)
    }

    pub(crate) fn resume(&self) -> Option<Resume> {
        self.stream.map(|stream| Resume { stream, seq: self.last_seq })
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Sends a request; its number.
    pub(crate) async fn request(&mut self, message: ClientMessage) -> u32 {
        self.last_id += 1;
        let id = Some(self.last_id);
        let envelope = ClientEnvelope { v: VERSION, id, message };
        let text = serde_json::to_string(&envelope).unwrap();
        self.send_text(&text).await;
        self.last_id
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn ask(&mut self, message: ClientMessage) -> ServerMessage {
        let id = self.request(message).await;
        self.answer(id).await
    }

    /// Asks for something that is carried out.
    pub(crate) async fn does(&mut self, message: ClientMessage) {
        let answer = self.ask(message.clone()).await;
        assert_eq!(answer, ServerMessage::Done, "{message:?}");
    }

    /// Asks for something that is refused; why.
    pub(crate) async fn fails(&mut self, message: ClientMessage) -> ErrorCode {
        match self.ask(message).await {
            ServerMessage::Error(error) => error.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Offers and is answered.
    pub(crate) async fn offers(&mut self, sdp: &str) -> MediaSessionId {
        match self.ask(ClientMessage::Offer { sdp: sdp.to_owned() }).await {
            ServerMessage::Answer(answer) => answer.media_session,
            other => panic!("no answer: {other:?}"),
        }
    }

    async fn read(&mut self) -> Option<ServerEnvelope> {
        loop {
            match soon("a message", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    let envelope: ServerEnvelope = serde_json::from_str(&text).unwrap();
                    assert_eq!(envelope.v, VERSION);
                    if let Some(seq) = envelope.seq {
                        assert_eq!(seq, self.last_seq + 1, "a gap before {envelope:?}");
                        self.last_seq = seq;
                    }
                    return Some(envelope);
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    self.close_code = frame.map_or(0, |frame| frame.code.into());
                    return None;
                }
                Some(Ok(other)) => panic!("not text: {other:?}"),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next message of those that change what a page knows, or that end it.
    pub(crate) async fn next(&mut self) -> ServerMessage {
        if let Some(envelope) = self.pending.pop_front() {
            return envelope.message;
        }
        self.read().await.expect("the socket is open").message
    }

    /// Waits for a message, in passing over others.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&ServerMessage) -> Option<T>,
    ) -> T {
        soon(what, async {
            loop {
                if let Some(found) = wanted(&self.next().await) {
                    return found;
                }
            }
        })
        .await
    }

    /// The answer to a request. What comes before it is kept.
    pub(crate) async fn answer(&mut self, id: u32) -> ServerMessage {
        loop {
            let envelope = self.read().await.expect("the socket is open");
            if envelope.id == Some(id) {
                return envelope.message;
            }
            self.pending.push_back(envelope);
        }
    }

    /// Everything that is said before the answer to a ping.
    pub(crate) async fn catch_up(&mut self) -> Vec<ServerMessage> {
        let answer = self.ask(ClientMessage::Ping).await;
        assert_eq!(answer, ServerMessage::Pong);
        self.pending.drain(..).map(|envelope| envelope.message).collect()
    }

    /// Waits for the end; the last message and the code of the close frame, 0 without one.
    pub(crate) async fn ended(&mut self) -> (Option<ServerMessage>, u16) {
        let mut last = self.pending.pop_back().map(|envelope| envelope.message);
        while let Some(envelope) = self.read().await {
            last = Some(envelope.message);
        }
        (last, self.close_code)
    }

    /// Whatever comes next, if anything does.
    pub(crate) async fn read_any(&mut self) -> Option<()> {
        matches!(self.socket.next().await, Some(Ok(_))).then_some(())
    }

    /// Drops the connection without a word.
    pub(crate) fn vanish(self) {
        drop(self);
    }
}
