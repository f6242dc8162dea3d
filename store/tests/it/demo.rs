//! The demo: made once, found ever after.

use std::collections::HashSet;

use protocol::{LinkKind, Role};
use store::testing::TestDatabase;
use store::{DEMO_ADMIT_LIMIT, DEMO_SLUG, DemoError, NewPerformance, PerformanceStatus};

use crate::{EVENING, HOUR, House, open, phone};

store::on_both_databases!(
    the_demo_is_made_once,
    processes_that_make_the_demo_at_once_agree,
    every_demo_link_admits_in_its_role,
    the_demo_plays_today_on_every_day,
    demo_seats_are_people_of_their_own,
    a_real_performance_hands_out_no_seats,
    the_demo_takes_no_name_away,
);

async fn the_demo_is_made_once(database: TestDatabase) {
    let (store, _) = open(&database, 1).await;
    let first = store.ensure_demo().await.unwrap();
    assert_eq!(first.performance.slug.as_str(), DEMO_SLUG);
    assert!(first.performance.demo);
    assert_eq!(first.performance.starts_at, EVENING);
    assert_eq!(first.performance.expires_at, None);
    assert_eq!((first.actors.len(), first.stage_managers.len(), first.spectators.len()), (2, 1, 2));
    let view = first.performance.view();
    assert_eq!(view.cast.len(), 2, "the stage manager does not play");
    assert!(view.cast.iter().all(|member| !member.name.is_empty() && !member.part.is_empty()));

    // Seats that were handed out in between are not the first ones.
    let slug = first.performance.slug.clone();
    for role in [Role::Spectator, Role::Actor, Role::StageManager] {
        store.demo_admit(&slug, role, 3).await.unwrap();
    }
    assert_eq!(store.ensure_demo().await.unwrap(), first);
    store.close().await;
    let (store, _) = open(&database, 2).await;
    assert_eq!(store.ensure_demo().await.unwrap(), first);
}

async fn processes_that_make_the_demo_at_once_agree(database: TestDatabase) {
    let (one, _) = open(&database, 1).await;
    let (two, _) = open(&database, 2).await;
    let (first, second) = tokio::join!(one.ensure_demo(), two.ensure_demo());
    let first = first.unwrap();
    assert_eq!(first, second.unwrap());
    assert_eq!((first.actors.len(), first.spectators.len()), (2, 2));
}

async fn every_demo_link_admits_in_its_role(database: TestDatabase) {
    let (store, _) = open(&database, 1).await;
    let demo = store.ensure_demo().await.unwrap();
    let groups = [
        (Role::Actor, &demo.actors),
        (Role::StageManager, &demo.stage_managers),
        (Role::Spectator, &demo.spectators),
    ];
    for (role, links) in groups {
        for link in links {
            let session = store.admit(*link, &phone()).await.unwrap().session;
            assert_eq!(session.role, role);
            assert_eq!(session.performance, demo.performance.id);
        }
    }
}

async fn the_demo_plays_today_on_every_day(database: TestDatabase) {
    let (store, clock) = open(&database, 1).await;
    store.ensure_demo().await.unwrap();
    clock.advance(11 * HOUR);
    assert_eq!(store.ensure_demo().await.unwrap().performance.starts_at, EVENING);
    clock.advance(20 * 24 * HOUR);
    let demo = store.ensure_demo().await.unwrap();
    let anew = EVENING.after(11 * HOUR).after(20 * 24 * HOUR);
    assert_eq!(demo.performance.starts_at, anew);
    assert_eq!(store.performance(demo.performance.id).await.unwrap(), Some(demo.performance));
}

async fn demo_seats_are_people_of_their_own(database: TestDatabase) {
    let (store, _) = open(&database, 1).await;
    let demo = store.ensure_demo().await.unwrap().performance;
    let mut people = HashSet::new();
    let mut names = HashSet::new();
    for role in [Role::Spectator, Role::Actor, Role::StageManager] {
        for seat in store.demo_admit(&demo.slug, role, 4).await.unwrap() {
            assert_eq!(matches!(seat.link.kind, LinkKind::Ticket(_)), role == Role::Spectator);
            let session = store.open_session_for(seat.link).await.unwrap().session;
            assert_eq!((session.role, session.person), (role, seat.person));
            assert_eq!(session.name, seat.name);
            people.insert(seat.person);
            names.insert(seat.name);
        }
    }
    assert_eq!((people.len(), names.len()), (12, 12));
    let after = store.performance(demo.id).await.unwrap().unwrap();
    assert_eq!(after.cast, demo.cast, "guests do not stand in the programme");

    let refused = store.demo_admit(&demo.slug, Role::Spectator, DEMO_ADMIT_LIMIT + 1).await;
    assert!(matches!(refused, Err(DemoError::TooMany)), "{refused:?}");
    assert!(store.demo_admit(&demo.slug, Role::Spectator, 0).await.unwrap().is_empty());
    let status = PerformanceStatus::Ended;
    store.set_performance_status(demo.id, status, store::Actor::System).await.unwrap();
    let refused = store.demo_admit(&demo.slug, Role::Actor, 1).await;
    assert!(matches!(refused, Err(DemoError::Over)), "{refused:?}");
}

async fn a_real_performance_hands_out_no_seats(database: TestDatabase) {
    let house = House::open(database, 10).await;
    house.store.ensure_demo().await.unwrap();
    for slug in ["seagull", "nowhere"] {
        let slug = slug.parse().unwrap();
        for role in [Role::Spectator, Role::Actor, Role::StageManager] {
            let refused = house.store.demo_admit(&slug, role, 1).await;
            assert!(matches!(refused, Err(DemoError::NotDemo)), "{slug} {role}: {refused:?}");
        }
    }
    let types = house.store.ticket_types(house.performance).await.unwrap();
    assert_eq!(types[0].sold, 0);
}

async fn the_demo_takes_no_name_away(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let real = house.store.performance(house.performance).await.unwrap().unwrap();
    let squatter = NewPerformance {
        show: real.show,
        slug: DEMO_SLUG.parse().unwrap(),
        starts_at: EVENING,
        time_zone: "Europe/Moscow".to_owned(),
        status: PerformanceStatus::OnSale,
        expires_at: None,
    };
    house.store.create_performance(&squatter, store::Actor::System).await.unwrap();
    assert!(house.store.ensure_demo().await.is_err());
}
