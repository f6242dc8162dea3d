//! What can be set about signalling. The binary reads settings; nothing here reads the
//! environment.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use protocol::media::VideoCodec;
use protocol::{TurnServers, ws};
use url::Url;

/// The settings of signalling. [`Default`] is a house on this machine.
#[derive(Clone, Debug)]
pub struct SignalingConfig {
    /// The address that people use. WebSockets of its origin are admitted even when a proxy
    /// rewrites the `Host` header.
    pub public_url: Option<Url>,
    /// Proxies whose `X-Forwarded-For` is believed. Nobody's, when empty.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read `/metrics`. Loopback only, by default; requests that came through a proxy
    /// are counted as coming from the client that the proxy names.
    pub metrics_readers: Vec<IpNet>,
    /// Relays that pages are told of, each person with credentials of their own.
    pub relays: Vec<TurnServers>,
    /// The codec in which pages send pictures.
    pub video: VideoCodec,
    /// Sizes, numbers and rates.
    pub limits: Limits,
    /// Durations.
    pub timings: Timings,
}

impl Default for SignalingConfig {
    fn default() -> Self {
        Self {
            public_url: None,
            trusted_proxies: Vec::new(),
            metrics_readers: vec![
                IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
                IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
            ],
            relays: Vec::new(),
            video: VideoCodec::default(),
            limits: Limits::default(),
            timings: Timings::default(),
        }
    }
}

/// A rate: so many at once, and one more after every while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: NonZeroU32,
    /// How long it takes until one more is allowed.
    pub every: Duration,
}

impl Rate {
    /// `burst` at once, `per_second` in the long run.
    ///
    /// # Panics
    /// When one of them is 0.
    #[must_use]
    pub const fn per_second(per_second: u32, burst: u32) -> Self {
        assert!(per_second > 0, "a rate is at least 1 a second");
        Self::every(Duration::from_nanos(1_000_000_000 / per_second as u64), burst)
    }

    /// `burst` at once, then one every `every`.
    ///
    /// # Panics
    /// When one of them is 0.
    #[must_use]
    pub const fn every(every: Duration, burst: u32) -> Self {
        assert!(!every.is_zero(), "a rate has a period");
        Self { burst: NonZeroU32::new(burst).expect("a rate allows one at least"), every }
    }
}

/// Sizes, numbers and rates. An address is an IPv4 address or the /64 of an IPv6 address.
#[derive(Clone, Debug)]
pub struct Limits {
    /// WebSockets at a time.
    pub connections: usize,
    /// WebSockets at a time from one address. A school class behind one router fits in.
    pub connections_per_address: usize,
    /// New sessions, WHIP and WHEP included.
    pub sessions: Rate,
    /// New sessions from one address.
    pub sessions_per_address: Rate,
    /// Messages of one WebSocket.
    pub messages: Rate,
    /// Bytes of one WebSocket. The burst is at least [`ws::MAX_MESSAGE_SIZE`].
    pub message_bytes: Rate,
    /// Offers of one WebSocket.
    pub offers: Rate,
    /// Refused messages (unreadable ones and those above the rate) after which a WebSocket is
    /// closed.
    pub strikes: u32,
    /// Messages that wait for a slow reader before its WebSocket is dropped.
    pub outbox: usize,
    /// Messages kept of each person for a resumed connection.
    pub replay: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_address: 256,
            sessions: Rate::per_second(200, 2_000),
            sessions_per_address: Rate::per_second(5, 100),
            messages: Rate::per_second(20, 60),
            message_bytes: Rate::per_second(64 * 1024, 1024 * 1024),
            offers: Rate::per_second(1, 8),
            strikes: 100,
            outbox: 1024,
            replay: 256,
        }
    }
}

/// Durations.
#[derive(Clone, Debug)]
pub struct Timings {
    /// How long a WebSocket may stay without a greeting.
    pub hello: Duration,
    /// How often the server pings a WebSocket.
    pub ping: Duration,
    /// A WebSocket silent for this long is closed.
    pub silence: Duration,
    /// How long one write to a WebSocket may take.
    pub write: Duration,
    /// How long a seat, a place on stage and a media session wait for a lost connection.
    pub seat_grace: Duration,
    /// The shortest time between two counts of the house.
    pub house_count: Duration,
    /// How often a performance looks after what is due: seats, counts, unanswered declarations.
    pub tick: Duration,
    /// How long the media node may take to answer.
    pub media: Duration,
    /// How often a seated person's right to be here is read again from the store.
    pub verify: Duration,
    /// How long a performance without anybody stays in memory.
    pub idle: Duration,
    /// Every refusal of access is answered this long after the question, so that its time says
    /// nothing about its reason.
    pub refusal: Duration,
    /// How long a request may take, its body included.
    pub request: Duration,
    /// How long the end waits for WebSockets to say goodbye.
    pub farewell: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            hello: ws::HELLO_TIMEOUT,
            ping: ws::PING_INTERVAL,
            silence: ws::SILENCE_LIMIT,
            write: Duration::from_secs(10),
            seat_grace: Duration::from_secs(30),
            house_count: Duration::from_secs(1),
            tick: Duration::from_millis(250),
            media: Duration::from_secs(5),
            verify: protocol::token::TOKEN_LIFETIME,
            idle: Duration::from_secs(60),
            refusal: Duration::from_millis(150),
            request: Duration::from_secs(15),
            farewell: Duration::from_secs(3),
        }
    }
}
