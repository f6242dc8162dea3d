//! Which of the latest indices were used: one bitmap for replay lists and for claims.

/// Remembers the indices used among the `64 * WORDS` up to and including the highest.
///
/// Bit `index % size` stands for `index`, so moving ahead clears the bits it passes over and
/// shifts nothing.
#[derive(Debug, Clone)]
pub(super) struct Window<const WORDS: usize> {
    /// One above the highest index used; 0 before the first.
    end: u64,
    bits: [u64; WORDS],
}

impl<const WORDS: usize> Window<WORDS> {
    /// How many indices the window covers.
    pub(super) const SIZE: u64 = 64 * WORDS as u64;

    pub(super) const fn new() -> Self {
        Self { end: 0, bits: [0; WORDS] }
    }

    /// The highest index used so far.
    pub(super) const fn highest(&self) -> Option<u64> {
        self.end.checked_sub(1)
    }

    /// Whether `index` was not used yet and is recent enough to tell.
    pub(super) const fn is_fresh(&self, index: u64) -> bool {
        if index >= self.end {
            return true;
        }
        let (word, bit) = Self::place(index);
        self.end - index <= Self::SIZE && self.bits[word] & bit == 0
    }

    /// Records a fresh `index` as used.
    pub(super) fn mark(&mut self, index: u64) {
        debug_assert!(self.is_fresh(index), "invariant: marked once, in the window");
        if index >= self.end {
            if index - self.end >= Self::SIZE {
                self.bits = [0; WORDS];
            } else {
                for passed in self.end..index {
                    let (word, bit) = Self::place(passed);
                    self.bits[word] &= !bit;
                }
            }
            self.end = index + 1;
        }
        let (word, bit) = Self::place(index);
        self.bits[word] |= bit;
    }

    const fn place(index: u64) -> (usize, u64) {
        let position = index % Self::SIZE;
        ((position / 64) as usize, 1 << (position % 64))
    }
}
