//! Headers that keep a browser from being turned against its owner.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use url::Url;

/// What a response is to a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A page of the web application, or a part of one.
    Page,
    /// Data: never shown, never kept.
    Api,
}

/// Telegram's web clients, which show a Mini App in a frame.
const FRAME_ANCESTORS: &str = "'self' https://web.telegram.org https://*.telegram.org";

/// The security headers of the house's responses. Made once, applied to every response.
#[derive(Clone, Debug)]
pub struct SecurityHeaders {
    page_policy: HeaderValue,
}

impl SecurityHeaders {
    /// Headers for a house at `public_url`. Its WebSocket is named in the policy, since older
    /// browsers do not count `wss:` of the same host as `'self'`.
    #[must_use]
    pub fn new(public_url: Option<&Url>) -> Self {
        let socket = public_url.and_then(socket_origin).unwrap_or_default();
        let policy = format!(
            "default-src 'self'; connect-src 'self'{socket}; img-src 'self' data: blob:; \
             media-src 'self' blob: mediastream:; style-src 'self'; \
             worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; \
             frame-ancestors {FRAME_ANCESTORS}"
        );
        let page_policy = HeaderValue::try_from(policy)
            .expect("invariant: the policy of a parsed address is visible ASCII");
        Self { page_policy }
    }

    /// Puts the headers on a response.
    pub fn apply(&self, content: Content, headers: &mut HeaderMap) {
        let mut set = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(REFERRER_POLICY, "no-referrer");
        set(
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(self), autoplay=(self), fullscreen=(self), \
             screen-wake-lock=(self), geolocation=(), payment=(), usb=()",
        );
        match content {
            Content::Page => {
                headers.insert(CONTENT_SECURITY_POLICY, self.page_policy.clone());
            }
            Content::Api => {
                set(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
                set(CACHE_CONTROL, "no-store");
            }
        }
    }

    /// Puts the headers of data on a response.
    pub(crate) fn on_api(&self, mut response: Response) -> Response {
        self.apply(Content::Api, response.headers_mut());
        response
    }
}

/// ` wss://host:port` of an address, for the policy.
fn socket_origin(url: &Url) -> Option<String> {
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!(" {scheme}://{host}:{port}"),
        None => format!(" {scheme}://{host}"),
    })
}

/// Whether a page of `origin` may open a WebSocket here: one of the house's own address, or of
/// the host that the request was sent to.
pub(crate) fn is_own_origin(origin: &str, host: Option<&str>, public_url: Option<&Url>) -> bool {
    if let Some(public) = public_url
        && Url::parse(origin).is_ok_and(|origin| origin.origin() == public.origin())
    {
        return true;
    }
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    web && uri.authority().is_some_and(|authority| Some(authority.as_str()) == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_and_no_others_open_a_websocket() {
        let public = Url::parse("https://house.example").unwrap();
        let table = [
            ("https://house.example", Some("10.0.0.1:8080"), true),
            ("http://house.example", Some("10.0.0.1:8080"), false),
            ("http://localhost:8080", Some("localhost:8080"), true),
            ("http://localhost:8080", Some("localhost:9090"), false),
            ("https://house.example.evil.example", Some("house.example"), false),
            ("null", Some("null"), false),
            ("file://localhost:8080", Some("localhost:8080"), false),
            ("https://evil.example", None, false),
        ];
        for (origin, host, own) in table {
            assert_eq!(is_own_origin(origin, host, Some(&public)), own, "{origin} at {host:?}");
        }
    }

    #[test]
    fn a_page_may_be_framed_by_telegram_and_reach_its_own_socket() {
        let headers =
            SecurityHeaders::new(Some(&Url::parse("https://house.example:8443").unwrap()));
        let mut map = HeaderMap::new();
        headers.apply(Content::Page, &mut map);
        let policy = map[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("connect-src 'self' wss://house.example:8443;"));
        assert!(policy.contains("frame-ancestors 'self' https://web.telegram.org"));
        assert_eq!(map[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[test]
    fn data_is_neither_kept_nor_framed() {
        let mut map = HeaderMap::new();
        SecurityHeaders::new(None).apply(Content::Api, &mut map);
        assert_eq!(map[CACHE_CONTROL], "no-store");
        assert_eq!(map[CONTENT_SECURITY_POLICY], "default-src 'none'; frame-ancestors 'none'");
    }
}
