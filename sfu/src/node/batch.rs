//! Datagrams that go to different people, sent with one system call.

use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};

use crate::core::Path;

/// So many datagrams go at once.
const MAX_DATAGRAMS: usize = 64;

/// Datagrams that wait for each other. All of them leave from the same local address.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Where each datagram ends among the bytes.
    ends: Vec<usize>,
    remotes: Vec<Option<SockaddrStorage>>,
    /// Who gets something, as it was told.
    receivers: Vec<SocketAddr>,
    local: Option<IpAddr>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether a datagram on this path cannot be added before the others are sent.
    #[inline]
    pub(super) fn refuses(&self, path: Path) -> bool {
        self.ends.len() == MAX_DATAGRAMS || (!self.is_empty() && self.local != path.local)
    }

    /// Whether something to this receiver waits.
    #[inline]
    pub(super) fn holds(&self, receiver: SocketAddr) -> bool {
        self.receivers.contains(&receiver)
    }

    /// The only datagram, which needs no company to be sent.
    pub(super) fn take_single(&mut self, send: impl FnOnce(Path, &[u8])) -> bool {
        let [receiver] = self.receivers[..] else { return false };
        send(Path { local: self.local, ..Path::udp(receiver) }, &self.bytes);
        self.clear();
        true
    }

    /// Adds a datagram. Ask [`Self::refuses`] first.
    #[inline]
    pub(super) fn add(&mut self, path: Path, contents: &[u8]) {
        self.local = path.local;
        self.bytes.extend_from_slice(contents);
        self.ends.push(self.bytes.len());
        self.remotes.push(Some(path.remote.into()));
        self.receivers.push(path.remote);
    }

    /// Sends everything. Returns how many datagrams the kernel did not take.
    pub(super) fn send(&mut self, socket: &UdpSocket) -> u64 {
        let mut slices = [[IoSlice::new(&[])]; MAX_DATAGRAMS];
        let mut begin = 0;
        for (slice, end) in slices.iter_mut().zip(&self.ends) {
            *slice = [IoSlice::new(&self.bytes[begin..*end])];
            begin = *end;
        }
        let refused = send_all(socket, &slices[..self.ends.len()], &self.remotes, self.local);
        self.clear();
        refused
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.remotes.clear();
        self.receivers.clear();
    }
}

fn send_all(
    socket: &UdpSocket,
    mut slices: &[[IoSlice<'_>; 1]],
    mut remotes: &[Option<SockaddrStorage>],
    local: Option<IpAddr>,
) -> u64 {
    let source = Source::new(local);
    let mut refused = 0;
    while !slices.is_empty() {
        let mut headers = MultiHeaders::preallocate(slices.len(), source.room());
        let taken = sendmmsg(
            socket.as_raw_fd(),
            &mut headers,
            slices,
            remotes,
            source.messages(),
            MsgFlags::MSG_DONTWAIT,
        )
        .map(Iterator::count);
        let done = match taken {
            // The kernel stops at the first one that it does not take, and says why only when
            // that is the first of all.
            Ok(taken) if taken > 0 => taken,
            Err(Errno::EINTR) => 0,
            Err(Errno::EAGAIN) => return refused + slices.len() as u64,
            Ok(_) | Err(_) => {
                refused += 1;
                1
            }
        };
        slices = &slices[done..];
        remotes = &remotes[done..];
    }
    refused
}

/// The address that datagrams leave from, where the socket alone does not say.
enum Source {
    Any,
    V4(libc::in_pktinfo),
    V6(libc::in6_pktinfo),
}

impl Source {
    fn new(local: Option<IpAddr>) -> Self {
        match local {
            None => Self::Any,
            Some(IpAddr::V4(address)) => Self::V4(libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
                ipi_addr: libc::in_addr { s_addr: 0 },
            }),
            Some(IpAddr::V6(address)) => Self::V6(libc::in6_pktinfo {
                ipi6_ifindex: 0,
                ipi6_addr: libc::in6_addr { s6_addr: address.octets() },
            }),
        }
    }

    /// Room for what is said about each datagram, exactly: the kernel reads all of it.
    fn room(&self) -> Option<Vec<u8>> {
        match self {
            Self::Any => None,
            Self::V4(_) => Some(nix::cmsg_space!(libc::in_pktinfo)),
            Self::V6(_) => Some(nix::cmsg_space!(libc::in6_pktinfo)),
        }
    }

    fn messages(&self) -> Vec<ControlMessage<'_>> {
        match self {
            Self::Any => Vec::new(),
            Self::V4(info) => vec![ControlMessage::Ipv4PacketInfo(info)],
            Self::V6(info) => vec![ControlMessage::Ipv6PacketInfo(info)],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn receiver() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        socket
    }

    fn path(to: SocketAddr, local: Option<IpAddr>) -> Path {
        Path { local, ..Path::udp(to) }
    }

    #[test]
    fn each_receiver_gets_its_own_in_order() {
        for local in [None, Some(IpAddr::from(Ipv4Addr::new(127, 0, 0, 3)))] {
            let sender = UdpSocket::bind("0.0.0.0:0").expect("a port");
            let receivers = [receiver(), receiver()];
            let mut batch = Batch::default();
            for number in 0..MAX_DATAGRAMS {
                let to = receivers[number % 2].local_addr().expect("an address");
                let path = path(to, local);
                assert!(!batch.refuses(path), "datagram {number}");
                batch.add(path, &vec![number as u8; number + 1]);
            }
            assert!(batch.refuses(path(receivers[0].local_addr().expect("an address"), local)));
            assert_eq!(batch.send(&sender), 0);
            assert!(batch.is_empty());
            for number in 0..MAX_DATAGRAMS {
                let mut buffer = [0; 100];
                let (len, from) = receivers[number % 2].recv_from(&mut buffer).expect("a datagram");
                assert_eq!(buffer[..len], vec![number as u8; number + 1]);
                assert_eq!(from.ip(), local.unwrap_or(Ipv4Addr::LOCALHOST.into()));
            }
        }
    }

    #[test]
    fn one_alone_is_handed_over() {
        let to = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut batch = Batch::default();
        batch.add(path(to, None), b"one");
        assert!(batch.holds(to) && !batch.holds(SocketAddr::from(([127, 0, 0, 1], 10))));
        let mut sent = Vec::new();
        assert!(batch.take_single(|path, contents| sent.push((path.remote, contents.to_vec()))));
        assert_eq!(sent, [(to, b"one".to_vec())]);
        assert!(batch.is_empty() && !batch.holds(to));
        batch.add(path(to, None), b"one");
        batch.add(path(to, None), b"two");
        assert!(!batch.take_single(|_, _| unreachable!("there are two")));
    }

    #[test]
    fn another_local_address_waits_for_its_turn() {
        let to = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut batch = Batch::default();
        batch.add(path(to, None), b"one");
        assert!(batch.refuses(path(to, Some(Ipv4Addr::LOCALHOST.into()))));
        assert!(!batch.refuses(path(to, None)));
    }

    #[test]
    fn what_the_kernel_refuses_is_counted_and_keeps_nobody_back() {
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let receiver = receiver();
        let to = receiver.local_addr().expect("an address");
        let mut batch = Batch::default();
        // From a loopback address there is no way to the world.
        let nowhere = SocketAddr::from(([192, 0, 2, 1], 9));
        for (to, contents) in [(to, b"one"), (nowhere, b"two"), (to, b"six")] {
            batch.add(path(to, None), contents);
        }
        assert_eq!(batch.send(&sender), 1);
        for expected in [b"one", b"six"] {
            let mut buffer = [0; 10];
            let len = receiver.recv(&mut buffer).expect("a datagram");
            assert_eq!(&buffer[..len], expected);
        }
    }
}
