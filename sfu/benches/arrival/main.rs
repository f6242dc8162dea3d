//! What happens when an audience arrives at once: how soon each of them has a packet and a
//! picture, what it costs the publisher, and whether those who sit already notice.
//!
//! The method and how to read the result stand in `docs/performance/arrival.md`.

mod browser;
#[path = "../forward/connecting.rs"]
mod connecting;
#[path = "../forward/guard.rs"]
#[expect(dead_code, reason = "shared with another benchmark, which asks for more")]
mod guard;
mod house;
#[path = "../forward/machine.rs"]
#[expect(dead_code, reason = "shared with another benchmark, which asks for more")]
mod machine;
mod node;
#[path = "../forward/program.rs"]
mod program;
#[path = "../forward/reader.rs"]
mod reader;
mod report;
#[path = "../forward/seen.rs"]
#[expect(dead_code, reason = "shared with another benchmark, which asks for more")]
mod seen;
mod stage;
#[path = "../../tests/support"]
#[expect(dead_code, reason = "shared with tests, which use more of it")]
mod support {
    pub(crate) mod driver;
    pub(crate) mod peer;
    pub(crate) mod socket;
    pub(crate) mod source;
    pub(crate) mod stamp;
}

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;

use browser::Browser;
use house::House;
use machine::LoadMeter;
use node::{HOUSE, Node};
use program::rampa;
use report::Report;
use stage::Stage;

/// For what is still under way when a part of the run ends.
const LATE: Duration = Duration::from_millis(500);

/// Lets an audience arrive at a media node.
#[derive(Parser, Debug)]
struct Args {
    /// How many arrive.
    #[arg(long, default_value_t = 500)]
    arrivals: usize,
    /// Within how many seconds.
    #[arg(long, default_value_t = 5)]
    within: u64,
    /// How many sit there already.
    #[arg(long, default_value_t = 50)]
    seated: usize,
    /// For how many seconds they are watched before anybody arrives.
    #[arg(long, default_value_t = 5)]
    calm: u64,
    /// The folder of the browser's part, `e2e`; without one no browser arrives.
    #[arg(long)]
    browser: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    println!("{}", serde_json::to_string(&measure(&args)?)?);
    Ok(())
}

fn measure(args: &Args) -> Result<Report> {
    let epoch = Instant::now();
    let mut node = Node::start(&rampa()?)?;
    let stage = Stage::open(&mut node, HOUSE, epoch)?;
    let mut house = House::new(epoch)?;

    house.seat(&mut node, args.seated)?;
    eprintln!("{} sit", args.seated);
    house.watch(Duration::from_secs(2))?;
    house.begin_window(stage.next_index());
    house.watch(Duration::from_secs(args.calm))?;
    let calm_end = stage.next_index();
    house.watch(LATE)?;
    let calm = house.end_window(calm_end);

    let offers = House::offers(args.arrivals)?;
    let load = LoadMeter::start()?;
    let asked = node.keyframe_requests()?;
    house.begin_window(stage.next_index());
    let within = Duration::from_secs(args.within);
    let arrivals = house.storm(&mut node, None, offers, within)?;
    let storm_end = stage.next_index();
    house.watch(LATE)?;
    let storm = house.end_window(storm_end);
    let keyframe_requests = node.keyframe_requests()? - asked;
    let load = load.stop()?;
    house.leave(&mut node)?;
    eprintln!("{} came and went", args.arrivals);

    // A browser takes a core for itself while it connects, so it has a storm of its own.
    let seen = args.browser.as_deref().map(|folder| {
        let mut browser = Browser::open(folder, &mut node, &mut house)?;
        let offers = House::offers(args.arrivals)?;
        browser.storm(true)?;
        house.storm(&mut node, Some(&mut browser), offers, within)?;
        browser.storm(false)?;
        house.leave(&mut node)?;
        browser.finish(&mut node, &mut house)
    });
    let seen = seen.transpose()?;
    stage.close()?;
    Ok(Report::new(&arrivals, &calm, &storm, seen, keyframe_requests, load))
}
