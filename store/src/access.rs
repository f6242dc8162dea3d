//! The door: a link becomes a sitting.

use protocol::{
    AccessLink, DeviceId, InviteId, LinkKind, PerformanceId, PersonId, Role, SessionId, TicketId,
    Timestamp,
};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row};
use crate::db::{Tx, execute, fetch_one, fetch_optional};
use crate::error::StoreError;
use crate::invites::InviteStatus;
use crate::outbox::HouseMessage;
use crate::performances::PerformanceStatus;
use crate::sessions::{SessionEnd, SessionRecord};
use crate::store::Store;
use crate::tickets::TicketStatus;

/// Somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The new sitting.
    pub session: SessionRecord,
    /// The person's earlier sittings, which this one ended.
    pub superseded: Vec<SessionId>,
}

/// Why a link does not admit. For logs: from outside every refusal looks the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DenyReason {
    /// No such ticket or invite.
    #[error("unknown ticket or invite")]
    Unknown,
    /// The link was made for an earlier version: the ticket was passed on since.
    #[error("link of an earlier version")]
    StaleVersion,
    /// The ticket was refunded.
    #[error("ticket was refunded")]
    Refunded,
    /// The invite was revoked.
    #[error("invite was revoked")]
    Revoked,
    /// The invite admits no longer.
    #[error("invite has expired")]
    InviteExpired,
    /// The performance was cancelled.
    #[error("performance was cancelled")]
    PerformanceCancelled,
    /// The performance is over.
    #[error("performance has ended")]
    PerformanceEnded,
    /// The performance admits no longer.
    #[error("performance has expired")]
    PerformanceExpired,
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// The link does not admit.
    #[error("denied: {0}")]
    Denied(DenyReason),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a ticket or invite says about its holder.
struct Credential {
    performance: PerformanceId,
    role: Role,
    name: String,
    version: u32,
    /// The reason that stands in the credential itself, whatever the link.
    invalid: Option<DenyReason>,
}

struct TicketRow {
    performance_id: PerformanceId,
    holder_name: String,
    status: TicketStatus,
    version: u32,
}

from_row!(TicketRow { performance_id: text, holder_name: plain, status: text, version: number });

struct InviteRow {
    performance_id: PerformanceId,
    role: Role,
    name: String,
    status: InviteStatus,
    version: u32,
    expires_at: Option<Timestamp>,
}

from_row!(InviteRow {
    performance_id: text,
    role: text,
    name: plain,
    status: text,
    version: number,
    expires_at: optional_time,
});

impl Store {
    /// Lets the holder of a link in, on a device. The link's signature was checked by
    /// [`AccessLink::open`]; here the box office decides. Earlier sittings of the person end.
    ///
    /// # Errors
    /// When the link does not admit, or the database fails; then nothing has changed.
    pub async fn admit(
        &self,
        link: AccessLink,
        device: &DeviceId,
    ) -> Result<Admission, AdmitError> {
        self.open_session(link, Some(device)).await
    }

    /// [`Store::admit`] for a program instead of a browser, as `rampa token` needs it.
    ///
    /// # Errors
    /// When the link does not admit, or the database fails; then nothing has changed.
    pub async fn open_session_for(&self, link: AccessLink) -> Result<Admission, AdmitError> {
        self.open_session(link, None).await
    }

    async fn open_session(
        &self,
        link: AccessLink,
        device: Option<&DeviceId>,
    ) -> Result<Admission, AdmitError> {
        let mut tx = self.write().await?;
        let (person, ticket, invite): (PersonId, Option<TicketId>, Option<InviteId>) =
            match link.kind {
                LinkKind::Ticket(id) => (id.into(), Some(id), None),
                LinkKind::Invite(id) => (id.into(), None, Some(id)),
            };
        let credential = self.lock_credential(&mut tx, link.kind).await?;
        let credential = credential.ok_or(AdmitError::Denied(DenyReason::Unknown))?;
        self.check(&mut tx, &credential, link).await?;

        let superseded = self.end_sessions_of(&mut tx, person, SessionEnd::Superseded).await?;
        let session = SessionRecord {
            id: SessionId::generate(self.clock(), self.entropy()),
            performance: credential.performance,
            person,
            role: credential.role,
            ticket,
            name: credential.name,
            device: device.cloned(),
        };
        execute!(
            &mut tx,
            "INSERT INTO sessions (id, performance_id, person_id, role, ticket_id, invite_id,
                                   link_version, device, started_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            Text(session.id),
            Text(session.performance),
            Text(person),
            session.role.as_str(),
            ticket.map(Text),
            invite.map(Text),
            i64::from(link.version),
            device.map(DeviceId::as_str),
            self.now().0,
        )?;
        self.note_admission(&mut tx, &session, &superseded).await?;
        if superseded.is_empty() {
            tx.commit().await?;
        } else {
            self.commit_and_wake(tx).await?;
        }
        Ok(Admission { session, superseded })
    }

    /// Reads the ticket or invite and locks it, so that take-overs and refunds of one person
    /// come one after the other: an UPDATE locks the row on PostgreSQL, and SQLite has a single
    /// writer anyway. A refusal rolls it back.
    async fn lock_credential(
        &self,
        tx: &mut Tx,
        kind: LinkKind,
    ) -> Result<Option<Credential>, StoreError> {
        let now = self.now();
        Ok(match kind {
            LinkKind::Ticket(id) => fetch_optional!(
                tx,
                TicketRow,
                "UPDATE tickets SET first_used_at = COALESCE(first_used_at, $2) WHERE id = $1
                 RETURNING performance_id, holder_name, status, version",
                Text(id),
                now.0,
            )?
            .map(|row| Credential {
                performance: row.performance_id,
                role: Role::Spectator,
                name: row.holder_name,
                version: row.version,
                invalid: (row.status == TicketStatus::Refunded).then_some(DenyReason::Refunded),
            }),
            LinkKind::Invite(id) => fetch_optional!(
                tx,
                InviteRow,
                "UPDATE invites SET first_used_at = COALESCE(first_used_at, $2) WHERE id = $1
                 RETURNING performance_id, role, name, status, version, expires_at",
                Text(id),
                now.0,
            )?
            .map(|row| Credential {
                performance: row.performance_id,
                role: row.role,
                name: row.name,
                version: row.version,
                invalid: if row.status == InviteStatus::Revoked {
                    Some(DenyReason::Revoked)
                } else {
                    let expired = row.expires_at.is_some_and(|at| at <= now);
                    expired.then_some(DenyReason::InviteExpired)
                },
            }),
        })
    }

    async fn check(
        &self,
        tx: &mut Tx,
        credential: &Credential,
        link: AccessLink,
    ) -> Result<(), AdmitError> {
        let deny = |reason| Err(AdmitError::Denied(reason));
        if let Some(reason) = credential.invalid {
            return deny(reason);
        }
        if credential.version != link.version {
            return deny(DenyReason::StaleVersion);
        }
        let (Text(status), expires_at) = fetch_one!(
            tx,
            (Text<PerformanceStatus>, Option<i64>),
            "SELECT status, expires_at FROM performances WHERE id = $1",
            Text(credential.performance),
        )?;
        match status {
            PerformanceStatus::Cancelled => deny(DenyReason::PerformanceCancelled),
            PerformanceStatus::Ended => deny(DenyReason::PerformanceEnded),
            _ if expires_at.is_some_and(|at| at <= self.now().0) => {
                deny(DenyReason::PerformanceExpired)
            }
            _ => Ok(()),
        }
    }

    async fn note_admission(
        &self,
        tx: &mut Tx,
        session: &SessionRecord,
        superseded: &[SessionId],
    ) -> Result<(), StoreError> {
        let entry = Entry {
            actor: Actor::Person(session.person),
            action: AuditAction::Admitted,
            subject: Subject::Session(session.id),
            performance: Some(session.performance),
            detail: json!({ "role": session.role, "superseded": superseded }),
        };
        self.audit(tx, entry).await?;
        if !superseded.is_empty() {
            let message = HouseMessage::TakenOver {
                performance: session.performance,
                person: session.person,
                sessions: superseded.to_vec(),
            };
            self.enqueue(tx, &message).await?;
        }
        Ok(())
    }
}
