//! VP8 payload descriptors of a publisher, read and rewritten.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sfu::codec::numbering::Numbering;
use sfu::codec::vp8;
use sfu::sdp::CodecKind;

fuzz_target!(|input: &[u8]| {
    let _ = (vp8::starts_keyframe(input), vp8::temporal(input), vp8::keyframe_height(input));
    let mut numbering = Numbering::default();
    let mut payload = input.to_vec();
    numbering.begin(CodecKind::Vp8, &payload);
    let offsets = numbering.begin(CodecKind::Vp8, &payload);
    numbering.rewrite(CodecKind::Vp8, offsets, 1, &mut payload);
    assert_eq!(payload.len(), input.len());
});
