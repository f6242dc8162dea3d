//! What crosses a wire or a process: ids, roles, tokens, links, and the messages of the
//! WebSocket, HTTP and media-control protocols.
//!
//! This crate is a leaf: it imports no other crate of the workspace. Every type that a browser
//! sees derives [`ts_rs::TS`]; `make generate` writes them to
//! `webapp/src/api/generated/protocol.ts` and a test fails when the two drift apart.

pub mod clock;
pub mod error;
pub mod http;
pub mod ids;
pub mod keyring;
pub mod link;
pub mod media;
pub mod quality;
pub mod role;
pub mod snapshot;
pub mod token;
pub mod turn;
pub mod typescript;
pub mod ws;

pub use clock::{Clock, Entropy, SystemClock, SystemEntropy, Timestamp};
pub use error::{ErrorBody, ErrorCode, Language};
pub use ids::{
    DeviceId, InviteId, MediaSessionId, ParticipantId, PerformanceId, PersonId, RoomId, SceneId,
    SessionId, ShowId, Slug, TicketId, TicketTypeId, UserId,
};
pub use keyring::{Keyring, KeyringError};
pub use link::{AccessLink, LinkError, LinkKind};
pub use role::{Place, Role};
pub use token::{SessionClaims, TokenError};
pub use turn::{TurnSecret, TurnServers, TurnUser};
