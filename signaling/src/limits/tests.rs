use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};

use super::*;
use crate::config::{Limits, Rate};

fn headers(forwarded_for: &[&str]) -> HeaderMap {
    forwarded_for
        .iter()
        .map(|value| ("x-forwarded-for".parse().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

/// A rate that gives nothing back while a test runs.
fn seldom(burst: u32) -> Rate {
    Rate::every(Duration::from_secs(3600), burst)
}

fn key(address: &str) -> AddressKey {
    ClientAddress(address.parse().unwrap()).into()
}

#[test]
fn only_trusted_proxies_speak_for_others() {
    let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    let table: [(&str, &[&str], &str); 11] = [
        ("192.0.2.1:5", &[], "192.0.2.1"),
        ("192.0.2.1:5", &["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1:5", &[], "10.0.0.1"),
        ("10.0.0.1:5", &["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1:5", &["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1:5", &["1.1.1.1", "203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        ("10.0.0.1:5", &["nonsense"], "10.0.0.1"),
        ("10.0.0.1:5", &["203.0.113.9:4711"], "203.0.113.9"),
        ("[::1]:5", &["[2001:db8::1]:80"], "2001:db8::1"),
        ("[::1]:5", &["[2001:db8::1]"], "2001:db8::1"),
        ("[::ffff:10.0.0.1]:5", &["::ffff:203.0.113.9"], "203.0.113.9"),
    ];
    for (peer, forwarded, client) in table {
        let found = proxies.client(peer.parse().unwrap(), &headers(forwarded));
        assert_eq!(found, ClientAddress(client.parse().unwrap()), "{peer} {forwarded:?}");
    }
}

#[test]
fn an_untrusted_proxy_gives_itself_away() {
    let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
    let [local, proxy] = ["127.0.0.1:5", "10.0.0.1:5"].map(|peer| peer.parse().unwrap());
    assert!(proxies.is_direct(local, &headers(&[])));
    assert!(!proxies.is_direct(local, &headers(&["127.0.0.1"])));
    assert!(proxies.is_direct(proxy, &headers(&["127.0.0.1"])));
}

#[test]
fn addresses_are_counted_by_household() {
    assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
    assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
}

#[test]
fn a_gate_counts_in_and_out() {
    let gate = ConnectionGate::new(3, 2);
    let [a, b] = [key("192.0.2.1"), key("192.0.2.2")];
    let first = gate.enter(a).unwrap();
    let _second = gate.enter(a).unwrap();
    assert_eq!(gate.enter(a).unwrap_err(), Crowded::Address);
    let _third = gate.enter(b).unwrap();
    assert_eq!(gate.enter(b).unwrap_err(), Crowded::House);
    drop(first);
    let _again = gate.enter(a).unwrap();
}

#[test]
fn one_address_takes_nothing_from_another() {
    let rates = AddressRates::new(seldom(100), seldom(2));
    let [a, b] = [key("192.0.2.1"), key("192.0.2.2")];
    assert!(rates.check(a).is_ok() && rates.check(a).is_ok());
    assert_eq!(rates.check(a), Err(TooOften));
    assert!(rates.check(b).is_ok());
    let all = AddressRates::new(seldom(1), seldom(2));
    assert!(all.check(a).is_ok());
    assert_eq!(all.check(b), Err(TooOften));
}

#[test]
fn messages_are_counted_by_number_and_by_size() {
    let limits = Limits {
        messages: seldom(3),
        message_bytes: seldom(1000),
        offers: seldom(1),
        ..Limits::default()
    };
    let rates = MessageRates::new(&limits);
    assert!(rates.check_message(900).is_ok());
    assert_eq!(rates.check_message(900), Err(TooOften));
    assert!(rates.check_message(0).is_ok());
    assert_eq!(rates.check_message(0), Err(TooOften));
    assert!(rates.check_offer().is_ok());
    assert_eq!(rates.check_offer(), Err(TooOften));
}

#[test]
fn a_message_of_the_largest_size_fits_the_default_rate() {
    let rates = MessageRates::new(&Limits::default());
    assert!(rates.check_message(protocol::ws::MAX_MESSAGE_SIZE).is_ok());
}
