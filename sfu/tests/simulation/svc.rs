//! Codecs besides VP8: pictures that are scalable in themselves, with and without dependency
//! descriptors, and H264 in layers. Every frame that a viewer is sent can be decoded, whatever
//! it is sent of.

use std::time::Duration;

use crate::camera::Layer;
use crate::network::Weather;
use crate::scalable::Coding;
use crate::world::World;
use crate::{FAIR, seconds, seeds};

const WIDE: Weather = Weather { rate: Some(10_000_000), ..FAIR };
const NARROW: Weather = Weather { rate: Some(700_000), ..FAIR };

/// Every kind of camera that is not VP8's.
fn cameras() -> Vec<(&'static str, Vec<Layer>)> {
    vec![
        ("AV1 L3T3", Layer::scalable(Coding::Av1, false, true)),
        ("AV1 L3T3_KEY", Layer::scalable(Coding::Av1, true, true)),
        ("VP9 L3T3_KEY", Layer::scalable(Coding::Vp9, true, true)),
        ("VP9 L3T3 alone", Layer::scalable(Coding::Vp9, false, false)),
        ("VP9 L3T3_KEY alone", Layer::scalable(Coding::Vp9, true, false)),
        ("H264 with descriptors", Layer::h264(true)),
        ("H264", Layer::h264(false)),
    ]
}

/// Weathers with a camera each, for two of five seeds: each of them is a long evening.
fn evenings() -> impl Iterator<Item = (u64, (&'static str, Vec<Layer>))> {
    let enough = (seeds().count() * 2).div_ceil(5);
    seeds().take(enough).zip(cameras().into_iter().cycle())
}

#[test]
fn small_slots_get_small_pictures_and_large_ones_large() {
    for (name, camera) in cameras() {
        let mut world = World::new(1, FAIR);
        let actor = world.add_camera(camera);
        world.show(&[actor]);
        let (viewer, other) = (world.add_viewer_in(WIDE), world.add_viewer_in(WIDE));
        world.run(seconds(6));
        let settled = world.now();
        for (size, shown) in
            [(720, 720), (200, 180), (360, 360), (720, 720), (180, 180), (720, 720)]
        {
            world.show_at(viewer, size);
            world.run(seconds(4));
            assert_eq!(world.client(viewer).height(), shown, "{name} at {size}");
        }
        for viewer in [viewer, other] {
            let freeze = world.client(viewer).longest_freeze(settled);
            assert!(freeze < Duration::from_millis(150), "{name}: {freeze:?}");
        }
        assert_eq!(world.client(other).height(), 720, "{name}");
        let asked = world.stats(actor).keyframe_requests;
        assert!(asked < 30, "{name}: {asked} keyframes");
    }
}

#[test]
fn spatial_layers_that_nobody_watches_are_not_encoded_and_come_back() {
    let scalable = cameras().into_iter().filter(|(_, camera)| camera.len() == 1);
    for (seed, (name, camera)) in (0..).zip(scalable) {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_camera(camera);
        world.show(&[actor]);
        world.run(seconds(8));
        assert_eq!(world.spatial_layers(actor), Some(1), "{name}: nobody watches");
        let viewer = world.add_viewer_in(WIDE);
        for (size, spatial) in [(720, 3), (360, 2), (180, 1), (720, 3)] {
            world.show_at(viewer, size);
            let changed = world.now();
            world.run(seconds(10));
            assert_eq!(world.spatial_layers(actor), Some(spatial), "{name} at {size}");
            assert_eq!(world.client(viewer).height(), size, "{name}");
            let freeze = world.client(viewer).longest_freeze(changed);
            assert!(freeze < Duration::from_millis(200), "{name} at {size}: {freeze:?}");
        }
    }
}

#[test]
fn a_wide_link_shows_the_best_and_a_narrow_one_what_fits() {
    for (seed, (name, camera)) in evenings() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_camera(camera);
        world.show(&[actor]);
        let wide = world.add_viewer_in(WIDE);
        let narrow = world.add_viewer_in(NARROW);
        world.run(seconds(10));
        let settled = world.now();
        world.run(seconds(10));
        assert_eq!(world.client(wide).height(), 720, "{name}, seed {seed}");
        assert_eq!(world.client(narrow).height(), 360, "{name}, seed {seed}");
        for viewer in [wide, narrow] {
            let freeze = world.client(viewer).longest_freeze(settled);
            assert!(freeze < Duration::from_millis(200), "{name}, seed {seed}: {freeze:?}");
        }
    }
}

#[test]
fn weather_is_repaired() {
    for (seed, (name, camera)) in evenings() {
        let mut world = World::new(seed, FAIR);
        let actor = world.add_camera(camera);
        world.set_weather(actor, Weather { loss: 0.02, ..FAIR });
        world.show(&[actor]);
        let viewer = world.add_viewer_in(Weather { loss: 0.02, ..WIDE });
        for size in [720, 180, 720, 360, 720] {
            world.show_at(viewer, size);
            world.run(seconds(4));
        }
        let shown = world.client(viewer).shown().len();
        assert!(shown > 300, "{name}, seed {seed}: {shown} pictures in 20 s");
    }
}

#[test]
fn actors_of_different_codecs_take_one_slot() {
    let mut world = World::new(5, FAIR);
    let actors: Vec<_> =
        cameras().into_iter().map(|(_, camera)| world.add_camera(camera)).collect();
    let viewer = world.add_viewer_in(WIDE);
    for actor in actors.iter().chain(actors.iter().rev()) {
        let before = world.client(viewer).shown().len();
        world.show(&[*actor]);
        world.run(seconds(3));
        let shown = world.client(viewer).shown().len() - before;
        assert!(shown > 60, "{shown} pictures of {actor} in 3 s");
    }
    world.client(viewer).assert_unbroken_video();
}
