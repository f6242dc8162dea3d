//! The TypeScript that the web application is compiled against, generated from these types.

use ts_rs::{Config, TS};

use crate::{clock, error, http, ids, media, quality, role, ws};

/// The content of `webapp/src/api/generated/protocol.ts`.
#[must_use]
pub fn generate() -> String {
    let config = Config::new();
    let mut text = String::from("// Generated from the crate `protocol` by `make generate`.\n");
    let mut declare = |declaration: String| {
        text.push_str("\nexport ");
        text.push_str(&declaration);
        text.push('\n');
    };
    macro_rules! declare {
        ($($type:ty),* $(,)?) => {$( declare(<$type>::decl(&config)); )*};
    }
    declare!(
        clock::Timestamp,
        ids::PersonId,
        ids::SessionId,
        ids::MediaSessionId,
        ids::Slug,
        ids::DeviceId,
        role::Role,
        role::Place,
        error::Language,
        error::ErrorCode,
        error::ErrorBody,
        http::SessionRequest,
        http::SessionResponse,
        http::IceServer,
        http::PerformanceView,
        http::CastMember,
        media::Kind,
        media::VideoCodec,
        media::TrackSet,
        media::SlotMids,
        media::SlotSize,
        quality::Trouble,
        quality::LinkQuality,
        quality::PersonQuality,
        ws::ClientEnvelope,
        ws::ClientMessage,
        ws::Hello,
        ws::Resume,
        ws::ServerEnvelope,
        ws::ServerMessage,
        ws::Welcome,
        ws::Snapshot,
        ws::PersonView,
        ws::MediaAnswer,
        ws::IceRestart,
        ws::SlotView,
    );
    for (name, value) in [
        ("VERSION", u64::from(ws::VERSION)),
        ("PING_INTERVAL_MS", ws::PING_INTERVAL.as_millis() as u64),
        ("SILENCE_LIMIT_MS", ws::SILENCE_LIMIT.as_millis() as u64),
        ("PAIRS", u64::from(media::PAIRS)),
        ("VOICES", u64::from(media::VOICES)),
    ] {
        text.push_str(&format!("\nexport const {name} = {value};\n"));
    }
    text
}
