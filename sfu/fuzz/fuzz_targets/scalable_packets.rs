//! Packets of one scalable stream, one after the other, as a publisher may send them: dependency
//! descriptors are read by structures that came before, and rewritten.
//!
//! A packet is: codec, length of the descriptor (0: none), length of the payload, both.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sfu::dependency::{Descriptor, MAX_GROWTH, MAX_LENGTH, Shift, rewrite};
use sfu::scalability::{Reader, Reading, Target};
use sfu::sdp::CodecKind;

fuzz_target!(|input: &[u8]| {
    let mut reader = Reader::default();
    let mut rest = input;
    while let Some((&[codec, descriptor, payload], after)) = rest.split_first_chunk() {
        let codec = CodecKind::ALL[usize::from(codec) % CodecKind::ALL.len()];
        let (descriptor, after) = after.split_at(after.len().min(descriptor.into()));
        let (payload, after) = after.split_at(after.len().min(payload.into()));
        rest = after;
        let told = (!descriptor.is_empty()).then_some(descriptor);
        let reading = reader.read(codec, payload, told);
        let _ = reader.starts_keyframe(codec, payload, &reading);
        let Reading::Frame(frame) = reading else { continue };
        // What is entered is a part.
        assert!(frame.entries.iter().all(|entry| !frame.layers.is_within(entry)
            || frame.part_of.contains(entry)));
        if let (Some(layout), Some(structure)) = (frame.layout, reader.structure()) {
            let shift = Shift { frame: 7, template: 0 };
            let active = reader.mask(Target::BEST);
            let fits = structure.targets().len() == layout.targets();
            let mut out = [0; MAX_LENGTH + MAX_GROWTH];
            for active in [None, active.filter(|_| fits)] {
                let length = rewrite(descriptor, &layout, shift, active, &mut out);
                let length = length.expect("it grows by no more than it may");
                let read = Descriptor::parse(&out[..length.min(MAX_LENGTH)], Some(structure));
                if let (Ok(read), true) = (read, length <= MAX_LENGTH) {
                    assert_eq!(read.active.is_some(), active.is_some() || layout.is_masked() || layout.attached);
                }
            }
        }
    }
});
