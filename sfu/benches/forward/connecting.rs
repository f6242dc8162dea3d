//! A publisher comes in.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::support::driver::Driver;
use crate::support::peer::Happening;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the driver's peer is connected.
///
/// # Errors
/// When it does not connect.
pub(crate) fn connect(driver: &mut Driver) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut connected = false;
    while !connected {
        if Instant::now() > deadline {
            bail!("the publisher does not connect");
        }
        driver.turn(Duration::from_millis(100), &mut |_, happening| {
            connected |= matches!(happening, Happening::Connected);
        })?;
    }
    Ok(())
}
