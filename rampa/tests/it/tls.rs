use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::Signal;

use crate::support::{Authority, Connection, House};

const NAME: &str = "theatre.test";

#[test]
fn a_certificate_is_served_and_replaced_without_dropping_a_connection() {
    let authority = Authority::new();
    let house = House::new().set("HTTP__TLS__CERT", "cert.pem").set("HTTP__TLS__KEY", "key.pem");
    authority.issue(NAME, &house.path(""));
    let mut running = house.open();
    assert!(running.addresses()[0].starts_with("https://"));
    let address = running.http();
    let connect = || Connection::tls(address, NAME, authority.client());

    let (mut early, first) = connect().expect("the test's authority is trusted");
    assert_eq!(early.get("/healthz").status, 200);
    assert!(Connection::tls(address, NAME, Authority::new().client()).is_err(), "a stranger's");

    authority.issue(NAME, &house.path(""));
    running.await_log("tls certificate reloaded");
    let (mut late, second) = connect().expect("the new certificate is of the same authority");
    assert_ne!(first, second);
    assert_eq!(late.get("/healthz").status, 200);
    assert_eq!(early.get("/healthz").status, 200, "the connection of before goes on");

    house.write("key.pem", "no key");
    running.await_log("new tls certificate is unusable");
    let (mut later, third) = connect().expect("the old certificate stays");
    assert_eq!(third, second);
    assert_eq!(later.get("/healthz").status, 200);
}

#[test]
fn a_certificate_that_cannot_be_used_keeps_the_house_closed() {
    let house = House::new().set("HTTP__TLS__CERT", "cert.pem").set("HTTP__TLS__KEY", "key.pem");
    let error = house.failure(&["up", "--demo"]);
    assert!(error.contains("http.tls") && error.contains("cert.pem"), "{error}");
}

#[test]
fn an_authority_that_does_not_answer_does_not_keep_the_house_closed() {
    let house = House::new()
        .set("HTTP__ACME__DOMAINS", "[theatre.test]")
        .set("HTTP__ACME__DIRECTORY", "https://127.0.0.1:1/directory");
    let mut running = house.open();
    assert!(running.addresses()[0].starts_with("https://theatre.test"));
    running.await_log("acme failed, it will be tried again");
    let mode = std::fs::metadata(house.path("data/acme")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "private keys will be kept there");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.await_exit().code(), Some(0));
}
