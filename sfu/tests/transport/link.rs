//! How a client reaches the node: a UDP socket, or a TCP connection that carries datagrams.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd as _, RawFd};

use anyhow::Result;
use sfu::framing::{Deframer, push_frame};
use socket2::{Domain, SockRef, Socket, Type};
use str0m::Candidate;
use str0m::net::{Protocol, TcpType};

/// Longer than anything the node sends.
const DATAGRAM: usize = 2_048;

pub(crate) enum Link {
    Udp(UdpSocket),
    Tcp(Box<Tcp>),
}

/// A connection, made when there is something to send.
pub(crate) struct Tcp {
    stream: TcpStream,
    local: SocketAddr,
    remote: Option<SocketAddr>,
    deframer: Deframer,
    unsent: Vec<u8>,
}

impl Link {
    pub(crate) fn udp(ip: IpAddr) -> Result<Self> {
        let socket = UdpSocket::bind((ip, 0))?;
        socket.set_nonblocking(true)?;
        Ok(Self::Udp(socket))
    }

    pub(crate) fn tcp(ip: IpAddr) -> Result<Self> {
        let socket = Socket::new(Domain::for_address((ip, 0).into()), Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((ip, 0)).into())?;
        // One who does not read is to be noticed soon.
        socket.set_recv_buffer_size(8_192)?;
        let stream = TcpStream::from(socket);
        let mut deframer = Deframer::new(DATAGRAM);
        deframer.widen(DATAGRAM);
        let local = stream.local_addr()?;
        Ok(Self::Tcp(Box::new(Tcp { stream, local, remote: None, deframer, unsent: Vec::new() })))
    }

    pub(crate) fn candidate(&self) -> Result<Candidate> {
        Ok(match self {
            Self::Udp(socket) => Candidate::host(socket.local_addr()?, Protocol::Udp)?,
            Self::Tcp(tcp) => {
                Candidate::builder().tcp().host(tcp.local).tcptype(TcpType::Active).build()?
            }
        })
    }

    pub(crate) fn protocol(&self) -> Protocol {
        match self {
            Self::Udp(_) => Protocol::Udp,
            Self::Tcp(_) => Protocol::Tcp,
        }
    }

    pub(crate) fn local(&self) -> Result<SocketAddr> {
        Ok(match self {
            Self::Udp(socket) => socket.local_addr()?,
            Self::Tcp(tcp) => tcp.local,
        })
    }

    pub(crate) fn fd(&self) -> RawFd {
        match self {
            Self::Udp(socket) => socket.as_raw_fd(),
            Self::Tcp(tcp) => tcp.stream.as_raw_fd(),
        }
    }

    pub(crate) fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> Result<()> {
        match self {
            Self::Udp(socket) => drop(socket.send_to(datagram, to)),
            Self::Tcp(tcp) => {
                if tcp.remote.is_none() {
                    SockRef::from(&tcp.stream).connect(&to.into())?;
                    tcp.stream.set_nodelay(true)?;
                    tcp.stream.set_nonblocking(true)?;
                    tcp.remote = Some(to);
                }
                push_frame(datagram, &mut tcp.unsent);
                tcp.flush();
            }
        }
        Ok(())
    }

    /// The next datagram, with whom it is from. None: nothing has come. A connection that is
    /// over brings nothing any more.
    pub(crate) fn receive(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = [0; DATAGRAM];
                let (length, from) = socket.recv_from(&mut buffer).ok()?;
                Some((from, buffer[..length].to_vec()))
            }
            Self::Tcp(tcp) => {
                tcp.flush();
                Some((tcp.remote?, tcp.next_frame()?))
            }
        }
    }
}

impl Tcp {
    fn flush(&mut self) {
        while let Ok(taken @ 1..) = self.stream.write(&self.unsent) {
            self.unsent.drain(..taken);
        }
    }

    fn next_frame(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(frame) = self.deframer.next_frame().expect("the node frames well") {
                return Some(frame.to_vec());
            }
            match self.stream.read(self.deframer.space()) {
                Ok(0) => return None,
                Ok(length) => self.deframer.filled(length),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}
