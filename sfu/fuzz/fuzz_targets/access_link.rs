//! The secret of a ticket or invite link.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{AccessLink, Keyring};
use zeroize::Zeroizing;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let keyring = Keyring::new(vec![(1, Zeroizing::new(vec![7; 32]))]).unwrap();
    if let Ok(link) = AccessLink::open(text, &keyring) {
        assert_eq!(link.seal(&keyring), text, "a link has one spelling");
    }
});
