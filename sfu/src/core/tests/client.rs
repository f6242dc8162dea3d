//! A client reduced to its keys and its RTP.

use std::net::SocketAddr;

use crate::rtp::{HeaderWriter, MAX_WRITTEN_HEADER, RtpHeader};
use crate::srtp::{Inbound, OpenError, Outbound, SealStream};

pub(super) const VIDEO_SSRC: u32 = 11;
pub(super) const AUDIO_SSRC: u32 = 13;
const VIDEO_PT: u8 = 96;
pub(super) const AUDIO_PT: u8 = 111;

/// An offer with one section of each kind. `direction` is `sendonly` or `recvonly`.
pub(super) fn offer(direction: &str, rtx: bool) -> String {
    let mut sdp = String::from(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
         a=ice-ufrag:clnt\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n",
    );
    let fingerprint = ["AB"; 32].join(":");
    sdp += &format!("a=fingerprint:sha-256 {fingerprint}\r\n");
    let formats = if rtx { "96 97" } else { "96" };
    sdp += &format!(
        "m=video 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na={direction}\r\n\
         a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
    );
    if rtx {
        sdp += "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
    }
    if direction == "sendonly" {
        sdp += &format!("a=ssrc:{VIDEO_SSRC} cname:c\r\n");
    }
    sdp += &format!(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na={direction}\r\n\
         a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
    );
    if direction == "sendonly" {
        sdp += &format!("a=ssrc:{AUDIO_SSRC} cname:c\r\n");
    }
    sdp
}

pub(super) struct Client {
    pub(super) address: SocketAddr,
    inbound: Inbound,
    outbound: Outbound,
    video: SealStream,
    audio: SealStream,
    /// The SSRC and the last sequence number of the picture it is sent.
    pub(super) watching: Option<(u32, u16)>,
}

/// What a client was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
    pub(super) payload_type: u8,
    pub(super) timestamp: u32,
    /// Header extension elements: id and value.
    pub(super) elements: Vec<(u8, Vec<u8>)>,
    pub(super) payload: Vec<u8>,
}

/// Sound as a publisher sends it.
pub(super) struct Sound<'p> {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) payload_type: u8,
    /// Header extension elements: id and value.
    pub(super) elements: &'p [(u8, &'p [u8])],
    pub(super) payload: &'p [u8],
}

impl Client {
    pub(super) fn new(address: SocketAddr, (inbound, mut outbound): (Inbound, Outbound)) -> Self {
        let video = outbound.stream(VIDEO_SSRC).expect("a fresh key");
        let audio = outbound.stream(AUDIO_SSRC).expect("a fresh key");
        Self { address, inbound, outbound, video, audio, watching: None }
    }

    /// A video packet with this extended sequence number, or nothing when it was sent before.
    pub(super) fn video(&mut self, sequence: u64, keyframe: bool) -> Option<Vec<u8>> {
        let index = self.video.claim(sequence)?;
        let picture = (sequence as u16 & 0x7fff).to_be_bytes();
        let payload =
            [0x90, 0xe0, 0x80 | picture[0], picture[1], sequence as u8, 0, u8::from(!keyframe), 5];
        Some(seal(&self.outbound, index, VIDEO_PT, &payload))
    }

    /// A packet of the picture's stream in a format that was not agreed.
    pub(super) fn foreign(&mut self, sequence: u64) -> Vec<u8> {
        let index = self.video.claim(sequence).expect("a number is sent once");
        seal(&self.outbound, index, 99, &[0; 8])
    }

    /// The next audio packet.
    pub(super) fn audio(&mut self) -> Option<Vec<u8>> {
        let index = self.audio.claim_next()?;
        Some(seal(&self.outbound, index, AUDIO_PT, &[0xfc, 1, 2]))
    }

    /// An audio packet.
    pub(super) fn sound(&mut self, sound: &Sound<'_>) -> Vec<u8> {
        let index = self.audio.claim(sound.sequence).expect("a number is sent once");
        let mut packet = vec![0; MAX_WRITTEN_HEADER + sound.payload.len() + 16];
        let mut header = HeaderWriter::new(&mut packet, sound.payload_type, false, sound.timestamp);
        for (id, value) in sound.elements {
            header.extension(*id, value);
        }
        let header_len = header.finish();
        packet[header_len..][..sound.payload.len()].copy_from_slice(sound.payload);
        let length = self.outbound.seal_rtp(index, &mut packet, header_len, sound.payload.len());
        packet.truncate(length);
        packet
    }

    /// A sealed compound packet.
    pub(super) fn rtcp(&mut self, mut compound: Vec<u8>) -> Vec<u8> {
        let length = compound.len();
        compound.resize(length + 20, 0);
        let sealed = self.outbound.seal_rtcp(&mut compound, length);
        compound.truncate(sealed);
        compound
    }

    /// Opens the RTP among `datagrams`.
    ///
    /// # Errors
    /// When a packet does not open: it is a repeat, or forged.
    pub(super) fn open(&mut self, datagrams: Vec<Vec<u8>>) -> Result<Vec<Received>, OpenError> {
        let mut received = Vec::new();
        for mut packet in datagrams {
            let rtp = matches!(packet[0], 128..=191) && !matches!(packet[1], 192..=223);
            let Some(header) = RtpHeader::parse(&packet).filter(|_| rtp) else { continue };
            let opened = self.inbound.open_rtp(&mut packet, header.header_len)?;
            let payload = &packet[header.header_len..][..opened.payload_len];
            if header.payload_type == VIDEO_PT {
                self.watching = Some((header.ssrc, header.sequence));
            }
            let elements = header.extensions(&packet).map(|(id, value)| (id, value.to_vec()));
            received.push(Received {
                ssrc: header.ssrc,
                sequence: header.sequence,
                payload_type: header.payload_type,
                timestamp: header.timestamp,
                elements: elements.collect(),
                payload: payload.to_vec(),
            });
        }
        Ok(received)
    }
}

fn seal(
    outbound: &Outbound,
    index: crate::srtp::PacketIndex,
    payload_type: u8,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = vec![0; 12 + payload.len() + 16];
    let timestamp = index.index() as u32 * 3_000;
    HeaderWriter::new(&mut packet, payload_type, false, timestamp).finish();
    packet[12..12 + payload.len()].copy_from_slice(payload);
    let length = outbound.seal_rtp(index, &mut packet, 12, payload.len());
    packet.truncate(length);
    packet
}
