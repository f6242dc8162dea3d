use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use protocol::media::{ControlLine, MediaCommand, MediaReply, MediaRequest};
use protocol::{RoomId, SystemClock, SystemEntropy};

use crate::support::{House, PATIENCE, Running};

/// A control connection.
struct Owner(BufReader<TcpStream>);

impl Owner {
    fn of(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    fn say(&mut self, line: &str) {
        // A connection that the node has closed already is what some tests want to see.
        let _ = self.0.get_mut().write_all(line.as_bytes());
    }

    fn ask(&mut self, id: u64) -> MediaReply {
        let room = RoomId::generate(&SystemClock, &SystemEntropy);
        let command = MediaCommand::Stats;
        let request = MediaRequest { id, room, epoch: 1, command };
        self.say(&(serde_json::to_string(&request).unwrap() + "\n"));
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        match serde_json::from_str(&line).unwrap() {
            ControlLine::Reply { id: answered, reply } if answered == id => reply,
            other => panic!("expected a reply to {id}, got {other:?}"),
        }
    }

    fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]), Ok(0) | Err(_))
    }
}

fn node() -> (Running, String) {
    let args = ["sfu", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];
    let mut running = House::new().start(&args);
    let started: serde_json::Value = serde_json::from_str(&running.await_line("control")).unwrap();
    assert_eq!(started["advertise"], serde_json::json!(["127.0.0.1"]));
    (running, started["control"].as_str().unwrap().to_owned())
}

#[test]
fn a_node_alone_takes_commands_from_one_owner_at_a_time() {
    let (mut running, control) = node();
    let mut owner = Owner::of(&control);
    owner.ask(1);
    assert!(Owner::of(&control).is_closed(), "a second owner is refused");
    owner.ask(2);
    drop(owner);
    running.await_log("the owner has gone");
    let mut next = Owner::of(&control);
    next.ask(3);
    running.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(next.is_closed());
    assert_eq!(running.await_exit().code(), Some(0));
}

#[test]
fn who_does_not_speak_the_protocol_is_let_go() {
    let (mut running, control) = node();
    let long = "x".repeat((1 << 20) + 2);
    for (line, reason) in [
        ("hello\n", "not a media request"),
        ("{\"id\":1}\n", "not a media request"),
        (&long, "longer than"),
    ] {
        let mut stranger = Owner::of(&control);
        stranger.say(line);
        running.await_log(reason);
        assert!(stranger.is_closed(), "{reason}");
    }
    Owner::of(&control).ask(1);
}

#[test]
fn a_control_address_that_others_reach_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:1"] {
        let error = House::new().failure(&["sfu", "--control", address]);
        assert!(error.contains("loopback"), "{error}");
    }
}
