//! Who is let in, and who is not.

use protocol::{AccessLink, LinkKind, Role, TicketId};
use store::testing::TestDatabase;
use store::{
    Actor, AdmitError, AuditFilter, ChangeError, DenyReason, NewHolder, NewInvite,
    PerformanceStatus, SessionEnd,
};

use crate::{HOUR, House, laptop, phone, with_version};

store::on_both_databases!(
    a_ticket_admits,
    an_invite_admits_in_its_role,
    a_program_is_admitted_without_a_device,
    an_unknown_ticket_is_denied,
    a_link_of_another_version_is_denied,
    a_refunded_ticket_is_denied,
    a_transferred_ticket_admits_by_its_new_link_only,
    a_revoked_invite_is_denied,
    an_expired_invite_is_denied_but_ends_no_session,
    a_cancelled_performance_admits_nobody,
    an_ended_performance_admits_nobody,
    an_expired_performance_admits_nobody,
    a_denial_leaves_no_trace,
    a_refund_ends_the_live_session,
    ending_a_session_twice_is_no_error,
);

async fn denied(house: &House, link: AccessLink) -> DenyReason {
    match house.store.admit(link, &phone()).await {
        Err(AdmitError::Denied(reason)) => reason,
        other => panic!("expected a denial, got {other:?}"),
    }
}

async fn a_ticket_admits(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let admission = house.store.admit(ticket.link(), &phone()).await.unwrap();
    let session = admission.session;
    assert_eq!(session.performance, house.performance);
    assert_eq!(session.person, ticket.person());
    assert_eq!(session.role, Role::Spectator);
    assert_eq!(session.ticket, Some(ticket.id));
    assert_eq!(session.name, "Аня");
    assert_eq!(session.device, Some(phone()));
    assert!(admission.superseded.is_empty());

    let claims = session.claims();
    assert_eq!((claims.session, claims.person), (session.id, session.person));
    assert_eq!(house.store.live_session(session.id).await.unwrap(), Some(session));
    let used = house.store.ticket(ticket.id).await.unwrap().unwrap();
    assert_eq!(used.first_used_at, Some(crate::EVENING));
}

async fn an_invite_admits_in_its_role(database: TestDatabase) {
    let house = House::open(database, 10).await;
    for role in [Role::Actor, Role::StageManager] {
        let invite = house.invite(role).await;
        let session = house.store.admit(invite.link(), &phone()).await.unwrap().session;
        assert_eq!(session.role, role);
        assert_eq!(session.person, invite.person());
        assert_eq!(session.ticket, None);
        assert_eq!(session.name, "Ольга");
        assert_eq!(house.store.live_session(session.id).await.unwrap(), Some(session));
    }
}

async fn a_program_is_admitted_without_a_device(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let invite = house.invite(Role::Actor).await;
    let session = house.store.open_session_for(invite.link()).await.unwrap().session;
    assert_eq!(session.device, None);
    assert_eq!(house.store.live_session(session.id).await.unwrap(), Some(session));
}

async fn an_unknown_ticket_is_denied(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let stranger = AccessLink { kind: LinkKind::Ticket(TicketId(uuid::Uuid::nil())), version: 1 };
    assert_eq!(denied(&house, stranger).await, DenyReason::Unknown);
    // A ticket's id is no invite's.
    let as_invite =
        AccessLink { kind: LinkKind::Invite(protocol::InviteId(ticket.id.0)), version: 1 };
    assert_eq!(denied(&house, as_invite).await, DenyReason::Unknown);
}

async fn a_link_of_another_version_is_denied(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    for version in [0, 2, u32::MAX] {
        let link = with_version(ticket.link(), version);
        assert_eq!(denied(&house, link).await, DenyReason::StaleVersion);
    }
}

async fn a_refunded_ticket_is_denied(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let person = house.store.refund_ticket(ticket.id, Actor::System).await.unwrap();
    assert_eq!(person, ticket.person());
    assert_eq!(denied(&house, ticket.link()).await, DenyReason::Refunded);
    // Not even a link of the version that the refund led to.
    assert_eq!(denied(&house, with_version(ticket.link(), 2)).await, DenyReason::Refunded);
    assert_eq!(house.store.link_of_ticket(ticket.id).await.unwrap(), None);
}

async fn a_transferred_ticket_admits_by_its_new_link_only(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let before = house.store.admit(ticket.link(), &phone()).await.unwrap().session;
    let to = NewHolder { user: None, name: "Боря".to_owned() };
    let link = house.store.transfer_ticket(ticket.id, &to, Actor::System).await.unwrap();

    assert_eq!(house.store.live_session(before.id).await.unwrap(), None);
    assert_eq!(denied(&house, ticket.link()).await, DenyReason::StaleVersion);
    assert_eq!(house.store.link_of_ticket(ticket.id).await.unwrap(), Some(link));
    let after = house.store.admit(link, &laptop()).await.unwrap();
    assert_eq!(after.session.name, "Боря");
    assert!(after.superseded.is_empty(), "the transfer ended the earlier session");
}

async fn a_revoked_invite_is_denied(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let invite = house.invite(Role::StageManager).await;
    let session = house.store.admit(invite.link(), &phone()).await.unwrap().session;
    let person = house.store.revoke_invite(invite.id, Actor::System).await.unwrap();
    assert_eq!(person, invite.person());
    assert_eq!(house.store.live_session(session.id).await.unwrap(), None);
    assert_eq!(denied(&house, invite.link()).await, DenyReason::Revoked);
    assert_eq!(house.store.link_of_invite(invite.id).await.unwrap(), None);
    let again = house.store.revoke_invite(invite.id, Actor::System).await;
    assert!(matches!(again, Err(ChangeError::NotValid)), "{again:?}");
}

async fn an_expired_invite_is_denied_but_ends_no_session(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let expires_at = Some(crate::EVENING.after(HOUR));
    let new = NewInvite { expires_at, ..house.new_invite(Role::Actor) };
    let invite = house.store.create_invite(&new, Actor::System).await.unwrap();
    let session = house.store.admit(invite.link(), &phone()).await.unwrap().session;
    house.clock.advance(HOUR);
    assert_eq!(denied(&house, invite.link()).await, DenyReason::InviteExpired);
    assert_eq!(house.store.live_session(session.id).await.unwrap(), Some(session));
}

async fn a_cancelled_performance_admits_nobody(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let reason = over(&house, PerformanceStatus::Cancelled).await;
    assert_eq!(reason, DenyReason::PerformanceCancelled);
}

async fn an_ended_performance_admits_nobody(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let reason = over(&house, PerformanceStatus::Ended).await;
    assert_eq!(reason, DenyReason::PerformanceEnded);
}

/// Ends the performance over the heads of the people in it; gives the reason for the next.
async fn over(house: &House, status: PerformanceStatus) -> DenyReason {
    let (ticket, invite) = (house.ticket().await, house.invite(Role::Actor).await);
    let inside = [
        house.store.admit(ticket.link(), &phone()).await.unwrap().session,
        house.store.admit(invite.link(), &phone()).await.unwrap().session,
    ];
    house.store.set_performance_status(house.performance, status, Actor::System).await.unwrap();
    for session in inside {
        assert_eq!(house.store.live_session(session.id).await.unwrap(), None);
    }
    let reason = denied(house, ticket.link()).await;
    assert_eq!(denied(house, invite.link()).await, reason);
    reason
}

async fn an_expired_performance_admits_nobody(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let session = house.store.admit(ticket.link(), &phone()).await.unwrap().session;
    house.clock.advance(5 * HOUR);
    assert_eq!(denied(&house, ticket.link()).await, DenyReason::PerformanceExpired);
    assert_eq!(house.store.live_session(session.id).await.unwrap(), None);
}

async fn a_denial_leaves_no_trace(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let ticket = house.ticket().await;
    let session = house.store.admit(ticket.link(), &phone()).await.unwrap().session;
    let other = house.ticket().await;
    let before = house.store.audit_log(&AuditFilter::default()).await.unwrap();

    denied(&house, with_version(ticket.link(), 7)).await;
    denied(&house, with_version(other.link(), 7)).await;
    assert_eq!(house.store.audit_log(&AuditFilter::default()).await.unwrap(), before);
    assert_eq!(house.store.live_session(session.id).await.unwrap(), Some(session));
    let other = house.store.ticket(other.id).await.unwrap().unwrap();
    assert_eq!(other.first_used_at, None);
}

async fn a_refund_ends_the_live_session(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let (ticket, neighbour) = (house.ticket().await, house.ticket().await);
    let session = house.store.admit(ticket.link(), &phone()).await.unwrap().session;
    let beside = house.store.admit(neighbour.link(), &phone()).await.unwrap().session;
    house.store.refund_ticket(ticket.id, Actor::System).await.unwrap();
    assert_eq!(house.store.live_session(session.id).await.unwrap(), None);
    assert_eq!(house.store.live_session(beside.id).await.unwrap(), Some(beside));
}

async fn ending_a_session_twice_is_no_error(database: TestDatabase) {
    let house = House::open(database, 10).await;
    let session = house.store.admit(house.ticket().await.link(), &phone()).await.unwrap().session;
    for _ in 0..2 {
        house.store.end_session(session.id, SessionEnd::Left).await.unwrap();
        assert_eq!(house.store.live_session(session.id).await.unwrap(), None);
    }
    let subject = Some(store::Subject::Session(session.id));
    let filter = AuditFilter { subject, ..AuditFilter::default() };
    let lines = house.store.audit_log(&filter).await.unwrap();
    assert_eq!(lines.len(), 2, "admitted, and ended once: {lines:?}");
}
