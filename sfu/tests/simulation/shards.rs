//! A room that several cores share: its audience sees and hears the same, wherever it sits.
//! The other stories are told to two cores, too: by every odd seed.

use std::time::Duration;

use crate::network::Weather;
use crate::world::World;
use crate::{FAIR, STORM, seconds, seeds};

#[test]
fn every_part_of_the_house_shows_the_same_at_the_same_time() {
    for seed in seeds().take(8) {
        let mut world = World::with_cores(3, seed, FAIR);
        let (first, second) = (world.add_publisher(), world.add_publisher());
        let viewers = world.add_viewers(6);
        for _ in 0..3 {
            world.show(&[first]);
            world.run(seconds(2));
            world.show(&[second]);
            world.run(seconds(2));
        }
        world.run(seconds(1));
        let [reference, others @ ..] = viewers.as_slice() else { panic!("there are viewers") };
        let shown = &world.client(*reference).timestamps;
        assert!(shown.len() > 500, "seed {seed}: {} packets", shown.len());
        for viewer in others {
            assert_eq!(&world.client(*viewer).timestamps, shown, "seed {seed}");
            world.client(*viewer).assert_unbroken_video();
        }
        // And the first frame of each is where the announcement said.
        let announced = world.announced.iter().flatten().filter_map(|slot| slot.video_rtp);
        let missing: Vec<_> =
            announced.filter(|rtp| !shown.values().any(|timestamp| timestamp == rtp)).collect();
        assert!(missing.is_empty(), "seed {seed}: announced and never shown: {missing:?}");
    }
}

#[test]
fn curtain_down_means_no_rtp_in_any_part_of_the_house() {
    let mut world = World::with_cores(2, 4, FAIR);
    let actor = world.add_publisher();
    let viewers = world.add_viewers(2);
    world.show(&[actor]);
    world.run(seconds(2));
    world.show(&[]);
    world.run(seconds(1));
    let received: Vec<_> = viewers.iter().map(|who| world.client(*who).received()).collect();
    assert!(received.iter().all(|received| *received > 0));
    world.run(seconds(3));
    let later: Vec<_> = viewers.iter().map(|who| world.client(*who).received()).collect();
    assert_eq!(received, later);
    let hidden = world.written_video(actor);
    world.show(&[actor]);
    world.run(seconds(2));
    for viewer in viewers {
        world.assert_goes_on_after(viewer, actor, hidden);
    }
}

#[test]
fn layers_are_sent_for_whoever_watches_them_in_whatever_part() {
    let mut world = World::with_cores(2, 2, FAIR);
    let actor = world.add_layered_publisher();
    world.show(&[actor]);
    world.run(seconds(8));
    assert_eq!(world.active_layers(actor), ["q"], "nobody watches");
    // The publisher is number 0, so this one is number 1, and in the other part.
    let viewer = world.add_viewer_in(Weather { rate: Some(10_000_000), ..FAIR });
    world.run(seconds(6));
    assert_eq!(world.client(viewer).screen.height(), 720);
    assert!(world.active_layers(actor).contains(&"f"));
    let settled = world.now();
    world.run(seconds(10));
    let freeze = world.client(viewer).screen.longest_freeze(settled);
    assert!(freeze < Duration::from_millis(150), "what is watched goes on: {freeze:?}");
    world.show_at(viewer, 180);
    world.run(seconds(10));
    assert_eq!(world.active_layers(actor), ["q"]);
    assert_eq!(world.client(viewer).screen.height(), 180);
}

#[test]
fn each_part_repairs_what_its_audience_loses() {
    let mut world = World::with_cores(2, 9, FAIR);
    let actor = world.add_publisher();
    let viewers = world.add_viewers(4);
    for viewer in &viewers {
        world.set_weather(*viewer, STORM);
    }
    world.show(&[actor]);
    world.run(seconds(6));
    for viewer in viewers {
        world.assert_complete(viewer, actor);
        assert!(world.client(viewer).repaired() > 0);
    }
    assert_eq!(world.stats(actor).nacks_sent, 0, "nobody asks the publisher for it");
}

#[test]
fn a_muted_track_stops_in_every_part() {
    let mut world = World::with_cores(2, 5, FAIR);
    let actor = world.add_publisher();
    let viewers = world.add_viewers(2);
    world.show(&[actor]);
    world.run(seconds(2));
    world.grant(actor, false, true);
    world.run(seconds(1));
    let heard: Vec<_> = viewers.iter().map(|who| world.client(*who).received_audio()).collect();
    world.run(seconds(2));
    let later: Vec<_> = viewers.iter().map(|who| world.client(*who).received_audio()).collect();
    assert_eq!(heard, later);
    world.grant(actor, true, true);
    world.run(seconds(1));
    for (viewer, heard) in viewers.iter().zip(heard) {
        assert!(world.client(*viewer).received_audio() > heard);
    }
}
