//! Everything that comes to the relay, from strangers and from somebody with a password. Whatever
//! they say, it sends to the house's media port and nowhere else.
#![no_main]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use protocol::clock::SeededEntropy;
use protocol::{PersonId, Timestamp, TurnSecret, TurnServers};
use rtc_crypto::{RTCCryptoProvider as _, providers::AwsLcRsProvider};
use rtc_stun::attributes::{ATTR_NONCE, ATTR_REALM, ATTR_USERNAME, AttrType, RawAttribute};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_REQUEST, METHOD_ALLOCATE, METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_REFRESH,
    Message, MessageType, Setter, TransactionId,
};
use turn::core::{Core, HEADROOM, Now, Outside, RelayId};
use turn::{Target, Targets, TurnConfig};

static CRYPTO: AwsLcRsProvider = AwsLcRsProvider::new();
const MEDIA: &str = "203.0.113.7:7882";
const SECRET: &str = "a secret of sixteen bytes or more";

#[derive(Default)]
struct World {
    said: Vec<u8>,
}

impl Outside for World {
    fn to_client(&mut self, _: SocketAddr, datagram: &[u8]) {
        self.said = datagram.to_vec();
    }
    fn to_peer(&mut self, _: RelayId, peer: SocketAddr, _: &[u8]) {
        assert_eq!(peer, MEDIA.parse().unwrap(), "an open door");
    }
    fn open(&mut self, relay: RelayId, _: bool) -> Option<u16> {
        assert!(relay.0 < 4, "above the limit");
        Some(50_000)
    }
    fn close(&mut self, _: RelayId) {}
}

fn raw(typ: u16, value: &[u8]) -> Box<dyn Setter> {
    Box::new(RawAttribute { typ: AttrType(typ), length: 0, value: value.to_vec() })
}

/// A request with whatever attributes, signed.
fn signed(method: u8, attributes: &[u8], username: &str, key: &[u8], nonce: &[u8]) -> Vec<u8> {
    let methods = [METHOD_ALLOCATE, METHOD_REFRESH, METHOD_CREATE_PERMISSION, METHOD_CHANNEL_BIND];
    let kind = MessageType::new(methods[usize::from(method) % methods.len()], CLASS_REQUEST);
    let mut all: Vec<Box<dyn Setter + '_>> = vec![
        Box::new(kind),
        Box::new(TransactionId([method; 12])),
        raw(ATTR_USERNAME.0, username.as_bytes()),
        raw(ATTR_REALM.0, b"rampa"),
        raw(ATTR_NONCE.0, nonce),
    ];
    let mut rest = attributes;
    while let [high, low, length, tail @ ..] = rest {
        let length = usize::from(*length).min(tail.len());
        all.push(raw(u16::from_be_bytes([*high, *low]), &tail[..length]));
        rest = &tail[length..];
    }
    all.push(Box::new(MessageIntegrity::new_raw_integrity_with_provider(key, CRYPTO.crypto())));
    let mut message = Message::new();
    message.build(&all).map(|()| message.raw).unwrap_or_default()
}

fuzz_target!(|input: &[u8]| {
    let named = MEDIA.parse().unwrap();
    let secret = TurnSecret::new(SECRET).unwrap();
    let config = TurnConfig {
        realm: "rampa".to_owned(),
        secret: secret.clone(),
        quota: 2,
        max_allocations: 4,
        targets: Targets::new(vec![Target { named, actual: named }]).unwrap(),
    };
    let mut core = Core::new(config, &SeededEntropy::new(1));
    let mut world = World::default();
    let mut now = Now { instant: Instant::now(), wall: Timestamp(1_793_620_800_000_000) };
    let servers = TurnServers { urls: Vec::new(), secret, ttl: Duration::from_secs(600) };
    let issued = servers.issue(PersonId(uuid::Uuid::from_u128(1)), now.wall);
    let client: SocketAddr = "192.0.2.1:4000".parse().unwrap();
    let key = MessageIntegrity::long_term_integrity_key(
        issued.username.clone(),
        "rampa".to_owned(),
        issued.credential,
        CRYPTO.crypto(),
    )
    .unwrap();
    core.handle_client(now, client, &signed(0, &[], "", &[], b""), &mut world);
    let mut question = Message::new();
    let nonce = question
        .unmarshal_binary(&world.said)
        .and_then(|()| question.get(ATTR_NONCE))
        .unwrap_or_default();

    let mut rest = input;
    while let [what, length, tail @ ..] = rest {
        let (bytes, next) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = next;
        match what % 5 {
            0 => core.handle_client(now, client, bytes, &mut world),
            1 => core.handle_client(now, "192.0.2.9:1".parse().unwrap(), bytes, &mut world),
            2 => {
                let request = signed(what / 5, bytes, &issued.username, &key, &nonce);
                core.handle_client(now, client, &request, &mut world);
            }
            3 => {
                let mut frame = [&[0; HEADROOM], bytes].concat();
                let source = if what / 5 == 0 { named } else { client };
                core.handle_peer(now, RelayId(0), source, &mut frame, &mut world);
            }
            _ => {
                let time = Duration::from_secs(u64::from(*length) * 4);
                now = Now { instant: now.instant + time, wall: now.wall.after(time) };
                core.sweep(now.instant, &mut world);
            }
        }
        assert!(core.counters().allocations <= 1);
    }
});
