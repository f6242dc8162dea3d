use std::collections::HashSet;

use crate::support::House;

#[test]
fn tokens_and_links_are_of_people_of_their_own_beside_a_running_house() {
    let house = House::new().set("HTTP__PUBLIC_URL", "https://theatre.example");
    let running = house.open();
    for role in ["actor", "spectator", "stage-manager"] {
        let args = ["--performance", "demo", "--role", role, "--count", "3"];
        let tokens = house.lines(&[&["token"], &args[..]].concat());
        assert_eq!(tokens.len(), 3);
        assert!(tokens.iter().all(|token| token.split('.').count() == 3), "{tokens:?}");
        let links = house.lines(&[&["links"], &args[..]].concat());
        assert_eq!(links.len(), 3);
        let everything: HashSet<_> = tokens.iter().chain(&links).collect();
        assert_eq!(everything.len(), 6);
    }
    assert_eq!(house.lines(&["token", "--role", "actor"]).len(), 1);

    let link = &house.lines(&["links", "--role", "stage-manager"])[0];
    assert!(link.starts_with("https://theatre.example/console#"), "{link}");
    drop(running);
}

#[test]
fn nobody_is_let_into_what_is_no_demo() {
    let house = House::new();
    let error = house.failure(&["token", "--role", "actor"]);
    assert!(error.contains("rampa up --demo"), "{error}");
    drop(house.open());
    let error = house.failure(&["token", "--role", "actor", "--performance", "hamlet"]);
    assert!(error.contains("`hamlet`"), "{error}");
    let error = house.failure(&["token", "--role", "actor", "--count", "100000"]);
    assert!(error.contains("too many"), "{error}");
    let error = house.failure(&["links", "--role", "actor"]);
    assert!(error.contains("http.public_url"), "{error}");
    for args in [&["token", "--role", "king"][..], &["token", "--role", "actor", "--count", "0"]] {
        assert_eq!(house.run(args).status.code(), Some(2), "{args:?}");
    }
}
