//! The node in a process of its own, on all addresses of the machine, so that browsers reach it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use protocol::media::{ControlLine, MediaCommand, MediaReply, MediaRequest, TrackSet, ViewId};
use protocol::{MediaSessionId, ParticipantId, RoomId, SystemClock, SystemEntropy};

use crate::guard::Guard;

/// What the audience sees.
pub(crate) const HOUSE: ViewId = ViewId(1);
/// What the browser sees: a picture that can be decoded.
pub(crate) const SCREEN: ViewId = ViewId(2);
/// What who publishes sees: nothing.
const NOTHING: ViewId = ViewId(0);

/// How long the node may take to reply.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running node with one room.
#[derive(Debug)]
pub(crate) struct Node {
    _child: Guard,
    replies: BufReader<TcpStream>,
    requests: TcpStream,
    room: RoomId,
    /// Of the audience in [`HOUSE`], in the order in which it came.
    audience: Vec<MediaSessionId>,
    last_request: u64,
}

impl Node {
    /// Starts the node of the program `rampa` and opens a room in it.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(rampa: &Path) -> Result<Self> {
        let mut child = Command::new(rampa)
            .args(["sfu", "--listen", "0.0.0.0:0", "--control", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{}: build it, or set RAMPA_BIN", rampa.display()))?;
        let output = child.stdout.take().context("no pipe")?;
        let child = Guard::new(child);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let started: serde_json::Value = serde_json::from_str(&line).context("its first line")?;
        let control = started["control"].as_str().context("where it listens")?;
        let requests = TcpStream::connect(control)?;
        requests.set_nodelay(true)?;
        requests.set_read_timeout(Some(PATIENCE))?;
        let replies = BufReader::new(requests.try_clone()?);
        let room = RoomId::generate(&SystemClock, &SystemEntropy);
        Ok(Self { _child: child, replies, requests, room, audience: Vec::new(), last_request: 0 })
    }

    /// Connects somebody who publishes into a view, alone. Returns the answer.
    ///
    /// # Errors
    /// When the node refuses.
    pub(crate) fn connect_publisher(&mut self, view: ViewId, offer: String) -> Result<String> {
        let participant = ParticipantId::generate(&SystemClock, &SystemEntropy);
        let (_, answer) = self.connect(participant, NOTHING, TrackSet::ALL, offer)?;
        self.request(MediaCommand::SetView { view, sources: vec![participant] })?;
        Ok(answer)
    }

    /// Connects somebody who watches [`HOUSE`]. Returns the answer.
    ///
    /// # Errors
    /// When the node refuses.
    pub(crate) fn seat_viewer(&mut self, offer: String) -> Result<String> {
        let (session, answer) = self.connect_viewer(HOUSE, offer)?;
        self.audience.push(session);
        Ok(answer)
    }

    /// Connects somebody who watches [`SCREEN`]. Returns the answer.
    ///
    /// # Errors
    /// When the node refuses.
    pub(crate) fn show(&mut self, offer: String) -> Result<String> {
        Ok(self.connect_viewer(SCREEN, offer)?.1)
    }

    /// Those of the audience who came after the first so many go.
    ///
    /// # Errors
    /// When the node does not reply.
    pub(crate) fn disconnect_after(&mut self, count: usize) -> Result<()> {
        for session in self.audience.split_off(count) {
            self.request(MediaCommand::Disconnect { session })?;
        }
        Ok(())
    }

    fn connect_viewer(&mut self, view: ViewId, offer: String) -> Result<(MediaSessionId, String)> {
        let participant = ParticipantId::generate(&SystemClock, &SystemEntropy);
        self.connect(participant, view, TrackSet::NONE, offer)
    }

    /// The most keyframes that any publisher was asked for.
    ///
    /// # Errors
    /// When the node does not reply.
    pub(crate) fn keyframe_requests(&mut self) -> Result<u64> {
        match self.request(MediaCommand::Stats)? {
            MediaReply::Stats(stats) => {
                let asked = stats.participants.iter().map(|one| one.keyframe_requests);
                Ok(asked.max().unwrap_or(0))
            }
            other => bail!("expected counters, got {other:?}"),
        }
    }

    fn connect(
        &mut self,
        participant: ParticipantId,
        view: ViewId,
        publish: TrackSet,
        offer: String,
    ) -> Result<(MediaSessionId, String)> {
        let session = MediaSessionId::generate(&SystemClock, &SystemEntropy);
        let command = MediaCommand::Connect { session, participant, view, publish, offer };
        match self.request(command)? {
            MediaReply::Answer { sdp, .. } => Ok((session, sdp)),
            other => bail!("expected an answer, got {other:?}"),
        }
    }

    fn request(&mut self, command: MediaCommand) -> Result<MediaReply> {
        self.last_request += 1;
        let id = self.last_request;
        let request = MediaRequest { id, room: self.room, epoch: 1, command };
        let line = serde_json::to_string(&request)? + "\n";
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
