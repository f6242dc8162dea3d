//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use protocol::{Role, Slug};

/// Live interactive theatre: one binary, the whole house.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// The settings file [default: rampa.toml, when there is one]
    #[arg(long, global = true, env = "RAMPA_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open the house: everything in one process
    Up(Up),
    /// Run a media node alone, commanded over a loopback connection
    Sfu(Sfu),
    /// Run a relay (TURN) alone, for a machine of its own
    Turn(Turn),
    /// Bring the database to the newest form
    Migrate,
    /// Check settings, ports, database, certificates and web app, and say what to do
    Doctor,
    /// Print session tokens for new people of a demo performance, one a line
    Token(People),
    /// Print links for new people of a demo performance, one a line
    Links(People),
}

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Make a demo performance that is on now, and print its links
    #[arg(long)]
    pub(crate) demo: bool,
}

/// Arguments of `sfu`.
#[derive(Debug, Args)]
pub(crate) struct Sfu {
    /// Where media arrives (UDP and TCP) [default: sfu.listen of the settings]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// How many threads forward media, each on a port of its own [default: sfu.workers]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) workers: Option<u16>,
    /// Where commands arrive (TCP); must be a loopback address
    #[arg(long, value_name = "127.0.0.1:PORT")]
    pub(crate) control: SocketAddr,
}

/// Arguments of `turn`.
#[derive(Debug, Args)]
pub(crate) struct Turn {
    /// Where clients come to (UDP) [default: turn.listen of the settings]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

/// Arguments of `token` and `links`.
#[derive(Debug, Args)]
pub(crate) struct People {
    /// The performance, by its name in addresses
    #[arg(long, default_value = "demo")]
    pub(crate) performance: Slug,
    /// actor, spectator or stage-manager
    #[arg(long)]
    pub(crate) role: Role,
    /// How many; each is of a person of their own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
}
