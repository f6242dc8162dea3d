//! Layers and links: everybody gets the best that their link and their screen can show.

use std::time::Duration;

use crate::network::Weather;
use crate::world::World;
use crate::{FAIR, seconds, seeds};

const WIDE: Weather = Weather { rate: Some(10_000_000), ..FAIR };
const NARROW: Weather = Weather { rate: Some(700_000), ..FAIR };

#[test]
fn a_wide_link_shows_the_best_and_a_narrow_one_what_fits() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_layered_publisher();
        world.show(&[actor]);
        let wide = world.add_viewer_in(WIDE);
        let narrow = world.add_viewer_in(NARROW);
        world.run(seconds(10));
        let settled = world.now();
        world.run(seconds(10));
        assert_eq!(world.client(wide).screen.height(), 720, "seed {seed}");
        assert_eq!(world.client(narrow).screen.height(), 360, "seed {seed}");
        for viewer in [wide, narrow] {
            let freeze = world.client(viewer).screen.longest_freeze(settled);
            assert!(freeze < Duration::from_millis(150), "seed {seed}: {freeze:?}");
        }
    }
}

#[test]
fn a_link_that_narrows_costs_layers_and_not_the_picture() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_layered_publisher();
        world.show(&[actor]);
        let (viewer, neighbour) = (world.add_viewer_in(WIDE), world.add_viewer_in(WIDE));
        world.run(seconds(10));
        assert_eq!(world.client(viewer).screen.height(), 720, "seed {seed}");
        let before = world.now();
        world.set_weather(viewer, NARROW);
        world.run(seconds(20));
        assert!(world.client(viewer).screen.height() <= 360, "seed {seed}");
        // What waits in the queue when the link narrows, and repairs of what did not fit.
        let freeze = world.client(viewer).screen.longest_freeze(before);
        assert!(freeze < Duration::from_millis(2_000), "seed {seed}: {freeze:?}");
        let disturbed = world.client(neighbour).screen.longest_freeze(before);
        assert!(disturbed < Duration::from_millis(60), "seed {seed}: {disturbed:?}");
        world.set_weather(viewer, WIDE);
        world.run(seconds(20));
        assert_eq!(world.client(viewer).screen.height(), 720, "seed {seed}");
    }
}

#[test]
fn a_small_picture_gets_a_small_layer_and_a_hidden_one_none() {
    let mut world = World::new(1, FAIR);
    let actor = world.add_layered_publisher();
    world.show(&[actor]);
    let viewer = world.add_viewer_in(WIDE);
    world.run(seconds(6));
    assert_eq!(world.client(viewer).screen.height(), 720);
    world.show_at(viewer, 200);
    world.run(seconds(3));
    assert_eq!(world.client(viewer).screen.height(), 180);
    world.show_at(viewer, 0);
    world.run(seconds(1));
    let received = world.client(viewer).received_video();
    world.run(seconds(3));
    assert_eq!(world.client(viewer).received_video(), received);
    world.show_at(viewer, 1_080);
    world.run(seconds(8));
    assert_eq!(world.client(viewer).screen.height(), 720);
}

#[test]
fn layers_that_nobody_watches_are_not_sent_and_come_back() {
    let mut world = World::new(2, FAIR);
    let actor = world.add_layered_publisher();
    world.show(&[actor]);
    world.run(seconds(8));
    assert_eq!(world.active_layers(actor), ["q"], "nobody watches");
    let viewer = world.add_viewer_in(WIDE);
    world.run(seconds(6));
    assert_eq!(world.client(viewer).screen.height(), 720);
    assert!(world.active_layers(actor).contains(&"f"));
    world.show_at(viewer, 180);
    world.run(seconds(10));
    assert_eq!(world.active_layers(actor), ["q"]);
    assert_eq!(world.client(viewer).screen.height(), 180);
}

#[test]
fn weather_on_a_layered_picture_is_repaired() {
    for seed in seeds() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_layered_publisher();
        world.set_weather(actor, Weather { loss: 0.02, ..FAIR });
        world.show(&[actor]);
        let viewer = world.add_viewer_in(Weather { loss: 0.02, ..WIDE });
        world.run(seconds(20));
        let shown = world.client(viewer).screen.decode().len();
        assert!(shown > 400, "seed {seed}: {shown} pictures in 20 s");
    }
}
