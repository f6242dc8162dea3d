//! Certificates from an ACME authority such as Let's Encrypt.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Invalid;

/// Certificates that are fetched and renewed by themselves.
#[derive(Debug)]
pub(crate) struct Acme {
    /// The names on the certificate.
    pub(crate) domains: Vec<String>,
    /// Whom the authority may write to, as `mailto:` addresses.
    pub(crate) contact: Vec<String>,
    /// Where account and certificate are kept.
    pub(crate) cache: PathBuf,
    /// Which authority.
    pub(crate) directory: Directory,
    /// A file with the certificate authority of the directory itself (PEM), for one that the
    /// world does not know.
    pub(crate) directory_ca: Option<PathBuf>,
}

/// An ACME authority.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Directory {
    /// Let's Encrypt.
    Production,
    /// Let's Encrypt's place for trials: certificates that browsers refuse.
    Staging,
    /// Another.
    Url(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    domains: Vec<String>,
    contact: Vec<String>,
    cache: Option<PathBuf>,
    directory: Option<String>,
    directory_ca: Option<PathBuf>,
}

impl Raw {
    /// Nothing when no domain is named.
    pub(super) fn validate(self, data_dir: &Path) -> Result<Option<Acme>, Invalid> {
        if self.domains.is_empty() {
            return Ok(None);
        }
        if let Some(name) = self.domains.iter().find(|name| !is_domain(name)) {
            return Err(Invalid::new("http.acme.domains", format!("`{name}` is no host name")));
        }
        let directory = match self.directory.as_deref() {
            None | Some("production") => Directory::Production,
            Some("staging") => Directory::Staging,
            Some(url) if url.starts_with("https://") => Directory::Url(url.to_owned()),
            Some(_) => {
                return Err(Invalid::new(
                    "http.acme.directory",
                    "expected production, staging or an https address",
                ));
            }
        };
        let contact = self.contact.into_iter().map(mailto).collect();
        let cache = self.cache.unwrap_or_else(|| data_dir.join("acme"));
        let directory_ca = self.directory_ca;
        Ok(Some(Acme { domains: self.domains, contact, cache, directory, directory_ca }))
    }
}

fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    name.contains('.') && name.split('.').all(label)
}

fn mailto(address: String) -> String {
    if address.contains(':') { address } else { format!("mailto:{address}") }
}
