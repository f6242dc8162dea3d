//! The media node.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use protocol::media::VideoCodec;
use serde::Deserialize;

use super::Invalid;

/// The most threads that forward; each has a port.
const MAX_WORKERS: u16 = 64;
/// The most that are started unasked. Firewalls are opened for so many ports.
const MAX_DEFAULT_WORKERS: u16 = 8;

/// The media node.
#[derive(Debug)]
pub(crate) struct Sfu {
    /// The first port of all media, by UDP and TCP; each further worker has the next one.
    pub(crate) listen: SocketAddr,
    /// Threads that forward.
    pub(crate) workers: u16,
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
    workers: Option<u16>,
    advertise: Vec<IpAddr>,
    tcp: bool,
    certificate_hours: u64,
    video: VideoCodec,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 7882)),
            workers: None,
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
        let workers = self.workers.unwrap_or_else(default_workers);
        if !(1..=MAX_WORKERS).contains(&workers) {
            return Err(Invalid::new("sfu.workers", format!("is between 1 and {MAX_WORKERS}")));
        }
        if self.listen.port().checked_add(workers - 1).is_none() {
            return Err(Invalid::new(
                "sfu.workers",
                format!("there are no {workers} ports from {} on", self.listen.port()),
            ));
        }
        Ok(Sfu {
            listen: self.listen,
            workers,
            advertise: self.advertise,
            tcp: self.tcp,
            certificate_lifetime: Duration::from_secs(self.certificate_hours * 60 * 60),
            video: self.video,
        })
    }
}

/// One processor is left for everything else.
fn default_workers() -> u16 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (processors.saturating_sub(1) as u16).clamp(1, MAX_DEFAULT_WORKERS)
}
