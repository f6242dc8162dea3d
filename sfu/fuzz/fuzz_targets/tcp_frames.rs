//! A byte stream of a stranger, cut into frames (RFC 4571): the first byte says how it arrives,
//! the rest is the stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sfu::framing::{Deframer, FrameTooLong, HEADER};

const LIMIT: usize = 576;

fuzz_target!(|input: &[u8]| {
    let Some((how, stream)) = input.split_first() else { return };
    let piece = usize::from(how & 0x7f) + 1;
    let (mut deframer, mut limit) = (Deframer::new(LIMIT), LIMIT);
    if *how >= 0x80 {
        limit = 2 * LIMIT;
        deframer.widen(limit);
    }
    assert_eq!(read(&mut deframer, stream, piece), naive(stream, limit));
});

fn read(
    deframer: &mut Deframer,
    mut stream: &[u8],
    piece: usize,
) -> Result<Vec<Vec<u8>>, FrameTooLong> {
    let mut frames = Vec::new();
    while !stream.is_empty() {
        let space = deframer.space();
        let length = piece.min(space.len()).min(stream.len());
        assert!(length > 0, "there is always room");
        space[..length].copy_from_slice(&stream[..length]);
        deframer.filled(length);
        stream = &stream[length..];
        while let Some(frame) = deframer.next_frame()? {
            frames.push(frame.to_vec());
        }
    }
    Ok(frames)
}

/// The same with the whole stream in hand.
fn naive(mut stream: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, FrameTooLong> {
    let mut frames = Vec::new();
    while let Some((length, rest)) = stream.split_first_chunk::<HEADER>() {
        let length = usize::from(u16::from_be_bytes(*length));
        if length > limit {
            return Err(FrameTooLong(length));
        }
        let Some((frame, rest)) = rest.split_at_checked(length) else { break };
        if length > 0 {
            frames.push(frame.to_vec());
        }
        stream = rest;
    }
    Ok(frames)
}
