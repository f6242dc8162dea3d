//! Tokens, and refusals that all look alike.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use protocol::{SessionClaims, Timestamp};
use store::SessionRecord;
use tokio::time::{Instant, sleep_until};

use super::error::Problem;
use crate::context::Context;

/// Why a token does not admit now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenRefusal {
    /// Not ours, expired, or its sitting has ended. One and the same from outside.
    #[error("the token does not admit")]
    Denied,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl From<TokenRefusal> for Problem {
    fn from(refusal: TokenRefusal) -> Self {
        match refusal {
            TokenRefusal::Denied => Self::AccessDenied,
            TokenRefusal::Store(error) => {
                tracing::error!(%error, "sitting not read");
                Self::Unavailable
            }
        }
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

impl Context {
    /// The sitting that a token admits to.
    ///
    /// # Errors
    /// When it admits to none, or the database fails.
    pub(crate) async fn sitting(&self, token: &str) -> Result<SessionRecord, TokenRefusal> {
        let claims =
            SessionClaims::open(token, &self.keyring, self.clock.now()).map_err(|reason| {
                tracing::debug!(%reason, "token refused");
                TokenRefusal::Denied
            })?;
        let record = self.store.live_session(claims.session).await?;
        record.filter(|record| record.claims() == claims).ok_or(TokenRefusal::Denied)
    }

    /// What a token of ours says, even when its time is over: enough to steer what one has begun
    /// with it, never to begin something.
    pub(crate) fn claims_of_any_age(&self, token: &str) -> Option<SessionClaims> {
        // At the beginning of time no token has expired.
        SessionClaims::open(token, &self.keyring, Timestamp(0)).ok()
    }

    /// Waits until a refusal may be told, so that its time says nothing about its reason.
    pub(crate) async fn refusal_time(&self, asked_at: Instant) {
        sleep_until(asked_at + self.config.timings.refusal).await;
    }
}
