//! The media node.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use super::Invalid;

/// The media node.
#[derive(Debug)]
pub(crate) struct Sfu {
    /// The one port of all media.
    pub(crate) listen: SocketAddr,
    /// The addresses that browsers are told; empty: this machine's own.
    pub(crate) advertise: Vec<IpAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    listen: SocketAddr,
    advertise: Vec<IpAddr>,
}

impl Default for Raw {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([0, 0, 0, 0], 7882)), advertise: Vec::new() }
    }
}

impl Raw {
    pub(super) fn validate(self) -> Result<Sfu, Invalid> {
        if let Some(address) = self.advertise.iter().find(|ip| ip.is_unspecified()) {
            return Err(Invalid::new(
                "sfu.advertise",
                format!("{address} is no address that a browser can reach"),
            ));
        }
        Ok(Sfu { listen: self.listen, advertise: self.advertise })
    }
}
