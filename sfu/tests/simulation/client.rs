//! A client of the simulation: str0m, a stack that is not ours, without a socket.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::{MediaSessionId, ParticipantId};
use str0m::change::SdpAnswer;
use str0m::format::Codec;
use str0m::media::{
    Direction, KeyframeRequestKind, MediaKind, Mid, Rid, Simulcast, SimulcastLayer,
};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::camera::{Layer, MARK, PICTURE_INTERVAL, Packet};
use crate::descriptor::{self, Descriptor};
use crate::scalable::{self, Coding};
use crate::screen::{Screen, Shown};

const SOUND_INTERVAL: Duration = Duration::from_millis(20);
/// A picture that stands still for this long needs a keyframe.
const PATIENCE: Duration = Duration::from_millis(500);
/// Where the stack has none of its own.
const DESCRIPTOR_ID: u8 = 9;
const SOUND_SIZE: usize = 300;

/// What a publisher sends: its name and the number of the packet.
pub(crate) type Mark = (u32, u64);

/// One client.
pub(crate) struct Client {
    /// Those of its networks, the first one first.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) participant: ParticipantId,
    pub(crate) session: MediaSessionId,
    pub(crate) publishes: bool,
    name: u32,
    answer: String,
    rtc: Rtc,
    mids: [Mid; 2],
    connected: Option<Instant>,
    deadline: Instant,
    next_look: Instant,
    next_picture: Instant,
    next_sound: Instant,
    pictures: u64,
    pub(crate) camera: Vec<Layer>,
    pub(crate) screen: Screen,
    /// Shows everything but VP8.
    pub(crate) scalable: scalable::Screen,
    /// Numbers of the video packets that were written, with whether a keyframe begins there.
    pub(crate) written: BTreeMap<u64, bool>,
    pub(crate) written_audio: u64,
    keyframes: Vec<Instant>,
    seen: BTreeSet<Mark>,
    /// When each packet of a picture is to be shown.
    pub(crate) timestamps: BTreeMap<Mark, u32>,
    /// By sequence number: SSRC and timestamp.
    video: BTreeMap<u64, (u32, u32)>,
    audio: u64,
    repaired: u64,
    datagrams: u64,
}

/// The codecs of [`scalable`].
const SCALABLE: [Codec; 3] = [Codec::H264, Codec::Vp9, Codec::Av1];

fn codec_of(coding: Coding) -> Codec {
    match coding {
        Coding::Vp8 => Codec::Vp8,
        Coding::H264 => Codec::H264,
        Coding::Vp9 => Codec::Vp9,
        Coding::Av1 => Codec::Av1,
    }
}

/// What a client did when it was driven.
pub(crate) struct Sent {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) contents: Vec<u8>,
}

impl Client {
    /// A client whose offer was answered by `answer`.
    pub(crate) fn new(
        now: Instant,
        name: u32,
        address: SocketAddr,
        (participant, session): (ParticipantId, MediaSessionId),
        camera: Vec<Layer>,
        answer: impl FnOnce(String) -> String,
    ) -> Self {
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .enable_av1(true)
            .set_rtp_mode(true)
            .set_extension(DESCRIPTOR_ID, descriptor::extension())
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).expect("a candidate"));
        let publishes = !camera.is_empty();
        let direction = if publishes { Direction::SendOnly } else { Direction::RecvOnly };
        let mut changes = rtc.sdp_api();
        let rids: Vec<_> = camera.iter().filter_map(|layer| layer.rid).collect();
        let mids = [MediaKind::Video, MediaKind::Audio].map(|kind| {
            let send = rids.iter().map(|rid| SimulcastLayer::new(rid)).collect();
            let layered = kind == MediaKind::Video && !rids.is_empty();
            let simulcast = layered.then_some(Simulcast { send, recv: Vec::new() });
            changes.add_media(kind, direction, Some("stage".to_owned()), None, simulcast)
        });
        let (offer, pending) = changes.apply().expect("an offer");
        let text = answer(offer.to_sdp_string());
        let answer = SdpAnswer::from_sdp_string(&text).expect("a readable answer");
        rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
        Self {
            addresses: vec![address],
            answer: text,
            participant,
            session,
            publishes,
            name,
            rtc,
            mids,
            connected: None,
            deadline: now,
            next_look: now,
            next_picture: now,
            next_sound: now,
            pictures: 0,
            camera,
            screen: Screen::default(),
            scalable: scalable::Screen::default(),
            written: BTreeMap::new(),
            written_audio: 0,
            keyframes: Vec::new(),
            seen: BTreeSet::new(),
            timestamps: BTreeMap::new(),
            video: BTreeMap::new(),
            audio: 0,
            repaired: 0,
            datagrams: 0,
        }
    }

    /// When [`Self::advance`] wants to be called.
    pub(crate) fn deadline(&self) -> Instant {
        if self.publishes && self.is_connected() {
            self.deadline.min(self.next_picture).min(self.next_sound)
        } else {
            self.deadline
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected.is_some()
    }

    pub(crate) fn connected_at(&self) -> Option<Instant> {
        self.connected
    }

    /// When the first keyframe after `since` was filmed.
    pub(crate) fn next_keyframe_after(&self, since: Instant) -> Option<Instant> {
        self.keyframes.iter().copied().find(|at| *at >= since)
    }

    /// Restarts ICE on another network, as a page does that found itself there: the house's new
    /// `ice-ufrag` and `ice-pwd` are all that changes in its answer.
    pub(crate) fn restart_ice(
        &mut self,
        now: Instant,
        address: SocketAddr,
        restart: impl FnOnce(String, String) -> (String, String),
    ) {
        let mut changes = self.rtc.sdp_api();
        let own = changes.ice_restart(false);
        let (_, pending) = changes.apply().expect("an offer");
        let (ufrag, pwd) = restart(own.ufrag, own.pass);
        let renew = |line: &str| match line.split_once(':') {
            Some(("a=ice-ufrag", _)) => format!("a=ice-ufrag:{ufrag}\r\n"),
            Some(("a=ice-pwd", _)) => format!("a=ice-pwd:{pwd}\r\n"),
            _ => format!("{line}\r\n"),
        };
        self.answer = self.answer.lines().map(renew).collect();
        let answer = SdpAnswer::from_sdp_string(&self.answer).expect("a readable answer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
        let candidate = Candidate::host(address, Protocol::Udp).expect("a candidate");
        self.rtc.add_local_candidate(candidate);
        self.addresses.push(address);
        self.deadline = now;
    }

    pub(crate) fn receive(
        &mut self,
        now: Instant,
        (from, to): (SocketAddr, SocketAddr),
        contents: &[u8],
    ) -> Vec<Sent> {
        self.datagrams += 1;
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, contents) else {
            return Vec::new();
        };
        self.rtc.handle_input(Input::Receive(now, receive)).expect("the client takes a datagram");
        let sent = self.drain(now);
        self.look(now);
        sent
    }

    /// As decoders do, asks for a keyframe when nothing could be decoded for a while.
    fn look(&mut self, now: Instant) {
        if self.publishes || now < self.next_look {
            return;
        }
        self.next_look = now + PATIENCE;
        let last = self.shown().last().map(|shown| shown.at);
        let mut direct = self.rtc.direct_api();
        if let Some(stream) = direct.stream_rx_by_mid(self.mids[0], None)
            && !self.video.is_empty()
            && last.is_none_or(|at| now - at > PATIENCE)
        {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// Does what is due.
    pub(crate) fn advance(&mut self, now: Instant) -> Vec<Sent> {
        let mut sent = Vec::new();
        if self.publishes && self.is_connected() {
            while self.next_picture <= now {
                self.next_picture += PICTURE_INTERVAL;
                for layer in 0..self.camera.len() {
                    for packet in 0..self.camera[layer].packets {
                        self.write_video(now, layer, packet);
                        sent.extend(self.tick(now));
                    }
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

    fn write_video(&mut self, now: Instant, layer: usize, packet: u64) {
        let layer = &mut self.camera[layer];
        if !layer.active {
            return;
        }
        let number = self.pictures * layer.packets + packet;
        let (rid, coding) = (layer.rid, layer.coding());
        let packet = layer.film(self.name, self.pictures, packet);
        if packet.keyframe {
            self.keyframes.push(now);
        }
        if rid.is_none() {
            self.written.insert(number, packet.keyframe);
        }
        self.write(now, 0, codec_of(coding), rid, packet);
    }

    fn write_audio(&mut self, now: Instant) {
        let number = self.written_audio;
        self.written_audio += 1;
        let mut payload = vec![0; SOUND_SIZE];
        payload[MARK..MARK + 4].copy_from_slice(&self.name.to_be_bytes());
        payload[MARK + 4..MARK + 12].copy_from_slice(&number.to_be_bytes());
        let (sequence, timestamp) = (65_300 + number, (number * 960) as u32);
        let (marker, keyframe, descriptor) = (false, false, None);
        let packet = Packet { sequence, timestamp, marker, keyframe, payload, descriptor };
        self.write(now, 1, Codec::Opus, None, packet);
    }

    fn write(
        &mut self,
        now: Instant,
        section: usize,
        codec: Codec,
        rid: Option<&str>,
        packet: Packet,
    ) {
        let pt = self.payload_type(codec);
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(self.mids[section], rid.map(Rid::from));
        let Packet { sequence, timestamp, marker, payload, descriptor, .. } = packet;
        let mut extensions = ExtensionValues::default();
        if let Some(descriptor) = descriptor {
            extensions.user_values.set(Descriptor(descriptor));
        }
        stream.expect("a sending section").write_rtp(
            RtpWrite::new(pt, sequence.into(), timestamp, now, payload)
                .marker(marker)
                .ext_vals(extensions)
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
                Output::Transmit(t) => {
                    let (from, to, contents) = (t.source, t.destination, t.contents.to_vec());
                    sent.push(Sent { from, to, contents });
                }
                Output::Event(Event::Connected) => {
                    self.connected = Some(now);
                    self.repair_without_limit();
                    (self.next_picture, self.next_sound) = (now, now);
                }
                Output::Event(Event::KeyframeRequest(request)) => {
                    let rid = request.rid;
                    for layer in &mut self.camera {
                        layer.keyframe |= layer.rid.map(Rid::from) == rid;
                    }
                }
                Output::Event(Event::RtpPacket(packet)) if packet.payload.len() < MARK => {
                    self.screen.note_filler(*packet.seq_no);
                    self.scalable.note_filler(*packet.seq_no);
                }
                Output::Event(Event::RtpPacket(packet)) => {
                    let payload_type = packet.header.payload_type;
                    let scalable = SCALABLE.iter().any(|c| payload_type == self.payload_type(*c));
                    if scalable {
                        self.scalable.note(
                            *packet.seq_no,
                            now,
                            (packet.header.timestamp, packet.header.marker),
                            &packet.payload,
                            packet
                                .header
                                .ext_vals
                                .user_values
                                .get()
                                .cloned()
                                .map(|Descriptor(b)| b),
                        );
                        self.note_packet(
                            *packet.seq_no,
                            *packet.header.ssrc,
                            packet.header.timestamp,
                        );
                        continue;
                    }
                    let mark = &packet.payload[MARK..MARK + 12];
                    let name = u32::from_be_bytes(mark[..4].try_into().expect("four bytes"));
                    let number = u64::from_be_bytes(mark[4..].try_into().expect("eight bytes"));
                    if packet.header.payload_type == self.payload_type(Codec::Vp8) {
                        self.seen.insert((name, number));
                        let header = &packet.header;
                        self.timestamps.insert((name, number), header.timestamp);
                        self.screen.note(
                            *packet.seq_no,
                            now,
                            header.timestamp,
                            header.marker,
                            &packet.payload,
                        );
                        self.note_packet(
                            *packet.seq_no,
                            *packet.header.ssrc,
                            packet.header.timestamp,
                        );
                    } else {
                        self.audio += 1;
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    fn note_packet(&mut self, sequence: u64, ssrc: u32, timestamp: u32) {
        let previous = self.video.insert(sequence, (ssrc, timestamp));
        assert!(previous.is_none(), "one number carries one packet");
        let newest = self.video.last_key_value().map(|(number, _)| *number);
        self.repaired += u64::from(newest > Some(sequence));
    }

    /// What was shown, in whatever coding.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let shown = self.screen.decode();
        if shown.is_empty() { self.scalable.decode() } else { shown }
    }

    /// The height of what was shown last.
    pub(crate) fn height(&self) -> u16 {
        self.shown().last().map_or(0, |shown| shown.height)
    }

    /// The longest time between two pictures since `from`.
    pub(crate) fn longest_freeze(&self, from: Instant) -> Duration {
        let shown: Vec<_> = self.shown().into_iter().filter(|shown| shown.at >= from).collect();
        let gaps = shown.windows(2).map(|pair| pair[1].at - pair[0].at);
        gaps.max().expect("pictures were shown")
    }

    /// str0m stops repairing when that costs more than a share of its own traffic.
    fn repair_without_limit(&mut self) {
        let mut direct = self.rtc.direct_api();
        for layer in &self.camera {
            let rid = layer.rid.map(Rid::from);
            if let Some(stream) = direct.stream_tx_by_mid(self.mids[0], rid) {
                stream.set_rtx_cache(1_024, Duration::from_secs(3), None);
            }
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
