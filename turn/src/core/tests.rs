//! The relay between a fake client and a fake house.

use std::time::Duration;

use protocol::clock::SeededEntropy;
use protocol::{TurnSecret, TurnServers};
use rtc_crypto::RTCCryptoProvider as _;
use rtc_stun::attributes::{
    ATTR_DATA, ATTR_DONT_FRAGMENT, ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS,
    ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS, AttrType, RawAttribute,
};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE, METHOD_BINDING,
    METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message,
    MessageType, Method, Setter, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;

use super::auth::CRYPTO;
use super::message::XorAddress;
use super::*;
use crate::targets::{Target, Targets};

const REALM: &str = "rampa";
const HOUSE: &str = "203.0.113.7:7882";
const HOUSE_V6: &str = "[2001:db8::7]:7882";
/// Where the house's IPv4 port is on its own machine.
const INSIDE: &str = "10.0.0.2:7882";
const SECRET: &str = "a secret of sixteen bytes or more";

/// What the relay did.
#[derive(Default)]
struct World {
    to_client: Vec<(SocketAddr, Vec<u8>)>,
    to_peer: Vec<(RelayId, SocketAddr, Vec<u8>)>,
    opened: Vec<(RelayId, bool)>,
    closed: Vec<RelayId>,
    full: bool,
}

impl Outside for World {
    fn to_client(&mut self, client: SocketAddr, datagram: &[u8]) {
        self.to_client.push((client, datagram.to_vec()));
    }
    fn to_peer(&mut self, relay: RelayId, peer: SocketAddr, datagram: &[u8]) {
        self.to_peer.push((relay, peer, datagram.to_vec()));
    }
    fn open(&mut self, relay: RelayId, v6: bool) -> Option<u16> {
        if self.full {
            return None;
        }
        self.opened.push((relay, v6));
        Some(50_000 + u16::try_from(relay.0).unwrap())
    }
    fn close(&mut self, relay: RelayId) {
        self.closed.push(relay);
    }
}

struct Stage {
    core: Core,
    world: World,
    now: Now,
}

/// Somebody with credentials.
#[derive(Clone)]
struct Client {
    address: SocketAddr,
    username: String,
    password: String,
    nonce: Vec<u8>,
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn raw(typ: AttrType, value: &[u8]) -> Box<dyn Setter> {
    Box::new(RawAttribute { typ, length: 0, value: value.to_vec() })
}

fn peer(text: &str) -> Box<dyn Setter> {
    Box::new(XorAddress(ATTR_XOR_PEER_ADDRESS, address(text)))
}

fn lifetime(seconds: u32) -> Box<dyn Setter> {
    raw(ATTR_LIFETIME, &seconds.to_be_bytes())
}

fn udp() -> Box<dyn Setter> {
    raw(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0])
}

fn channel(number: u16) -> Box<dyn Setter> {
    let [high, low] = number.to_be_bytes();
    raw(rtc_stun::attributes::ATTR_CHANNEL_NUMBER, &[high, low, 0, 0])
}

fn code(message: &Message) -> Option<u16> {
    let value = message.get(ATTR_ERROR_CODE).ok()?;
    Some(u16::from(value[2]) * 100 + u16::from(value[3]))
}

fn message(method: Method, attributes: Vec<Box<dyn Setter + '_>>) -> Message {
    let class = if method == METHOD_SEND { CLASS_INDICATION } else { CLASS_REQUEST };
    let mut all: Vec<Box<dyn Setter + '_>> =
        vec![Box::new(MessageType::new(method, class)), Box::new(TransactionId::new())];
    all.extend(attributes);
    let mut message = Message::new();
    message.build(&all).unwrap();
    message
}

fn person(number: u8) -> PersonId {
    PersonId(uuid::Uuid::from_bytes([number; 16]))
}

impl Stage {
    fn new() -> Self {
        let target = |named, actual| Target { named: address(named), actual: address(actual) };
        let targets = vec![target(HOUSE, INSIDE), target(HOUSE_V6, HOUSE_V6)];
        let config = TurnConfig {
            realm: REALM.to_owned(),
            secret: TurnSecret::new(SECRET).unwrap(),
            quota: 2,
            max_allocations: 3,
            targets: Targets::new(targets).unwrap(),
        };
        let wall = Timestamp(1_793_620_800_000_000);
        Self {
            core: Core::new(config, &SeededEntropy::new(7)),
            world: World::default(),
            now: Now { instant: Instant::now() + Duration::from_secs(3600), wall },
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall = self.now.wall.after(time);
        self.core.sweep(self.now.instant, &mut self.world);
    }

    fn client(&self, port: u16, whose: u8) -> Client {
        self.client_with(port, whose, SECRET)
    }

    fn client_with(&self, port: u16, whose: u8, secret: &str) -> Client {
        let servers = TurnServers {
            urls: Vec::new(),
            secret: TurnSecret::new(secret).unwrap(),
            ttl: Duration::from_secs(3600),
        };
        let issued = servers.issue(person(whose), self.now.wall);
        Client {
            address: SocketAddr::from(([192, 0, 2, 1], port)),
            username: issued.username,
            password: issued.credential,
            nonce: Vec::new(),
        }
    }

    fn give(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.core.handle_client(self.now, from, datagram, &mut self.world);
    }

    /// The one answer to a datagram.
    fn ask(&mut self, from: SocketAddr, datagram: &[u8]) -> Message {
        self.give(from, datagram);
        let (to, answer) = self.world.to_client.pop().expect("an answer");
        assert!(self.world.to_client.is_empty(), "one answer");
        assert_eq!(to, from);
        let mut message = Message::new();
        message.unmarshal_binary(&answer).unwrap();
        message
    }

    /// A signed request, with a nonce that is asked for first.
    fn request(
        &mut self,
        client: &mut Client,
        method: Method,
        attributes: Vec<Box<dyn Setter>>,
    ) -> Message {
        if client.nonce.is_empty() {
            let challenge = self.ask(client.address, &message(METHOD_ALLOCATE, vec![udp()]).raw);
            assert_eq!(code(&challenge), Some(401));
            client.nonce = challenge.get(ATTR_NONCE).unwrap();
        }
        let signed = client.sign(method, attributes);
        self.ask(client.address, &signed.raw)
    }

    fn allocate(&mut self, client: &mut Client) -> Message {
        self.request(client, METHOD_ALLOCATE, vec![udp()])
    }

    fn peer_sends(&mut self, relay: RelayId, source: &str, packet: &[u8]) {
        let mut frame = [&[0; HEADROOM], packet].concat();
        self.core.handle_peer(self.now, relay, address(source), &mut frame, &mut self.world);
    }
}

impl Client {
    fn key(&self) -> Vec<u8> {
        MessageIntegrity::long_term_integrity_key(
            self.username.clone(),
            REALM.to_owned(),
            self.password.clone(),
            CRYPTO.crypto(),
        )
        .unwrap()
    }

    fn sign(&self, method: Method, attributes: Vec<Box<dyn Setter>>) -> Message {
        let mut all: Vec<Box<dyn Setter + '_>> = vec![
            raw(ATTR_USERNAME, self.username.as_bytes()),
            raw(ATTR_REALM, REALM.as_bytes()),
            raw(ATTR_NONCE, &self.nonce),
        ];
        all.extend(attributes.into_iter().map(|a| a as Box<dyn Setter + '_>));
        let crypto = CRYPTO.crypto();
        let key = self.key();
        all.push(Box::new(MessageIntegrity::new_raw_integrity_with_provider(key, crypto)));
        message(method, all)
    }
}

fn is_success(message: &Message) -> bool {
    message.typ.class == CLASS_SUCCESS_RESPONSE
}

#[test]
fn somebody_with_credentials_reaches_the_house_and_hears_it() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    let mut made = stage.allocate(&mut anna);
    assert!(is_success(&made));
    MessageIntegrity::check(&mut made, &anna.key(), CRYPTO.crypto())
        .expect("signed for the client");
    let mut relayed = XorMappedAddress::default();
    relayed.get_from_as(&made, ATTR_XOR_RELAYED_ADDRESS).unwrap();
    assert_eq!((relayed.ip, relayed.port), (address(HOUSE).ip(), 50_000));
    let mut own = XorMappedAddress::default();
    own.get_from_as(&made, ATTR_XORMAPPED_ADDRESS).unwrap();
    assert_eq!((own.ip, own.port), (anna.address.ip(), 4000));
    assert_eq!(made.get(ATTR_LIFETIME).unwrap(), 600_u32.to_be_bytes());

    // By indications, once it is permitted.
    let hello = message(METHOD_SEND, vec![peer(HOUSE), raw(ATTR_DATA, b"hello")]).raw;
    stage.give(anna.address, &hello);
    assert!(stage.world.to_peer.is_empty(), "no permission yet");
    assert!(is_success(&stage.request(&mut anna, METHOD_CREATE_PERMISSION, vec![peer(HOUSE)])));
    stage.give(anna.address, &hello);
    let relay = RelayId(0);
    assert_eq!(stage.world.to_peer.pop().unwrap(), (relay, address(INSIDE), b"hello".to_vec()));
    stage.peer_sends(relay, INSIDE, b"welcome");
    let (to, indication) = stage.world.to_client.pop().unwrap();
    let mut indicated = Message::new();
    indicated.unmarshal_binary(&indication).unwrap();
    let mut from = XorMappedAddress::default();
    from.get_from_as(&indicated, ATTR_XOR_PEER_ADDRESS).unwrap();
    assert_eq!(to, anna.address);
    assert_eq!(SocketAddr::new(from.ip, from.port), address(HOUSE), "as the client knows it");
    assert_eq!(indicated.get(ATTR_DATA).unwrap(), b"welcome");

    // By a channel.
    let bound = stage.request(&mut anna, METHOD_CHANNEL_BIND, vec![channel(0x4000), peer(HOUSE)]);
    assert!(is_success(&bound));
    stage.give(anna.address, b"\x40\0\0\x05stage\0\0\0");
    assert_eq!(stage.world.to_peer.pop().unwrap(), (relay, address(INSIDE), b"stage".to_vec()));
    stage.peer_sends(relay, INSIDE, b"house");
    assert_eq!(stage.world.to_client.pop().unwrap(), (anna.address, b"\x40\0\0\x05house".to_vec()));
    let counters = stage.core.counters();
    assert_eq!((counters.packets_in, counters.bytes_in), (2, 10));
    assert_eq!((counters.packets_out, counters.bytes_out), (2, 12));
    assert_eq!((counters.allocations, counters.allocated), (1, 1));
}

#[test]
fn nobody_comes_in_without_good_credentials() {
    let mut stage = Stage::new();
    let mut foreign = stage.client_with(4001, 1, "another secret of enough bytes");
    assert_eq!(code(&stage.allocate(&mut foreign)), Some(401));
    assert_eq!(stage.core.counters().refused_credentials, 1);

    let mut late = stage.client(4002, 1);
    stage.pass(Duration::from_secs(3600));
    assert_eq!(code(&stage.allocate(&mut late)), Some(401));
    assert_eq!(stage.core.counters().refused_expired, 1);

    // More time than was given.
    let mut forged = stage.client(4003, 1);
    forged.username.replace_range(..10, "2000000000");
    assert_eq!(code(&stage.allocate(&mut forged)), Some(401));
    // Another form of name, with the password that would belong to it.
    let mut nameless = stage.client(4004, 1);
    nameless.username = "anna".to_owned();
    nameless.password = TurnSecret::new(SECRET).unwrap().password("anna").to_string();
    assert_eq!(code(&stage.allocate(&mut nameless)), Some(401));

    // A nonce of another client, and one that is too old.
    let mut anna = stage.client(4005, 1);
    let mut thief = stage.client(4006, 1);
    thief.nonce = stage
        .ask(anna.address, &message(METHOD_ALLOCATE, vec![udp()]).raw)
        .get(ATTR_NONCE)
        .unwrap();
    assert_eq!(code(&stage.allocate(&mut thief)), Some(438));
    assert!(is_success(&stage.allocate(&mut anna)));
    assert!(stage.world.opened.len() == 1);
    let half = message(
        METHOD_ALLOCATE,
        vec![Box::new(MessageIntegrity::new_raw_integrity_with_provider(vec![1], CRYPTO.crypto()))],
    );
    assert_eq!(code(&stage.ask(address("192.0.2.9:1"), &half.raw)), Some(400));
}

#[test]
fn the_relay_reaches_the_house_and_nothing_else() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    stage.allocate(&mut anna);
    let forbidden = [
        "127.0.0.1:7882",
        "127.0.0.1:22",
        "10.0.0.2:7882",
        "192.168.1.1:80",
        "169.254.169.254:80",
        "203.0.113.7:22",
        "203.0.113.8:7882",
        "0.0.0.0:7882",
        "255.255.255.255:7882",
        "8.8.8.8:53",
    ];
    for target in forbidden {
        let permitted = stage.request(&mut anna, METHOD_CREATE_PERMISSION, vec![peer(target)]);
        assert_eq!(code(&permitted), Some(403), "{target}");
        let both = vec![peer(HOUSE), peer(target)];
        let permitted = stage.request(&mut anna, METHOD_CREATE_PERMISSION, both);
        assert_eq!(code(&permitted), Some(403), "all or none: {target}");
        let bind = vec![channel(0x4000), peer(target)];
        assert_eq!(code(&stage.request(&mut anna, METHOD_CHANNEL_BIND, bind)), Some(403));
    }
    for target in ["[::1]:7882", "[fd00::1]:7882", HOUSE_V6] {
        let permitted = stage.request(&mut anna, METHOD_CREATE_PERMISSION, vec![peer(target)]);
        assert_eq!(code(&permitted), Some(443), "{target}");
    }
    assert_eq!(stage.core.counters().refused_peers, 3 * forbidden.len() as u64);
    // A permission for the address is none for its other ports.
    assert!(is_success(&stage.request(
        &mut anna,
        METHOD_CREATE_PERMISSION,
        vec![peer("203.0.113.7:0")]
    )));
    for target in forbidden {
        let sent = message(METHOD_SEND, vec![peer(target), raw(ATTR_DATA, b"x")]).raw;
        stage.give(anna.address, &sent);
    }
    stage.give(anna.address, b"\x40\0\0\x01x");
    assert!(stage.world.to_peer.is_empty());
    assert_eq!(stage.core.counters().dropped_peers, forbidden.len() as u64 + 1);
    // Nor does anybody else reach the client.
    for source in ["10.0.0.2:53", "203.0.113.7:7882", "8.8.8.8:53"] {
        stage.peer_sends(RelayId(0), source, b"x");
    }
    assert!(stage.world.to_client.is_empty());
    assert_eq!(stage.core.counters().dropped_strangers, 3);
}

#[test]
fn an_address_behind_the_signature_does_not_count() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    stage.allocate(&mut anna);
    let mut request = anna.sign(METHOD_CREATE_PERMISSION, Vec::new());
    peer(HOUSE).add_to(&mut request).unwrap();
    assert_eq!(code(&stage.ask(anna.address, &request.raw)), Some(400));
}

#[test]
fn a_person_has_a_quota_and_the_relay_an_end() {
    let mut stage = Stage::new();
    let mut first = stage.client(4000, 1);
    let mut second = stage.client(4001, 1);
    assert!(is_success(&stage.allocate(&mut first)) && is_success(&stage.allocate(&mut second)));
    // Fresh credentials are the same person's.
    stage.pass(Duration::from_secs(5));
    let mut third = stage.client(4002, 1);
    assert_eq!(code(&stage.allocate(&mut third)), Some(486));
    let mut boris = stage.client(4003, 2);
    assert!(is_success(&stage.allocate(&mut boris)));
    let mut vera = stage.client(4004, 3);
    assert_eq!(code(&stage.allocate(&mut vera)), Some(508), "three are all there are");
    assert_eq!(stage.core.counters().refused_quota, 2);

    // What is given back can be had again.
    assert!(is_success(&stage.request(&mut first, METHOD_REFRESH, vec![lifetime(0)])));
    assert_eq!(stage.world.closed, [RelayId(0)]);
    assert!(is_success(&stage.allocate(&mut third)));
    assert_eq!(stage.world.opened.last(), Some(&(RelayId(0), false)));
    stage.pass(Duration::from_secs(600));
    assert_eq!(stage.core.counters().allocations, 0, "and what nobody refreshes ends");
    stage.world.full = true;
    let mut late = stage.client(4005, 1);
    assert_eq!(code(&stage.allocate(&mut late)), Some(508), "no socket to be had");
    assert_eq!(stage.core.counters().allocations, 0);
}

#[test]
fn an_allocation_outlives_its_credentials_while_it_is_refreshed() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    stage.allocate(&mut anna);
    for _ in 0..10 {
        stage.pass(Duration::from_secs(599));
        let mut refreshed = stage.request(&mut anna, METHOD_REFRESH, vec![lifetime(600)]);
        if code(&refreshed) == Some(438) {
            anna.nonce = refreshed.get(ATTR_NONCE).unwrap();
            refreshed = stage.request(&mut anna, METHOD_REFRESH, vec![lifetime(600)]);
        }
        assert!(is_success(&refreshed));
    }
    let again = stage.request(&mut anna, METHOD_REFRESH, vec![lifetime(1_000_000)]);
    assert_eq!(again.get(ATTR_LIFETIME).unwrap(), 3600_u32.to_be_bytes(), "an hour at most");
}

#[test]
fn permissions_and_channels_end_unless_they_are_asked_for_again() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    stage.request(&mut anna, METHOD_ALLOCATE, vec![udp(), lifetime(3600)]);
    stage.request(&mut anna, METHOD_CREATE_PERMISSION, vec![peer(HOUSE)]);
    let hello = message(METHOD_SEND, vec![peer(HOUSE), raw(ATTR_DATA, b"hello")]).raw;
    stage.pass(Duration::from_secs(299));
    stage.give(anna.address, &hello);
    assert_eq!(stage.world.to_peer.len(), 1);
    stage.pass(Duration::from_secs(1));
    stage.give(anna.address, &hello);
    stage.peer_sends(RelayId(0), INSIDE, b"x");
    assert_eq!((stage.world.to_peer.len(), stage.world.to_client.len()), (1, 0));

    let bind = |number| vec![channel(number), peer(HOUSE)];
    assert!(is_success(&stage.request(&mut anna, METHOD_CHANNEL_BIND, bind(0x4000))));
    assert!(is_success(&stage.request(&mut anna, METHOD_CHANNEL_BIND, bind(0x4000))));
    assert_eq!(code(&stage.request(&mut anna, METHOD_CHANNEL_BIND, bind(0x4001))), Some(400));
    assert_eq!(code(&stage.request(&mut anna, METHOD_CHANNEL_BIND, bind(0x3fff))), Some(400));
    stage.give(anna.address, b"\x40\0\0\x01x");
    assert_eq!(stage.world.to_peer.len(), 2);
    stage.pass(Duration::from_secs(600));
    stage.give(anna.address, b"\x40\0\0\x01x");
    assert_eq!(stage.world.to_peer.len(), 2);
}

#[test]
fn an_allocation_is_of_whoever_made_it() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    stage.allocate(&mut anna);
    let mut boris = Client { nonce: anna.nonce.clone(), ..stage.client(4000, 2) };
    for method in [METHOD_REFRESH, METHOD_CREATE_PERMISSION, METHOD_CHANNEL_BIND] {
        let answer = stage.request(&mut boris, method, vec![peer(HOUSE)]);
        assert_eq!(code(&answer), Some(441));
    }
    let mut elsewhere = stage.client(4001, 1);
    assert_eq!(code(&stage.request(&mut elsewhere, METHOD_REFRESH, vec![])), Some(437));
}

#[test]
fn a_request_that_is_repeated_is_carried_out_once() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    stage.allocate(&mut anna);
    stage.request(&mut anna, METHOD_REFRESH, vec![lifetime(0)]);
    let request = anna.sign(METHOD_ALLOCATE, vec![udp()]);
    let first = stage.ask(anna.address, &request.raw);
    let second = stage.ask(anna.address, &request.raw);
    assert!(is_success(&first));
    assert_eq!(first.raw, second.raw);
    assert_eq!(code(&stage.allocate(&mut anna)), Some(437), "another request is another");
    assert_eq!(stage.core.counters().allocations, 1);
}

#[test]
fn what_cannot_be_had_is_said() {
    let mut stage = Stage::new();
    let mut anna = stage.client(4000, 1);
    let family = |number| raw(ATTR_REQUESTED_ADDRESS_FAMILY, &[number, 0, 0, 0]);
    let cases: [(Vec<Box<dyn Setter>>, u16); 4] = [
        (vec![], 400),
        (vec![raw(ATTR_REQUESTED_TRANSPORT, &[6, 0, 0, 0])], 442),
        (vec![udp(), raw(ATTR_DONT_FRAGMENT, &[])], 420),
        (vec![udp(), family(3)], 440),
    ];
    for (attributes, expected) in cases {
        let answer = stage.request(&mut anna, METHOD_ALLOCATE, attributes);
        assert_eq!(code(&answer), Some(expected));
    }
    let made = stage.request(&mut anna, METHOD_ALLOCATE, vec![udp(), family(2)]);
    assert!(is_success(&made));
    assert_eq!(stage.world.opened, [(RelayId(0), true)]);
    assert!(is_success(&stage.request(&mut anna, METHOD_CREATE_PERMISSION, vec![peer(HOUSE_V6)])));
    stage.give(
        anna.address,
        &message(METHOD_SEND, vec![peer(HOUSE_V6), raw(ATTR_DATA, b"hello")]).raw,
    );
    assert_eq!(stage.world.to_peer.len(), 1);
}

#[test]
fn strangers_get_short_answers_and_not_too_many() {
    let mut stage = Stage::new();
    let question = message(METHOD_ALLOCATE, vec![udp()]).raw;
    stage.give(address("198.51.100.1:1"), &question);
    let answer = stage.world.to_client.pop().unwrap().1;
    assert!(answer.len() <= 4 * question.len(), "{} to {}", answer.len(), question.len());
    for port in 1..5000 {
        stage.give(SocketAddr::from(([198, 51, 100, 1], port)), &question);
    }
    assert!(stage.world.to_client.len() < 1000, "{}", stage.world.to_client.len());
    assert_eq!(stage.core.counters().dropped_flood as usize, 4999 - stage.world.to_client.len());
    let mut stage = Stage::new();
    let bound = stage.ask(address("198.51.100.1:1"), &message(METHOD_BINDING, vec![]).raw);
    assert!(is_success(&bound) && bound.contains(ATTR_XORMAPPED_ADDRESS));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    #[test]
    fn no_bytes_reach_a_peer_by_themselves(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        flip in 0_usize..200,
    ) {
        let mut stage = Stage::new();
        let mut anna = stage.client(4000, 1);
        stage.allocate(&mut anna);
        let stranger = address("198.51.100.1:1");
        stage.give(stranger, &bytes);
        // And a good request with one byte changed is none: its signature covers all of it.
        let mut request =
            anna.sign(METHOD_CREATE_PERMISSION, vec![peer(HOUSE)]).raw;
        let index = flip % request.len();
        request[index] ^= 0x10;
        stage.give(anna.address, &request);
        stage.give(
            anna.address,
            &message(METHOD_SEND, vec![peer(HOUSE), raw(ATTR_DATA, b"hello")]).raw,
        );
        proptest::prop_assert!(stage.world.to_peer.is_empty());
    }
}
