//! The demo: one performance that is always on, whose seats are handed to whoever asks.

use std::time::Duration;

use protocol::{AccessLink, PerformanceId, PersonId, Role, Slug, TicketTypeId, Timestamp};

use crate::audit::Actor;
use crate::box_office::{IssueError, NewTicket, NewTicketType, Stars};
use crate::columns::{Text, from_row};
use crate::db::{Tx, fetch_all, fetch_one};
use crate::error::{ChangeError, CreateError, StoreError};
use crate::invites::NewInvite;
use crate::performances::{PerformanceRecord, PerformanceStatus};
use crate::schedule::{NewPerformance, NewShow};
use crate::store::Store;

/// The demo's name in addresses.
pub const DEMO_SLUG: &str = "demo";

/// How many seats one call of [`Store::demo_admit`] hands out at most.
pub const DEMO_ADMIT_LIMIT: u32 = 1000;

const CAPACITY: u32 = 100_000;
const CAST: [(&str, &str); 2] = [("Анна Рампова", "Нина"), ("Илья Кулисин", "Константин")];
const STAGE_MANAGER: &str = "Помощник режиссёра";
const FIRST_SPECTATORS: i64 = 2;

/// A demo that began longer ago is set to begin anew, so that its page says today.
const STALE_AFTER: Duration = Duration::from_secs(12 * 60 * 60);

/// The demo, and the links it was born with, in the order of creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// What is played.
    pub performance: PerformanceRecord,
    /// Links of the cast.
    pub actors: Vec<AccessLink>,
    /// Links to the console.
    pub stage_managers: Vec<AccessLink>,
    /// Links of the first tickets.
    pub spectators: Vec<AccessLink>,
}

/// A seat that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoSeat {
    /// The link that admits to it.
    pub link: AccessLink,
    /// Who sits there.
    pub person: PersonId,
    /// What others call them.
    pub name: String,
}

/// Why no seat was handed out.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No such performance, or one for which tickets are sold.
    #[error("not a demo performance")]
    NotDemo,
    /// More than [`DEMO_ADMIT_LIMIT`] at once, or more than the house holds.
    #[error("too many seats asked for")]
    TooMany,
    /// The demo was cancelled or has ended.
    #[error("the demo performance is over")]
    Over,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct TicketLink {
    id: protocol::TicketId,
    version: u32,
}

from_row!(TicketLink { id: text, version: number });

struct InviteLink {
    id: protocol::InviteId,
    role: Role,
    version: u32,
}

from_row!(InviteLink { id: text, role: text, version: number });

impl Store {
    /// Makes the demo, or finds the one that a former start made.
    ///
    /// # Errors
    /// When the database fails, or the demo's name belongs to another performance.
    pub async fn ensure_demo(&self) -> Result<Demo, StoreError> {
        let slug: Slug = DEMO_SLUG.parse().expect("invariant: the demo's name is a slug");
        let found = match self.performance_by_slug(&slug).await? {
            Some(found) => Some(found),
            None => {
                self.create_demo(&slug).await?;
                self.performance_by_slug(&slug).await?
            }
        };
        let mut performance = found
            .filter(|performance| performance.demo)
            .ok_or_else(|| StoreError::Corrupt("the slug `demo` is not the demo's".to_owned()))?;
        if performance.starts_at < self.now().before(STALE_AFTER) {
            performance.starts_at = self.begin_demo_anew(performance.id).await?;
        }
        self.demo_links(performance).await
    }

    async fn create_demo(&self, slug: &Slug) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        match self.insert_demo(&mut tx, slug).await {
            Ok(true) => tx.commit().await,
            // Another process was faster; what was written here is rolled back.
            Ok(false) => Ok(()),
            Err(CreateError::Store(error)) => Err(error),
            Err(error) => Err(StoreError::Corrupt(error.to_string())),
        }
    }

    async fn insert_demo(&self, tx: &mut Tx, slug: &Slug) -> Result<bool, CreateError> {
        let by = Actor::System;
        let show = NewShow {
            title: "Перед рампой".to_owned(),
            description: "Двое на сцене, остальные в зале. Показательный спектакль: он идёт \
                          всегда, и на нём можно попробовать все роли."
                .to_owned(),
            poster: Some("/posters/demo.svg".to_owned()),
        };
        let new = NewPerformance {
            show: self.insert_show(tx, &show, by).await?,
            slug: slug.clone(),
            starts_at: whole_hour(self.now()),
            time_zone: "Europe/Moscow".to_owned(),
            status: PerformanceStatus::OnSale,
            expires_at: None,
        };
        let Some(performance) = self.insert_performance(tx, &new, true, by).await? else {
            return Ok(false);
        };
        for (name, part) in CAST {
            let invite = demo_invite(performance, Role::Actor, name, part);
            self.insert_invite(tx, &invite, by).await?;
        }
        let invite = demo_invite(performance, Role::StageManager, STAGE_MANAGER, "");
        self.insert_invite(tx, &invite, by).await?;
        let seats = NewTicketType {
            performance,
            name: "Входной".to_owned(),
            price: Stars(0),
            capacity: CAPACITY,
        };
        let ticket_type = self.insert_ticket_type(tx, &seats, by).await?;
        for number in 1..=FIRST_SPECTATORS {
            let ticket =
                NewTicket {
                    ticket_type, user: None, holder_name: format!("Зритель {number}")
                };
            self.insert_ticket(tx, &ticket, by)
                .await
                .map_err(|error| StoreError::Corrupt(format!("demo ticket refused: {error}")))?;
        }
        Ok(true)
    }

    async fn begin_demo_anew(&self, performance: PerformanceId) -> Result<Timestamp, StoreError> {
        let starts_at = whole_hour(self.now());
        match self.reschedule_performance(performance, starts_at, Actor::System).await {
            // A demo that is over admits nobody, but its links can still be shown.
            Ok(()) | Err(ChangeError::NotValid | ChangeError::NotFound) => Ok(starts_at),
            Err(ChangeError::Store(error)) => Err(error),
        }
    }

    async fn demo_links(&self, performance: PerformanceRecord) -> Result<Demo, StoreError> {
        let mut db = self.read().await?;
        let invites = fetch_all!(
            &mut db,
            InviteLink,
            "SELECT id, role, version FROM invites
             WHERE performance_id = $1 AND status = 'valid' AND number <= $2 ORDER BY number",
            Text(performance.id),
            i64::try_from(CAST.len() + 1).unwrap_or(i64::MAX),
        )?;
        let tickets = fetch_all!(
            &mut db,
            TicketLink,
            "SELECT id, version FROM tickets
             WHERE performance_id = $1 AND status = 'valid' AND number <= $2 ORDER BY number",
            Text(performance.id),
            FIRST_SPECTATORS,
        )?;
        let links_of = |role| {
            let chosen = invites.iter().filter(move |invite| invite.role == role);
            chosen
                .map(|invite| AccessLink {
                    kind: protocol::LinkKind::Invite(invite.id),
                    version: invite.version,
                })
                .collect()
        };
        Ok(Demo {
            actors: links_of(Role::Actor),
            stage_managers: links_of(Role::StageManager),
            spectators: tickets
                .iter()
                .map(|ticket| AccessLink {
                    kind: protocol::LinkKind::Ticket(ticket.id),
                    version: ticket.version,
                })
                .collect(),
            performance,
        })
    }

    /// Hands out seats in a demo: to spectators a ticket each, to others an invite each. Each is
    /// a person of their own.
    ///
    /// # Errors
    /// When the performance is not a demo or is over, too many are asked for, or the database
    /// fails; then nothing was handed out.
    pub async fn demo_admit(
        &self,
        performance: &Slug,
        role: Role,
        count: u32,
    ) -> Result<Vec<DemoSeat>, DemoError> {
        if count > DEMO_ADMIT_LIMIT {
            return Err(DemoError::TooMany);
        }
        let demo = self.performance_by_slug(performance).await?;
        let demo = demo.filter(|performance| performance.demo).ok_or(DemoError::NotDemo)?;
        if demo.status.is_over() {
            return Err(DemoError::Over);
        }
        let mut tx = self.write().await?;
        let mut seats = Vec::new();
        for _ in 0..count {
            seats.push(match role {
                Role::Spectator => self.demo_spectator(&mut tx, demo.id).await?,
                Role::Actor | Role::StageManager => {
                    self.demo_invited(&mut tx, demo.id, role).await?
                }
            });
        }
        tx.commit().await?;
        Ok(seats)
    }

    async fn demo_spectator(
        &self,
        tx: &mut Tx,
        demo: PerformanceId,
    ) -> Result<DemoSeat, DemoError> {
        let (Text(ticket_type), issued) = fetch_one!(
            tx,
            (Text<TicketTypeId>, i64),
            "UPDATE ticket_types SET issued = issued
             WHERE id = (SELECT id FROM ticket_types WHERE performance_id = $1
                         ORDER BY created_at, id LIMIT 1)
             RETURNING id, issued",
            Text(demo),
        )?;
        let name = format!("Зритель {}", issued + 1);
        let ticket = NewTicket { ticket_type, user: None, holder_name: name.clone() };
        let ticket = self.insert_ticket(tx, &ticket, Actor::System).await.map_err(|e| match e {
            IssueError::SoldOut => DemoError::TooMany,
            IssueError::PerformanceOver => DemoError::Over,
            IssueError::Store(error) => DemoError::Store(error),
            other => DemoError::Store(StoreError::Corrupt(other.to_string())),
        })?;
        Ok(DemoSeat { link: ticket.link(), person: ticket.person(), name })
    }

    async fn demo_invited(
        &self,
        tx: &mut Tx,
        demo: PerformanceId,
        role: Role,
    ) -> Result<DemoSeat, DemoError> {
        let (issued,) = fetch_one!(
            tx,
            (i64,),
            "UPDATE performances SET invites_issued = invites_issued WHERE id = $1
             RETURNING invites_issued",
            Text(demo),
        )?;
        let title = if role == Role::Actor { "Актёр" } else { STAGE_MANAGER };
        let name = format!("{title} {}", issued + 1);
        // Guests come and go: they do not stand in the programme.
        let invite = NewInvite { in_cast: false, ..demo_invite(demo, role, &name, "") };
        let invite = self.insert_invite(tx, &invite, Actor::System).await.map_err(|e| match e {
            CreateError::Store(error) => error,
            other => StoreError::Corrupt(other.to_string()),
        })?;
        Ok(DemoSeat { link: invite.link(), person: invite.person(), name })
    }
}

fn demo_invite(performance: PerformanceId, role: Role, name: &str, part: &str) -> NewInvite {
    NewInvite {
        performance,
        role,
        user: None,
        name: name.to_owned(),
        part: part.to_owned(),
        in_cast: role == Role::Actor,
        expires_at: None,
    }
}

fn whole_hour(at: Timestamp) -> Timestamp {
    const HOUR: i64 = 3_600_000_000;
    Timestamp(at.0.div_euclid(HOUR) * HOUR)
}
