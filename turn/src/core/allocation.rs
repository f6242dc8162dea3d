//! What one client has at the relay.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::PersonId;
use rtc_stun::message::TransactionId;

use crate::channel::ChannelNumber;

/// How long an allocation lives when its client does not say (RFC 8656 section 3.2).
pub(super) const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
/// How long it lives at most without a refresh (RFC 8656 section 7.2).
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
/// RFC 8656 section 9.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// RFC 8656 section 12.
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

/// What one client has at the relay. It exists as long as somebody refreshes it, even when the
/// time of the credentials it was made with is over: a play is not cut off in the middle.
pub(super) struct Allocation {
    /// Where the client is.
    pub(super) client: SocketAddr,
    /// Whose it is.
    pub(super) person: PersonId,
    /// The user name it was made with; others may not touch it.
    pub(super) username: Vec<u8>,
    /// The key that belongs to it.
    pub(super) key: Vec<u8>,
    /// When it ends.
    pub(super) expires: Instant,
    /// The request that made it and its answer, in case that was lost.
    pub(super) made_by: (TransactionId, Vec<u8>),
    /// Whether its address is IPv6.
    pub(super) v6: bool,
    /// What it may do with each target, in their order.
    peers: Vec<Peer>,
}

#[derive(Clone, Copy, Default)]
struct Peer {
    permitted_until: Option<Instant>,
    channel: Option<(ChannelNumber, Instant)>,
}

/// Why a channel cannot be bound: its number or its peer is taken.
#[derive(Debug)]
pub(super) struct ChannelTaken;

impl Allocation {
    #[expect(clippy::too_many_arguments, reason = "what it is made of, once")]
    pub(super) fn new(
        client: SocketAddr,
        person: PersonId,
        username: Vec<u8>,
        key: Vec<u8>,
        expires: Instant,
        made_by: (TransactionId, Vec<u8>),
        v6: bool,
        targets: usize,
    ) -> Self {
        let peers = vec![Peer::default(); targets];
        Self { client, person, username, key, expires, made_by, v6, peers }
    }

    pub(super) fn permits(&self, target: usize, now: Instant) -> bool {
        self.peers[target].permitted_until.is_some_and(|until| now < until)
    }

    pub(super) fn permit(&mut self, target: usize, now: Instant) {
        self.peers[target].permitted_until = Some(now + PERMISSION_LIFETIME);
    }

    /// The channel bound to a target.
    pub(super) fn channel_of(&self, target: usize, now: Instant) -> Option<ChannelNumber> {
        let (number, until) = self.peers[target].channel?;
        (now < until).then_some(number)
    }

    /// The target that a channel is bound to.
    pub(super) fn target_of(&self, number: ChannelNumber, now: Instant) -> Option<usize> {
        (0..self.peers.len()).find(|target| self.channel_of(*target, now) == Some(number))
    }

    /// Binds a channel, or keeps it bound for longer; it is a permission as well.
    pub(super) fn bind(
        &mut self,
        number: ChannelNumber,
        target: usize,
        now: Instant,
    ) -> Result<(), ChannelTaken> {
        let bound = self.channel_of(target, now);
        let bound_to = self.target_of(number, now);
        if bound.is_some_and(|other| other != number) || bound_to.is_some_and(|t| t != target) {
            return Err(ChannelTaken);
        }
        self.peers[target].channel = Some((number, now + CHANNEL_LIFETIME));
        self.permit(target, now);
        Ok(())
    }
}

/// How long an allocation is to live, when its client wants `wanted`.
pub(super) fn lifetime(wanted: Option<Duration>) -> Duration {
    wanted.unwrap_or_default().clamp(DEFAULT_LIFETIME, MAX_LIFETIME)
}
