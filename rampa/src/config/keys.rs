//! Where the keys that sign links and tokens come from.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Invalid;
use super::database::Database;
use super::secret::{self, Secret};

/// Where the signing keys come from.
#[derive(Debug)]
pub(crate) enum KeySource {
    /// From the settings: every machine of a house is given the same.
    Configured(Secret),
    /// From a file that is made at the first start.
    Kept(PathBuf),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    ring: Option<Secret>,
    ring_file: Option<PathBuf>,
}

impl Raw {
    pub(super) fn validate(
        self,
        data_dir: &Path,
        database: &Database,
    ) -> Result<KeySource, Invalid> {
        match secret::either("keys.ring", self.ring, self.ring_file.as_deref())? {
            Some(ring) => {
                crate::keys::parse(ring.expose())
                    .map_err(|error| Invalid::new("keys.ring", error))?;
                Ok(KeySource::Configured(ring))
            }
            None if database.is_postgres() => Err(Invalid::new(
                "keys.ring",
                "is needed with PostgreSQL, so that every machine of the house signs with the \
                 same keys; make one with: echo \"1:$(openssl rand -base64 32)\"",
            )),
            None => Ok(KeySource::Kept(data_dir.join("keys"))),
        }
    }
}
