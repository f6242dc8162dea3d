//! A node, publishers and viewers in one process, joined by real UDP on loopback.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use protocol::media::{
    MediaCommand, MediaEvent, MediaEventKind, MediaReply, MediaRequest, ParticipantStats, SlotMids,
    TrackSet, ViewId,
};
use protocol::snapshot::RoomSnapshot;
use protocol::{Clock, Entropy, MediaSessionId, ParticipantId, RoomId, SystemClock, SystemEntropy};
use sfu::node::{Node, NodeConfig, WorkerStats};
use str0m::media::{Direction, MediaKind, Mid};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::driver::Driver;
use super::peer::{Happening, Peer};
use super::source::{Part, Source, starts_keyframe};
use super::stamp::Stamp;

/// Longer than anything takes on a machine ten times slower than ours.
const PATIENCE: Duration = Duration::from_secs(120);
/// From one picture of a publisher to the next, each with one packet of sound.
const BEAT: Duration = Duration::from_millis(20);
/// Packets a picture.
pub(crate) const PARTS: u64 = 4;
const VIDEO_SIZE: usize = 1_000;
const AUDIO_SIZE: usize = 120;

/// A node with one room, and everybody in it.
pub(crate) struct Hall {
    runtime: Runtime,
    node: Node,
    events: mpsc::Receiver<MediaEvent>,
    room: RoomId,
    last_request: u64,
    driver: Driver,
    next_beat: Instant,
    frame: u64,
    /// By the number of their peer.
    players: BTreeMap<usize, Player>,
    viewers: BTreeMap<usize, Viewer>,
    connected: BTreeSet<usize>,
    /// What the node has announced, oldest first.
    pub(crate) announced: Vec<MediaEventKind>,
}

/// Somebody who publishes.
pub(crate) struct Player {
    /// Who, for the node.
    pub(crate) participant: ParticipantId,
    /// Their media session.
    pub(crate) session: MediaSessionId,
    /// How often the node asked for a keyframe.
    pub(crate) keyframes_wanted: u32,
    source: Source,
}

/// Somebody who watches.
#[derive(Default)]
pub(crate) struct Viewer {
    /// The sections of their slots, as the node named them.
    pub(crate) slots: Vec<SlotMids>,
    /// What arrived, in order of arrival.
    pub(crate) heard: Vec<Heard>,
}

/// A packet that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    /// The section it arrived in.
    pub(crate) mid: Mid,
    /// The stream it belongs to.
    pub(crate) ssrc: u32,
    /// Its extended sequence number.
    pub(crate) sequence: u64,
    /// Whose it is, and which of theirs.
    pub(crate) stamp: Stamp,
    /// Whether a keyframe begins in it, if it is picture.
    pub(crate) starts_keyframe: bool,
}

impl Hall {
    /// A node that has just started, and nobody.
    pub(crate) fn open() -> Result<Self> {
        Self::open_with(NodeConfig::default())
    }

    /// A node whose workers share the room from the second session on, and nobody.
    pub(crate) fn open_shared(workers: u16) -> Result<Self> {
        Self::open_with(NodeConfig { workers, spread: 1, ..NodeConfig::default() })
    }

    fn open_with(config: NodeConfig) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let config = NodeConfig { listen: ([127, 0, 0, 1], 0).into(), ..config };
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let (node, events) = Node::start(&config, &clock, &entropy)?;
        Ok(Self {
            runtime,
            node,
            events,
            room: RoomId::generate(&SystemClock, &SystemEntropy),
            last_request: 0,
            driver: Driver::new()?,
            next_beat: Instant::now(),
            frame: 0,
            players: BTreeMap::new(),
            viewers: BTreeMap::new(),
            connected: BTreeSet::new(),
            announced: Vec::new(),
        })
    }

    /// Somebody who publishes sound and picture from now on. Returns their number.
    pub(crate) fn enter_player(&mut self) -> Result<usize> {
        let (mut peer, offer, mids) = Peer::offer(&[
            (MediaKind::Video, Direction::SendOnly),
            (MediaKind::Audio, Direction::SendOnly),
        ])?;
        let participant = ParticipantId::generate(&SystemClock, &SystemEntropy);
        let (session, answer, _) = self.connect(participant, ViewId(0), TrackSet::ALL, offer)?;
        peer.accept(&answer)?;
        let number = self.driver.add(peer)?;
        self.until("a publisher connects", |hall| hall.connected.contains(&number))?;
        let source = Source::new(
            u32::try_from(number)?,
            Instant::now(),
            (mids[0], VIDEO_SIZE),
            (mids[1], AUDIO_SIZE),
        );
        let player = Player { participant, session, keyframes_wanted: 0, source };
        self.players.insert(number, player);
        Ok(number)
    }

    /// Somebody who watches `view` in as many pairs of picture and sound. Returns their number.
    pub(crate) fn enter_viewer(&mut self, view: ViewId, pairs: usize) -> Result<usize> {
        let pair =
            [(MediaKind::Video, Direction::RecvOnly), (MediaKind::Audio, Direction::RecvOnly)];
        let (mut peer, offer, _) = Peer::offer(&pair.repeat(pairs))?;
        let participant = ParticipantId::generate(&SystemClock, &SystemEntropy);
        let (_, answer, slots) = self.connect(participant, view, TrackSet::NONE, offer)?;
        peer.accept(&answer)?;
        let number = self.driver.add(peer)?;
        self.viewers.insert(number, Viewer { slots, heard: Vec::new() });
        self.until("a viewer connects", |hall| hall.connected.contains(&number))?;
        Ok(number)
    }

    /// Ends a player's session by command.
    pub(crate) fn leave(&mut self, player: usize) -> Result<()> {
        let gone = self.players.remove(&player).context("no such player")?;
        self.command(MediaCommand::Disconnect { session: gone.session })
    }

    /// Ends the room.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.command(MediaCommand::CloseRoom)
    }

    /// How many sessions each worker has, as of at most a second ago.
    pub(crate) fn sessions_by_worker(&self) -> Vec<u64> {
        self.node.counters().iter().map(|counters| counters.sessions_open).collect()
    }

    /// Shows these players to a view.
    pub(crate) fn show(&mut self, view: ViewId, players: &[usize]) -> Result<()> {
        let sources = players.iter().map(|player| self.players[player].participant).collect();
        self.command(MediaCommand::SetView { view, sources })
    }

    /// Changes what a player may publish.
    pub(crate) fn grant(&mut self, player: usize, publish: TrackSet) -> Result<()> {
        let participant = self.players[&player].participant;
        self.command(MediaCommand::SetPublish { participant, publish })
    }

    /// The node's counters of a player.
    pub(crate) fn stats(&mut self, player: usize) -> Result<ParticipantStats> {
        let participant = self.players[&player].participant;
        let all = self.all_stats()?;
        all.into_iter().find(|p| p.participant == participant).context("no such participant")
    }

    /// The node's counters of everybody.
    pub(crate) fn all_stats(&mut self) -> Result<Vec<ParticipantStats>> {
        match self.request(MediaCommand::Stats)? {
            MediaReply::Stats(stats) => Ok(stats.participants),
            other => bail!("expected counters, got {other:?}"),
        }
    }

    /// What the node's one worker has counted and measured, as of at most a second ago.
    pub(crate) fn worker_stats(&self) -> WorkerStats {
        self.node.stats()[0]
    }

    /// The room as an operator sees it.
    pub(crate) fn snapshot(&mut self) -> Result<RoomSnapshot> {
        match self.request(MediaCommand::Snapshot { addresses: false })? {
            MediaReply::Snapshot(room) => Ok(*room),
            other => bail!("expected a snapshot, got {other:?}"),
        }
    }

    /// A player.
    pub(crate) fn player(&self, number: usize) -> &Player {
        &self.players[&number]
    }

    /// A viewer.
    pub(crate) fn viewer(&self, number: usize) -> &Viewer {
        &self.viewers[&number]
    }

    /// Anybody's client.
    pub(crate) fn peer(&mut self, number: usize) -> &mut Peer {
        self.driver.peer(number)
    }

    /// Lets the play go on until something is so.
    pub(crate) fn until(&mut self, what: &str, so: impl Fn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !so(self) {
            if Instant::now() > deadline {
                bail!("waited in vain until {what}");
            }
            self.turn()?;
        }
        Ok(())
    }

    /// Lets the play go on until the node's counters say that something is so. Returns them.
    pub(crate) fn until_counted(
        &mut self,
        what: &str,
        player: usize,
        so: impl Fn(&ParticipantStats) -> bool,
    ) -> Result<ParticipantStats> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let stats = self.stats(player)?;
            if so(&stats) {
                return Ok(stats);
            }
            if Instant::now() > deadline {
                bail!("waited in vain until {what}: {stats:?}");
            }
            let frame = self.frame;
            self.until("the next picture", |hall| hall.frame > frame)?;
        }
    }

    fn connect(
        &mut self,
        participant: ParticipantId,
        view: ViewId,
        publish: TrackSet,
        offer: String,
    ) -> Result<(MediaSessionId, String, Vec<SlotMids>)> {
        let session = MediaSessionId::generate(&SystemClock, &SystemEntropy);
        let command = MediaCommand::Connect { session, participant, view, publish, offer };
        match self.request(command)? {
            MediaReply::Answer { sdp, slots } => Ok((session, sdp, slots)),
            other => bail!("expected an answer, got {other:?}"),
        }
    }

    fn command(&mut self, command: MediaCommand) -> Result<()> {
        match self.request(command)? {
            MediaReply::Done => Ok(()),
            other => bail!("expected it to be done, got {other:?}"),
        }
    }

    fn request(&mut self, command: MediaCommand) -> Result<MediaReply> {
        self.last_request += 1;
        let request = MediaRequest { id: self.last_request, room: self.room, epoch: 1, command };
        Ok(self.runtime.block_on(self.node.request(request)))
    }

    fn turn(&mut self) -> Result<()> {
        let now = Instant::now();
        if now >= self.next_beat {
            self.play()?;
            self.next_beat = now + BEAT;
        }
        let wait = self.next_beat.saturating_duration_since(now);
        let Self { driver, players, viewers, connected, .. } = self;
        driver.turn(wait, &mut |number, happening| match happening {
            Happening::Connected => {
                connected.insert(number);
            }
            Happening::KeyframeWanted => {
                if let Some(player) = players.get_mut(&number) {
                    player.keyframes_wanted += 1;
                    player.source.make_keyframe();
                }
            }
            Happening::Packet { mid, packet, .. } => {
                let stamp = Stamp::read(&packet.payload);
                if let (Some(viewer), Some(stamp)) = (viewers.get_mut(&number), stamp) {
                    let (ssrc, sequence) = (*packet.header.ssrc, *packet.seq_no);
                    let starts_keyframe = starts_keyframe(&packet.payload);
                    viewer.heard.push(Heard { mid, ssrc, sequence, stamp, starts_keyframe });
                }
            }
            Happening::Closed => {}
        })?;
        while let Ok(event) = self.events.try_recv() {
            self.announced.push(event.kind);
        }
        Ok(())
    }

    fn play(&mut self) -> Result<()> {
        for (&number, player) in &mut self.players {
            let peer = self.driver.peer(number);
            let part = Part { frame: self.frame, first: 0, count: PARTS, of: PARTS };
            player.source.show(peer, part)?;
            player.source.sound(peer)?;
        }
        self.frame += 1;
        Ok(())
    }
}

impl Player {
    /// The index of the next packet they publish.
    pub(crate) fn next_index(&self) -> u64 {
        self.source.next_index()
    }
}

impl Viewer {
    /// The sections of a slot: sound, picture.
    pub(crate) fn sections(&self, slot: u8) -> Result<(Mid, Mid)> {
        let slot = self.slots.iter().find(|s| s.slot == slot).context("no such slot")?;
        let audio = slot.audio.as_deref().context("a slot without sound")?;
        let video = slot.video.as_deref().context("a slot without picture")?;
        Ok((audio.into(), video.into()))
    }

    /// What arrived in a section.
    pub(crate) fn heard_in(&self, mid: Mid) -> impl Iterator<Item = &Heard> {
        self.heard.iter().filter(move |heard| heard.mid == mid)
    }

    /// How many packets of a player have arrived in a section, from their packet `from` on.
    pub(crate) fn count(&self, mid: Mid, player: usize, from: u64) -> usize {
        let of_player = |heard: &&Heard| heard.stamp.source as usize == player;
        self.heard_in(mid).filter(of_player).filter(|heard| heard.stamp.index >= from).count()
    }
}
