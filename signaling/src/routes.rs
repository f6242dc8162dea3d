//! The addresses of the house.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::{http, socket, whip};

/// Every route, without a fallback.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    let patience = app.context.config.timings.request;
    let timely = Router::new()
        .route("/api/session", post(http::session::handler))
        .route("/healthz", get(http::health::healthz))
        .route("/readyz", get(http::health::readyz))
        .route("/metrics", get(http::metrics::handler))
        .route("/debug/rooms/{performance}", get(http::debug::handler))
        .merge(whip::routes(app))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, patience));
    Router::new().route("/api/ws", get(socket::handler)).merge(timely).with_state(Arc::clone(app))
}
