//! Starting the binary, reading what it says, asking it over HTTP.

mod authority;
mod client;
mod house;
pub(crate) mod metrics;

pub(crate) use authority::Authority;
pub(crate) use client::Connection;
pub(crate) use house::{House, Running};

use std::time::Duration;

/// How long anything may take on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
