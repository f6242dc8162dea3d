//! The measured node, in a process of its own, and its control connection.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use protocol::media::{
    ControlLine, MediaCommand, MediaReply, MediaRequest, RoomStats, TrackSet, ViewId,
};
use protocol::{MediaSessionId, ParticipantId, RoomId, SystemClock, SystemEntropy};
use str0m::media::{Direction, MediaKind};

use crate::guard::Guard;
use crate::machine::Process;
use crate::server::Server;
use crate::support::peer::Peer;

/// The view that the audience follows.
pub(crate) const HOUSE: ViewId = ViewId(1);
/// A view that nobody fills.
const NOBODY: ViewId = ViewId(0);

/// How long a server may take to start, and to reply.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running node with one room.
#[derive(Debug)]
pub(crate) struct Node {
    child: Guard,
    replies: BufReader<TcpStream>,
    requests: TcpStream,
    room: RoomId,
    last_request: u64,
    address: IpAddr,
}

impl Node {
    /// Starts the node of the program `rampa` at `address`, with so many `workers`, and opens a
    /// room in it.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(rampa: &Path, address: IpAddr, workers: u16) -> Result<Self> {
        let control = free_address()?;
        let mut command = Command::new(rampa);
        command.env("RAMPA__SFU__WORKERS", workers.to_string());
        let child = command
            .args(["sfu", "--listen", &SocketAddr::new(address, 0).to_string()])
            .args(["--control", &control.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{}: build it, or set RAMPA_BIN", rampa.display()))?;
        let child = Guard::new(child);
        let deadline = Instant::now() + PATIENCE;
        let requests = loop {
            match TcpStream::connect(control) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > deadline => {
                    return Err(error).context("the node does not start");
                }
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        };
        requests.set_nodelay(true)?;
        requests.set_read_timeout(Some(PATIENCE))?;
        let replies = BufReader::new(requests.try_clone()?);
        let room = RoomId::generate(&SystemClock, &SystemEntropy);
        Ok(Self { child, replies, requests, room, last_request: 0, address })
    }

    /// The room's counters.
    ///
    /// # Errors
    /// When the node does not reply.
    pub(crate) fn stats(&mut self) -> Result<RoomStats> {
        match self.request(MediaCommand::Stats)? {
            MediaReply::Stats(stats) => Ok(*stats),
            other => bail!("expected counters, got {other:?}"),
        }
    }

    fn connect(
        &mut self,
        participant: ParticipantId,
        view: ViewId,
        publish: TrackSet,
        offer: String,
    ) -> Result<String> {
        let session = MediaSessionId::generate(&SystemClock, &SystemEntropy);
        let command = MediaCommand::Connect { session, participant, view, publish, offer };
        match self.request(command)? {
            MediaReply::Answer { sdp, .. } => Ok(sdp),
            other => bail!("expected an answer, got {other:?}"),
        }
    }

    fn request(&mut self, command: MediaCommand) -> Result<MediaReply> {
        self.last_request += 1;
        let id = self.last_request;
        let request = MediaRequest { id, room: self.room, epoch: 1, command };
        let mut line = serde_json::to_string(&request)?;
        line.push('\n');
        self.requests.write_all(line.as_bytes())?;
        loop {
            let mut line = String::new();
            if self.replies.read_line(&mut line).context("no reply from the node")? == 0 {
                bail!("the node has closed its control connection");
            }
            match serde_json::from_str(&line)? {
                ControlLine::Reply { id: to, reply } if to == id => return Ok(reply),
                ControlLine::Reply { .. } | ControlLine::Event(_) => {}
            }
        }
    }
}

impl Server for Node {
    fn process(&self) -> Result<Process> {
        Process::of(self.child.child())
    }

    fn connect_publisher(&mut self, offer: String) -> Result<String> {
        let participant = ParticipantId::generate(&SystemClock, &SystemEntropy);
        let answer = self.connect(participant, NOBODY, TrackSet::ALL, offer)?;
        self.request(MediaCommand::SetView { view: HOUSE, sources: vec![participant] })?;
        Ok(answer)
    }

    fn add_subscriber(&mut self) -> Result<Peer> {
        let (mut peer, offer, _) = Peer::offer_from(
            self.address,
            &[(MediaKind::Video, Direction::RecvOnly), (MediaKind::Audio, Direction::RecvOnly)],
        )?;
        let participant = ParticipantId::generate(&SystemClock, &SystemEntropy);
        peer.accept(&self.connect(participant, HOUSE, TrackSet::NONE, offer)?)?;
        Ok(peer)
    }
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// How many packets the node sent, and how many datagram batches it gave to the kernel for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    packets: u64,
    calls: u64,
}

impl Sent {
    /// The sums over all participants.
    #[must_use]
    pub(crate) fn of(stats: &RoomStats) -> Self {
        let sum = |of: fn(&protocol::media::ParticipantStats) -> u64| {
            stats.participants.iter().map(of).sum()
        };
        Self { packets: sum(|p| p.sent), calls: sum(|p| p.send_calls) }
    }

    /// Packets per batch since `earlier`.
    #[must_use]
    pub(crate) fn segments_per_send(self, earlier: Self) -> f64 {
        let calls = self.calls.saturating_sub(earlier.calls).max(1);
        self.packets.saturating_sub(earlier.packets) as f64 / calls as f64
    }
}
