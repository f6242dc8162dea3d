//! Datagrams on a byte stream (RFC 4571): each stands behind its length in two bytes. ICE-TCP
//! carries STUN, DTLS and SRTP so (RFC 6544 section 3).

/// The length before a frame, in bytes.
pub const HEADER: usize = 2;
/// A stream is read in pieces of at least this many bytes, where memory was given for it.
const PIECE: usize = 16 * 1024;

/// A frame longer than its reader takes: nothing after it can be made sense of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes is too long")]
pub struct FrameTooLong(pub usize);

/// Cuts a byte stream into frames.
///
/// Fill [`Self::space`], say how much with [`Self::filled`], then take [`Self::next_frame`] until
/// there is none.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    limit: usize,
}

impl Deframer {
    /// Takes frames of up to `limit` bytes, in a buffer for one of them.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { buffer: vec![0; HEADER + limit], start: 0, end: 0, limit }
    }

    /// Takes frames of up to `limit` bytes from now on, many at a time.
    pub fn widen(&mut self, limit: usize) {
        self.limit = self.limit.max(limit);
        self.buffer.resize((HEADER + self.limit).max(PIECE), 0);
    }

    /// Room for what comes next; never empty once [`Self::next_frame`] had none.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        &mut self.buffer[self.end..]
    }

    /// `length` bytes were written to the beginning of [`Self::space`].
    pub fn filled(&mut self, length: usize) {
        self.end = (self.end + length).min(self.buffer.len());
    }

    /// The next whole frame. Empty ones, which some send to keep a connection open, are left out.
    ///
    /// # Errors
    /// When it is longer than the limit; the stream is useless from then on.
    pub fn next_frame(&mut self) -> Result<Option<&mut [u8]>, FrameTooLong> {
        loop {
            let waiting = &self.buffer[self.start..self.end];
            let Some(length) = waiting.first_chunk::<HEADER>() else { return Ok(None) };
            let length = usize::from(u16::from_be_bytes(*length));
            if length > self.limit {
                return Err(FrameTooLong(length));
            }
            if waiting.len() < HEADER + length {
                return Ok(None);
            }
            let begin = self.start + HEADER;
            self.start = begin + length;
            if length > 0 {
                return Ok(Some(&mut self.buffer[begin..begin + length]));
            }
        }
    }
}

/// Appends `datagram` as a frame. One that is longer than a frame can be is left out.
pub fn push_frame(datagram: &[u8], into: &mut impl Extend<u8>) {
    if let Ok(length) = u16::try_from(datagram.len()) {
        into.extend(length.to_be_bytes());
        into.extend(datagram.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `stream` in pieces of these lengths, over and over.
    fn read(
        deframer: &mut Deframer,
        mut stream: &[u8],
        pieces: &[usize],
    ) -> Result<Vec<Vec<u8>>, FrameTooLong> {
        let mut frames = Vec::new();
        for piece in pieces.iter().cycle() {
            if stream.is_empty() {
                break;
            }
            let space = deframer.space();
            let length = (*piece).min(space.len()).min(stream.len());
            space[..length].copy_from_slice(&stream[..length]);
            deframer.filled(length);
            stream = &stream[length..];
            while let Some(frame) = deframer.next_frame()? {
                frames.push(frame.to_vec());
            }
        }
        Ok(frames)
    }

    #[test]
    fn frames_are_cut_where_their_lengths_say() {
        for (stream, expected) in [
            (&[][..], &[][..]),
            (&[0], &[]),
            (&[0, 1], &[]),
            (&[0, 0], &[]),
            (&[0, 1, 7], &[&[7][..]]),
            (&[0, 1, 7, 0], &[&[7]]),
            (&[0, 1, 7, 0, 2, 8], &[&[7]]),
            (&[0, 1, 7, 0, 2, 8, 9], &[&[7], &[8, 9]]),
            (&[0, 0, 0, 0, 0, 1, 7, 0, 0], &[&[7]]),
            (&[0, 4, 1, 2, 3, 4], &[&[1, 2, 3, 4]]),
        ] {
            for piece in 1..6 {
                let frames = read(&mut Deframer::new(4), stream, &[piece]).expect("short frames");
                assert_eq!(frames, expected, "{stream:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_before_it_comes() {
        assert_eq!(read(&mut Deframer::new(4), &[0, 5], &[9]), Err(FrameTooLong(5)));
        let mut deframer = Deframer::new(4);
        deframer.widen(5);
        assert_eq!(
            read(&mut deframer, &[0, 5, 1, 2, 3, 4, 5], &[9]),
            Ok(vec![vec![1, 2, 3, 4, 5]])
        );
        deframer.widen(4);
        assert_eq!(read(&mut deframer, &[0, 5, 0, 0, 0, 0, 0], &[9]), Ok(vec![vec![0; 5]]));
    }

    proptest! {
        #[test]
        fn what_was_framed_comes_back_however_it_is_cut(
            datagrams in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 1..200), 0..40),
            pieces in proptest::collection::vec(1_usize..300, 1..8),
            wide: bool,
        ) {
            let mut stream = Vec::new();
            for datagram in &datagrams {
                push_frame(datagram, &mut stream);
            }
            let mut deframer = Deframer::new(200);
            if wide {
                deframer.widen(2_048);
            }
            prop_assert_eq!(read(&mut deframer, &stream, &pieces), Ok(datagrams));
        }

        #[test]
        fn any_stream_is_read_or_refused(
            stream in proptest::collection::vec(any::<u8>(), 0..2_000),
            pieces in proptest::collection::vec(1_usize..300, 1..8),
        ) {
            if let Ok(frames) = read(&mut Deframer::new(576), &stream, &pieces) {
                prop_assert!(frames.iter().all(|frame| (1..=576).contains(&frame.len())));
            }
        }
    }
}
