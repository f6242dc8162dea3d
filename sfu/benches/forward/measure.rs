//! One measurement: a server, a publisher, an audience.

use std::fs;
use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::audience::Audience;
use crate::floor::{self, Sending};
use crate::janus::Janus;
use crate::machine::{LoadMeter, Process};
use crate::node::{Node, Sent};
use crate::program::rampa;
use crate::publisher::Publisher;
use crate::report::{Figures, Report, percentile, rounded};
use crate::schedule::{PACKETS, Shape};
use crate::server::Server;

/// From the last arrival to the begin of measuring.
const WARM_UP: Duration = Duration::from_secs(3);
/// For what is still under way when measuring ends.
const LATE: Duration = Duration::from_millis(500);

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How many subscribers.
    pub subscribers: usize,
    /// How the video packets are spread over time.
    pub shape: Shape,
    /// For how long the server is measured.
    pub seconds: u64,
    /// For how long the floor is measured, before and after.
    pub floor_seconds: u64,
    /// The address of everybody.
    pub address: IpAddr,
    /// Threads of the node.
    pub workers: u16,
}

impl Plan {
    /// The floor, in µs a packet.
    ///
    /// # Errors
    /// When it does not run.
    pub(crate) fn floor(&self, sending: Sending) -> Result<f64> {
        let floor = floor::measure(self.subscribers, self.shape, sending, self.floor_seconds)?;
        eprintln!("floor by {sending:?}: {floor:.3} µs a packet");
        Ok(floor)
    }

    /// The node, between two floors.
    ///
    /// # Errors
    /// When one of them does not run.
    pub(crate) fn node_and_floor(&self) -> Result<Report> {
        let before = self.floor(Sending::Trains)?;
        let node = self.node()?;
        let after = self.floor(Sending::Trains)?;
        Ok(Report::new(node, [before, after]))
    }

    /// The node.
    ///
    /// # Errors
    /// When it does not run, or nothing arrives.
    pub(crate) fn node(&self) -> Result<Figures> {
        let mut node = Node::start(&rampa()?, self.address, self.workers)?;
        let mut figures = self.server(&mut node, &mut |node| Ok(Some(Sent::of(&node.stats()?))))?;
        figures.workers = self.workers;
        Ok(figures)
    }

    /// Janus, with the same clients.
    ///
    /// # Errors
    /// When it does not run, or nothing arrives.
    pub(crate) fn janus(&self) -> Result<Figures> {
        self.server(&mut Janus::start(self.address)?, &mut |_| Ok(None))
    }

    fn server<S: Server>(
        &self,
        server: &mut S,
        sent: &mut dyn FnMut(&mut S) -> Result<Option<Sent>>,
    ) -> Result<Figures> {
        let epoch = Instant::now();
        let process = server.process()?;
        let publisher = Publisher::start(server, self.address, epoch, self.shape)?;
        thread::sleep(WARM_UP);
        let alone = process.resident()?;
        eprintln!("a publisher alone: {} kB", alone / 1024);

        let mut audience = Audience::arrive(server, self.subscribers, epoch)?;
        eprintln!("{} subscribers are there after {:.1?}", self.subscribers, epoch.elapsed());
        audience.watch(WARM_UP)?;
        audience.keep_latencies((PACKETS * (self.seconds + 2)) as usize * self.subscribers);
        let sent_before = sent(server)?;
        audience.watch(LATE)?;

        let load = LoadMeter::start()?;
        let threads_before = threads(process)?;
        let (cpu, received, begin) = (process.cpu()?, audience.received(), publisher.next_index());
        let began = Instant::now();
        audience.watch(Duration::from_secs(self.seconds))?;
        let cpu = process.cpu()?.saturating_sub(cpu);
        let window = began.elapsed();
        let packets = audience.received() - received;
        let end = publisher.next_index();
        let load = load.stop()?;
        let worker_load_pct = busiest(&threads_before, &threads(process)?, window);

        let segments_per_send = match (sent(server)?, sent_before) {
            (Some(now), Some(before)) => Some(rounded(now.segments_per_send(before))),
            _ => None,
        };
        let grown = process.resident()?.saturating_sub(alone) as f64 / 1024.0;
        audience.watch(LATE)?;
        publisher.stop()?;
        let delivery = audience.delivery(begin, end);
        let latency = |share| {
            let micros = percentile(&delivery.latencies, share).context("nothing arrived")?;
            Ok::<_, anyhow::Error>(rounded(f64::from(micros) / 1e3))
        };
        let figures = Figures {
            subscribers: self.subscribers,
            shape: self.shape,
            seconds: self.seconds,
            workers: 1,
            packets,
            us_per_packet: rounded(cpu.as_secs_f64() * 1e6 / packets.max(1) as f64),
            worker_load_pct,
            loss: delivery.lost as f64 / delivery.expected.max(1) as f64,
            lost: delivery.lost,
            latency_p50_ms: latency(0.5)?,
            latency_p99_ms: latency(0.99)?,
            kb_per_subscriber: rounded(grown / self.subscribers.max(1) as f64),
            segments_per_send,
            load,
        };
        eprintln!("{:.3} µs a packet, {} lost", figures.us_per_packet, figures.lost);
        Ok(figures)
    }
}

/// Processor time by thread, in clock ticks.
fn threads(process: Process) -> Result<Vec<(String, u64)>> {
    let mut threads = Vec::new();
    for entry in fs::read_dir(process.tasks())? {
        let path = entry?.path().join("stat");
        let Ok(stat) = fs::read_to_string(&path) else { continue };
        // proc(5): after the name in parentheses, utime and stime are the 12th and 13th.
        let (head, rest) = stat.rsplit_once(')').context("no name in stat")?;
        let fields: Vec<_> = rest.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
        threads.push((head.to_owned(), ticks(11) + ticks(12)));
    }
    Ok(threads)
}

/// Shares of one processor that the threads which worked took, the busiest first, in percent;
/// threads below 1 % are left out.
fn busiest(before: &[(String, u64)], after: &[(String, u64)], window: Duration) -> Vec<f64> {
    /// USER_HZ, which is fixed for user space.
    const TICKS_PER_SECOND: f64 = 100.0;
    let earlier =
        |name: &str| before.iter().find(|(n, _)| n == name).map_or(0, |(_, ticks)| *ticks);
    let mut shares: Vec<f64> = after
        .iter()
        .map(|(name, ticks)| ticks.saturating_sub(earlier(name)) as f64)
        .map(|ticks| ticks / TICKS_PER_SECOND / window.as_secs_f64() * 100.0)
        .map(|share| (share * 10.0).round() / 10.0)
        .filter(|share| *share >= 1.0)
        .collect();
    shares.sort_by(|a, b| b.total_cmp(a));
    shares
}
