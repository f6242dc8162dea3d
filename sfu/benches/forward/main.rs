//! What forwarding a packet costs, beside the least that it can cost.
//!
//! The method and how to read the result stand in `docs/performance/README.md`.

mod audience;
mod floor;
mod guard;
mod machine;
mod node;
mod publisher;
mod reader;
mod report;
mod schedule;
mod seen;
mod sink;
#[path = "../../tests/support"]
#[expect(dead_code, reason = "shared with tests, which use more of it")]
mod support {
    pub(crate) mod driver;
    pub(crate) mod peer;
    pub(crate) mod socket;
    pub(crate) mod source;
    pub(crate) mod stamp;
}

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use audience::Audience;
use machine::LoadMeter;
use node::{Node, Sent};
use publisher::Publisher;
use report::{NodeFigures, Report, percentile, rounded};
use schedule::{PACKETS, Shape};

/// From the last arrival to the begin of measuring.
const WARM_UP: Duration = Duration::from_secs(3);
/// For what is still under way when measuring ends.
const LATE: Duration = Duration::from_millis(500);

/// Measures the media node against the floor of the same run.
#[derive(Parser, Debug)]
struct Args {
    /// How many subscribers.
    #[arg(long, default_value_t = 200)]
    subscribers: usize,
    /// How long the node is measured.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// How long the floor is measured, before and after the node.
    #[arg(long, default_value_t = 5)]
    floor_seconds: u64,
    /// How the video packets are spread over time.
    #[arg(long, value_enum, default_value_t = Shape::Bursts)]
    shape: Shape,
    /// Where to write the result besides.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What the program does as a child of itself.
#[derive(Subcommand, Debug)]
enum Role {
    #[command(hide = true)]
    Sink { destinations: usize },
    #[command(hide = true)]
    Floor {
        #[arg(long, value_enum)]
        shape: Shape,
    },
}

fn main() -> Result<()> {
    let args = Args::parse();
    match args.role {
        Some(Role::Sink { destinations }) => return sink::run(destinations),
        Some(Role::Floor { shape }) => return floor::run(shape),
        None => {}
    }
    let report = serde_json::to_string(&measure(&args)?)?;
    if let Some(path) = &args.json {
        fs::write(path, format!("{report}\n")).with_context(|| path.display().to_string())?;
    }
    println!("{report}");
    Ok(())
}

fn measure(args: &Args) -> Result<Report> {
    let floor = || floor::measure(args.subscribers, args.shape, args.floor_seconds);
    let before = floor()?;
    eprintln!("floor: {before:.3} µs a packet");
    let node = measure_node(args)?;
    eprintln!("node: {:.3} µs a packet, {} lost", node.us_per_packet, node.lost);
    let after = floor()?;
    eprintln!("floor: {after:.3} µs a packet");
    Ok(Report::new(node, [before, after]))
}

fn measure_node(args: &Args) -> Result<NodeFigures> {
    let epoch = Instant::now();
    let mut node = Node::start(&rampa()?)?;
    let process = node.process()?;
    let publisher = Publisher::start(&mut node, epoch, args.shape)?;
    thread::sleep(WARM_UP);
    let alone = process.resident()?;
    eprintln!("a publisher alone: {} kB", alone / 1024);

    let mut audience = Audience::arrive(&mut node, args.subscribers, epoch)?;
    eprintln!("{} subscribers are there after {:.1?}", args.subscribers, epoch.elapsed());
    audience.watch(WARM_UP)?;
    audience.keep_latencies((PACKETS * (args.seconds + 2)) as usize * args.subscribers);
    let sent = Sent::of(&node.stats()?);
    audience.watch(LATE)?;

    let load = LoadMeter::start()?;
    let (cpu, received, begin) = (process.cpu()?, audience.received(), publisher.next_index());
    audience.watch(Duration::from_secs(args.seconds))?;
    let cpu = process.cpu()?.saturating_sub(cpu);
    let packets = audience.received() - received;
    let end = publisher.next_index();
    let load = load.stop()?;

    let segments_per_send = Sent::of(&node.stats()?).segments_per_send(sent);
    let grown = process.resident()?.saturating_sub(alone) as f64 / 1024.0;
    audience.watch(LATE)?;
    publisher.stop()?;
    let delivery = audience.delivery(begin, end);
    let latency = |share| {
        let micros = percentile(&delivery.latencies, share).context("nothing arrived")?;
        Ok::<_, anyhow::Error>(rounded(f64::from(micros) / 1e3))
    };
    Ok(NodeFigures {
        subscribers: args.subscribers,
        shape: args.shape,
        seconds: args.seconds,
        packets,
        us_per_packet: rounded(cpu.as_secs_f64() * 1e6 / packets.max(1) as f64),
        loss: delivery.lost as f64 / delivery.expected.max(1) as f64,
        lost: delivery.lost,
        latency_p50_ms: latency(0.5)?,
        latency_p99_ms: latency(0.99)?,
        kb_per_subscriber: rounded(grown / args.subscribers.max(1) as f64),
        segments_per_send: rounded(segments_per_send),
        load,
    })
}

/// The program to measure: `RAMPA_BIN`, or the one beside this benchmark.
fn rampa() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("RAMPA_BIN") {
        return Ok(path.into());
    }
    let exe = std::env::current_exe()?;
    let target = exe.parent().and_then(|deps| deps.parent()).context("set RAMPA_BIN")?;
    Ok(target.join("rampa"))
}
