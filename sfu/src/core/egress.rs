//! What a subscriber receives: per slot one stream of sound and one of picture, each with an
//! SSRC, a sequence and a line of time of its own that never break, whoever fills the slot.

use std::time::Instant;

use protocol::media::Kind;

use super::Path;
use super::ingress::Track;
use super::timeline::Timeline;
use super::train::{MAX_PACKET, Train};
use super::view::Slot;
use super::{Counters, Sink};
use crate::codec::vp8;
use crate::ring::Packet;
use crate::rtcp::SenderInfo;
use crate::rtp::{HeaderWriter, nearest};
use crate::sdp::{Codec, CodecKind, ExtensionIds, PacketizationMode, PayloadType, SendSection};
use crate::srtp::{Outbound, SealStream};

/// The sequence number of a stream's first packet. Low, so that no loss among the first packets
/// can make the receiver guess the rollover count wrong; not zero, so that nothing lies before it.
const FIRST_SEQUENCE: u64 = 1_000;
/// Packets are padded to the length of their neighbours if that takes no more than this: equal
/// packets share a train (see [`Train`]), and encoders cut frames into parts that differ by one.
const MAX_PADDING: usize = 8;

/// A packet that a view forwards, with all that its subscribers need to know of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forwarded {
    pub(super) slot: usize,
    /// See [`super::view::Slot::episode`].
    pub(super) episode: u32,
    pub(super) kind: Kind,
    pub(super) track: usize,
    pub(super) layer: usize,
    pub(super) generation: u32,
    pub(super) sequence: u64,
    /// See [`super::view::Slot::advance`].
    pub(super) timestamp_offset: u32,
    /// Bytes of padding that make it as long as its neighbours; 0 to [`MAX_PADDING`].
    pub(super) padding: u8,
}

/// Gives packets of one track in a row, which differ by a few bytes, the same length.
pub(super) fn equalise(forwarded: &mut [Forwarded], length: impl Fn(&Forwarded) -> usize) {
    for run in forwarded.chunk_by_mut(|a, b| (a.track, a.layer) == (b.track, b.layer)) {
        let longest = run.iter().map(&length).max().unwrap_or(0);
        for packet in run {
            let missing = longest - length(packet);
            packet.padding = if missing <= MAX_PADDING { missing as u8 } else { 0 };
        }
    }
}

/// One stream of a slot.
#[derive(Debug)]
pub(super) struct Stream {
    ssrc: u32,
    rtx_ssrc: u32,
    /// Payload types by codec: media, and its retransmissions.
    payload_types: [Option<(u8, Option<u8>)>; CodecKind::ALL.len()],
    extensions: ExtensionIds,
    /// Made when keys are there.
    seal: Option<(SealStream, SealStream)>,
    source: Option<Source>,
    numbering: vp8::Numbering,
    packets: u32,
    octets: u32,
}

/// What a stream is fed from, and how its numbers follow from the publisher's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source {
    track: usize,
    layer: usize,
    generation: u32,
    episode: u32,
    /// The publisher's number of the first packet, and ours.
    first_in: u64,
    first_out: u64,
}

/// What all streams of a session share while they send.
pub(super) struct Sending<'a> {
    pub(super) outbound: &'a Outbound,
    pub(super) transport_sequence: &'a mut u16,
    pub(super) path: Path,
    pub(super) train: &'a mut Train,
    pub(super) counters: &'a mut Counters,
    pub(super) sink: &'a mut dyn Sink,
}

impl Stream {
    pub(super) fn new(section: &SendSection, ssrc: u32, rtx_ssrc: u32) -> Self {
        let mut payload_types = [None; CodecKind::ALL.len()];
        for agreed in section.codecs.iter().rev() {
            payload_types[agreed.codec.kind().index()] = Some((agreed.pt, agreed.rtx_pt));
        }
        // Publishers use packetization mode 1; a client that offers both modes decodes either,
        // but expects fragments in this one.
        let fragments = |agreed: &&PayloadType| {
            matches!(agreed.codec, Codec::H264(format)
                if format.packetization == PacketizationMode::NonInterleaved)
        };
        if let Some(agreed) = section.codecs.iter().find(fragments) {
            payload_types[CodecKind::H264.index()] = Some((agreed.pt, agreed.rtx_pt));
        }
        Self {
            ssrc,
            rtx_ssrc,
            payload_types,
            extensions: section.extensions,
            seal: None,
            source: None,
            numbering: vp8::Numbering::default(),
            packets: 0,
            octets: 0,
        }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Whether the client can decode this.
    pub(super) fn carries(&self, codec: CodecKind) -> bool {
        self.payload_types[codec.index()].is_some()
    }

    /// Opens the stream under the session's keys. Each SSRC is opened once.
    pub(super) fn open(&mut self, outbound: &mut Outbound) {
        if self.seal.is_none() {
            self.seal = outbound.stream(self.ssrc).ok().zip(outbound.stream(self.rtx_ssrc).ok());
        }
    }

    /// Seals one packet into the train. Returns false if the stream has to wait for a keyframe
    /// first.
    #[inline]
    pub(super) fn forward(
        &mut self,
        item: &Forwarded,
        packet: &Packet,
        sending: &mut Sending<'_>,
    ) -> bool {
        let Some((payload_type, _)) = self.payload_types[packet.codec.index()] else {
            return true;
        };
        let Some((seal, _)) = &mut self.seal else { return true };
        let source = match &self.source {
            Some(source)
                if source.track == item.track
                    && source.generation == item.generation
                    && source.episode == item.episode
                    && source.layer == item.layer =>
            {
                source
            }
            _ if !packet.keyframe => return false,
            _ => {
                if packet.codec == CodecKind::Vp8 {
                    self.numbering.begin(packet.payload());
                }
                self.source.insert(Source {
                    track: item.track,
                    layer: item.layer,
                    generation: item.generation,
                    episode: item.episode,
                    first_in: packet.sequence,
                    first_out: seal.highest().map_or(FIRST_SEQUENCE, |highest| highest + 1),
                })
            }
        };
        let Some(since) = packet.sequence.checked_sub(source.first_in) else { return true };
        let Some(index) = seal.claim(source.first_out + since) else { return true };

        let timestamp = packet.timestamp.wrapping_add(item.timestamp_offset);
        let buffer = sending.train.room();
        let mut header = HeaderWriter::new(buffer, payload_type, packet.marker, timestamp);
        write_extensions(&mut header, &self.extensions, packet, sending.transport_sequence);
        let padding = usize::from(item.padding);
        if padding > 0 {
            header.padding();
        }
        let header_len = header.finish();
        let payload_end = header_len + packet.payload().len();
        buffer[header_len..payload_end].copy_from_slice(packet.payload());
        if packet.codec == CodecKind::Vp8 {
            self.numbering.rewrite(&mut buffer[header_len..payload_end]);
        }
        if padding > 0 {
            buffer[payload_end..payload_end + padding].fill(0);
            buffer[payload_end + padding - 1] = item.padding;
        }
        let payload_len = packet.payload().len() + padding;
        let length = sending.outbound.seal_rtp(index, buffer, header_len, payload_len);

        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload().len() as u32);
        sending.note(length);
        true
    }

    /// Sends one packet again, over the retransmission stream (RFC 4588). Without one, nothing
    /// is sent: the same number is never sealed twice. Returns whether it was sent.
    pub(super) fn retransmit(
        &mut self,
        sequence: u16,
        tracks: &[Option<Track>],
        slot: &Slot,
        sending: &mut Sending<'_>,
    ) -> bool {
        let Some((seal, rtx)) = &mut self.seal else { return false };
        let (Some(source), Some(highest)) = (&self.source, seal.highest()) else { return false };
        if source.episode != slot.episode {
            return false;
        }
        let asked = nearest(highest, sequence);
        let Some(since) = asked.checked_sub(source.first_out) else { return false };
        if asked > highest {
            return false;
        }
        let Some(track) = tracks[source.track].as_ref() else { return false };
        if track.generation != source.generation {
            return false;
        }
        let layer = &track.layers[source.layer];
        let Some(packet) = layer.ring.get(source.first_in + since) else { return false };
        let Some((_, Some(payload_type))) = self.payload_types[packet.codec.index()] else {
            return false;
        };
        let first = rtx.highest().map_or(FIRST_SEQUENCE, |highest| highest + 1);
        let Some(index) = rtx.claim(first) else { return false };

        let timestamp = packet.timestamp.wrapping_add(slot.offset(track.kind));
        let buffer = sending.train.room();
        let mut header = HeaderWriter::new(buffer, payload_type, packet.marker, timestamp);
        write_extensions(&mut header, &self.extensions, packet, sending.transport_sequence);
        let header_len = header.finish();
        let start = header_len + 2;
        let end = start + packet.payload().len();
        buffer[header_len..start].copy_from_slice(&(asked as u16).to_be_bytes());
        buffer[start..end].copy_from_slice(packet.payload());
        if packet.codec == CodecKind::Vp8 {
            self.numbering.rewrite(&mut buffer[start..end]);
        }
        let length = sending.outbound.seal_rtp(index, buffer, header_len, end - header_len);
        sending.note(length);
        sending.counters.retransmissions += 1;
        true
    }

    /// What a sender report says of the stream: nothing while nobody feeds it.
    pub(super) fn sender_info(
        &self,
        now: Instant,
        timeline: &Timeline,
        tracks: &[Option<Track>],
        timestamp_offset: u32,
    ) -> Option<SenderInfo> {
        let source = self.source?;
        let track = tracks[source.track].as_ref()?;
        if track.generation != source.generation {
            return None;
        }
        let rtp = track.timestamp_at(source.layer, now, timeline)?.wrapping_add(timestamp_offset);
        let (ssrc, packets, octets) = (self.ssrc, self.packets, self.octets);
        Some(SenderInfo { ssrc, ntp: timeline.ntp(now), rtp, packets, octets })
    }
}

impl Sending<'_> {
    #[inline]
    fn note(&mut self, length: usize) {
        self.counters.packets_out += 1;
        self.counters.bytes_out += length as u64;
        debug_assert!(length <= MAX_PACKET, "invariant: the train has room for any packet");
        self.counters.sends += self.train.push(length, self.path, self.sink);
    }

    /// Sends what the train holds for this session.
    pub(super) fn finish(self) {
        self.counters.sends += self.train.flush(self.path, self.sink);
    }
}

#[inline]
fn write_extensions(
    header: &mut HeaderWriter<'_>,
    ids: &ExtensionIds,
    packet: &Packet,
    transport_sequence: &mut u16,
) {
    if let Some(id) = ids.transport_cc {
        header.extension(id, &transport_sequence.to_be_bytes());
        *transport_sequence = transport_sequence.wrapping_add(1);
    }
    if let (Some(id), Some(orientation)) = (ids.video_orientation, packet.orientation) {
        header.extension(id, &[orientation]);
    }
}
