//! The signed secret inside a ticket or invite link.
//!
//! `key id (1) ‖ kind (1) ‖ id (16) ‖ version (4, big endian) ‖ HMAC-SHA-256 prefix (20)`,
//! base64url without padding: 56 characters, which fits Telegram's `?start=` (64). It can be
//! recomputed from the database, so it is stored nowhere; a transfer or refund raises the
//! version and so kills every older link.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::ids::{InviteId, TicketId};
use crate::keyring::Keyring;

const DOMAIN: &str = "rampa access link v1";
const SIGNED_LENGTH: usize = 22;
const TAG_LENGTH: usize = 20;

/// What a link admits by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A spectator's ticket.
    Ticket(TicketId),
    /// A personal invite of an actor or the crew.
    Invite(InviteId),
}

/// A link that was made by this house. Whether it still admits is the box office's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessLink {
    /// The ticket or invite.
    pub kind: LinkKind,
    /// The version of the secret that the link was made for.
    pub version: u32,
}

/// Why a link is refused. Told apart in logs only: from outside every refusal looks the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not 56 characters of base64url, or of an unknown kind.
    #[error("link is malformed")]
    Malformed,
    /// The signature is not ours.
    #[error("link has a wrong signature")]
    Signature,
}

impl AccessLink {
    /// The secret text of this link.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring) -> String {
        let (kind, id) = match self.kind {
            LinkKind::Ticket(id) => (1, id.0),
            LinkKind::Invite(id) => (2, id.0),
        };
        let mut bytes = Vec::with_capacity(SIGNED_LENGTH + TAG_LENGTH);
        bytes.extend([keyring.current_id(), kind]);
        bytes.extend(id.as_bytes());
        bytes.extend(self.version.to_be_bytes());
        let tag = keyring.sign(DOMAIN, &bytes);
        bytes.extend(&tag[..TAG_LENGTH]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the secret text of a link and checks that this house made it.
    ///
    /// # Errors
    /// When the text is malformed or was not signed by a key in use.
    pub fn open(text: &str, keyring: &Keyring) -> Result<Self, LinkError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| LinkError::Malformed)?;
        if bytes.len() != SIGNED_LENGTH + TAG_LENGTH {
            return Err(LinkError::Malformed);
        }
        let (signed, tag) = bytes.split_at(SIGNED_LENGTH);
        if !keyring.verify(signed[0], DOMAIN, signed, tag) {
            return Err(LinkError::Signature);
        }
        let id = Uuid::from_slice(&signed[2..18]).map_err(|_| LinkError::Malformed)?;
        let kind = match signed[1] {
            1 => LinkKind::Ticket(TicketId(id)),
            2 => LinkKind::Invite(InviteId(id)),
            _ => return Err(LinkError::Malformed),
        };
        let version = signed[18..22].try_into().expect("invariant: four bytes");
        Ok(Self { kind, version: u32::from_be_bytes(version) })
    }
}

#[cfg(test)]
mod tests;
