//! `POST /api/session`: a link becomes a sitting with a token.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use protocol::http::{SessionRequest, SessionResponse};
use protocol::{AccessLink, Language};
use store::{Admission, AdmitError};
use tokio::time::Instant;

use super::error::Problem;
use super::{body, language};
use crate::app::{App, Peer};
use crate::hub::{EndReason, HubMessage};

/// The largest request, in bytes: a link, a device and a language.
const MAX_REQUEST: usize = 4 * 1024;

pub(crate) async fn handler(
    State(app): State<Arc<App>>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let asked_at = Instant::now();
    let mut language = language::of(&headers);
    let outcome = open(&app, &peer, &headers, body, &mut language).await;
    let response = match outcome {
        Ok(session) => Json(session).into_response(),
        Err(problem) => {
            if problem == Problem::AccessDenied {
                app.context.metrics.sessions_refused.increment(1);
                app.context.refusal_time(asked_at).await;
            }
            problem.response(language)
        }
    };
    app.security.on_api(response)
}

async fn open(
    app: &App,
    peer: &Peer,
    headers: &HeaderMap,
    body: Body,
    language: &mut Language,
) -> Result<SessionResponse, Problem> {
    let client = app.client(peer, headers);
    app.session_rates.check(client.into()).map_err(|_| {
        app.context.metrics.rate_limited.increment(1);
        Problem::RateLimited
    })?;
    let text = body::text(headers, body, MAX_REQUEST).await?;
    let request: SessionRequest = serde_json::from_str(&text).map_err(|_| Problem::BadRequest)?;
    *language = request.language;
    let admission = admit(app, &request).await?;
    let session = admission.session;
    let context = &app.context;
    let performance = context
        .store
        .performance(session.performance)
        .await
        .map_err(|error| {
            tracing::error!(%error, "performance not read");
            Problem::Unavailable
        })?
        .ok_or(Problem::AccessDenied)?;
    let now = context.clock.now();
    let (token, expires_at) = session.claims().seal(&context.keyring, now);
    context.metrics.sessions_opened.increment(1);
    tracing::info!(
        performance.id = %session.performance, person.id = %session.person,
        role = %session.role, "sitting opened",
    );
    Ok(SessionResponse {
        token,
        expires_at,
        role: session.role,
        name: session.name,
        performance: performance.view(),
        ice_servers: context.ice_servers(session.person, now),
        video: context.config.video,
    })
}

/// Has the box office decide, and tells those whose seat was taken.
async fn admit(app: &App, request: &SessionRequest) -> Result<Admission, Problem> {
    let link = AccessLink::open(&request.link, &app.context.keyring).map_err(|reason| {
        tracing::debug!(%reason, "link refused");
        Problem::AccessDenied
    })?;
    let admission =
        app.context.store.admit(link, &request.device).await.map_err(|error| match error {
            AdmitError::Denied(reason) => {
                tracing::info!(%reason, "link refused");
                Problem::AccessDenied
            }
            AdmitError::Store(error) => {
                tracing::error!(%error, "sitting not opened");
                Problem::Unavailable
            }
        })?;
    if !admission.superseded.is_empty() {
        let message = HubMessage::Ended {
            person: admission.session.person,
            sessions: admission.superseded.clone(),
            reason: EndReason::TakenOver,
        };
        app.hubs.tell(admission.session.performance, message).await;
    }
    Ok(admission)
}
