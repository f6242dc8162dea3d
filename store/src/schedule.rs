//! Making the season: shows, performances, scenes.

use protocol::{PerformanceId, SceneId, ShowId, Slug, Timestamp};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row};
use crate::db::{Tx, execute, fetch_all};
use crate::error::{CreateError, StoreError};
use crate::performances::PerformanceStatus;
use crate::store::Store;

/// A play to be put on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShow {
    /// Its title.
    pub title: String,
    /// A few sentences about it.
    pub description: String,
    /// The poster: a path on the house's origin, or nothing.
    pub poster: Option<String>,
}

/// An evening of a play to be scheduled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerformance {
    /// Of which play.
    pub show: ShowId,
    /// The name in addresses. No two performances share one.
    pub slug: Slug,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The house's time zone (IANA name).
    pub time_zone: String,
    /// How far it is.
    pub status: PerformanceStatus,
    /// From when on links no longer admit, if ever.
    pub expires_at: Option<Timestamp>,
}

/// A part of a performance to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewScene {
    /// Of which performance.
    pub performance: PerformanceId,
    /// Where in the order of play, from 0. No two scenes of a performance share one.
    pub position: u32,
    /// Its title.
    pub title: String,
}

/// A part of a performance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SceneRecord {
    /// Its id.
    pub id: SceneId,
    /// Where in the order of play.
    pub position: u32,
    /// Its title.
    pub title: String,
}

from_row!(SceneRecord { id: text, position: number, title: plain });

impl Store {
    /// Puts on a play.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_show(&self, new: &NewShow, by: Actor) -> Result<ShowId, CreateError> {
        let mut tx = self.write().await?;
        let id = self.insert_show(&mut tx, new, by).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub(crate) async fn insert_show(
        &self,
        tx: &mut Tx,
        new: &NewShow,
        by: Actor,
    ) -> Result<ShowId, StoreError> {
        let id = ShowId::generate(self.clock(), self.entropy());
        execute!(
            tx,
            "INSERT INTO shows (id, title, description, poster, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            Text(id),
            &new.title,
            &new.description,
            new.poster.as_deref(),
            self.now().0,
        )?;
        self.audit_created(tx, Subject::Show(id), None, by).await?;
        Ok(id)
    }

    /// Schedules an evening.
    ///
    /// # Errors
    /// When the slug is taken, there is no such show, or the database fails.
    pub async fn create_performance(
        &self,
        new: &NewPerformance,
        by: Actor,
    ) -> Result<PerformanceId, CreateError> {
        let mut tx = self.write().await?;
        let id = self.insert_performance(&mut tx, new, false, by).await?;
        let id = id.ok_or(CreateError::Taken)?;
        tx.commit().await?;
        Ok(id)
    }

    /// The id of the new performance; none when its slug is taken.
    pub(crate) async fn insert_performance(
        &self,
        tx: &mut Tx,
        new: &NewPerformance,
        demo: bool,
        by: Actor,
    ) -> Result<Option<PerformanceId>, CreateError> {
        let id = PerformanceId::generate(self.clock(), self.entropy());
        let inserted = execute!(
            tx,
            "INSERT INTO performances (id, show_id, slug, starts_at, time_zone, status, demo,
                                       expires_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (slug) DO NOTHING",
            Text(id),
            Text(new.show),
            new.slug.as_str(),
            new.starts_at.0,
            &new.time_zone,
            new.status.as_str(),
            demo,
            new.expires_at.map(|at| at.0),
            self.now().0,
        )
        .map_err(CreateError::of)?;
        if inserted == 0 {
            return Ok(None);
        }
        self.audit_created(tx, Subject::Performance(id), Some(id), by).await?;
        Ok(Some(id))
    }

    /// Adds a scene to a performance.
    ///
    /// # Errors
    /// When the position is taken, there is no such performance, or the database fails.
    pub async fn create_scene(&self, new: &NewScene, by: Actor) -> Result<SceneId, CreateError> {
        let mut tx = self.write().await?;
        let id = SceneId::generate(self.clock(), self.entropy());
        execute!(
            &mut tx,
            "INSERT INTO scenes (id, performance_id, position, title, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            Text(id),
            Text(new.performance),
            i64::from(new.position),
            &new.title,
            self.now().0,
        )
        .map_err(CreateError::of)?;
        self.audit_created(&mut tx, Subject::Scene(id), Some(new.performance), by).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The scenes of a performance in the order of play.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scenes(&self, performance: PerformanceId) -> Result<Vec<SceneRecord>, StoreError> {
        fetch_all!(
            &mut self.read().await?,
            SceneRecord,
            "SELECT id, position, title FROM scenes WHERE performance_id = $1 ORDER BY position",
            Text(performance),
        )
    }

    pub(crate) async fn audit_created(
        &self,
        tx: &mut Tx,
        subject: Subject,
        performance: Option<PerformanceId>,
        by: Actor,
    ) -> Result<(), StoreError> {
        let action = AuditAction::Created;
        let entry = Entry { actor: by, action, subject, performance, detail: json!({}) };
        self.audit(tx, entry).await
    }
}
