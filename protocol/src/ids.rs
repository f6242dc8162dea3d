//! Identifiers. Each is its own type, so that a ticket is never taken for a person.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::clock::{Clock, Entropy};

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id: UUID version 7, ordered by the clock's millisecond (RFC 9562 section 5.7).
            pub fn generate(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                let mut random = [0; 10];
                entropy.fill(&mut random);
                let millis = u64::try_from(clock.now().as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// An account: somebody the house knows, with or without Telegram.
    UserId,
    /// A play.
    ShowId,
    /// One evening of a play.
    PerformanceId,
    /// A part of a performance.
    SceneId,
    /// A kind of ticket: price, quota, what it allows.
    TicketTypeId,
    /// A ticket.
    TicketId,
    /// A personal invitation of an actor or of the crew.
    InviteId,
    /// Somebody in a performance: whoever holds one ticket or one invite. The id equals the id
    /// of that ticket or invite, so two tickets of one buyer are two people.
    PersonId,
    /// One sitting of a person at one device, from entry to departure or take-over.
    SessionId,
    /// One PeerConnection with the media node.
    MediaSessionId,
    /// The media node's name for a performance.
    RoomId,
    /// The media node's name for a person.
    ParticipantId,
}

impl From<PerformanceId> for RoomId {
    fn from(id: PerformanceId) -> Self {
        Self(id.0)
    }
}

impl From<RoomId> for PerformanceId {
    fn from(id: RoomId) -> Self {
        Self(id.0)
    }
}

impl From<PersonId> for ParticipantId {
    fn from(id: PersonId) -> Self {
        Self(id.0)
    }
}

impl From<ParticipantId> for PersonId {
    fn from(id: ParticipantId) -> Self {
        Self(id.0)
    }
}

impl From<TicketId> for PersonId {
    fn from(id: TicketId) -> Self {
        Self(id.0)
    }
}

impl From<InviteId> for PersonId {
    fn from(id: InviteId) -> Self {
        Self(id.0)
    }
}

/// Why a text is not a valid name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty, or longer than the limit.
    #[error("expected 1 to {0} characters")]
    Length(usize),
    /// A character outside the allowed set.
    #[error("only lower-case latin letters, digits and hyphens are allowed")]
    Character,
}

/// The human-readable name of a performance in addresses: `[a-z0-9-]`, 1 to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Slug(String);

impl Slug {
    /// The longest slug, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > Self::MAX_LENGTH {
            return Err(NameError::Length(Self::MAX_LENGTH));
        }
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !text.bytes().all(allowed) {
            return Err(NameError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Slug {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A browser's random name for itself, kept in its local storage: `[A-Za-z0-9_-]`, 16 to 64
/// characters. It tells a reload from a second device; it proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct DeviceId(String);

impl DeviceId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(16..=64).contains(&text.len()) {
            return Err(NameError::Length(64));
        }
        let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if !text.bytes().all(allowed) {
            return Err(NameError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for DeviceId {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<DeviceId> for String {
    fn from(device: DeviceId) -> Self {
        device.0
    }
}
