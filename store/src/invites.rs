//! Personal invites of actors and crew.

use protocol::{AccessLink, InviteId, LinkKind, PerformanceId, PersonId, Role, Timestamp, UserId};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row, words};
use crate::db::{Tx, execute, fetch_optional};
use crate::error::{ChangeError, CreateError, StoreError};
use crate::outbox::HouseMessage;
use crate::sessions::SessionEnd;
use crate::store::Store;

words! {
    /// Whether an invite counts.
    pub enum InviteStatus {
        /// It admits.
        Valid = "valid",
        /// It was withdrawn. Final.
        Revoked = "revoked",
    }
}

/// Somebody to be invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvite {
    /// To which performance.
    pub performance: PerformanceId,
    /// To do what.
    pub role: Role,
    /// Their account, if they have one.
    pub user: Option<UserId>,
    /// What others call them.
    pub name: String,
    /// An actor's part, or empty.
    pub part: String,
    /// Whether an actor stands in the programme.
    pub in_cast: bool,
    /// From when on the invite no longer admits, if ever.
    pub expires_at: Option<Timestamp>,
}

/// An invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteRecord {
    /// Its id.
    pub id: InviteId,
    /// To which performance.
    pub performance: PerformanceId,
    /// The how-manieth of its performance, from 1.
    pub number: u32,
    /// The account of whom it is for, if any.
    pub user: Option<UserId>,
    /// To do what.
    pub role: Role,
    /// What others call the person.
    pub name: String,
    /// An actor's part, or empty.
    pub part: String,
    /// Whether an actor stands in the programme.
    pub in_cast: bool,
    /// Whether it counts.
    pub status: InviteStatus,
    /// The version of its link; older links are dead.
    pub version: u32,
    /// From when on it no longer admits, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it first admitted somebody, if it did.
    pub first_used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

from_row!(InviteRecord {
    id: text,
    performance: text,
    number: number,
    user: optional_text,
    role: text,
    name: plain,
    part: plain,
    in_cast: plain,
    status: text,
    version: number,
    expires_at: optional_time,
    first_used_at: optional_time,
    created_at: time,
});

impl InviteRecord {
    /// The link that admits by this invite now, to be sealed by the caller.
    #[must_use]
    pub fn link(&self) -> AccessLink {
        AccessLink { kind: LinkKind::Invite(self.id), version: self.version }
    }

    /// Who comes with it.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.id.into()
    }
}

impl Store {
    /// Invites somebody.
    ///
    /// # Errors
    /// When there is no such performance or account, or the database fails.
    pub async fn create_invite(
        &self,
        new: &NewInvite,
        by: Actor,
    ) -> Result<InviteRecord, CreateError> {
        let mut tx = self.write().await?;
        let invite = self.insert_invite(&mut tx, new, by).await?;
        tx.commit().await?;
        Ok(invite)
    }

    pub(crate) async fn insert_invite(
        &self,
        tx: &mut Tx,
        new: &NewInvite,
        by: Actor,
    ) -> Result<InviteRecord, CreateError> {
        let counted = fetch_optional!(
            tx,
            (i64,),
            "UPDATE performances SET invites_issued = invites_issued + 1 WHERE id = $1
             RETURNING invites_issued",
            Text(new.performance),
        )?;
        let (number,) = counted.ok_or(CreateError::UnknownParent)?;
        let invite = InviteRecord {
            id: InviteId::generate(self.clock(), self.entropy()),
            performance: new.performance,
            number: u32::try_from(number)
                .map_err(|_| StoreError::Corrupt("invite number out of range".to_owned()))?,
            user: new.user,
            role: new.role,
            name: new.name.clone(),
            part: new.part.clone(),
            in_cast: new.in_cast,
            status: InviteStatus::Valid,
            version: 1,
            expires_at: new.expires_at,
            first_used_at: None,
            created_at: self.now(),
        };
        execute!(
            tx,
            "INSERT INTO invites (id, performance_id, number, user_id, role, name, part, in_cast,
                                  status, version, expires_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            Text(invite.id),
            Text(invite.performance),
            number,
            invite.user.map(Text),
            invite.role.as_str(),
            &invite.name,
            &invite.part,
            invite.in_cast,
            invite.status.as_str(),
            i64::from(invite.version),
            invite.expires_at.map(|at| at.0),
            invite.created_at.0,
        )
        .map_err(CreateError::of)?;
        self.audit_created(tx, Subject::Invite(invite.id), Some(new.performance), by).await?;
        Ok(invite)
    }

    /// The invite of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invite(&self, id: InviteId) -> Result<Option<InviteRecord>, StoreError> {
        fetch_optional!(
            &mut self.read().await?,
            InviteRecord,
            "SELECT id, performance_id AS performance, number, user_id AS user, role, name, part,
                    in_cast, status, version, expires_at, first_used_at, created_at
             FROM invites WHERE id = $1",
            Text(id),
        )
    }

    /// The link that admits by an invite now; none for one that is unknown or revoked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_of_invite(&self, id: InviteId) -> Result<Option<AccessLink>, StoreError> {
        let invite = self.invite(id).await?;
        Ok(invite.filter(|invite| invite.status == InviteStatus::Valid).map(|i| i.link()))
    }

    /// Withdraws an invite: its links die, its live sitting ends and the services are told.
    ///
    /// # Errors
    /// When there is no such invite, it is revoked already, or the database fails; then nothing
    /// has changed.
    pub async fn revoke_invite(
        &self,
        invite: InviteId,
        by: Actor,
    ) -> Result<PersonId, ChangeError> {
        let mut tx = self.write().await?;
        let changed = fetch_optional!(
            &mut tx,
            (Text<PerformanceId>,),
            "UPDATE invites SET status = 'revoked', version = version + 1
             WHERE id = $1 AND status = 'valid'
             RETURNING performance_id",
            Text(invite),
        )?;
        let Some((Text(performance),)) = changed else {
            let known = fetch_optional!(
                &mut tx,
                (Text<InviteId>,),
                "SELECT id FROM invites WHERE id = $1",
                Text(invite),
            )?;
            return Err(if known.is_some() {
                ChangeError::NotValid
            } else {
                ChangeError::NotFound
            });
        };
        let person = PersonId::from(invite);
        let sessions = self.end_sessions_of(&mut tx, person, SessionEnd::Revoked).await?;
        let entry = Entry {
            actor: by,
            action: AuditAction::Revoked,
            subject: Subject::Invite(invite),
            performance: Some(performance),
            detail: json!({ "sessions_ended": sessions }),
        };
        self.audit(&mut tx, entry).await?;
        let message = HouseMessage::AccessRevoked { performance, person, sessions };
        self.enqueue(&mut tx, &message).await?;
        self.commit_and_wake(tx).await?;
        Ok(person)
    }
}
