//! A UDP socket with batches, segmentation offload and the kernel's receive times.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::socket::{setsockopt, sockopt::UdpGroSegment};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

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
        let Self { socket, state, wildcard, buffers, metas, dropped } = self;
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
        let mut wire = Wire { udp: Sender { socket, state, dropped }, tcp };
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
        Sender { socket: &self.socket, state: &self.state, dropped: &mut self.dropped }
    }
}

/// An IPv4 client of an IPv6 socket is the same client.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Sends through a worker's socket.
pub(super) struct Sender<'a> {
    socket: &'a UdpSocket,
    state: &'a UdpSocketState,
    dropped: &'a mut u64,
}

impl Sender<'_> {
    fn try_send(&mut self, path: Path, contents: &[u8], segment_size: Option<usize>) {
        let transmit = quinn_udp::Transmit {
            destination: path.remote,
            ecn: None,
            contents,
            segment_size,
            src_ip: path.local,
        };
        if self.state.try_send(UdpSockRef::from(self.socket), &transmit).is_err() {
            *self.dropped += 1;
        }
    }
}

impl Sink for Sender<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        let Transmit { path, segment_size, contents } = transmit;
        if contents.len() <= segment_size {
            self.try_send(path, contents, None);
            return;
        }
        // Without offload the kernel takes one datagram at a time.
        let segments = self.state.max_gso_segments().max(1);
        for train in contents.chunks(segment_size * segments) {
            let several = train.len() > segment_size;
            self.try_send(path, train, several.then_some(segment_size));
        }
    }
}
