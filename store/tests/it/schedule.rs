//! Accounts, shows, performances and scenes.

use protocol::{Language, PerformanceId, Role, ShowId};
use store::testing::TestDatabase;
use store::{
    Actor, ChangeError, CreateError, NewInvite, NewPerformance, NewScene, NewUser,
    PerformanceStatus, TelegramId,
};

use crate::{EVENING, HOUR, House, open};

store::on_both_databases!(
    a_telegram_account_is_one_user,
    a_performance_is_found_by_id_and_by_slug,
    a_slug_names_one_performance,
    the_cast_is_those_who_are_invited_to_play,
    scenes_are_read_in_the_order_of_play,
    what_is_over_stays_over,
    the_store_answers_and_closes,
);

async fn a_telegram_account_is_one_user(database: TestDatabase) {
    let (store, _) = open(&database, 1).await;
    let telegram_id = Some(TelegramId(7_000_000_000));
    let anya = NewUser { telegram_id, name: "Аня".to_owned(), language: Language::En };
    let anya_record = store.create_user(&anya).await.unwrap();
    let twice = store.create_user(&anya).await;
    assert!(matches!(twice, Err(CreateError::Taken)), "{twice:?}");

    let found = store.user_by_telegram(TelegramId(7_000_000_000)).await.unwrap();
    assert_eq!(found.as_ref(), Some(&anya_record));
    assert_eq!(store.user(anya_record.id).await.unwrap(), found);
    assert_eq!(store.user_by_telegram(TelegramId(1)).await.unwrap(), None);

    // Any number of people have none.
    let nobody = NewUser { telegram_id: None, name: "Боря".to_owned(), language: Language::Ru };
    let first = store.create_user(&nobody).await.unwrap();
    let second = store.create_user(&nobody).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(store.user(second.id).await.unwrap(), Some(second));
}

async fn a_performance_is_found_by_id_and_by_slug(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let slug = "seagull".parse().unwrap();
    let performance = house.store.performance_by_slug(&slug).await.unwrap().unwrap();
    assert_eq!(performance.id, house.performance);
    assert_eq!(performance.title, "Чайка");
    assert_eq!(performance.status, PerformanceStatus::OnSale);
    assert!(!performance.demo);
    assert_eq!(performance.starts_at, EVENING.after(HOUR));
    assert_eq!(performance.expires_at, Some(EVENING.after(5 * HOUR)));
    let view = performance.view();
    assert_eq!((&view.slug, view.time_zone.as_str()), (&slug, "Europe/Moscow"));
    assert_eq!(house.store.performance(house.performance).await.unwrap(), Some(performance));

    let nowhere = PerformanceId(uuid::Uuid::nil());
    assert_eq!(house.store.performance(nowhere).await.unwrap(), None);
    let nowhere = "nowhere".parse().unwrap();
    assert_eq!(house.store.performance_by_slug(&nowhere).await.unwrap(), None);
}

async fn a_slug_names_one_performance(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let show = house.store.performance(house.performance).await.unwrap().unwrap().show;
    let again = NewPerformance {
        show,
        slug: "seagull".parse().unwrap(),
        starts_at: EVENING,
        time_zone: "Europe/Moscow".to_owned(),
        status: PerformanceStatus::Draft,
        expires_at: None,
    };
    let refused = house.store.create_performance(&again, Actor::System).await;
    assert!(matches!(refused, Err(CreateError::Taken)), "{refused:?}");

    let orphan = ShowId(uuid::Uuid::nil());
    let orphan = NewPerformance { show: orphan, slug: "orphan".parse().unwrap(), ..again };
    let refused = house.store.create_performance(&orphan, Actor::System).await;
    assert!(matches!(refused, Err(CreateError::UnknownParent)), "{refused:?}");
}

async fn the_cast_is_those_who_are_invited_to_play(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let mut invites = Vec::new();
    for (name, role, in_cast) in [
        ("Первая", Role::Actor, true),
        ("Помощник", Role::StageManager, true),
        ("Запасной", Role::Actor, false),
        ("Второй", Role::Actor, true),
        ("Третья", Role::Actor, true),
    ] {
        let new = NewInvite { name: name.to_owned(), in_cast, ..house.new_invite(role) };
        invites.push(house.store.create_invite(&new, Actor::System).await.unwrap());
    }
    house.store.revoke_invite(invites[3].id, Actor::System).await.unwrap();
    let performance = house.store.performance(house.performance).await.unwrap().unwrap();
    let names: Vec<_> = performance.cast.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["Первая", "Третья"]);
    let kept = house.store.invite(invites[4].id).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&invites[4]));
    assert_eq!(house.store.link_of_invite(invites[4].id).await.unwrap(), Some(invites[4].link()));
}

async fn scenes_are_read_in_the_order_of_play(database: TestDatabase) {
    let house = House::open(database, 10).await;
    for (position, title) in [(1, "Озеро"), (0, "Пролог")] {
        let scene = NewScene { performance: house.performance, position, title: title.to_owned() };
        house.store.create_scene(&scene, Actor::System).await.unwrap();
        let twice = house.store.create_scene(&scene, Actor::System).await;
        assert!(matches!(twice, Err(CreateError::Taken)), "{twice:?}");
    }
    let scenes = house.store.scenes(house.performance).await.unwrap();
    let titles: Vec<_> = scenes.iter().map(|scene| scene.title.as_str()).collect();
    assert_eq!(titles, ["Пролог", "Озеро"]);

    let nowhere = PerformanceId(uuid::Uuid::nil());
    let scene = NewScene { performance: nowhere, position: 0, title: String::new() };
    let refused = house.store.create_scene(&scene, Actor::System).await;
    assert!(matches!(refused, Err(CreateError::UnknownParent)), "{refused:?}");
}

async fn what_is_over_stays_over(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let (store, by) = (&house.store, Actor::System);
    store.set_performance_status(house.performance, PerformanceStatus::Ended, by).await.unwrap();
    let reopened =
        store.set_performance_status(house.performance, PerformanceStatus::OnSale, by).await;
    assert!(matches!(reopened, Err(ChangeError::NotValid)), "{reopened:?}");
    let moved = store.reschedule_performance(house.performance, EVENING, by).await;
    assert!(matches!(moved, Err(ChangeError::NotValid)), "{moved:?}");
    let nowhere = PerformanceId(uuid::Uuid::nil());
    let moved = store.reschedule_performance(nowhere, EVENING, by).await;
    assert!(matches!(moved, Err(ChangeError::NotFound)), "{moved:?}");
}

async fn the_store_answers_and_closes(database: TestDatabase) {
    let (store, _) = open(&database, 1).await;
    store.ping().await.unwrap();
    let clone = store.clone();
    store.close().await;
    assert!(clone.ping().await.is_err());
}
