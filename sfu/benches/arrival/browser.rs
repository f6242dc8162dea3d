//! A real browser among the arrivals: `e2e/arrival` in a process of its own, which says on
//! standard output what it wants of the node, and is answered on standard input.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::guard::Guard;
use crate::house::House;
use crate::node::{Node, SCREEN};

/// How long the browser may take for all that it does.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the browser's process says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// An offer of who publishes.
    Publish(String),
    /// An offer of who arrives.
    Arrive(String),
    /// The picture flows.
    Ready,
    /// It is done.
    Seen(Seen),
}

/// What it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Answer(String),
    /// The storm begins, or is over.
    Storm(bool),
}

/// What the browser saw.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Seen {
    /// From the offer to the first picture on the screen, during the storm, in ms.
    pub(crate) first_frames_ms: Vec<f64>,
    /// Glass to glass of who sits, in ms.
    pub(crate) baseline_ms: f64,
    /// How long after its first picture an arrival's delay was at the baseline, in ms.
    pub(crate) settled_ms: Vec<f64>,
}

/// The browser's process.
#[derive(Debug)]
pub(crate) struct Browser {
    _child: Guard,
    replies: ChildStdin,
    lines: Receiver<Result<Line>>,
    seen: Option<Seen>,
    ready: bool,
}

impl Browser {
    /// Starts it, and waits until its picture flows, while the house goes on.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn open(folder: &Path, node: &mut Node, house: &mut House) -> Result<Self> {
        let mut child = Command::new("node")
            .args(["--import", "tsx", "arrival/main.ts"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node, for the browser's part")?;
        let replies = child.stdin.take().context("no pipe")?;
        let output = BufReader::new(child.stdout.take().context("no pipe")?);
        let child = Guard::new(child);
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines() {
                let line = line.map_err(Into::into).and_then(|line| {
                    serde_json::from_str(&line).with_context(|| format!("the browser says {line}"))
                });
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut browser = Self { _child: child, replies, lines, seen: None, ready: false };
        let deadline = Instant::now() + PATIENCE;
        while !browser.ready {
            browser.serve(node)?;
            if Instant::now() > deadline {
                bail!("the browser shows nothing");
            }
            house.turn()?;
        }
        Ok(browser)
    }

    /// Does what it asks for.
    ///
    /// # Errors
    /// When it has failed.
    pub(crate) fn serve(&mut self, node: &mut Node) -> Result<()> {
        loop {
            match self.lines.try_recv() {
                Ok(line) => match line? {
                    Line::Publish(offer) => {
                        let answer = node.connect_publisher(SCREEN, offer)?;
                        self.reply(&Reply::Answer(answer))?;
                    }
                    Line::Arrive(offer) => {
                        let answer = node.show(offer)?;
                        self.reply(&Reply::Answer(answer))?;
                    }
                    Line::Ready => self.ready = true,
                    Line::Seen(seen) => self.seen = Some(seen),
                },
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) if self.seen.is_some() => return Ok(()),
                Err(TryRecvError::Disconnected) => bail!("the browser's process has ended"),
            }
        }
    }

    /// Says that the storm begins, or is over.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn storm(&mut self, begins: bool) -> Result<()> {
        self.reply(&Reply::Storm(begins))
    }

    /// Waits for the rest of what it measures, while the house goes on.
    ///
    /// # Errors
    /// When it fails.
    pub(crate) fn finish(mut self, node: &mut Node, house: &mut House) -> Result<Seen> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.serve(node)?;
            if let Some(seen) = self.seen.take() {
                return Ok(seen);
            }
            if Instant::now() > deadline {
                bail!("the browser does not end");
            }
            house.turn()?;
        }
    }

    fn reply(&mut self, reply: &Reply) -> Result<()> {
        let line = serde_json::to_string(reply)? + "\n";
        Ok(self.replies.write_all(line.as_bytes())?)
    }
}
