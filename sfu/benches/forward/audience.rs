//! Who watches: str0m clients, all in one thread, and what reached them. Another thread empties
//! their sockets.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::reader::Reader;
use crate::seen::Seen;
use crate::server::Server;
use crate::support::peer::{Happening, Peer};
use crate::support::stamp::Stamp;

/// How many handshakes may be under way at once.
const AT_ONCE: usize = 16;
/// How long all of the audience together may take to arrive.
const PATIENCE: Duration = Duration::from_secs(90);

/// The subscribers.
#[derive(Debug)]
pub(crate) struct Audience {
    reader: Reader,
    peers: Vec<Peer>,
    hearing: Hearing,
}

/// What reached the subscribers.
#[derive(Debug)]
struct Hearing {
    epoch: Instant,
    connected: usize,
    received: u64,
    by_subscriber: Vec<Seen>,
    /// Latencies in µs by index of the packet, while they are kept.
    latencies: Option<Vec<(u64, u32)>>,
}

/// What reached the subscribers of the packets of a window.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// Packets that should have arrived, summed over the subscribers.
    pub expected: u64,
    /// Packets that never did.
    pub lost: u64,
    /// Latencies from writing to the subscriber's socket in µs, ascending.
    pub latencies: Vec<u32>,
}

impl Audience {
    /// Connects all subscribers and waits until each of them has received something.
    ///
    /// # Errors
    /// When one of them does not get that far in time.
    pub(crate) fn arrive(
        server: &mut dyn Server,
        subscribers: usize,
        epoch: Instant,
    ) -> Result<Self> {
        let hearing = Hearing {
            epoch,
            connected: 0,
            received: 0,
            by_subscriber: Vec::with_capacity(subscribers),
            latencies: None,
        };
        let mut audience = Self { reader: Reader::start()?, peers: Vec::new(), hearing };
        let deadline = Instant::now() + PATIENCE;
        for number in 0..subscribers {
            let peer = server.add_subscriber()?;
            audience.reader.add(peer.socket().clone())?;
            audience.peers.push(peer);
            audience.hearing.by_subscriber.push(Seen::default());
            audience
                .turn_until(deadline, "connect", |hearing| hearing.connected + AT_ONCE > number)?;
        }
        audience.turn_until(deadline, "receive", |hearing| {
            hearing.by_subscriber.iter().all(|seen| !seen.is_empty())
        })?;
        Ok(audience)
    }

    /// Watches for a while.
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

    /// How many packets have arrived so far.
    #[must_use]
    pub(crate) fn received(&self) -> u64 {
        self.hearing.received
    }

    /// Keeps the latencies from now on.
    pub(crate) fn keep_latencies(&mut self, about: usize) {
        self.hearing.latencies = Some(Vec::with_capacity(about));
    }

    /// What arrived of the packets from index `begin` up to, but not including, `end`.
    #[must_use]
    pub(crate) fn delivery(self, begin: u64, end: u64) -> Delivery {
        let Hearing { by_subscriber, latencies, .. } = self.hearing;
        let seen: u64 = by_subscriber.iter().map(|seen| seen.count(begin, end)).sum();
        let expected = (end - begin) * by_subscriber.len() as u64;
        let mut latencies: Vec<u32> = latencies
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(index, latency)| (begin..end).contains(&index).then_some(latency))
            .collect();
        latencies.sort_unstable();
        Delivery { expected, lost: expected - seen, latencies }
    }

    fn turn_until(
        &mut self,
        deadline: Instant,
        what: &str,
        enough: impl Fn(&Hearing) -> bool,
    ) -> Result<()> {
        while !enough(&self.hearing) {
            if Instant::now() > deadline {
                let Hearing { connected, by_subscriber, .. } = &self.hearing;
                let count = by_subscriber.len();
                bail!("not all subscribers {what} in time: {connected} of {count} are connected");
            }
            self.turn()?;
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<()> {
        let Self { reader, peers, hearing } = self;
        let batch = reader.next()?;
        for (number, datagram) in batch.datagrams() {
            peers[number]
                .on_datagram(&datagram, &mut |happening| hearing.take(number, &happening))?;
        }
        reader.reuse(batch);
        let now = Instant::now();
        for (number, peer) in peers.iter_mut().enumerate() {
            if peer.deadline() <= now {
                peer.on_timeout(now, &mut |happening| hearing.take(number, &happening))?;
            }
        }
        Ok(())
    }
}

impl Hearing {
    fn take(&mut self, number: usize, happening: &Happening) {
        match happening {
            Happening::Connected => self.connected += 1,
            Happening::Packet { packet, arrived, .. } => {
                self.received += 1;
                let Some(stamp) = Stamp::read(&packet.payload) else { return };
                self.by_subscriber[number].insert(stamp.index);
                if let Some(latencies) = &mut self.latencies {
                    let latency = (*arrived - self.epoch).saturating_sub(stamp.at);
                    let micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
                    latencies.push((stamp.index, micros));
                }
            }
            Happening::KeyframeWanted | Happening::Closed => {}
        }
    }
}
