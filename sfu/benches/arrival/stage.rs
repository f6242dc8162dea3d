//! Who publishes: 800 kbit/s of picture and a voice, and a keyframe, four times as large as other
//! pictures, when one is asked for and only then, as browsers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use protocol::media::ViewId;
use str0m::media::{Direction, MediaKind};

use crate::connecting::connect;
use crate::node::Node;
use crate::support::driver::Driver;
use crate::support::peer::{Happening, Peer};
use crate::support::source::{Part, Source};

/// Pictures a second: 30.
const PICTURE: Duration = Duration::from_nanos(1_000_000_000 / 30);
const SOUND: Duration = Duration::from_millis(20);
/// Packets of a picture, and of a keyframe.
const PACKETS: u64 = 3;
const KEYFRAME_PACKETS: u64 = 12;
/// RTP payloads, in bytes.
const VIDEO_SIZE: usize = 1_100;
const AUDIO_SIZE: usize = 120;

/// A publisher at work, in a thread of its own.
#[derive(Debug)]
pub(crate) struct Stage {
    next_index: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Stage {
    /// Publishes into a view. Stamps count time from `epoch`.
    ///
    /// # Errors
    /// When no connection comes about.
    pub(crate) fn open(node: &mut Node, view: ViewId, epoch: Instant) -> Result<Self> {
        let (mut peer, offer, mids) = Peer::offer(&[
            (MediaKind::Video, Direction::SendOnly),
            (MediaKind::Audio, Direction::SendOnly),
        ])?;
        let source = Source::new(0, epoch, (mids[0], VIDEO_SIZE), (mids[1], AUDIO_SIZE));
        peer.accept(&node.connect_publisher(view, offer)?)?;
        let mut driver = Driver::new()?;
        driver.add(peer)?;
        connect(&mut driver)?;
        let next_index = Arc::new(AtomicU64::new(0));
        let done = Arc::new(AtomicBool::new(false));
        let (index, end) = (next_index.clone(), done.clone());
        let thread = thread::spawn(move || publish(driver, source, &index, &end));
        Ok(Self { next_index, done, thread })
    }

    /// The index of the next packet to be published.
    pub(crate) fn next_index(&self) -> u64 {
        self.next_index.load(Ordering::Relaxed)
    }

    /// Stops publishing.
    ///
    /// # Errors
    /// When publishing had failed.
    pub(crate) fn close(self) -> Result<()> {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the publisher panicked"))?
    }
}

fn publish(
    mut driver: Driver,
    mut source: Source,
    next_index: &AtomicU64,
    done: &AtomicBool,
) -> Result<()> {
    let (mut picture_at, mut sound_at) = (Instant::now(), Instant::now());
    let (mut frame, mut keyframe) = (0, true);
    while !done.load(Ordering::Relaxed) {
        let due = picture_at.min(sound_at);
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            driver.turn(left, &mut |_, happening| {
                keyframe |= matches!(happening, Happening::KeyframeWanted);
            })?;
        }
        if picture_at <= sound_at {
            picture_at += PICTURE;
            let count = if keyframe { KEYFRAME_PACKETS } else { PACKETS };
            if std::mem::take(&mut keyframe) {
                source.make_keyframe();
            }
            source.show(driver.peer(0), Part { frame, first: 0, count, of: count })?;
            frame += 1;
        } else {
            sound_at += SOUND;
            source.sound(driver.peer(0))?;
        }
        driver.turn(Duration::ZERO, &mut |_, happening| {
            keyframe |= matches!(happening, Happening::KeyframeWanted);
        })?;
        next_index.store(source.next_index(), Ordering::Relaxed);
    }
    Ok(())
}
