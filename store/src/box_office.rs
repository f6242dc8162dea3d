//! The box office: kinds of tickets, and giving out seats without ever giving one twice.

use protocol::{PerformanceId, TicketId, TicketTypeId, UserId};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row};
use crate::db::{Tx, execute, fetch_all, fetch_optional};
use crate::error::{CreateError, StoreError};
use crate::performances::PerformanceStatus;
use crate::store::Store;
use crate::tickets::{TicketRecord, TicketStatus};

/// An amount of Telegram Stars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(pub i64);

impl From<i64> for Stars {
    fn from(amount: i64) -> Self {
        Self(amount)
    }
}

/// A kind of ticket to be offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTicketType {
    /// For which performance.
    pub performance: PerformanceId,
    /// What it is called.
    pub name: String,
    /// What it costs; not negative.
    pub price: Stars,
    /// How many seats there are.
    pub capacity: u32,
}

/// A kind of ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketTypeRecord {
    /// Its id.
    pub id: TicketTypeId,
    /// For which performance.
    pub performance: PerformanceId,
    /// What it is called.
    pub name: String,
    /// What it costs.
    pub price: Stars,
    /// How many seats there are.
    pub capacity: u32,
    /// How many of them are taken.
    pub sold: u32,
}

from_row!(TicketTypeRecord {
    id: text,
    performance: text,
    name: plain,
    price: number,
    capacity: number,
    sold: number,
});

/// A ticket to be given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTicket {
    /// Of which kind.
    pub ticket_type: TicketTypeId,
    /// The account it belongs to, if any.
    pub user: Option<UserId>,
    /// What others call the person who comes with it.
    pub holder_name: String,
}

/// Why no ticket was given out.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Every seat is taken.
    #[error("sold out")]
    SoldOut,
    /// The performance is over or cancelled.
    #[error("the performance is over")]
    PerformanceOver,
    /// No such kind of ticket.
    #[error("unknown ticket type")]
    UnknownType,
    /// No such account.
    #[error("unknown user")]
    UnknownUser,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Offers a kind of ticket.
    ///
    /// # Errors
    /// When there is no such performance, or the database fails; a negative price is refused by
    /// the database.
    pub async fn create_ticket_type(
        &self,
        new: &NewTicketType,
        by: Actor,
    ) -> Result<TicketTypeId, CreateError> {
        let mut tx = self.write().await?;
        let id = self.insert_ticket_type(&mut tx, new, by).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub(crate) async fn insert_ticket_type(
        &self,
        tx: &mut Tx,
        new: &NewTicketType,
        by: Actor,
    ) -> Result<TicketTypeId, CreateError> {
        let id = TicketTypeId::generate(self.clock(), self.entropy());
        execute!(
            tx,
            "INSERT INTO ticket_types (id, performance_id, name, price_stars, capacity, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            Text(id),
            Text(new.performance),
            &new.name,
            new.price.0,
            i64::from(new.capacity),
            self.now().0,
        )
        .map_err(CreateError::of)?;
        self.audit_created(tx, Subject::TicketType(id), Some(new.performance), by).await?;
        Ok(id)
    }

    /// The kinds of tickets of a performance, in the order of creation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ticket_types(
        &self,
        performance: PerformanceId,
    ) -> Result<Vec<TicketTypeRecord>, StoreError> {
        fetch_all!(
            &mut self.read().await?,
            TicketTypeRecord,
            "SELECT id, performance_id AS performance, name, price_stars AS price, capacity, sold
             FROM ticket_types WHERE performance_id = $1 ORDER BY created_at, id",
            Text(performance),
        )
    }

    /// Gives out a ticket while there is a seat.
    ///
    /// # Errors
    /// When every seat is taken, the performance is over, the type or user is unknown, or the
    /// database fails; then nothing has changed.
    pub async fn issue_ticket(
        &self,
        new: &NewTicket,
        by: Actor,
    ) -> Result<TicketRecord, IssueError> {
        let mut tx = self.write().await?;
        let ticket = self.insert_ticket(&mut tx, new, by).await?;
        tx.commit().await?;
        Ok(ticket)
    }

    /// Takes a seat and makes its ticket. The seat is taken by one conditional UPDATE, which
    /// both databases apply to one buyer at a time; the CHECK on the table stands behind it.
    pub(crate) async fn insert_ticket(
        &self,
        tx: &mut Tx,
        new: &NewTicket,
        by: Actor,
    ) -> Result<TicketRecord, IssueError> {
        let taken = fetch_optional!(
            tx,
            (Text<PerformanceId>, i64),
            "UPDATE ticket_types SET sold = sold + 1, issued = issued + 1
             WHERE id = $1 AND sold < capacity
             RETURNING performance_id, issued",
            Text(new.ticket_type),
        )?;
        let Some((Text(performance), number)) = taken else {
            let known = fetch_optional!(
                tx,
                (i64,),
                "SELECT capacity FROM ticket_types WHERE id = $1",
                Text(new.ticket_type),
            )?;
            let sold_out = known.is_some();
            return Err(if sold_out { IssueError::SoldOut } else { IssueError::UnknownType });
        };
        let status = fetch_optional!(
            tx,
            (Text<PerformanceStatus>,),
            "SELECT status FROM performances WHERE id = $1",
            Text(performance),
        )?;
        if status.is_none_or(|(Text(status),)| status.is_over()) {
            return Err(IssueError::PerformanceOver);
        }
        let now = self.now();
        let ticket = TicketRecord {
            id: TicketId::generate(self.clock(), self.entropy()),
            performance,
            ticket_type: new.ticket_type,
            number: u32::try_from(number)
                .map_err(|_| StoreError::Corrupt("ticket number out of range".to_owned()))?,
            user: new.user,
            holder_name: new.holder_name.clone(),
            status: TicketStatus::Valid,
            version: 1,
            first_used_at: None,
            created_at: now,
        };
        execute!(
            tx,
            "INSERT INTO tickets (id, performance_id, ticket_type_id, number, user_id, holder_name,
                                  status, version, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            Text(ticket.id),
            Text(performance),
            Text(ticket.ticket_type),
            number,
            ticket.user.map(Text),
            &ticket.holder_name,
            ticket.status.as_str(),
            i64::from(ticket.version),
            now.0,
        )
        .map_err(|error| match CreateError::of(error) {
            CreateError::Store(error) => IssueError::Store(error),
            // Its performance and type are locked above: only the account can be missing.
            CreateError::UnknownParent | CreateError::Taken => IssueError::UnknownUser,
        })?;
        let entry = Entry {
            actor: by,
            action: AuditAction::Issued,
            subject: Subject::Ticket(ticket.id),
            performance: Some(performance),
            detail: json!({ "ticket_type": ticket.ticket_type, "number": number }),
        };
        self.audit(tx, entry).await?;
        Ok(ticket)
    }
}
