//! Services that need a secret of somebody else's to run: the Telegram bot and the AI worker.

use std::path::PathBuf;

use serde::Deserialize;

use super::Invalid;
use super::secret::{self, Secret};

/// Whether a service has what it needs.
#[derive(Debug)]
pub(crate) struct Service {
    /// Its token or key.
    pub(crate) secret: Option<Secret>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBot {
    token: Option<Secret>,
    token_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAi {
    key: Option<Secret>,
    key_file: Option<PathBuf>,
}

impl RawBot {
    pub(super) fn validate(self) -> Result<Service, Invalid> {
        let secret = secret::either("bot.token", self.token, self.token_file.as_deref())?;
        Ok(Service { secret })
    }
}

impl RawAi {
    pub(super) fn validate(self) -> Result<Service, Invalid> {
        let secret = secret::either("ai.key", self.key, self.key_file.as_deref())?;
        Ok(Service { secret })
    }
}
