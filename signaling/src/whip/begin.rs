//! `POST`: an offer becomes a session with an address.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::{Language, Slug};
use tokio::time::Instant;

use super::{MAX_BODY, SDP, fragment};
use crate::app::{App, Peer};
use crate::http::auth::bearer;
use crate::http::error::Problem;
use crate::http::{body, language};
use crate::hub::{ConnectRefusal, Endpoint, HttpConnect, HttpConnected, HubMessage};

pub(super) async fn whip(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Response {
    handle(&app, Endpoint::Whip, slug, &peer, &headers, body).await
}

pub(super) async fn whep(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Response {
    handle(&app, Endpoint::Whep, slug, &peer, &headers, body).await
}

async fn handle(
    app: &App,
    endpoint: Endpoint,
    slug: String,
    peer: &Peer,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let asked_at = Instant::now();
    let language: Language = language::of(headers);
    match begin(app, endpoint, &slug, peer, headers, body).await {
        Ok(connected) => {
            let base = match endpoint {
                Endpoint::Whip => "whip",
                Endpoint::Whep => "whep",
            };
            let location = format!("/{base}/{slug}/{}", connected.session);
            let headers =
                [(CONTENT_TYPE, SDP.to_owned()), (LOCATION, location), (ETAG, connected.etag)];
            (StatusCode::CREATED, headers, connected.sdp).into_response()
        }
        Err(problem) => {
            if problem == Problem::AccessDenied {
                app.context.metrics.sessions_refused.increment(1);
                app.context.refusal_time(asked_at).await;
            }
            problem.response(language)
        }
    }
}

async fn begin(
    app: &App,
    endpoint: Endpoint,
    slug: &str,
    peer: &Peer,
    headers: &HeaderMap,
    body: Body,
) -> Result<HttpConnected, Problem> {
    app.session_rates.check(app.client(peer, headers).into()).map_err(|_| {
        app.context.metrics.rate_limited.increment(1);
        Problem::RateLimited
    })?;
    let token = bearer(headers).ok_or(Problem::AccessDenied)?;
    let slug: Slug = slug.parse().map_err(|_| Problem::AccessDenied)?;
    let record = app.context.sitting(token).await?;
    // Before anything else is said: whether the performance of this name is the token's.
    let named = app.context.store.performance_by_slug(&slug).await.map_err(|error| {
        tracing::error!(%error, "performance not read");
        Problem::Unavailable
    })?;
    if named.is_none_or(|performance| performance.id != record.performance) {
        return Err(Problem::AccessDenied);
    }
    if endpoint == Endpoint::Whip && !record.role.may_publish() {
        return Err(Problem::Forbidden);
    }
    if !body::is_of_type(headers, SDP) {
        return Err(Problem::UnsupportedMediaType);
    }
    let offer = body::text(headers, body, MAX_BODY).await?;
    let ice = fragment::credentials(&offer);
    let performance = record.performance;
    let connect = |reply| {
        HubMessage::Connect(HttpConnect {
            record: record.clone(),
            slug: slug.clone(),
            endpoint,
            ice: ice.clone(),
            offer: offer.clone(),
            reply,
        })
    };
    let outcome = app.hubs.ask(performance, connect).await;
    outcome.map_err(|_| Problem::Unavailable)?.map_err(Problem::from)
}

impl From<ConnectRefusal> for Problem {
    fn from(refusal: ConnectRefusal) -> Self {
        match refusal {
            ConnectRefusal::AccessDenied => Self::AccessDenied,
            ConnectRefusal::BadOffer => Self::BadOffer,
            ConnectRefusal::NoCommonCodec => Self::NotAcceptable,
            ConnectRefusal::Conflict => Self::Conflict,
            ConnectRefusal::Unavailable => Self::Unavailable,
        }
    }
}
