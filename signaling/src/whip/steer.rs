//! `PATCH`: candidates, or an ICE restart (RFC 9725 section 4.3).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{FRAGMENT, MAX_BODY, fragment, if_match, target};
use crate::app::App;
use crate::http::error::Problem;
use crate::http::{body, language};
use crate::hub::{Endpoint, HttpPatch, HubMessage, PatchRefusal, Patched};

pub(super) async fn whip(
    State(app): State<Arc<App>>,
    Path(address): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    handle(&app, Endpoint::Whip, address, &headers, body).await
}

pub(super) async fn whep(
    State(app): State<Arc<App>>,
    Path(address): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    handle(&app, Endpoint::Whep, address, &headers, body).await
}

async fn handle(
    app: &App,
    endpoint: Endpoint,
    address: (String, String),
    headers: &HeaderMap,
    body: Body,
) -> Response {
    steer(app, endpoint, address, headers, body)
        .await
        .unwrap_or_else(|problem| problem.response(language::of(headers)))
}

async fn steer(
    app: &App,
    endpoint: Endpoint,
    address: (String, String),
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (target, performance) = target(app, endpoint, address, headers)?;
    if !body::is_of_type(headers, FRAGMENT) {
        return Err(Problem::UnsupportedMediaType);
    }
    let precondition = if_match::parse(headers);
    let text = body::text(headers, body, MAX_BODY).await?;
    let fragment = fragment::parse(&text).ok_or(Problem::BadRequest)?;
    let media = fragment.media.clone();
    let patch = |reply| {
        HubMessage::Patch(HttpPatch {
            target: target.clone(),
            precondition: precondition.clone(),
            fragment: fragment.clone(),
            reply,
        })
    };
    let outcome = app.hubs.ask_present(performance, patch).await.ok_or(Problem::NotFound)?;
    Ok(match outcome? {
        Patched::Noted => StatusCode::NO_CONTENT.into_response(),
        Patched::Restarted { ice, candidates, etag } => {
            let headers = [(CONTENT_TYPE, FRAGMENT.to_owned()), (ETAG, etag)];
            let text = fragment::write(&ice, &candidates, media.as_ref());
            (StatusCode::OK, headers, text).into_response()
        }
    })
}

impl From<PatchRefusal> for Problem {
    fn from(refusal: PatchRefusal) -> Self {
        match refusal {
            PatchRefusal::NotFound => Self::NotFound,
            PatchRefusal::PreconditionRequired => Self::PreconditionRequired,
            PatchRefusal::PreconditionFailed => Self::PreconditionFailed,
            PatchRefusal::Unavailable => Self::Unavailable,
        }
    }
}
