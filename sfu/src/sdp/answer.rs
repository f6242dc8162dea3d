//! The text of an answer.

use std::fmt::{self, Display, Write as _};
use std::net::SocketAddr;

use super::codec::{Codec, OpusFormat, RedFormat};
use super::extension::Extension;
use super::negotiate::{
    Negotiated, NegotiatedSection, PayloadType, SendSection, SlotIndex, shared_codecs,
};
use super::offer::{Direction, Fingerprint, FirstFormat, Offer, Section};

/// What the node adds to what was agreed on.
#[derive(Clone, Copy, Debug)]
pub struct AnswerParams<'a> {
    /// The session id of the `o=` line; below 2^63.
    pub session_id: u64,
    /// The version of the `o=` line: grows with each answer of a session.
    pub session_version: u64,
    /// The node's ICE user fragment, 4 to 256 ice-chars (RFC 8839).
    pub ufrag: &'a str,
    /// The node's ICE password, 22 to 256 ice-chars.
    pub pwd: &'a str,
    /// Of the node's certificate.
    pub fingerprint: &'a Fingerprint,
    /// Where the node receives UDP, best first.
    pub candidates: &'a [SocketAddr],
    /// Where the node takes TCP connections, best first.
    pub tcp_candidates: &'a [SocketAddr],
    /// The RTCP name of everything the node sends: one clock, one name.
    pub cname: &'a str,
    /// The streams of the sections in which the node sends.
    pub send_streams: &'a [SendStream],
}

/// The stream of a section in which the node sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendStream {
    /// The section, counted from zero in the order of the offer.
    pub section: usize,
    /// Its SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions. Ignored when the section has no RTX.
    pub rtx_ssrc: Option<u32>,
}

/// Writes the answer (RFC 9429, section 5.3). `offer` and `negotiated` belong together.
///
/// The transport is described in every section, as browsers do: parsers that look for it in a
/// section alone find it. The streams of a slot share one msid, so that the client plays them
/// in sync.
#[must_use]
pub fn write_answer(offer: &Offer, negotiated: &Negotiated, params: &AnswerParams<'_>) -> String {
    let mut text = String::with_capacity(1024 * (1 + offer.sections.len()));
    Answer { offer, negotiated, params }
        .write(&mut text)
        .expect("invariant: writing to a string cannot fail");
    text
}

/// RFC 8445, section 5.1.2.2: the type preference of a host candidate.
const HOST: u32 = 126;
/// Below UDP, above what is relayed (RFC 6544, section 4.2, leaves the choice; browsers choose
/// this for their own).
const HOST_TCP: u32 = 90;
/// RFC 6544, section 4.2: the direction preference of a passive host candidate.
const PASSIVE: u32 = 4;

/// The values of the `a=candidate` lines, without the attribute's name: host candidates for UDP
/// (RFC 8839, section 5.1), then passive ones for TCP (RFC 6544, section 4.5), the first of each
/// preferred.
#[must_use]
pub fn candidate_values(udp: &[SocketAddr], tcp: &[SocketAddr]) -> Vec<String> {
    let mut values = Vec::with_capacity(udp.len() + tcp.len());
    let mut foundation = 0;
    for (address, rank) in udp.iter().zip(0_u32..) {
        let local_preference = 65_535_u32.saturating_sub(rank);
        let priority = priority(HOST, local_preference);
        foundation += 1;
        let (ip, port) = (address.ip(), address.port());
        values.push(format!("{foundation} 1 udp {priority} {ip} {port} typ host"));
    }
    for (address, rank) in tcp.iter().zip(0_u32..) {
        let local_preference = (PASSIVE << 13) | 8_191_u32.saturating_sub(rank);
        let priority = priority(HOST_TCP, local_preference);
        foundation += 1;
        let (ip, port) = (address.ip(), address.port());
        values.push(format!("{foundation} 1 tcp {priority} {ip} {port} typ host tcptype passive"));
    }
    values
}

/// RFC 8445, section 5.1.2.1, for component 1.
fn priority(type_preference: u32, local_preference: u32) -> u32 {
    (type_preference << 24) | (local_preference << 8) | 255
}

struct Answer<'a> {
    offer: &'a Offer,
    negotiated: &'a Negotiated,
    params: &'a AnswerParams<'a>,
}

macro_rules! line {
    ($out:expr, $($format:tt)*) => {
        write!($out, $($format)*).and_then(|()| $out.write_str("\r\n"))
    };
}

impl Answer<'_> {
    fn write(&self, out: &mut String) -> fmt::Result {
        let AnswerParams { session_id, session_version, .. } = self.params;
        line!(out, "v=0")?;
        line!(out, "o=- {session_id} {session_version} IN IP4 127.0.0.1")?;
        line!(out, "s=-")?;
        line!(out, "t=0 0")?;
        out.write_str("a=group:BUNDLE")?;
        for section in self.negotiated.sections.iter().filter(|section| !section.rejected) {
            write!(out, " {}", section.mid)?;
        }
        line!(out, "")?;
        line!(out, "a=ice-lite")?;
        if self.offer.extmap_allow_mixed {
            line!(out, "a=extmap-allow-mixed")?;
        }
        line!(out, "a=msid-semantic: WMS *")?;

        let mut bundle_described = false;
        for (index, (offered, agreed)) in
            self.offer.sections.iter().zip(&self.negotiated.sections).enumerate()
        {
            if agreed.rejected {
                write_rejected(out, offered)?;
                continue;
            }
            self.write_section(out, index, offered, agreed)?;
            if !bundle_described {
                bundle_described = true;
                for candidate in
                    candidate_values(self.params.candidates, self.params.tcp_candidates)
                {
                    line!(out, "a=candidate:{candidate}")?;
                }
                line!(out, "a=end-of-candidates")?;
            }
        }
        Ok(())
    }

    fn write_section(
        &self,
        out: &mut String,
        index: usize,
        offered: &Section,
        agreed: &NegotiatedSection,
    ) -> fmt::Result {
        let inactive;
        let codecs: &[PayloadType] = match (&agreed.receive, &agreed.send) {
            (Some(receive), _) => &receive.codecs,
            (None, Some(send)) => &send.codecs,
            (None, None) => {
                inactive = shared_codecs(offered);
                &inactive
            }
        };
        self.write_media_line(out, offered, codecs)?;
        self.write_transport(out)?;
        line!(out, "a=mid:{}", agreed.mid)?;
        write_extensions(out, offered, agreed)?;
        let direction = Direction::new(agreed.send.is_some(), agreed.receive.is_some());
        line!(out, "a={}", direction.name())?;
        if let Some(send) = &agreed.send {
            line!(out, "a=msid:{}", TrackName { slot: send.slot, media: offered.media.as_str() })?;
        }
        line!(out, "a=rtcp-mux")?;
        if offered.rtcp_rsize {
            line!(out, "a=rtcp-rsize")?;
        }
        for payload in codecs {
            write_codec(out, payload, agreed.receive.is_some())?;
        }
        if codecs.is_empty() {
            let FirstFormat { name, rtpmap, fmtp } = &offered.first_format;
            for (attribute, text) in [("rtpmap", rtpmap), ("fmtp", fmtp)] {
                if let Some(text) = text {
                    line!(out, "a={attribute}:{name} {text}")?;
                }
            }
        }
        if let Some(receive) = &agreed.receive {
            for rid in &receive.layers.rids {
                line!(out, "a=rid:{rid} recv")?;
            }
            if receive.layers.simulcast {
                line!(out, "a=simulcast:recv {}", Separated(&receive.layers.rids, ";"))?;
            }
        }
        if let Some(send) = &agreed.send {
            self.write_ssrcs(out, index, send)?;
        }
        Ok(())
    }

    /// The default address is that of the best candidate (RFC 8839, section 4.2.1).
    fn write_media_line(
        &self,
        out: &mut String,
        offered: &Section,
        codecs: &[PayloadType],
    ) -> fmt::Result {
        let default = self.params.candidates.first();
        let port = default.map_or(9, SocketAddr::port);
        write!(out, "m={} {port} {}", offered.media.as_str(), offered.protocol)?;
        for payload in codecs {
            write!(out, " {}", payload.pt)?;
            if let Some(rtx_pt) = payload.rtx_pt {
                write!(out, " {rtx_pt}")?;
            }
        }
        if codecs.is_empty() {
            write!(out, " {}", offered.first_format.name)?;
        }
        line!(out, "")?;
        match default {
            Some(SocketAddr::V4(address)) => line!(out, "c=IN IP4 {}", address.ip()),
            Some(SocketAddr::V6(address)) => line!(out, "c=IN IP6 {}", address.ip()),
            None => line!(out, "c=IN IP4 0.0.0.0"),
        }
    }

    fn write_transport(&self, out: &mut String) -> fmt::Result {
        line!(out, "a=ice-ufrag:{}", self.params.ufrag)?;
        line!(out, "a=ice-pwd:{}", self.params.pwd)?;
        let trickle = if self.offer.trickle { " trickle" } else { "" };
        line!(out, "a=ice-options:ice2{trickle}")?;
        line!(out, "a=fingerprint:sha-256 {}", self.params.fingerprint)?;
        line!(out, "a=setup:passive")
    }

    fn write_ssrcs(&self, out: &mut String, index: usize, send: &SendSection) -> fmt::Result {
        let cname = self.params.cname;
        for stream in self.params.send_streams.iter().filter(|stream| stream.section == index) {
            let ssrc = stream.ssrc;
            let rtx_ssrc = stream.rtx_ssrc.filter(|_| send.has_rtx());
            if let Some(rtx_ssrc) = rtx_ssrc {
                line!(out, "a=ssrc-group:FID {ssrc} {rtx_ssrc}")?;
            }
            for ssrc in std::iter::once(ssrc).chain(rtx_ssrc) {
                line!(out, "a=ssrc:{ssrc} cname:{cname}")?;
            }
        }
        Ok(())
    }
}

fn write_rejected(out: &mut String, offered: &Section) -> fmt::Result {
    let Section { media, protocol, first_format, mid, .. } = offered;
    line!(out, "m={} 0 {protocol} {}", media.as_str(), first_format.name)?;
    line!(out, "c=IN IP4 0.0.0.0")?;
    line!(out, "a=mid:{mid}")?;
    line!(out, "a=inactive")
}

fn write_extensions(
    out: &mut String,
    offered: &Section,
    agreed: &NegotiatedSection,
) -> fmt::Result {
    let id_of = |extension: Extension| {
        let received = agreed.receive.as_ref().and_then(|own| own.extensions.id(extension));
        received.or_else(|| agreed.send.as_ref().and_then(|own| own.extensions.id(extension)))
    };
    for extension in &offered.extensions {
        if id_of(extension.extension) != Some(extension.id) {
            continue;
        }
        write!(out, "a=extmap:{}", extension.id)?;
        if extension.direction != Direction::SendRecv {
            write!(out, "/{}", extension.direction.mirrored().name())?;
        }
        line!(out, " {}", extension.extension.uri())?;
    }
    Ok(())
}

/// What the node would like to be sent (RFC 7587, section 7): error correction for those whose
/// links lose, stereo and silence as the client sends them; and what it may send itself.
fn write_opus(out: &mut String, pt: u8, format: OpusFormat, receives: bool) -> fmt::Result {
    let OpusFormat { stereo, sprop_stereo, min_ptime, dtx, .. } = format;
    write!(out, "a=fmtp:{pt} ")?;
    if let Some(min_ptime) = min_ptime {
        write!(out, "minptime={min_ptime};")?;
    }
    out.write_str("useinbandfec=1")?;
    for (wanted, parameter) in [
        (stereo || (receives && sprop_stereo), ";stereo=1"),
        (stereo && !receives, ";sprop-stereo=1"),
        (dtx && receives, ";usedtx=1"),
    ] {
        out.write_str(if wanted { parameter } else { "" })?;
    }
    line!(out, "")
}

fn write_codec(out: &mut String, payload: &PayloadType, receives: bool) -> fmt::Result {
    let PayloadType { pt, codec, rtx_pt, feedback } = *payload;
    let kind = codec.kind();
    line!(out, "a=rtpmap:{pt} {}", kind.encoding())?;
    match codec {
        Codec::Opus(format) => {
            write_opus(out, pt, format, receives)?;
        }
        Codec::Red(RedFormat { opus_pt, blocks }) => {
            write!(out, "a=fmtp:{pt} {opus_pt}")?;
            for _ in 1..blocks {
                write!(out, "/{opus_pt}")?;
            }
            line!(out, "")?;
        }
        Codec::Vp8 => {}
        Codec::Vp9 => line!(out, "a=fmtp:{pt} profile-id=0")?,
        Codec::Av1(format) => {
            write!(out, "a=fmtp:{pt} ")?;
            if let Some(level) = format.level {
                write!(out, "level-idx={level};")?;
            }
            write!(out, "profile=0")?;
            if let Some(tier) = format.tier {
                write!(out, ";tier={tier}")?;
            }
            line!(out, "")?;
        }
        Codec::H264(format) => {
            let mode = format.packetization.number();
            write!(out, "a=fmtp:{pt} level-asymmetry-allowed=1;packetization-mode={mode}")?;
            if let Some([profile, constraints, level]) = format.profile_level_id {
                write!(out, ";profile-level-id={profile:02x}{constraints:02x}{level:02x}")?;
            }
            line!(out, "")?;
        }
    }
    let messages = [
        (feedback.transport_cc, "transport-cc"),
        (feedback.remb, "goog-remb"),
        (feedback.fir, "ccm fir"),
        (feedback.nack, "nack"),
        (feedback.pli, "nack pli"),
    ];
    for (_, message) in messages.into_iter().filter(|(agreed, _)| *agreed) {
        line!(out, "a=rtcp-fb:{pt} {message}")?;
    }
    if let Some(rtx_pt) = rtx_pt {
        line!(out, "a=rtpmap:{rtx_pt} rtx/{}", kind.clock_rate())?;
        line!(out, "a=fmtp:{rtx_pt} apt={pt}")?;
    }
    Ok(())
}

/// `a=msid` of a section: the stream is the slot, the track its picture or sound.
struct TrackName<'a> {
    slot: SlotIndex,
    media: &'a str,
}

impl Display for TrackName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slot: SlotIndex(slot), media } = self;
        write!(f, "slot-{slot} slot-{slot}-{media}")
    }
}

struct Separated<'a, T>(&'a [T], &'static str);

impl<T: Display> Display for Separated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { self.1 };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}
