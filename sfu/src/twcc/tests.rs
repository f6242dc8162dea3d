use proptest::prelude::*;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};
use rtc_shared::marshal::Unmarshal;

use super::*;

/// What a feedback packet says, by an implementation that is not ours: sequence numbers and
/// arrival times in microseconds since the origin.
fn read(feedback: &[u8]) -> Vec<(u16, i64)> {
    let packet = TransportLayerCc::unmarshal(&mut &feedback[..]).expect("well-formed feedback");
    let mut symbols = Vec::new();
    for chunk in &packet.packet_chunks {
        match chunk {
            PacketStatusChunk::RunLengthChunk(run) => {
                let run = std::iter::repeat_n(run.packet_status_symbol, run.run_length.into());
                symbols.extend(run);
            }
            PacketStatusChunk::StatusVectorChunk(vector) => symbols.extend(&vector.symbol_list),
        }
    }
    let mut at = i64::from(packet.reference_time) * 64_000;
    let mut deltas = packet.recv_deltas.iter();
    let mut told = Vec::new();
    for (offset, symbol) in symbols.iter().take(packet.packet_status_count.into()).enumerate() {
        if *symbol == SymbolTypeTcc::PacketNotReceived {
            continue;
        }
        at += deltas.next().expect("a delta for each received packet").delta;
        told.push((packet.base_sequence_number.wrapping_add(offset as u16), at));
    }
    told
}

#[test]
fn tells_losses_reordering_and_times() {
    let origin = Instant::now();
    let at = |millis| origin + Duration::from_millis(millis);
    let mut recorder = ArrivalRecorder::new(origin);
    recorder.arrived(65_534, at(1_000));
    recorder.arrived(1, at(1_003));
    recorder.arrived(65_535, at(1_001));
    let mut out = Vec::new();
    recorder.write_feedback(1, 2, &mut out);
    assert_eq!(read(&out), [(65_534, 1_000_000), (65_535, 1_001_000), (1, 1_003_000)]);

    // The next feedback goes on where this one stopped, and tells what is lost in between.
    recorder.arrived(4, at(1_200));
    out.clear();
    recorder.write_feedback(1, 2, &mut out);
    assert_eq!(read(&out), [(4, 1_200_000)]);
    assert_eq!(u16::from_be_bytes([out[12], out[13]]), 2, "base sequence number");
    assert!(recorder.is_empty());
}

#[test]
fn a_jump_in_numbers_stays_bounded() {
    let origin = Instant::now();
    let mut recorder = ArrivalRecorder::new(origin);
    recorder.arrived(1, origin);
    recorder.arrived(30_000, origin);
    let mut out = Vec::new();
    recorder.write_feedback(1, 2, &mut out);
    assert_eq!(read(&out), [(30_000, 0)]);
    assert!(out.len() < 1_200);
}

proptest! {
    #[test]
    fn another_implementation_reads_every_arrival(
        packets in proptest::collection::vec((1u16..4, 0u64..40_000), 1..60),
    ) {
        let origin = Instant::now();
        let mut recorder = ArrivalRecorder::new(origin);
        let (mut sequence, mut micros) = (65_500u16, 0);
        let mut expected = Vec::new();
        for (step, wait) in packets {
            sequence = sequence.wrapping_add(step);
            micros += wait;
            recorder.arrived(sequence, origin + Duration::from_micros(micros));
            expected.push((sequence, micros));
        }
        let mut out = Vec::new();
        recorder.write_feedback(1, 2, &mut out);
        let told = read(&out);
        prop_assert_eq!(told.len(), expected.len());
        for ((sequence, at), (expected_sequence, expected_at)) in told.into_iter().zip(expected) {
            prop_assert_eq!(sequence, expected_sequence);
            prop_assert!((at - expected_at as i64).abs() < 250, "{} {}", at, expected_at);
        }
    }
}
