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
    match install_recorder() {
        Some(recorder) if is_operator(&app, &peer, &headers) => {
            let mut text = recorder.render();
            for more in &app.expositions {
                text.push_str(&more());
            }
            ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Whether a request may see what is for operators only.
pub(super) fn is_operator(app: &App, peer: &Peer, headers: &HeaderMap) -> bool {
    let reader = app.client(peer, headers).0;
    app.proxies.is_direct(peer.0, headers)
        && app.context.config.metrics_readers.iter().any(|net| net.contains(&reader))
}
