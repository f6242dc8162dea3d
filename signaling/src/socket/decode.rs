//! From text to a message of the protocol, or to what is wrong with it.

use protocol::error::ErrorCode;
use protocol::ws::{ClientEnvelope, ClientMessage, MAX_MESSAGE_SIZE, VERSION};
use serde::Deserialize;

/// What is wrong with a message, and which request it was, if that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) id: Option<u32>,
    pub(super) code: ErrorCode,
}

/// The part of an envelope that every version has.
#[derive(Deserialize)]
struct Outside {
    v: u64,
    #[serde(default)]
    id: Option<u32>,
}

/// Reads a message.
///
/// # Errors
/// When it is too large, of another version or not of the protocol.
pub(super) fn decode(text: &str) -> Result<(Option<u32>, ClientMessage), Unreadable> {
    if text.len() > MAX_MESSAGE_SIZE {
        return Err(Unreadable { id: None, code: ErrorCode::TooLarge });
    }
    match serde_json::from_str::<ClientEnvelope>(text) {
        Ok(envelope) if envelope.v == VERSION => Ok((envelope.id, envelope.message)),
        _ => {
            let outside = serde_json::from_str::<Outside>(text).ok();
            let id = outside.as_ref().and_then(|outside| outside.id);
            let spoken = outside.is_none_or(|outside| outside.v == u64::from(VERSION));
            let code = if spoken { ErrorCode::BadRequest } else { ErrorCode::UnsupportedVersion };
            Err(Unreadable { id, code })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        assert_eq!(decode(r#"{"v":1,"type":"ping"}"#), Ok((None, ClientMessage::Ping)));
        assert_eq!(
            decode(r#"{"v":1,"id":7,"type":"set_curtain","body":{"raised":true}}"#),
            Ok((Some(7), ClientMessage::SetCurtain { raised: true })),
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let large = format!(
            r#"{{"v":1,"type":"offer","body":{{"sdp":"{}"}}}}"#,
            "x".repeat(MAX_MESSAGE_SIZE)
        );
        let deep = format!(r#"{{"v":1,"id":3,"type":"offer","body":{}"#, "[".repeat(100_000));
        let table = [
            ("", None, ErrorCode::BadRequest),
            ("[]", None, ErrorCode::BadRequest),
            ("{\"v\":1", None, ErrorCode::BadRequest),
            (r#"{"type":"ping"}"#, None, ErrorCode::BadRequest),
            (r#"{"v":1,"id":3,"type":"sing"}"#, Some(3), ErrorCode::BadRequest),
            (r#"{"v":1,"id":3,"type":"set_curtain"}"#, Some(3), ErrorCode::BadRequest),
            (
                r#"{"v":1,"id":3,"type":"set_curtain","body":{"raised":"up"}}"#,
                Some(3),
                ErrorCode::BadRequest,
            ),
            (r#"{"v":1,"id":-1,"type":"ping"}"#, None, ErrorCode::BadRequest),
            (r#"{"v":2,"id":3,"type":"ping"}"#, Some(3), ErrorCode::UnsupportedVersion),
            (r#"{"v":300,"id":3,"type":"sing"}"#, Some(3), ErrorCode::UnsupportedVersion),
            (&large, None, ErrorCode::TooLarge),
            (&deep, None, ErrorCode::BadRequest),
        ];
        for (text, id, code) in table {
            let shown = &text[..text.len().min(60)];
            assert_eq!(decode(text), Err(Unreadable { id, code }), "{shown}");
        }
    }
}
