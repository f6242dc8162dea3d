//! A network that delays, shuffles, loses and duplicates, by a seed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::Entropy as _;
use protocol::clock::SeededEntropy;

/// What a link does to datagrams, each way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) delay: Duration,
    /// Added to the delay, evenly distributed: packets overtake each other.
    pub(crate) jitter: Duration,
    /// Probability.
    pub(crate) loss: f64,
    /// Probability.
    pub(crate) duplication: f64,
    /// What the link carries, in bit/s, before a queue of [`QUEUE`]; nothing: all that comes.
    pub(crate) rate: Option<u64>,
}

/// The longest that a datagram waits for the link; what would wait longer is lost.
const QUEUE: Duration = Duration::from_millis(300);

/// IP and UDP headers use the link as well, in bytes.
const HEADERS: u64 = 28;
/// What a datagram of a handshake counts, in bytes: signatures differ in length from run to run.
const HANDSHAKE: u64 = 600;

fn weight(contents: &[u8]) -> u64 {
    match contents.first() {
        // RFC 7983 section 7.
        Some(20..=63) => HANDSHAKE,
        _ => contents.len() as u64,
    }
}

/// A datagram under way.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flight {
    arrives: Instant,
    number: u64,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) contents: Vec<u8>,
}

/// All datagrams under way.
pub(crate) struct Network {
    random: SeededEntropy,
    flights: BinaryHeap<Reverse<Flight>>,
    sent: u64,
    /// When each link has sent all that it holds.
    free: HashMap<(SocketAddr, SocketAddr), Instant>,
    /// How long each datagram waited for its link.
    waits: HashMap<(SocketAddr, SocketAddr), Vec<Duration>>,
}

impl Network {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: SeededEntropy::new(seed),
            flights: BinaryHeap::new(),
            sent: 0,
            free: HashMap::new(),
            waits: HashMap::new(),
        }
    }

    pub(crate) fn send(
        &mut self,
        now: Instant,
        weather: Weather,
        from: SocketAddr,
        to: SocketAddr,
        contents: &[u8],
    ) {
        if self.chance() < weather.loss {
            return;
        }
        let mut leaves = now;
        if let Some(rate) = weather.rate {
            let free = self.free.entry((from, to)).or_insert(now);
            let begins = (*free).max(now);
            self.waits.entry((from, to)).or_default().push(begins - now);
            if begins - now > QUEUE {
                return;
            }
            leaves =
                begins + Duration::from_micros((weight(contents) + HEADERS) * 8_000_000 / rate);
            *free = leaves;
        }
        let copies = if self.chance() < weather.duplication { 2 } else { 1 };
        for _ in 0..copies {
            let arrives = leaves + weather.delay + weather.jitter.mul_f64(self.chance());
            self.sent += 1;
            let (number, contents) = (self.sent, contents.to_vec());
            self.flights.push(Reverse(Flight { arrives, number, from, to, contents }));
        }
    }

    /// How long datagrams waited for a link since the last call, in ascending order.
    pub(crate) fn take_waits(&mut self, from: SocketAddr, to: SocketAddr) -> Vec<Duration> {
        let mut waits = self.waits.remove(&(from, to)).unwrap_or_default();
        waits.sort_unstable();
        waits
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.flights.peek().map(|Reverse(flight)| flight.arrives)
    }

    pub(crate) fn arrived(&mut self, now: Instant) -> Option<Flight> {
        if self.next()? > now {
            return None;
        }
        self.flights.pop().map(|Reverse(flight)| flight)
    }

    /// Evenly distributed in [0, 1).
    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}
