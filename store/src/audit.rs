//! The audit log: who decided what, about what, when. Written in the transaction of the
//! decision; never changed afterwards. It holds ids, not names.

use std::fmt;

use protocol::{
    InviteId, PerformanceId, PersonId, SceneId, SessionId, ShowId, TicketId, TicketTypeId,
    Timestamp, UserId,
};
use serde_json::Value;
use uuid::Uuid;

use crate::columns::{self, Text, UnknownWord, from_row, words};
use crate::db::{Tx, execute, fetch_all};
use crate::error::StoreError;
use crate::store::Store;

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The house itself: a command line, a timer, the demo.
    System,
    /// An account: a buyer, a producer.
    User(UserId),
    /// Somebody in a performance.
    Person(PersonId),
}

impl Actor {
    fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::System => ("system", None),
            Self::User(id) => ("user", Some(id.0)),
            Self::Person(id) => ("person", Some(id.0)),
        }
    }

    fn from_parts(kind: &str, id: Option<Uuid>) -> Result<Self, UnknownWord> {
        match (kind, id) {
            ("system", None) => Ok(Self::System),
            ("user", Some(id)) => Ok(Self::User(UserId(id))),
            ("person", Some(id)) => Ok(Self::Person(PersonId(id))),
            _ => Err(UnknownWord(kind.to_owned())),
        }
    }
}

macro_rules! subjects {
    ($($(#[$doc:meta])* $variant:ident($id:ident) = $word:literal,)*) => {
        /// What a decision was about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Subject {
            $($(#[$doc])* $variant($id),)*
        }

        impl Subject {
            fn parts(self) -> (&'static str, Uuid) {
                match self {
                    $(Self::$variant(id) => ($word, id.0),)*
                }
            }

            fn from_parts(kind: &str, id: Uuid) -> Result<Self, UnknownWord> {
                match kind {
                    $($word => Ok(Self::$variant($id(id))),)*
                    _ => Err(UnknownWord(kind.to_owned())),
                }
            }
        }
    };
}

subjects! {
    /// An account.
    User(UserId) = "user",
    /// A play.
    Show(ShowId) = "show",
    /// One evening of a play.
    Performance(PerformanceId) = "performance",
    /// A part of a performance.
    Scene(SceneId) = "scene",
    /// A kind of ticket.
    TicketType(TicketTypeId) = "ticket-type",
    /// A ticket.
    Ticket(TicketId) = "ticket",
    /// An invite.
    Invite(InviteId) = "invite",
    /// A sitting.
    Session(SessionId) = "session",
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = self.parts();
        write!(f, "{kind} {id}")
    }
}

words! {
    /// What was decided.
    pub enum AuditAction {
        /// Something new exists.
        Created = "created",
        /// A ticket was given out.
        Issued = "issued",
        /// A ticket was refunded.
        Refunded = "refunded",
        /// A ticket has another holder.
        Transferred = "transferred",
        /// An invite was withdrawn.
        Revoked = "revoked",
        /// A performance has another status.
        StatusChanged = "status-changed",
        /// A performance begins at another time.
        Rescheduled = "rescheduled",
        /// Somebody was let in.
        Admitted = "admitted",
        /// A sitting ended.
        SessionEnded = "session-ended",
    }
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// Grows from line to line; lines of concurrent decisions may be numbered in either order.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: AuditAction,
    /// About what.
    pub subject: Subject,
    /// In which performance, if in one.
    pub performance: Option<PerformanceId>,
    /// What else there is to say, by action.
    pub detail: Value,
}

/// Which lines of the audit log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this performance only.
    pub performance: Option<PerformanceId>,
    /// About this only.
    pub subject: Option<Subject>,
    /// Older than this line, to turn the page.
    pub before: Option<i64>,
    /// At most this many; none: 1000.
    pub limit: Option<u32>,
}

struct Row {
    seq: i64,
    at: Timestamp,
    actor_kind: String,
    actor_id: Option<Uuid>,
    action: AuditAction,
    subject_kind: String,
    subject_id: Uuid,
    performance_id: Option<PerformanceId>,
    detail: Value,
}

from_row!(Row {
    seq: plain,
    at: time,
    actor_kind: plain,
    actor_id: optional_text,
    action: text,
    subject_kind: plain,
    subject_id: text,
    performance_id: optional_text,
    detail: json,
});

impl TryFrom<Row> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |word: columns::UnknownWord| StoreError::Corrupt(word.to_string());
        Ok(Self {
            seq: row.seq,
            at: row.at,
            actor: Actor::from_parts(&row.actor_kind, row.actor_id).map_err(corrupt)?,
            action: row.action,
            subject: Subject::from_parts(&row.subject_kind, row.subject_id).map_err(corrupt)?,
            performance: row.performance_id,
            detail: row.detail,
        })
    }
}

/// A line to be written.
pub(crate) struct Entry {
    pub(crate) actor: Actor,
    pub(crate) action: AuditAction,
    pub(crate) subject: Subject,
    pub(crate) performance: Option<PerformanceId>,
    pub(crate) detail: Value,
}

impl Store {
    /// Writes a line in the transaction of the decision.
    pub(crate) async fn audit(&self, tx: &mut Tx, entry: Entry) -> Result<(), StoreError> {
        let (actor_kind, actor_id) = entry.actor.parts();
        let (subject_kind, subject_id) = entry.subject.parts();
        execute!(
            tx,
            "INSERT INTO audit_log (at, actor_kind, actor_id, action, subject_kind, subject_id,
                                    performance_id, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            self.now().0,
            actor_kind,
            actor_id.map(Text),
            entry.action.as_str(),
            subject_kind,
            Text(subject_id),
            entry.performance.map(Text),
            entry.detail.to_string(),
        )?;
        Ok(())
    }

    /// The lines that pass the filter, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, StoreError> {
        let mut db = self.read().await?;
        let (kind, id) = filter.subject.map(Subject::parts).unzip();
        let rows = fetch_all!(
            &mut db,
            Row,
            "SELECT seq, at, actor_kind, actor_id, action, subject_kind, subject_id,
                    performance_id, detail
             FROM audit_log
             WHERE (CAST($1 AS TEXT) IS NULL OR performance_id = $1)
               AND (CAST($2 AS TEXT) IS NULL OR (subject_kind = $2 AND subject_id = $3))
               AND seq < $4
             ORDER BY seq DESC
             LIMIT $5",
            filter.performance.map(Text),
            kind,
            id.map(Text),
            filter.before.unwrap_or(i64::MAX),
            i64::from(filter.limit.unwrap_or(1000)),
        )?;
        rows.into_iter().map(AuditRecord::try_from).collect()
    }
}
