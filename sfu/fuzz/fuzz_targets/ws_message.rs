//! A WebSocket message of a client.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::ws::ClientEnvelope;

fuzz_target!(|input: &[u8]| {
    let Ok(message) = serde_json::from_slice::<ClientEnvelope>(input) else { return };
    let text = serde_json::to_vec(&message).unwrap();
    let again: ClientEnvelope = serde_json::from_slice(&text).unwrap();
    assert_eq!(again, message, "what was read once reads the same again");
});
