//! ICE-lite (RFC 8445 section 2.5): the node answers connectivity checks and makes none.

use std::net::SocketAddr;

use protocol::Entropy;
use rtc_crypto::{RTCCryptoProvider, providers::AwsLcRsProvider};
use rtc_stun::attributes::{ATTR_ICE_CONTROLLED, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::error_code::{CODE_ROLE_CONFLICT, ErrorCode};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Message, Setter};
use rtc_stun::xoraddr::XorMappedAddress;

/// The longest connectivity check that is read, in bytes; real ones have about 100.
pub const MAX_CHECK_SIZE: usize = 576;

static CRYPTO: AwsLcRsProvider = AwsLcRsProvider::new();

/// The node's side of a session's ICE credentials (RFC 8839 section 5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct LocalCredentials {
    /// `ice-ufrag`: 8 characters, by which the first check of an address finds its session.
    pub ufrag: String,
    /// `ice-pwd`: 24 characters, 144 bits.
    pub pwd: String,
}

impl LocalCredentials {
    /// New random credentials.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self { ufrag: ice_chars(entropy, 8), pwd: ice_chars(entropy, 24) }
    }
}

impl std::fmt::Debug for LocalCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalCredentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

fn ice_chars(entropy: &dyn Entropy, length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; length];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect()
}

/// A binding request that has not been authenticated yet.
#[derive(Debug)]
pub struct Check {
    message: Message,
    ufrag: String,
}

impl Check {
    /// Reads a binding request, or nothing when the datagram is anything else.
    #[must_use]
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        if datagram.len() > MAX_CHECK_SIZE {
            return None;
        }
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        if message.typ != BINDING_REQUEST {
            return None;
        }
        let username = String::from_utf8(message.get(ATTR_USERNAME).ok()?).ok()?;
        let (ufrag, _) = username.split_once(':')?;
        Some(Self { ufrag: ufrag.to_owned(), message })
    }

    /// The local half of the user name: whose session this check is for.
    #[must_use]
    pub fn local_ufrag(&self) -> &str {
        &self.ufrag
    }

    /// Whether whoever sent this knows `pwd` (RFC 8489 section 9.1.3).
    #[must_use]
    pub fn is_authentic(&mut self, pwd: &str) -> bool {
        let intact = FINGERPRINT.check(&self.message).is_ok();
        intact
            && MessageIntegrity::check(&mut self.message, pwd.as_bytes(), CRYPTO.crypto()).is_ok()
    }

    /// Whether the client chooses this path.
    #[must_use]
    pub fn nominates(&self) -> bool {
        self.message.contains(ATTR_USE_CANDIDATE)
    }

    /// The answer to send to `source`, and whether the check succeeded. A client that believes
    /// itself controlled is told otherwise (487): the node, being lite, never controls.
    #[must_use]
    pub fn respond(&self, source: SocketAddr, pwd: &str) -> Option<(Vec<u8>, bool)> {
        if !self.message.contains(ATTR_PRIORITY) {
            return None;
        }
        let conflict = self.message.contains(ATTR_ICE_CONTROLLED);
        let integrity = MessageIntegrity::new_raw_integrity_with_provider(pwd, CRYPTO.crypto());
        let outcome: (_, Box<dyn Setter>) = if conflict {
            let code: ErrorCode = CODE_ROLE_CONFLICT;
            (BINDING_ERROR, Box::new(code))
        } else {
            let mapped = XorMappedAddress { ip: source.ip(), port: source.port() };
            (BINDING_SUCCESS, Box::new(mapped))
        };
        let mut response = Message::new();
        response
            .build(&[
                Box::new(outcome.0),
                Box::new(self.message.transaction_id),
                outcome.1,
                Box::new(integrity),
                Box::new(FINGERPRINT),
            ])
            .ok()?;
        Some((response.raw, !conflict))
    }
}

#[cfg(test)]
pub(crate) mod tests;
