use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;

fn keyring(id: u8, byte: u8) -> Keyring {
    Keyring::new(vec![(id, Zeroizing::new(vec![byte; 32]))]).expect("a valid keyring")
}

fn link() -> AccessLink {
    AccessLink { kind: LinkKind::Ticket(TicketId(Uuid::from_u128(7))), version: 3 }
}

#[test]
fn fits_telegrams_start_parameter() {
    assert_eq!(link().seal(&keyring(1, 1)).len(), 56);
}

#[test]
fn a_key_of_another_house_is_refused() {
    let sealed = link().seal(&keyring(1, 1));
    assert_eq!(AccessLink::open(&sealed, &keyring(1, 2)), Err(LinkError::Signature));
    assert_eq!(AccessLink::open(&sealed, &keyring(2, 1)), Err(LinkError::Signature));
}

#[test]
fn an_old_key_still_verifies_after_rotation() {
    let old = keyring(1, 1);
    let rotated =
        Keyring::new(vec![(2, Zeroizing::new(vec![2; 32])), (1, Zeroizing::new(vec![1; 32]))])
            .expect("a valid keyring");
    assert_eq!(AccessLink::open(&link().seal(&old), &rotated), Ok(link()));
}

proptest! {
    #[test]
    fn opens_what_it_sealed(id: u128, version: u32, ticket: bool) {
        let id = Uuid::from_u128(id);
        let kind =
            if ticket { LinkKind::Ticket(TicketId(id)) } else { LinkKind::Invite(InviteId(id)) };
        let link = AccessLink { kind, version };
        prop_assert_eq!(AccessLink::open(&link.seal(&keyring(1, 1)), &keyring(1, 1)), Ok(link));
    }

    #[test]
    fn any_changed_bit_is_refused(bit in 0usize..42 * 8) {
        let sealed = link().seal(&keyring(1, 1));
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).expect("our own encoding");
        bytes[bit / 8] ^= 1 << (bit % 8);
        let forged = URL_SAFE_NO_PAD.encode(bytes);
        prop_assert!(AccessLink::open(&forged, &keyring(1, 1)).is_err());
    }

    #[test]
    fn garbage_is_refused(text in ".{0,80}") {
        prop_assert!(AccessLink::open(&text, &keyring(1, 1)).is_err());
    }
}
