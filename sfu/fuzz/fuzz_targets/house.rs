//! A core with two clients in one room, and what they can do to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::clock::SeededEntropy;
use protocol::media::{MediaCommand, MediaReply, MediaRequest, TrackSet, ViewId};
use protocol::{MediaSessionId, ParticipantId, RoomId, Timestamp};
use rtc_crypto::RTCCryptoProvider as _;
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_stun::attributes::{ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, AttrType};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use sfu::core::{ConnectionNumber, Core, CoreConfig, Datagram, DtlsOutcome, Path, Sink, Transmit};
use sfu::rtp::{RtpHeader, nearest};
use sfu::srtp::{Inbound, KeyingMaterial, OpenError, Outbound, Profile, SealStream};
use uuid::Uuid;

/// The client that publishes.
pub const ACTOR: usize = 0;
/// The client that watches.
pub const SPECTATOR: usize = 1;
/// What both watch.
pub const VIEW: ViewId = ViewId(0);

const HEAD: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:fuzz\r\n\
    a=ice-pwd:fuzzfuzzfuzzfuzzfuzzfuzz\r\na=setup:actpass\r\na=fingerprint:sha-256 \
    07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07\r\n";
const AUDIO: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\n\
    a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
    a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time\r\n\
    a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
    a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=rtpmap:111 opus/48000/2\r\n\
    a=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n";
const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\n\
    a=extmap:13 urn:3gpp:video-orientation\r\n\
    a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
    a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
    a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
    a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
    a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
    a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\n\
    a=fmtp:97 apt=96\r\na=rtpmap:103 H264/90000\r\na=rtcp-fb:103 nack\r\n\
    a=fmtp:103 packetization-mode=1;profile-level-id=42e01f\r\na=rtpmap:104 rtx/90000\r\n\
    a=fmtp:104 apt=103\r\n";

/// Sound and a picture in three layers, with the numbers that Chromium chooses.
fn actor_offer() -> String {
    format!(
        "{HEAD}a=group:BUNDLE 0 1\r\n{AUDIO}a=mid:0\r\na=sendonly\r\na=ssrc:2202350502 cname:a\r\n\
         {VIDEO}a=mid:1\r\na=sendonly\r\na=rid:q send\r\na=rid:h send\r\na=rid:f send\r\n\
         a=simulcast:send q;h;f\r\n"
    )
}

/// Two slots of sound and picture, and one of sound.
fn spectator_offer() -> String {
    let receive = |section: &str, mid| format!("{section}a=mid:{mid}\r\na=recvonly\r\n");
    [
        HEAD.to_owned(),
        "a=group:BUNDLE 0 1 2 3 4\r\n".to_owned(),
        receive(VIDEO, 0),
        receive(AUDIO, 1),
        receive(VIDEO, 2),
        receive(AUDIO, 3),
        receive(AUDIO, 4),
    ]
    .concat()
}

const PROFILES: [Profile; 2] = [Profile::AeadAes128Gcm, Profile::Aes128CmHmacSha1_80];
const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const CANDIDATE: ([u8; 4], u16) = ([192, 0, 2, 1], 7000);

pub struct House {
    core: Core,
    now: Instant,
    clients: [Client; 2],
    sent: Vec<(SocketAddr, Vec<u8>)>,
    last_rtp: Vec<u8>,
}

struct Client {
    session: MediaSessionId,
    participant: ParticipantId,
    address: SocketAddr,
    ufrag: String,
    pwd: String,
    inbound: Inbound,
    outbound: Outbound,
    streams: Vec<SealStream>,
    /// The streams that the node sends it, with their last sequence numbers.
    heard: Vec<(u32, u16)>,
}

/// Keeps what the core sends, datagram by datagram.
struct Post<'a>(&'a mut Vec<(SocketAddr, Vec<u8>)>);

impl Sink for Post<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        assert!(transmit.segment_size > 0 && !transmit.contents.is_empty(), "an empty train");
        for datagram in transmit.contents.chunks(transmit.segment_size) {
            assert!(datagram.len() <= 1_500, "{} bytes in a datagram", datagram.len());
            self.0.push((transmit.path.remote, datagram.to_vec()));
        }
    }
}

impl House {
    /// Connects both clients; the actor is seen by the view.
    pub fn open() -> Self {
        let now = Instant::now();
        let config = CoreConfig {
            candidates: vec![CANDIDATE.into()],
            tcp_candidates: vec![CANDIDATE.into()],
            fingerprint: [7; 32],
            max_sessions: 10,
        };
        let core = Core::new(config, Arc::new(SeededEntropy::new(1)), now, Timestamp(0));
        let clients = [client(ACTOR), client(SPECTATOR)];
        let mut house = Self { core, now, clients, sent: Vec::new(), last_rtp: Vec::new() };
        house.connect(ACTOR, actor_offer());
        house.connect(SPECTATOR, spectator_offer());
        let sources = vec![house.participant(ACTOR)];
        house.command(MediaCommand::SetView { view: VIEW, sources });
        house.settle();
        house
    }

    fn connect(&mut self, who: usize, offer: String) {
        let client = &self.clients[who];
        let reply = self.ask(MediaCommand::Connect {
            session: client.session,
            participant: client.participant,
            view: VIEW,
            publish: TrackSet::ALL,
            offer,
        });
        let MediaReply::Answer { sdp, .. } = reply else { panic!("refused: {reply:?}") };
        let value = |name: &str| {
            let line = sdp.lines().find_map(|line| line.strip_prefix(name));
            line.expect("the answer has it").to_owned()
        };
        self.clients[who].ufrag = value("a=ice-ufrag:");
        self.clients[who].pwd = value("a=ice-pwd:");
        self.check(who, 0, true);

        let profile = PROFILES[who];
        let block = vec![7; profile.keying_material_len()];
        let keys = KeyingMaterial::from_exporter(profile, &block, false).unwrap();
        let outcome = DtlsOutcome::Connected(Box::new(keys));
        let session = self.clients[who].session;
        self.core.handle_dtls(self.now, session, outcome, &mut Post(&mut self.sent));
    }

    pub fn participant(&self, who: usize) -> ParticipantId {
        self.clients[who].participant
    }

    pub fn command(&mut self, command: MediaCommand) {
        let reply = self.ask(command);
        assert!(!matches!(reply, MediaReply::Refused { .. }), "{reply:?}");
    }

    fn ask(&mut self, command: MediaCommand) -> MediaReply {
        let request = MediaRequest { id: 1, room: ROOM, epoch: 1, command };
        self.core.handle_command(self.now, request, &mut Post(&mut self.sent))
    }

    pub fn restart_ice(&mut self, who: usize) {
        let session = self.clients[who].session;
        let reply = self.ask(MediaCommand::RestartIce {
            session,
            ufrag: "new".into(),
            pwd: "new new new new new new".into(),
        });
        if let MediaReply::Restarted { ufrag, pwd, .. } = reply {
            self.clients[who].ufrag = ufrag;
            self.clients[who].pwd = pwd;
        }
    }

    pub fn stranger(&mut self, datagram: &[u8]) {
        self.arrive(([198, 51, 100, 9], 9).into(), datagram);
    }

    /// As it is, from a client's address.
    pub fn datagram(&mut self, who: usize, datagram: &[u8]) {
        self.arrive(self.clients[who].address, datagram);
    }

    /// As RTP under the client's key, with `zeros` more bytes of payload. Sequence and SSRC are
    /// the packet's own where they can be.
    pub fn rtp(&mut self, who: usize, plain: &[u8], zeros: usize) {
        let mut packet = plain.to_vec();
        packet.resize(plain.len() + zeros, 0);
        let Some(header) = RtpHeader::parse(&packet) else { return };
        let client = &mut self.clients[who];
        let Some(stream) = client.stream(header.ssrc) else { return };
        let index = match stream.highest() {
            None => u64::from(header.sequence),
            Some(highest) => nearest(highest, header.sequence),
        };
        let Some(index) = stream.claim(index).or_else(|| stream.claim_next()) else { return };
        let payload_len = packet.len() - header.header_len;
        packet.resize(packet.len() + client.outbound.profile().rtp_overhead(), 0);
        client.outbound.seal_rtp(index, &mut packet, header.header_len, payload_len);
        if who == ACTOR {
            self.last_rtp = plain.to_vec();
        }
        self.datagram(who, &packet);
    }

    /// The actor's last packet again, under the following numbers.
    pub fn repeat_rtp(&mut self, times: usize) {
        for _ in 0..times {
            let mut plain = std::mem::take(&mut self.last_rtp);
            if let Some(sequence) = plain.get_mut(2..4) {
                let next = u16::from_be_bytes([sequence[0], sequence[1]]).wrapping_add(1);
                sequence.copy_from_slice(&next.to_be_bytes());
            }
            self.rtp(ACTOR, &plain, 0);
            self.last_rtp = plain;
        }
    }

    /// As SRTCP under the client's key.
    pub fn rtcp(&mut self, who: usize, plain: &[u8]) {
        if plain.len() < 8 {
            return;
        }
        let outbound = &mut self.clients[who].outbound;
        let mut packet = plain.to_vec();
        packet.resize(plain.len() + outbound.profile().rtcp_overhead(), 0);
        outbound.seal_rtcp(&mut packet, plain.len());
        self.datagram(who, &packet);
    }

    /// The spectator's feedback about a stream that it hears: the body is which one, the feedback
    /// format, the packet type, and what follows the two SSRCs, of which the first two bytes count
    /// from the stream's last sequence number, as a NACK's do.
    pub fn complain(&mut self, body: &[u8]) {
        let [which, format, packet_type, control @ ..] = body else { return };
        let heard = &self.clients[SPECTATOR].heard;
        let Some((ssrc, last)) = heard.get(usize::from(*which) % heard.len().max(1)) else {
            return;
        };
        let mut control = control.to_vec();
        control.resize(control.len().next_multiple_of(4).min(4 * 1_000), 0);
        if let Some(first) = control.first_chunk_mut::<2>() {
            *first = last.wrapping_add(u16::from_be_bytes(*first)).to_be_bytes();
        }
        let words = 2 + (control.len() / 4) as u16;
        let mut packet = vec![0x80 | (format & 31), 192 | (packet_type & 31)];
        packet.extend_from_slice(&words.to_be_bytes());
        packet.extend_from_slice(&1_u32.to_be_bytes());
        packet.extend_from_slice(&ssrc.to_be_bytes());
        packet.extend_from_slice(&control);
        self.rtcp(SPECTATOR, &packet);
    }

    /// A connectivity check from one of the client's addresses, 0 being its usual one; from 128
    /// on, they are TCP connections.
    pub fn check(&mut self, who: usize, address: u8, nominate: bool) {
        let client = &self.clients[who];
        let request = binding_request(&format!("{}:client", client.ufrag), &client.pwd, nominate);
        self.arrive_by(self.path(who, address), &request);
    }

    /// A TCP connection ends.
    pub fn disconnect(&mut self, who: usize, address: u8) {
        let path = self.path(who, address | 0x80);
        self.core.handle_disconnect(self.now, path, &mut Post(&mut self.sent));
    }

    fn path(&self, who: usize, address: u8) -> Path {
        let mut remote = self.clients[who].address;
        remote.set_port(remote.port() + u16::from(address));
        match address {
            0..=127 => Path::udp(remote),
            _ => Path::tcp(remote, ConnectionNumber(u32::from(address) * 2 + who as u32)),
        }
    }

    fn arrive(&mut self, remote: SocketAddr, contents: &[u8]) {
        self.arrive_by(Path::udp(remote), contents);
    }

    fn arrive_by(&mut self, path: Path, contents: &[u8]) {
        let mut contents = contents.to_vec();
        let mut datagram = Datagram { path, received: self.now, contents: &mut contents };
        self.core.handle_datagram(self.now, &mut datagram, &mut Post(&mut self.sent));
    }

    pub fn wait(&mut self, time: Duration) {
        self.now += time;
        self.core.handle_timeout(self.now, &mut Post(&mut self.sent));
        self.settle();
    }

    /// Ends a batch, and reads what was sent as the clients would.
    pub fn settle(&mut self) {
        self.core.flush(self.now, &mut Post(&mut self.sent));
        while self.core.poll_event().is_some() {}
        while self.core.poll_dtls().is_some() {}
        while self.core.poll_hangup().is_some() {}
        let counters = self.core.counters();
        assert_eq!(counters.rooms_failed, 0, "a room failed");
        for (remote, datagram) in std::mem::take(&mut self.sent) {
            let client = self.clients.iter_mut().find(|client| client.address.ip() == remote.ip());
            if let (Some(client), Some(128..=191)) = (client, datagram.first()) {
                client.receive(datagram);
            }
        }
    }
}

impl Client {
    fn stream(&mut self, ssrc: u32) -> Option<&mut SealStream> {
        if let Ok(stream) = self.outbound.stream(ssrc) {
            self.streams.push(stream);
        }
        self.streams.iter_mut().find(|stream| stream.ssrc() == ssrc)
    }

    /// Everything that the node seals must open.
    fn receive(&mut self, mut datagram: Vec<u8>) {
        let refused = if matches!(datagram.get(1), Some(192..=223)) {
            self.inbound.open_rtcp(&mut datagram).err()
        } else {
            let header = RtpHeader::parse(&datagram).expect("a header");
            match self.heard.iter_mut().find(|(ssrc, _)| *ssrc == header.ssrc) {
                Some((_, last)) => *last = header.sequence,
                None => self.heard.push((header.ssrc, header.sequence)),
            }
            self.inbound.open_rtp(&mut datagram, header.header_len).err()
        };
        // A late answer to a NACK may lie behind the client's window.
        assert!(matches!(refused, None | Some(OpenError::Replayed)), "{refused:?}");
    }
}

fn client(who: usize) -> Client {
    let profile = PROFILES[who];
    let block = vec![7; profile.keying_material_len()];
    let (inbound, outbound) = KeyingMaterial::from_exporter(profile, &block, true).unwrap();
    let last = u8::try_from(who).unwrap() + 1;
    Client {
        session: MediaSessionId(Uuid::from_u128(0x100 + who as u128)),
        participant: ParticipantId(Uuid::from_u128(0x200 + who as u128)),
        address: ([203, 0, 113, last], 5000).into(),
        ufrag: String::new(),
        pwd: String::new(),
        inbound,
        outbound,
        streams: Vec::new(),
        heard: Vec::new(),
    }
}

struct Attribute(AttrType, &'static [u8]);

impl Setter for Attribute {
    fn add_to(&self, message: &mut Message) -> rtc_shared::error::Result<()> {
        message.add(self.0, self.1);
        Ok(())
    }
}

fn binding_request(username: &str, pwd: &str, nominate: bool) -> Vec<u8> {
    let crypto = AwsLcRsProvider::new();
    let mut attributes: Vec<Box<dyn Setter>> = vec![
        Box::new(BINDING_REQUEST),
        Box::new(TransactionId([7; 12])),
        Box::new(TextAttribute::new(ATTR_USERNAME, username.to_owned())),
        Box::new(Attribute(ATTR_PRIORITY, &[0, 0, 0, 1])),
    ];
    if nominate {
        attributes.push(Box::new(Attribute(ATTR_USE_CANDIDATE, &[])));
    }
    let integrity = MessageIntegrity::new_raw_integrity_with_provider(pwd, crypto.crypto());
    attributes.push(Box::new(integrity));
    attributes.push(Box::new(FINGERPRINT));
    let mut message = Message::new();
    message.build(&attributes).expect("a well-formed request");
    message.raw
}
