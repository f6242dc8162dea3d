//! What a worker has to tell of itself, once a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::core::{Core, Counters, Measures};

/// What a worker has counted and measured since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerStats {
    /// Its core's counters, and the socket's.
    pub counters: Counters,
    /// Its core's histograms.
    pub measures: Measures,
    /// Processor time of its thread, user and system.
    pub cpu: Duration,
}

impl WorkerStats {
    /// Those of the calling thread and its core.
    pub(super) fn read(core: &Core) -> Self {
        let cpu = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
        let cpu = cpu.map_or(Duration::ZERO, Duration::from);
        Self { counters: *core.counters(), measures: core.measures(), cpu }
    }
}

/// Reads what a node's workers have to tell, for as long as somebody cares.
#[derive(Clone, Debug, Default)]
pub struct StatsReader(pub(super) Vec<Arc<Mutex<WorkerStats>>>);

impl StatsReader {
    /// Worker by worker, as of at most a second ago.
    #[must_use]
    pub fn read(&self) -> Vec<WorkerStats> {
        let read =
            |stats: &Arc<Mutex<WorkerStats>>| *stats.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.iter().map(read).collect()
    }
}
