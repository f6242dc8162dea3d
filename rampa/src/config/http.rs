//! The web side: where it listens, what it is called from outside, how it is encrypted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::Deserialize;
use signaling::SignalingConfig;
use url::Url;

use super::Invalid;
use super::acme::{self, Acme};

/// The web side.
#[derive(Debug)]
pub(crate) struct Http {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Who may read `/metrics` and `/debug`; nobody else knows that they exist.
    pub(crate) metrics_allow: Vec<IpNet>,
    /// How it is encrypted.
    pub(crate) tls: Option<TlsSource>,
    /// What people type, when that is known.
    pub(crate) public_url: Option<Url>,
}

/// Where certificates come from.
#[derive(Debug)]
pub(crate) enum TlsSource {
    /// From files that somebody else renews.
    Files {
        /// The certificate and its chain, PEM.
        cert: PathBuf,
        /// The private key, PEM.
        key: PathBuf,
    },
    /// From an ACME authority.
    Acme(Acme),
}

impl Http {
    /// The address that people use, without a slash at its end. `bound` is where the server
    /// listens in fact; it counts when no `http.public_url` is set.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> String {
        let url = match (&self.public_url, &self.tls) {
            (Some(url), _) => url.as_str().to_owned(),
            (None, Some(TlsSource::Acme(acme))) => with_port("https", &acme.domains[0], bound, 443),
            (None, Some(TlsSource::Files { .. })) => with_port("https", &host(bound), bound, 443),
            (None, None) => with_port("http", &host(bound), bound, 80),
        };
        url.trim_end_matches('/').to_owned()
    }

    /// The same before anything listens. Nothing when the port is left to the system.
    pub(crate) fn configured_url(&self) -> Option<String> {
        let known = self.public_url.is_some() || self.listen.port() != 0;
        known.then(|| self.public_url(self.listen))
    }
}

fn host(bound: SocketAddr) -> String {
    match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST => "localhost".into(),
        IpAddr::V6(ip) if ip.is_unspecified() || ip.is_loopback() => "localhost".into(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn with_port(scheme: &str, host: &str, bound: SocketAddr, default: u16) -> String {
    match bound.port() {
        port if port == default => format!("{scheme}://{host}"),
        port => format!("{scheme}://{host}:{port}"),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    listen: SocketAddr,
    public_url: Option<String>,
    trusted_proxies: Vec<IpNet>,
    metrics_allow: Vec<IpNet>,
    tls: RawTls,
    acme: acme::Raw,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTls {
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            trusted_proxies: Vec::new(),
            metrics_allow: SignalingConfig::default().metrics_readers,
            tls: RawTls::default(),
            acme: acme::Raw::default(),
        }
    }
}

impl Raw {
    pub(super) fn validate(self, data_dir: &Path) -> Result<Http, Invalid> {
        let public_url = self.public_url.as_deref().map(parse_public_url).transpose()?;
        let files = self.tls.validate()?;
        let tls = match (files, self.acme.validate(data_dir)?) {
            (Some(_), Some(_)) => {
                return Err(Invalid::new(
                    "http.acme",
                    "and http.tls exclude each other: certificates come from one of them",
                ));
            }
            (files, acme) => files.or(acme.map(TlsSource::Acme)),
        };
        Ok(Http {
            listen: self.listen,
            trusted_proxies: self.trusted_proxies,
            metrics_allow: self.metrics_allow,
            tls,
            public_url,
        })
    }
}

impl RawTls {
    fn validate(self) -> Result<Option<TlsSource>, Invalid> {
        match (self.cert, self.key) {
            (Some(cert), Some(key)) => Ok(Some(TlsSource::Files { cert, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Invalid::new("http.tls.key", "is missing beside http.tls.cert")),
            (None, Some(_)) => Err(Invalid::new("http.tls.cert", "is missing beside http.tls.key")),
        }
    }
}

fn parse_public_url(text: &str) -> Result<Url, Invalid> {
    let invalid = |problem: &str| Invalid::new("http.public_url", problem);
    let url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("expected an http or https address"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("expected scheme, host and port only"));
    }
    Ok(url)
}
