//! `rampa migrate`.

use crate::config::Config;
use crate::office;

/// Brings the database to the newest form; makes it if it is a SQLite file.
///
/// # Errors
/// When that cannot be done.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let store = office::open(config).await?;
    store.close().await;
    println!("{} is up to date", config.database.display());
    Ok(())
}
