//! From what the DTLS handshake exports to session keys.

use std::fmt;

use aws_lc_rs::cipher::EncryptingKey;
use aws_lc_rs::error::Unspecified;
use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::{Inbound, Outbound, Profile, aes_cm, gcm};

/// Bytes of a master key and of a session encryption key, in both profiles.
pub(super) const MASTER_KEY_LEN: usize = 16;

/// Why keying material was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The block is not as long as the profile asks.
    #[error("keying material has {actual} bytes, the profile takes {expected}")]
    Length {
        /// [`Profile::keying_material_len`] of the negotiated profile.
        expected: usize,
        /// What was handed in.
        actual: usize,
    },
    /// The cryptographic library refused a key.
    #[error("keys could not be set up")]
    Setup,
}

/// A DTLS exporter block (`EXTRACTOR-dtls_srtp`, RFC 5764 section 4.2) with its profile, wiped
/// when dropped. It can wait or change threads between the handshake and the transport.
pub struct KeyingMaterial {
    profile: Profile,
    block: Zeroizing<Vec<u8>>,
}

impl KeyingMaterial {
    /// Takes over an exporter block.
    ///
    /// # Errors
    /// [`KeyError::Length`] when the block is not of the profile's length; it is wiped.
    pub fn new(profile: Profile, block: Vec<u8>) -> Result<Self, KeyError> {
        let block = Zeroizing::new(block);
        check_len(profile, &block)?;
        Ok(Self { profile, block })
    }

    /// Sets up both directions straight from an exporter block.
    ///
    /// `is_client_write_local` tells who we were in the handshake: true when we were the client,
    /// so that the client's write key seals; false for the server, which opens with it. Call it
    /// once for a handshake: two [`Outbound`]s of one block would count the same indices.
    ///
    /// # Errors
    /// [`KeyError::Length`] when the block is not of the profile's length.
    pub fn from_exporter(
        profile: Profile,
        block: &[u8],
        is_client_write_local: bool,
    ) -> Result<(Inbound, Outbound), KeyError> {
        check_len(profile, block)?;
        split(profile, block, is_client_write_local).map_err(|_| KeyError::Setup)
    }

    /// Sets up both directions; see [`KeyingMaterial::from_exporter`].
    ///
    /// # Errors
    /// [`KeyError::Setup`] when the cryptographic library fails.
    pub fn into_contexts(
        self,
        is_client_write_local: bool,
    ) -> Result<(Inbound, Outbound), KeyError> {
        Self::from_exporter(self.profile, &self.block, is_client_write_local)
    }

    /// The profile these keys are for.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }
}

impl fmt::Debug for KeyingMaterial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyingMaterial")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

const fn check_len(profile: Profile, block: &[u8]) -> Result<(), KeyError> {
    let expected = profile.keying_material_len();
    let actual = block.len();
    if actual == expected { Ok(()) } else { Err(KeyError::Length { expected, actual }) }
}

/// Client key, server key, client salt, server salt, in this order.
fn split(
    profile: Profile,
    block: &[u8],
    is_client_write_local: bool,
) -> Result<(Inbound, Outbound), Unspecified> {
    let (keys, salts) = block.split_at(2 * MASTER_KEY_LEN);
    let (client_key, server_key) = keys.split_at(MASTER_KEY_LEN);
    let (client_salt, server_salt) = salts.split_at(profile.master_salt_len());
    let client = derive(profile, client_key, client_salt)?;
    let server = derive(profile, server_key, server_salt)?;
    let (inbound, outbound) =
        if is_client_write_local { (server, client) } else { (client, server) };
    Ok((Inbound::new(inbound), Outbound::new(outbound)))
}

/// Derives one direction's session keys (RFC 3711 section 4.3, with a key derivation rate of 0).
pub(super) fn derive(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Cipher, Unspecified> {
    let master = Master::new(key, salt)?;
    Ok(match profile {
        Profile::AeadAes128Gcm => Cipher::Gcm(gcm::Gcm::new(master.gcm(SRTP)?, master.gcm(SRTCP)?)),
        Profile::Aes128CmHmacSha1_80 => {
            let keys = aes_cm::AesCm::new(master.aes_cm(SRTP)?, master.aes_cm(SRTCP)?);
            Cipher::AesCm(Box::new(keys))
        }
    })
}

/// The first of the three labels of RFC 3711 section 4.3.2 that belong to SRTP.
pub(super) const SRTP: u8 = 0;
/// The same for SRTCP.
pub(super) const SRTCP: u8 = 3;
/// What to add to the first label for the encryption key, authentication key and salt.
pub(super) const ENCRYPTION: u8 = 0;
pub(super) const AUTHENTICATION: u8 = 1;
pub(super) const SALT: u8 = 2;

/// A master key, expanded for the pseudo-random function, and its salt.
pub(super) struct Master {
    key: EncryptingKey,
    /// Padded with zeros on the right: RFC 7714's salt has 12 bytes, RFC 3711's has 14, and the
    /// counter's last two bytes start at 0.
    salt: [u8; 16],
}

impl Master {
    pub(super) fn new(key: &[u8], salt: &[u8]) -> Result<Self, Unspecified> {
        let mut padded = [0; 16];
        padded[..salt.len()].copy_from_slice(salt);
        Ok(Self { key: aes_cm::counter_mode(key)?, salt: padded })
    }

    /// `LEN` bytes of the key stream for one label (RFC 3711 section 4.3.3).
    pub(super) fn session<const LEN: usize>(
        &self,
        label: u8,
    ) -> Result<Zeroizing<[u8; LEN]>, Unspecified> {
        let mut block = self.salt;
        block[7] ^= label;
        let mut output = Zeroizing::new([0; LEN]);
        aes_cm::key_stream(&self.key, block, output.as_mut_slice())?;
        Ok(output)
    }

    fn gcm(&self, first: u8) -> Result<gcm::HalfKey, Unspecified> {
        let key = self.session::<MASTER_KEY_LEN>(first + ENCRYPTION)?;
        let salt = self.session::<{ gcm::SALT_LEN }>(first + SALT)?;
        gcm::HalfKey::new(key.as_slice(), *salt)
    }

    fn aes_cm(&self, first: u8) -> Result<aes_cm::HalfKey, Unspecified> {
        let key = self.session::<MASTER_KEY_LEN>(first + ENCRYPTION)?;
        let auth = self.session::<{ aes_cm::AUTH_KEY_LEN }>(first + AUTHENTICATION)?;
        let salt = self.session::<{ aes_cm::SALT_LEN }>(first + SALT)?;
        aes_cm::HalfKey::new(key.as_slice(), &auth, *salt)
    }
}
