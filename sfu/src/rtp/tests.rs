use proptest::prelude::*;

use super::*;

#[test]
fn reads_what_it_writes() {
    let mut buffer = [0xff; 64];
    let mut writer = HeaderWriter::new(&mut buffer, 96, true, 0x0102_0304);
    writer.extension(3, &[7, 8]);
    writer.extension(10, &[9]);
    let length = writer.finish();
    assert_eq!(length, 12 + 4 + 8);
    buffer[2..4].copy_from_slice(&77u16.to_be_bytes());
    buffer[8..12].copy_from_slice(&5u32.to_be_bytes());

    let header = RtpHeader::parse(&buffer).expect("a header");
    assert_eq!(
        (header.marker, header.payload_type, header.sequence, header.timestamp, header.ssrc),
        (true, 96, 77, 0x0102_0304, 5)
    );
    assert_eq!(header.header_len, length);
    let elements: Vec<_> = header.extensions(&buffer).collect();
    assert_eq!(elements, [(3, &[7, 8][..]), (10, &[9][..])]);
}

#[test]
fn long_elements_take_the_two_byte_form() {
    let mut buffer = [0xff; MAX_WRITTEN_HEADER];
    let mut writer = HeaderWriter::new(&mut buffer, 45, false, 1);
    writer.long_elements();
    writer.extension(3, &[7, 8]);
    writer.extension(12, &[5; dependency::MAX_LENGTH]);
    let length = writer.finish();
    assert_eq!(length, 12 + 4 + (4 + 257_usize).next_multiple_of(4));
    let header = RtpHeader::parse(&buffer).expect("a header");
    assert_eq!(header.header_len, length);
    let elements: Vec<_> = header.extensions(&buffer).collect();
    assert_eq!(elements, [(3, &[7, 8][..]), (12, &[5; dependency::MAX_LENGTH][..])]);
}

#[test]
fn a_header_without_extensions_is_twelve_bytes() {
    let mut buffer = [0; 32];
    assert_eq!(HeaderWriter::new(&mut buffer, 0, false, 0).finish(), 12);
    assert!(RtpHeader::parse(&buffer).is_some_and(|h| h.header_len == 12));
}

#[test]
fn reads_two_byte_extensions_and_csrcs() {
    let mut packet = vec![0x91, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    packet.extend([0, 0, 0, 9]); // one CSRC
    packet.extend([0x10, 0x00, 0, 2, 200, 1, 42, 0, 201, 0, 0, 0]);
    let header = RtpHeader::parse(&packet).expect("a header");
    assert_eq!(header.header_len, packet.len());
    let elements: Vec<_> = header.extensions(&packet).collect();
    assert_eq!(elements, [(200, &[42][..]), (201, &[][..])]);
}

#[test]
fn unwraps_across_the_edge_both_ways() {
    let mut unwrapper = Unwrapper::default();
    let first = unwrapper.unwrap(65_534);
    assert_eq!(unwrapper.unwrap(1), first + 3);
    assert_eq!(unwrapper.unwrap(65_535), first + 1);
    assert_eq!(unwrapper.highest(), Some(first + 3));
}

#[test]
fn timestamps_compare_on_a_circle() {
    assert!(timestamp_after(u32::MAX, 0));
    assert!(!timestamp_after(0, u32::MAX));
    assert!(!timestamp_after(5, 5));
}

proptest! {
    #[test]
    fn never_panics_or_reads_past_the_end(packet in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Some(header) = RtpHeader::parse(&packet) {
            prop_assert!(header.header_len <= packet.len());
            for (_, value) in header.extensions(&packet) {
                prop_assert!(value.len() <= packet.len());
            }
        }
    }

    #[test]
    fn unwrapping_follows_any_walk_of_small_steps(
        start: u16,
        steps in proptest::collection::vec(-300i64..300, 1..200),
    ) {
        let mut unwrapper = Unwrapper::default();
        let mut truth = unwrapper.unwrap(start);
        for step in steps {
            let next = truth.saturating_add_signed(step);
            prop_assert_eq!(unwrapper.unwrap(next as u16), next);
            truth = next;
        }
    }
}
