use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::Signal;

use crate::support::{Connection, House};

#[test]
fn a_second_start_finds_the_demo_of_the_first() {
    let house = House::new();
    let first = house.open();
    let links = first.links();
    let pages: Vec<_> = links.iter().map(|link| link.split('#').next().unwrap()).collect();
    assert_eq!(pages, ["stage", "watch", "watch", "console"]);
    assert!(links.iter().all(|link| link.split('#').nth(1).unwrap().len() == 56), "{links:?}");
    first.signal(Signal::SIGTERM);
    assert_eq!(first.await_exit().code(), Some(0));

    let second = house.open();
    assert_eq!(second.links(), links);
    // A house that is killed loses nothing either.
    second.signal(Signal::SIGKILL);
    second.await_exit();
    assert_eq!(house.open().links(), links);
}

#[test]
fn what_is_off_is_said_with_how_to_turn_it_on() {
    let said = House::new().open().said();
    for (russian, english) in [
        ("Телеграм-бот выключен: задайте bot.token", "The Telegram bot is off: set bot.token"),
        ("ИИ-помощник выключен: задайте ai.key", "The AI worker is off: set ai.key"),
    ] {
        assert!(said.contains(russian) && said.contains(english), "{said}");
    }
    let said = House::new().set("BOT__TOKEN", "123:abc").open().said();
    assert!(!said.contains("задайте bot.token") && !said.contains("123:abc"), "{said}");
}

#[test]
fn the_keys_are_private_and_the_data_stays_in_its_folder() {
    let house = House::new();
    let running = house.open();
    let mode = std::fs::metadata(house.path("data/keys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(house.path("data/rampa.db").exists());
    drop(running);
    let mut names: Vec<_> = std::fs::read_dir(house.path("")).unwrap().collect();
    assert_eq!(names.pop().unwrap().unwrap().file_name(), "data");
    assert!(names.is_empty());
}

#[test]
fn an_open_connection_does_not_keep_the_house_open() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut running = House::new().open();
        let mut idle = Connection::plain(running.http());
        assert_eq!(idle.get("/healthz").status, 200);
        running.signal(signal);
        running.await_log("closed");
        assert_eq!(running.await_exit().code(), Some(0));
    }
}
