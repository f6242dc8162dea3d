use proptest::prelude::*;

use super::*;
use crate::bits::BitWriter;

#[path = "../../tests/support/scalable.rs"]
pub(crate) mod scalable;

use scalable::{Mode, Part, Shape};

pub(crate) const L1T3: Mode = Mode { spatial: 1, temporal: 3, key: false, height: 360 };
pub(crate) const L3T3: Mode = Mode { spatial: 3, temporal: 3, key: false, height: 180 };
pub(crate) const L3T3_KEY: Mode = Mode { key: true, ..L3T3 };

/// The first packet of a stream, which brings the structure.
fn first(mode: Mode, offset: u8) -> Descriptor {
    let part = Part { begins: true, attached: true, offset, number: 9, ..Part::default() };
    let descriptor = Descriptor::parse(&mode.descriptor(mode.shape(0, 0), part), None);
    descriptor.expect("a descriptor with a structure")
}

fn structure(mode: Mode, offset: u8) -> Box<Structure> {
    first(mode, offset).structure.expect("a structure")
}

/// What a frame is to every target, as the encoder meant it.
fn assert_as_meant(mode: Mode, shape: Shape, descriptor: &Descriptor, structure: &Structure) {
    assert_eq!((descriptor.spatial, descriptor.temporal), (shape.spatial, shape.temporal));
    assert_eq!(descriptor.references.as_slice(), mode.references(shape));
    for (index, target) in structure.targets().iter().enumerate() {
        let expected = mode.indication(shape, target.spatial, target.temporal);
        assert_eq!(descriptor.indications.of(index) as u32, expected, "{shape:?} {target:?}");
    }
}

#[test]
fn a_structure_tells_targets_sizes_and_templates() {
    let structure = structure(L3T3, 60);
    let targets: Vec<_> = structure.targets().iter().map(|t| (t.spatial, t.temporal)).collect();
    let expected: Vec<_> = (0..3).flat_map(|s| (0..3).map(move |t| (s, t))).collect();
    assert_eq!(targets, expected);
    assert_eq!([0, 1, 2, 3].map(|s| structure.height(s)), [Some(180), Some(360), Some(720), None]);
    assert_eq!(structure.all(), 0x1ff);
    assert_eq!((structure.offset(), structure.next_offset()), (60, (60 + 12) % 64));
}

#[test]
fn frames_are_read_by_their_templates_or_by_their_own_word() {
    for mode in [L1T3, L3T3, L3T3_KEY] {
        let structure = structure(mode, 60);
        for since in 0..9 {
            for spatial in 0..mode.spatial {
                for custom in [false, true] {
                    let shape = mode.shape(since, spatial);
                    let part = Part { offset: 60, number: 700, custom, ..Part::default() };
                    let bytes = mode.descriptor(shape, part);
                    let read = Descriptor::parse(&bytes, Some(&structure)).expect("readable");
                    assert_as_meant(mode, shape, &read, &structure);
                    assert_eq!((read.number, read.active), (700, None));
                }
            }
        }
    }
}

#[test]
fn a_structure_makes_all_targets_active_and_a_mask_some() {
    assert_eq!(first(L1T3, 0).active, Some(0b111));
    let part = Part { active: Some(0b011), ..Part::default() };
    let bytes = L1T3.descriptor(L1T3.shape(4, 0), part);
    let read = Descriptor::parse(&bytes, Some(&structure(L1T3, 0)));
    assert_eq!(read.map(|read| read.active), Ok(Some(0b011)));
}

#[test]
fn what_cannot_be_read_is_told_apart() {
    let delta = L1T3.descriptor(L1T3.shape(1, 0), Part::default());
    assert_eq!(Descriptor::parse(&delta, None).unwrap_err(), Unreadable::NoStructure);
    let other = structure(L1T3, 30);
    assert_eq!(Descriptor::parse(&delta, Some(&other)).unwrap_err(), Unreadable::NoStructure);
    assert_eq!(Descriptor::parse(&delta[..2], None).unwrap_err(), Unreadable::Malformed);
    let attached = Part { attached: true, ..Part::default() };
    let whole = L3T3.descriptor(L3T3.shape(0, 0), attached);
    for length in 4..whole.len() - 1 {
        let cut = Descriptor::parse(&whole[..length], None);
        assert_eq!(cut.unwrap_err(), Unreadable::Malformed, "{length} bytes");
    }
}

/// Rewrites, and reads what came of it.
fn rewritten(bytes: &[u8], read: &Descriptor, shift: Shift, active: Option<u32>) -> Vec<u8> {
    let mut out = [0xff; MAX_LENGTH + MAX_GROWTH];
    let length = rewrite(bytes, &read.layout, shift, active, &mut out).expect("it fits");
    assert!(length <= bytes.len() + MAX_GROWTH);
    out[..length].to_vec()
}

proptest! {
    #[test]
    fn a_rewritten_descriptor_says_the_same_in_other_numbers(
        mode in prop_oneof![Just(L1T3), Just(L3T3), Just(L3T3_KEY)],
        since in 0..8_u64,
        spatial in 0..3_u8,
        flags in any::<[bool; 4]>(),
        offset in 0..64_u8,
        numbers in any::<[u16; 2]>(),
        template in 0..64_u8,
        own in proptest::option::of(0..8_u32),
        active in proptest::option::of(0..8_u32),
    ) {
        let [begins, ends, attached, custom] = flags;
        let shape = mode.shape(since, spatial % mode.spatial);
        let part = Part { begins, ends, attached, custom, offset, number: numbers[0], active: own };
        let bytes = mode.descriptor(shape, part);
        let known = structure(mode, offset);
        let read = Descriptor::parse(&bytes, Some(&known)).expect("readable");

        let same = rewritten(&bytes, &read, Shift::default(), None);
        prop_assert_eq!(&same, &bytes);

        let shift = Shift { frame: numbers[1], template };
        let out = rewritten(&bytes, &read, shift, active);
        let moved = structure(mode, (offset + template) % 64);
        let again = Descriptor::parse(&out, Some(&moved)).expect("readable");
        assert_as_meant(mode, shape, &again, &moved);
        prop_assert_eq!(again.number, numbers[0].wrapping_add(numbers[1]));
        prop_assert_eq!((again.begins, again.ends), (begins, ends));
        prop_assert_eq!(again.active, active.or(read.active));
        prop_assert_eq!(again.structure.is_some(), attached);
        if let Some(structure) = again.structure {
            prop_assert_eq!(structure, moved);
        }
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let known = structure(L3T3, 0);
        for known in [None, Some(&*known)] {
            if let Ok(read) = Descriptor::parse(&bytes, known) {
                rewritten(&bytes, &read, Shift { frame: 7, template: 9 }, Some(1));
                rewritten(&bytes, &read, Shift { frame: 7, template: 9 }, None);
            }
        }
    }
}
