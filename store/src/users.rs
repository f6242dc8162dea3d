//! Accounts: people the house knows, with or without Telegram.

use protocol::{Language, UserId};
use serde_json::json;

use crate::audit::{Actor, AuditAction, Entry, Subject};
use crate::columns::{Text, from_row};
use crate::db::{execute, fetch_optional};
use crate::error::{CreateError, StoreError};
use crate::store::Store;

/// Telegram's number for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TelegramId(pub i64);

/// A person to be known from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// Their Telegram account, if any. No two users share one.
    pub telegram_id: Option<TelegramId>,
    /// What to call them.
    pub name: String,
    /// The language to speak with them.
    pub language: Language,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// Its id.
    pub id: UserId,
    /// The Telegram account, if any.
    pub telegram_id: Option<TelegramId>,
    /// What to call the person.
    pub name: String,
    /// The language to speak with them.
    pub language: Language,
}

struct Row {
    id: UserId,
    telegram_id: Option<i64>,
    name: String,
    language: Language,
}

from_row!(Row { id: text, telegram_id: plain, name: plain, language: text });

impl From<Row> for UserRecord {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            telegram_id: row.telegram_id.map(TelegramId),
            name: row.name,
            language: row.language,
        }
    }
}

fn language_tag(language: Language) -> &'static str {
    match language {
        Language::Ru => "ru",
        Language::En => "en",
    }
}

impl Store {
    /// Opens an account.
    ///
    /// # Errors
    /// [`CreateError::Taken`] when the Telegram account is known already.
    pub async fn create_user(&self, new: &NewUser) -> Result<UserRecord, CreateError> {
        let mut tx = self.write().await?;
        let id = UserId::generate(self.clock(), self.entropy());
        execute!(
            &mut tx,
            "INSERT INTO users (id, telegram_id, name, language, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            Text(id),
            new.telegram_id.map(|id| id.0),
            &new.name,
            language_tag(new.language),
            self.now().0,
        )
        .map_err(CreateError::of)?;
        let entry = Entry {
            actor: Actor::User(id),
            action: AuditAction::Created,
            subject: Subject::User(id),
            performance: None,
            detail: json!({}),
        };
        self.audit(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(UserRecord {
            id,
            telegram_id: new.telegram_id,
            name: new.name.clone(),
            language: new.language,
        })
    }

    /// The account of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        let row = fetch_optional!(
            &mut self.read().await?,
            Row,
            "SELECT id, telegram_id, name, language FROM users WHERE id = $1",
            Text(id),
        )?;
        Ok(row.map(UserRecord::from))
    }

    /// The account that belongs to a Telegram account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_telegram(
        &self,
        telegram_id: TelegramId,
    ) -> Result<Option<UserRecord>, StoreError> {
        let row = fetch_optional!(
            &mut self.read().await?,
            Row,
            "SELECT id, telegram_id, name, language FROM users WHERE telegram_id = $1",
            telegram_id.0,
        )?;
        Ok(row.map(UserRecord::from))
    }
}
