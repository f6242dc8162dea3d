use std::time::{Duration, Instant};

use crate::support::{Connection, House};

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
fn what_the_media_node_counts_is_told() {
    let running = House::new().open();
    let mut connection = Connection::plain(running.http());
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let response = connection.get("/metrics");
        assert_eq!(response.status, 200);
        // The node counts in a task of its own, which may begin after the doors are open.
        if response.text().contains("sfu_sessions{worker=\"0\"} 0") {
            assert!(response.text().contains("sfu_dropped_srtp_total{worker=\"0\"} 0"));
            return;
        }
        assert!(Instant::now() < deadline, "{}", response.text());
    }
}
