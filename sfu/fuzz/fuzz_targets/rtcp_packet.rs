//! RTCP in the clear, as a peer that has keys may send it: nothing in it can be trusted. Feedback
//! goes on into the estimator.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use sfu::bwe::{Estimator, MAX_BITRATE, MIN_BITRATE};

fuzz_target!(|input: &[u8]| {
    let _ = sfu::rtcp::parse(input);
    let origin = Instant::now();
    let mut estimator = Estimator::new(origin);
    for number in 0..64 {
        estimator.sent(origin + Duration::from_millis(5) * number, 1_000);
    }
    let later = origin + Duration::from_secs(1);
    for feedback in sfu::rtcp::transport_feedback(input) {
        assert!(feedback.packets().count() <= feedback.len());
        estimator.on_feedback(later, &feedback);
        estimator.want(later, 5_000_000);
        let _ = estimator.poll_probe(later);
    }
    assert!((MIN_BITRATE..=MAX_BITRATE).contains(&estimator.target()));
});
