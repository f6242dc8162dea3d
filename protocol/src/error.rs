//! Errors as a client sees them: a stable code, and a text in the person's language.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The languages that the house speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

impl FromStr for Language {
    type Err = std::convert::Infallible;

    /// Reads a language tag such as `en-GB`. Anything but English is Russian.
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let english = tag.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("en"));
        Ok(if english { Self::En } else { Self::Ru })
    }
}

/// What went wrong, cut by what the client can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The link or token does not admit; the same for a forged, expired, foreign or refunded
    /// one, and for a performance that does not exist.
    AccessDenied,
    /// Another device took the seat.
    TakenOver,
    /// The role may not do this.
    Forbidden,
    /// The message is not of the protocol.
    BadRequest,
    /// The message is longer than the limit.
    TooLarge,
    /// Too many messages; try again later.
    RateLimited,
    /// The protocol version is not spoken here; reload the page.
    UnsupportedVersion,
    /// The named person or thing is not here.
    NotFound,
    /// The state does not allow this now.
    Conflict,
    /// The media offer cannot be answered.
    MediaRefused,
    /// The house cannot serve right now; try again.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl ErrorCode {
    /// What to tell the person.
    #[must_use]
    pub fn text(self, language: Language) -> &'static str {
        let (ru, en) = match self {
            Self::AccessDenied => (
                "По этой ссылке не войти. Проверьте, что она открыта целиком, или получите новую.",
                "This link does not let you in. Check that it is complete, or ask for a new one.",
            ),
            Self::TakenOver => {
                ("Место занято на другом устройстве.", "Your seat is now taken on another device.")
            }
            Self::Forbidden => {
                ("У вашей роли нет права на это действие.", "Your role is not allowed to do this.")
            }
            Self::BadRequest => (
                "Сообщение не разобрано. Обновите страницу.",
                "The message was not understood. Reload the page.",
            ),
            Self::TooLarge => ("Сообщение слишком велико.", "The message is too large."),
            Self::RateLimited => (
                "Слишком часто. Подождите немного и повторите.",
                "Too often. Wait a little and try again.",
            ),
            Self::UnsupportedVersion => {
                ("Страница устарела. Обновите её.", "This page is out of date. Reload it.")
            }
            Self::NotFound => ("Здесь этого уже нет.", "It is no longer here."),
            Self::Conflict => ("Сейчас это невозможно.", "This is not possible right now."),
            Self::MediaRefused => (
                "Не удалось согласовать звук и картинку. Обновите браузер.",
                "Sound and picture could not be agreed on. Update your browser.",
            ),
            Self::Unavailable => (
                "Зал временно недоступен. Повторите через минуту.",
                "The house is unavailable for a moment. Try again in a minute.",
            ),
            Self::Internal => (
                "Ошибка на нашей стороне. Мы о ней знаем.",
                "A fault on our side. We know about it.",
            ),
        };
        match language {
            Language::Ru => ru,
            Language::En => en,
        }
    }
}

/// The body of every error, over HTTP and over the WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ErrorBody {
    /// Stable; programs decide by it.
    pub code: ErrorCode,
    /// For the person to read.
    pub text: String,
}

impl ErrorBody {
    /// The error with its text in `language`.
    #[must_use]
    pub fn new(code: ErrorCode, language: Language) -> Self {
        Self { code, text: code.text(language).to_owned() }
    }
}
