//! A house, its clients, and the ends of their patience.

mod client;
mod house;
mod node;

use std::time::Duration;

pub(crate) use client::{Client, hello};
pub(crate) use house::{Builder, DEVICE, House, Reply, post_session};
pub(crate) use node::Node;

/// Waits for what must come, long enough for a machine ten times slower.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
