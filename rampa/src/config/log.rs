//! What is logged, and how. Logs go to standard error.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::Invalid;

/// Logs.
#[derive(Debug)]
pub(crate) struct Log {
    /// Which lines, in the language of `tracing_subscriber::EnvFilter`.
    pub(crate) filter: String,
    /// In which form.
    pub(crate) format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    filter: String,
    format: LogFormat,
}

/// The handshake library warns of every extension of TLS that it does not know, and browsers send
/// some with each hello.
const DEFAULT_FILTER: &str = "info,rtc_dtls=error";

impl Default for Raw {
    fn default() -> Self {
        Self { filter: DEFAULT_FILTER.to_owned(), format: LogFormat::default() }
    }
}

impl Raw {
    pub(super) fn validate(self) -> Result<Log, Invalid> {
        EnvFilter::try_new(&self.filter).map_err(|error| Invalid::new("log.filter", error))?;
        Ok(Log { filter: self.filter, format: self.format })
    }
}
