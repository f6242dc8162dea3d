//! The media node.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use protocol::media::VideoCodec;
use serde::Deserialize;

use super::Invalid;

/// The media node.
#[derive(Debug)]
pub(crate) struct Sfu {
    /// The one port of all media, by UDP and TCP.
    pub(crate) listen: SocketAddr,
    /// The addresses that browsers are told; empty: this machine's own.
    pub(crate) advertise: Vec<IpAddr>,
    /// Whether media may come by TCP where no UDP gets through.
    pub(crate) tcp: bool,
    /// How long new connections are shown the same certificate.
    pub(crate) certificate_lifetime: Duration,
    /// The codec in which pages send pictures.
    pub(crate) video: VideoCodec,
}

/// A month: longer than that is no rotation.
const MAX_CERTIFICATE_HOURS: u64 = 31 * 24;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    listen: SocketAddr,
    advertise: Vec<IpAddr>,
    tcp: bool,
    certificate_hours: u64,
    video: VideoCodec,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 7882)),
            advertise: Vec::new(),
            tcp: true,
            certificate_hours: 24,
            video: VideoCodec::default(),
        }
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
        if !(1..=MAX_CERTIFICATE_HOURS).contains(&self.certificate_hours) {
            return Err(Invalid::new(
                "sfu.certificate_hours",
                format!("is between 1 and {MAX_CERTIFICATE_HOURS}"),
            ));
        }
        Ok(Sfu {
            listen: self.listen,
            advertise: self.advertise,
            tcp: self.tcp,
            certificate_lifetime: Duration::from_secs(self.certificate_hours * 60 * 60),
            video: self.video,
        })
    }
}
