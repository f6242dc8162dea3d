use proptest::prelude::*;
use rtc_stun::attributes::AttrType;
use rtc_stun::message::{Getter, TransactionId};
use rtc_stun::textattrs::TextAttribute;

use super::*;

const PWD: &str = "a password of the node!!";

struct Flag(AttrType, &'static [u8]);

impl Setter for Flag {
    fn add_to(&self, message: &mut Message) -> rtc_shared::error::Result<()> {
        message.add(self.0, self.1);
        Ok(())
    }
}

fn request(pwd: &str, role: AttrType) -> Vec<u8> {
    binding_request("node", pwd, role)
}

/// A check as a browser sends it.
pub(crate) fn binding_request(ufrag: &str, pwd: &str, role: AttrType) -> Vec<u8> {
    check(ufrag, pwd, role, true)
}

/// The same, for a path that is chosen or only tried.
pub(crate) fn check(ufrag: &str, pwd: &str, role: AttrType, nominates: bool) -> Vec<u8> {
    let mut message = Message::new();
    let chosen: Box<dyn Setter> = if nominates {
        Box::new(Flag(ATTR_USE_CANDIDATE, &[]))
    } else {
        Box::new(Flag(AttrType(0x8022), b"test"))
    };
    message
        .build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId([7; 12])),
            Box::new(TextAttribute::new(ATTR_USERNAME, format!("{ufrag}:client"))),
            Box::new(Flag(ATTR_PRIORITY, &[0, 0, 0, 1])),
            Box::new(Flag(role, &[0; 8])),
            chosen,
            Box::new(MessageIntegrity::new_raw_integrity_with_provider(pwd, CRYPTO.crypto())),
            Box::new(FINGERPRINT),
        ])
        .expect("a well-formed request");
    message.raw
}

fn source() -> SocketAddr {
    "192.0.2.7:4321".parse().expect("an address")
}

#[test]
fn answers_who_knows_the_password() {
    let datagram = request(PWD, rtc_stun::attributes::ATTR_ICE_CONTROLLING);
    let mut check = Check::parse(&datagram).expect("a binding request");
    assert_eq!(check.local_ufrag(), "node");
    assert!(check.is_authentic(PWD));
    assert!(check.nominates());

    let (raw, success) = check.respond(source(), PWD).expect("a response");
    assert!(success);
    let mut response = Message::new();
    response.unmarshal_binary(&raw).expect("well-formed");
    assert_eq!(response.typ, BINDING_SUCCESS);
    assert_eq!(response.transaction_id, TransactionId([7; 12]));
    MessageIntegrity::check(&mut response, PWD.as_bytes(), CRYPTO.crypto()).expect("signed");
    let mut mapped = XorMappedAddress::default();
    mapped.get_from(&response).expect("a mapped address");
    assert_eq!((mapped.ip, mapped.port), (source().ip(), source().port()));
}

#[test]
fn a_wrong_password_or_a_flipped_bit_is_not_authentic() {
    let datagram = request("guess", rtc_stun::attributes::ATTR_ICE_CONTROLLING);
    assert!(!Check::parse(&datagram).expect("a binding request").is_authentic(PWD));

    let good = request(PWD, rtc_stun::attributes::ATTR_ICE_CONTROLLING);
    for byte in 0..good.len() {
        let mut bad = good.clone();
        bad[byte] ^= 1;
        let authentic = Check::parse(&bad).is_some_and(|mut check| check.is_authentic(PWD));
        assert!(!authentic, "byte {byte}");
    }
}

#[test]
fn a_client_in_the_wrong_role_is_told_so() {
    let check = Check::parse(&request(PWD, ATTR_ICE_CONTROLLED)).expect("a binding request");
    let (raw, success) = check.respond(source(), PWD).expect("a response");
    assert!(!success);
    let mut response = Message::new();
    response.unmarshal_binary(&raw).expect("well-formed");
    assert_eq!(response.typ, BINDING_ERROR);
}

#[test]
fn responses_and_oversized_messages_are_not_checks() {
    let mut response = Message::new();
    response.build(&[Box::new(BINDING_SUCCESS)]).expect("well-formed");
    assert!(Check::parse(&response.raw).is_none());
    assert!(Check::parse(&vec![0; MAX_CHECK_SIZE + 1]).is_none());
}

proptest! {
    #[test]
    fn mutated_checks_never_panic(
        at in 0usize..96,
        value: u8,
        cut in 0usize..140,
    ) {
        let mut datagram = request(PWD, rtc_stun::attributes::ATTR_ICE_CONTROLLING);
        let length = datagram.len();
        datagram[at % length] = value;
        datagram.truncate(cut);
        if let Some(mut check) = Check::parse(&datagram) {
            let _ = check.is_authentic(PWD);
            let _ = check.respond(source(), PWD);
        }
    }
}
