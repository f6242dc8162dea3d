//! The first message: who is it, and where do they sit?

use protocol::SessionClaims;
use protocol::error::{ErrorCode, Language};
use protocol::ws::{ClientMessage, Hello};
use store::SessionRecord;
use tokio::time::{Instant, timeout_at};

use super::decode::decode;
use super::wire::{Incoming, Wire};
use crate::app::App;
use crate::http::auth::TokenRefusal;
use crate::hub::{Closing, ConnectionId, EndReason, HubMessage, Join, OutboxReader, outbox};

/// A WebSocket with a seat.
pub(super) struct Greeted {
    pub(super) record: SessionRecord,
    pub(super) connection: ConnectionId,
    pub(super) outbox: OutboxReader,
}

/// Waits for a greeting and takes a seat. Otherwise the client has been told why not; what is
/// left is to close, if it is still there.
pub(super) async fn receive(
    app: &App,
    wire: &mut Wire,
    language: Language,
) -> Result<Greeted, Option<Closing>> {
    let deadline = Instant::now() + app.context.config.timings.hello;
    let (id, hello) = tokio::select! {
        () = app.shutdown.cancelled() => return Err(Some(Closing::Restart)),
        hello = timeout_at(deadline, hello(app, wire, language)) => match hello {
            Ok(hello) => hello?,
            Err(_) => {
                app.context.metrics.sockets_silent.increment(1);
                return Err(Some(Closing::Silent));
            }
        }
    };
    let asked_at = Instant::now();
    match seat(app, id, &hello, language).await {
        Ok(greeted) => Ok(greeted),
        Err(refusal) => {
            app.context.refusal_time(asked_at).await;
            Err(tell(app, wire, id, refusal, language).await)
        }
    }
}

/// The greeting itself.
async fn hello(
    app: &App,
    wire: &mut Wire,
    language: Language,
) -> Result<(Option<u32>, Hello), Option<Closing>> {
    let (id, code) = loop {
        match wire.receive().await {
            Incoming::Gone => return Err(None),
            Incoming::Beat => {}
            Incoming::Binary => break (None, ErrorCode::BadRequest),
            Incoming::TooLarge => break (None, ErrorCode::TooLarge),
            Incoming::Text(text) => match decode(&text) {
                Ok((id, ClientMessage::Hello(hello))) => return Ok((id, hello)),
                Ok((id, _)) => break (id, ErrorCode::BadRequest),
                Err(unreadable) => break (unreadable.id, unreadable.code),
            },
        }
    };
    app.context.metrics.messages_refused.increment(1);
    let told = wire.refuse(id, code, language).await;
    Err(told.ok().map(|()| match code {
        ErrorCode::TooLarge => Closing::TooLarge,
        ErrorCode::UnsupportedVersion => Closing::UnsupportedVersion,
        _ => Closing::BadRequest,
    }))
}

/// Why there is no seat.
enum NoSeat {
    Denied,
    Ended(EndReason),
    Unavailable,
}

async fn seat(
    app: &App,
    id: Option<u32>,
    hello: &Hello,
    language: Language,
) -> Result<Greeted, NoSeat> {
    let record = match app.context.sitting(&hello.token).await {
        Ok(record) => record,
        Err(TokenRefusal::Denied) => return Err(why_denied(app, &hello.token).await),
        Err(TokenRefusal::Store(error)) => {
            tracing::error!(%error, "sitting not read");
            return Err(NoSeat::Unavailable);
        }
    };
    // A token is bound to the browser that it was made for.
    if record.device.as_ref().is_some_and(|device| *device != hello.device) {
        return Err(NoSeat::Denied);
    }
    let mut reader = None;
    let answer = app
        .hubs
        .ask(record.performance, |reply| {
            let limits = &app.context.config.limits;
            // A welcome and everything that was missed must fit.
            let (outbox, read) = outbox(limits.outbox.max(limits.replay + 1));
            reader = Some(read);
            let resume = hello.resume;
            HubMessage::Join(Join { record: record.clone(), resume, id, language, outbox, reply })
        })
        .await;
    match (answer, reader) {
        (Ok(Ok(connection)), Some(outbox)) => Ok(Greeted { record, connection, outbox }),
        (Ok(Err(reason)), _) => Err(NoSeat::Ended(reason)),
        _ => Err(NoSeat::Unavailable),
    }
}

/// Whether a token that is ours, and of time, is refused because its seat was taken over: its
/// holder may know that.
async fn why_denied(app: &App, token: &str) -> NoSeat {
    let context = &app.context;
    let Ok(claims) = SessionClaims::open(token, &context.keyring, context.clock.now()) else {
        return NoSeat::Denied;
    };
    let question = |reply| HubMessage::HowEnded { session: claims.session, reply };
    match app.hubs.ask_present(claims.performance, question).await.flatten() {
        Some(reason) => NoSeat::Ended(reason),
        None => NoSeat::Denied,
    }
}

async fn tell(
    app: &App,
    wire: &mut Wire,
    id: Option<u32>,
    refusal: NoSeat,
    language: Language,
) -> Option<Closing> {
    let (told, closing) = match refusal {
        NoSeat::Denied => {
            app.context.metrics.sessions_refused.increment(1);
            (wire.refuse(id, ErrorCode::AccessDenied, language).await, Closing::AccessDenied)
        }
        NoSeat::Ended(reason) => (wire.say(id, &reason.message()).await, reason.closing()),
        NoSeat::Unavailable => {
            (wire.refuse(id, ErrorCode::Unavailable, language).await, Closing::Unavailable)
        }
    };
    told.ok().map(|()| closing)
}
