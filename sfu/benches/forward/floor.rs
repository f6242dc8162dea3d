//! The floor: the least work that any forwarder must do for the same packets. For each packet and
//! destination: copy the payload, write the header, seal; for each train: one system call.

use std::io::{self, BufRead, IoSlice, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use quinn_udp::{Transmit, UdpSocketState};

use crate::guard::Guard;
use crate::machine::Process;
use crate::schedule::{AUDIO_SIZE, PACKETS, PACKETS_PER_FRAME, Schedule, Shape, Tick, VIDEO_SIZE};
use crate::sink::Sink;

/// RTP header with transport-wide sequence number: RFC 3550 section 5.1, RFC 8285 section 4.2.
const HEADER: usize = 20;
/// Datagrams a call of `sendmmsg`.
const BATCH: usize = 64;
/// Tag of AEAD_AES_128_GCM, RFC 7714.
const TAG: usize = 16;

const VIDEO_PACKET: usize = HEADER + VIDEO_SIZE + TAG;
const AUDIO_PACKET: usize = HEADER + AUDIO_SIZE + TAG;

/// How the floor hands packets to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sending {
    /// A train of equal segments a call (UDP GSO): one call a destination.
    Trains,
    /// Up to 64 datagrams a call (`sendmmsg`), whatever their destinations.
    Batches,
}

/// Measures the floor for some seconds, in µs of processor time per packet.
///
/// # Errors
/// When the floor or its sink does not run, or loses packets.
pub(crate) fn measure(
    destinations: usize,
    shape: Shape,
    sending: Sending,
    seconds: u64,
) -> Result<f64> {
    let (mut sink, ports) = Sink::start(destinations)?;
    let name = |value: serde_json::Result<String>| value.map(|v| v.trim_matches('"').to_owned());
    let mut child = Command::new(std::env::current_exe()?)
        .args(["floor", "--shape", &name(serde_json::to_string(&shape))?])
        .args(["--sending", &name(serde_json::to_string(&sending))?])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("no pipe")?;
    let child = Guard::new(child);
    writeln!(input, "{}", serde_json::to_string(&ports)?)?;

    let process = Process::of(child.child())?;
    thread::sleep(Duration::from_secs(1));
    let (cpu, received, began) = (process.cpu()?, sink.received()?, Instant::now());
    thread::sleep(Duration::from_secs(seconds));
    let cpu = process.cpu()?.saturating_sub(cpu);
    let received = sink.received()? - received;

    let expected = PACKETS as f64 * destinations as f64 * began.elapsed().as_secs_f64();
    // A tick more or less may fall into the window; more means that the sender had to wait for a
    // processor, and its trains left in clumps.
    if (received as f64) < expected * 0.98 {
        eprintln!("the machine is busy: {received} of {expected:.0} packets were on time");
    }
    if received == 0 {
        bail!("the floor delivered nothing");
    }
    Ok(cpu.as_secs_f64() * 1e6 / received as f64)
}

/// The floor's own process: reads the ports, then sends until the input ends.
///
/// # Errors
/// When the socket fails.
pub(crate) fn run(shape: Shape, sending: Sending) -> Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let ports: Vec<u16> = serde_json::from_str(&line)?;
    let done = Arc::new(AtomicBool::new(false));
    let end = done.clone();
    thread::spawn(move || {
        io::stdin().lines().for_each(drop);
        end.store(true, Ordering::Relaxed);
    });

    let mut sender = Sender::new(&ports)?;
    let began = Instant::now();
    for tick in Schedule::new(shape) {
        thread::sleep((began + tick.at).saturating_duration_since(Instant::now()));
        match sending {
            Sending::Trains => sender.send(tick)?,
            Sending::Batches => sender.send_batches(tick)?,
        }
        if done.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(())
}

struct Sender {
    socket: UdpSocket,
    state: UdpSocketState,
    destinations: Vec<Destination>,
    /// A picture's worth: as much memory as a forwarder reads.
    payloads: Vec<[u8; VIDEO_SIZE]>,
    train: Vec<u8>,
}

struct Destination {
    address: SocketAddr,
    key: LessSafeKey,
    ssrc: u32,
    index: u64,
}

impl Sender {
    fn new(ports: &[u16]) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let state = UdpSocketState::new((&socket).into())?;
        let destinations = ports
            .iter()
            .zip(1..)
            .map(|(&port, ssrc)| {
                let mut secret = [0; 16];
                aws_lc_rs::rand::fill(&mut secret)?;
                let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &secret)?);
                let address = (Ipv4Addr::LOCALHOST, port).into();
                Ok(Destination { address, key, ssrc, index: 0 })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            socket,
            state,
            destinations,
            payloads: vec![[0x5a; VIDEO_SIZE]; PACKETS_PER_FRAME as usize],
            train: Vec::new(),
        })
    }

    fn send(&mut self, tick: Tick) -> Result<()> {
        for destination in &mut self.destinations {
            self.train.clear();
            for payload in self.payloads.iter().take(tick.videos as usize) {
                destination.seal(payload, &mut self.train)?;
            }
            // The last of a train may be shorter: a sound that is due now rides along.
            if tick.sound {
                destination.seal(&self.payloads[0][..AUDIO_SIZE], &mut self.train)?;
            }
            let segment = if tick.videos > 0 { VIDEO_PACKET } else { AUDIO_PACKET };
            self.state.try_send(
                (&self.socket).into(),
                &Transmit {
                    destination: destination.address,
                    ecn: None,
                    contents: &self.train,
                    segment_size: Some(segment),
                    src_ip: None,
                },
            )?;
        }
        Ok(())
    }
}

impl Sender {
    /// The same packets, sealed one behind the other, and handed over 64 at a time.
    fn send_batches(&mut self, tick: Tick) -> Result<()> {
        let Self { socket, destinations, payloads, train, .. } = self;
        for group in destinations.chunks_mut(BATCH) {
            for (number, payload) in payloads.iter().take(tick.videos as usize).enumerate() {
                let sound = tick.sound && number + 1 == tick.videos as usize;
                send_batch(socket, group, payload, train)?;
                if sound {
                    send_batch(socket, group, &payload[..AUDIO_SIZE], train)?;
                }
            }
            if tick.sound && tick.videos == 0 {
                send_batch(socket, group, &payloads[0][..AUDIO_SIZE], train)?;
            }
        }
        Ok(())
    }
}

/// One payload to each destination of a group, in one call.
fn send_batch(
    socket: &UdpSocket,
    group: &mut [Destination],
    payload: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<()> {
    buffer.clear();
    for destination in &mut *group {
        destination.seal(payload, buffer)?;
    }
    let packet = HEADER + payload.len() + TAG;
    let slices: Vec<_> = buffer.chunks_exact(packet).map(|p| [IoSlice::new(p)]).collect();
    let addresses: Vec<_> =
        group.iter().map(|destination| Some(SockaddrStorage::from(destination.address))).collect();
    let mut headers = MultiHeaders::preallocate(group.len(), None);
    let flags = MsgFlags::empty();
    let sent = sendmmsg(socket.as_raw_fd(), &mut headers, &slices, &addresses, [], flags)?.count();
    if sent < group.len() {
        eprintln!("the kernel took {sent} of {} datagrams", group.len());
    }
    Ok(())
}

impl Destination {
    fn seal(&mut self, payload: &[u8], train: &mut Vec<u8>) -> Result<()> {
        let begin = train.len();
        let index = self.index;
        self.index += 1;
        train.extend_from_slice(&[0x90, 96]);
        train.extend_from_slice(&(index as u16).to_be_bytes());
        train.extend_from_slice(&(index as u32).to_be_bytes());
        train.extend_from_slice(&self.ssrc.to_be_bytes());
        train.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x31]);
        train.extend_from_slice(&(index as u16).to_be_bytes());
        train.push(0);
        let body = train.len();
        train.extend_from_slice(payload);

        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&self.ssrc.to_be_bytes());
        nonce[4..].copy_from_slice(&index.to_be_bytes());
        let (header, body) = train[begin..].split_at_mut(body - begin);
        let tag = self.key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(&*header),
            body,
        )?;
        train.extend_from_slice(tag.as_ref());
        Ok(())
    }
}
