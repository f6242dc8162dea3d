use super::*;

/// A second in which everything arrives.
fn fair() -> Evidence {
    Evidence {
        sound: (50, 0),
        picture: (300, 0),
        sounds: true,
        size: Some(1.0),
        bitrate: Some(2_000_000),
        ..Evidence::default()
    }
}

/// The uplink after `seconds` of this.
fn uplink(seconds: usize, second: &Evidence) -> LinkQuality {
    let (start, mut monitor) = (Instant::now(), Monitor::default());
    for _ in 0..seconds {
        monitor.tick(start, second, &Evidence::default());
    }
    monitor.quality().0.clone().expect("something flows")
}

#[test]
fn a_fair_link_has_no_troubles() {
    let quality = uplink(5, &fair());
    assert_eq!(quality, LinkQuality { audio: Some(44), video: Some(45), troubles: vec![] });
}

#[test]
fn what_is_wrong_is_named() {
    let lossy = Evidence { sound: (50, 2), picture: (300, 12), ..fair() };
    assert_eq!(uplink(5, &lossy).troubles, [Trouble::Loss { percent: 4 }]);
    let small = Evidence { size: Some(0.25), bitrate: Some(300_000), ..fair() };
    let small = uplink(40, &small);
    assert_eq!((small.video, small.troubles), (Some(28), vec![Trouble::Small { kbps: 300 }]));
    let dark = Evidence { size: Some(0.0), bitrate: Some(60_000), ..fair() };
    assert_eq!(uplink(40, &dark).troubles, [Trouble::Dark { kbps: 60 }]);
    let frozen = Evidence { frozen: 0.1, ..fair() };
    assert_eq!(uplink(5, &frozen).troubles, [Trouble::Freezes { percent: 10 }]);
}

#[test]
fn bursts_sound_worse_than_chance() {
    let chance = Evidence { sound: (50, 4), gaps: (4, 4), ..fair() };
    let bursts = Evidence { gaps: (1, 8), ..chance };
    assert!(uplink(9, &bursts).audio < uplink(9, &chance).audio);
}

#[test]
fn nothing_is_said_of_a_direction_without_media() {
    let (start, mut monitor) = (Instant::now(), Monitor::default());
    monitor.tick(start, &Evidence::default(), &Evidence::default());
    assert_eq!(monitor.take_changed(), None);
    monitor.tick(start, &Evidence::default(), &fair());
    let (up, down) = monitor.take_changed().expect("something flows");
    assert!(up.is_none() && down.is_some());
    monitor.tick(start, &Evidence::default(), &Evidence::default());
    assert_eq!(monitor.take_changed(), Some((None, None)), "and then no more");
}

#[test]
fn only_steps_are_told() {
    let (start, mut monitor) = (Instant::now(), Monitor::default());
    let mut told = 0;
    for second in 0..60 {
        // A tenth of a percent now and then is no news.
        let lost = u64::from(second % 3 == 0);
        let second = Evidence { picture: (1_000, lost), ..fair() };
        monitor.tick(start, &second, &fair());
        told += u32::from(monitor.take_changed().is_some());
    }
    assert_eq!(told, 1);
    for _ in 0..10 {
        monitor.tick(start, &Evidence { sound: (50, 10), ..fair() }, &fair());
        told += u32::from(monitor.take_changed().is_some());
    }
    assert!((3..12).contains(&told), "{told}");
}

fn block(highest: u32, lost: u32) -> ReportBlock {
    ReportBlock { ssrc: 7, highest_sequence: highest, total_lost: lost, ..ReportBlock::default() }
}

#[test]
fn a_clients_reports_are_taken_by_their_difference() {
    let mut monitor = Monitor::default();
    let mut note = |block| monitor.note_report(Kind::Video, 90_000, &block, 0);
    assert_eq!(note(block(1_000, 3)), (0, 0), "the first one is where counting begins");
    assert_eq!(note(block(1_300, 9)), (300, 6));
    assert_eq!(note(block(1_300, 9)), (0, 0));
    assert_eq!(note(block(1_400, 5)), (100, 0), "late ones have come");
    assert_eq!(note(block(9, 0)), (0, 0), "a client that counts anew");
}

#[test]
fn the_round_trip_is_what_the_client_did_not_spend() {
    let mut monitor = Monitor::default();
    let report = ReportBlock {
        last_sender_report: u32::MAX - 65_535,
        since_sender_report: Duration::from_millis(1_500),
        ..block(1, 0)
    };
    // 1.6 s after the report, over the wrap.
    monitor.note_report(Kind::Video, 90_000, &report, 39_322);
    let round_trip = monitor.round_trip().expect("measured").as_millis();
    assert!((99..=101).contains(&round_trip), "{round_trip} ms");
    let mut monitor = Monitor::default();
    monitor.note_report(Kind::Video, 90_000, &report, 65_535);
    assert_eq!(monitor.round_trip().map(|trip| trip.as_millis()), Some(499));
    // A client whose clock runs ahead has no negative round trip.
    let mut monitor = Monitor::default();
    monitor.note_report(Kind::Video, 90_000, &report, u32::MAX - 70_000);
    assert_eq!(monitor.round_trip(), Some(Duration::ZERO));
}

#[test]
fn freezes_are_guessed_until_the_page_says() {
    let start = Instant::now();
    let mut monitor = Monitor::default();
    let frozen = |monitor: &Monitor| {
        let down = monitor.quality().1.clone().expect("something flows");
        down.troubles.iter().any(|trouble| matches!(trouble, Trouble::Freezes { .. }))
    };
    monitor.note_keyframe_request();
    monitor.tick(start, &Evidence::default(), &fair());
    assert!(!frozen(&monitor), "everybody begins with a keyframe");
    for _ in 0..3 {
        monitor.tick(start, &Evidence::default(), &fair());
    }
    monitor.note_keyframe_request();
    monitor.tick(start, &Evidence::default(), &fair());
    assert!(frozen(&monitor));
    for second in 0..9 {
        monitor.note_playback(start, 0.0);
        monitor.note_keyframe_request();
        monitor.tick(start + Duration::from_secs(second), &Evidence::default(), &fair());
    }
    assert!(!frozen(&monitor), "the page knows better");
    for second in 30..35 {
        monitor.note_keyframe_request();
        monitor.tick(start + Duration::from_secs(second), &Evidence::default(), &fair());
    }
    assert!(frozen(&monitor), "for a while");
}
