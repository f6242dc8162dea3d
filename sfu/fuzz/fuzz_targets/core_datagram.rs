//! The core's datagram entry: from strangers, and from clients who have keys and use them badly.
//!
//! An actor and a spectator are connected. The input is a list of steps: one byte says which,
//! two how many bytes belong to it (little-endian), and these follow. What the clients send may
//! be sealed with their keys, so that the parsers behind the authentication are reached too.
#![no_main]

mod house;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use protocol::media::{MediaCommand, TrackSet};

use house::{ACTOR, House, SPECTATOR, VIEW};

fuzz_target!(|input: &[u8]| {
    let mut house = House::open();
    let mut rest = input;
    while let [step, low, high, behind @ ..] = rest {
        let len = usize::from(u16::from_le_bytes([*low, *high])).min(behind.len());
        let (body, next) = behind.split_at(len);
        rest = next;
        take(&mut house, *step, body);
        house.settle();
    }
    // Whatever was said, the house lives on: time passes, the clients' consent runs out.
    for _ in 0..5 {
        house.wait(Duration::from_secs(8));
    }
});

fn take(house: &mut House, step: u8, body: &[u8]) {
    let number = body.first().copied().unwrap_or(0);
    match step % 18 {
        0 => house.stranger(body),
        1 => house.datagram(ACTOR, body),
        2 => house.datagram(SPECTATOR, body),
        3 => house.rtp(ACTOR, body, 0),
        // A packet longer than a fuzzer likes to write.
        4 => house.rtp(ACTOR, body, 1_100 + usize::from(number)),
        5 => house.rtp(SPECTATOR, body, 0),
        6 => house.rtcp(ACTOR, body),
        7 => house.rtcp(SPECTATOR, body),
        8 => house.check(ACTOR, number, body.len() % 2 == 0),
        9 => house.check(SPECTATOR, number, body.len() % 2 == 0),
        10 => house.wait(Duration::from_millis(u64::from(number) * 4)),
        11 => {
            let publish = TrackSet { audio: number & 1 != 0, video: number & 2 != 0 };
            house.command(MediaCommand::SetPublish {
                participant: house.participant(ACTOR),
                publish,
            });
        }
        12 => {
            let sources = if number & 1 == 0 { vec![] } else { vec![house.participant(ACTOR)] };
            house.command(MediaCommand::SetView { view: VIEW, sources });
        }
        13 => house.restart_ice(if number & 1 == 0 { ACTOR } else { SPECTATOR }),
        14 => {
            house.command(MediaCommand::Stats);
            house.command(MediaCommand::Snapshot { addresses: true });
        }
        15 => house.repeat_rtp(usize::from(number)),
        16 => house.complain(body),
        _ => house.disconnect(usize::from(body.len() % 2 == 1), number),
    }
}
