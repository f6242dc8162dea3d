//! Sittings: one row from a person's entry to their departure.

use protocol::{DeviceId, PerformanceId, PersonId, Role, SessionClaims, SessionId, TicketId};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row, words};
use crate::db::{Tx, execute, fetch_all, fetch_optional};
use crate::error::StoreError;
use crate::store::Store;

words! {
    /// Why a sitting ended.
    pub enum SessionEnd {
        /// The person entered anew, here or on another device.
        Superseded = "superseded",
        /// The person left.
        Left = "left",
        /// The ticket was refunded.
        Refunded = "refunded",
        /// The ticket was passed on.
        Transferred = "transferred",
        /// The invite was revoked.
        Revoked = "revoked",
        /// The performance ended or was cancelled.
        PerformanceOver = "performance-over",
    }
}

/// A sitting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its id.
    pub id: SessionId,
    /// Where.
    pub performance: PerformanceId,
    /// Whose.
    pub person: PersonId,
    /// What the person may do.
    pub role: Role,
    /// The ticket, for spectators.
    pub ticket: Option<TicketId>,
    /// What others call the person.
    pub name: String,
    /// The browser it was opened for, if any.
    pub device: Option<DeviceId>,
}

from_row!(SessionRecord {
    id: text,
    performance: text,
    person: text,
    role: text,
    ticket: optional_text,
    name: plain,
    device: optional_text,
});

impl SessionRecord {
    /// What a token of this sitting says.
    #[must_use]
    pub fn claims(&self) -> SessionClaims {
        SessionClaims {
            session: self.id,
            performance: self.performance,
            person: self.person,
            role: self.role,
            ticket: self.ticket,
        }
    }
}

impl Store {
    /// The sitting, if it still counts: not ended, its ticket or invite neither refunded,
    /// revoked nor passed on since, and the performance not over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_session(
        &self,
        session: SessionId,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let mut db = self.read().await?;
        // Access is judged afresh and not only by `ended_at`, so that a session which slipped in
        // beside a cancellation does not live on.
        fetch_optional!(
            &mut db,
            SessionRecord,
            "SELECT s.id, s.performance_id AS performance, s.person_id AS person, s.role,
                    s.ticket_id AS ticket, COALESCE(t.holder_name, i.name) AS name, s.device
             FROM sessions s
             JOIN performances p ON p.id = s.performance_id
             LEFT JOIN tickets t
                 ON t.id = s.ticket_id AND t.status = 'valid' AND t.version = s.link_version
             LEFT JOIN invites i
                 ON i.id = s.invite_id AND i.status = 'valid' AND i.version = s.link_version
             WHERE s.id = $1 AND s.ended_at IS NULL
               AND (t.id IS NOT NULL OR i.id IS NOT NULL)
               AND p.status NOT IN ('cancelled', 'ended')
               AND (p.expires_at IS NULL OR p.expires_at > $2)",
            Text(session),
            self.now().0,
        )
    }

    /// Ends a sitting. Ending one that has ended already, or never was, changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(
        &self,
        session: SessionId,
        reason: SessionEnd,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let ended = fetch_optional!(
            &mut tx,
            (Text<PersonId>, Text<PerformanceId>),
            "UPDATE sessions SET ended_at = $2, end_reason = $3
             WHERE id = $1 AND ended_at IS NULL
             RETURNING person_id, performance_id",
            Text(session),
            self.now().0,
            reason.as_str(),
        )?;
        if let Some((Text(person), Text(performance))) = ended {
            let entry = Entry {
                actor: Actor::Person(person),
                action: AuditAction::SessionEnded,
                subject: Subject::Session(session),
                performance: Some(performance),
                detail: json!({ "reason": reason.as_str() }),
            };
            self.audit(&mut tx, entry).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Ends the live sitting of a person, if any. The caller holds the lock on their ticket or
    /// invite.
    pub(crate) async fn end_sessions_of(
        &self,
        tx: &mut Tx,
        person: PersonId,
        reason: SessionEnd,
    ) -> Result<Vec<SessionId>, StoreError> {
        let ended = fetch_all!(
            tx,
            (Text<SessionId>,),
            "UPDATE sessions SET ended_at = $2, end_reason = $3
             WHERE person_id = $1 AND ended_at IS NULL
             RETURNING id",
            Text(person),
            self.now().0,
            reason.as_str(),
        )?;
        Ok(ended.into_iter().map(|(Text(id),)| id).collect())
    }

    /// Ends every live sitting of a performance.
    pub(crate) async fn end_sessions_in(
        &self,
        tx: &mut Tx,
        performance: PerformanceId,
    ) -> Result<u64, StoreError> {
        execute!(
            tx,
            "UPDATE sessions SET ended_at = $2, end_reason = $3
             WHERE performance_id = $1 AND ended_at IS NULL",
            Text(performance),
            self.now().0,
            SessionEnd::PerformanceOver.as_str(),
        )
    }
}
