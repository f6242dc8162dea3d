//! Clients whose network changes in the middle of the play.

use std::collections::BTreeSet;

use crate::world::{Who, World};
use crate::{FAIR, STORM, seconds, seeds};

/// An actor, a viewer, and two seconds of play.
fn play(seed: u64) -> (World, Who, Who) {
    let mut world = World::new(seed, FAIR);
    let actor = world.add_publisher();
    let viewer = world.add_viewer();
    world.show(&[actor]);
    world.run(seconds(2));
    (world, actor, viewer)
}

#[test]
fn a_viewer_who_moves_while_both_networks_are_there_misses_nothing() {
    let (mut world, actor, viewer) = play(1);
    world.restart_ice(viewer);
    world.run(seconds(2));
    assert_eq!(world.paths_moved(), 1);
    world.cut_first_network(viewer);
    world.run(seconds(3));
    world.assert_complete(viewer, actor);
    assert_eq!(world.client(viewer).repaired(), 0, "nothing was lost, so nothing is repaired");
    world.client(viewer).assert_unbroken_video();
}

#[test]
fn a_viewer_in_a_storm_moves_and_misses_nothing_that_repair_can_bring() {
    for seed in seeds() {
        let (mut world, actor, viewer) = play(seed);
        world.set_weather(viewer, STORM);
        world.restart_ice(viewer);
        world.run(seconds(4));
        assert_eq!(world.paths_moved(), 1, "seed {seed}");
        world.cut_first_network(viewer);
        world.run(seconds(3));
        world.assert_complete(viewer, actor);
    }
}

#[test]
fn an_actor_who_moves_while_both_networks_are_there_is_seen_without_a_break() {
    let (mut world, actor, viewer) = play(2);
    world.restart_ice(actor);
    world.run(seconds(2));
    assert_eq!(world.paths_moved(), 1);
    world.cut_first_network(actor);
    world.run(seconds(3));
    world.assert_complete(viewer, actor);
    world.client(viewer).assert_unbroken_video();
}

#[test]
fn a_viewer_whose_nat_forgets_it_is_found_again_by_its_next_check() {
    let (mut world, actor, viewer) = play(4);
    world.rebind(viewer);
    let moved = (0..20).any(|_| {
        world.run(seconds(1));
        world.paths_moved() == 1
    });
    assert!(moved, "a check comes from the new address");
    assert_shown_from_now_on(&mut world, viewer, actor);
}

#[test]
fn a_viewer_whose_network_is_gone_before_the_next_misses_only_what_was_shown_between() {
    let (mut world, actor, viewer) = play(3);
    world.cut_first_network(viewer);
    world.run(seconds(1));
    world.restart_ice(viewer);
    world.run(seconds(2));
    assert_shown_from_now_on(&mut world, viewer, actor);
}

/// Nothing is missed any more.
fn assert_shown_from_now_on(world: &mut World, viewer: Who, actor: Who) {
    world.run(seconds(1));
    let back = world.written_video(actor);
    world.run(seconds(3));
    let end = world.written_video(actor);
    world.run(seconds(1));
    let seen = world.client(viewer).seen(world.client(actor).name());
    let missing: BTreeSet<_> = (back..end).filter(|number| !seen.contains(number)).collect();
    assert!(missing.is_empty(), "after {back}: {missing:?}");
    assert!(end - back > 200, "too little to judge");
}
