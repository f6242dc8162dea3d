use super::*;
use crate::dependency::tests::scalable::{Mode, Part};
use crate::dependency::tests::{L1T3, L3T3, L3T3_KEY};
use crate::sdp::CodecKind;

fn target(spatial: u8, temporal: u8) -> Target {
    Target { spatial, temporal }
}

fn frame(reading: Reading) -> Frame {
    match reading {
        Reading::Frame(frame) => frame,
        other => panic!("no frame but {other:?}"),
    }
}

#[test]
fn the_nearest_target_is_within_the_wish_if_any_is() {
    let mut offered = Targets::NONE;
    assert_eq!(offered.nearest(target(1, 1)), target(1, 1));
    for (spatial, temporal) in [(0, 0), (0, 2), (2, 0), (2, 2)] {
        offered.insert(target(spatial, temporal));
    }
    for (wish, nearest) in [
        (target(3, 3), target(2, 2)),
        (target(2, 1), target(2, 0)),
        (target(1, 3), target(0, 2)),
        (target(0, 1), target(0, 0)),
    ] {
        assert_eq!(offered.nearest(wish), nearest, "{wish:?}");
    }
    assert_eq!(Targets::only(target(2, 0)).nearest(target(0, 0)), target(2, 0));
}

#[test]
fn descriptors_tell_targets() {
    let mut reader = Reader::default();
    let part = Part { begins: true, attached: true, number: 7, ..Part::default() };
    let key = L3T3_KEY.descriptor(L3T3_KEY.shape(0, 0), part);
    let first = reader.read(CodecKind::Av1, &[0x18], Some(&key));
    assert!(reader.starts_keyframe(CodecKind::Av1, &[0x18], &first));
    let read = frame(first);
    assert_eq!(read.offered, Targets::up_to(target(2, 2)));
    assert_eq!((read.part_of, read.entries), (read.offered, read.offered));
    assert_eq!([0, 1, 2].map(|s| reader.height(s)), [Some(180), Some(360), Some(720)]);
    assert_eq!(reader.full_height(), Some(720));
    assert_eq!(reader.mask(target(0, 1)), Some(0b011));
    assert_eq!(reader.mask(target(1, 0)), Some(0b001_001));
    assert_eq!(reader.mask(Target::BEST), Some(0b111_111_111));

    let delta = L3T3_KEY.descriptor(L3T3_KEY.shape(2, 1), Part { number: 14, ..Part::default() });
    let read = frame(reader.read(CodecKind::Av1, &[0x10], Some(&delta)));
    assert_eq!(read.layers, target(1, 1));
    let part_of: Vec<_> = read.part_of.iter().collect();
    assert_eq!(part_of, [target(1, 1), target(1, 2)]);
    assert_eq!(read.entries.iter().collect::<Vec<_>>(), [target(1, 2)]);
}

#[test]
fn where_a_structure_tells_no_sizes_the_payload_does() {
    let mut reader = Reader::default();
    let mode = Mode { height: 0, ..L1T3 };
    let part = Part { begins: true, attached: true, ..Part::default() };
    let bytes = mode.descriptor(mode.shape(0, 0), part);
    let sps = [0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x17, 0xfc, 0xb0, 0x0f, 0x08];
    frame(reader.read(CodecKind::H264, &sps, Some(&bytes)));
    assert_eq!(reader.full_height(), Some(360));
}

#[test]
fn layers_that_are_not_sent_are_not_offered() {
    let mut reader = Reader::default();
    let part = Part { attached: true, number: 7, ..Part::default() };
    reader.read(CodecKind::Av1, &[], Some(&L3T3.descriptor(L3T3.shape(0, 0), part)));
    let part = Part { number: 8, active: Some(0b111), ..Part::default() };
    let bytes = L3T3.descriptor(L3T3.shape(4, 0), part);
    let read = frame(reader.read(CodecKind::Av1, &[], Some(&bytes)));
    assert_eq!(read.offered.nearest(Target::BEST), target(0, 2));
    assert_eq!(reader.mask(Target::BEST), Some(0b111));
}

#[test]
fn a_packet_waits_for_its_structure_and_late_ones_are_read_by_the_former() {
    let mut reader = Reader::default();
    let delta = |offset, number, since| {
        let part = Part { offset, number, ..Part::default() };
        L1T3.descriptor(L1T3.shape(since, 0), part)
    };
    let key = |offset, number| {
        let part = Part { offset, number, attached: true, ..Part::default() };
        L1T3.descriptor(L1T3.shape(0, 0), part)
    };
    let mut read = |bytes: &[u8]| reader.read(CodecKind::H264, &[0x41], Some(bytes));
    assert_eq!(read(&delta(0, 11, 1)), Reading::Waiting);
    let first = frame(read(&key(0, 10)));
    assert_eq!(frame(read(&delta(0, 11, 1))).number, first.number + 1);
    frame(read(&key(4, 20)));
    assert_eq!(read(&delta(8, 21, 1)), Reading::Waiting, "of a structure that is to come");
    assert_eq!(frame(read(&delta(0, 12, 2))).layers, target(0, 1), "of the one before");
    assert_eq!(read(&[0x80]), Reading::Plain);
}

#[test]
fn vp8_tells_by_its_payload() {
    let payload = |layer: u8, sync: bool, keyframe: bool| {
        let bits = layer << 6 | u8::from(sync) << 5;
        [0x90, 0xe0, 0x80, 5, 1, bits, u8::from(!keyframe), 0, 0]
    };
    let mut reader = Reader::default();
    let mut read = |p: [u8; 9]| frame(reader.read(CodecKind::Vp8, &p, None));
    assert!(read(payload(0, false, true)).entries.contains(target(0, 2)));
    assert_eq!(read(payload(0, false, false)).entries, Targets::NONE);
    let upper = read(payload(1, true, false));
    assert_eq!(upper.entries, Targets::only(target(0, 1)));
    assert!(!upper.part_of.contains(target(0, 0)) && upper.part_of.contains(target(0, 2)));
}

#[test]
fn numbers_are_widened_across_the_edge() {
    let mut reader = Reader::default();
    let mut number = |picture: u16| {
        let [high, low] = picture.to_be_bytes();
        let payload = [0x90, 0xe0, 0x80 | high, low, 1, 0x20, 1, 0, 0];
        frame(reader.read(CodecKind::Vp8, &payload, None)).number
    };
    let first = number(0x7ffe);
    assert_eq!(number(1), first + 3);
    assert_eq!(number(0x7fff), first + 1);
}

#[test]
fn parameters_stand_before_the_picture_they_describe() {
    // Sequence parameters, then the first fragment of an IDR slice.
    let (parameters, slice) = ([0x67, 0x42, 0xc0, 0x1f], [0x7c, 0x85]);
    let mut reader = Reader::default();
    let mut starts = |payload: &[u8]| {
        let reading = reader.read(CodecKind::H264, payload, None);
        reader.starts_keyframe(CodecKind::H264, payload, &reading)
    };
    assert!(starts(&slice), "a stream that never sent parameters has others");
    assert!(starts(&parameters));
    assert!(!starts(&slice), "without its parameters it cannot be decoded");
}
