//! What a test packet's payload says about itself.

use std::time::Duration;

/// Where in the payload a stamp stands: behind a VP8 payload descriptor and frame header.
const OFFSET: usize = 16;
const LENGTH: usize = 24;
const MAGIC: u32 = 0x7a6d_7061;

/// The smallest payload that holds a stamp.
pub(crate) const SMALLEST: usize = OFFSET + LENGTH;

/// The mark that a publisher leaves in each payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Which publisher.
    pub source: u32,
    /// The how-manieth packet of the publisher, sound and picture counted together.
    pub index: u64,
    /// When it was written, since a moment that sender and receiver agree on.
    pub at: Duration,
}

impl Stamp {
    /// Writes the stamp into a payload of at least [`SMALLEST`] bytes.
    pub(crate) fn write(&self, payload: &mut [u8]) {
        let nanos = u64::try_from(self.at.as_nanos()).expect("invariant: runs are short");
        let mark = &mut payload[OFFSET..OFFSET + LENGTH];
        mark[..4].copy_from_slice(&MAGIC.to_be_bytes());
        mark[4..8].copy_from_slice(&self.source.to_be_bytes());
        mark[8..16].copy_from_slice(&self.index.to_be_bytes());
        mark[16..].copy_from_slice(&nanos.to_be_bytes());
    }

    /// The stamp of a payload, if it has one.
    #[must_use]
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let mark: &[u8; LENGTH] = payload.get(OFFSET..OFFSET + LENGTH)?.try_into().ok()?;
        let word = |at: usize| mark[at..at + 4].try_into().map(u32::from_be_bytes).ok();
        let long = |at: usize| mark[at..at + 8].try_into().map(u64::from_be_bytes).ok();
        if word(0)? != MAGIC {
            return None;
        }
        Some(Self { source: word(4)?, index: long(8)?, at: Duration::from_nanos(long(16)?) })
    }
}
