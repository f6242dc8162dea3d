//! `/healthz` and `/readyz`, for whoever starts and stops the process.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use tokio::time::timeout;

use crate::app::App;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// The process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Everything that a session needs answers.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.shutdown.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
    }
    if !app.context.media.is_alive() {
        return (StatusCode::SERVICE_UNAVAILABLE, "no media node\n");
    }
    match timeout(PATIENCE, app.context.store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "database not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "no database\n")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "no database\n"),
    }
}
