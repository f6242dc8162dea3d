//! The store on real SQLite and real PostgreSQL: every scenario runs on both.

mod access;
mod box_office;
mod demo;
mod logs;
mod migrations;
mod reopen;
mod schedule;
mod stage;
mod takeover;

use std::sync::Arc;
use std::time::Duration;

use protocol::clock::{ManualClock, SeededEntropy};
use protocol::{AccessLink, DeviceId, PerformanceId, Role, TicketTypeId, Timestamp};
use store::testing::TestDatabase;
use store::{
    Actor, InviteRecord, NewInvite, NewPerformance, NewShow, NewTicket, NewTicketType,
    PerformanceStatus, Stars, Store, TicketRecord,
};

/// 2026-11-22 19:00:00 UTC.
const EVENING: Timestamp = Timestamp(1_795_374_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// An open store with one performance on sale.
struct House {
    store: Store,
    clock: Arc<ManualClock>,
    performance: PerformanceId,
    stalls: TicketTypeId,
    database: TestDatabase,
}

impl House {
    /// A house with `capacity` seats.
    async fn open(database: TestDatabase, capacity: u32) -> Self {
        let (store, clock) = open(&database, 1).await;
        let show = NewShow {
            title: "Чайка".to_owned(),
            description: "Комедия в четырёх действиях".to_owned(),
            poster: None,
        };
        let show = store.create_show(&show, Actor::System).await.unwrap();
        let performance = NewPerformance {
            show,
            slug: "seagull".parse().unwrap(),
            starts_at: EVENING.after(HOUR),
            time_zone: "Europe/Moscow".to_owned(),
            status: PerformanceStatus::OnSale,
            expires_at: Some(EVENING.after(5 * HOUR)),
        };
        let performance = store.create_performance(&performance, Actor::System).await.unwrap();
        let stalls =
            NewTicketType {
                performance, name: "Партер".to_owned(), price: Stars(250), capacity
            };
        let stalls = store.create_ticket_type(&stalls, Actor::System).await.unwrap();
        Self { store, clock, performance, stalls, database }
    }

    async fn ticket(&self) -> TicketRecord {
        self.store.issue_ticket(&self.new_ticket(), Actor::System).await.unwrap()
    }

    fn new_ticket(&self) -> NewTicket {
        NewTicket { ticket_type: self.stalls, user: None, holder_name: "Аня".to_owned() }
    }

    async fn invite(&self, role: Role) -> InviteRecord {
        self.store.create_invite(&self.new_invite(role), Actor::System).await.unwrap()
    }

    fn new_invite(&self, role: Role) -> NewInvite {
        NewInvite {
            performance: self.performance,
            role,
            user: None,
            name: "Ольга".to_owned(),
            part: "Аркадина".to_owned(),
            in_cast: role == Role::Actor,
            expires_at: None,
        }
    }

    /// Another process on the same database.
    async fn another_process(&self) -> Store {
        open(&self.database, 2).await.0
    }
}

/// Opens a store whose clock stands at [`EVENING`].
async fn open(database: &TestDatabase, seed: u64) -> (Store, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(EVENING));
    let entropy = Arc::new(SeededEntropy::new(seed));
    let store = database.open(clock.clone(), entropy).await.expect("the database opens");
    (store, clock)
}

fn phone() -> DeviceId {
    "phone-0123456789".parse().unwrap()
}

fn laptop() -> DeviceId {
    "laptop-0123456789".parse().unwrap()
}

/// The same link of another version.
fn with_version(link: AccessLink, version: u32) -> AccessLink {
    AccessLink { version, ..link }
}
