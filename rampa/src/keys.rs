//! The keys that sign links and tokens: `ID:BASE64` entries, newest first.
//!
//! A house on one machine makes its own at the first start and keeps them readable by itself
//! alone. To rotate, put a new entry in front; what the old one signed holds until it is removed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use protocol::{Entropy, Keyring, KeyringError};
use zeroize::Zeroizing;

use crate::config::KeySource;
use crate::private;

/// Why a text is no list of keys. Never holds a part of the text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeysError {
    /// An entry has another form.
    #[error("entry {0} is not ID:BASE64, with an id from 0 to 255")]
    Form(usize),
    /// The keys themselves do not do.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// Reads a list of keys: entries apart by white space or commas; `#` begins a comment.
///
/// # Errors
/// When an entry has another form, or the keys make no keyring.
pub(crate) fn parse(text: &str) -> Result<Keyring, KeysError> {
    let keys = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || c == ','))
        .filter(|entry| !entry.is_empty())
        .enumerate()
        .map(|(index, entry)| parse_entry(entry).ok_or(KeysError::Form(index + 1)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Keyring::new(keys)?)
}

fn parse_entry(entry: &str) -> Option<(u8, Zeroizing<Vec<u8>>)> {
    let (id, secret) = entry.split_once(':')?;
    let secret = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .into_iter()
        .find_map(|alphabet| alphabet.decode(secret).ok())?;
    Some((id.parse().ok()?, Zeroizing::new(secret)))
}

/// The house's keys; makes them when they are kept in a file that does not exist yet.
///
/// # Errors
/// When the file cannot be read or made, or holds something else.
pub(crate) fn load(source: &KeySource, entropy: &dyn Entropy) -> anyhow::Result<Keyring> {
    if let KeySource::Kept(path) = source
        && !path.exists()
    {
        make(path, entropy)
            .with_context(|| format!("cannot make the key file {}", path.display()))?;
    }
    existing(source)
}

/// The house's keys, which must have been made.
///
/// # Errors
/// When the file cannot be read, or holds something else.
pub(crate) fn existing(source: &KeySource) -> anyhow::Result<Keyring> {
    match source {
        KeySource::Configured(ring) => Ok(parse(ring.expose())?),
        KeySource::Kept(path) => {
            read(path).with_context(|| format!("cannot use the key file {}", path.display()))
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Keyring> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            mode = format!("{:o}", mode & 0o777),
            "others can read the signing keys, make it mode 600"
        );
    }
    Ok(parse(&Zeroizing::new(fs::read_to_string(path)?))?)
}

/// Makes the file whole or not at all: two processes that start at once end up with one key.
fn make(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    private::make_folder(directory)?;
    let mut secret = Zeroizing::new([0; Keyring::KEY_LENGTH]);
    entropy.fill(secret.as_mut_slice());
    let text = Zeroizing::new(format!(
        "# signs links and tokens; whoever has it can open every door of this house\n1:{}\n",
        *Zeroizing::new(STANDARD.encode(secret.as_slice()))
    ));
    let draft = directory.join(format!(".keys.{}", std::process::id()));
    let result =
        write_private(&draft, text.as_bytes()).and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        });
    let removed = fs::remove_file(&draft);
    result.and(removed)
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
