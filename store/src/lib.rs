//! Domain types and all database access of the house: box office, access, performances, the
//! stage's durable state, audit log and outbox.
//!
//! One body of SQL runs on SQLite and on PostgreSQL. Every decision about seats, access and
//! money is one transaction that also writes its line in the audit log and, where others must
//! hear of it, a message in the outbox. Time and randomness are injected.

mod access;
mod audit;
mod box_office;
mod columns;
mod db;
mod demo;
mod error;
mod invites;
mod outbox;
mod performances;
mod schedule;
mod sessions;
mod stage;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod tickets;
mod users;

pub use access::{Admission, AdmitError, DenyReason};
pub use audit::{Actor, AuditAction, AuditFilter, AuditRecord, Subject};
pub use box_office::{IssueError, NewTicket, NewTicketType, Stars, TicketTypeRecord};
pub use demo::{DEMO_ADMIT_LIMIT, DEMO_SLUG, Demo, DemoError, DemoSeat};
pub use error::{ChangeError, CreateError, OpenError, StoreError};
pub use invites::{InviteRecord, InviteStatus, NewInvite};
pub use outbox::{HouseMessage, OutboxRecord, OutboxSeq};
pub use performances::{PerformanceRecord, PerformanceStatus};
pub use schedule::{NewPerformance, NewScene, NewShow, SceneRecord};
pub use sessions::{SessionEnd, SessionRecord};
pub use stage::{CueLine, CueRecord, RecordError, StageRecord};
pub use store::{Store, StoreConfig};
pub use tickets::{NewHolder, TicketRecord, TicketStatus};
pub use users::{NewUser, TelegramId, UserRecord};
