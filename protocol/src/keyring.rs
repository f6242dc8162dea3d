//! Signing keys by id. The newest signs; the older ones still verify until they are removed, so
//! that a rotation ends nobody's evening.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// Why a keyring cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is no key at all.
    #[error("a keyring needs at least one key")]
    Empty,
    /// A key is shorter than [`Keyring::KEY_LENGTH`].
    #[error("key {0} is shorter than 32 bytes")]
    Short(u8),
    /// Two keys have one id.
    #[error("key id {0} is used twice")]
    Duplicate(u8),
}

/// HMAC-SHA-256 keys with one-byte ids. The first one signs.
pub struct Keyring {
    keys: Vec<(u8, Zeroizing<Vec<u8>>)>,
}

impl Keyring {
    /// The length of a key, in bytes.
    pub const KEY_LENGTH: usize = 32;

    /// A keyring of `(id, secret)` pairs, newest first.
    ///
    /// # Errors
    /// When there is no key, a short one, or an id is used twice.
    pub fn new(keys: Vec<(u8, Zeroizing<Vec<u8>>)>) -> Result<Self, KeyringError> {
        if keys.is_empty() {
            return Err(KeyringError::Empty);
        }
        for (position, (id, secret)) in keys.iter().enumerate() {
            if secret.len() < Self::KEY_LENGTH {
                return Err(KeyringError::Short(*id));
            }
            if keys[..position].iter().any(|(other, _)| other == id) {
                return Err(KeyringError::Duplicate(*id));
            }
        }
        Ok(Self { keys })
    }

    /// The id of the key that signs.
    #[must_use]
    pub fn current_id(&self) -> u8 {
        self.keys[0].0
    }

    /// The secret of key `id`, if it is still in use.
    #[must_use]
    pub fn secret(&self, id: u8) -> Option<&[u8]> {
        self.keys.iter().find(|(key, _)| *key == id).map(|(_, secret)| secret.as_slice())
    }

    /// HMAC-SHA-256 over `domain ‖ 0 ‖ message` with the current key. The domain keeps a
    /// signature made for one purpose from serving another.
    #[must_use]
    pub fn sign(&self, domain: &str, message: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.hmac_key(0), &domain_separated(domain, message));
        tag.as_ref().try_into().expect("invariant: HMAC-SHA-256 is 32 bytes")
    }

    /// Whether `tag`, a prefix of at least 16 bytes, was made by key `id` for this message.
    /// Constant time in the tag.
    #[must_use]
    pub fn verify(&self, id: u8, domain: &str, message: &[u8], tag: &[u8]) -> bool {
        let Some(position) = self.keys.iter().position(|(key, _)| *key == id) else {
            return false;
        };
        if !(16..=32).contains(&tag.len()) {
            return false;
        }
        let full = hmac::sign(&self.hmac_key(position), &domain_separated(domain, message));
        aws_lc_rs::constant_time::verify_slices_are_equal(&full.as_ref()[..tag.len()], tag).is_ok()
    }

    fn hmac_key(&self, position: usize) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.keys[position].1)
    }
}

fn domain_separated(domain: &str, message: &[u8]) -> Vec<u8> {
    [domain.as_bytes(), &[0], message].concat()
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}
