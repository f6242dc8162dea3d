//! What waits for a connection whose peer does not read as fast as it is sent to.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

use crate::framing::{HEADER, push_frame};

/// Media waits in at most this many bytes: a keyframe of a large picture, or a second of a poor
/// link.
const CAPACITY: usize = 128 * 1024;
/// Room besides for checks and handshakes, without which a connection would not live to recover.
const RESERVE: usize = 16 * 1024;
/// Memory that is kept while nothing waits.
const KEPT: usize = 16 * 1024;

/// Whole frames, but for what the kernel took of the first one.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    bytes: VecDeque<u8>,
    /// Looks in a row at which it was more than half full.
    crowded: u8,
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds a datagram as a frame. False when there is no room, and it is lost.
    pub(super) fn push(&mut self, datagram: &[u8]) -> bool {
        // RFC 7983: SRTP and SRTCP.
        let media = matches!(datagram.first(), Some(128..=191));
        let capacity = if media { CAPACITY } else { CAPACITY + RESERVE };
        let fits = self.bytes.len() + HEADER + datagram.len() <= capacity;
        if fits {
            push_frame(datagram, &mut self.bytes);
        }
        fits
    }

    /// Adds the rest of frames that the kernel took in part.
    pub(super) fn push_rest(&mut self, frames: &[u8]) {
        self.bytes.extend(frames);
    }

    /// Hands over as much as is taken without waiting.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn drain(&mut self, stream: &mut impl Write) -> io::Result<()> {
        while !self.bytes.is_empty() {
            let (front, back) = self.bytes.as_slices();
            match stream.write_vectored(&[IoSlice::new(front), IoSlice::new(back)]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => drop(self.bytes.drain(..taken)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.bytes.capacity() > KEPT {
            self.bytes.shrink_to(KEPT);
        }
        Ok(())
    }

    /// Looks at it, as is to be done regularly: how often in a row it was more than half full.
    pub(super) fn look(&mut self) -> u8 {
        let crowded = self.bytes.len() > CAPACITY / 2;
        self.crowded = if crowded { self.crowded.saturating_add(1) } else { 0 };
        self.crowded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes before it would block.
    struct Pipe(usize, Vec<u8>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            if taken == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.0 -= taken;
            self.1.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn media_is_dropped_whole_when_it_is_full_and_checks_still_fit() {
        let mut backlog = Backlog::default();
        let media = [0x80; 1_000];
        let kept = (0..200).filter(|_| backlog.push(&media)).count();
        assert_eq!(kept, CAPACITY / 1_002);
        assert!(backlog.push(&[1; 1_000]), "a check fits");
        assert!((0..200).any(|_| !backlog.push(&[1; 1_000])), "but not any number of them");
        assert!(backlog.bytes.len() <= CAPACITY + RESERVE);
    }

    #[test]
    fn what_is_kept_comes_out_in_order_however_little_is_taken() {
        let (mut backlog, mut pipe) = (Backlog::default(), Pipe(0, Vec::new()));
        backlog.push_rest(&[9, 9]);
        let mut expected = vec![9, 9];
        for number in 0..100_u8 {
            assert!(backlog.push(&[0x80, number, 7]));
            expected.extend([0, 3, 0x80, number, 7]);
            pipe.0 = 4;
            backlog.drain(&mut pipe).expect("an open pipe");
        }
        pipe.0 = usize::MAX;
        backlog.drain(&mut pipe).expect("an open pipe");
        assert!(backlog.is_empty());
        assert_eq!(pipe.1, expected);
    }

    #[test]
    fn only_a_backlog_that_stays_crowded_counts() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.look(), 0);
        while backlog.push(&[0x80; 1_000]) {}
        assert_eq!((backlog.look(), backlog.look()), (1, 2));
        backlog.drain(&mut Pipe(CAPACITY / 2 + 1_000, Vec::new())).expect("an open pipe");
        assert_eq!(backlog.look(), 0);
        while backlog.push(&[0x80; 1_000]) {}
        assert_eq!(backlog.look(), 1);
    }
}
