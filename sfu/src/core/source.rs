//! What feeds a stream: a layer of a track, and how the stream's numbers follow from its own.

use super::continuity::Continuity;
use super::egress::Forwarded;
use super::layer::Layer;
use super::selection::Selection;
use crate::codec::numbering::Offsets;
use crate::dependency::{self, Shift};
use crate::ring::Packet;
use crate::sdp::ExtensionIds;

/// What a stream is fed from, and how its numbers follow from the publisher's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) track: usize,
    pub(super) layer: usize,
    pub(super) generation: u32,
    pub(super) episode: u32,
    pub(super) numbers: Continuity,
    pub(super) selection: Selection,
    /// Moves this layer's timestamps behind those of the layer before.
    pub(super) shift: u32,
    /// See [`Backlog::seam`](super::backlog::Backlog::seam).
    pub(super) seam: Option<u32>,
    pub(super) offsets: Offsets,
    pub(super) descriptors: Shift,
}

/// Continues the frame numbers and templates of one source's dependency descriptors with those of
/// the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameNumbering {
    /// The highest frame number so far, and the number after the last template.
    last: Option<(u16, u8)>,
}

impl FrameNumbering {
    /// Begins with a source whose first packet has this descriptor.
    pub(super) fn begin(&self, descriptor: &[u8], layer: &Layer) -> Shift {
        let (Some((frame, template)), Some(number), Some(structure)) =
            (self.last, frame_number(descriptor), layer.reader.structure())
        else {
            return Shift::default();
        };
        Shift {
            frame: frame.wrapping_add(1).wrapping_sub(number),
            template: template.wrapping_sub(structure.offset()) & 0x3f,
        }
    }

    /// Notes a descriptor that is sent with these numbers.
    #[inline]
    pub(super) fn note(&mut self, descriptor: &[u8], shift: Shift, layer: &Layer) {
        let (Some(number), Some(structure)) = (frame_number(descriptor), layer.reader.structure())
        else {
            return;
        };
        let number = number.wrapping_add(shift.frame);
        let (last, template) = self.last.get_or_insert((number, 0));
        // A repaired packet comes late; the numbers only ever move forward.
        if number.wrapping_sub(*last) < 1 << 15 {
            *last = number;
        }
        *template = structure.next_offset().wrapping_add(shift.template) & 0x3f;
    }
}

#[inline]
fn frame_number(descriptor: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*descriptor.get(1)?, *descriptor.get(2)?]))
}

impl Source {
    #[inline]
    pub(super) fn feeds(&self, item: &Forwarded) -> bool {
        self.track == item.track
            && self.layer == item.layer
            && self.generation == item.generation
            && self.episode == item.episode
    }

    /// The packet's descriptor, with this source's numbers, and telling what is sent.
    #[inline]
    pub(super) fn descriptor(
        &self,
        packet: &Packet,
        layer: &Layer,
        ids: &ExtensionIds,
    ) -> Option<Element> {
        ids.dependency_descriptor?;
        let frame = packet.frame.as_ref()?;
        let layout = frame.layout?;
        let announced = self.selection.announced(packet, frame);
        // The mask of a structure that came since says nothing of this one's targets.
        let fits = || layer.reader.structure().map(|s| s.targets().len()) == Some(layout.targets());
        let active = announced.filter(|_| fits()).and_then(|target| layer.reader.mask(target));
        let mut bytes = [0; dependency::MAX_LENGTH];
        let descriptor = packet.descriptor();
        let length =
            dependency::rewrite(descriptor, &layout, self.descriptors, active, &mut bytes)?;
        Some(Element { bytes, length })
    }

    #[inline]
    pub(super) fn marker(&self, packet: &Packet) -> bool {
        let ends = |frame| self.selection.ends_picture(packet, frame);
        packet.frame.as_ref().map_or(packet.marker, ends)
    }
}

/// A dependency descriptor as one subscriber gets it.
pub(super) struct Element {
    bytes: [u8; dependency::MAX_LENGTH],
    length: usize,
}

impl Element {
    /// Empty: none.
    #[inline]
    pub(super) fn value(element: Option<&Self>) -> &[u8] {
        element.map_or(&[], |element| &element.bytes[..element.length])
    }
}
