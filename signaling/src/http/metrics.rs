//! `/metrics`, for those who may read them; to others it does not exist.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::{App, Peer};
use crate::metrics::install_recorder;

/// The media type of Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4";

pub(crate) async fn handler(
    State(app): State<Arc<App>>,
    peer: Peer,
    headers: HeaderMap,
) -> Response {
    let reader = app.client(&peer, &headers).0;
    let may_read = app.proxies.is_direct(peer.0, &headers)
        && app.context.config.metrics_readers.iter().any(|net| net.contains(&reader));
    match install_recorder() {
        Some(recorder) if may_read => {
            ([(CONTENT_TYPE, TEXT_FORMAT)], recorder.render()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
