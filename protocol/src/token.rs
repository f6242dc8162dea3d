//! Session tokens: what `POST /api/session` answers with, and what the WebSocket, WHIP and WHEP
//! take. A JWT (HS256) whose `kid` names a key of the keyring.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{PerformanceId, PersonId, SessionId, TicketId};
use crate::keyring::Keyring;
use crate::role::Role;

/// How long a token admits. A live session renews it over the WebSocket.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(5 * 60);

const ISSUER: &str = "rampa";

/// What a token says, and what it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClaims {
    /// The session in the store; one that was ended there admits no more.
    #[serde(rename = "sid")]
    pub session: SessionId,
    /// The performance.
    #[serde(rename = "prf")]
    pub performance: PerformanceId,
    /// The person.
    #[serde(rename = "sub")]
    pub person: PersonId,
    /// The role.
    #[serde(rename = "rol")]
    pub role: Role,
    /// The ticket, for spectators.
    #[serde(rename = "tkt", skip_serializing_if = "Option::is_none", default)]
    pub ticket: Option<TicketId>,
}

#[derive(Serialize, Deserialize)]
struct Jwt {
    iss: String,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    claims: SessionClaims,
}

/// Why a token is refused. Told apart in logs only: from outside every refusal looks the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this house.
    #[error("token is malformed or has a wrong signature")]
    Invalid,
    /// Its time is over.
    #[error("token has expired")]
    Expired,
}

impl SessionClaims {
    /// A token that admits until `now` + [`TOKEN_LIFETIME`], and that moment.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, now: Timestamp) -> (String, Timestamp) {
        let expires = now.after(TOKEN_LIFETIME);
        let id = keyring.current_id();
        let header = Header { kid: Some(id.to_string()), ..Header::new(Algorithm::HS256) };
        let secret = keyring.secret(id).expect("invariant: the current key is in the keyring");
        let jwt = Jwt {
            iss: ISSUER.to_owned(),
            iat: now.as_secs(),
            exp: expires.as_secs(),
            claims: *self,
        };
        let text = jsonwebtoken::encode(&header, &jwt, &EncodingKey::from_secret(secret))
            .expect("invariant: claims serialise");
        (text, expires)
    }

    /// Reads a token and checks its signature and its time.
    ///
    /// # Errors
    /// When it is not ours or has expired.
    pub fn open(token: &str, keyring: &Keyring, now: Timestamp) -> Result<Self, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let secret = header
            .kid
            .and_then(|kid| kid.parse().ok())
            .and_then(|id| keyring.secret(id))
            .ok_or(TokenError::Invalid)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        // The library compares with the system's clock; ours is injected.
        validation.validate_exp = false;
        let jwt =
            jsonwebtoken::decode::<Jwt>(token, &DecodingKey::from_secret(secret), &validation)
                .map_err(|_| TokenError::Invalid)?;
        if now.as_secs() >= jwt.claims.exp {
            return Err(TokenError::Expired);
        }
        Ok(jwt.claims.claims)
    }
}

#[cfg(test)]
mod tests;
