//! A client of another's making (`rtc-turn`) against the relay, over real sockets.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use protocol::clock::ManualClock;
use protocol::{PersonId, SystemEntropy, Timestamp, TurnSecret, TurnServers};
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_shared::{TransportContext, TransportMessage, TransportProtocol};
use rtc_turn::client::{Client, ClientConfig, Event};
use sansio::Protocol as _;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use turn::{Counters, Deps, Target, Targets, TurnConfig};

/// How long anything may take on a machine ten times slower.
const PATIENCE: Duration = Duration::from_secs(60);
const NOON: Timestamp = Timestamp(1_793_620_800_000_000);

/// A house of one media port, which says everything back, and its relay.
struct House {
    address: SocketAddr,
    media: UdpSocket,
    counters: Arc<Mutex<Counters>>,
    servers: TurnServers,
    clock: Arc<ManualClock>,
    shutdown: CancellationToken,
    ended: tokio::task::JoinHandle<std::io::Result<()>>,
    runtime: Runtime,
}

impl House {
    fn open() -> Self {
        let media = UdpSocket::bind("127.0.0.1:0").unwrap();
        media.set_read_timeout(Some(PATIENCE)).unwrap();
        let named = media.local_addr().unwrap();
        let secret = TurnSecret::new("a secret of sixteen bytes or more").unwrap();
        let config = TurnConfig {
            realm: "rampa".to_owned(),
            secret: secret.clone(),
            quota: 2,
            max_allocations: 100,
            targets: Targets::new(vec![Target { named, actual: named }]).unwrap(),
        };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let counters = Arc::<Mutex<Counters>>::default();
        let clock = Arc::new(ManualClock::at(NOON));
        let deps = Deps {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            counters: counters.clone(),
        };
        let runtime = Runtime::new().unwrap();
        let shutdown = CancellationToken::new();
        let ended = runtime.spawn(turn::run(config, deps, socket, shutdown.clone()));
        let servers = TurnServers { urls: Vec::new(), secret, ttl: Duration::from_secs(600) };
        Self { address, media, counters, servers, clock, shutdown, ended, runtime }
    }

    fn media(&self) -> SocketAddr {
        self.media.local_addr().unwrap()
    }

    fn guest(&self, person: u8) -> Guest {
        Guest::new(self.address, &self.servers, person)
    }

    /// Waits until the relay has said that something was counted.
    fn counts(&self, what: &str, reached: impl Fn(&Counters) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let counters = *self.counters.lock().unwrap();
            if reached(&counters) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {counters:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn close(self) {
        self.shutdown.cancel();
        let ended = async { tokio::time::timeout(PATIENCE, self.ended).await };
        self.runtime.block_on(ended).unwrap().unwrap().unwrap();
    }
}

/// Somebody who comes by the relay.
struct Guest {
    client: Client,
    socket: UdpSocket,
}

impl Guest {
    fn new(relay: SocketAddr, servers: &TurnServers, person: u8) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let issued = servers.issue(PersonId(uuid::Uuid::from_bytes([person; 16])), NOON);
        let config = ClientConfig {
            turn_serv_addr: relay.to_string(),
            local_addr: socket.local_addr().unwrap(),
            username: issued.username,
            password: issued.credential,
            ..ClientConfig::default()
        };
        let client = Client::new(config, Arc::new(AwsLcRsProvider::new())).unwrap();
        Self { client, socket }
    }

    /// The next thing that happens to the client.
    fn event(&mut self) -> Event {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some(message) = self.client.poll_write() {
                self.socket.send_to(&message.message, message.transport.peer_addr).unwrap();
            }
            if let Some(event) = self.client.poll_event() {
                return event;
            }
            let now = Instant::now();
            assert!(now < deadline, "nothing happened");
            let due = self.client.poll_timeout().unwrap_or(deadline).min(deadline);
            let wait = due.saturating_duration_since(now).max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(wait)).unwrap();
            let mut buffer = [0; 2048];
            match self.socket.recv_from(&mut buffer) {
                Ok((length, peer_addr)) => {
                    let message = TransportMessage {
                        now: Instant::now(),
                        transport: TransportContext {
                            local_addr: self.socket.local_addr().unwrap(),
                            peer_addr,
                            transport_protocol: TransportProtocol::UDP,
                            ecn: None,
                        },
                        message: BytesMut::from(&buffer[..length]),
                    };
                    self.client.handle_read(message).unwrap();
                }
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "{error}"
                ),
            }
            self.client.handle_timeout(Instant::now()).unwrap();
        }
    }

    /// Asks for an allocation: its address, or what the relay says.
    fn allocate(&mut self) -> Result<SocketAddr, String> {
        self.client.allocate(Instant::now()).unwrap();
        match self.event() {
            Event::AllocateResponse(_, address) => Ok(address),
            Event::AllocateError(_, error) => Err(error.to_string()),
            other => panic!("{other:?}"),
        }
    }

    /// Asks for a permission.
    fn permit(&mut self, relayed: SocketAddr, peer: SocketAddr) -> Result<(), String> {
        let mut relay = self.client.relay(relayed).unwrap();
        relay.create_permission(Instant::now(), peer).unwrap();
        match self.event() {
            Event::CreatePermissionResponse(_, permitted) => {
                assert_eq!(permitted, peer);
                Ok(())
            }
            Event::CreatePermissionError(_, error) => Err(error.to_string()),
            other => panic!("{other:?}"),
        }
    }

    fn says(&mut self, relayed: SocketAddr, peer: SocketAddr, packet: &[u8]) {
        self.client.relay(relayed).unwrap().send_to(Instant::now(), packet, peer).unwrap();
    }

    fn hears(&mut self) -> (bool, SocketAddr, Vec<u8>) {
        match self.event() {
            Event::DataIndicationOrChannelData(channel, from, data) => {
                (channel.is_some(), from, data.to_vec())
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_guest_and_the_house_speak_by_the_relay() {
    let house = House::open();
    let mut guest = house.guest(1);
    let relayed = guest.allocate().unwrap();
    guest.permit(relayed, house.media()).unwrap();
    let mut by_channel = 0;
    let mut buffer = [0; 2048];
    // Until its channel is bound, the client's packets go as indications.
    for round in 0_u16..1000 {
        let packet = [&round.to_be_bytes()[..], &[7; 1100]].concat();
        guest.says(relayed, house.media(), &packet);
        // Writes what is to be written; the answer about the channel may come here.
        while let Some(message) = guest.client.poll_write() {
            guest.socket.send_to(&message.message, message.transport.peer_addr).unwrap();
        }
        let (length, source) = house.media.recv_from(&mut buffer).unwrap();
        assert_eq!(buffer[..length], packet);
        assert_eq!(source.port(), relayed.port());
        house.media.send_to(&packet, source).unwrap();
        let (channel, from, heard) = guest.hears();
        assert_eq!((from, heard), (house.media(), packet));
        by_channel += usize::from(channel);
        if by_channel >= 10 {
            break;
        }
    }
    assert!(by_channel >= 10, "the channel was bound");
    house.counts("packets both ways", |c| c.packets_in >= 10 && c.packets_out >= 10);
    house.close();
}

#[test]
fn foreign_and_expired_credentials_are_refused() {
    let house = House::open();
    let foreign = TurnServers {
        secret: TurnSecret::new("a secret of another house").unwrap(),
        ..house.servers.clone()
    };
    let refused = Guest::new(house.address, &foreign, 1).allocate();
    assert!(refused.as_ref().is_err_and(|error| error.contains("401")), "{refused:?}");
    let mut late = house.guest(1);
    house.clock.advance(Duration::from_secs(600));
    let refused = late.allocate();
    assert!(refused.as_ref().is_err_and(|error| error.contains("401")), "{refused:?}");
    house.counts("both", |c| (c.refused_credentials, c.refused_expired) == (1, 1));
    house.close();
}

#[test]
fn a_guest_reaches_no_other_port_and_no_other_machine() {
    let house = House::open();
    let neighbour = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut guest = house.guest(1);
    let relayed = guest.allocate().unwrap();
    let forbidden = [
        neighbour.local_addr().unwrap(),
        "192.168.1.1:80".parse().unwrap(),
        "169.254.169.254:80".parse().unwrap(),
    ];
    for target in forbidden {
        let refused = guest.permit(relayed, target);
        assert!(refused.as_ref().is_err_and(|error| error.contains("403")), "{refused:?}");
    }
    guest.permit(relayed, house.media()).unwrap();
    // Nobody but the house reaches the guest: of two packets the second is heard.
    neighbour.send_to(b"psst", ("127.0.0.1", relayed.port())).unwrap();
    house.media.send_to(b"welcome", ("127.0.0.1", relayed.port())).unwrap();
    assert_eq!(guest.hears(), (false, house.media(), b"welcome".to_vec()));
    house.counts("refusals", |c| (c.refused_peers, c.dropped_strangers) == (3, 1));
    house.close();
}

#[test]
fn a_person_has_a_quota() {
    let house = House::open();
    let mut guests: Vec<_> = (0..3).map(|_| house.guest(1)).collect();
    assert!(guests[0].allocate().is_ok() && guests[1].allocate().is_ok());
    let refused = guests[2].allocate();
    assert!(refused.as_ref().is_err_and(|error| error.contains("486")), "{refused:?}");
    assert!(house.guest(2).allocate().is_ok(), "others have their own");
    house.counts("allocations", |c| (c.allocations, c.refused_quota) == (3, 1));
    house.close();
}
