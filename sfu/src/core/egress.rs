//! What a subscriber receives: per slot one stream of sound and one of picture, each with an
//! SSRC, a sequence and a line of time of its own that never break, whoever fills the slot.

mod waiting;

use std::time::Instant;

use protocol::media::Kind;

use super::Path;
use super::asking::Asking;
use super::backlog::Backlog;
use super::continuity::Continuity;
use super::layer::Layer;
use super::selection::{Order, Selection};
use super::source::{Element, FrameNumbering, Source};
use super::timeline::Timeline;
use super::track::Track;
use super::train::{MAX_PACKET, Train};
use super::view::Slot;
use super::{Counters, Sink};
use crate::bwe::Estimator;
use crate::codec::numbering::Numbering;
use crate::ring::Packet;
use crate::rtcp::SenderInfo;
use crate::rtp::{
    CaptureTime, HeaderWriter, MAX_SHORT_ELEMENT, nearest, playout_delay, timestamp_after,
};
use crate::scalability::Target;
use crate::sdp::{Codec, CodecKind, ExtensionIds, PacketizationMode, PayloadType, SendSection};
use crate::srtp::{Outbound, SealStream};

/// The sequence number of a stream's first packet. Low, so that no loss among the first packets
/// can make the receiver guess the rollover count wrong; not zero, so that nothing lies before it.
const FIRST_SEQUENCE: u64 = 1_000;
/// Packets are padded to the length of their neighbours if that takes no more than this: equal
/// packets share a train (see [`Train`]), and encoders cut frames into parts that differ by one.
const MAX_PADDING: usize = 8;

/// How long a receiver may hold a picture back: it is shown as soon as it can be, and never kept
/// for longer than a conversation bears.
const PLAYOUT_DELAY: [u8; 3] = playout_delay(0, 400);

/// Between the last picture of one layer and the first of the next, where their clocks overlap;
/// in ticks of 90 kHz.
const STEP_BEHIND: u32 = 90;
/// How many packets back redundant audio may reach that cannot be read, as browsers send it. So
/// many are left out at first, for they may repeat what was said before it was to be heard.
const SEALED_REACH: u8 = 2;
/// What a packet weighs on the network besides its payload: IP, UDP and RTP headers, extensions
/// and tag; in bytes.
pub(super) const OVERHEAD: usize = 72;

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

/// What of a track a stream shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) track: usize,
    pub(super) layer: usize,
    /// What of the layer.
    pub(super) target: Target,
}

/// One stream of a slot.
#[derive(Debug)]
pub(super) struct Stream {
    ssrc: u32,
    rtx_ssrc: u32,
    /// Payload types by codec: media, and its retransmissions.
    payload_types: [Option<(u8, Option<u8>)>; CodecKind::ALL.len()],
    /// Earlier packets are repeated in later ones, for those who can read it (RFC 2198).
    redundant: bool,
    extensions: ExtensionIds,
    /// Made when keys are there.
    seal: Option<(SealStream, SealStream)>,
    /// What the allocator decided; sound has no choice.
    choice: Option<Choice>,
    source: Option<Source>,
    /// What fed the stream before, for repairs.
    former: Option<Source>,
    numbering: Numbering,
    frames: FrameNumbering,
    last_timestamp: Option<u32>,
    /// What waits for its turn.
    backlog: Option<Backlog>,
    asking: Asking,
    /// The link could not carry the picture, which begins anew at a keyframe.
    gave_up: bool,
    packets: u32,
    octets: u32,
}

/// What all streams of a session share while they send.
pub(super) struct Sending<'a> {
    pub(super) outbound: &'a Outbound,
    pub(super) now: Instant,
    pub(super) estimator: &'a mut Estimator,
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
            redundant: true,
            extensions: section.extensions,
            seal: None,
            choice: None,
            source: None,
            former: None,
            numbering: Numbering::default(),
            frames: FrameNumbering::default(),
            last_timestamp: None,
            backlog: None,
            asking: Asking::default(),
            gave_up: false,
            packets: 0,
            octets: 0,
        }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Whether the client says when each packet arrives.
    pub(super) fn gives_feedback(&self) -> bool {
        self.extensions.transport_cc.is_some()
    }

    /// Whether the client can decode this.
    pub(super) fn carries(&self, codec: CodecKind) -> bool {
        self.payload_types[codec.index()].is_some()
    }

    /// Whether the client can read redundant audio, and what it is sent then.
    pub(super) fn reads_redundant(&self) -> bool {
        self.carries(CodecKind::Red)
    }

    /// Sends redundant audio from now on, or what it carries alone.
    pub(super) fn set_redundant(&mut self, redundant: bool) {
        self.redundant = redundant;
    }

    /// Opens the stream under the session's keys. Each SSRC is opened once.
    pub(super) fn open(&mut self, outbound: &mut Outbound) {
        if self.seal.is_none() {
            self.seal = outbound.stream(self.ssrc).ok().zip(outbound.stream(self.rtx_ssrc).ok());
        }
    }

    /// What the allocator decided; nothing: this is not shown.
    pub(super) fn choose(&mut self, choice: Option<Choice>) {
        self.choice = choice;
        if choice.is_none() {
            self.backlog = None;
            self.former = self.source.take();
        }
    }

    /// The layer of `track` that is sent now, and what of it.
    pub(super) fn shows(&self, track: usize) -> Option<(usize, Target)> {
        let source = self.source.as_ref().filter(|source| source.track == track)?;
        Some((source.layer, source.selection.target()))
    }

    /// Seals one packet into the train. Returns false if the stream has to wait for a keyframe
    /// first.
    #[inline]
    pub(super) fn forward(
        &mut self,
        item: &Forwarded,
        packet: &Packet,
        layer: &Layer,
        sending: &mut Sending<'_>,
    ) -> bool {
        let Some((payload_type, _)) = self.payload_types[packet.codec.index()] else {
            return true;
        };
        let choice = self.choice.filter(|choice| choice.track == item.track);
        let wanted = item.kind == Kind::Audio || choice.is_some_and(|c| c.layer == item.layer);
        let Some((seal, _)) = &mut self.seal else { return true };
        let fed = self
            .source
            .as_ref()
            .is_some_and(|source| source.feeds(item) && !source.numbers.leaps(item.sequence));
        let thin = self.backlog.is_some_and(|backlog| backlog.thin);
        if !fed {
            if !wanted {
                return true;
            }
            if !packet.keyframe {
                return false;
            }
            let offsets = self.numbering.begin(packet.codec, packet.payload());
            let first_out = seal.highest().map_or(FIRST_SEQUENCE, |highest| highest + 1);
            let target = choice.map_or(Target::BEST, |choice| choice.target);
            let target = if thin { target.thinned() } else { target };
            let mut source = Source {
                track: item.track,
                layer: item.layer,
                generation: item.generation,
                episode: item.episode,
                numbers: Continuity::new(packet.sequence, first_out),
                selection: Selection::new(packet, target),
                shift: 0,
                seam: self.backlog.and_then(|backlog| backlog.seam),
                offsets,
                descriptors: self.frames.begin(packet.descriptor(), layer),
            };
            let timestamp = source.place(packet.timestamp, item.timestamp_offset);
            if let Some(last) = self.last_timestamp
                && item.kind == Kind::Video
                && !timestamp_after(last, timestamp)
            {
                source.shift = last.wrapping_add(STEP_BEHIND).wrapping_sub(timestamp);
            }
            self.gave_up = false;
            self.former = self.source.replace(source);
            let switched = self
                .former
                .as_ref()
                .is_some_and(|former| former.track == item.track && former.layer != item.layer);
            sending.counters.layer_switches += u64::from(switched);
        }
        let Some(source) = &mut self.source else { return true };
        if packet.codec == CodecKind::Red
            && !source.numbers.reaches_back(packet.sequence, SEALED_REACH)
        {
            return true;
        }
        let (mut payload_type, mut payload) = (payload_type, packet.primary());
        if let Some(red) = packet.red
            && let Some((red_type, _)) = self.payload_types[CodecKind::Red.index()]
            && self.redundant
            && source.numbers.reaches_back(packet.sequence, red.redundant)
        {
            (payload_type, payload) = (red_type, packet.payload());
        }
        let mut padding = usize::from(item.padding);
        let mut stuck = false;
        if let Some(frame) = &packet.frame {
            let order = match &source.numbers {
                numbers if !fed || numbers.is_next(packet.sequence) => Order::Next,
                numbers if numbers.is_newest(packet.sequence) => Order::Ahead,
                _ => Order::Late,
            };
            let wish = choice.filter(|_| wanted).map(|choice| choice.target);
            let wish = if thin { wish.map(Target::thinned) } else { wish };
            let verdict = source.selection.judge(packet, frame, wish, order);
            stuck = verdict.stuck;
            if !verdict.send {
                if source.numbers.leave_out(packet.sequence, frame.picture) {
                    return !stuck;
                }
                // It comes late, when others have been numbered around it. What was kept for it
                // is filled, lest the rest of its picture be asked for and taken for a whole one.
                payload = &[];
                padding = 1;
            }
        }
        let Some((number, left_out)) = source.numbers.pass(packet.sequence) else { return !stuck };
        let Some(index) = seal.claim(number) else { return !stuck };

        let timestamp = source.place(packet.timestamp, item.timestamp_offset);
        if self.last_timestamp.is_none_or(|last| timestamp_after(last, timestamp)) {
            self.last_timestamp = Some(timestamp);
        }
        let size = payload.len() + padding;
        let transport = sending.number(&self.extensions, size);
        let descriptor = source.descriptor(packet, layer, &self.extensions);
        let descriptor = Element::value(descriptor.as_ref());
        if !payload.is_empty() {
            self.frames.note(packet.descriptor(), source.descriptors, layer);
        }
        let buffer = sending.train.room();
        let marker = source.marker(packet);
        let mut header = HeaderWriter::new(buffer, payload_type, marker, timestamp);
        write_extensions(&mut header, &self.extensions, packet, descriptor, transport);
        if padding > 0 {
            header.padding();
        }
        let header_len = header.finish();
        let payload_end = header_len + payload.len();
        buffer[header_len..payload_end].copy_from_slice(payload);
        // Other codecs count differences of pictures, and those stay what they are.
        let left_out = if packet.codec == CodecKind::Vp8 { left_out } else { 0 };
        let content = &mut buffer[header_len..payload_end];
        self.numbering.rewrite(packet.codec, source.offsets, left_out, content);
        if padding > 0 {
            buffer[payload_end..payload_end + padding].fill(0);
            buffer[payload_end + padding - 1] = padding as u8;
        }
        let length = sending.outbound.seal_rtp(index, buffer, header_len, size);

        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload.len() as u32);
        sending.note(length);
        !stuck
    }

    /// Sends one packet again, over the retransmission stream (RFC 4588). Without one, nothing
    /// is sent: the same number is never sealed twice. Returns the payload's length if it was
    /// sent.
    pub(super) fn retransmit(
        &mut self,
        sequence: u16,
        tracks: &[Option<Track>],
        slot: &Slot,
        sending: &mut Sending<'_>,
    ) -> Option<usize> {
        let (seal, rtx) = self.seal.as_mut()?;
        let highest = seal.highest()?;
        let asked = nearest(highest, sequence);
        if asked > highest {
            return None;
        }
        let sources = [self.source.as_ref(), self.former.as_ref()];
        let mut sources = sources.into_iter().flatten();
        let (source, (original, left_out)) =
            sources.find_map(|source| Some((source, source.numbers.original(asked)?)))?;
        if source.episode != slot.episode {
            return None;
        }
        let track = tracks[source.track].as_ref().filter(|t| t.generation == source.generation)?;
        let layer = &track.layers[source.layer];
        let packet = layer.ring.get(original)?;
        if packet.frame.as_ref().is_some_and(|frame| !source.selection.was_sent(packet, frame)) {
            return None;
        }
        let (_, Some(payload_type)) = self.payload_types[packet.codec.index()]? else {
            return None;
        };
        let first = rtx.highest().map_or(FIRST_SEQUENCE, |highest| highest + 1);
        let index = rtx.claim(first)?;

        let timestamp = source.place(packet.timestamp, slot.offset(track.kind));
        let size = packet.primary().len() + 2;
        let transport = sending.number(&self.extensions, size);
        let descriptor = source.descriptor(packet, layer, &self.extensions);
        let descriptor = Element::value(descriptor.as_ref());
        let buffer = sending.train.room();
        let marker = source.marker(packet);
        let mut header = HeaderWriter::new(buffer, payload_type, marker, timestamp);
        write_extensions(&mut header, &self.extensions, packet, descriptor, transport);
        let header_len = header.finish();
        let start = header_len + 2;
        let end = start + packet.primary().len();
        buffer[header_len..start].copy_from_slice(&(asked as u16).to_be_bytes());
        buffer[start..end].copy_from_slice(packet.primary());
        let left_out = if packet.codec == CodecKind::Vp8 { left_out } else { 0 };
        let content = &mut buffer[start..end];
        self.numbering.rewrite(packet.codec, source.offsets, left_out, content);
        let length = sending.outbound.seal_rtp(index, buffer, header_len, end - header_len);
        sending.note(length);
        sending.counters.retransmissions += 1;
        Some(size)
    }

    /// The number of the last packet, if there is one.
    pub(super) fn last_sequence(&self) -> Option<u16> {
        self.source.as_ref()?;
        Some(self.seal.as_ref()?.0.highest()? as u16)
    }

    /// The track and layer that flow now.
    pub(super) fn source(&self) -> Option<(usize, usize)> {
        self.source.as_ref().map(|source| (source.track, source.layer))
    }

    /// What the allocator decided last.
    pub(super) fn choice(&self) -> Option<Choice> {
        self.choice
    }

    /// Packets and bytes of payload sent, modulo 2^32.
    pub(super) fn sent(&self) -> (u32, u32) {
        (self.packets, self.octets)
    }

    /// What a sender report says of the stream: nothing while nobody feeds it.
    pub(super) fn sender_info(
        &self,
        now: Instant,
        timeline: &Timeline,
        tracks: &[Option<Track>],
        timestamp_offset: u32,
    ) -> Option<SenderInfo> {
        let source = self.source.as_ref()?;
        let track = tracks[source.track].as_ref()?;
        if track.generation != source.generation {
            return None;
        }
        let offset = timestamp_offset.wrapping_add(source.shift);
        let rtp = track.timestamp_at(source.layer, now, timeline)?.wrapping_add(offset);
        let (ssrc, packets, octets) = (self.ssrc, self.packets, self.octets);
        Some(SenderInfo { ssrc, ntp: timeline.ntp(now), rtp, packets, octets })
    }
}

impl Sending<'_> {
    /// The next transport-wide number, if the client counts by them.
    #[inline]
    fn number(&mut self, ids: &ExtensionIds, size: usize) -> Option<u16> {
        ids.transport_cc?;
        Some(self.estimator.sent(self.now, size + OVERHEAD))
    }

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
    descriptor: &[u8],
    number: Option<u16>,
) {
    if descriptor.len() > MAX_SHORT_ELEMENT {
        header.long_elements();
    }
    if let (Some(id), Some(number)) = (ids.transport_cc, number) {
        header.extension(id, &number.to_be_bytes());
    }
    if let (Some(id), Some(orientation)) = (ids.video_orientation, packet.orientation) {
        header.extension(id, &[orientation]);
    }
    if let (Some(id), Some(ntp)) = (ids.abs_capture_time, packet.captured) {
        // By the node's own clock, that of its sender reports.
        header.extension(id, &CaptureTime { ntp, offset: Some(0) }.bytes());
    }
    // Receivers keep to the last they were told, and every viewer begins with a keyframe.
    if let Some(id) =
        ids.playout_delay.filter(|_| packet.keyframe && packet.codec.media() == Kind::Video)
    {
        header.extension(id, &PLAYOUT_DELAY);
    }
    if let (Some(id), false) = (ids.dependency_descriptor, descriptor.is_empty()) {
        header.extension(id, descriptor);
    }
}
