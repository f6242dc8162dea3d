//! Bodies of the HTTP interface.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::clock::Timestamp;
use crate::error::Language;
use crate::ids::{DeviceId, Slug};
use crate::media::VideoCodec;
use crate::role::Role;

/// `POST /api/session`: a link becomes a session. Taking a seat ends the person's earlier one.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// The secret of a ticket or invite link (the part after `#`).
    pub link: String,
    /// Which browser asks.
    pub device: DeviceId,
    /// The language to answer in.
    #[serde(default)]
    pub language: Language,
}

/// The answer to [`SessionRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionResponse {
    /// For the WebSocket, WHIP and WHEP.
    pub token: String,
    /// When the token stops admitting; renew it over the WebSocket before.
    pub expires_at: Timestamp,
    /// What the person may do.
    pub role: Role,
    /// The person's name, as others see it.
    pub name: String,
    /// What is played.
    pub performance: PerformanceView,
    /// Relays, for `RTCPeerConnection`; what admits to them is this person's and expires.
    pub ice_servers: Vec<IceServer>,
    /// The codec in which pictures are sent, where the browser has it.
    #[serde(default)]
    pub video: VideoCodec,
}

/// One entry of `RTCConfiguration.iceServers`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IceServer {
    /// `turn:` and `stun:` addresses.
    pub urls: Vec<String>,
    /// Time-limited user name.
    pub username: String,
    /// Its HMAC.
    pub credential: String,
}

/// What admits is not shown.
impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// What a programme leaflet says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PerformanceView {
    /// The name in addresses.
    pub slug: Slug,
    /// The play's title.
    pub title: String,
    /// A few sentences about it.
    pub description: String,
    /// The poster: a path on this origin, or nothing.
    pub poster: Option<String>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The house's time zone (IANA name), in which times are shown.
    pub time_zone: String,
    /// Who plays.
    pub cast: Vec<CastMember>,
}

/// One line of the cast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CastMember {
    /// The actor's name.
    pub name: String,
    /// The part, or empty.
    pub part: String,
}
