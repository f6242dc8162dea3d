//! The one binary of the house. It reads the settings, connects the parts and runs them.

mod addresses;
mod cli;
mod commands;
mod config;
mod house;
mod keys;
mod logging;
mod node;
mod office;
mod private;
mod programme;
mod relay;
mod server;
mod shutdown;
mod tls;
mod web;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use config::Config;

fn main() -> ExitCode {
    tls::install_provider();
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rampa: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: &Cli) -> anyhow::Result<()> {
    let config = Config::load(cli.config.as_deref())?;
    logging::start(&config.log);
    match &cli.command {
        Command::Up(up) => house::run(&config, up.demo).await,
        Command::Sfu(sfu) => commands::sfu::run(config.sfu, sfu).await,
        Command::Turn(turn) => commands::turn::run(config, turn).await,
        Command::Migrate => commands::migrate::run(&config).await,
        Command::Doctor => commands::doctor::run(&config).await,
        Command::Token(people) => commands::people::tokens(&config, people).await,
        Command::Links(people) => commands::people::links(&config, people).await,
    }
}
