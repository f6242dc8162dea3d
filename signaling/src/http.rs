//! What the HTTP routes share.

pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod debug;
pub(crate) mod error;
pub(crate) mod health;
pub(crate) mod language;
pub(crate) mod metrics;
pub(crate) mod session;
