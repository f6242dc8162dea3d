use std::net::{TcpListener, UdpSocket};

use crate::support::House;

#[test]
fn what_cannot_be_used_is_named_and_nothing_is_made() {
    let house = House::new();
    house.write("rampa.toml", "[http]\nport = 80\n");
    for command in [&["up"][..], &["doctor"], &["migrate"], &["token", "--role", "actor"]] {
        let error = house.failure(command);
        assert!(error.contains("`http.port`"), "{error}");
    }
    assert!(!house.path("data").exists());
    let error = house.failure(&["--config", "missing.toml", "up"]);
    assert!(error.contains("missing.toml"), "{error}");
}

#[test]
fn a_port_in_use_is_named_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = House::new().set("HTTP__LISTEN", &address);
    let error = house.failure(&["up", "--demo"]);
    assert!(error.contains("`http.listen`") && error.contains(&address), "{error}");

    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = House::new().set("SFU__LISTEN", &address);
    let error = house.failure(&["up", "--demo"]);
    assert!(error.contains("`sfu.listen`") && error.contains(&address), "{error}");
    assert!(!house.path("data/rampa.db").exists(), "nothing is made");
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    let key = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    // A socket that does not exist is an answer at once; a closed port would be tried for long.
    let url = "postgres://rampa:hunter2@localhost/rampa?host=/nonexistent";
    let house = House::new().set("DATABASE__URL", url).set("KEYS__RING", key);
    for command in ["up", "migrate", "doctor"] {
        let output = house.run(&[command]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains("database.url"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let house = House::new()
        .set("HTTP__LISTEN", taken.local_addr().unwrap().to_string())
        .set("HTTP__TLS__CERT", "missing.pem")
        .set("HTTP__TLS__KEY", "missing.pem");
    let output = house.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |what: &str| text.lines().find(|line| line.contains(what)).unwrap().to_owned();
    assert!(line("http.listen").starts_with("BAD") && line("http.listen").contains("in use"));
    assert!(line("http.tls").starts_with("BAD") && line("http.tls").contains("missing.pem"));
    assert!(line("sfu.listen").starts_with("ok") && line("sfu.tcp").starts_with("ok"));
    assert!(line("sfu.advertise").starts_with("note"), "loopback only: {text}");
    assert!(line("database.url").starts_with("ok"));
    assert!(!house.path("data").exists(), "a doctor leaves nothing behind");
}

#[test]
fn migrating_makes_the_database() {
    let house = House::new();
    assert!(house.lines(&["migrate"])[0].contains("up to date"));
    assert!(house.path("data/rampa.db").exists());
    assert_eq!(house.lines(&["migrate"]).len(), 1);
}
