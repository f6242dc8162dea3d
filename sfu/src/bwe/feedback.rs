//! Transport-wide congestion control feedback
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1), read in place.

/// The unit of arrival times, in µs.
const TICK: i64 = 250;
/// The unit of the reference time, in µs.
const REFERENCE_TICK: i64 = 64_000;

/// One feedback message.
#[derive(Clone, Copy, Debug)]
pub struct Feedback<'a> {
    base: u16,
    count: u16,
    reference: i64,
    contents: &'a [u8],
}

impl<'a> Feedback<'a> {
    /// Reads what follows the two SSRCs of an RTCP packet of type 205, format 15. Nothing if it
    /// is cut short.
    #[must_use]
    pub fn parse(contents: &'a [u8]) -> Option<Self> {
        let (head, contents) = contents.split_first_chunk::<8>()?;
        let [base_high, base_low, count_high, count_low, r0, r1, r2, _number] = *head;
        let reference = i32::from_be_bytes([r0, r1, r2, 0]) >> 8;
        Some(Self {
            base: u16::from_be_bytes([base_high, base_low]),
            count: u16::from_be_bytes([count_high, count_low]),
            reference: i64::from(reference) * REFERENCE_TICK,
            contents,
        })
    }

    /// How many packets it tells of.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether it tells of nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each packet with its arrival in µs of the receiver's clock, or nothing if it has not
    /// arrived. Ends early where the message does.
    pub fn packets(&self) -> impl Iterator<Item = (u16, Option<i64>)> + use<'a> {
        let mut arrival = self.reference;
        let mut deltas = self.deltas();
        self.symbols().map_while(move |(sequence, symbol)| {
            let delta = match symbol {
                0 | 3 => return Some((sequence, None)),
                1 => {
                    let (byte, rest) = deltas.split_first()?;
                    deltas = rest;
                    i64::from(*byte)
                }
                _ => {
                    let (bytes, rest) = deltas.split_first_chunk::<2>()?;
                    deltas = rest;
                    i64::from(i16::from_be_bytes(*bytes))
                }
            };
            arrival += delta * TICK;
            Some((sequence, Some(arrival)))
        })
    }

    fn symbols(&self) -> Symbols<'a> {
        Symbols {
            chunks: self.contents,
            sequence: self.base,
            left: self.count,
            run: 0,
            chunk: 0,
            at: 0,
        }
    }

    /// What stands behind the chunks.
    fn deltas(&self) -> &'a [u8] {
        let mut left = usize::from(self.count);
        let mut rest = self.contents;
        while left > 0 {
            let Some((chunk, behind)) = rest.split_first_chunk::<2>() else { return &[] };
            left = left.saturating_sub(symbols_in(u16::from_be_bytes(*chunk)).max(1));
            rest = behind;
        }
        rest
    }
}

/// The symbols of a chunk.
fn symbols_in(chunk: u16) -> usize {
    match chunk >> 14 {
        0 | 1 => usize::from(chunk & 0x1fff),
        2 => 14,
        _ => 7,
    }
}

struct Symbols<'a> {
    chunks: &'a [u8],
    sequence: u16,
    /// Packets that are still to be told of.
    left: u16,
    /// Symbols left in `chunk`.
    run: usize,
    chunk: u16,
    at: usize,
}

impl Iterator for Symbols<'_> {
    type Item = (u16, u8);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        while self.run == 0 {
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunk = u16::from_be_bytes(*chunk);
            self.chunks = rest;
            self.run = symbols_in(self.chunk);
            self.at = 0;
            if self.run == 0 {
                // A run of nothing: it would be read for ever.
                return None;
            }
        }
        let symbol = match self.chunk >> 14 {
            0 | 1 => (self.chunk >> 13) & 3,
            2 => (self.chunk >> (13 - self.at)) & 1,
            _ => (self.chunk >> (12 - 2 * self.at)) & 3,
        };
        self.at += 1;
        self.run -= 1;
        self.left -= 1;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Some((sequence, symbol as u8))
    }
}
