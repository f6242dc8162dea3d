//! The audience: str0m clients, all in one thread; another one empties their sockets.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use str0m::media::{Direction, MediaKind};

use crate::browser::Browser;
use crate::node::Node;
use crate::reader::Reader;
use crate::seen::Seen;
use crate::support::peer::{Happening, Peer};
use crate::support::source::starts_keyframe;
use crate::support::stamp::Stamp;

/// How long everybody together may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Handshakes under way at a time while nothing is measured.
const AT_ONCE: usize = 16;

/// Everybody.
#[derive(Debug)]
pub(crate) struct House {
    epoch: Instant,
    reader: Reader,
    /// By the numbers of their sockets; nothing: they have gone.
    peers: Vec<Option<Peer>>,
    viewers: Vec<Viewer>,
    /// Those who are seated: the first so many.
    seated: usize,
    window: Option<Window>,
}

/// What one of them has got.
#[derive(Clone, Debug, Default)]
struct Viewer {
    connected: bool,
    /// When the first packet lay in its socket, and the first of a keyframe.
    first_packet: Option<Instant>,
    first_keyframe: Option<Instant>,
}

/// What the seated ones got while they were watched.
#[derive(Debug)]
struct Window {
    begin: u64,
    seen: Vec<Seen>,
    /// Index of the packet, and µs from its writing to the socket.
    latencies: Vec<(u64, u32)>,
}

/// What the seated ones got of the packets of a window.
#[derive(Debug)]
pub(crate) struct Calm {
    /// Latencies in µs, ascending.
    pub(crate) latencies: Vec<u32>,
    /// Share of the packets that never came.
    pub(crate) loss: f64,
}

/// How long arrivals took, in µs, each ascending.
#[derive(Debug)]
pub(crate) struct Arrivals {
    /// From the offer to the first packet in the socket.
    pub(crate) first_packets: Vec<u32>,
    /// To the first packet of a keyframe.
    pub(crate) first_keyframes: Vec<u32>,
}

/// A client that is ready to arrive.
pub(crate) type Offer = (Peer, String);

impl House {
    /// Nobody yet.
    ///
    /// # Errors
    /// When the system gives no poller.
    pub(crate) fn new(epoch: Instant) -> Result<Self> {
        let reader = Reader::start()?;
        let (peers, viewers) = (Vec::new(), Vec::new());
        Ok(Self { epoch, reader, peers, viewers, seated: 0, window: None })
    }

    /// Clients with their offers.
    ///
    /// # Errors
    /// When the system gives no sockets.
    pub(crate) fn offers(count: usize) -> Result<Vec<Offer>> {
        let sections =
            [(MediaKind::Video, Direction::RecvOnly), (MediaKind::Audio, Direction::RecvOnly)];
        let offer = |_| Peer::offer(&sections).map(|(peer, offer, _)| (peer, offer));
        (0..count).map(offer).collect()
    }

    /// Seats so many, one after the other.
    ///
    /// # Errors
    /// When one of them does not connect.
    pub(crate) fn seat(&mut self, node: &mut Node, count: usize) -> Result<()> {
        for offer in Self::offers(count)? {
            self.enter(node, offer)?;
            self.turn_until(|house| house.connecting() < AT_ONCE)?;
        }
        self.seated = count;
        self.turn_until(|house| house.viewers.iter().all(|one| one.first_packet.is_some()))
    }

    /// Lets everybody arrive, evenly `within` this time.
    ///
    /// # Errors
    /// When one of them gets nothing.
    pub(crate) fn storm(
        &mut self,
        node: &mut Node,
        mut browser: Option<&mut Browser>,
        offers: Vec<Offer>,
        within: Duration,
    ) -> Result<Arrivals> {
        let (begin, first) = (Instant::now(), self.viewers.len());
        let count = u32::try_from(offers.len())?;
        let mut begun = Vec::new();
        for (number, offer) in (0..).zip(offers) {
            let due = begin + within * number / count.max(1);
            while Instant::now() < due {
                self.turn()?;
                serve(browser.as_deref_mut(), node)?;
            }
            // From when it should have come: a late client is no excuse.
            begun.push(due);
            self.enter(node, offer)?;
        }
        let deadline = Instant::now() + PATIENCE;
        while self.viewers[first..].iter().any(|one| one.first_keyframe.is_none()) {
            if Instant::now() > deadline {
                bail!("not everybody got a picture");
            }
            self.turn()?;
            serve(browser.as_deref_mut(), node)?;
        }
        let took = |of: fn(&Viewer) -> Option<Instant>| {
            let arrived = self.viewers[first..].iter().map(of).zip(&begun);
            let mut took: Vec<_> =
                arrived.filter_map(|(at, begun)| Some(micros(at? - *begun))).collect();
            took.sort_unstable();
            took
        };
        Ok(Arrivals {
            first_packets: took(|one| one.first_packet),
            first_keyframes: took(|one| one.first_keyframe),
        })
    }

    /// Begins to note what the seated ones get, from the packet of this index on.
    pub(crate) fn begin_window(&mut self, begin: u64) {
        let seen = vec![Seen::default(); self.seated];
        self.window = Some(Window { begin, seen, latencies: Vec::new() });
    }

    /// What they got of the packets before `end`.
    pub(crate) fn end_window(&mut self, end: u64) -> Calm {
        let Some(window) = self.window.take() else {
            return Calm { latencies: Vec::new(), loss: 0.0 };
        };
        let Window { begin, seen, latencies } = window;
        let of_window = |(index, latency)| (begin..end).contains(&index).then_some(latency);
        let mut latencies: Vec<u32> = latencies.into_iter().filter_map(of_window).collect();
        latencies.sort_unstable();
        let expected = (end - begin) * seen.len() as u64;
        let arrived: u64 = seen.iter().map(|one| one.count(begin, end)).sum();
        let loss = (expected - arrived) as f64 / expected.max(1) as f64;
        Calm { latencies, loss }
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// When a client fails.
    pub(crate) fn watch(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn()?;
        }
        Ok(())
    }

    /// All who came in the storm go.
    ///
    /// # Errors
    /// When the node does not let them.
    pub(crate) fn leave(&mut self, node: &mut Node) -> Result<()> {
        self.peers[self.seated..].fill_with(|| None);
        node.disconnect_after(self.seated)
    }

    fn enter(&mut self, node: &mut Node, (mut peer, offer): Offer) -> Result<()> {
        peer.accept(&node.seat_viewer(offer)?)?;
        self.reader.add(peer.socket().clone())?;
        self.peers.push(Some(peer));
        self.viewers.push(Viewer::default());
        Ok(())
    }

    fn connecting(&self) -> usize {
        self.viewers.iter().filter(|one| !one.connected).count()
    }

    fn turn_until(&mut self, enough: impl Fn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !enough(self) {
            if Instant::now() > deadline {
                bail!("not everybody connects in time: {} wait", self.connecting());
            }
            self.turn()?;
        }
        Ok(())
    }

    /// One round of the clients' loop.
    ///
    /// # Errors
    /// When a client fails.
    pub(crate) fn turn(&mut self) -> Result<()> {
        let Self { epoch, reader, peers, viewers, window, seated } = self;
        let take = |number, viewers: &mut [Viewer], window: &mut Option<Window>, happening: &_| {
            note(*epoch, number, &mut viewers[number], window.as_mut(), happening);
        };
        let batch = reader.next()?;
        for (number, datagram) in batch.datagrams() {
            // Who has seen a picture is only there: to decrypt all that 500 are sent would take
            // more of the machine than to send it.
            let seen = number >= *seated && viewers[number].first_keyframe.is_some();
            if seen && is_media(datagram.bytes) {
                continue;
            }
            let Some(peer) = &mut peers[number] else { continue };
            peer.on_datagram(&datagram, &mut |happening| {
                take(number, viewers, window, &happening);
            })?;
        }
        reader.reuse(batch);
        let now = Instant::now();
        for (number, peer) in peers.iter_mut().enumerate() {
            let Some(peer) = peer else { continue };
            if peer.deadline() <= now {
                peer.on_timeout(now, &mut |happening| take(number, viewers, window, &happening))?;
            }
        }
        Ok(())
    }
}

/// Whether a datagram is of RTP, and none of its control (RFC 5761 section 4).
fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

fn serve(browser: Option<&mut Browser>, node: &mut Node) -> Result<()> {
    browser.map_or(Ok(()), |browser| browser.serve(node))
}

fn note(
    epoch: Instant,
    number: usize,
    viewer: &mut Viewer,
    window: Option<&mut Window>,
    happening: &Happening,
) {
    let Happening::Packet { packet, arrived, .. } = happening else {
        viewer.connected |= matches!(happening, Happening::Connected);
        return;
    };
    viewer.first_packet.get_or_insert(*arrived);
    if viewer.first_keyframe.is_none() && starts_keyframe(&packet.payload) {
        viewer.first_keyframe = Some(*arrived);
    }
    let (Some(window), Some(stamp)) = (window, Stamp::read(&packet.payload)) else { return };
    if let Some(seen) = window.seen.get_mut(number).filter(|_| stamp.index >= window.begin) {
        seen.insert(stamp.index);
        let latency = (*arrived - epoch).saturating_sub(stamp.at);
        window.latencies.push((stamp.index, micros(latency)));
    }
}

fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}
