//! Secrets: from the settings or from a file of their own, and never in a log.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::Invalid;

/// A text that is not to be shown.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The secret `key`, given either as it is or as a file that holds it.
///
/// # Errors
/// When both are given, the file cannot be read, or the secret is empty.
pub(super) fn either(
    key: &'static str,
    value: Option<Secret>,
    file: Option<&Path>,
) -> Result<Option<Secret>, Invalid> {
    let secret = match (value, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Invalid::new(key, "is given twice, as it is and as a file"));
        }
        (Some(value), None) => value,
        (None, Some(file)) => read(key, file)?,
    };
    if secret.expose().is_empty() {
        return Err(Invalid::new(key, "is empty"));
    }
    Ok(Some(secret))
}

fn read(key: &'static str, file: &Path) -> Result<Secret, Invalid> {
    let text = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| Invalid::new(key, format!("cannot read {}: {error}", file.display())))?;
    Ok(Secret(Zeroizing::new(text.trim().to_owned())))
}
