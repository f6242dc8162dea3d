//! The store, opened as the settings say.

use std::sync::Arc;

use anyhow::Context as _;
use protocol::{SystemClock, SystemEntropy};
use store::{Store, StoreConfig};

use crate::config::Config;

/// Opens the database; makes it, and brings it to the newest form, if need be.
///
/// # Errors
/// When that cannot be done; the message names the setting, and never a password.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Store> {
    let database = &config.database;
    let store_config = StoreConfig {
        url: database.url.expose().to_owned(),
        max_connections: database.max_connections,
    };
    Store::open(&store_config, Arc::new(SystemClock), Arc::new(SystemEntropy))
        .await
        .with_context(|| format!("setting `database.url` ({})", database.display()))
}
