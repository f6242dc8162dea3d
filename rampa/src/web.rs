//! The web app, embedded in the binary: its pages, scripts, styles and pictures.

mod assets;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use signaling::security::{Content, SecurityHeaders};

use assets::Asset;
pub(crate) use assets::Assets;

/// Addresses of the app's pages. What stands behind the `#` is the app's business.
const PAGES: [&str; 4] = ["/", "/watch", "/stage", "/console"];
/// Files under this folder carry a hash of their content in their name and never change.
const HASHED: &str = "assets/";

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ALWAYS_ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// What a house without a web app shows.
const NOT_BUILT: &str = "<!doctype html><html lang=\"ru\"><meta charset=\"utf-8\">\
    <title>Rampa</title><p>Веб-приложение не собрано. Выполните <code>make web</code> и \
    соберите программу заново.</p><p lang=\"en\">The web app has not been built. Run \
    <code>make web</code> and build the program again.</p></html>";

struct Site {
    assets: Assets,
    security: SecurityHeaders,
}

/// Answers everything that no other route answers.
pub(crate) fn router(assets: Assets, security: SecurityHeaders) -> axum::Router {
    axum::Router::new().fallback_service(any(serve).with_state(Arc::new(Site { assets, security })))
}

async fn serve(
    State(site): State<Arc<Site>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let mut response = answer(&site.assets, &method, &uri, &headers);
    site.security.apply(Content::Page, response.headers_mut());
    response
}

fn answer(assets: &Assets, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = uri.path();
    let page = PAGES.contains(&path);
    if page && assets.is_empty() {
        let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        return (StatusCode::SERVICE_UNAVAILABLE, html, NOT_BUILT).into_response();
    }
    let found = if page { assets.page(path) } else { assets.file(path.trim_start_matches('/')) };
    match found {
        Some((name, asset)) => respond(name, asset, headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn respond(name: &str, asset: &Asset, request: &HeaderMap) -> Response {
    let cache = if name.starts_with(HASHED) { FOREVER } else { ALWAYS_ASK };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(header::ETAG, asset.etag.clone());
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_known(request, &asset.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(header::CONTENT_TYPE, asset.content_type.clone());
    let body = match &asset.gzip {
        Some(gzip) if takes_gzip(request) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            gzip
        }
        _ => &asset.plain,
    };
    // The body of an answer to HEAD is dropped by the server, its length is kept.
    *response.body_mut() = Body::from(body.clone());
    response
}

/// RFC 9110 section 13.1.2, by weak comparison.
fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let listed = request.get_all(header::IF_NONE_MATCH).iter();
    listed.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
    })
}

/// Whether `gzip` is in `Accept-Encoding` and not refused by `q=0`.
fn takes_gzip(request: &HeaderMap) -> bool {
    let listed = request.get_all(header::ACCEPT_ENCODING).iter();
    listed.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts
            .filter_map(|part| part.strip_prefix("q="))
            .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        named && !refused
    })
}
