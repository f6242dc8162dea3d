//! Redundant audio (RFC 2198) of a publisher: what it repeats lies within the payload.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sfu::codec::red::{MAX_REDUNDANT, Red};

fuzz_target!(|input: &[u8]| {
    let Some(red) = Red::parse(input) else { return };
    assert!(red.primary() < input.len() && red.redundant() <= MAX_REDUNDANT);
    let repeated: usize = red.blocks().map(|block| block.frame.len()).sum();
    assert!(repeated + red.redundant() * 4 < red.primary());
    assert!(red.blocks().all(|block| (1..=red.redundant()).contains(&block.back)));
});
