//! One live session a person, whatever happens at once.

use std::collections::HashSet;

use store::testing::TestDatabase;
use store::{Actor, AdmitError, HouseMessage};
use tokio::task::JoinSet;

use crate::{House, laptop, phone};

store::on_both_databases!(
    a_second_device_takes_the_seat_over,
    of_fifty_at_once_one_sits,
    a_refund_among_arrivals_leaves_nobody_inside,
);

async fn a_second_device_takes_the_seat_over(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let first = house.store.admit(ticket.link(), &phone()).await.unwrap().session;
    let second = house.store.admit(ticket.link(), &laptop()).await.unwrap();
    assert_eq!(second.superseded, [first.id]);
    assert_eq!(house.store.live_session(first.id).await.unwrap(), None);
    assert_eq!(
        house.store.live_session(second.session.id).await.unwrap(),
        Some(second.session.clone())
    );

    let messages = house.store.pending_messages().await.unwrap();
    let payloads: Vec<_> = messages.into_iter().map(|message| message.payload).collect();
    let told = HouseMessage::TakenOver {
        performance: house.performance,
        person: ticket.person(),
        sessions: vec![first.id],
    };
    assert_eq!(payloads, [told]);
}

async fn of_fifty_at_once_one_sits(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let link = house.ticket().await.link();
    let other = house.another_process().await;
    let mut arrivals = JoinSet::new();
    for number in 0..50 {
        let store = if number % 2 == 0 { house.store.clone() } else { other.clone() };
        arrivals.spawn(async move { store.admit(link, &phone()).await });
    }
    let mut admitted = HashSet::new();
    let mut superseded = Vec::new();
    while let Some(arrival) = arrivals.join_next().await {
        let admission = arrival.unwrap().expect("every arrival is let in");
        assert!(admitted.insert(admission.session.id), "session ids are unique");
        superseded.extend(admission.superseded);
    }
    assert_eq!(admitted.len(), 50);
    assert_eq!(superseded.len(), 49, "each but the last was superseded once");
    for session in &superseded {
        assert!(admitted.remove(session), "superseded twice, or never admitted");
        assert_eq!(house.store.live_session(*session).await.unwrap(), None);
    }
    let last = admitted.into_iter().next().unwrap();
    assert!(house.store.live_session(last).await.unwrap().is_some());
}

async fn a_refund_among_arrivals_leaves_nobody_inside(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let mut arrivals = JoinSet::new();
    for number in 0..20 {
        let (store, link, id) = (house.store.clone(), ticket.link(), ticket.id);
        arrivals.spawn(async move {
            if number == 10 {
                store.refund_ticket(id, Actor::System).await.unwrap();
            }
            match store.admit(link, &phone()).await {
                Ok(admission) => Some(admission.session.id),
                Err(AdmitError::Denied(_)) => None,
                Err(AdmitError::Store(error)) => panic!("{error}"),
            }
        });
    }
    for session in arrivals.join_all().await.into_iter().flatten() {
        assert_eq!(house.store.live_session(session).await.unwrap(), None);
    }
}
