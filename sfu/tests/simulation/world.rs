//! The node, its clients and the network between them, driven by a virtual clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::clock::SeededEntropy;
use protocol::media::{
    MediaCommand, MediaEventKind, MediaReply, MediaRequest, ParticipantStats, SlotSize, SlotSource,
    TrackSet, ViewId,
};
use protocol::{MediaSessionId, ParticipantId, RoomId, Timestamp};
use sfu::core::relay::{Peer, RelayMessage};
use sfu::core::{
    Core, CoreConfig, Datagram, DtlsOutcome, DtlsTask, Membership, Path, Sink, Transmit,
};
use sfu::dtls::{Handshake, Identity, Progress};
use uuid::Uuid;

use crate::camera::Layer;
use crate::client::{Client, Sent};
use crate::network::{Network, Weather};

const HOUSE: ViewId = ViewId(0);
const ROOM: RoomId = RoomId(Uuid::from_u128(1));
/// Long enough for every repair: what is under way, eight tries, and the way back.
const CALM: Duration = Duration::from_secs(3);
/// From one core to another.
const RELAY_DELAY: Duration = Duration::from_micros(300);
/// The core where the room is at home; publishers are there.
const HOME: usize = 0;

/// The number of a client.
pub(crate) type Who = usize;

pub(crate) struct World {
    now: Instant,
    /// By the number of the core.
    nodes: Vec<SocketAddr>,
    cores: Vec<Core>,
    relays: VecDeque<(Instant, usize, usize, RelayMessage)>,
    /// Where the slots of the house were said to be, the latest last.
    pub(crate) announced: Vec<Vec<SlotSource>>,
    identity: Identity,
    /// In order, so that a seed replays them.
    handshakes: BTreeMap<MediaSessionId, Handshake>,
    clients: Vec<Client>,
    /// The core of each client.
    places: Vec<usize>,
    /// By the address that they came with.
    whose: HashMap<SocketAddr, Who>,
    weathers: Vec<Weather>,
    /// Addresses that nothing reaches any more, and nothing leaves.
    dead: BTreeSet<SocketAddr>,
    /// Addresses as the node sees them, by what their clients know of.
    outward: HashMap<SocketAddr, SocketAddr>,
    fair: Weather,
    network: Network,
    requests: u64,
}

/// Collects what the core sends, cut into datagrams.
#[derive(Default)]
struct Outbox(Vec<(SocketAddr, Vec<u8>)>);

impl Sink for Outbox {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        for datagram in transmit.contents.chunks(transmit.segment_size) {
            self.0.push((transmit.path.remote, datagram.to_vec()));
        }
    }
}

impl World {
    /// Odd seeds are played by two cores that share the room.
    pub(crate) fn new(seed: u64, weather: Weather) -> Self {
        Self::with_cores(1 + seed as usize % 2, seed, weather)
    }

    /// With so many cores, among which the audience is spread.
    pub(crate) fn with_cores(cores: usize, seed: u64, weather: Weather) -> Self {
        let now = Instant::now();
        let nodes: Vec<_> =
            (0..cores).map(|core| SocketAddr::from(([10, 0, 0, 1], 7_882 + core as u16))).collect();
        let identity = Identity::generate().expect("a certificate");
        let core = |(number, node): (usize, &SocketAddr)| {
            let config = CoreConfig {
                candidates: vec![*node],
                tcp_candidates: Vec::new(),
                fingerprint: *identity.fingerprint(),
                max_sessions: 1_000,
            };
            let entropy = Arc::new(SeededEntropy::new(seed + 1_000_000 * number as u64));
            Core::new(config, entropy, now, Timestamp(1_800_000_000_000_000))
        };
        let cores = nodes.iter().enumerate().map(core).collect();
        let mut world = Self {
            now,
            cores,
            nodes,
            relays: VecDeque::new(),
            announced: Vec::new(),
            identity,
            handshakes: BTreeMap::new(),
            clients: Vec::new(),
            places: Vec::new(),
            whose: HashMap::new(),
            weathers: Vec::new(),
            dead: BTreeSet::new(),
            outward: HashMap::new(),
            fair: weather,
            network: Network::new(seed),
            requests: 0,
        };
        world.show(&[]);
        world
    }

    pub(crate) fn add_publisher(&mut self) -> Who {
        self.add(Layer::alone())
    }

    /// A publisher of three layers.
    pub(crate) fn add_layered_publisher(&mut self) -> Who {
        self.add(Layer::simulcast())
    }

    /// A publisher of what this camera films.
    pub(crate) fn add_camera(&mut self, camera: Vec<Layer>) -> Who {
        self.add(camera)
    }

    pub(crate) fn add_viewer(&mut self) -> Who {
        self.add(Vec::new())
    }

    /// A viewer whose link is like this from the first moment.
    pub(crate) fn add_viewer_in(&mut self, weather: Weather) -> Who {
        let who = self.join_viewer(weather);
        self.await_connection(who);
        who
    }

    /// A viewer who has sent an offer, and connects while time passes.
    pub(crate) fn join_viewer(&mut self, weather: Weather) -> Who {
        let who = self.join(Vec::new());
        self.weathers[who] = weather;
        who
    }

    /// How many commands the node was given.
    pub(crate) fn commands(&self) -> u64 {
        self.requests
    }

    /// How long datagrams to a client waited for its link since the last call, in ascending order.
    pub(crate) fn take_waits(&mut self, who: Who) -> Vec<Duration> {
        let node = self.nodes[self.places[who]];
        self.network.take_waits(node, self.clients[who].addresses[0])
    }

    /// All at once.
    pub(crate) fn add_viewers(&mut self, count: usize) -> Vec<Who> {
        let viewers: Vec<_> = (0..count).map(|_| self.join(Vec::new())).collect();
        for viewer in &viewers {
            self.await_connection(*viewer);
        }
        viewers
    }

    fn add(&mut self, camera: Vec<Layer>) -> Who {
        let who = self.join(camera);
        self.await_connection(who);
        who
    }

    fn await_connection(&mut self, who: Who) {
        while !self.clients[who].is_connected() {
            self.step();
        }
    }

    fn join(&mut self, camera: Vec<Layer>) -> Who {
        let who = self.clients.len();
        let participant = ParticipantId(Uuid::from_u128(100 + who as u128));
        let session = MediaSessionId(Uuid::from_u128(10_000 + who as u128));
        let [high, low] = (who as u16).to_be_bytes();
        let address = SocketAddr::from(([10, 1, high, low], 5_000));
        let publish = if camera.is_empty() { TrackSet::NONE } else { TrackSet::ALL };
        let place = if camera.is_empty() { who % self.cores.len() } else { HOME };
        self.await_room(place);
        let (now, name) = (self.now, who as u32);
        let client = Client::new(now, name, address, (participant, session), camera, |offer| {
            let view = HOUSE;
            let command = MediaCommand::Connect { session, participant, view, publish, offer };
            match self.command_at(place, command) {
                MediaReply::Answer { sdp, .. } => sdp,
                other => panic!("no answer but {other:?}"),
            }
        });
        self.clients.push(client);
        self.places.push(place);
        self.whose.insert(address, who);
        self.weathers.push(self.fair);
        who
    }

    pub(crate) fn client(&self, who: Who) -> &Client {
        &self.clients[who]
    }

    /// The viewer saw nothing of what `actor` played behind the curtain, up to the packet
    /// `hidden`, and sees the play again.
    pub(crate) fn assert_goes_on_after(&self, viewer: Who, actor: Who, hidden: u64) {
        let seen = self.client(viewer).seen(self.client(actor).name());
        assert!(seen.iter().all(|number| !(hidden - 80..hidden).contains(number)));
        assert!(seen.last() > Some(&hidden), "the play is seen again");
        self.client(viewer).assert_unbroken_video();
    }

    pub(crate) fn set_weather(&mut self, who: Who, weather: Weather) {
        self.weathers[who] = weather;
    }

    /// The house sees and hears these.
    pub(crate) fn show(&mut self, who: &[Who]) {
        let sources = who.iter().map(|who| self.clients[*who].participant).collect();
        self.command(MediaCommand::SetView { view: HOUSE, sources });
    }

    pub(crate) fn grant(&mut self, who: Who, audio: bool, video: bool) {
        let participant = self.clients[who].participant;
        let publish = TrackSet { audio, video };
        self.command(MediaCommand::SetPublish { participant, publish });
    }

    pub(crate) fn stats(&mut self, who: Who) -> ParticipantStats {
        let session = self.clients[who].session;
        match self.command_at(self.places[who], MediaCommand::Stats) {
            MediaReply::Stats(stats) => {
                let found = stats.participants.into_iter().find(|p| p.session == session);
                found.expect("the session lives")
            }
            other => panic!("no stats but {other:?}"),
        }
    }

    /// The number of the next picture's packet.
    pub(crate) fn written_video(&self, who: Who) -> u64 {
        self.clients[who].written.last_key_value().map_or(0, |(number, _)| number + 1)
    }

    pub(crate) fn sent_audio(&self, who: Who) -> u64 {
        self.clients[who].written_audio
    }

    fn command(&mut self, command: MediaCommand) -> MediaReply {
        self.command_at(HOME, command)
    }

    fn command_at(&mut self, core: usize, command: MediaCommand) -> MediaReply {
        self.requests += 1;
        let request = MediaRequest { id: self.requests, room: ROOM, epoch: 1, command };
        let mut outbox = Outbox::default();
        let reply = self.cores[core].handle_command(self.now, request, &mut outbox);
        self.deliver(core, outbox);
        reply
    }

    /// Lets a core know the room.
    fn await_room(&mut self, core: usize) {
        let home = Peer(HOME as u16);
        while core != HOME && self.cores[core].join(self.now, ROOM, home) != Membership::Joined {
            self.step();
        }
    }

    /// Carries what cores have for each other.
    fn relay(&mut self) {
        for from in 0..self.cores.len() {
            while let Some((to, message)) = self.cores[from].poll_relay() {
                self.relays.push_back((self.now + RELAY_DELAY, from, to.0.into(), message));
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.next() <= end {
            self.step();
        }
        self.now = end;
    }

    /// The viewer has every packet of the publisher from the first one it got to the last.
    pub(crate) fn assert_complete(&mut self, viewer: Who, publisher: Who) {
        self.assert_complete_together(&[viewer], publisher);
    }

    /// Between them, the viewers have every packet from the first one that all got to the last
    /// one that any got; and that is long enough to mean something.
    pub(crate) fn assert_complete_together(&mut self, viewers: &[Who], publisher: Who) {
        let written: Vec<_> = self.clients[publisher].written.keys().copied().collect();
        self.run(CALM);
        let name = self.clients[publisher].name();
        let seen: Vec<_> = viewers.iter().map(|viewer| self.clients[*viewer].seen(name)).collect();
        let first = seen.iter().filter_map(BTreeSet::first).max().expect("something arrived");
        let last = seen.iter().filter_map(BTreeSet::last).max().expect("something arrived");
        let owed = written.iter().filter(|number| (first..=last).contains(number));
        let missing: Vec<_> =
            owed.filter(|number| !seen.iter().any(|seen| seen.contains(number))).collect();
        assert!(missing.is_empty(), "unrepaired: {missing:?} of {first}..={last}");
        assert!(last - first > 200, "too little to judge: {first}..={last}");
    }

    fn next(&self) -> Instant {
        let clients = self.clients.iter().map(Client::deadline);
        let handshakes = self.handshakes.values().filter_map(Handshake::poll_timeout);
        clients
            .chain(handshakes)
            .chain(self.network.next())
            .chain(self.cores.iter().filter_map(Core::poll_timeout))
            .chain(self.relays.front().map(|(arrives, ..)| *arrives))
            .min()
            .expect("clients always want something")
    }

    /// Goes to the next moment at which something happens, and lets it happen.
    fn step(&mut self) {
        self.relay();
        self.now = self.now.max(self.next());
        let now = self.now;
        let mut outboxes: Vec<_> = self.cores.iter().map(|_| Outbox::default()).collect();
        while self.relays.front().is_some_and(|(arrives, ..)| *arrives <= now) {
            let Some((_, from, to, message)) = self.relays.pop_front() else { break };
            let from = Peer(from as u16);
            self.cores[to].handle_relay(now, from, &message, &mut outboxes[to]);
        }
        while let Some(flight) = self.network.arrived(now) {
            if let Some(core) = self.nodes.iter().position(|node| *node == flight.to) {
                let path = Path::udp(flight.from);
                let mut contents = flight.contents;
                let mut datagram = Datagram { path, received: now, contents: &mut contents };
                self.cores[core].handle_datagram(now, &mut datagram, &mut outboxes[core]);
            } else if let Some(who) = self.at(flight.to) {
                let ends = (flight.from, self.inward(flight.to));
                let sent = self.clients[who].receive(now, ends, &flight.contents);
                self.post(who, sent);
            }
        }
        for (number, mut outbox) in outboxes.into_iter().enumerate() {
            let core = &mut self.cores[number];
            core.flush(now, &mut outbox);
            if core.poll_timeout().is_some_and(|at| at <= now) {
                core.handle_timeout(now, &mut outbox);
            }
            self.deliver(number, outbox);
        }
        self.shake_hands();
        for who in 0..self.clients.len() {
            if self.clients[who].deadline() <= now {
                let sent = self.clients[who].advance(now);
                self.post(who, sent);
            }
        }
        self.relay();
        for core in 0..self.cores.len() {
            while let Some(event) = self.cores[core].poll_event() {
                self.note_event(core, event.kind);
            }
        }
    }

    fn note_event(&mut self, core: usize, event: MediaEventKind) {
        let of_session = matches!(
            event,
            MediaEventKind::Connected { .. }
                | MediaEventKind::Closed { .. }
                | MediaEventKind::Quality { .. }
        );
        assert!(core == HOME || of_session, "decided by core {core}, and not at home: {event:?}");
        match event {
            MediaEventKind::Layers { session, wanted, .. } => self.pause_layers(session, &wanted),
            MediaEventKind::Assigned { slots, .. } => self.announced.push(slots),
            _ => {}
        }
    }

    /// Publishers do as they are told at once; a layer that comes back begins with a keyframe.
    fn pause_layers(&mut self, session: MediaSessionId, wanted: &[String]) {
        let Some(client) = self.clients.iter_mut().find(|c| c.session == session) else { return };
        if let [Layer { rid: None, .. }] = client.camera.as_slice() {
            client.camera[0].encode_spatial(wanted.len() as u8);
            return;
        }
        for layer in &mut client.camera {
            let active = layer.rid.is_none_or(|rid| wanted.iter().any(|wanted| wanted == rid));
            layer.keyframe |= active && !layer.active;
            layer.active = active;
        }
    }

    /// The viewer shows its first slot at this height.
    pub(crate) fn show_at(&mut self, who: Who, height: u16) {
        let session = self.clients[who].session;
        let sizes = vec![SlotSize { slot: 0, height }];
        self.command_at(self.places[who], MediaCommand::SetSizes { session, sizes });
    }

    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    /// The layers that a publisher sends.
    pub(crate) fn active_layers(&self, who: Who) -> Vec<&'static str> {
        let active = self.clients[who].camera.iter().filter(|layer| layer.active);
        active.filter_map(|layer| layer.rid).collect()
    }

    /// How many spatial layers a publisher of a scalable picture encodes.
    pub(crate) fn spatial_layers(&self, who: Who) -> Option<u8> {
        self.clients[who].camera[0].encoder.as_ref().map(|encoder| encoder.mode.spatial)
    }

    /// The client restarts ICE on another network.
    pub(crate) fn restart_ice(&mut self, who: Who) {
        let session = self.clients[who].session;
        let number = self.clients[who].addresses.len() as u8;
        let address = SocketAddr::from(([10, 0, 1 + number, who as u8], 6_000));
        let place = self.places[who];
        let mut client = self.clients.swap_remove(who);
        client.restart_ice(self.now, address, |ufrag, pwd| {
            match self.command_at(place, MediaCommand::RestartIce { session, ufrag, pwd }) {
                MediaReply::Restarted { ufrag, pwd, .. } => (ufrag, pwd),
                other => panic!("no restart but {other:?}"),
            }
        });
        self.clients.push(client);
        let last = self.clients.len() - 1;
        self.clients.swap(who, last);
    }

    /// The network that the client used first is gone.
    pub(crate) fn cut_first_network(&mut self, who: Who) {
        self.dead.insert(self.clients[who].addresses[0]);
    }

    /// The client's NAT forgets it, and gives it another address.
    pub(crate) fn rebind(&mut self, who: Who) {
        let address = self.clients[who].addresses[0];
        self.dead.insert(address);
        self.outward.insert(address, SocketAddr::from(([10, 1, 1, who as u8], 7_000)));
    }

    /// What the client knows of the address that the node sends to.
    fn inward(&self, address: SocketAddr) -> SocketAddr {
        let known = self.outward.iter().find(|(_, outward)| **outward == address);
        known.map_or(address, |(inward, _)| *inward)
    }

    /// How many sessions took another path.
    pub(crate) fn paths_moved(&self) -> u64 {
        self.cores.iter().map(|core| core.counters().paths_moved).sum()
    }

    fn at(&self, address: SocketAddr) -> Option<Who> {
        if let Some(who) = self.whose.get(&address) {
            return Some(*who);
        }
        let address = self.inward(address);
        self.clients.iter().position(|client| client.addresses.contains(&address))
    }

    fn post(&mut self, who: Who, sent: Vec<Sent>) {
        let weather = self.weathers[who];
        for Sent { from, to, contents } in sent {
            let from = self.outward.get(&from).copied().unwrap_or(from);
            if self.dead.contains(&from) {
                continue;
            }
            self.network.send(self.now, weather, from, to, &contents);
        }
    }

    fn deliver(&mut self, core: usize, outbox: Outbox) {
        for (to, contents) in outbox.0 {
            if self.dead.contains(&to) {
                continue;
            }
            let weather = self.at(to).map_or(self.fair, |who| self.weathers[who]);
            self.network.send(self.now, weather, self.nodes[core], to, &contents);
        }
    }

    /// Runs the handshakes inline.
    fn shake_hands(&mut self) {
        let now = self.now;
        let mut outcomes = Vec::new();
        let tasks =
            self.cores.iter_mut().flat_map(|core| std::iter::from_fn(move || core.poll_dtls()));
        for task in tasks {
            match task {
                DtlsTask::Open { session, peer, .. } => {
                    let handshake = Handshake::new(&self.identity, peer);
                    self.handshakes.insert(session, handshake);
                }
                DtlsTask::Close(session) => {
                    self.handshakes.remove(&session);
                }
                DtlsTask::Datagram(session, datagram) => {
                    let Some(handshake) = self.handshakes.get_mut(&session) else { continue };
                    match handshake.handle_datagram(now, &datagram) {
                        Ok(Progress::Pending) => {}
                        Ok(Progress::Connected(keys)) => {
                            outcomes.push((session, DtlsOutcome::Connected(keys)));
                        }
                        Ok(Progress::Closed) => outcomes.push((session, DtlsOutcome::Closed)),
                        Err(_) => outcomes.push((session, DtlsOutcome::Failed)),
                    }
                }
            }
        }
        for (session, handshake) in &mut self.handshakes {
            if handshake.poll_timeout().is_some_and(|at| at <= now) {
                let _ = handshake.handle_timeout(now);
            }
            while let Some(datagram) = handshake.poll_transmit() {
                outcomes.push((*session, DtlsOutcome::Transmit(datagram.to_vec())));
            }
        }
        for (session, outcome) in outcomes {
            let who = self.clients.iter().position(|client| client.session == session);
            let core = who.map_or(HOME, |who| self.places[who]);
            let mut outbox = Outbox::default();
            self.cores[core].handle_dtls(now, session, outcome, &mut outbox);
            self.deliver(core, outbox);
        }
    }
}
