//! What processes and the machine spend.

use std::fs;
use std::process::Child;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::time::ClockId;
use nix::unistd::Pid;
use serde::Serialize;

/// A process whose expenses are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pid: i32,
    clock: ClockId,
}

impl Process {
    /// The process of a child.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn of(child: &Child) -> Result<Self> {
        let pid = i32::try_from(child.id())?;
        Ok(Self { pid, clock: ClockId::pid_cpu_clock_id(Pid::from_raw(pid))? })
    }

    /// User and system time of all its threads, past ones included, to the nanosecond.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        Ok(self.clock.now()?.into())
    }

    /// Where the kernel tells of its threads.
    #[must_use]
    pub(crate) fn tasks(&self) -> String {
        format!("/proc/{}/task", self.pid)
    }

    /// Its resident memory, in bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn resident(&self) -> Result<u64> {
        // smaps_rollup counts; the figures of status may lag behind.
        let path = format!("/proc/{}/smaps_rollup", self.pid);
        let text = fs::read_to_string(&path).with_context(|| path.clone())?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).context(path)?;
        Ok(kilobytes.trim().parse::<u64>()? * 1024)
    }
}

/// What else the machine did while something was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Load {
    /// Processors.
    pub cores: usize,
    /// Mean number of runnable processes over the last minute.
    pub loadavg1: f64,
    /// Share of all processor time that was not idle, the measured processes included.
    pub cpu_busy_pct: f64,
}

/// Counts the machine's busy time from its making on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadMeter {
    busy: u64,
    total: u64,
}

impl LoadMeter {
    /// Begins to count.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn start() -> Result<Self> {
        let text = fs::read_to_string("/proc/stat")?;
        let line = text.lines().next().context("/proc/stat is empty")?;
        // user nice system idle iowait irq softirq steal: proc(5). Guest time is within user time.
        let fields: Vec<u64> =
            line.split_whitespace().skip(1).take(8).map(str::parse).collect::<Result<_, _>>()?;
        let total = fields.iter().sum();
        let idle: u64 = fields.iter().skip(3).take(2).sum();
        Ok(Self { busy: total - idle, total })
    }

    /// The load since then.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn stop(&self) -> Result<Load> {
        let end = Self::start()?;
        let average = fs::read_to_string("/proc/loadavg")?;
        let loadavg1 = average.split(' ').next().context("/proc/loadavg is empty")?.parse()?;
        let total = (end.total - self.total).max(1);
        let busy = (end.busy - self.busy) as f64 / total as f64;
        let cores = std::thread::available_parallelism()?.get();
        Ok(Load { cores, loadavg1, cpu_busy_pct: (busy * 1000.0).round() / 10.0 })
    }
}
