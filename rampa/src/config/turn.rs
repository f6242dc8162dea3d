//! Relays, for networks that let nobody through to the media port.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use protocol::TurnSecret;
use serde::Deserialize;

use super::Invalid;
use super::secret::{self, Secret};

/// Relays.
#[derive(Debug)]
pub(crate) struct Turn {
    /// Whether this house has one of its own.
    pub(crate) enabled: bool,
    /// Where it listens (UDP).
    pub(crate) listen: SocketAddr,
    /// What clients are told to mix into their passwords.
    pub(crate) realm: String,
    /// Allocations of one person at a time.
    pub(crate) quota: usize,
    /// Allocations of all people.
    pub(crate) max_allocations: usize,
    /// Relays of other programs, as browsers take their addresses.
    pub(crate) urls: Vec<String>,
    /// What the house shares with its relays; without one it follows from the signing keys.
    pub(crate) secret: Option<TurnSecret>,
    /// How long credentials admit.
    pub(crate) ttl: Duration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    enabled: bool,
    listen: SocketAddr,
    realm: String,
    quota: usize,
    max_allocations: usize,
    urls: Vec<String>,
    secret: Option<Secret>,
    secret_file: Option<PathBuf>,
    ttl_seconds: u32,
}

/// Credentials are renewed every few minutes, and a page that lost its socket for a while still
/// has good ones.
const MIN_TTL: u32 = 600;

impl Default for Raw {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: SocketAddr::from(([0, 0, 0, 0], 3478)),
            realm: "rampa".to_owned(),
            quota: 10,
            max_allocations: 1000,
            urls: Vec::new(),
            secret: None,
            secret_file: None,
            ttl_seconds: 3600,
        }
    }
}

impl Raw {
    pub(super) fn validate(self) -> Result<Turn, Invalid> {
        let secret = secret::either("turn.secret", self.secret, self.secret_file.as_deref())?
            .map(|secret| {
                TurnSecret::new(secret.expose()).ok_or_else(|| {
                    let least = TurnSecret::MIN_LENGTH;
                    Invalid::new("turn.secret", format!("has fewer than {least} bytes"))
                })
            })
            .transpose()?;
        if !self.urls.is_empty() && secret.is_none() {
            return Err(Invalid::new(
                "turn.secret",
                "is needed with turn.urls: the relays must know it as well \
                 (static-auth-secret of coturn); make one with: openssl rand -hex 32",
            ));
        }
        if let Some(url) = self.urls.iter().find(|url| !is_relay(url)) {
            return Err(Invalid::new(
                "turn.urls",
                format!("{url:?} is none like turn:relay.example:3478?transport=udp"),
            ));
        }
        if self.realm.is_empty() || self.realm.len() > 127 {
            return Err(Invalid::new("turn.realm", "has between 1 and 127 bytes"));
        }
        for (key, number) in
            [("turn.quota", self.quota), ("turn.max_allocations", self.max_allocations)]
        {
            if !(1..=30_000).contains(&number) {
                return Err(Invalid::new(key, "is between 1 and 30000"));
            }
        }
        if self.ttl_seconds < MIN_TTL {
            return Err(Invalid::new("turn.ttl_seconds", format!("is {MIN_TTL} at least")));
        }
        Ok(Turn {
            enabled: self.enabled,
            listen: self.listen,
            realm: self.realm,
            quota: self.quota,
            max_allocations: self.max_allocations,
            urls: self.urls,
            secret,
            ttl: Duration::from_secs(self.ttl_seconds.into()),
        })
    }
}

/// The form of RFC 7065, as far as a mistake in it can be told.
fn is_relay(url: &str) -> bool {
    let rest = url.strip_prefix("turn:").or_else(|| url.strip_prefix("turns:"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace)
    })
}
