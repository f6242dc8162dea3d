//! The settings of the house: defaults, then `rampa.toml`, then the environment.
//!
//! Every section is its own file: a raw form as it is written down (unknown keys are refused)
//! and a checked form that the rest of the program uses.

mod acme;
mod database;
mod http;
mod keys;
mod log;
mod secret;
mod services;
mod sfu;
mod turn;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::Deserialize;

pub(crate) use acme::{Acme, Directory};
pub(crate) use database::Database;
pub(crate) use http::{Http, TlsSource};
pub(crate) use keys::KeySource;
pub(crate) use log::{Log, LogFormat};
pub(crate) use services::Service;
pub(crate) use sfu::Sfu;
pub(crate) use turn::Turn;

/// The file that is read when it exists and none is named.
const DEFAULT_FILE: &str = "rampa.toml";
/// Settings in the environment begin with this; `__` separates sections from keys.
const PREFIX: &str = "RAMPA__";
/// Settings whose environment variables are taken as they are: a token of digits is no number.
const VERBATIM: [&str; 6] =
    ["database.url", "keys.ring", "turn.secret", "bot.token", "ai.key", "log.filter"];

/// Everything that can be set, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// The web side.
    pub(crate) http: Http,
    /// Where durable truth lives.
    pub(crate) database: Database,
    /// The media node.
    pub(crate) sfu: Sfu,
    /// Relays.
    pub(crate) turn: Turn,
    /// Where the signing keys come from.
    pub(crate) keys: KeySource,
    /// The Telegram bot.
    pub(crate) bot: Service,
    /// The AI worker.
    pub(crate) ai: Service,
    /// Logs.
    pub(crate) log: Log,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("setting `{key}`: {problem}")]
pub(crate) struct Invalid {
    key: &'static str,
    problem: String,
}

impl Invalid {
    #[expect(clippy::needless_pass_by_value, reason = "errors and texts alike, as they come")]
    pub(crate) fn new(key: &'static str, problem: impl ToString) -> Self {
        Self { key, problem: problem.to_string() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    /// Where the house keeps what it makes itself: database, keys, certificates.
    #[serde(default = "default_data_dir")]
    data_dir: PathBuf,
    #[serde(default)]
    http: http::Raw,
    #[serde(default)]
    database: database::Raw,
    #[serde(default)]
    sfu: sfu::Raw,
    #[serde(default)]
    turn: turn::Raw,
    #[serde(default)]
    keys: keys::Raw,
    #[serde(default)]
    bot: services::RawBot,
    #[serde(default)]
    ai: services::RawAi,
    #[serde(default)]
    log: log::Raw,
}

fn default_data_dir() -> PathBuf {
    PathBuf::from("data")
}

impl Config {
    /// Reads the settings. A file that is named must exist; `rampa.toml` need not.
    ///
    /// # Errors
    /// When a file cannot be read, a key is unknown or a value cannot be used.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let toml = match file {
            Some(path) => Toml::string(
                &std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the settings file {}", path.display()))?,
            ),
            None => Toml::file(DEFAULT_FILE),
        };
        Self::from_figment(&with_environment(Figment::from(toml)))
    }

    fn from_figment(figment: &Figment) -> anyhow::Result<Self> {
        let raw: Raw = figment.extract().map_err(|error| describe(&error))?;
        Ok(raw.validate()?)
    }
}

impl Raw {
    fn validate(self) -> Result<Config, Invalid> {
        let database = self.database.validate(&self.data_dir)?;
        let keys = self.keys.validate(&self.data_dir, &database)?;
        Ok(Config {
            http: self.http.validate(&self.data_dir)?,
            sfu: self.sfu.validate()?,
            turn: self.turn.validate()?,
            bot: self.bot.validate()?,
            ai: self.ai.validate()?,
            log: self.log.validate()?,
            database,
            keys,
        })
    }
}

/// Puts the environment's settings on top.
fn with_environment(figment: Figment) -> Figment {
    let figment = figment.merge(Env::prefixed(PREFIX).split("__").ignore(&VERBATIM));
    Env::prefixed(PREFIX)
        .split("__")
        .only(&VERBATIM)
        .iter()
        .fold(figment, |figment, (key, value)| {
            figment.merge(Serialized::default(key.as_str(), value))
        })
}

/// The first thing that is wrong, in a line that names the key as one would write it.
fn describe(error: &figment::Error) -> anyhow::Error {
    let mut key = error.path.join(".");
    if let figment::error::Kind::UnknownField(name, _) = &error.kind
        && !key.ends_with(name.as_str())
    {
        if !key.is_empty() {
            key.push('.');
        }
        key.push_str(name);
    }
    if key.is_empty() {
        anyhow::anyhow!("settings: {}", error.kind)
    } else {
        anyhow::anyhow!("setting `{key}`: {}", error.kind)
    }
}
