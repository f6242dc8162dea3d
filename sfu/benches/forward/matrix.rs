//! The whole comparison in one run: the floor, the node and Janus, for several houses and both
//! shapes, as a table and as one line of JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::floor::Sending;
use crate::measure::Plan;
use crate::report::{Figures, Report, rounded};
use crate::schedule::{PACKETS, Shape};
use crate::support::allocations;
use crate::support::inline::InlineHouse;

/// The house by which servers are compared in one figure.
const REFERENCE: usize = 200;
/// Janus is not measured beyond this many: its one loop is full before.
const JANUS_MOST: usize = 200;
/// The share of one processor at which the delay of forwarding is measured.
const HALF: f64 = 0.5;
/// Between these lines of the document stands the table.
const MARKS: [&str; 2] = ["<!-- bench-sfu: begin -->\n", "<!-- bench-sfu: end -->"];

/// What to compare.
#[derive(clap::Args, Debug)]
pub(crate) struct Matrix {
    /// The houses.
    #[arg(long, value_delimiter = ',', default_value = "50,200,500")]
    houses: Vec<usize>,
    /// A house for two threads; 0: none. As many as half fill one thread, if it is not told: the
    /// clients of a larger one would need more processors than many machines have.
    #[arg(long)]
    two_threads: Option<usize>,
    /// For how long each server is measured.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// For how long each floor is measured, before and after the node.
    #[arg(long, default_value_t = 3)]
    floor_seconds: u64,
    /// The address of everybody: not of a loopback interface, where Janus is to be measured.
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// Leave Janus out.
    #[arg(long)]
    no_janus: bool,
    /// The commit that is measured.
    #[arg(long, default_value = "not named")]
    commit: String,
    /// The Markdown document that holds the table.
    #[arg(long)]
    document: Option<PathBuf>,
}

/// One row: a house and a shape.
struct Row {
    node: Report,
    /// The floor that sends 64 datagrams a call.
    batches_us: f64,
    janus: Option<Figures>,
}

/// The last line: the reference house's figures, and what the comparison comes to.
#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    reference: &'a Report,
    ratio_burst: f64,
    ratio_even: f64,
    janus_ratio: Option<f64>,
    forward_p99_ms: f64,
    forward_load_pct: f64,
    allocs_per_packet: f64,
    two_threads_cost: Option<f64>,
    two_threads_split: Option<f64>,
}

/// Measures everything, and returns the last line of output.
///
/// # Errors
/// When something does not run.
pub(crate) fn run(matrix: &Matrix) -> Result<String> {
    let plan = |subscribers, shape| Plan {
        subscribers,
        shape,
        seconds: matrix.seconds,
        floor_seconds: matrix.floor_seconds,
        address: matrix.address,
        workers: 1,
    };
    let mut rows = BTreeMap::new();
    for &house in &matrix.houses {
        for shape in [Shape::Bursts, Shape::Even] {
            eprintln!("# {house} subscribers, {shape:?}");
            let plan = plan(house, shape);
            let node = plan.node_and_floor()?;
            let batches_us = plan.floor(Sending::Batches)?;
            let measured = !matrix.no_janus && house <= JANUS_MOST;
            let janus = measured.then(|| plan.janus()).transpose()?;
            rows.insert((house, shape as usize), Row { node, batches_us, janus });
        }
    }
    let reference = if matrix.houses.contains(&REFERENCE) { REFERENCE } else { matrix.houses[0] };
    let row = |shape: Shape| &rows[&(reference, shape as usize)];
    let (bursts, even) = (row(Shape::Bursts), row(Shape::Even));

    let half = |row: &Row| {
        let per_subscriber = row.node.node.us_per_packet * 1e-6 * PACKETS as f64;
        ((HALF / per_subscriber) as usize).clamp(1, 1_000)
    };
    eprintln!("# at half load");
    let delay = plan(half(even), Shape::Even).node()?;

    let house = matrix.two_threads.unwrap_or_else(|| half(bursts));
    let threads = (house > 0).then(|| -> Result<_> {
        eprintln!("# two threads");
        let one = plan(house, Shape::Bursts);
        let two = Plan { workers: 2, ..one };
        Ok((one.node()?, two.node()?))
    });
    let threads = threads.transpose()?;

    let summary = Summary {
        reference: &bursts.node,
        ratio_burst: bursts.node.ratio,
        ratio_even: rounded(even.node.node.us_per_packet / even.batches_us),
        janus_ratio: bursts
            .janus
            .as_ref()
            .map(|janus| rounded(bursts.node.node.us_per_packet / janus.us_per_packet)),
        forward_p99_ms: delay.latency_p99_ms,
        forward_load_pct: delay.worker_load_pct.first().copied().unwrap_or(0.0),
        allocs_per_packet: allocations_per_packet(),
        two_threads_cost: threads
            .as_ref()
            .map(|(one, two)| rounded(two.us_per_packet / one.us_per_packet)),
        two_threads_split: threads.as_ref().and_then(|(_, two)| split(&two.worker_load_pct)),
    };
    let table = table(matrix, &rows, &delay, threads.as_ref(), &summary)?;
    eprintln!("{table}");
    if let Some(path) = &matrix.document {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let (before, rest) = text.split_once(MARKS[0]).context("the document has no mark")?;
        let (_, after) = rest.split_once(MARKS[1]).context("the document has no second mark")?;
        fs::write(path, format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1]))?;
    }
    Ok(serde_json::to_string(&summary)?)
}

/// The smaller of the two busiest threads' loads as a share of the larger.
fn split(loads: &[f64]) -> Option<f64> {
    let [first, second, ..] = loads else { return None };
    Some(rounded(second / first))
}

/// Allocations per forwarded packet of a core in steady state.
fn allocations_per_packet() -> f64 {
    let mut house = InlineHouse::open(REFERENCE as u16);
    house.pictures(400, allocations::count);
    let (packets, allocated) = house.pictures(400, allocations::count);
    rounded(allocated as f64 / packets as f64)
}

fn table(
    matrix: &Matrix,
    rows: &BTreeMap<(usize, usize), Row>,
    delay: &Figures,
    threads: Option<&(Figures, Figures)>,
    summary: &Summary<'_>,
) -> Result<String> {
    let mut text = format!(
        "Commit `{}`, {} s a server; µs are of processor time per packet that arrived.\n\n\
         | subscribers | shape | node µs | floor µs (trains / batches) | node ÷ floor | Janus µs \
         | node ÷ Janus | lost (node / Janus) | p50 / p99 ms (node) | kB a subscriber \
         (node / Janus) | load |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        matrix.commit, matrix.seconds
    );
    for ((house, _), Row { node: report, batches_us, janus }) in rows {
        let Report { node, floor_us, .. } = report;
        let floor = if node.shape == Shape::Bursts { *floor_us } else { *batches_us };
        let beside =
            |of: &dyn Fn(&Figures) -> String| janus.as_ref().map_or_else(|| "–".to_owned(), of);
        writeln!(
            text,
            "| {house} | {} | {:.2} | {floor_us:.2} / {batches_us:.2} | **{:.2}** | {} | {} | \
             {} / {} | {:.1} / {:.1} | {:.0} / {} | {} |",
            shape_name(node.shape),
            node.us_per_packet,
            node.us_per_packet / floor,
            beside(&|janus| format!("{:.2}", janus.us_per_packet)),
            beside(&|janus| format!("1/{:.1}", janus.us_per_packet / node.us_per_packet)),
            share(node.loss),
            beside(&|janus| share(janus.loss)),
            node.latency_p50_ms,
            node.latency_p99_ms,
            node.kb_per_subscriber,
            beside(&|janus| format!("{:.0}", janus.kb_per_subscriber)),
            load(node),
        )?;
    }
    writeln!(
        text,
        "\nForwarding delay with evenly spaced packets at {:.0} % of one thread ({} subscribers): \
         p50 {:.2} ms, p99 {:.2} ms ({}).",
        summary.forward_load_pct,
        delay.subscribers,
        delay.latency_p50_ms,
        delay.latency_p99_ms,
        load(delay),
    )?;
    if let Some((one, two)) = threads {
        writeln!(
            text,
            "\n{} subscribers in bursts: one thread {:.2} µs a packet, {} lost ({}); two threads \
             {:.2} µs, {} lost, loads {:?} % ({}).",
            one.subscribers,
            one.us_per_packet,
            share(one.loss),
            load(one),
            two.us_per_packet,
            share(two.loss),
            two.worker_load_pct,
            load(two),
        )?;
    }
    writeln!(
        text,
        "\nAllocations per forwarded packet in steady state: {}.\n",
        summary.allocs_per_packet
    )?;
    Ok(text)
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Bursts => "bursts",
        Shape::Even => "even",
    }
}

fn share(loss: f64) -> String {
    if loss == 0.0 { "0".to_owned() } else { format!("{:.3} %", loss * 100.0) }
}

fn load(figures: &Figures) -> String {
    let load = figures.load;
    format!("{} cores, {:.0} % busy, load {:.1}", load.cores, load.cpu_busy_pct, load.loadavg1)
}
