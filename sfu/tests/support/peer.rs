//! A WebRTC client for tests and benchmarks: str0m behind a UDP socket of its own.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

use super::socket::{Buffers, ClientSocket, Datagram};

/// Something that a peer noticed.
#[derive(Debug)]
pub(crate) enum Happening {
    /// ICE and DTLS are done.
    Connected,
    /// A packet arrived, for the first time or by retransmission.
    Packet {
        /// The section it belongs to.
        mid: Mid,
        /// The packet, decrypted.
        packet: Box<RtpPacket>,
        /// When the kernel received it.
        arrived: Instant,
    },
    /// The node asks for a keyframe.
    KeyframeWanted,
    /// The node said goodbye.
    Closed,
}

/// What a peer sends.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// The extended sequence number.
    pub sequence: u64,
    /// The RTP timestamp.
    pub timestamp: u32,
    /// The marker bit: the last packet of a picture.
    pub marker: bool,
    /// The payload.
    pub payload: Arc<[u8]>,
}

/// Says of a datagram whether the network loses it.
pub(crate) type Loss = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// A client with one PeerConnection.
pub(crate) struct Peer {
    rtc: Rtc,
    socket: Arc<ClientSocket>,
    pending: Option<SdpPendingOffer>,
    deadline: Instant,
    lose_incoming: Option<Loss>,
    lose_outgoing: Option<Loss>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("local", &self.socket.local()).finish_non_exhaustive()
    }
}

impl Peer {
    /// A client, its offer, and the mids of its sections in the order they were asked for.
    ///
    /// # Errors
    /// When the system gives no socket.
    pub(crate) fn offer(sections: &[(MediaKind, Direction)]) -> Result<(Self, String, Vec<Mid>)> {
        Self::offer_from(Ipv4Addr::LOCALHOST.into(), sections)
    }

    /// [`Self::offer`], from another address of this machine.
    ///
    /// # Errors
    /// When the system gives no socket there.
    pub(crate) fn offer_from(
        address: IpAddr,
        sections: &[(MediaKind, Direction)],
    ) -> Result<(Self, String, Vec<Mid>)> {
        let mut peer = Self::new(address)?;
        let mut changes = peer.rtc.sdp_api();
        let stream = Some("stage".to_owned());
        let mids = sections
            .iter()
            .map(|&(kind, direction)| {
                changes.add_media(kind, direction, stream.clone(), None, None)
            })
            .collect();
        let (offer, pending) = changes.apply().context("an offer without sections")?;
        peer.pending = Some(pending);
        Ok((peer, offer.to_sdp_string(), mids))
    }

    /// A client at `address` that answers a server's offer.
    ///
    /// # Errors
    /// When the system gives no socket, or the offer cannot be answered.
    pub(crate) fn answer(address: IpAddr, offer: &str) -> Result<(Self, String)> {
        let mut peer = Self::new(address)?;
        let answer = peer.rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(offer)?)?;
        Ok((peer, answer.to_sdp_string()))
    }

    fn new(address: IpAddr) -> Result<Self> {
        let socket = Arc::new(ClientSocket::bind(address)?);
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(socket.local(), Protocol::Udp)?);
        Ok(Self {
            rtc,
            socket,
            pending: None,
            deadline: now,
            lose_incoming: None,
            lose_outgoing: None,
        })
    }

    /// Takes the answer to the offer.
    ///
    /// # Errors
    /// When it does not fit.
    pub(crate) fn accept(&mut self, answer: &str) -> Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer)?;
        let pending = self.pending.take().context("answered already")?;
        self.rtc.sdp_api().accept_answer(pending, answer)?;
        self.deadline = Instant::now();
        Ok(())
    }

    /// The socket.
    #[must_use]
    pub(crate) fn socket(&self) -> &Arc<ClientSocket> {
        &self.socket
    }

    /// When [`Self::on_timeout`] wants to be called.
    #[must_use]
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Loses the arriving datagrams that `loss` picks.
    pub(crate) fn lose_incoming(&mut self, loss: Loss) {
        self.lose_incoming = Some(loss);
    }

    /// Loses the leaving datagrams that `loss` picks.
    pub(crate) fn lose_outgoing(&mut self, loss: Loss) {
        self.lose_outgoing = Some(loss);
    }

    /// Asks the node for a keyframe of a section.
    ///
    /// # Errors
    /// When nothing has arrived of it.
    pub(crate) fn request_keyframe(&mut self, mid: Mid) -> Result<()> {
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_rx_by_mid(mid, None).context("no such stream")?;
        stream.request_keyframe(KeyframeRequestKind::Pli);
        self.deadline = Instant::now();
        Ok(())
    }

    /// Queues a packet of a section; [`Self::on_timeout`] sends it.
    ///
    /// # Errors
    /// When the section was not negotiated.
    pub(crate) fn write(&mut self, mid: Mid, now: Instant, packet: Outgoing) -> Result<()> {
        let pt = self.payload_type(mid)?;
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).context("no such stream")?;
        let Outgoing { sequence, timestamp, marker, payload } = packet;
        stream.write_rtp(
            RtpWrite::new(pt, sequence.into(), timestamp, now, payload)
                .marker(marker)
                .nackable(true),
        );
        self.deadline = now;
        Ok(())
    }

    /// Takes in all that has arrived.
    ///
    /// # Errors
    /// When the socket or the client's stack fails.
    pub(crate) fn on_readable(
        &mut self,
        buffers: &mut Buffers,
        on: &mut dyn FnMut(Happening),
    ) -> Result<()> {
        let socket = self.socket.clone();
        let mut result = Ok(());
        socket.receive(buffers, &mut |datagram| {
            if result.is_ok() {
                result = self.on_datagram(&datagram, on);
            }
        })?;
        result
    }

    /// Takes in a datagram that arrived at the socket.
    ///
    /// # Errors
    /// When the socket or the client's stack fails.
    pub(crate) fn on_datagram(
        &mut self,
        datagram: &Datagram<'_>,
        on: &mut dyn FnMut(Happening),
    ) -> Result<()> {
        let Datagram { from, bytes, arrived } = *datagram;
        if self.lose_incoming.as_mut().is_some_and(|loss| loss(bytes)) {
            return Ok(());
        }
        let receive = Receive::new(Protocol::Udp, from, self.socket.local(), bytes)?;
        self.rtc.handle_input(Input::Receive(arrived, receive))?;
        self.drain(arrived, on)
    }

    /// Does what is due.
    ///
    /// # Errors
    /// When the socket or the client's stack fails.
    pub(crate) fn on_timeout(&mut self, now: Instant, on: &mut dyn FnMut(Happening)) -> Result<()> {
        self.rtc.handle_input(Input::Timeout(now))?;
        self.drain(now, on)
    }

    fn payload_type(&self, mid: Mid) -> Result<Pt> {
        let media = self.rtc.media(mid).context("no such section")?;
        let codec = if media.kind().is_audio() { Codec::Opus } else { Codec::Vp8 };
        let known = self.rtc.codec_config().find(|params| params.spec().codec == codec);
        let pt = known.context("codec is off")?.pt();
        if !media.remote_pts().contains(&pt) {
            bail!("the answer has no {codec}");
        }
        Ok(pt)
    }

    /// Carries out what the stack asks for, until it wants to be woken again.
    fn drain(&mut self, now: Instant, on: &mut dyn FnMut(Happening)) -> Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(transmit) => {
                    if !self.lose_outgoing.as_mut().is_some_and(|loss| loss(&transmit.contents)) {
                        self.socket.send(transmit.destination, &transmit.contents)?;
                    }
                }
                Output::Event(Event::Connected) => on(Happening::Connected),
                Output::Event(Event::Closed) => on(Happening::Closed),
                Output::Event(Event::KeyframeRequest(_)) => on(Happening::KeyframeWanted),
                Output::Event(Event::RtpPacket(packet)) => {
                    let mut direct = self.rtc.direct_api();
                    let stream = direct.stream_rx(&packet.header.ssrc);
                    let mid = stream.context("a packet of an unknown stream")?.mid();
                    on(Happening::Packet { mid, packet: Box::new(packet), arrived: now });
                }
                Output::Event(_) => {}
            }
        }
    }
}
