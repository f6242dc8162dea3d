//! WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): sound and picture for tools that know
//! neither the WebSocket nor the stage.
//!
//! `POST` opens a session and names its address, `PATCH` adds candidates or restarts ICE,
//! `DELETE` ends it. One token, one person, one session: a newer one ends the older, whose
//! address answers 404 from then on.

mod begin;
mod end;
mod fragment;
mod if_match;
mod steer;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName, HeaderValue,
};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{options, patch};
use protocol::{MediaSessionId, Slug};

use crate::app::App;
use crate::http::auth::bearer;
use crate::http::error::Problem;
use crate::hub::{Endpoint, HttpTarget};

/// The largest body, in bytes: an offer of a page with 8 pairs is 47 kB.
const MAX_BODY: usize = protocol::ws::MAX_MESSAGE_SIZE;
/// An offer or an answer.
const SDP: &str = "application/sdp";
/// A fragment of one (RFC 8840).
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// The routes of both.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let endpoint = options(allow).post(begin::whip);
    let session = patch(steer::whip).delete(end::whip).options(allow);
    let viewer = options(allow).post(begin::whep);
    let viewing = patch(steer::whep).delete(end::whep).options(allow);
    Router::new()
        .route("/whip/{performance}", endpoint)
        .route("/whip/{performance}/{session}", session)
        .route("/whep/{performance}", viewer)
        .route("/whep/{performance}/{session}", viewing)
        .layer(middleware::from_fn_with_state(Arc::clone(app), with_headers))
}

/// What every response says. Pages of any origin may speak to these routes: they carry their
/// right in a header, never in a cookie.
async fn with_headers(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = app.security.on_api(next.run(request).await);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Location, ETag, Link, Accept-Post, Accept-Patch"),
    );
    response
}

/// `OPTIONS`: what may be sent here, and from which pages.
async fn allow() -> Response {
    let headers: [(HeaderName, HeaderValue); 5] = [
        (HeaderName::from_static("accept-post"), HeaderValue::from_static(SDP)),
        (HeaderName::from_static("accept-patch"), HeaderValue::from_static(FRAGMENT)),
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("OPTIONS, POST, PATCH, DELETE")),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Authorization, Content-Type, If-Match"),
        ),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200")),
    ];
    (StatusCode::OK, headers).into_response()
}

/// What a request to a session's address means, and the performance that its token names. The
/// token may have expired: a session outlives it.
fn target(
    app: &App,
    endpoint: Endpoint,
    (slug, session): (String, String),
    headers: &HeaderMap,
) -> Result<(HttpTarget, protocol::PerformanceId), Problem> {
    let claims = bearer(headers)
        .and_then(|token| app.context.claims_of_any_age(token))
        .ok_or(Problem::AccessDenied)?;
    let slug: Slug = slug.parse().map_err(|_| Problem::NotFound)?;
    let session: MediaSessionId = session.parse().map_err(|_| Problem::NotFound)?;
    Ok((HttpTarget { person: claims.person, slug, endpoint, session }, claims.performance))
}
