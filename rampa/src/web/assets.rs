//! The files of the web app, each held once as it is and once compressed.

use std::collections::HashMap;
use std::io::Write as _;

use axum::body::Bytes;
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../webapp/dist"]
struct Dist;

/// The files of the web app, by path without a leading slash.
#[derive(Debug, Default)]
pub(crate) struct Assets {
    files: HashMap<String, Asset>,
}

/// A file.
#[derive(Debug)]
pub(super) struct Asset {
    /// Its media type.
    pub(super) content_type: HeaderValue,
    /// A strong validator, quotes included.
    pub(super) etag: HeaderValue,
    /// Its bytes.
    pub(super) plain: Bytes,
    /// Its bytes compressed, when that makes them fewer.
    pub(super) gzip: Option<Bytes>,
}

impl Assets {
    /// The files in this binary. (A debug build reads them from the folder, at this call.)
    pub(crate) fn embedded() -> Self {
        // What begins with a dot was left for other tools.
        let shown = Dist::iter().filter(|path| !path.starts_with('.'));
        let files = shown.filter_map(|path| {
            let file = Dist::get(&path)?;
            let digest = &file.metadata.sha256_hash()[..16];
            let plain = file.data.into_owned().into();
            Some((path.to_string(), Asset::new(&path, plain, digest)))
        });
        Self { files: files.collect() }
    }

    /// Whether the web app was not built when the binary was.
    pub(crate) fn is_empty(&self) -> bool {
        !self.files.contains_key("index.html")
    }

    /// The file `path` with its name.
    pub(super) fn file(&self, path: &str) -> Option<(&str, &Asset)> {
        self.files.get_key_value(path).map(|(name, asset)| (name.as_str(), asset))
    }

    /// The page at `path`: its own file if it has one, else the app's one page.
    pub(super) fn page(&self, path: &str) -> Option<(&str, &Asset)> {
        let name = path.trim_matches('/');
        self.file(&format!("{name}.html")).or_else(|| self.file("index.html"))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &'static [u8])]) -> Self {
        let asset = |(name, content): &(&str, &'static [u8])| {
            (name.to_string(), Asset::new(name, Bytes::from_static(content), name.as_bytes()))
        };
        Self { files: files.iter().map(asset).collect() }
    }
}

impl Asset {
    /// A file whose content is told apart by `digest`.
    fn new(path: &str, plain: Bytes, digest: &[u8]) -> Self {
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest));
        Self {
            content_type: content_type(path),
            etag: HeaderValue::try_from(etag).expect("invariant: base64url is a header value"),
            gzip: gzip(&plain),
            plain,
        }
    }
}

fn content_type(path: &str) -> HeaderValue {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let text = mime.type_() == mime_guess::mime::TEXT;
    let value = if text { format!("{mime}; charset=utf-8") } else { mime.to_string() };
    HeaderValue::try_from(value).expect("invariant: a media type is a header value")
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("invariant: writing to memory does not fail");
    let packed = encoder.finish().expect("invariant: writing to memory does not fail");
    // Pictures and fonts are packed already.
    (packed.len() * 10 < plain.len() * 9).then(|| packed.into())
}
