//! Tickets: reading them, refunding them, passing them on.

use protocol::{
    AccessLink, LinkKind, PerformanceId, PersonId, TicketId, TicketTypeId, Timestamp, UserId,
};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row, words};
use crate::db::{Connected, Tx, execute, fetch_optional};
use crate::error::{ChangeError, StoreError};
use crate::outbox::HouseMessage;
use crate::sessions::SessionEnd;
use crate::store::Store;

words! {
    /// Whether a ticket counts.
    pub enum TicketStatus {
        /// It admits.
        Valid = "valid",
        /// The money went back, and the seat to the house. Final.
        Refunded = "refunded",
    }
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRecord {
    /// Its id.
    pub id: TicketId,
    /// For which performance.
    pub performance: PerformanceId,
    /// Of which kind.
    pub ticket_type: TicketTypeId,
    /// The how-manieth of its kind, from 1.
    pub number: u32,
    /// The account it belongs to, if any.
    pub user: Option<UserId>,
    /// What others call the person who comes with it.
    pub holder_name: String,
    /// Whether it counts.
    pub status: TicketStatus,
    /// The version of its link; older links are dead.
    pub version: u32,
    /// When it first admitted somebody, if it did.
    pub first_used_at: Option<Timestamp>,
    /// When it was given out.
    pub created_at: Timestamp,
}

from_row!(TicketRecord {
    id: text,
    performance: text,
    ticket_type: text,
    number: number,
    user: optional_text,
    holder_name: plain,
    status: text,
    version: number,
    first_used_at: optional_time,
    created_at: time,
});

impl TicketRecord {
    /// The link that admits by this ticket now, to be sealed by the caller.
    #[must_use]
    pub fn link(&self) -> AccessLink {
        AccessLink { kind: LinkKind::Ticket(self.id), version: self.version }
    }

    /// Who comes with it.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.id.into()
    }
}

/// Whom a ticket is passed on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHolder {
    /// The account it belongs to from now on, if any.
    pub user: Option<UserId>,
    /// What others call the person who comes with it.
    pub name: String,
}

/// What a change of a ticket needs to know of it.
pub(crate) struct Changed {
    performance_id: PerformanceId,
    ticket_type_id: TicketTypeId,
    version: u32,
}

from_row!(Changed { performance_id: text, ticket_type_id: text, version: number });

impl Store {
    /// The ticket of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ticket(&self, id: TicketId) -> Result<Option<TicketRecord>, StoreError> {
        fetch_optional!(
            &mut self.read().await?,
            TicketRecord,
            "SELECT id, performance_id AS performance, ticket_type_id AS ticket_type, number,
                    user_id AS user, holder_name, status, version, first_used_at, created_at
             FROM tickets WHERE id = $1",
            Text(id),
        )
    }

    /// The link that admits by a ticket now; none for one that is unknown or refunded.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_of_ticket(&self, id: TicketId) -> Result<Option<AccessLink>, StoreError> {
        let ticket = self.ticket(id).await?;
        Ok(ticket.filter(|ticket| ticket.status == TicketStatus::Valid).map(|t| t.link()))
    }

    /// Takes a ticket back: its links die, its seat is free again, its live sitting ends and
    /// the services are told. The money is another matter.
    ///
    /// # Errors
    /// When there is no such ticket, it is refunded already, or the database fails; then
    /// nothing has changed.
    pub async fn refund_ticket(
        &self,
        ticket: TicketId,
        by: Actor,
    ) -> Result<PersonId, ChangeError> {
        let mut tx = self.write().await?;
        let changed = fetch_optional!(
            &mut tx,
            Changed,
            "UPDATE tickets SET status = 'refunded', version = version + 1
             WHERE id = $1 AND status = 'valid'
             RETURNING performance_id, ticket_type_id, version",
            Text(ticket),
        )?;
        let changed = found(&mut tx, ticket, changed).await?;
        execute!(
            &mut tx,
            "UPDATE ticket_types SET sold = sold - 1 WHERE id = $1",
            Text(changed.ticket_type_id),
        )?;
        self.withdraw(&mut tx, ticket, &changed, SessionEnd::Refunded, by).await?;
        self.commit_and_wake(tx).await?;
        Ok(ticket.into())
    }

    /// Passes a ticket on: the earlier holder's links die and their live sitting ends.
    ///
    /// # Errors
    /// When there is no such ticket, it is refunded, or the database fails; then nothing has
    /// changed.
    pub async fn transfer_ticket(
        &self,
        ticket: TicketId,
        to: &NewHolder,
        by: Actor,
    ) -> Result<AccessLink, ChangeError> {
        let mut tx = self.write().await?;
        let changed = fetch_optional!(
            &mut tx,
            Changed,
            "UPDATE tickets
             SET version = version + 1, user_id = $2, holder_name = $3, first_used_at = NULL
             WHERE id = $1 AND status = 'valid'
             RETURNING performance_id, ticket_type_id, version",
            Text(ticket),
            to.user.map(Text),
            &to.name,
        )?;
        let changed = found(&mut tx, ticket, changed).await?;
        self.withdraw(&mut tx, ticket, &changed, SessionEnd::Transferred, by).await?;
        self.commit_and_wake(tx).await?;
        Ok(AccessLink { kind: LinkKind::Ticket(ticket), version: changed.version })
    }

    async fn withdraw(
        &self,
        tx: &mut Tx,
        ticket: TicketId,
        changed: &Changed,
        reason: SessionEnd,
        by: Actor,
    ) -> Result<(), StoreError> {
        let performance = changed.performance_id;
        let person = PersonId::from(ticket);
        let sessions = self.end_sessions_of(tx, person, reason).await?;
        let entry = Entry {
            actor: by,
            action: match reason {
                SessionEnd::Transferred => AuditAction::Transferred,
                _ => AuditAction::Refunded,
            },
            subject: Subject::Ticket(ticket),
            performance: Some(performance),
            detail: json!({ "version": changed.version, "sessions_ended": sessions }),
        };
        self.audit(tx, entry).await?;
        let message = HouseMessage::AccessRevoked { performance, person, sessions };
        self.enqueue(tx, &message).await
    }
}

async fn found(
    on: &mut impl Connected,
    ticket: TicketId,
    changed: Option<Changed>,
) -> Result<Changed, ChangeError> {
    if let Some(changed) = changed {
        return Ok(changed);
    }
    let known = fetch_optional!(
        on,
        (Text<TicketId>,),
        "SELECT id FROM tickets WHERE id = $1",
        Text(ticket),
    )?;
    Err(if known.is_some() { ChangeError::NotValid } else { ChangeError::NotFound })
}
