//! A core with a publisher and a house, without sockets, handshakes or a clock: what forwarding
//! itself does, to be counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::clock::SeededEntropy;
use protocol::media::{MediaCommand, MediaReply, MediaRequest, TrackSet, ViewId};
use protocol::{MediaSessionId, ParticipantId, RoomId, Timestamp};
use rtc_crypto::{RTCCryptoProvider, providers::AwsLcRsProvider};
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, AttrType,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use sfu::core::{Core, CoreConfig, Datagram, DtlsOutcome, Path, Sink, Transmit};
use sfu::rtp::HeaderWriter;
use sfu::srtp::{KeyingMaterial, Outbound, Profile, SealStream};
use uuid::Uuid;

static CRYPTO: AwsLcRsProvider = AwsLcRsProvider::new();
const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const HOUSE: ViewId = ViewId(1);
const SSRC: u32 = 11;
const VIDEO_PT: u8 = 96;
/// Bytes of a packet's payload, and packets a picture: as in the benchmark.
const PAYLOAD: usize = 1_100;
const PACKETS_PER_PICTURE: u64 = 10;
const PICTURE: Duration = Duration::from_nanos(33_333_333);

/// Counts what is sent.
#[derive(Default)]
struct Counted {
    packets: u64,
}

impl Sink for Counted {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.packets += transmit.contents.len().div_ceil(transmit.segment_size) as u64;
    }
}

/// A house whose publisher sends when told to.
pub(crate) struct InlineHouse {
    core: Core,
    now: Instant,
    sent: Counted,
    outbound: Outbound,
    video: SealStream,
    publisher: SocketAddr,
    sequence: u64,
    packet: Vec<u8>,
}

impl InlineHouse {
    /// A publisher of one layer of VP8 and so many subscribers, all of whom have keys.
    pub(crate) fn open(subscribers: u16) -> Self {
        let config = CoreConfig {
            candidates: vec![SocketAddr::from(([192, 0, 2, 1], 7882))],
            tcp_candidates: Vec::new(),
            fingerprint: [7; 32],
            max_sessions: usize::from(subscribers) + 1,
        };
        let now = Instant::now();
        let entropy = Arc::new(SeededEntropy::new(1));
        let mut core = Core::new(config, entropy, now, Timestamp(1_800_000_000_000_000));
        let mut sent = Counted::default();
        let mut outbound = None;
        for number in 0..=subscribers {
            let client = connect(&mut core, now, number, &mut sent);
            outbound = outbound.or(Some(client));
        }
        let mut outbound = outbound.expect("invariant: there is a publisher");
        let sources = vec![ParticipantId(Uuid::from_u128(1))];
        command(&mut core, now, MediaCommand::SetView { view: HOUSE, sources }, &mut sent);
        let video = outbound.stream(SSRC).expect("invariant: a fresh key");
        Self {
            core,
            now,
            sent,
            outbound,
            video,
            publisher: address(0),
            sequence: 1_000,
            packet: vec![0; 12 + PAYLOAD + 16],
        }
    }

    /// One picture, in one burst. Returns how many packets were sent for it.
    pub(crate) fn picture(&mut self) -> u64 {
        let before = self.sent.packets;
        let picture = self.sequence / PACKETS_PER_PICTURE;
        for part in 0..PACKETS_PER_PICTURE {
            let length = self.seal(picture, part);
            let mut datagram = Datagram {
                path: Path::udp(self.publisher),
                received: self.now,
                contents: &mut self.packet[..length],
            };
            self.core.handle_datagram(self.now, &mut datagram, &mut self.sent);
        }
        self.core.flush(self.now, &mut self.sent);
        self.core.note_flushed(self.now);
        self.sent.packets - before
    }

    /// The time until the next picture: reports, and how links are judged, by the clock.
    pub(crate) fn rest(&mut self) {
        self.now += PICTURE;
        self.core.handle_timeout(self.now, &mut self.sent);
        while self.core.poll_event().is_some() {}
        while self.core.poll_dtls().is_some() {}
    }

    /// So many pictures with the time between them: the packets that were sent, and the sum of
    /// what `count` grew by while packets arrived and left.
    pub(crate) fn pictures(&mut self, number: u32, count: impl Fn() -> u64) -> (u64, u64) {
        let (mut packets, mut counted) = (0, 0);
        for _ in 0..number {
            let before = count();
            packets += self.picture();
            counted += count() - before;
            self.rest();
        }
        (packets, counted)
    }

    fn seal(&mut self, picture: u64, part: u64) -> usize {
        let index = self.video.claim(self.sequence).expect("invariant: each number once");
        self.sequence += 1;
        let (last, first) = (part + 1 == PACKETS_PER_PICTURE, part == 0);
        let timestamp = picture as u32 * 3_000;
        let header = HeaderWriter::new(&mut self.packet, VIDEO_PT, last, timestamp);
        let start = header.finish();
        let payload = &mut self.packet[start..start + PAYLOAD];
        let [high, low] = (picture as u16 & 0x7fff).to_be_bytes();
        // RFC 7741 section 4.2, and behind it the frame tag: a keyframe every three seconds.
        let descriptor = [0x80 | if first { 0x10 } else { 0 }, 0xe0, 0x80 | high, low];
        payload[..4].copy_from_slice(&descriptor);
        payload[4..7].copy_from_slice(&[picture as u8, 0, u8::from(!picture.is_multiple_of(90))]);
        self.outbound.seal_rtp(index, &mut self.packet, start, PAYLOAD)
    }
}

fn address(number: u16) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 1], 1_024 + number))
}

fn command(
    core: &mut Core,
    now: Instant,
    command: MediaCommand,
    sink: &mut dyn Sink,
) -> MediaReply {
    core.handle_command(now, MediaRequest { id: 1, room: ROOM, epoch: 1, command }, sink)
}

/// Connects with a check and with keys; the first is the publisher.
fn connect(core: &mut Core, now: Instant, number: u16, sink: &mut dyn Sink) -> Outbound {
    let session = MediaSessionId(Uuid::from_u128(u128::from(number) + 1));
    let (publish, direction) =
        if number == 0 { (TrackSet::ALL, "sendonly") } else { (TrackSet::NONE, "recvonly") };
    let reply = command(
        core,
        now,
        MediaCommand::Connect {
            session,
            participant: ParticipantId(session.0),
            view: HOUSE,
            publish,
            offer: offer(direction),
        },
        sink,
    );
    let MediaReply::Answer { sdp, .. } = reply else { panic!("refused: {reply:?}") };
    let line = |name| sdp.lines().find_map(|line| line.strip_prefix(name)).expect("credentials");
    let mut check = binding_request(line("a=ice-ufrag:"), line("a=ice-pwd:"));
    let path = Path::udp(address(number));
    core.handle_datagram(now, &mut Datagram { path, received: now, contents: &mut check }, sink);
    let profile = Profile::AeadAes128Gcm;
    let exported: Vec<u8> = number.to_be_bytes().repeat(profile.keying_material_len() / 2);
    let keys = |client| {
        KeyingMaterial::from_exporter(profile, &exported, client).expect("invariant: the length")
    };
    core.handle_dtls(now, session, DtlsOutcome::Connected(Box::new(keys(false))), sink);
    keys(true).1
}

fn offer(direction: &str) -> String {
    let fingerprint = ["AB"; 32].join(":");
    let ssrc =
        if direction == "sendonly" { format!("a=ssrc:{SSRC} cname:c\r\n") } else { String::new() };
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         a=ice-ufrag:clnt\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF {VIDEO_PT} 97\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n\
         a={direction}\r\na=rtcp-mux\r\na=rtpmap:{VIDEO_PT} VP8/90000\r\n\
         a=rtcp-fb:{VIDEO_PT} nack\r\na=rtcp-fb:{VIDEO_PT} nack pli\r\n\
         a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt={VIDEO_PT}\r\n{ssrc}"
    )
}

struct Flag(AttrType, &'static [u8]);

impl Setter for Flag {
    fn add_to(&self, message: &mut Message) -> rtc_shared::error::Result<()> {
        message.add(self.0, self.1);
        Ok(())
    }
}

/// A check as a browser sends it (RFC 8445 section 7.2.2).
fn binding_request(ufrag: &str, pwd: &str) -> Vec<u8> {
    let mut message = Message::new();
    message
        .build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId([7; 12])),
            Box::new(TextAttribute::new(ATTR_USERNAME, format!("{ufrag}:clnt"))),
            Box::new(Flag(ATTR_PRIORITY, &[0, 0, 0, 1])),
            Box::new(Flag(ATTR_ICE_CONTROLLING, &[0; 8])),
            Box::new(Flag(ATTR_USE_CANDIDATE, &[])),
            Box::new(MessageIntegrity::new_raw_integrity_with_provider(pwd, CRYPTO.crypto())),
            Box::new(FINGERPRINT),
        ])
        .expect("invariant: a well-formed request");
    message.raw
}
