//! Where durable truth lives.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Invalid;
use super::secret::Secret;

/// The database.
#[derive(Debug)]
pub(crate) struct Database {
    /// `sqlite:PATH` or `postgres://…`. May hold a password.
    pub(crate) url: Secret,
    /// The most connections that are opened to it.
    pub(crate) max_connections: u32,
}

impl Database {
    /// Whether other machines may share this database.
    pub(crate) fn is_postgres(&self) -> bool {
        is_postgres(self.url.expose())
    }

    /// The file of a SQLite database.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let path = self.url.expose().strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(path.split('?').next().unwrap_or(path).into())
    }

    /// The address without its password, for people.
    pub(crate) fn display(&self) -> String {
        match url::Url::parse(self.url.expose()) {
            Ok(mut url) if self.is_postgres() => {
                // A URL with a host takes a password, so this cannot fail.
                let _ = url.set_password(None);
                url.set_query(None);
                url.to_string()
            }
            _ => self.url.expose().to_owned(),
        }
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    url: Option<Secret>,
    url_file: Option<PathBuf>,
    max_connections: u32,
}

impl Default for Raw {
    fn default() -> Self {
        Self { url: None, url_file: None, max_connections: 16 }
    }
}

impl Raw {
    pub(super) fn validate(self, data_dir: &Path) -> Result<Database, Invalid> {
        let url = super::secret::either("database.url", self.url, self.url_file.as_deref())?
            .unwrap_or_else(|| format!("sqlite:{}", data_dir.join("rampa.db").display()).into());
        let known = url.expose().starts_with("sqlite:") || is_postgres(url.expose());
        if !known {
            return Err(Invalid::new(
                "database.url",
                "expected sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
            ));
        }
        if self.max_connections == 0 {
            return Err(Invalid::new("database.max_connections", "expected at least 1"));
        }
        Ok(Database { url, max_connections: self.max_connections })
    }
}
