//! A node and its clients.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use protocol::media::{MediaCommand, MediaEvent, MediaReply, MediaRequest, TrackSet, ViewId};
use protocol::{Clock, Entropy, MediaSessionId, ParticipantId, RoomId, SystemClock, SystemEntropy};
use sfu::core::Counters;
use sfu::node::{Node, NodeConfig};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::client::Client;
use crate::link::Link;

const HOUSE: ViewId = ViewId(0);
/// Longer than anything takes on a machine ten times slower than ours.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Hall {
    runtime: Runtime,
    node: Node,
    _events: mpsc::Receiver<MediaEvent>,
    room: RoomId,
    requests: u64,
    poll: Poll,
    pub(crate) clients: Vec<Client>,
    /// Of the answers so far.
    pub(crate) fingerprints: BTreeSet<String>,
}

impl Hall {
    pub(crate) fn open(config: &NodeConfig) -> Result<Self> {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let (node, events) = Node::start(config, &clock, &entropy)?;
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().build()?,
            node,
            _events: events,
            room: RoomId::generate(&SystemClock, &SystemEntropy),
            requests: 0,
            poll: Poll::new()?,
            clients: Vec::new(),
            fingerprints: BTreeSet::new(),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.node.addresses()[0]
    }

    /// Somebody who sends a picture to the house. Returns their number.
    pub(crate) fn enter_player(&mut self, link: Link) -> Result<usize> {
        let participant = ParticipantId::generate(&SystemClock, &SystemEntropy);
        let number = self.enter(link, participant, true)?;
        let command = MediaCommand::SetView { view: HOUSE, sources: vec![participant] };
        self.request(command)?;
        Ok(number)
    }

    pub(crate) fn enter_viewer(&mut self, link: Link) -> Result<usize> {
        self.enter(link, ParticipantId::generate(&SystemClock, &SystemEntropy), false)
    }

    fn enter(&mut self, link: Link, participant: ParticipantId, publishes: bool) -> Result<usize> {
        let (mut client, offer) = Client::offer(link, publishes)?;
        let session = MediaSessionId::generate(&SystemClock, &SystemEntropy);
        let publish = if publishes { TrackSet::ALL } else { TrackSet::NONE };
        let command = MediaCommand::Connect { session, participant, view: HOUSE, publish, offer };
        let MediaReply::Answer { sdp, .. } = self.request(command)? else { bail!("no answer") };
        let fingerprint = sdp.lines().find(|line| line.starts_with("a=fingerprint:"));
        self.fingerprints.insert(fingerprint.context("a fingerprint")?.to_owned());
        client.accept(&sdp)?;
        let number = self.clients.len();
        let (fd, interest) = (client.link.fd(), Interest::READABLE | Interest::WRITABLE);
        self.poll.registry().register(&mut SourceFd(&fd), Token(number), interest)?;
        self.clients.push(client);
        self.until("a client connects", |hall| Ok(hall.clients[number].connected))?;
        Ok(number)
    }

    fn request(&mut self, command: MediaCommand) -> Result<MediaReply> {
        self.requests += 1;
        let request = MediaRequest { id: self.requests, room: self.room, epoch: 1, command };
        Ok(self.runtime.block_on(self.node.request(request)))
    }

    pub(crate) fn counters(&self) -> Counters {
        self.node.counters()[0]
    }

    /// Lets the play go on until something is so.
    pub(crate) fn until(
        &mut self,
        what: &str,
        mut so: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut events = Events::with_capacity(64);
        while !so(self)? {
            if Instant::now() > deadline {
                bail!("waited in vain until {what}: {:?}", self.counters());
            }
            for client in &mut self.clients {
                client.turn()?;
            }
            let next = self.clients.iter().map(Client::deadline).min();
            let wait = next.map_or(Duration::ZERO, |at| {
                at.saturating_duration_since(Instant::now()).min(Duration::from_millis(50))
            });
            self.poll.poll(&mut events, Some(wait))?;
        }
        Ok(())
    }

    /// Lets the play go on until a viewer has seen so many pictures more.
    pub(crate) fn watch(&mut self, viewer: usize, pictures: usize) -> Result<()> {
        let before = self.clients[viewer].seen.len();
        self.until("pictures arrive", |hall| {
            Ok(hall.clients[viewer].seen.len() >= before + pictures)
        })
    }
}
