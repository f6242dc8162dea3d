use axum::http::Request;
use tower::ServiceExt as _;

use super::*;

const SCRIPT: &[u8] = &[b'a'; 200];

fn app() -> axum::Router {
    site(Assets::of(&[
        ("index.html", b"<p>house</p>"),
        ("stage.html", b"<p>stage</p>"),
        ("assets/app-1a2b.js", SCRIPT),
        ("poster.svg", b"<svg/>"),
    ]))
}

fn site(assets: Assets) -> axum::Router {
    router(assets, SecurityHeaders::new(None))
}

async fn get(app: axum::Router, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn every_page_has_an_address() {
    for (path, content) in
        [("/", "house"), ("/watch", "house"), ("/console", "house"), ("/stage", "stage")]
    {
        let response = get(app(), path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(text(response).await.contains(content), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for path in ["/assets/app-0000.js", "/watch/", "/../Cargo.toml", "/%2e%2e/x", "/nothing"] {
        let response = get(app(), path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY), "{path}");
    }
    let request = Request::post("/").body(Body::empty()).unwrap();
    let response = app().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_hashed_file_is_kept_forever_and_a_known_one_is_not_sent_again() {
    let response = get(app(), "/assets/app-1a2b.js", &[]).await;
    assert_eq!(response.headers()[header::CACHE_CONTROL], FOREVER);
    let etag = response.headers()[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(text(response).await.len(), SCRIPT.len());

    for known in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
        let again = get(app(), "/assets/app-1a2b.js", &[(header::IF_NONE_MATCH, &known)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(text(again).await, "");
    }
    let other = get(app(), "/assets/app-1a2b.js", &[(header::IF_NONE_MATCH, "\"x\"")]).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn who_takes_gzip_gets_it_where_it_helps() {
    let encoding = |response: &Response| response.headers().contains_key(header::CONTENT_ENCODING);
    let packed = (header::ACCEPT_ENCODING, "br;q=1, GZIP;q=0.5");
    let response = get(app(), "/assets/app-1a2b.js", std::slice::from_ref(&packed)).await;
    assert!(encoding(&response));
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut plain).unwrap();
    assert_eq!(plain, SCRIPT);

    assert!(!encoding(&get(app(), "/poster.svg", &[packed]).await), "it would grow");
    let refused = (header::ACCEPT_ENCODING, "gzip;q=0");
    assert!(!encoding(&get(app(), "/assets/app-1a2b.js", &[refused]).await));
}

#[tokio::test]
async fn a_house_without_a_web_app_says_what_to_do() {
    let response = get(site(Assets::default()), "/watch", &[]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(response).await.contains("make web"));
}
