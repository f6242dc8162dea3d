//! A UDP socket with batches, segmentation offload and the kernel's receive times.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::socket::{setsockopt, sockopt::UdpGroSegment};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

use super::batch::Batch;
use super::tcp::Connections;
use super::wire::Wire;
use crate::core::{Datagram, Path, Sink, Transmit};

/// Kernel buffers, in bytes; the system may grant less.
const BUFFER_SIZE: usize = 8 << 20;
/// The longest datagram that is received, in bytes; longer ones are cut, and fail to open.
const MAX_DATAGRAM: usize = 2_048;
/// Receive times further back than this are the clock's fault.
const MAX_AGE: Duration = Duration::from_secs(1);

/// A worker's socket.
pub(super) struct MediaSocket {
    socket: UdpSocket,
    state: UdpSocketState,
    wildcard: bool,
    buffers: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
    batch: Batch,
    /// Datagrams that the kernel had no room for.
    pub(super) dropped: u64,
}

impl MediaSocket {
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        socket.bind(&address.into())?;
        socket.set_nonblocking(true)?;
        let _ = socket.set_recv_buffer_size(BUFFER_SIZE);
        let _ = socket.set_send_buffer_size(BUFFER_SIZE);
        let socket = UdpSocket::from(socket);
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // Receiving in trains would give all packets of a train one receive time.
        setsockopt(&socket, UdpGroSegment, &false)?;
        Ok(Self {
            socket,
            state,
            wildcard: address.ip().is_unspecified(),
            buffers: vec![0; BATCH_SIZE * MAX_DATAGRAM],
            metas: [RecvMeta::default(); BATCH_SIZE],
            batch: Batch::default(),
            dropped: 0,
        })
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(super) fn raw_fd(&self) -> RawFd {
        self.socket.as_fd().as_raw_fd()
    }

    /// Receives one batch and hands its datagrams over, with a sink for what they cause. False
    /// when there was nothing.
    pub(super) fn receive(
        &mut self,
        tcp: &mut Connections,
        mut handle: impl FnMut(Instant, &mut Datagram<'_>, &mut dyn Sink),
    ) -> bool {
        let Self { socket, state, wildcard, buffers, metas, batch, dropped } = self;
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = {
            let mut chunks = buffers.chunks_exact_mut(MAX_DATAGRAM);
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()))
        };
        let received = match state.recv(UdpSockRef::from(&*socket), &mut slices, metas) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // An ICMP error of some earlier datagram: nobody is there any more.
            Err(_) => return true,
        };
        let now = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "the kernel stamps packets with this clock")]
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut wire = Wire { udp: Sender { socket, state, batch, dropped }, tcp };
        for (meta, slice) in metas.iter().zip(&mut slices).take(received) {
            let age = meta
                .timestamp
                .map_or(Duration::ZERO, |stamp| wall.saturating_sub(stamp))
                .min(MAX_AGE);
            let path = Path {
                local: meta.dst_ip.filter(|_| *wildcard),
                ..Path::udp(canonical(meta.addr))
            };
            let contents = &mut slice[..meta.len.min(MAX_DATAGRAM)];
            let received = now.checked_sub(age).unwrap_or(now);
            handle(now, &mut Datagram { path, received, contents }, &mut wire);
        }
        true
    }

    /// A sink outside of [`Self::receive`].
    pub(super) fn sender(&mut self) -> Sender<'_> {
        let Self { socket, state, batch, dropped, .. } = self;
        Sender { socket, state, batch, dropped }
    }
}

/// An IPv4 client of an IPv6 socket is the same client.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Sends through a worker's socket: a train at once, single datagrams together. What still waits
/// leaves when this is dropped.
pub(super) struct Sender<'a> {
    socket: &'a UdpSocket,
    state: &'a UdpSocketState,
    batch: &'a mut Batch,
    dropped: &'a mut u64,
}

impl Sender<'_> {
    fn send_single(&mut self, path: Path, contents: &[u8]) {
        if self.batch.refuses(path) {
            self.send_batch();
        }
        self.batch.add(path, contents);
    }

    fn send_batch(&mut self) {
        let Self { socket, state, batch, dropped } = self;
        let alone = batch.take_single(|path, contents| {
            **dropped += try_send(socket, state, path, contents, None);
        });
        if !alone && !batch.is_empty() {
            **dropped += batch.send(socket);
        }
    }
}

/// One system call for one train or datagram. Returns how many were not taken.
fn try_send(
    socket: &UdpSocket,
    state: &UdpSocketState,
    path: Path,
    contents: &[u8],
    segment_size: Option<usize>,
) -> u64 {
    let transmit = quinn_udp::Transmit {
        destination: path.remote,
        ecn: None,
        contents,
        segment_size,
        src_ip: path.local,
    };
    u64::from(state.try_send(UdpSockRef::from(socket), &transmit).is_err())
}

impl Sink for Sender<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        let Transmit { path, segment_size, contents } = transmit;
        // Without offload the kernel takes one datagram at a time.
        let segments = self.state.max_gso_segments().max(1);
        for train in contents.chunks(segment_size * segments) {
            if train.len() <= segment_size {
                self.send_single(path, train);
                continue;
            }
            // To one receiver, everything leaves in order.
            if self.batch.holds(path.remote) {
                self.send_batch();
            }
            *self.dropped += try_send(self.socket, self.state, path, train, Some(segment_size));
        }
    }
}

impl Drop for Sender<'_> {
    fn drop(&mut self) {
        self.send_batch();
    }
}
