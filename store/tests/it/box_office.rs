//! Seats and their quota.

use protocol::{PerformanceId, TicketTypeId, UserId};
use store::testing::TestDatabase;
use store::{
    Actor, ChangeError, CreateError, IssueError, NewHolder, NewTicket, NewTicketType,
    PerformanceStatus, Stars, StoreError, TicketStatus,
};
use tokio::task::JoinSet;

use crate::House;

store::on_both_databases!(
    a_house_is_never_oversold,
    a_refunded_seat_is_sold_again,
    a_refund_counts_once,
    a_refunded_ticket_is_not_passed_on,
    a_ticket_needs_its_type_and_its_owner,
    a_performance_that_is_over_gives_out_no_tickets,
    a_negative_price_is_refused_by_the_database,
);

async fn sold(house: &House) -> u32 {
    let types = house.store.ticket_types(house.performance).await.unwrap();
    types.iter().find(|kind| kind.id == house.stalls).unwrap().sold
}

async fn a_house_is_never_oversold(database: TestDatabase) {
    let house = House::open(database, 15).await;
    let other = house.another_process().await;
    let mut buyers = JoinSet::new();
    for number in 0..60 {
        let store = if number % 2 == 0 { house.store.clone() } else { other.clone() };
        let ticket = house.new_ticket();
        buyers.spawn(async move { store.issue_ticket(&ticket, Actor::System).await });
    }
    let mut numbers = Vec::new();
    for bought in buyers.join_all().await {
        match bought {
            Ok(ticket) => numbers.push(ticket.number),
            Err(IssueError::SoldOut) => {}
            Err(error) => panic!("a buyer saw a fault: {error}"),
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=15).collect::<Vec<_>>());
    assert_eq!(sold(&house).await, 15);
}

async fn a_refunded_seat_is_sold_again(database: TestDatabase) {
    let house = House::open(database, 1).await;
    let first = house.ticket().await;
    let refused = house.store.issue_ticket(&house.new_ticket(), Actor::System).await;
    assert!(matches!(refused, Err(IssueError::SoldOut)), "{refused:?}");
    house.store.refund_ticket(first.id, Actor::System).await.unwrap();
    assert_eq!(sold(&house).await, 0);
    let second = house.ticket().await;
    assert_eq!(second.number, 2, "numbers are not used again");
    assert_eq!(sold(&house).await, 1);
}

async fn a_refund_counts_once(database: TestDatabase) {
    let house = House::open(database, 5).await;
    let (ticket, _other) = (house.ticket().await, house.ticket().await);
    let mut refunds = JoinSet::new();
    for _ in 0..10 {
        let store = house.store.clone();
        refunds.spawn(async move { store.refund_ticket(ticket.id, Actor::System).await });
    }
    let results = refunds.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.into_iter().filter_map(Result::err) {
        assert!(matches!(error, ChangeError::NotValid), "{error}");
    }
    assert_eq!(sold(&house).await, 1);
    assert_eq!(house.store.pending_messages().await.unwrap().len(), 1);
    let refunded = house.store.ticket(ticket.id).await.unwrap().unwrap();
    assert_eq!((refunded.status, refunded.version), (TicketStatus::Refunded, 2));
}

async fn a_refunded_ticket_is_not_passed_on(database: TestDatabase) {
    let house = House::open(database, 5).await;
    let ticket = house.ticket().await;
    house.store.refund_ticket(ticket.id, Actor::System).await.unwrap();
    let to = NewHolder { user: None, name: "Боря".to_owned() };
    let passed = house.store.transfer_ticket(ticket.id, &to, Actor::System).await;
    assert!(matches!(passed, Err(ChangeError::NotValid)), "{passed:?}");
    let unknown = protocol::TicketId(uuid::Uuid::nil());
    let passed = house.store.transfer_ticket(unknown, &to, Actor::System).await;
    assert!(matches!(passed, Err(ChangeError::NotFound)), "{passed:?}");
}

async fn a_ticket_needs_its_type_and_its_owner(database: TestDatabase) {
    let house = House::open(database, 5).await;
    let unknown = TicketTypeId(uuid::Uuid::nil());
    let ticket = NewTicket { ticket_type: unknown, ..house.new_ticket() };
    let refused = house.store.issue_ticket(&ticket, Actor::System).await;
    assert!(matches!(refused, Err(IssueError::UnknownType)), "{refused:?}");

    let stranger = Some(UserId(uuid::Uuid::nil()));
    let ticket = NewTicket { user: stranger, ..house.new_ticket() };
    let refused = house.store.issue_ticket(&ticket, Actor::System).await;
    assert!(matches!(refused, Err(IssueError::UnknownUser)), "{refused:?}");
    assert_eq!(sold(&house).await, 0, "a refusal takes no seat");
}

async fn a_performance_that_is_over_gives_out_no_tickets(database: TestDatabase) {
    let house = House::open(database, 5).await;
    let status = PerformanceStatus::Cancelled;
    house.store.set_performance_status(house.performance, status, Actor::System).await.unwrap();
    let refused = house.store.issue_ticket(&house.new_ticket(), Actor::System).await;
    assert!(matches!(refused, Err(IssueError::PerformanceOver)), "{refused:?}");
    assert_eq!(sold(&house).await, 0, "a refusal takes no seat");
}

async fn a_negative_price_is_refused_by_the_database(database: TestDatabase) {
    let house = House::open(database, 5).await;
    let kind = NewTicketType {
        performance: house.performance,
        name: "Галёрка".to_owned(),
        price: Stars(-1),
        capacity: 5,
    };
    let refused = house.store.create_ticket_type(&kind, Actor::System).await;
    let Err(CreateError::Store(StoreError::Database(sqlx::Error::Database(cause)))) = &refused
    else {
        panic!("expected the database's refusal, got {refused:?}");
    };
    assert!(cause.is_check_violation(), "{cause}");

    let nowhere = PerformanceId(uuid::Uuid::nil());
    let kind = NewTicketType { performance: nowhere, price: Stars(0), ..kind };
    let refused = house.store.create_ticket_type(&kind, Actor::System).await;
    assert!(matches!(refused, Err(CreateError::UnknownParent)), "{refused:?}");
}
