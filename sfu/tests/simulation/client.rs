//! A client of the simulation: str0m, a stack that is not ours, without a socket.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::{MediaSessionId, ParticipantId};
use str0m::change::SdpAnswer;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};

/// Pictures a second, each of [`PACKETS_PER_PICTURE`] packets.
const PICTURE_INTERVAL: Duration = Duration::from_millis(33);
const PACKETS_PER_PICTURE: u64 = 4;
const SOUND_INTERVAL: Duration = Duration::from_millis(20);
/// Where a packet's number stands in its payload, behind the VP8 headers.
const MARK: usize = 16;
const PAYLOAD_SIZE: usize = 300;

/// What a publisher sends: its name and the number of the packet.
pub(crate) type Mark = (u32, u64);

/// One client.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) participant: ParticipantId,
    pub(crate) session: MediaSessionId,
    pub(crate) publishes: bool,
    name: u32,
    rtc: Rtc,
    mids: [Mid; 2],
    connected: bool,
    deadline: Instant,
    next_picture: Instant,
    next_sound: Instant,
    pictures: u64,
    keyframe: bool,
    /// Numbers of the video packets that were written, with whether a keyframe begins there.
    pub(crate) written: BTreeMap<u64, bool>,
    pub(crate) written_audio: u64,
    seen: BTreeSet<Mark>,
    /// By sequence number: SSRC and timestamp.
    video: BTreeMap<u64, (u32, u32)>,
    audio: u64,
    repaired: u64,
    datagrams: u64,
}

/// What a client did when it was driven.
pub(crate) struct Sent(pub(crate) SocketAddr, pub(crate) Vec<u8>);

impl Client {
    /// A client whose offer was answered by `answer`.
    pub(crate) fn new(
        now: Instant,
        name: u32,
        address: SocketAddr,
        (participant, session): (ParticipantId, MediaSessionId),
        publishes: bool,
        answer: impl FnOnce(String) -> String,
    ) -> Self {
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).expect("a candidate"));
        let direction = if publishes { Direction::SendOnly } else { Direction::RecvOnly };
        let mut changes = rtc.sdp_api();
        let mids = [MediaKind::Video, MediaKind::Audio]
            .map(|kind| changes.add_media(kind, direction, Some("stage".to_owned()), None, None));
        let (offer, pending) = changes.apply().expect("an offer");
        let answer = answer(offer.to_sdp_string());
        let answer = SdpAnswer::from_sdp_string(&answer).expect("a readable answer");
        rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
        Self {
            address,
            participant,
            session,
            publishes,
            name,
            rtc,
            mids,
            connected: false,
            deadline: now,
            next_picture: now,
            next_sound: now,
            pictures: 0,
            keyframe: true,
            written: BTreeMap::new(),
            written_audio: 0,
            seen: BTreeSet::new(),
            video: BTreeMap::new(),
            audio: 0,
            repaired: 0,
            datagrams: 0,
        }
    }

    /// When [`Self::advance`] wants to be called.
    pub(crate) fn deadline(&self) -> Instant {
        if self.publishes && self.connected {
            self.deadline.min(self.next_picture).min(self.next_sound)
        } else {
            self.deadline
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, contents: &[u8]) -> Vec<Sent> {
        self.datagrams += 1;
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, contents) else {
            return Vec::new();
        };
        self.rtc.handle_input(Input::Receive(now, receive)).expect("the client takes a datagram");
        self.drain(now)
    }

    /// Does what is due.
    pub(crate) fn advance(&mut self, now: Instant) -> Vec<Sent> {
        let mut sent = Vec::new();
        if self.publishes && self.connected {
            while self.next_picture <= now {
                self.next_picture += PICTURE_INTERVAL;
                for packet in 0..PACKETS_PER_PICTURE {
                    self.write_video(now, packet);
                    sent.extend(self.tick(now));
                }
                self.pictures += 1;
            }
            while self.next_sound <= now {
                self.next_sound += SOUND_INTERVAL;
                self.write_audio(now);
                sent.extend(self.tick(now));
            }
        }
        sent.extend(self.tick(now));
        sent
    }

    fn tick(&mut self, now: Instant) -> Vec<Sent> {
        self.rtc.handle_input(Input::Timeout(now)).expect("the client takes the time");
        self.drain(now)
    }

    fn write_video(&mut self, now: Instant, packet: u64) {
        let number = self.pictures * PACKETS_PER_PICTURE + packet;
        let keyframe = packet == 0 && std::mem::take(&mut self.keyframe);
        let [high, low] = (self.pictures as u16 & 0x7fff).to_be_bytes();
        let start = if packet == 0 { 0x10 } else { 0 };
        let mut payload = self.payload(number);
        payload[..7].copy_from_slice(&[
            0x80 | start,
            0xe0,
            0x80 | high,
            low,
            self.pictures as u8,
            0,
            u8::from(!keyframe),
        ]);
        // Numbers begin shortly before their wrap, so that every run crosses it.
        let timestamp = (self.pictures * 2_970) as u32;
        let marker = packet + 1 == PACKETS_PER_PICTURE;
        self.write(now, 0, 65_000 + number, timestamp, marker, payload);
        self.written.insert(number, keyframe);
    }

    fn write_audio(&mut self, now: Instant) {
        let number = self.written_audio;
        self.written_audio += 1;
        let payload = self.payload(number);
        self.write(now, 1, 65_300 + number, (number * 960) as u32, false, payload);
    }

    fn payload(&self, number: u64) -> Vec<u8> {
        let mut payload = vec![0; PAYLOAD_SIZE];
        payload[MARK..MARK + 4].copy_from_slice(&self.name.to_be_bytes());
        payload[MARK + 4..MARK + 12].copy_from_slice(&number.to_be_bytes());
        payload
    }

    fn write(
        &mut self,
        now: Instant,
        section: usize,
        sequence: u64,
        timestamp: u32,
        marker: bool,
        payload: Vec<u8>,
    ) {
        let codec = if section == 0 { Codec::Vp8 } else { Codec::Opus };
        let pt = self.rtc.codec_config().find(|params| params.spec().codec == codec);
        let pt = pt.expect("the codec is on").pt();
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(self.mids[section], None).expect("a sending section");
        stream.write_rtp(
            RtpWrite::new(pt, sequence.into(), timestamp, now, payload)
                .marker(marker)
                .nackable(section == 0),
        );
    }

    fn drain(&mut self, now: Instant) -> Vec<Sent> {
        let mut sent = Vec::new();
        loop {
            match self.rtc.poll_output().expect("the client goes on") {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return sent;
                }
                Output::Transmit(t) => sent.push(Sent(t.destination, t.contents.to_vec())),
                Output::Event(Event::Connected) => {
                    self.connected = true;
                    self.repair_without_limit();
                    (self.next_picture, self.next_sound) = (now, now);
                }
                Output::Event(Event::KeyframeRequest(_)) => self.keyframe = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    let mark = &packet.payload[MARK..MARK + 12];
                    let name = u32::from_be_bytes(mark[..4].try_into().expect("four bytes"));
                    let number = u64::from_be_bytes(mark[4..].try_into().expect("eight bytes"));
                    if packet.header.payload_type == self.payload_type(Codec::Vp8) {
                        self.seen.insert((name, number));
                        let ssrc = *packet.header.ssrc;
                        let previous =
                            self.video.insert(*packet.seq_no, (ssrc, packet.header.timestamp));
                        assert!(previous.is_none(), "one number carries one packet");
                        let newest = self.video.last_key_value().map(|(number, _)| *number);
                        self.repaired += u64::from(newest > Some(*packet.seq_no));
                    } else {
                        self.audio += 1;
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    /// str0m stops repairing when that costs more than a share of its own traffic.
    fn repair_without_limit(&mut self) {
        let mut direct = self.rtc.direct_api();
        if let Some(stream) = direct.stream_tx_by_mid(self.mids[0], None) {
            stream.set_rtx_cache(1_024, Duration::from_secs(3), None);
        }
    }

    fn payload_type(&self, codec: Codec) -> str0m::media::Pt {
        let params = self.rtc.codec_config().find(|params| params.spec().codec == codec);
        params.expect("the codec is on").pt()
    }

    /// The numbers that arrived of a publisher.
    pub(crate) fn seen(&self, name: u32) -> BTreeSet<u64> {
        self.seen.iter().filter(|(from, _)| *from == name).map(|(_, number)| *number).collect()
    }

    pub(crate) fn name(&self) -> u32 {
        self.name
    }

    pub(crate) fn received(&self) -> u64 {
        self.received_video() + self.audio
    }

    /// Datagrams of any kind.
    pub(crate) fn datagrams_received(&self) -> u64 {
        self.datagrams
    }

    pub(crate) fn received_video(&self) -> u64 {
        self.video.len() as u64
    }

    pub(crate) fn received_audio(&self) -> u64 {
        self.audio
    }

    /// Packets that came after a later one: by retransmission, or overtaken.
    pub(crate) fn repaired(&self) -> u64 {
        self.repaired
    }

    pub(crate) fn video_streams(&self) -> usize {
        self.video.values().map(|(ssrc, _)| ssrc).collect::<BTreeSet<_>>().len()
    }

    /// The picture's stream has no gap in its numbers, and its time never runs back.
    pub(crate) fn assert_unbroken_video(&self) {
        let numbers: Vec<_> = self.video.iter().collect();
        for pair in numbers.windows(2) {
            let ((earlier, (_, before)), (later, (_, after))) = (pair[0], pair[1]);
            assert_eq!(earlier + 1, *later, "a gap that nobody can repair");
            let step = after.wrapping_sub(*before);
            assert!(step < 1 << 31, "time runs back from {before} to {after}");
        }
    }
}
