//! The stage's state and its log, together or not at all.

use std::time::Duration;

use protocol::{PerformanceId, PersonId};
use serde_json::{Value, json};
use store::testing::TestDatabase;
use store::{CueLine, RecordError, StageRecord};
use tokio::task::JoinSet;

use crate::{EVENING, House};

store::on_both_databases!(
    a_stage_begins_empty,
    cues_and_state_advance_together,
    a_stale_cue_is_refused_and_not_logged,
    of_concurrent_cues_one_is_recorded,
    a_cue_needs_a_performance,
);

fn cue(command: &str) -> CueLine {
    CueLine { actor: PersonId(uuid::Uuid::max()), command: json!({ "type": command }) }
}

async fn a_stage_begins_empty(database: TestDatabase) {
    let house = House::open(database, 1).await;
    let stage = house.store.stage(house.performance).await.unwrap();
    assert_eq!(stage, StageRecord { revision: 0, state: Value::Null });
    assert!(house.store.cue_log(house.performance).await.unwrap().is_empty());
}

async fn cues_and_state_advance_together(database: TestDatabase) {
    let house = House::open(database, 1).await;
    // Text that tempts a database: quotes, a backslash, NUL, and letters beyond the basic plane.
    let states = [json!({ "curtain": "up" }), json!({ "note": "'\"\\\u{0}🎭 ё" })];
    for (revision, state) in (0..).zip(&states) {
        let name = format!("cue-{revision}");
        let recorded =
            house.store.record_cue(house.performance, revision, state, &cue(&name)).await.unwrap();
        assert_eq!(recorded, revision + 1);
        house.clock.advance(Duration::from_secs(1));
    }
    let stage = house.store.stage(house.performance).await.unwrap();
    assert_eq!(stage, StageRecord { revision: 2, state: states[1].clone() });

    let log = house.store.cue_log(house.performance).await.unwrap();
    let lines: Vec<_> = log.iter().map(|line| (line.revision, line.at, &line.command)).collect();
    let later = EVENING.after(Duration::from_secs(1));
    assert_eq!(
        lines,
        [(1, EVENING, &json!({ "type": "cue-0" })), (2, later, &json!({ "type": "cue-1" }))]
    );
    assert_eq!(log[0].actor, PersonId(uuid::Uuid::max()));
}

async fn a_stale_cue_is_refused_and_not_logged(database: TestDatabase) {
    let house = House::open(database, 1).await;
    let first = json!({ "first": true });
    house.store.record_cue(house.performance, 0, &first, &cue("first")).await.unwrap();
    for stale in [0, 2, -1] {
        let refused =
            house.store.record_cue(house.performance, stale, &json!({}), &cue("late")).await;
        assert!(matches!(refused, Err(RecordError::Conflict)), "at {stale}: {refused:?}");
    }
    let stage = house.store.stage(house.performance).await.unwrap();
    assert_eq!(stage, StageRecord { revision: 1, state: first });
    assert_eq!(house.store.cue_log(house.performance).await.unwrap().len(), 1);
}

async fn of_concurrent_cues_one_is_recorded(database: TestDatabase) {
    let house = House::open(database, 1).await;
    let other = house.another_process().await;
    for revision in 0..2 {
        let mut cues = JoinSet::new();
        for number in 0..20 {
            let store = if number % 2 == 0 { house.store.clone() } else { other.clone() };
            let performance = house.performance;
            cues.spawn(async move {
                let state = json!({ "by": number });
                store.record_cue(performance, revision, &state, &cue("race")).await
            });
        }
        let mut recorded = 0;
        for result in cues.join_all().await {
            match result {
                Ok(next) => {
                    assert_eq!(next, revision + 1);
                    recorded += 1;
                }
                Err(RecordError::Conflict) => {}
                Err(RecordError::Store(error)) => panic!("{error}"),
            }
        }
        assert_eq!(recorded, 1);
        let log = house.store.cue_log(house.performance).await.unwrap();
        assert_eq!(i64::try_from(log.len()).unwrap(), revision + 1);
    }
}

async fn a_cue_needs_a_performance(database: TestDatabase) {
    let house = House::open(database, 1).await;
    let nowhere = PerformanceId(uuid::Uuid::nil());
    let refused = house.store.record_cue(nowhere, 0, &json!({}), &cue("echo")).await;
    assert!(matches!(refused, Err(RecordError::Store(_))), "{refused:?}");
}
