//! What the node must know of payloads: where a keyframe starts, which layers there are, and the
//! running numbers that have to go on without a gap when one source replaces another.

pub mod av1;
pub mod h264;
pub mod numbering;
pub mod red;
pub mod vp8;
pub mod vp9;

use crate::sdp::CodecKind;

/// Whether a decoder can start at this packet.
#[must_use]
pub fn starts_keyframe(codec: CodecKind, payload: &[u8]) -> bool {
    match codec {
        CodecKind::Opus | CodecKind::Red => true,
        CodecKind::Vp8 => vp8::starts_keyframe(payload),
        CodecKind::Vp9 => {
            vp9::Descriptor::parse(payload).is_some_and(|descriptor| descriptor.starts_keyframe())
        }
        CodecKind::H264 => h264::starts_keyframe(payload),
        CodecKind::Av1 => av1::starts_keyframe(payload),
    }
}
