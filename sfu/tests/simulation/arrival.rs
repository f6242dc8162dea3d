//! Arrivals, scene changes and poor links: everybody begins at once, few keyframes are asked for,
//! and nobody pays for a neighbour.

use std::time::Duration;

use crate::network::Weather;
use crate::world::World;
use crate::{FAIR, seconds, seeds};

const GOOD: Weather = Weather { rate: Some(10_000_000), ..FAIR };
const POOR: Weather = Weather { rate: Some(300_000), ..FAIR };
const FRAME: Duration = Duration::from_millis(34);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn an_arrival_starts_from_the_cache_and_its_delay_returns_to_the_baseline() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_layered_publisher();
        world.show(&[actor]);
        let seated = world.add_viewer_in(GOOD);
        world.run(seconds(5));
        // The next arrival asks for a keyframe; those after it begin with that one.
        world.add_viewer_in(GOOD);
        world.run(millis(1_000));
        let asked = world.stats(actor).keyframe_requests;
        let connected = world.now();
        let late = world.add_viewer_in(GOOD);
        let connects = world.now() - connected;
        let begun = world.now();
        world.run(seconds(4));
        let screen = &world.client(late).screen;
        let first = screen.decode().first().expect("a picture").at;
        assert!(first - begun < millis(100), "seed {seed}: {:?} after {connects:?}", first - begun);
        // What it sees is as new as what others see, well within two seconds.
        let lag = |at| world.client(late).screen.lag_behind(&world.client(seated).screen, at);
        assert!(lag(begun + seconds(2)) < millis(40), "seed {seed}: {:?}", lag(begun + seconds(2)));
        let asked = world.stats(actor).keyframe_requests - asked;
        assert!(asked <= 2, "seed {seed}: {asked} keyframes, for layers it climbed to");
    }
}

#[test]
fn five_hundred_arrivals_cost_five_keyframes_and_disturb_nobody() {
    let mut world = World::new(11, FAIR);
    let actor = world.add_publisher();
    world.show(&[actor]);
    let seated = world.add_viewer_in(GOOD);
    world.run(seconds(3));
    let (before, begun) = (world.stats(actor).keyframe_requests, world.now());
    let arrivals: Vec<_> = (0..500)
        .map(|_| {
            world.run(millis(10));
            world.join_viewer(GOOD)
        })
        .collect();
    world.run(seconds(1));
    let asked = world.stats(actor).keyframe_requests - before;
    assert!((1..=5).contains(&asked), "{asked} keyframes for 500 arrivals in 5 s");
    let mut firsts: Vec<_> = arrivals
        .iter()
        .map(|who| {
            let client = world.client(*who);
            let connected = client.connected_at().expect("connected");
            client.screen.decode().first().expect("a picture").at - connected
        })
        .collect();
    firsts.sort_unstable();
    assert!(firsts[494] < millis(300), "first picture after {:?}", firsts[494]);
    let freeze = world.client(seated).screen.longest_freeze(begun);
    assert!(freeze < millis(60), "the seated one waits {freeze:?}");
}

#[test]
fn an_audience_of_five_hundred_changes_scene_without_a_word() {
    let mut world = World::new(12, FAIR);
    let (first, second) = (world.add_publisher(), world.add_publisher());
    world.show(&[first]);
    let audience = world.add_viewers(500);
    world.run(seconds(2));
    // One command for the room; to the viewers, no offer and no answer.
    let commands = world.commands();
    let changed = world.now();
    world.show(&[second]);
    assert_eq!(world.commands(), commands + 1);
    world.run(millis(500));
    let keyframe = world.client(second).next_keyframe_after(changed).expect("one was asked for");
    for viewer in audience {
        let shown = world.client(viewer).screen.first_of(world.client(second).name());
        let after = shown.expect("the new picture") - keyframe;
        assert!(after < millis(100), "viewer {viewer} sees it {after:?} after the keyframe");
        world.client(viewer).assert_unbroken_video();
    }
}

#[test]
fn one_poor_link_lowers_nobody_else() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_layered_publisher();
        world.show(&[actor]);
        let good: Vec<_> = (0..3).map(|_| world.add_viewer_in(GOOD)).collect();
        let poor = world.add_viewer_in(POOR);
        world.run(seconds(10));
        world.take_waits(poor);
        let (settled, asked) = (world.now(), world.stats(actor).keyframe_requests);
        world.run(seconds(20));
        let waits = world.take_waits(poor);
        let queue = waits[waits.len() * 95 / 100];
        for viewer in good {
            let screen = &world.client(viewer).screen;
            assert_eq!(screen.height(), 720, "seed {seed}");
            let freeze = screen.longest_freeze(settled);
            assert!(freeze < FRAME * 2, "seed {seed}: a good link waits {freeze:?}");
        }
        // The poor one has a picture and its sound, neither of them old.
        let client = world.client(poor);
        let freeze = client.screen.longest_freeze(settled);
        assert!(freeze < millis(600), "seed {seed}: the poor link freezes {freeze:?}");
        assert!(queue < millis(250), "seed {seed}: {queue:?} wait in the network, p95");
        let asked = world.stats(actor).keyframe_requests - asked;
        assert!(asked <= 10, "seed {seed}: {asked} keyframes in 20 s");
    }
}

/// A publisher of one layer that the link cannot carry: there is nothing smaller to show.
#[test]
fn a_picture_that_does_not_fit_comes_in_parts_and_never_late() {
    let mut world = World::new(13, FAIR);
    let actor = world.add_publisher();
    world.show(&[actor]);
    let good = world.add_viewer_in(GOOD);
    let poor = world.add_viewer_in(Weather { rate: Some(250_000), ..FAIR });
    world.run(seconds(10));
    let (settled, asked) = (world.now(), world.stats(actor).keyframe_requests);
    world.run(seconds(20));
    let asked = world.stats(actor).keyframe_requests - asked;
    assert!(asked <= 12, "{asked} keyframes in 20 s");
    let freeze = world.client(good).screen.longest_freeze(settled);
    assert!(freeze < FRAME * 2, "a good link waits {freeze:?}");
    let behind = world.client(poor).screen.lag_behind(&world.client(good).screen, world.now());
    assert!(behind < seconds(5), "{behind:?}");
    let (poor, good) = (world.client(poor).received_audio(), world.client(good).received_audio());
    assert!(poor + 100 > good, "sound comes through: {poor} of {good}");
}

#[test]
fn a_keyframe_is_asked_for_only_when_repair_is_hopeless() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_publisher();
        world.set_weather(actor, Weather { loss: 0.03, jitter: millis(10), ..FAIR });
        world.show(&[actor]);
        let viewer = world.add_viewer();
        world.run(seconds(2));
        let asked = world.stats(actor).keyframe_requests;
        world.run(seconds(10));
        assert!(world.stats(actor).nacks_sent > 0, "seed {seed}: 3 % were lost");
        assert_eq!(world.stats(actor).keyframe_requests, asked, "seed {seed}");
        world.assert_complete(viewer, actor);
    }
}
