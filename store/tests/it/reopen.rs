//! What was written is there after a restart.

use protocol::PersonId;
use serde_json::json;
use store::testing::TestDatabase;
use store::{AuditFilter, CueLine};

use crate::{House, phone};

store::on_both_databases!(everything_survives_a_restart);

async fn everything_survives_a_restart(database: TestDatabase) {
    let House { store, performance, database, stalls, .. } = House::open(database, 10).await;
    let new =
        store::NewTicket { ticket_type: stalls, user: None, holder_name: "Аня".to_owned() };
    let ticket = store.issue_ticket(&new, store::Actor::System).await.unwrap();
    let session = store.admit(ticket.link(), &phone()).await.unwrap().session;
    let taken_over = store.admit(ticket.link(), &phone()).await.unwrap().session;
    let cue = CueLine { actor: PersonId(uuid::Uuid::nil()), command: json!("raise") };
    store.record_cue(performance, 0, &json!({ "curtain": true }), &cue).await.unwrap();

    let before = (
        store.performance(performance).await.unwrap(),
        store.ticket(ticket.id).await.unwrap(),
        store.stage(performance).await.unwrap(),
        store.cue_log(performance).await.unwrap(),
        store.audit_log(&AuditFilter::default()).await.unwrap(),
        store.pending_messages().await.unwrap(),
    );
    store.close().await;

    let (store, _) = crate::open(&database, 9).await;
    let after = (
        store.performance(performance).await.unwrap(),
        store.ticket(ticket.id).await.unwrap(),
        store.stage(performance).await.unwrap(),
        store.cue_log(performance).await.unwrap(),
        store.audit_log(&AuditFilter::default()).await.unwrap(),
        store.pending_messages().await.unwrap(),
    );
    assert_eq!(after, before);
    assert_eq!(store.live_session(session.id).await.unwrap(), None);
    assert_eq!(store.live_session(taken_over.id).await.unwrap(), Some(taken_over));
}
