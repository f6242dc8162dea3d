//! RTCP as the node reads and writes it. Compound packets are parsed by `rtc-rtcp`; what goes
//! out in numbers is written by hand.

use std::time::Duration;

use crate::bwe::Feedback;

use rtc_rtcp::goodbye::Goodbye;
use rtc_rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

const PT_SENDER_REPORT: u8 = 200;
const PT_RECEIVER_REPORT: u8 = 201;
const PT_SOURCE_DESCRIPTION: u8 = 202;
const PT_TRANSPORT_FEEDBACK: u8 = 205;
const PT_PAYLOAD_FEEDBACK: u8 = 206;
const FORMAT_TRANSPORT_CC: u8 = 15;

/// The most sequence numbers of one NACK that are looked at.
const MAX_NACKED: usize = 256;

/// What a peer tells by RTCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The sender's clock: NTP time (RFC 3550 section 4) and RTP timestamp of one instant.
    SenderReport {
        /// Whose.
        ssrc: u32,
        /// 32.32 fixed point seconds since 1900.
        ntp: u64,
        /// The same instant on the RTP clock.
        rtp: u32,
    },
    /// How a stream of the node's arrives there.
    Report(ReportBlock),
    /// Packets are missing.
    Nack {
        /// Of which stream.
        ssrc: u32,
        /// Which ones.
        sequences: Vec<u16>,
    },
    /// A decoder needs a keyframe (PLI or FIR).
    KeyframeRequest {
        /// Of which stream.
        ssrc: u32,
    },
    /// A stream ended.
    Goodbye {
        /// Which ones.
        ssrcs: Vec<u32>,
    },
}

/// Reads a compound packet in the clear. What the node has no use for is left out; a packet
/// that is malformed says nothing.
#[must_use]
pub fn parse(compound: &[u8]) -> Vec<Incoming> {
    if split(compound).all(is_transport_feedback) {
        return Vec::new();
    }
    let Ok(packets) = rtc_rtcp::packet::unmarshal(&mut &compound[..]) else { return Vec::new() };
    let mut incoming = Vec::with_capacity(packets.len());
    for packet in &packets {
        let any = packet.as_any();
        if let Some(report) = any.downcast_ref::<SenderReport>() {
            let &SenderReport { ssrc, ntp_time: ntp, rtp_time: rtp, .. } = report;
            incoming.push(Incoming::SenderReport { ssrc, ntp, rtp });
            incoming.extend(report.reports.iter().map(|block| Incoming::Report(block.into())));
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            incoming.extend(report.reports.iter().map(|block| Incoming::Report(block.into())));
        } else if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
            let sequences =
                nack.nacks.iter().flat_map(|pair| pair.into_iter()).take(MAX_NACKED).collect();
            incoming.push(Incoming::Nack { ssrc: nack.media_ssrc, sequences });
        } else if let Some(pli) = any.downcast_ref::<PictureLossIndication>() {
            incoming.push(Incoming::KeyframeRequest { ssrc: pli.media_ssrc });
        } else if let Some(fir) = any.downcast_ref::<FullIntraRequest>() {
            incoming.extend(fir.fir.iter().map(|e| Incoming::KeyframeRequest { ssrc: e.ssrc }));
        } else if let Some(bye) = any.downcast_ref::<Goodbye>() {
            incoming.push(Incoming::Goodbye { ssrcs: bye.sources.clone() });
        }
    }
    incoming
}

/// The transport-wide feedback in a compound packet in the clear. It comes often, and is read in
/// place.
pub fn transport_feedback(compound: &[u8]) -> impl Iterator<Item = Feedback<'_>> {
    let packets = split(compound).filter(|packet| is_transport_feedback(packet));
    packets.filter_map(|packet| Feedback::parse(packet.get(12..)?))
}

fn is_transport_feedback(packet: &[u8]) -> bool {
    packet[0] & 0x1f == FORMAT_TRANSPORT_CC && packet[1] == PT_TRANSPORT_FEEDBACK
}

/// The packets of a compound (RFC 3550 section 6.4.1), each at least four bytes; ends where it
/// is malformed.
fn split(compound: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = compound;
    std::iter::from_fn(move || {
        let [_, _, high, low] = *rest.first_chunk()?;
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        let (packet, behind) = rest.split_at_checked(length)?;
        rest = behind;
        Some(packet)
    })
}

/// One sender report (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug)]
pub struct SenderInfo {
    /// Whose.
    pub ssrc: u32,
    /// Now, as 32.32 fixed point seconds since 1900.
    pub ntp: u64,
    /// Now, on the stream's RTP clock.
    pub rtp: u32,
    /// RTP packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// Appends a sender report without report blocks.
pub fn write_sender_report(info: &SenderInfo, out: &mut Vec<u8>) {
    out.extend([0x80, PT_SENDER_REPORT, 0, 6]);
    out.extend(info.ssrc.to_be_bytes());
    out.extend(info.ntp.to_be_bytes());
    out.extend(info.rtp.to_be_bytes());
    out.extend(info.packets.to_be_bytes());
    out.extend(info.octets.to_be_bytes());
}

/// One report block (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// About whom.
    pub ssrc: u32,
    /// Since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Since the beginning.
    pub total_lost: u32,
    /// Cycles and number.
    pub highest_sequence: u32,
    /// In units of the RTP clock.
    pub jitter: u32,
    /// The middle 32 bits of the last sender report's NTP time.
    pub last_sender_report: u32,
    /// How long ago that was.
    pub since_sender_report: Duration,
}

impl From<&ReceptionReport> for ReportBlock {
    fn from(block: &ReceptionReport) -> Self {
        Self {
            ssrc: block.ssrc,
            fraction_lost: block.fraction_lost,
            // It is signed, and negative when more came than was sent.
            total_lost: if block.total_lost > 0x7f_ffff { 0 } else { block.total_lost },
            highest_sequence: block.last_sequence_number,
            jitter: block.jitter,
            last_sender_report: block.last_sender_report,
            since_sender_report: Duration::from_micros(u64::from(block.delay) * 1_000_000 / 65_536),
        }
    }
}

/// Appends a receiver report; at most 31 blocks.
pub fn write_receiver_report(sender_ssrc: u32, blocks: &[ReportBlock], out: &mut Vec<u8>) {
    let blocks = &blocks[..blocks.len().min(31)];
    let words = 1 + 6 * blocks.len() as u16;
    out.extend([0x80 | blocks.len() as u8, PT_RECEIVER_REPORT]);
    out.extend(words.to_be_bytes());
    out.extend(sender_ssrc.to_be_bytes());
    for block in blocks {
        out.extend(block.ssrc.to_be_bytes());
        let lost = block.total_lost.min(0x7f_ffff);
        out.extend((u32::from(block.fraction_lost) << 24 | lost).to_be_bytes());
        out.extend(block.highest_sequence.to_be_bytes());
        out.extend(block.jitter.to_be_bytes());
        out.extend(block.last_sender_report.to_be_bytes());
        let delay = (block.since_sender_report.as_micros() * 65_536 / 1_000_000) as u32;
        out.extend(delay.to_be_bytes());
    }
}

/// Appends a source description with one CNAME of at most 255 bytes.
pub fn write_source_description(ssrc: u32, cname: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([0x81, PT_SOURCE_DESCRIPTION, 0, 0]);
    out.extend(ssrc.to_be_bytes());
    out.extend([1, cname.len() as u8]);
    out.extend(cname.as_bytes());
    // At least one zero ends the chunk, and it is padded to a word.
    let padding = 4 - (out.len() - start) % 4;
    out.extend(std::iter::repeat_n(0, padding));
    finish(start, out);
}

/// Appends a picture loss indication (RFC 4585 section 6.3.1).
pub fn write_picture_loss(sender_ssrc: u32, media_ssrc: u32, out: &mut Vec<u8>) {
    out.extend([0x81, PT_PAYLOAD_FEEDBACK, 0, 2]);
    out.extend(sender_ssrc.to_be_bytes());
    out.extend(media_ssrc.to_be_bytes());
}

/// Appends a generic NACK (RFC 4585 section 6.2.1) for `sequences`, in ascending order.
pub fn write_nack(sender_ssrc: u32, media_ssrc: u32, sequences: &[u16], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([0x81, PT_TRANSPORT_FEEDBACK, 0, 0]);
    out.extend(sender_ssrc.to_be_bytes());
    out.extend(media_ssrc.to_be_bytes());
    for pair in nack_pairs_from_sequence_numbers(sequences) {
        out.extend(pair.packet_id.to_be_bytes());
        out.extend(pair.lost_packets.to_be_bytes());
    }
    finish(start, out);
}

/// Sets the length, in words less one, of the packet that begins at `start`.
fn finish(start: usize, out: &mut [u8]) {
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let mut compound = Vec::new();
        let info = SenderInfo { ssrc: 1, ntp: 2 << 32, rtp: 3, packets: 4, octets: 5 };
        write_sender_report(&info, &mut compound);
        write_source_description(1, "rampa", &mut compound);
        write_nack(1, 9, &[65_535, 0, 40], &mut compound);
        write_picture_loss(1, 9, &mut compound);
        assert_eq!(
            parse(&compound),
            [
                Incoming::SenderReport { ssrc: 1, ntp: 2 << 32, rtp: 3 },
                Incoming::Nack { ssrc: 9, sequences: vec![65_535, 0, 40] },
                Incoming::KeyframeRequest { ssrc: 9 },
            ]
        );
    }

    #[test]
    fn another_implementation_reads_our_receiver_report() {
        let mut out = Vec::new();
        let block = ReportBlock {
            ssrc: 7,
            fraction_lost: 64,
            total_lost: 1 << 30,
            highest_sequence: 0x1_0005,
            jitter: 6,
            last_sender_report: 8,
            since_sender_report: Duration::from_millis(1_500),
        };
        write_receiver_report(1, &[block], &mut out);
        let packets = rtc_rtcp::packet::unmarshal(&mut &out[..]).expect("well-formed");
        let report = packets[0]
            .as_any()
            .downcast_ref::<rtc_rtcp::receiver_report::ReceiverReport>()
            .expect("a receiver report");
        let read = &report.reports[0];
        assert_eq!((read.ssrc, read.fraction_lost, read.total_lost), (7, 64, 0x7f_ffff));
        assert_eq!((read.last_sequence_number, read.jitter, read.delay), (0x1_0005, 6, 98_304));
        let back = Incoming::Report(ReportBlock { total_lost: 0x7f_ffff, ..block });
        assert_eq!(parse(&out), [back], "and we read it back");
    }

    #[test]
    fn garbage_says_nothing() {
        assert_eq!(parse(&[]), []);
        assert_eq!(parse(&[0x81, 205, 0, 9, 1, 2, 3]), []);
        assert_eq!(parse(&[0xff; 64]), []);
    }
}
