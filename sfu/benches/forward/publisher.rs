//! Who publishes: one str0m client in a thread of its own, so that it is never late.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use str0m::media::{Direction, MediaKind};

use crate::connecting::connect;
use crate::schedule::{AUDIO_SIZE, FRAMES, PACKETS_PER_FRAME, Schedule, Shape, Tick, VIDEO_SIZE};
use crate::server::Server;
use crate::support::driver::Driver;
use crate::support::peer::{Happening, Peer};
use crate::support::source::{Part, Source};

/// The publisher sleeps no longer than this, to answer what the node asks.
const NAP: Duration = Duration::from_millis(5);
/// Pictures from one unasked keyframe to the next: every three seconds.
const KEYFRAME_EVERY: u64 = 3 * FRAMES;

/// A publisher at work.
#[derive(Debug)]
pub(crate) struct Publisher {
    next_index: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Publisher {
    /// Connects from `address` to the server and begins to publish. Stamps count time from `epoch`.
    ///
    /// # Errors
    /// When no connection comes about.
    pub(crate) fn start(
        server: &mut dyn Server,
        address: IpAddr,
        epoch: Instant,
        shape: Shape,
    ) -> Result<Self> {
        let (mut peer, offer, mids) = Peer::offer_from(
            address,
            &[(MediaKind::Video, Direction::SendOnly), (MediaKind::Audio, Direction::SendOnly)],
        )?;
        let source = Source::new(0, epoch, (mids[0], VIDEO_SIZE), (mids[1], AUDIO_SIZE));
        peer.accept(&server.connect_publisher(offer)?)?;
        let mut driver = Driver::new()?;
        driver.add(peer)?;
        connect(&mut driver)?;

        let next_index = Arc::new(AtomicU64::new(0));
        let done = Arc::new(AtomicBool::new(false));
        let (index, end) = (next_index.clone(), done.clone());
        let thread = thread::spawn(move || publish(driver, source, shape, &index, &end));
        Ok(Self { next_index, done, thread })
    }

    /// The index of the next packet to be published.
    #[must_use]
    pub(crate) fn next_index(&self) -> u64 {
        self.next_index.load(Ordering::Relaxed)
    }

    /// Stops publishing.
    ///
    /// # Errors
    /// When publishing had failed.
    pub(crate) fn stop(self) -> Result<()> {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the publisher panicked"))?
    }
}

fn publish(
    mut driver: Driver,
    mut source: Source,
    shape: Shape,
    next_index: &AtomicU64,
    done: &AtomicBool,
) -> Result<()> {
    let began = Instant::now();
    let mut keyframe_wanted = false;
    for tick in Schedule::new(shape) {
        let due = began + tick.at;
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            thread::sleep(left.min(NAP));
            driver.turn(Duration::ZERO, &mut |_, happening| {
                keyframe_wanted |= matches!(happening, Happening::KeyframeWanted);
            })?;
        }
        if std::mem::take(&mut keyframe_wanted) {
            source.make_keyframe();
        }
        write(&mut source, driver.peer(0), tick)?;
        driver.turn(Duration::ZERO, &mut |_, _| {})?;
        next_index.store(source.next_index(), Ordering::Relaxed);
        if done.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(())
}

fn write(source: &mut Source, peer: &mut Peer, tick: Tick) -> Result<()> {
    if tick.videos > 0 {
        let frame = tick.video / PACKETS_PER_FRAME;
        let first = tick.video % PACKETS_PER_FRAME;
        if first == 0 && frame.is_multiple_of(KEYFRAME_EVERY) {
            source.make_keyframe();
        }
        source.show(peer, Part { frame, first, count: tick.videos, of: PACKETS_PER_FRAME })?;
    }
    if tick.sound {
        source.sound(peer)?;
    }
    Ok(())
}
