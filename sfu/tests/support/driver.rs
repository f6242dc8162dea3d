//! Runs any number of peers in one thread.

use std::io;
use std::time::{Duration, Instant};

use anyhow::Result;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::peer::{Happening, Peer};
use super::socket::Buffers;

/// Peers and what wakes them.
#[derive(Debug)]
pub(crate) struct Driver {
    poll: Poll,
    events: Events,
    buffers: Buffers,
    peers: Vec<Peer>,
}

impl Driver {
    /// A driver without peers.
    ///
    /// # Errors
    /// When the system gives no poller.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffers: Buffers::new(),
            peers: Vec::new(),
        })
    }

    /// Takes a peer in and returns its number.
    ///
    /// # Errors
    /// When the system cannot watch its socket.
    pub(crate) fn add(&mut self, peer: Peer) -> io::Result<usize> {
        let number = self.peers.len();
        let fd = peer.socket().fd();
        self.poll.registry().register(&mut SourceFd(&fd), Token(number), Interest::READABLE)?;
        self.peers.push(peer);
        Ok(number)
    }

    /// A peer by its number.
    pub(crate) fn peer(&mut self, number: usize) -> &mut Peer {
        &mut self.peers[number]
    }

    /// Does what is due, takes in what has arrived, and waits at most `wait` for either.
    ///
    /// # Errors
    /// When a socket or a peer's stack fails.
    pub(crate) fn turn(
        &mut self,
        wait: Duration,
        on: &mut dyn FnMut(usize, Happening),
    ) -> Result<()> {
        let now = Instant::now();
        let mut next = now + wait;
        for (number, peer) in self.peers.iter_mut().enumerate() {
            if peer.deadline() <= now {
                peer.on_timeout(now, &mut |happening| on(number, happening))?;
            }
            next = next.min(peer.deadline());
        }
        let wait = next.saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in &self.events {
            let Token(number) = event.token();
            let peer = &mut self.peers[number];
            peer.on_readable(&mut self.buffers, &mut |happening| on(number, happening))?;
        }
        Ok(())
    }
}
