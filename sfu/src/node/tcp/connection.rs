//! One TCP connection that carries datagrams.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;

use mio::net::TcpStream;

use super::backlog::Backlog;
use crate::core::{ConnectionNumber, Path};
use crate::framing::{Deframer, push_frame};
use crate::ice::MAX_CHECK_SIZE;

/// The longest frame of a client that has shown who it is, in bytes.
pub(super) const MAX_FRAME: usize = 2_048;
/// Reads before other connections get a turn.
const MAX_READS: usize = 8;
/// Looks at a crowded backlog, one a second, after which its reader is too slow to be served.
const MAX_CROWDED: u8 = 5;

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing more for now.
    Idle,
    /// More waits to be read.
    Busy,
    /// It ended, broke, or speaks nonsense.
    Over,
}

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) path: Path,
    deframer: Deframer,
    backlog: Backlog,
    /// The core has seen an authenticated check on it.
    pub(super) validated: bool,
    /// It waits to be read.
    pub(super) ready: bool,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, remote: SocketAddr, number: ConnectionNumber) -> Self {
        Self {
            stream,
            path: Path::tcp(remote, number),
            // Whoever is not known yet has nothing to say but checks.
            deframer: Deframer::new(MAX_CHECK_SIZE),
            backlog: Backlog::default(),
            validated: false,
            ready: false,
        }
    }

    /// Takes the reading half out, so that what is read may be answered on the same connection.
    pub(super) fn take_deframer(&mut self) -> Deframer {
        std::mem::take(&mut self.deframer)
    }

    pub(super) fn put_back(&mut self, deframer: Deframer) {
        self.deframer = deframer;
    }

    /// Reads once. The number of bytes, or nothing when there are none.
    ///
    /// # Errors
    /// When the connection is over.
    pub(super) fn read(&mut self, deframer: &mut Deframer) -> io::Result<Option<usize>> {
        loop {
            match self.stream.read(deframer.space()) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    deframer.filled(length);
                    return Ok(Some(length));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends datagrams, `scratch` being room for their frames. Returns how many are lost for
    /// want of room.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn send<'d>(
        &mut self,
        datagrams: impl Iterator<Item = &'d [u8]>,
        scratch: &mut Vec<u8>,
    ) -> io::Result<u64> {
        if !self.backlog.is_empty() {
            return Ok(datagrams.map(|datagram| u64::from(!self.backlog.push(datagram))).sum());
        }
        scratch.clear();
        for datagram in datagrams {
            push_frame(datagram, scratch);
        }
        let taken = match self.stream.write(scratch) {
            Ok(taken) => taken,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                0
            }
            Err(error) => return Err(error),
        };
        // One train is less than the backlog holds.
        self.backlog.push_rest(&scratch[taken..]);
        Ok(0)
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.backlog.drain(&mut self.stream)
    }

    /// Whether its peer has not read for too long; to be asked every second.
    pub(super) fn is_stalled(&mut self) -> bool {
        self.backlog.look() >= MAX_CROWDED
    }
}

/// How often [`Connection::read`] may be called in a row.
pub(super) const READS: std::ops::Range<usize> = 0..MAX_READS;
