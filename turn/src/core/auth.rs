//! Who asks (RFC 8489 section 9.2): nonces without memory, and passwords that follow from user
//! names.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use protocol::{Entropy, PersonId, Timestamp, TurnUser};
use rtc_crypto::{RTCCryptoProvider as _, providers::AwsLcRsProvider};
use rtc_stun::integrity::MessageIntegrity;

use super::Core;
use super::message::Body;

pub(super) static CRYPTO: AwsLcRsProvider = AwsLcRsProvider::new();

/// How long a nonce is good for (RFC 8656 section 5 recommends an hour at most).
const NONCE_LIFETIME: Duration = Duration::from_secs(3600);
/// Bytes of a nonce's signature that are sent.
const TAG: usize = 12;

/// Makes nonces and knows them again. A nonce is its time and a signature over time and client,
/// so that strangers cannot make the relay remember anything.
pub(super) struct Nonces(hmac::Key);

impl Nonces {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// A nonce for a client.
    pub(super) fn issue(&self, client: SocketAddr, now: Timestamp) -> String {
        let seconds = now.as_secs().to_be_bytes();
        let tag = self.tag(seconds, client);
        seconds.iter().chain(&tag).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a nonce is ours, for this client, and still good.
    pub(super) fn is_good(&self, nonce: &[u8], client: SocketAddr, now: Timestamp) -> bool {
        let Some(bytes) = from_hex(nonce) else { return false };
        let Some((seconds, tag)) = bytes.split_first_chunk::<8>() else { return false };
        let ours = constant_time::verify_slices_are_equal(tag, &self.tag(*seconds, client));
        let age = now.as_secs().saturating_sub(i64::from_be_bytes(*seconds));
        ours.is_ok() && u64::try_from(age).is_ok_and(|age| age < NONCE_LIFETIME.as_secs())
    }

    fn tag(&self, seconds: [u8; 8], client: SocketAddr) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&seconds);
        match client.ip() {
            IpAddr::V4(ip) => context.update(&ip.octets()),
            IpAddr::V6(ip) => context.update(&ip.octets()),
        }
        context.update(&client.port().to_be_bytes());
        let tag = context.sign();
        tag.as_ref()[..TAG].try_into().expect("invariant: HMAC-SHA-256 is 32 bytes")
    }
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if text.len() != 2 * (8 + TAG) {
        return None;
    }
    let byte = |pair: &[u8]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    text.chunks(2).map(byte).collect()
}

/// Somebody whose password was right.
pub(super) struct User {
    pub(super) person: PersonId,
    pub(super) username: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// Why a request is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No password was shown: 401 with what is needed to show one.
    Challenge,
    /// Half of what belongs to a password is missing: 400.
    Incomplete,
    /// The nonce is not, or no longer, good: 438 with another.
    Stale,
    /// A wrong password, or one of another secret: 401.
    WrongPassword,
    /// The time of the credentials is over: 401.
    Expired,
}

impl Core {
    /// Whether whoever sent a request may be here.
    pub(super) fn authenticate(
        &self,
        now: Timestamp,
        client: SocketAddr,
        message: &mut Body,
    ) -> Result<User, Refusal> {
        if !message.is_signed() {
            return Err(Refusal::Challenge);
        }
        let (Some(username), Some(realm), Some(nonce)) =
            (message.username(), message.realm(), message.nonce())
        else {
            return Err(Refusal::Incomplete);
        };
        if !self.nonces.is_good(nonce, client, now) {
            return Err(Refusal::Stale);
        }
        if realm != self.config.realm.as_bytes() {
            return Err(Refusal::WrongPassword);
        }
        let username = username.to_vec();
        if let Some((_, allocation)) = self.of_client(client)
            && allocation.username == username
        {
            let (person, key) = (allocation.person, allocation.key.clone());
            return message
                .is_signed_with(&key)
                .then_some(User { person, username, key })
                .ok_or(Refusal::WrongPassword);
        }
        let text = std::str::from_utf8(&username).map_err(|_| Refusal::WrongPassword)?;
        let user = TurnUser::parse(text).ok_or(Refusal::WrongPassword)?;
        let key = MessageIntegrity::long_term_integrity_key(
            text.to_owned(),
            self.config.realm.clone(),
            self.config.secret.password(text).to_string(),
            CRYPTO.crypto(),
        )
        .map_err(|_| Refusal::WrongPassword)?;
        if !message.is_signed_with(&key) {
            return Err(Refusal::WrongPassword);
        }
        if user.expires <= now {
            return Err(Refusal::Expired);
        }
        Ok(User { person: user.person, username, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::clock::SeededEntropy;

    #[test]
    fn nonces_are_good_for_their_client_and_for_an_hour() {
        let nonces = Nonces::new(&SeededEntropy::new(1));
        let client = "192.0.2.1:4000".parse().unwrap();
        let now = Timestamp(1_793_620_800_000_000);
        let nonce = nonces.issue(client, now);
        let good = |nonce: &str, client, now| nonces.is_good(nonce.as_bytes(), client, now);
        assert!(good(&nonce, client, now));
        assert!(good(&nonce, client, now.after(Duration::from_secs(3599))));
        assert!(!good(&nonce, client, now.after(Duration::from_secs(3600))));
        assert!(!good(&nonce, client, now.before(Duration::from_secs(60))), "of the future");
        assert!(!good(&nonce, "192.0.2.1:4001".parse().unwrap(), now));
        assert!(!good(&nonce[1..], client, now) && !good("", client, now));
        assert!(!good(&nonce.replace('0', "g"), client, now));
        let other = Nonces::new(&SeededEntropy::new(2));
        assert!(!other.is_good(nonce.as_bytes(), client, now));
    }
}
