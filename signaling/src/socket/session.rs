//! A seated WebSocket: messages both ways, signs of life, the end.

use protocol::error::{ErrorCode, Language};
use protocol::ws::{ClientMessage, MAX_ICE_TEXT, MAX_SLOT_SIZES, ServerMessage};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::decode::{Unreadable, decode};
use super::greeting::Greeted;
use super::wire::{Broken, Incoming, Wire};
use crate::app::App;
use crate::hub::{
    Closing, ConnectionId, EndReason, HubMessage, IceCredentials, OutboxReader, Outgoing, Parcel,
    Request, SocketRequest,
};
use crate::limits::MessageRates;
use crate::stage::StageCommand;
use store::SessionRecord;

/// Messages written in one go.
const BATCH: usize = 32;

/// What is known of a seated WebSocket.
struct Session<'a> {
    app: &'a App,
    record: SessionRecord,
    connection: ConnectionId,
    language: Language,
    rates: MessageRates,
    strikes: u32,
}

/// The end of a WebSocket: with words, or without because nobody listens.
type End = Option<Closing>;

/// Serves a WebSocket until its end; gives how to close it, if anybody is there to hear.
pub(super) async fn serve(app: &App, wire: &mut Wire, greeted: Greeted, language: Language) -> End {
    let Greeted { record, connection, outbox } = greeted;
    let (performance, person) = (record.performance, record.person);
    let rates = MessageRates::new(&app.context.config.limits);
    let mut session = Session { app, record, connection, language, rates, strikes: 0 };
    let end = session.run(wire, outbox).await;
    app.hubs.tell(performance, HubMessage::Gone { person, connection }).await;
    end
}

impl Session<'_> {
    async fn run(&mut self, wire: &mut Wire, outbox: OutboxReader) -> End {
        let OutboxReader { mut parcels, cut } = outbox;
        let timings = &self.app.context.config.timings;
        let mut heard_at = Instant::now();
        let mut beats = interval_at(heard_at + timings.ping, timings.ping);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                count = parcels.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        // The performance fell out of memory; a new connection brings it back.
                        return (!cut.is_cancelled()).then_some(Closing::Restart);
                    }
                    let (messages, goodbye) = open(&mut batch);
                    tokio::select! {
                        () = cut.cancelled() => return None,
                        sent = wire.send(messages) => {
                            if sent.is_err() {
                                return None;
                            }
                        }
                    }
                    if let Some(closing) = goodbye {
                        return Some(closing);
                    }
                }
                incoming = wire.receive() => {
                    heard_at = Instant::now();
                    if let Err(end) = self.take(wire, incoming).await {
                        return end;
                    }
                }
                now = beats.tick() => {
                    if now.duration_since(heard_at) >= timings.silence {
                        self.app.context.metrics.sockets_silent.increment(1);
                        return Some(Closing::Silent);
                    }
                    if wire.ping().await.is_err() {
                        return None;
                    }
                }
                () = self.app.shutdown.cancelled() => return Some(Closing::Restart),
            }
        }
    }

    async fn take(&mut self, wire: &mut Wire, incoming: Incoming) -> Result<(), End> {
        let text = match incoming {
            Incoming::Gone => return Err(None),
            Incoming::Beat => return Ok(()),
            Incoming::Binary => {
                return self.strike(wire, None, ErrorCode::BadRequest).await;
            }
            Incoming::TooLarge => {
                self.app.context.metrics.messages_refused.increment(1);
                let told = wire.refuse(None, ErrorCode::TooLarge, self.language).await;
                return Err(told.ok().map(|()| Closing::TooLarge));
            }
            Incoming::Text(text) => text,
        };
        self.app.context.metrics.messages.increment(1);
        if self.rates.check_message(text.len()).is_err() {
            let id = decode(&text).map_or_else(|unreadable| unreadable.id, |(id, _)| id);
            return self.strike(wire, id, ErrorCode::RateLimited).await;
        }
        match decode(&text) {
            Err(Unreadable { id, code }) => self.strike(wire, id, code).await,
            Ok((id, message)) => self.act(wire, id, message).await,
        }
    }

    /// Refuses a message, and after too many of them the WebSocket.
    async fn strike(
        &mut self,
        wire: &mut Wire,
        id: Option<u32>,
        code: ErrorCode,
    ) -> Result<(), End> {
        self.app.context.metrics.messages_refused.increment(1);
        self.strikes += 1;
        wire.refuse(id, code, self.language).await.map_err(|Broken| None)?;
        let closing = match code {
            ErrorCode::UnsupportedVersion => Closing::UnsupportedVersion,
            ErrorCode::TooLarge => Closing::TooLarge,
            _ if self.strikes < self.app.context.config.limits.strikes => return Ok(()),
            ErrorCode::RateLimited => Closing::RateLimited,
            _ => Closing::BadRequest,
        };
        Err(Some(closing))
    }

    async fn act(
        &mut self,
        wire: &mut Wire,
        id: Option<u32>,
        message: ClientMessage,
    ) -> Result<(), End> {
        let request = match message {
            ClientMessage::Ping => {
                return wire.say(id, &ServerMessage::Pong).await.map_err(|Broken| None);
            }
            ClientMessage::Renew => return self.renew(wire, id).await,
            ClientMessage::Hello(_) => {
                return self.strike(wire, id, ErrorCode::BadRequest).await;
            }
            ClientMessage::Offer { sdp } => {
                if self.rates.check_offer().is_err() {
                    return self.strike(wire, id, ErrorCode::RateLimited).await;
                }
                Request::Offer { sdp }
            }
            ClientMessage::RestartIce { media_session: session, ufrag, pwd } => {
                if ufrag.len() > MAX_ICE_TEXT || pwd.len() > MAX_ICE_TEXT {
                    return self.strike(wire, id, ErrorCode::BadRequest).await;
                }
                if self.rates.check_offer().is_err() {
                    return self.strike(wire, id, ErrorCode::RateLimited).await;
                }
                Request::RestartIce { session, ice: IceCredentials { ufrag, pwd } }
            }
            ClientMessage::Hangup => Request::Hangup,
            ClientMessage::ShowSlots { slots } => {
                if slots.len() > MAX_SLOT_SIZES {
                    return self.strike(wire, id, ErrorCode::BadRequest).await;
                }
                Request::ShowSlots { slots }
            }
            ClientMessage::ReportPlayback { frozen_percent } => {
                if frozen_percent > 100 {
                    return self.strike(wire, id, ErrorCode::BadRequest).await;
                }
                Request::ReportPlayback { frozen_percent }
            }
            ClientMessage::TakeStage => Request::Stage(StageCommand::TakeStage),
            ClientMessage::LeaveStage => Request::Stage(StageCommand::LeaveStage),
            ClientMessage::SetCurtain { raised } => {
                Request::Stage(StageCommand::SetCurtain { raised })
            }
            ClientMessage::SetMute { person, kind, muted } => {
                Request::Stage(StageCommand::SetMute { person, kind, muted })
            }
        };
        let SessionRecord { performance, person, .. } = self.record;
        let connection = self.connection;
        let request = SocketRequest { person, connection, id, request };
        self.app.hubs.tell(performance, HubMessage::Request(request)).await;
        Ok(())
    }

    /// A fresh token, as long as the sitting lives in the store.
    async fn renew(&mut self, wire: &mut Wire, id: Option<u32>) -> Result<(), End> {
        let context = &self.app.context;
        let said = match context.store.live_session(self.record.id).await {
            Ok(Some(record)) => {
                let now = context.clock.now();
                let (token, expires_at) = record.claims().seal(&context.keyring, now);
                let ice_servers = context.ice_servers(record.person, now);
                wire.say(id, &ServerMessage::Token { token, expires_at, ice_servers }).await
            }
            Ok(None) => {
                // The performance says goodbye in its own way.
                let message = HubMessage::Ended {
                    person: self.record.person,
                    sessions: vec![self.record.id],
                    reason: EndReason::Revoked,
                };
                self.app.hubs.tell(self.record.performance, message).await;
                wire.refuse(id, ErrorCode::AccessDenied, self.language).await
            }
            Err(error) => {
                tracing::error!(%error, "sitting not read");
                wire.refuse(id, ErrorCode::Unavailable, self.language).await
            }
        };
        said.map_err(|Broken| None)
    }
}

/// The messages of a batch up to a goodbye, and the goodbye.
fn open(batch: &mut Vec<Parcel>) -> (Vec<Outgoing>, Option<Closing>) {
    let mut messages = Vec::with_capacity(batch.len());
    for parcel in batch.drain(..) {
        match parcel {
            Parcel::Message(message) => messages.push(message),
            Parcel::Close(closing) => return (messages, Some(closing)),
        }
    }
    (messages, None)
}
