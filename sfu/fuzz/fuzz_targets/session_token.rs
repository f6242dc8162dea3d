//! A session token, as the WebSocket, WHIP and WHEP take it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Keyring, SessionClaims, Timestamp};
use zeroize::Zeroizing;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let keyring = Keyring::new(vec![(1, Zeroizing::new(vec![7; 32]))]).unwrap();
    let now = Timestamp(1_000_000);
    if let Ok(claims) = SessionClaims::open(text, &keyring, now) {
        let (again, _) = claims.seal(&keyring, now);
        assert_eq!(SessionClaims::open(&again, &keyring, now), Ok(claims));
    }
});
