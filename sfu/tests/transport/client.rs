//! A client of another stack (str0m), whose only way to the node is its link.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::Receive;
use str0m::rtp::RtpWrite;
use str0m::{Event, Input, Output, Rtc};

use crate::link::Link;

const PICTURE_INTERVAL: Duration = Duration::from_millis(10);
/// One keyframe of VP8, whole in one packet.
const PICTURE_SIZE: usize = 1_000;
const VP8: u8 = 96;

pub(crate) struct Client {
    pub(crate) link: Link,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    video: Mid,
    publishes: bool,
    next_picture: Instant,
    pictures: u64,
    deadline: Instant,
    pub(crate) connected: bool,
    /// Takes nothing from its link.
    pub(crate) asleep: bool,
    /// The sequence numbers of the pictures that came.
    pub(crate) seen: BTreeSet<u64>,
}

impl Client {
    /// A client and its offer.
    pub(crate) fn offer(link: Link, publishes: bool) -> Result<(Self, String)> {
        let now = Instant::now();
        let mut rtc = Rtc::builder().clear_codecs().enable_vp8(true).set_rtp_mode(true).build(now);
        rtc.add_local_candidate(link.candidate()?);
        let direction = if publishes { Direction::SendOnly } else { Direction::RecvOnly };
        let mut changes = rtc.sdp_api();
        let video = changes.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = changes.apply().context("an offer")?;
        let client = Self {
            link,
            rtc,
            pending: Some(pending),
            video,
            publishes,
            next_picture: now,
            pictures: 0,
            deadline: now,
            connected: false,
            asleep: false,
            seen: BTreeSet::new(),
        };
        Ok((client, offer.to_sdp_string()))
    }

    pub(crate) fn accept(&mut self, answer: &str) -> Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer)?;
        let pending = self.pending.take().context("answered already")?;
        self.rtc.sdp_api().accept_answer(pending, answer)?;
        Ok(())
    }

    pub(crate) fn deadline(&self) -> Instant {
        if self.publishes && self.connected {
            self.deadline.min(self.next_picture)
        } else {
            self.deadline
        }
    }

    /// Takes what has come and does what is due.
    pub(crate) fn turn(&mut self) -> Result<()> {
        let protocol = self.link.protocol();
        let local = self.link.local()?;
        while !self.asleep
            && let Some((from, contents)) = self.link.receive()
        {
            let receive = Receive::new(protocol, from, local, &contents)?;
            self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
            self.drain()?;
        }
        let now = Instant::now();
        while self.publishes && self.connected && self.next_picture <= now {
            self.next_picture += PICTURE_INTERVAL;
            self.write_picture(now)?;
        }
        self.rtc.handle_input(Input::Timeout(now))?;
        self.drain()
    }

    fn write_picture(&mut self, now: Instant) -> Result<()> {
        let mut payload = vec![0x5a; PICTURE_SIZE];
        let picture = (self.pictures as u16 & 0x7fff).to_be_bytes();
        payload[..7].copy_from_slice(&[0x90, 0xe0, 0x80 | picture[0], picture[1], 0, 0, 0]);
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(self.video, None).context("a sending section")?;
        let timestamp = self.pictures as u32 * 900;
        let sequence = 1_000 + self.pictures;
        stream.write_rtp(
            RtpWrite::new(VP8.into(), sequence.into(), timestamp, now, payload).marker(true),
        );
        self.pictures += 1;
        self.rtc.handle_input(Input::Timeout(now))?;
        self.drain()
    }

    fn drain(&mut self) -> Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(transmit) => {
                    self.link.send(transmit.destination, &transmit.contents)?;
                }
                Output::Event(Event::Connected) => {
                    self.connected = true;
                    self.next_picture = Instant::now();
                }
                Output::Event(Event::RtpPacket(packet)) if packet.payload.len() > 100 => {
                    self.seen.insert(*packet.seq_no);
                }
                Output::Event(_) => {}
            }
        }
    }
}
