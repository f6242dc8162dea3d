//! What a publisher films: pictures in one or several layers, as an encoder gives them.

use std::time::Duration;

use crate::scalable::{self, Coding, Encoder, Mode};

/// Pictures a second: 30.
pub(crate) const PICTURE_INTERVAL: Duration = Duration::from_millis(33);
/// Where a packet's number stands in its payload, behind the VP8 headers.
pub(crate) const MARK: usize = 16;

/// One encoding.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) rid: Option<&'static str>,
    pub(crate) packets: u64,
    pub(crate) size: usize,
    pub(crate) height: u16,
    /// Temporal layers: 1 or 3.
    pub(crate) temporal: u8,
    /// The next picture is a keyframe.
    pub(crate) keyframe: bool,
    pub(crate) active: bool,
    pub(crate) sequence: u64,
    /// Pictures so far; while the layer is paused there are none.
    filmed: u64,
    /// Where the pattern of temporal layers began.
    begin: u64,
    tl0: u8,
    /// For everything but VP8.
    pub(crate) encoder: Option<Encoder>,
}

/// A picture's packet as it goes on the wire.
pub(crate) struct Packet {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) keyframe: bool,
    pub(crate) payload: Vec<u8>,
    /// The dependency descriptor.
    pub(crate) descriptor: Option<Vec<u8>>,
}

impl Layer {
    fn new(rid: Option<&'static str>, packets: u64, size: usize, height: u16) -> Self {
        Self {
            rid,
            packets,
            size,
            height,
            temporal: if rid.is_some() { 3 } else { 1 },
            keyframe: true,
            active: true,
            // Numbers begin shortly before their wrap, so that every run crosses it.
            sequence: 65_000 + u64::from(height) / 2,
            filmed: 0,
            begin: 0,
            tl0: 0,
            encoder: None,
        }
    }

    /// One layer that is scalable in itself: three sizes of 120, 480 and 1920 kbit/s.
    pub(crate) fn scalable(coding: Coding, key: bool, described: bool) -> Vec<Self> {
        let mode = Mode { spatial: 3, temporal: 3, key, height: 180 };
        let encoder = Encoder::new(mode, coding, described, [1, 2, 8]);
        let layer = Self::new(None, encoder.packets(), 950, 180);
        vec![Self { encoder: Some(encoder), ..layer }]
    }

    /// Three layers of H264, with temporal layers where descriptors tell of them.
    pub(crate) fn h264(described: bool) -> Vec<Self> {
        let temporal = if described { 3 } else { 1 };
        let mut layers = Self::simulcast();
        for layer in &mut layers {
            let mode = Mode { spatial: 1, temporal, key: false, height: layer.height };
            let packets = [layer.packets as u8, 0, 0];
            layer.encoder = Some(Encoder::new(mode, Coding::H264, described, packets));
        }
        layers
    }

    /// Encodes so many of its spatial layers; another number begins with a keyframe.
    pub(crate) fn encode_spatial(&mut self, spatial: u8) {
        let Some(encoder) = &mut self.encoder else { return };
        self.keyframe |= encoder.mode.spatial != spatial;
        encoder.mode.spatial = spatial;
        self.packets = encoder.packets();
    }

    pub(crate) fn coding(&self) -> Coding {
        self.encoder.as_ref().map_or(Coding::Vp8, |encoder| encoder.coding)
    }

    /// One layer of 290 kbit/s.
    pub(crate) fn alone() -> Vec<Self> {
        vec![Self::new(None, 4, 300, 360)]
    }

    /// Three layers of 120, 480 and 1920 kbit/s, a quarter of them at the lowest frame rate.
    pub(crate) fn simulcast() -> Vec<Self> {
        vec![
            Self::new(Some("q"), 1, 500, 180),
            Self::new(Some("h"), 2, 1_000, 360),
            Self::new(Some("f"), 8, 1_000, 720),
        ]
    }

    /// Packet `packet` of picture `picture`, marked with who filmed it and its number.
    pub(crate) fn film(&mut self, name: u32, picture: u64, packet: u64) -> Packet {
        let number = picture * self.packets + packet;
        let keyframe = packet == 0 && std::mem::take(&mut self.keyframe);
        if let Some(encoder) = &mut self.encoder {
            let (sequence, size) = (self.sequence, self.size);
            self.sequence += 1;
            return scalable::packet(encoder, name, (picture, packet), keyframe, (sequence, size));
        }
        // A keyframe begins the pattern anew, as encoders do.
        if keyframe {
            self.begin = self.filmed;
        }
        let place = (self.filmed - self.begin) % 4;
        let (temporal, sync) = match (self.temporal, place) {
            (1, _) | (_, 0) => (0, false),
            (_, 2) => (1, true),
            (_, place) => (2, place == 1),
        };
        if packet == 0 && temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        // Numbers of layers have nothing to do with each other.
        let [high, low] = ((self.filmed + u64::from(self.height)) as u16 & 0x7fff).to_be_bytes();
        let last = packet + 1 == self.packets;
        self.filmed += u64::from(last);
        let start = if packet == 0 { 0x10 } else { 0 };
        let mut payload = vec![0; self.size];
        payload[..7].copy_from_slice(&[
            0x80 | start,
            0xe0,
            0x80 | high,
            low,
            self.tl0,
            temporal << 6 | u8::from(sync) << 5,
            u8::from(!keyframe),
        ]);
        payload[9..12].copy_from_slice(&[0x9d, 0x01, 0x2a]);
        payload[14..16].copy_from_slice(&self.height.to_le_bytes());
        payload[MARK..MARK + 4].copy_from_slice(&name.to_be_bytes());
        payload[MARK + 4..MARK + 12].copy_from_slice(&number.to_be_bytes());
        payload[MARK + 12..MARK + 14].copy_from_slice(&self.height.to_be_bytes());
        payload[MARK + 14..MARK + 18].copy_from_slice(&(picture as u32).to_be_bytes());
        let sequence = self.sequence;
        self.sequence += 1;
        Packet {
            sequence,
            timestamp: (picture * 2_970) as u32 + u32::from(self.height) * 1_000,
            marker: last,
            keyframe,
            payload,
            descriptor: None,
        }
    }
}
