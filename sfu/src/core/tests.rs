//! The core with clients that have keys but no handshakes, so that thousands of stories can be
//! told in a second. Whole clients on a whole network are in `tests/simulation`.

mod client;
mod input;
mod nonces;
mod paths;
mod quality;
mod shards;
mod sound;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::clock::SeededEntropy;
use protocol::media::{MediaCommand, MediaReply, MediaRequest, TrackSet, ViewId};
use protocol::{MediaSessionId, ParticipantId, RoomId, Timestamp};
use uuid::Uuid;

use super::*;
use crate::ice::tests::binding_request;
use crate::srtp::{KeyingMaterial, Profile};
use client::Client;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const HOUSE: ViewId = ViewId(0);
const NODE: &str = "192.0.2.1:7882";

/// Collects datagrams.
#[derive(Default)]
struct Outbox(Vec<(SocketAddr, Vec<u8>)>);

impl Sink for Outbox {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        for datagram in transmit.contents.chunks(transmit.segment_size) {
            self.0.push((transmit.path.remote, datagram.to_vec()));
        }
    }
}

/// A core and the time.
struct Stage {
    core: Core,
    now: Instant,
    outbox: Outbox,
    next_session: u128,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let config = CoreConfig {
            candidates: vec![NODE.parse().expect("an address")],
            tcp_candidates: vec![NODE.parse().expect("an address")],
            fingerprint: [7; 32],
            max_sessions: 64,
        };
        let now = Instant::now();
        let entropy = Arc::new(SeededEntropy::new(seed));
        let core = Core::new(config, entropy, now, Timestamp(1_800_000_000_000_000));
        Self { core, now, outbox: Outbox::default(), next_session: 1 }
    }

    fn command(&mut self, command: MediaCommand) -> MediaReply {
        let request = MediaRequest { id: 1, room: ROOM, epoch: 1, command };
        self.core.handle_command(self.now, request, &mut self.outbox)
    }

    /// Connects, with a check and keys; an earlier session of the participant ends.
    fn connect(&mut self, participant: u128, offer: &str) -> Client {
        let session = MediaSessionId(Uuid::from_u128(self.next_session));
        let port = 1_000 + self.next_session as u16;
        self.next_session += 1;
        let command = MediaCommand::Connect {
            session,
            participant: ParticipantId(Uuid::from_u128(participant)),
            view: HOUSE,
            publish: TrackSet::ALL,
            offer: offer.to_owned(),
        };
        let MediaReply::Answer { sdp, .. } = self.command(command) else {
            panic!("no answer to {offer}");
        };
        let line = |name: &str| {
            let found = sdp.lines().find_map(|line| line.strip_prefix(name));
            found.expect("the answer has credentials").to_owned()
        };
        let address = SocketAddr::from(([198, 51, 100, 1], port));
        let role = rtc_stun::attributes::ATTR_ICE_CONTROLLING;
        let mut check = binding_request(&line("a=ice-ufrag:"), &line("a=ice-pwd:"), role);
        self.receive(address, &mut check);

        let exported = vec![port as u8; Profile::AeadAes128Gcm.keying_material_len()];
        let keys = |client| {
            KeyingMaterial::from_exporter(Profile::AeadAes128Gcm, &exported, client)
                .expect("keys of the right length")
        };
        let outcome = DtlsOutcome::Connected(Box::new(keys(false)));
        self.core.handle_dtls(self.now, session, outcome, &mut self.outbox);
        Client::new(address, keys(true))
    }

    fn receive(&mut self, from: SocketAddr, contents: &mut [u8]) {
        let path = Path::udp(from);
        let mut datagram = Datagram { path, received: self.now, contents };
        self.core.handle_datagram(self.now, &mut datagram, &mut self.outbox);
    }

    fn show(&mut self, participants: &[u128]) {
        let sources = participants.iter().map(|p| ParticipantId(Uuid::from_u128(*p))).collect();
        self.command(MediaCommand::SetView { view: HOUSE, sources });
    }

    fn advance(&mut self, by: Duration) {
        self.now += by;
        self.core.handle_timeout(self.now, &mut self.outbox);
        self.core.flush(self.now, &mut self.outbox);
    }

    /// What was sent to `address` since the last call for any address.
    fn sent_to(&mut self, address: SocketAddr) -> Vec<Vec<u8>> {
        let (to, others) = std::mem::take(&mut self.outbox.0)
            .into_iter()
            .partition(|(remote, _)| *remote == address);
        self.outbox.0 = others;
        to.into_iter().map(|(_, contents)| contents).collect()
    }
}
