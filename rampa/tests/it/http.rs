use crate::support::{Connection, House, metrics};

#[test]
fn pages_and_probes_are_served() {
    let running = House::new().open();
    let mut connection = Connection::plain(running.http());
    assert_eq!(connection.get("/healthz").status, 200);
    assert_eq!(connection.get("/readyz").status, 200);
    for page in ["/", "/watch", "/stage", "/console"] {
        let response = connection.get(page);
        // A clone whose web app is not built says so.
        let built = response.status == 200;
        assert!(built || (response.status == 503 && response.text().contains("make web")));
        assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"), "{page}");
        for header in ["content-security-policy", "x-content-type-options", "referrer-policy"] {
            assert!(response.header(header).is_some(), "{page} has no {header}");
        }
    }
    let missing = connection.get("/assets/none.js");
    assert_eq!(missing.status, 404);
    assert!(missing.header("x-content-type-options").is_some());
}

#[test]
fn a_printed_link_becomes_a_session() {
    let running = House::new().open();
    let mut connection = Connection::plain(running.http());
    let expected = ["actor", "spectator", "spectator", "stage-manager"];
    for (link, role) in running.links().iter().zip(expected) {
        let secret = link.split('#').nth(1).unwrap();
        let body = format!(r#"{{"link":"{secret}","device":"a-device-of-the-test"}}"#);
        let response = connection.request("POST", "/api/session", &body);
        assert_eq!(response.status, 200, "{}", response.text());
        assert!(response.text().contains(&format!(r#""role":"{role}""#)), "{}", response.text());
    }
}

#[test]
fn metrics_keep_to_the_conventions() {
    let running = House::new().open();
    let response = Connection::plain(running.http()).get("/metrics");
    assert_eq!(response.status, 200);
    let text = response.text();
    let families = metrics::parse(&text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
    let of = |name: &str| families.iter().find(|family| family.name == name);
    for name in ["sfu_sessions", "sfu_forward_delay_seconds", "signaling_sockets"] {
        assert!(of(name).is_some(), "{name} is not among\n{text}");
    }
    let problems: Vec<String> = families.iter().flat_map(metrics::Family::problems).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn who_may_read_metrics_can_be_set() {
    let closed = House::new().set("HTTP__METRICS_ALLOW", "[]").open();
    let mut connection = Connection::plain(closed.http());
    for path in ["/metrics", "/debug/rooms/demo"] {
        assert_eq!(connection.get(path).status, 404, "{path}");
    }
    let open = House::new().open();
    let mut connection = Connection::plain(open.http());
    assert_eq!(connection.get("/metrics").status, 200);
    // There is a performance, but nobody has connected.
    let room = connection.get("/debug/rooms/demo");
    assert_eq!((room.status, room.text().as_str()), (404, "nobody has connected yet\n"));
}
