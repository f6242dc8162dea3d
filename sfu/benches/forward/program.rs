//! What is measured.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// The program to measure: `RAMPA_BIN`, or the one beside this benchmark.
///
/// # Errors
/// When there is neither.
pub(crate) fn rampa() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("RAMPA_BIN") {
        return Ok(path.into());
    }
    let exe = std::env::current_exe()?;
    let target = exe.parent().and_then(|deps| deps.parent()).context("set RAMPA_BIN")?;
    Ok(target.join("rampa"))
}
