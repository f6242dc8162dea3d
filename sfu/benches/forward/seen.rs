//! Which packets a subscriber has received.

/// A set of packet indices, dense from its first on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    words: Vec<u64>,
    first_word: usize,
}

impl Seen {
    /// Whether nothing has arrived.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Takes in an index. What comes from before the first one is let go.
    pub(crate) fn insert(&mut self, index: u64) {
        let (word, bit) = ((index / 64) as usize, index % 64);
        if self.words.is_empty() {
            self.first_word = word;
        }
        let Some(place) = word.checked_sub(self.first_word) else { return };
        if place >= self.words.len() {
            self.words.resize(place + 1, 0);
        }
        self.words[place] |= 1 << bit;
    }

    /// How many of the indices from `begin` up to, but not including, `end` have arrived.
    #[must_use]
    pub(crate) fn count(&self, begin: u64, end: u64) -> u64 {
        (begin..end).filter(|&index| self.contains(index)).count() as u64
    }

    fn contains(&self, index: u64) -> bool {
        let place = ((index / 64) as usize).checked_sub(self.first_word);
        let word = place.and_then(|place| self.words.get(place));
        word.is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}
