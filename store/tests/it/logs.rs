//! The audit log and the outbox.

use bus::{Bus, Delivery};
use protocol::Role;
use serde_json::json;
use store::testing::TestDatabase;
use store::{Actor, AuditAction, AuditFilter, HouseMessage, NewUser, PerformanceStatus, Subject};

use crate::{EVENING, House, phone};

store::on_both_databases!(
    a_refund_is_in_the_audit_log_and_the_outbox,
    messages_reach_the_bus_once,
    the_end_of_a_performance_is_told,
    the_audit_log_is_read_page_by_page,
);

async fn a_refund_is_in_the_audit_log_and_the_outbox(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let user =
        NewUser {
            telegram_id: None, name: "Касса".to_owned(), language: protocol::Language::Ru
        };
    let user = house.store.create_user(&user).await.unwrap();
    let ticket = house.ticket().await;
    let session = house.store.admit(ticket.link(), &phone()).await.unwrap().session;
    house.store.refund_ticket(ticket.id, Actor::User(user.id)).await.unwrap();

    let subject = Some(Subject::Ticket(ticket.id));
    let filter = AuditFilter { subject, ..AuditFilter::default() };
    let lines = house.store.audit_log(&filter).await.unwrap();
    let actions: Vec<_> = lines.iter().map(|line| line.action).collect();
    assert_eq!(actions, [AuditAction::Refunded, AuditAction::Issued], "newest first");
    let refund = &lines[0];
    assert_eq!(refund.actor, Actor::User(user.id));
    assert_eq!(refund.at, EVENING);
    assert_eq!(refund.performance, Some(house.performance));
    assert_eq!(refund.detail, json!({ "version": 2, "sessions_ended": [session.id] }));

    let messages = house.store.pending_messages().await.unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].created_at, EVENING);
    let revoked = HouseMessage::AccessRevoked {
        performance: house.performance,
        person: ticket.person(),
        sessions: vec![session.id],
    };
    assert_eq!(messages[0].payload, revoked);
}

async fn messages_reach_the_bus_once(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let bus = Bus::in_process();
    let mut heard = bus.subscribe();
    let mut changes = house.store.outbox_changes();
    let invite = house.invite(Role::Actor).await;
    assert!(!changes.has_changed().unwrap(), "an invite is no news");

    house.store.revoke_invite(invite.id, Actor::System).await.unwrap();
    changes.changed().await.unwrap();
    assert_eq!(house.store.deliver_messages(&bus).await.unwrap(), 1);
    let revoked = HouseMessage::AccessRevoked {
        performance: house.performance,
        person: invite.person(),
        sessions: vec![],
    };
    assert_eq!(heard.recv().await, Some(Delivery::Message(revoked)));

    assert_eq!(house.store.deliver_messages(&bus).await.unwrap(), 0);
    assert_eq!(house.another_process().await.deliver_messages(&bus).await.unwrap(), 0);
    drop(bus);
    assert_eq!(heard.recv().await, None, "nothing was published twice");
}

async fn the_end_of_a_performance_is_told(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let performance = house.performance;
    for status in [PerformanceStatus::SalesPaused, PerformanceStatus::Ended] {
        house.store.set_performance_status(performance, status, Actor::System).await.unwrap();
    }
    let messages = house.store.pending_messages().await.unwrap();
    let payloads: Vec<_> = messages.into_iter().map(|message| message.payload).collect();
    assert_eq!(payloads, [HouseMessage::PerformanceOver { performance }]);
}

async fn the_audit_log_is_read_page_by_page(database: TestDatabase) {
    let house = House::open(database, 10).await;
    for _ in 0..5 {
        house.ticket().await;
    }
    let performance = Some(house.performance);
    let all = AuditFilter { performance, ..AuditFilter::default() };
    let all = house.store.audit_log(&all).await.unwrap();
    // The performance, its ticket type and the tickets; the show is of no performance.
    assert_eq!(all.len(), 7);

    let mut pages = Vec::new();
    let mut filter = AuditFilter { performance, limit: Some(3), ..AuditFilter::default() };
    loop {
        let page = house.store.audit_log(&filter).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        filter.before = Some(last.seq);
        pages.extend(page);
    }
    assert_eq!(pages, all);
}
