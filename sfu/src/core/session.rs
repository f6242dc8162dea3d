//! A PeerConnection as the node sees it: paths, keys, what it sends and what it receives.

use std::time::{Duration, Instant};

use protocol::media::Kind;
use protocol::{MediaSessionId, ParticipantId};

use super::Path;
use super::egress::Stream;
use super::layer::PublisherClock;
use super::monitor::Monitor;
use super::pacer::Pacer;
use super::paths::{CONSENT_LIFETIME, Paths};
use crate::bwe::Estimator;
use crate::ice::LocalCredentials;
use crate::rtp::{CaptureTime, RtpHeader};
use crate::sdp::{CodecKind, ExtensionIds, Mid};
use crate::srtp::{Inbound, Outbound};
use crate::twcc::ArrivalRecorder;

/// How long after its answer a session may be without keys.
pub(super) const HANDSHAKE_LIFETIME: Duration = Duration::from_secs(30);
/// How often reports go out.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// The most SSRCs of a client that are bound to its tracks.
const MAX_ORIGINS: usize = 32;

/// One session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: MediaSessionId,
    pub(super) participant: ParticipantId,
    /// Index of the view that it watches.
    pub(super) view: usize,
    pub(super) local: LocalCredentials,
    /// Those from before an ICE restart, until the new ones are used.
    pub(super) retired: Option<LocalCredentials>,
    /// A check with `local` came.
    pub(super) local_used: bool,
    pub(super) paths: Paths,
    pub(super) created: Instant,
    /// The last authenticated check, on whatever path.
    pub(super) consent: Instant,
    pub(super) keys: Option<(Inbound, Outbound)>,
    pub(super) receiving: Vec<Receiving>,
    origins: Vec<(u32, Origin)>,
    /// Places of its tracks in the room, by kind.
    pub(super) tracks: [Option<u32>; 2],
    pub(super) slots: Vec<SlotStreams>,
    /// What its link carries.
    pub(super) estimator: Estimator,
    /// It gives the feedback that the estimator needs.
    pub(super) estimates: bool,
    /// How large the client shows its slots, in pixels; nothing: at any size.
    pub(super) sizes: Vec<Option<u16>>,
    pub(super) next_allocation: Instant,
    /// How fast its packets leave.
    pub(super) pacer: Pacer,
    /// It has just come, or shows what it did not show: the next pictures come from the cache.
    pub(super) arriving: bool,
    pub(super) arrivals: ArrivalRecorder,
    /// A stream of the client's, which feedback names: browsers drop it under any other SSRC.
    pub(super) feedback_ssrc: u32,
    pub(super) clock: Option<PublisherClock>,
    pub(super) next_report: Instant,
    pub(super) next_feedback: Option<Instant>,
    /// The earliest timer that is set.
    pub(super) wake: Option<Instant>,
    pub(super) counts: Counts,
    pub(super) monitor: Monitor,
    /// There was something for it when keys were agreed on, and nothing has been sent yet.
    pub(super) awaits_first: bool,
}

/// See [`protocol::media::ParticipantStats`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) received: u64,
    pub(super) dropped_muted: u64,
    pub(super) sent: u64,
    pub(super) retransmitted: u64,
    pub(super) send_calls: u64,
    pub(super) nacks_sent: u64,
}

/// The two streams of a slot.
#[derive(Debug, Default)]
pub(super) struct SlotStreams {
    pub(super) audio: Option<Stream>,
    pub(super) video: Option<Stream>,
}

impl SlotStreams {
    #[inline]
    pub(super) fn of(&mut self, kind: Kind) -> Option<&mut Stream> {
        match kind {
            Kind::Audio => self.audio.as_mut(),
            Kind::Video => self.video.as_mut(),
        }
    }

    pub(super) fn each(&mut self) -> impl Iterator<Item = (Kind, &mut Stream)> {
        let audio = self.audio.as_mut().map(|stream| (Kind::Audio, stream));
        audio.into_iter().chain(self.video.as_mut().map(|stream| (Kind::Video, stream)))
    }
}

/// A section in which the client sends.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) mid: Mid,
    pub(super) kind: Kind,
    pub(super) extensions: ExtensionIds,
    /// Payload types with what they carry; true for retransmissions.
    pub(super) payload_types: Vec<(u8, CodecKind, bool)>,
}

/// What an SSRC of the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Index in [`Session::receiving`].
    pub(super) section: usize,
    pub(super) track: u32,
    pub(super) layer: usize,
    pub(super) retransmission: bool,
}

/// The extension elements of an arriving packet that the node reads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Elements<'p> {
    pub(super) mid: Option<&'p [u8]>,
    pub(super) rid: Option<&'p [u8]>,
    pub(super) repaired_rid: Option<&'p [u8]>,
    pub(super) transport_cc: Option<u16>,
    pub(super) orientation: Option<u8>,
    pub(super) descriptor: &'p [u8],
    /// Decibels below overload.
    pub(super) audio_level: Option<u8>,
    /// When the packet's content was captured, by the publisher's clock.
    pub(super) captured: Option<CaptureTime>,
}

impl<'p> Elements<'p> {
    #[inline]
    pub(super) fn read(header: &RtpHeader, packet: &'p [u8], ids: &ExtensionIds) -> Self {
        let mut elements = Self::default();
        for (id, value) in header.extensions(packet) {
            let id = Some(id);
            if id == ids.transport_cc {
                elements.transport_cc = value.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
            } else if id == ids.video_orientation {
                elements.orientation = value.first().copied();
            } else if id == ids.dependency_descriptor {
                elements.descriptor = value;
            } else if id == ids.audio_level {
                elements.audio_level = value.first().map(|byte| byte & 0x7f);
            } else if id == ids.abs_capture_time {
                elements.captured = CaptureTime::read(value);
            } else if id == ids.mid {
                elements.mid = Some(value);
            } else if id == ids.rid {
                elements.rid = Some(value);
            } else if id == ids.repaired_rid {
                elements.repaired_rid = Some(value);
            }
        }
        elements
    }
}

/// What a session begins with.
pub(super) struct NewSession {
    pub(super) id: MediaSessionId,
    pub(super) participant: ParticipantId,
    pub(super) view: usize,
    pub(super) local: LocalCredentials,
    pub(super) receiving: Vec<Receiving>,
    pub(super) slots: Vec<SlotStreams>,
    /// Spreads the reports of sessions that begin together; less than [`REPORT_INTERVAL`].
    pub(super) report_phase: Duration,
}

impl Session {
    pub(super) fn new(now: Instant, origin: Instant, new: NewSession) -> Self {
        let NewSession { id, participant, view, local, receiving, slots, report_phase } = new;
        let estimates = slots
            .iter()
            .any(|slot: &SlotStreams| slot.video.as_ref().is_some_and(Stream::gives_feedback));
        Self {
            id,
            participant,
            view,
            local,
            retired: None,
            local_used: false,
            paths: Paths::default(),
            created: now,
            consent: now,
            keys: None,
            receiving,
            origins: Vec::new(),
            tracks: [None; 2],
            slots,
            estimator: Estimator::new(origin),
            estimates,
            sizes: Vec::new(),
            next_allocation: now,
            pacer: Pacer::new(now),
            arriving: false,
            arrivals: ArrivalRecorder::new(origin),
            feedback_ssrc: 0,
            clock: None,
            next_report: now + report_phase,
            next_feedback: None,
            wake: None,
            counts: Counts::default(),
            monitor: Monitor::default(),
            awaits_first: false,
        }
    }

    /// Where to send, once a check has shown that somebody there wants it.
    #[inline]
    pub(super) fn path(&self) -> Option<Path> {
        self.paths.selected()
    }

    /// When the session ends unless a check comes.
    pub(super) fn consent_end(&self) -> Instant {
        self.consent + CONSENT_LIFETIME
    }

    #[inline]
    pub(super) fn origin(&self, ssrc: u32) -> Option<Origin> {
        self.origins.iter().find(|(known, _)| *known == ssrc).map(|(_, origin)| *origin)
    }

    /// Binds an SSRC; the oldest is forgotten when there are too many.
    pub(super) fn bind(&mut self, ssrc: u32, origin: Origin) {
        if self.origins.len() == MAX_ORIGINS {
            let (oldest, _) = self.origins.remove(0);
            if let Some((inbound, _)) = &mut self.keys {
                inbound.forget(oldest);
            }
        }
        self.origins.push((ssrc, origin));
    }

    /// When the session has something to do, besides its tracks.
    pub(super) fn deadline(&self) -> Instant {
        let life = if self.keys.is_some() {
            self.consent_end()
        } else {
            self.created + HANDSHAKE_LIFETIME
        };
        let report = if self.keys.is_some() { self.next_report } else { life };
        let probe = self.estimator.next_probe().unwrap_or(life);
        let turn = self.pacer.next().unwrap_or(life);
        let expiry = self.paths.expiry().unwrap_or(life);
        let feedback = self.next_feedback.unwrap_or(life);
        life.min(report).min(probe).min(turn).min(expiry).min(feedback)
    }
}
