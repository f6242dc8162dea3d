//! A UDP socket of a client.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};
use protocol::{Clock, SystemClock};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};

/// Larger than any datagram a client is sent.
const DATAGRAM: usize = 2048;

/// Enough for a second of video, so that a client that sleeps a little loses nothing.
const RECEIVE_BUFFER: usize = 2 << 20;

/// A datagram that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datagram<'a> {
    /// Who sent it.
    pub from: SocketAddr,
    /// What was sent.
    pub bytes: &'a [u8],
    /// When the kernel put it into the socket's queue.
    pub arrived: Instant,
}

/// Room for one batch of datagrams; one serves any number of sockets.
#[derive(Debug)]
pub(crate) struct Buffers {
    bytes: Vec<u8>,
    meta: [RecvMeta; BATCH_SIZE],
}

impl Buffers {
    /// Empty buffers.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; DATAGRAM * BATCH_SIZE], meta: [RecvMeta::default(); BATCH_SIZE] }
    }
}

/// A bound, non-blocking socket with kernel receive times.
#[derive(Debug)]
pub(crate) struct ClientSocket {
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
}

impl ClientSocket {
    /// Binds a socket of its own at an address of this machine. Receive coalescing is off: a
    /// client gets one datagram at a time, as a browser does, and the kernel cuts segmented
    /// batches apart on the sender's account, as it does in front of most network cards.
    ///
    /// # Errors
    /// When the system gives no socket there.
    pub(crate) fn bind(address: IpAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((address, 0))?;
        let local = socket.local_addr()?;
        let state = UdpSocketState::new((&socket).into())?;
        state.set_recv_buffer_size((&socket).into(), RECEIVE_BUFFER)?;
        setsockopt(&socket, sockopt::UdpGroSegment, &false)?;
        Ok(Self { socket, state, local })
    }

    /// Its address.
    #[must_use]
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    /// For readiness polling.
    #[must_use]
    pub(crate) fn fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Hands over everything that has arrived; never waits.
    ///
    /// # Errors
    /// When the socket fails otherwise than by having nothing.
    pub(crate) fn receive(
        &self,
        buffers: &mut Buffers,
        on: &mut dyn FnMut(Datagram<'_>),
    ) -> io::Result<()> {
        loop {
            let mut chunks = buffers.bytes.chunks_exact_mut(DATAGRAM);
            let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            let received =
                match self.state.recv((&self.socket).into(), &mut slices, &mut buffers.meta) {
                    Ok(received) => received,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                    Err(error) => return Err(error),
                };
            // Kernel times are of the wall clock; their age carries over to the monotonic clock.
            let (now, wall) = (Instant::now(), wall_clock());
            for (bytes, meta) in
                buffers.bytes.chunks_exact(DATAGRAM).zip(&buffers.meta).take(received)
            {
                let age = meta.timestamp.map_or(Duration::ZERO, |at| wall.saturating_sub(at));
                let arrived = now.checked_sub(age).unwrap_or(now);
                on(Datagram { from: meta.addr, bytes: &bytes[..meta.len], arrived });
            }
            if received < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    /// Sends one datagram.
    ///
    /// # Errors
    /// When the system refuses it. A peer that is gone is no error: UDP loses.
    pub(crate) fn send(&self, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents: bytes,
            segment_size: None,
            src_ip: None,
        };
        match self.state.try_send((&self.socket).into(), &transmit) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            result => result,
        }
    }
}

/// The wall clock as time since the Unix epoch.
fn wall_clock() -> Duration {
    Duration::from_micros(u64::try_from(SystemClock.now().0).unwrap_or(0))
}
