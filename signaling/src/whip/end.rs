//! `DELETE`: the end of a session.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::target;
use crate::app::App;
use crate::http::error::Problem;
use crate::http::language;
use crate::hub::{Endpoint, HubMessage};

pub(super) async fn whip(
    State(app): State<Arc<App>>,
    Path(address): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    handle(&app, Endpoint::Whip, address, &headers).await
}

pub(super) async fn whep(
    State(app): State<Arc<App>>,
    Path(address): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    handle(&app, Endpoint::Whep, address, &headers).await
}

async fn handle(
    app: &App,
    endpoint: Endpoint,
    address: (String, String),
    headers: &HeaderMap,
) -> Response {
    match end(app, endpoint, address, headers).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(problem) => problem.response(language::of(headers)),
    }
}

async fn end(
    app: &App,
    endpoint: Endpoint,
    address: (String, String),
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let (target, performance) = target(app, endpoint, address, headers)?;
    let delete = |reply| HubMessage::Delete { target: target.clone(), reply };
    match app.hubs.ask_present(performance, delete).await {
        Some(true) => Ok(()),
        Some(false) | None => Err(Problem::NotFound),
    }
}
