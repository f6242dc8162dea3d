use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

fn keyring(byte: u8) -> Keyring {
    Keyring::new(vec![(1, Zeroizing::new(vec![byte; 32]))]).expect("a valid keyring")
}

fn claims() -> SessionClaims {
    SessionClaims {
        session: SessionId(Uuid::from_u128(1)),
        performance: PerformanceId(Uuid::from_u128(2)),
        person: PersonId(Uuid::from_u128(3)),
        role: Role::Spectator,
        ticket: Some(TicketId(Uuid::from_u128(3))),
    }
}

#[test]
fn opens_what_it_sealed_until_it_expires() {
    let (token, expires) = claims().seal(&keyring(1), NOW);
    assert_eq!(SessionClaims::open(&token, &keyring(1), NOW), Ok(claims()));
    let last = expires.before(Duration::from_secs(1));
    assert_eq!(SessionClaims::open(&token, &keyring(1), last), Ok(claims()));
    assert_eq!(SessionClaims::open(&token, &keyring(1), expires), Err(TokenError::Expired));
}

#[test]
fn a_foreign_key_is_refused() {
    let (token, _) = claims().seal(&keyring(2), NOW);
    assert_eq!(SessionClaims::open(&token, &keyring(1), NOW), Err(TokenError::Invalid));
}

#[test]
fn an_unsigned_or_garbled_token_is_refused() {
    // {"alg":"none","kid":"1"} with our claims
    let (token, _) = claims().seal(&keyring(1), NOW);
    let body = token.split('.').nth(1).expect("three parts");
    let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoiMSJ9.{body}.");
    for forged in [unsigned.as_str(), "", "a.b.c", "....", &token[..token.len() - 2]] {
        assert_eq!(
            SessionClaims::open(forged, &keyring(1), NOW),
            Err(TokenError::Invalid),
            "{forged}"
        );
    }
}
