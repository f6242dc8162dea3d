//! `GET /api/ws`: the WebSocket of a page.

mod decode;
mod greeting;
mod session;
mod wire;

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::Language;
use protocol::ws::MAX_MESSAGE_SIZE;

use crate::app::{App, Peer};
use crate::http::error::Problem;
use crate::http::language;
use crate::limits::{ConnectionPermit, Crowded};
use crate::security::is_own_origin;
use wire::Wire;

/// What the reader takes in before it gives up on a message. A message above
/// [`MAX_MESSAGE_SIZE`] and below this is refused with words.
const HARD_LIMIT: usize = 2 * MAX_MESSAGE_SIZE;
/// What may wait in memory for a client that does not read.
const WRITE_BUFFER: usize = 1024 * 1024;

pub(crate) async fn handler(
    State(app): State<Arc<App>>,
    peer: Peer,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let language = language::of(&headers);
    let response = match admit(&app, &peer, &headers) {
        Err(problem) => {
            app.context.metrics.sockets_refused.increment(1);
            problem.response(language)
        }
        Ok(permit) => match upgrade {
            Err(rejection) => rejection.into_response(),
            Ok(upgrade) => {
                let app = Arc::clone(&app);
                upgrade
                    .max_message_size(HARD_LIMIT)
                    .max_frame_size(HARD_LIMIT)
                    .max_write_buffer_size(WRITE_BUFFER)
                    .on_upgrade(move |socket| serve(app, socket, language, permit))
            }
        },
    };
    let switching = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if switching { response } else { app.security.on_api(response) }
}

/// Whether a WebSocket may be opened at all.
fn admit(app: &App, peer: &Peer, headers: &HeaderMap) -> Result<ConnectionPermit, Problem> {
    if app.shutdown.is_cancelled() {
        return Err(Problem::Unavailable);
    }
    // Programs name no origin; a browser always does.
    if let Some(origin) = headers.get(ORIGIN) {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let public = app.context.config.public_url.as_ref();
        let own = origin.to_str().is_ok_and(|origin| is_own_origin(origin, host, public));
        if !own {
            return Err(Problem::Forbidden);
        }
    }
    app.gate.enter(app.client(peer, headers).into()).map_err(|crowded| match crowded {
        Crowded::House => Problem::Unavailable,
        Crowded::Address => Problem::RateLimited,
    })
}

async fn serve(
    app: Arc<App>,
    socket: axum::extract::ws::WebSocket,
    language: Language,
    permit: ConnectionPermit,
) {
    let tracker = app.tracker.clone();
    let work = async move {
        let _permit = permit;
        app.context.metrics.sockets.increment(1);
        let mut wire = Wire::new(socket, app.context.config.timings.write);
        let closing = match greeting::receive(&app, &mut wire, language).await {
            Ok(greeted) => session::serve(&app, &mut wire, greeted, language).await,
            Err(closing) => closing,
        };
        if let Some(closing) = closing {
            wire.close(closing).await;
        }
        app.context.metrics.sockets.decrement(1);
    };
    // The end of signalling waits for the WebSockets to say goodbye.
    tracker.track_future(work).await;
}
