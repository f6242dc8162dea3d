//! Gathers sealed packets for one destination into trains of equal segments, which the kernel
//! cuts apart again (UDP GSO): what halves the cost of sending.

use super::histogram::Histogram;
use super::measures::TRAINS;
use super::{Path, Sink, Transmit};
use crate::ring::MAX_PAYLOAD;
use crate::rtp::MAX_WRITTEN_HEADER;

/// The most segments of a train (`UDP_MAX_SEGMENTS` of Linux).
const MAX_SEGMENTS: usize = 64;
/// The most bytes of a train: the longest UDP payload over IPv4, rounded down.
const MAX_TRAIN: usize = 65_000;
/// Room for one packet: header, payload, retransmission header, padding, tag.
pub(super) const MAX_PACKET: usize = MAX_WRITTEN_HEADER + 2 + MAX_PAYLOAD + 16 + 16;

/// One buffer for all subscribers of a worker: each is flushed before the next is begun.
#[derive(Debug)]
pub(super) struct Train {
    buffer: Vec<u8>,
    length: usize,
    segment_size: usize,
    segments: usize,
    closed: bool,
    /// How many packets each of them had.
    pub(super) sizes: Histogram,
}

impl Train {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; MAX_TRAIN + MAX_PACKET],
            length: 0,
            segment_size: 0,
            segments: 0,
            closed: false,
            sizes: Histogram::new(TRAINS),
        }
    }

    /// Room for the next packet, at least [`MAX_PACKET`] bytes.
    #[inline]
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.buffer[self.length..self.length + MAX_PACKET]
    }

    /// Adds the packet of `length` bytes that was written into [`Self::room`]. Sends what was
    /// gathered before if the packet does not fit behind it. Returns how often it sent.
    #[inline]
    pub(super) fn push(&mut self, length: usize, path: Path, sink: &mut dyn Sink) -> u64 {
        let mut sends = 0;
        let fits = self.segments < MAX_SEGMENTS
            && !self.closed
            && length <= self.segment_size
            && self.length + length <= MAX_TRAIN;
        if self.segments > 0 && !fits {
            let start = self.length;
            sends = self.send(path, sink);
            self.buffer.copy_within(start..start + length, 0);
        }
        if self.segments == 0 {
            self.segment_size = length;
        }
        // A shorter segment can only be the last one.
        self.closed = length < self.segment_size;
        self.length += length;
        self.segments += 1;
        sends
    }

    /// Sends what is gathered. Returns how often it sent.
    #[inline]
    pub(super) fn flush(&mut self, path: Path, sink: &mut dyn Sink) -> u64 {
        if self.segments == 0 { 0 } else { self.send(path, sink) }
    }

    fn send(&mut self, path: Path, sink: &mut dyn Sink) -> u64 {
        sink.transmit(Transmit {
            path,
            segment_size: self.segment_size,
            contents: &self.buffer[..self.length],
        });
        self.sizes.note(self.segments as u64);
        (self.length, self.segments, self.closed) = (0, 0, false);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sent(Vec<(usize, usize)>);

    impl Sink for Sent {
        fn transmit(&mut self, transmit: Transmit<'_>) {
            self.0.push((transmit.segment_size, transmit.contents.len()));
        }
    }

    fn trains(lengths: &[usize]) -> Vec<(usize, usize)> {
        let path = Path::udp("192.0.2.1:1".parse().expect("an address"));
        let (mut train, mut sent) = (Train::new(), Sent(Vec::new()));
        for length in lengths {
            train.push(*length, path, &mut sent);
        }
        train.flush(path, &mut sent);
        sent.0
    }

    #[test]
    fn equal_packets_share_a_train_and_a_shorter_one_ends_it() {
        assert_eq!(trains(&[]), []);
        assert_eq!(trains(&[100, 100, 60]), [(100, 260)]);
        assert_eq!(trains(&[100, 60, 60]), [(100, 160), (60, 60)]);
        assert_eq!(trains(&[60, 100]), [(60, 60), (100, 100)]);
    }

    #[test]
    fn trains_stay_within_the_kernels_limits() {
        assert_eq!(trains(&[10; 65]), [(10, 640), (10, 10)]);
        let long = trains(&[1_200; 60]);
        assert_eq!(long.iter().map(|(_, length)| length).sum::<usize>(), 72_000);
        assert!(long.iter().all(|(_, length)| *length <= MAX_TRAIN));
    }
}
