//! A publisher, the node and viewers in one process, on a seeded network and a virtual clock:
//! seconds of bad weather run in milliseconds, and a seed replays its weather.

mod arrival;
mod camera;
mod client;
mod descriptor;
mod layers;
mod network;
mod networks;
mod scalable;
mod screen;
mod shards;
mod svc;
mod world;

use std::ops::Range;
use std::time::Duration;

use network::Weather;
use world::World;

const FAIR: Weather = Weather {
    delay: Duration::from_millis(20),
    jitter: Duration::ZERO,
    loss: 0.0,
    duplication: 0.0,
    rate: None,
};

/// The seeds to try: `SEEDS` of them, from `SEED` on. A seed that failed replays its weather.
fn seeds() -> Range<u64> {
    let number = |name, otherwise| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number")),
        Err(_) => otherwise,
    };
    let first = number("SEED", 0);
    first..first + number("SEEDS", 50)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_viewer_gets_every_packet_in_fair_weather() {
    let mut world = World::new(1, FAIR);
    let actor = world.add_publisher();
    let viewers = [world.add_viewer(), world.add_viewer()];
    world.show(&[actor]);
    world.run(seconds(3));
    for viewer in viewers {
        world.assert_complete(viewer, actor);
        assert_eq!(world.client(viewer).repaired(), 0, "nothing was lost, so nothing is repaired");
    }
}

const STORM: Weather = Weather {
    delay: Duration::from_millis(25),
    jitter: Duration::from_millis(15),
    loss: 0.04,
    duplication: 0.01,
    rate: None,
};

#[test]
fn what_is_lost_on_the_way_to_a_viewer_is_repaired() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_publisher();
        let viewers = world.add_viewers(3);
        for viewer in &viewers {
            world.set_weather(*viewer, STORM);
        }
        world.show(&[actor]);
        world.run(seconds(6));
        for viewer in viewers {
            world.assert_complete(viewer, actor);
            assert!(world.client(viewer).repaired() > 0, "seed {seed}: 4 % were lost");
        }
        assert_eq!(world.stats(actor).nacks_sent, 0, "seed {seed}: the publisher's link is fair");
    }
}

#[test]
fn what_is_lost_on_the_way_from_a_publisher_is_repaired_once_for_all() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_publisher();
        world.set_weather(actor, STORM);
        let viewers = world.add_viewers(3);
        world.show(&[actor]);
        world.run(seconds(6));
        for viewer in viewers {
            world.assert_complete(viewer, actor);
        }
        assert!(world.stats(actor).nacks_sent > 0, "seed {seed}: 4 % were lost");
    }
}

#[test]
fn a_publisher_hears_of_losses_and_arrivals_at_once() {
    let mut world = World::new(8, FAIR);
    let actor = world.add_publisher();
    world.run(seconds(3));
    // Transport feedback goes out every 50 ms while packets arrive; reports alone would be three.
    let feedbacks = world.client(actor).datagrams_received();
    assert!(feedbacks > 50, "{feedbacks} datagrams in three seconds");
}

#[test]
fn a_storm_everywhere_leaves_the_node_complete() {
    for seed in seeds() {
        let mut world = World::new(seed, STORM);
        let actor = world.add_publisher();
        let viewers = world.add_viewers(4);
        world.show(&[actor]);
        world.run(seconds(6));
        // A viewer's own stack may give up on a packet that both links lost, several times over;
        // the node has it, so somebody got it.
        world.assert_complete_together(&viewers, actor);
    }
}

#[test]
fn nobody_pays_for_anothers_weather() {
    let mut world = World::new(7, FAIR);
    let actor = world.add_publisher();
    let (fine, poor) = (world.add_viewer(), world.add_viewer());
    world.set_weather(poor, Weather { loss: 0.3, ..FAIR });
    world.show(&[actor]);
    world.run(seconds(5));
    world.assert_complete(fine, actor);
    assert_eq!(world.client(fine).repaired(), 0);
}

#[test]
fn the_next_actor_takes_the_slot_without_a_break() {
    let mut world = World::new(3, FAIR);
    let (first, second) = (world.add_publisher(), world.add_publisher());
    let viewer = world.add_viewer();
    world.show(&[first]);
    world.run(seconds(3));
    world.show(&[second]);
    world.run(seconds(3));
    world.assert_complete(viewer, first);
    world.assert_complete(viewer, second);
    // One stream to the viewer: numbers without a gap, time that never runs back.
    world.client(viewer).assert_unbroken_video();
    assert_eq!(world.client(viewer).video_streams(), 1, "the same slot serves both");
}

#[test]
fn curtain_down_means_no_rtp() {
    let mut world = World::new(4, FAIR);
    let actor = world.add_publisher();
    let viewer = world.add_viewer();
    world.show(&[actor]);
    world.run(seconds(2));
    assert!(world.client(viewer).received() > 0);
    world.show(&[]);
    world.run(seconds(1));
    let before = world.client(viewer).received();
    world.run(seconds(3));
    assert_eq!(world.client(viewer).received(), before);
    // And what was played behind it never comes out, not by retransmission either.
    let hidden = world.written_video(actor);
    world.show(&[actor]);
    world.run(seconds(2));
    world.assert_goes_on_after(viewer, actor, hidden);
}

#[test]
fn a_muted_track_stops_at_the_node_whatever_its_client_does() {
    let mut world = World::new(5, FAIR);
    let actor = world.add_publisher();
    let viewer = world.add_viewer();
    world.show(&[actor]);
    world.run(seconds(2));
    world.grant(actor, false, true);
    world.run(seconds(1));
    let (audio, sent) = (world.client(viewer).received_audio(), world.sent_audio(actor));
    world.run(seconds(2));
    assert_eq!(world.client(viewer).received_audio(), audio);
    assert!(world.sent_audio(actor) > sent + 50, "the client goes on regardless");
    assert!(world.stats(actor).dropped_muted > 50);
    world.grant(actor, true, true);
    world.run(seconds(1));
    assert!(world.client(viewer).received_audio() > audio);
}

#[test]
fn an_audience_that_arrives_at_once_costs_few_keyframes() {
    for cores in [1, 4] {
        let mut world = World::with_cores(cores, 6, FAIR);
        let actor = world.add_publisher();
        world.show(&[actor]);
        world.run(seconds(2));
        let before = world.stats(actor).keyframe_requests;
        let viewers = world.add_viewers(40);
        world.run(seconds(3));
        for viewer in viewers {
            assert!(world.client(viewer).received_video() > 0);
        }
        let asked = world.stats(actor).keyframe_requests - before;
        assert!((1..=5).contains(&asked), "{asked} keyframes for 40 arrivals in {cores} cores");
    }
}
