//! `/debug/rooms/{performance}`: a room as the media node sees it, for those who may read
//! `/metrics`; to others it does not exist.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::Slug;
use protocol::media::{MediaCommand, MediaReply, Refusal};
use serde::Deserialize;
use tokio::time::timeout;

use super::metrics::is_operator;
use crate::app::{App, Peer};

/// What may be asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wishes {
    /// The addresses of clients.
    #[serde(default)]
    addresses: bool,
}

pub(crate) async fn handler(
    State(app): State<Arc<App>>,
    peer: Peer,
    headers: HeaderMap,
    Path(slug): Path<String>,
    wishes: Result<Query<Wishes>, axum::extract::rejection::QueryRejection>,
) -> Response {
    if !is_operator(&app, &peer, &headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Ok(Query(Wishes { addresses })) = wishes else {
        return (StatusCode::BAD_REQUEST, "expected nothing or addresses=true\n").into_response();
    };
    let Ok(slug) = slug.parse::<Slug>() else {
        return (StatusCode::NOT_FOUND, "no such performance\n").into_response();
    };
    let context = &app.context;
    let room = match context.store.performance_by_slug(&slug).await {
        Ok(Some(record)) => record.id.into(),
        Ok(None) => return (StatusCode::NOT_FOUND, "no such performance\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "performance not read");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    // Whoever only looks needs no epoch.
    let Ok(reply) = context.media.call(room, 0, MediaCommand::Snapshot { addresses }) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "no media node\n").into_response();
    };
    match timeout(context.config.timings.media, reply).await {
        Ok(Ok(MediaReply::Snapshot(room))) => Json(room).into_response(),
        Ok(Ok(MediaReply::Refused { reason: Refusal::NotFound, .. })) => {
            (StatusCode::NOT_FOUND, "nobody has connected yet\n").into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the media node does not answer\n").into_response(),
    }
}
