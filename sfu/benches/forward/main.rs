//! What forwarding a packet costs, beside the least that it can cost.
//!
//! The method and how to read the result stand in `docs/PERFORMANCE.md`.

mod audience;
mod connecting;
mod floor;
mod guard;
mod janus;
mod machine;
mod matrix;
mod measure;
mod node;
mod program;
mod publisher;
mod reader;
mod report;
mod schedule;
mod seen;
mod server;
mod sink;
#[path = "../../tests/support"]
#[expect(dead_code, reason = "shared with tests, which use more of it")]
mod support {
    pub(crate) mod allocations;
    pub(crate) mod driver;
    pub(crate) mod inline;
    pub(crate) mod peer;
    pub(crate) mod socket;
    pub(crate) mod source;
    pub(crate) mod stamp;
}

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use floor::Sending;
use matrix::Matrix;
use measure::Plan;
use schedule::Shape;
use support::allocations::Counting;
use support::inline::InlineHouse;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
    /// Threads of the node.
    #[arg(long, default_value_t = 1)]
    workers: u16,
    /// The address of everybody.
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// Measure Janus instead of the node.
    #[arg(long)]
    janus: bool,
    /// Where to write the result besides.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What the program does besides one measurement; the hidden ones as a child of itself.
#[derive(Subcommand, Debug)]
enum Role {
    #[command(hide = true)]
    Sink { destinations: usize },
    #[command(hide = true)]
    Floor {
        #[arg(long, value_enum)]
        shape: Shape,
        #[arg(long, value_enum)]
        sending: Sending,
    },
    /// The floor, the node and Janus beside each other, in several houses.
    Matrix(Matrix),
    /// Forwards in this process, without sockets, for a profiler to watch.
    Core {
        /// How many subscribers.
        #[arg(long, default_value_t = 200)]
        subscribers: u16,
        /// How many pictures of ten packets.
        #[arg(long, default_value_t = 300)]
        pictures: u32,
    },
}

fn main() -> Result<()> {
    let args = Args::parse();
    let line = match args.role {
        Some(Role::Sink { destinations }) => return sink::run(destinations),
        Some(Role::Floor { shape, sending }) => return floor::run(shape, sending),
        Some(Role::Core { subscribers, pictures }) => {
            let mut house = InlineHouse::open(subscribers);
            let (packets, _) = house.pictures(pictures, || 0);
            serde_json::json!({ "packets": packets }).to_string()
        }
        Some(Role::Matrix(ref matrix)) => matrix::run(matrix)?,
        None => one(&args)?,
    };
    if let Some(path) = &args.json {
        fs::write(path, format!("{line}\n")).with_context(|| path.display().to_string())?;
    }
    println!("{line}");
    Ok(())
}

fn one(args: &Args) -> Result<String> {
    let plan = Plan {
        subscribers: args.subscribers,
        shape: args.shape,
        seconds: args.seconds,
        floor_seconds: args.floor_seconds,
        address: args.address,
        workers: args.workers,
    };
    Ok(if args.janus {
        serde_json::to_string(&plan.janus()?)?
    } else {
        serde_json::to_string(&plan.node_and_floor()?)?
    })
}
