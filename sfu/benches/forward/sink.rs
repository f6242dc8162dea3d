//! The floor's destinations: bound sockets that a process of their own empties.

use std::io::{self, BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Result};

use crate::guard::Guard;
use crate::reader::Emptier;
use crate::support::socket::ClientSocket;

/// A running sink.
#[derive(Debug)]
pub(crate) struct Sink {
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    _child: Guard,
}

impl Sink {
    /// Starts a sink with as many sockets as there are `destinations` and returns their ports.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(destinations: usize) -> Result<(Self, Vec<u16>)> {
        let mut child: Child = Command::new(std::env::current_exe()?)
            .args(["sink", &destinations.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let ask = child.stdin.take().context("no pipe")?;
        let answers = BufReader::new(child.stdout.take().context("no pipe")?);
        let mut sink = Self { ask, answers, _child: Guard::new(child) };
        let ports = serde_json::from_str(&sink.line()?)?;
        Ok((sink, ports))
    }

    /// How many datagrams have arrived.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn received(&mut self) -> Result<u64> {
        self.ask.write_all(b"\n")?;
        Ok(self.line()?.trim().parse()?)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line)
    }
}

/// The sink's own process: prints its ports, then the number of datagrams received for each line
/// of input, until the input ends.
///
/// # Errors
/// When a socket fails.
pub(crate) fn run(destinations: usize) -> Result<()> {
    let mut emptier = Emptier::new()?;
    let mut ports = Vec::with_capacity(destinations);
    for _ in 0..destinations {
        let socket = ClientSocket::bind(Ipv4Addr::LOCALHOST.into())?;
        ports.push(socket.local().port());
        emptier.add(Arc::new(socket))?;
    }
    println!("{}", serde_json::to_string(&ports)?);

    let received = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let (count, end) = (received.clone(), done.clone());
    thread::spawn(move || {
        for _ in io::stdin().lines().map_while(Result::ok) {
            println!("{}", count.load(Ordering::Relaxed));
        }
        end.store(true, Ordering::Relaxed);
    });
    while !done.load(Ordering::Relaxed) {
        emptier.empty(&mut |_, _| {
            received.fetch_add(1, Ordering::Relaxed);
        })?;
        Emptier::rest();
    }
    Ok(())
}
