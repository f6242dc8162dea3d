//! What the node must know of payloads: where a keyframe starts, and VP8's running picture
//! numbers, which have to go on without a gap when one source replaces another.

pub mod h264;
pub mod vp8;

use crate::sdp::CodecKind;

/// Whether a decoder can start at this packet.
#[must_use]
pub fn starts_keyframe(codec: CodecKind, payload: &[u8]) -> bool {
    match codec {
        CodecKind::Opus => true,
        CodecKind::Vp8 => vp8::starts_keyframe(payload),
        CodecKind::H264 => h264::starts_keyframe(payload),
    }
}
