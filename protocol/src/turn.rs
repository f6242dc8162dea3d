//! What admits to a relay (TURN): user names that say until when, and their HMAC.
//!
//! The form is that of the "TURN REST API" (draft-uberti-behave-turn-rest): the user name is
//! `EXPIRES:PERSON`, the password is the base64 of its HMAC-SHA1 under a secret that house and
//! relay share. coturn's `use-auth-secret` takes the same, so one function serves every relay.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::http::IceServer;
use crate::ids::PersonId;
use crate::keyring::Keyring;

/// What a house and its relays share.
#[derive(Clone)]
pub struct TurnSecret(Zeroizing<String>);

impl TurnSecret {
    /// The fewest bytes of a secret.
    pub const MIN_LENGTH: usize = 16;

    /// A secret that somebody chose; nothing when it is shorter than [`Self::MIN_LENGTH`].
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (text.len() >= Self::MIN_LENGTH).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret of a house that was told none. It follows from the keys, so that what was
    /// handed out before a restart still admits after it.
    #[must_use]
    pub fn derived(keyring: &Keyring) -> Self {
        Self(Zeroizing::new(STANDARD.encode(keyring.sign("turn", b"secret"))))
    }

    /// The password that belongs to a user name.
    #[must_use]
    pub fn password(&self, username: &str) -> Zeroizing<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.0.as_bytes());
        Zeroizing::new(STANDARD.encode(hmac::sign(&key, username.as_bytes())))
    }
}

impl fmt::Debug for TurnSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Relays that share a secret.
#[derive(Clone, Debug)]
pub struct TurnServers {
    /// `turn:` and `turns:` addresses (RFC 7065), as browsers take them.
    pub urls: Vec<String>,
    /// What admits to them.
    pub secret: TurnSecret,
    /// How long what is handed out admits.
    pub ttl: Duration,
}

impl TurnServers {
    /// What a person is told. It admits until `now` + `ttl`, and counts as theirs.
    #[must_use]
    pub fn issue(&self, person: PersonId, now: Timestamp) -> IceServer {
        let username = TurnUser { expires: now.after(self.ttl), person }.to_string();
        let credential = self.secret.password(&username).to_string();
        IceServer { urls: self.urls.clone(), username, credential }
    }
}

/// What a user name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnUser {
    /// From when on it admits no more. Whole seconds.
    pub expires: Timestamp,
    /// Whom it was made for.
    pub person: PersonId,
}

impl TurnUser {
    /// Reads a user name; nothing when it has another form.
    #[must_use]
    pub fn parse(username: &str) -> Option<Self> {
        let (expires, person) = username.split_once(':')?;
        let seconds: u64 = expires.parse().ok()?;
        let expires = Timestamp::default().after(Duration::from_secs(seconds));
        Some(Self { expires, person: person.parse().ok()? })
    }
}

impl fmt::Display for TurnUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.expires.as_secs(), self.person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> PersonId {
        "0192f0c1-2d3e-7f40-8a51-62b3c4d5e6f7".parse().unwrap()
    }

    #[test]
    fn passwords_are_those_of_the_rest_form() {
        // printf '1792600000:anna' | openssl dgst -sha1 -hmac a-secret-of-coturn -binary | base64
        let secret = TurnSecret::new("a-secret-of-coturn").unwrap();
        assert_eq!(*secret.password("1792600000:anna"), "WL3aKuIfipdwnl+oYIdX4gD5rKw=");
    }

    #[test]
    fn what_is_issued_says_who_and_until_when() {
        let servers = TurnServers {
            urls: vec!["turn:192.0.2.1:3478?transport=udp".to_owned()],
            secret: TurnSecret::new("a-secret-of-coturn").unwrap(),
            ttl: Duration::from_secs(3600),
        };
        let issued = servers.issue(person(), Timestamp(1_793_620_800_000_000));
        assert_eq!(issued.username, format!("1793624400:{}", person()));
        assert_eq!(issued.credential, *servers.secret.password(&issued.username));
        let user = TurnUser::parse(&issued.username).unwrap();
        assert_eq!(user, TurnUser { expires: Timestamp(1_793_624_400_000_000), person: person() });
    }

    #[test]
    fn user_names_of_another_form_are_none() {
        let person = person();
        let huge = format!("18446744073709551616:{person}");
        let names = ["", ":", "anna", "1793624400", "1793624400:anna", "-1:", &huge];
        for name in names {
            assert_eq!(TurnUser::parse(name), None, "{name}");
        }
        let far = TurnUser::parse(&format!("18446744073709551615:{person}")).unwrap();
        assert_eq!(far.expires, Timestamp(i64::MAX), "the end of time");
    }

    #[test]
    fn secrets_are_long_enough_and_never_shown() {
        assert!(TurnSecret::new("short").is_none());
        let keyring =
            |byte: u8| Keyring::new(vec![(1, vec![byte; Keyring::KEY_LENGTH].into())]).unwrap();
        let secret = TurnSecret::derived(&keyring(7));
        let other = TurnSecret::derived(&keyring(8));
        assert_eq!(secret.password("a"), TurnSecret::derived(&keyring(7)).password("a"));
        assert_ne!(secret.password("a"), other.password("a"));
        assert_eq!(format!("{secret:?}"), "[redacted]");
    }
}
