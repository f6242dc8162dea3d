//! `rampa turn`: the relay alone, for a machine of its own. It relays to the media node that
//! `sfu.advertise` and the port of `sfu.listen` name, and admits whom a house with the same
//! `turn.secret` (or the same signing keys) sends.

use anyhow::bail;
use protocol::SystemEntropy;

use crate::cli;
use crate::config::Config;
use crate::relay::{self, Relay};
use crate::{addresses, keys, shutdown};

/// Relays until a signal.
///
/// # Errors
/// When it is not known what to relay to, the port cannot be had, or the relay fails.
pub(crate) async fn run(mut config: Config, args: &cli::Turn) -> anyhow::Result<()> {
    config.turn.listen = args.listen.unwrap_or(config.turn.listen);
    let port = config.sfu.listen.port();
    if port == 0 {
        bail!("setting `sfu.listen`: name the media node's port, which is what is relayed to");
    }
    let shutdown = shutdown::on_signal()?;
    let secret = match &config.turn.secret {
        Some(secret) => secret.clone(),
        None => relay::secret(&config.turn, &keys::load(&config.keys, &SystemEntropy)?),
    };
    let advertised = addresses::advertised(&config.sfu);
    let ports = (0..config.sfu.workers).map(|worker| port.saturating_add(worker));
    let targets: Vec<_> = ports.flat_map(|port| relay::apart(port, &advertised)).collect();
    let reached: Vec<_> = targets.iter().map(|target| target.named).collect();
    let relay = Relay::prepare(&config.turn, secret, targets)?;
    let started = serde_json::json!({
        "turn": relay.address(),
        "urls": relay.urls(),
        "targets": reached,
    });
    println!("{started}");
    Ok(relay.run(shutdown).await?)
}
