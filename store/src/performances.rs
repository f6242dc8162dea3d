//! Performances as they are: what is played, when, by whom, and whether it still admits.

use protocol::http::{CastMember, PerformanceView};
use protocol::{PerformanceId, ShowId, Slug, Timestamp};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row, words};
use crate::db::{Connected, execute, fetch_all, fetch_optional};
use crate::error::{ChangeError, StoreError};
use crate::outbox::HouseMessage;
use crate::store::Store;

words! {
    /// How far a performance is, for the box office. What happens on stage is the stage
    /// engine's.
    pub enum PerformanceStatus {
        /// Being prepared; actors and crew may rehearse.
        Draft = "draft",
        /// Announced, tickets are given out.
        OnSale = "on-sale",
        /// Announced, no tickets for the time being.
        SalesPaused = "sales-paused",
        /// Will not take place. Final.
        Cancelled = "cancelled",
        /// Has taken place. Final.
        Ended = "ended",
    }
}

impl PerformanceStatus {
    /// Whether the performance is over for good, so that nobody is admitted.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Ended)
    }
}

/// One evening of a play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerformanceRecord {
    /// Its id.
    pub id: PerformanceId,
    /// The play.
    pub show: ShowId,
    /// The name in addresses.
    pub slug: Slug,
    /// The play's title.
    pub title: String,
    /// A few sentences about the play.
    pub description: String,
    /// The poster: a path on the house's origin, or nothing.
    pub poster: Option<String>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The house's time zone (IANA name).
    pub time_zone: String,
    /// How far it is.
    pub status: PerformanceStatus,
    /// Whether it is the demo, whose seats are handed to whoever asks.
    pub demo: bool,
    /// From when on links no longer admit, if ever.
    pub expires_at: Option<Timestamp>,
    /// The actors who stand in the programme.
    pub cast: Vec<CastMember>,
}

impl PerformanceRecord {
    /// What a programme leaflet says.
    #[must_use]
    pub fn view(&self) -> PerformanceView {
        PerformanceView {
            slug: self.slug.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            poster: self.poster.clone(),
            starts_at: self.starts_at,
            time_zone: self.time_zone.clone(),
            cast: self.cast.clone(),
        }
    }
}

struct Row {
    id: PerformanceId,
    show: ShowId,
    slug: Slug,
    title: String,
    description: String,
    poster: Option<String>,
    starts_at: Timestamp,
    time_zone: String,
    status: PerformanceStatus,
    demo: bool,
    expires_at: Option<Timestamp>,
}

from_row!(Row {
    id: text,
    show: text,
    slug: text,
    title: plain,
    description: plain,
    poster: plain,
    starts_at: time,
    time_zone: plain,
    status: text,
    demo: plain,
    expires_at: optional_time,
});

impl Store {
    /// The performance of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn performance(
        &self,
        id: PerformanceId,
    ) -> Result<Option<PerformanceRecord>, StoreError> {
        let mut db = self.read().await?;
        let row = fetch_optional!(
            &mut db,
            Row,
            "SELECT p.id, p.show_id AS show, p.slug, s.title, s.description, s.poster,
                    p.starts_at, p.time_zone, p.status, p.demo, p.expires_at
             FROM performances p JOIN shows s ON s.id = p.show_id
             WHERE p.id = $1",
            Text(id),
        )?;
        with_cast(&mut db, row).await
    }

    /// The performance of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn performance_by_slug(
        &self,
        slug: &Slug,
    ) -> Result<Option<PerformanceRecord>, StoreError> {
        let mut db = self.read().await?;
        let row = fetch_optional!(
            &mut db,
            Row,
            "SELECT p.id, p.show_id AS show, p.slug, s.title, s.description, s.poster,
                    p.starts_at, p.time_zone, p.status, p.demo, p.expires_at
             FROM performances p JOIN shows s ON s.id = p.show_id
             WHERE p.slug = $1",
            slug.as_str(),
        )?;
        with_cast(&mut db, row).await
    }

    /// Gives a performance another status. One that is over ends every sitting in it, and the
    /// services are told.
    ///
    /// # Errors
    /// When there is no such performance, it is over already, or the database fails.
    pub async fn set_performance_status(
        &self,
        performance: PerformanceId,
        status: PerformanceStatus,
        by: Actor,
    ) -> Result<(), ChangeError> {
        let mut tx = self.write().await?;
        let changed = execute!(
            &mut tx,
            "UPDATE performances SET status = $2
             WHERE id = $1 AND status NOT IN ('cancelled', 'ended')",
            Text(performance),
            status.as_str(),
        )?;
        if changed == 0 {
            return Err(missing_or_over(&mut tx, performance).await?);
        }
        let mut ended = 0;
        if status.is_over() {
            ended = self.end_sessions_in(&mut tx, performance).await?;
            self.enqueue(&mut tx, &HouseMessage::PerformanceOver { performance }).await?;
        }
        let entry = Entry {
            actor: by,
            action: AuditAction::StatusChanged,
            subject: Subject::Performance(performance),
            performance: Some(performance),
            detail: json!({ "status": status.as_str(), "sessions_ended": ended }),
        };
        self.audit(&mut tx, entry).await?;
        self.commit_and_wake(tx).await?;
        Ok(())
    }

    /// Lets a performance begin at another time.
    ///
    /// # Errors
    /// When there is no such performance, it is over already, or the database fails.
    pub async fn reschedule_performance(
        &self,
        performance: PerformanceId,
        starts_at: Timestamp,
        by: Actor,
    ) -> Result<(), ChangeError> {
        let mut tx = self.write().await?;
        let changed = execute!(
            &mut tx,
            "UPDATE performances SET starts_at = $2
             WHERE id = $1 AND status NOT IN ('cancelled', 'ended')",
            Text(performance),
            starts_at.0,
        )?;
        if changed == 0 {
            return Err(missing_or_over(&mut tx, performance).await?);
        }
        let entry = Entry {
            actor: by,
            action: AuditAction::Rescheduled,
            subject: Subject::Performance(performance),
            performance: Some(performance),
            detail: json!({ "starts_at": starts_at }),
        };
        self.audit(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn with_cast(
    on: &mut impl Connected,
    row: Option<Row>,
) -> Result<Option<PerformanceRecord>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let cast = fetch_all!(
        on,
        (String, String),
        "SELECT name, part FROM invites
         WHERE performance_id = $1 AND role = 'actor' AND in_cast AND status = 'valid'
         ORDER BY number",
        Text(row.id),
    )?;
    Ok(Some(PerformanceRecord {
        id: row.id,
        show: row.show,
        slug: row.slug,
        title: row.title,
        description: row.description,
        poster: row.poster,
        starts_at: row.starts_at,
        time_zone: row.time_zone,
        status: row.status,
        demo: row.demo,
        expires_at: row.expires_at,
        cast: cast.into_iter().map(|(name, part)| CastMember { name, part }).collect(),
    }))
}

async fn missing_or_over(
    on: &mut impl Connected,
    performance: PerformanceId,
) -> Result<ChangeError, StoreError> {
    let found = fetch_optional!(
        on,
        (Text<PerformanceId>,),
        "SELECT id FROM performances WHERE id = $1",
        Text(performance),
    )?;
    Ok(if found.is_some() { ChangeError::NotValid } else { ChangeError::NotFound })
}
