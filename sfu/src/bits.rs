//! Bits of a byte string, the highest of each byte first: read and written one field after the
//! other.

/// Reads fields from the first bit on.
#[derive(Clone, Debug)]
pub struct BitReader<'b> {
    bytes: &'b [u8],
    position: usize,
}

impl<'b> BitReader<'b> {
    /// Begins at the first bit.
    #[must_use]
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// How many bits have been read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The next bit, or nothing at the end.
    pub fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.position / 8)?;
        let flag = byte >> (7 - self.position % 8) & 1 == 1;
        self.position += 1;
        Some(flag)
    }

    /// The next `count` bits, 0 to 32, as a number. Nothing if there are fewer.
    pub fn bits(&mut self, count: u32) -> Option<u32> {
        debug_assert!(count <= 32, "invariant: fields have at most 32 bits");
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    /// A number below `limit`, written in as few bits as that allows: `ns(n)` of the AV1
    /// specification, section 4.10.7.
    pub fn below(&mut self, limit: u32) -> Option<u32> {
        let width = u32::BITS - limit.leading_zeros();
        let short = (1_u64 << width) as u32 - limit;
        let value = self.bits(width.saturating_sub(1))?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + u32::from(self.flag()?))
    }

    /// An Exp-Golomb number: `ue(v)` of ITU-T H.264, section 9.1. Nothing above 2^16.
    pub fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 16 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }
}

/// Writes fields from the first bit on. What does not fit is dropped, and [`Self::finish`] says
/// so.
#[derive(Debug)]
pub struct BitWriter<'b> {
    bytes: &'b mut [u8],
    position: usize,
}

impl<'b> BitWriter<'b> {
    /// Begins at the first bit.
    pub fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Writes one bit.
    pub fn flag(&mut self, flag: bool) {
        let mask = 0x80 >> (self.position % 8);
        if let Some(byte) = self.bytes.get_mut(self.position / 8) {
            *byte = if flag { *byte | mask } else { *byte & !mask };
        }
        self.position += 1;
    }

    /// Writes the lowest `count` bits of `value`, 0 to 32.
    pub fn bits(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.flag(value >> bit & 1 == 1);
        }
    }

    /// Writes `value`, which is below `limit`, as [`BitReader::below`] reads it.
    pub fn below(&mut self, value: u32, limit: u32) {
        let width = u32::BITS - limit.leading_zeros();
        let short = (1_u64 << width) as u32 - limit;
        if value < short {
            self.bits(value, width.saturating_sub(1));
        } else {
            self.bits(value + short, width);
        }
    }

    /// Copies the bits from `from` up to `to`.
    pub fn copy(&mut self, bytes: &[u8], from: usize, to: usize) {
        let mut reader = BitReader { bytes, position: from };
        for _ in from..to {
            self.flag(reader.flag().unwrap_or(false));
        }
    }

    /// Fills the last byte with zeros and returns the length in bytes, or nothing if it did not
    /// fit.
    pub fn finish(mut self) -> Option<usize> {
        while !self.position.is_multiple_of(8) {
            self.flag(false);
        }
        let length = self.position / 8;
        (length <= self.bytes.len()).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_below_a_limit_take_few_bits() {
        // The table of the AV1 specification for ns(5).
        for (value, bits) in [(0, "00"), (1, "01"), (2, "10"), (3, "110"), (4, "111")] {
            let mut bytes = [0; 1];
            let mut writer = BitWriter::new(&mut bytes);
            writer.below(value, 5);
            let written = format!("{:08b}", bytes[0]);
            assert_eq!(&written[..bits.len()], bits, "{value}");
            assert_eq!(BitReader::new(&bytes).below(5), Some(value));
        }
        assert_eq!(BitReader::new(&[]).below(1), Some(0), "one value needs no bit");
    }

    #[test]
    fn exp_golomb_numbers() {
        for (bits, value) in
            [(0b1000_0000, 0), (0b0100_0000, 1), (0b0110_0000, 2), (0b0010_1000, 4)]
        {
            assert_eq!(BitReader::new(&[bits]).golomb(), Some(value), "{bits:08b}");
        }
        assert_eq!(BitReader::new(&[0; 8]).golomb(), None);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let mut bytes = [0; 1];
        let mut writer = BitWriter::new(&mut bytes);
        writer.bits(0x1ff, 9);
        assert_eq!(writer.finish(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fields in proptest::collection::vec((any::<u32>(), 0..33_u32), 0..40)) {
            let mut bytes = [0xaa; 200];
            let mut writer = BitWriter::new(&mut bytes);
            for (value, count) in &fields {
                writer.bits(*value, *count);
            }
            let length = writer.finish();
            let total: u32 = fields.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(length, Some(total.div_ceil(8) as usize));
            let mut reader = BitReader::new(&bytes);
            for (value, count) in fields {
                let expected = (u64::from(value) & ((1 << count) - 1)) as u32;
                prop_assert_eq!(reader.bits(count), Some(expected));
            }
            prop_assert_eq!(reader.position(), total as usize);
        }

        #[test]
        fn any_number_below_any_limit(limit in 1..100_000_u32, value in any::<u32>()) {
            let value = value % limit;
            let mut bytes = [0; 8];
            let mut writer = BitWriter::new(&mut bytes);
            writer.below(value, limit);
            prop_assert_eq!(BitReader::new(&bytes).below(limit), Some(value));
        }

        #[test]
        fn bits_are_copied(bytes in proptest::collection::vec(any::<u8>(), 1..20), lead in 0..8_u32) {
            let mut out = [0; 32];
            let mut writer = BitWriter::new(&mut out);
            writer.bits(0, lead);
            writer.copy(&bytes, 0, bytes.len() * 8);
            prop_assert!(writer.finish().is_some());
            let mut reader = BitReader::new(&out);
            reader.bits(lead);
            for byte in bytes {
                prop_assert_eq!(reader.bits(8), Some(u32::from(byte)));
            }
        }
    }
}
