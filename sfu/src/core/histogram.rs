//! How often what was how much: plain numbers in fixed buckets, cheap enough for the media
//! thread.

/// The most bounds of a histogram.
const MAX_BOUNDS: usize = 16;

/// Counts values by buckets, each of which ends with its bound (Prometheus' `le`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One a bound, and one for what lies beyond.
    buckets: [u64; MAX_BOUNDS + 1],
    sum: u64,
}

impl Histogram {
    /// An empty one. `bounds` ascend and are at most 16.
    #[must_use]
    pub const fn new(bounds: &'static [u64]) -> Self {
        assert!(bounds.len() <= MAX_BOUNDS, "a histogram has at most 16 bounds");
        Self { bounds, buckets: [0; MAX_BOUNDS + 1], sum: 0 }
    }

    /// Counts one value.
    #[inline]
    pub fn note(&mut self, value: u64) {
        self.note_many(value, 1);
    }

    /// Counts one value so many times.
    pub fn note_many(&mut self, value: u64, times: u64) {
        let bucket = self.bounds.iter().position(|bound| value <= *bound);
        self.buckets[bucket.unwrap_or(self.bounds.len())] += times;
        self.sum += value.saturating_mul(times);
    }

    /// Counts so many values that lie evenly between two.
    pub fn note_span(&mut self, from: u64, to: u64, times: u64) {
        let span = to.saturating_sub(from);
        if span == 0 {
            return self.note_many(from, times);
        }
        let mut counted = 0;
        for (bucket, bound) in self.bounds.iter().enumerate() {
            let below = bound.saturating_sub(from).min(span);
            let upto = (u128::from(times) * u128::from(below) / u128::from(span)) as u64;
            self.buckets[bucket] += upto - counted;
            counted = upto;
        }
        self.buckets[self.bounds.len()] += times - counted;
        self.sum += (from + span / 2).saturating_mul(times);
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The sum of all values.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Each bound with the number of values that do not exceed it.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.bounds.iter().zip(&self.buckets).scan(0, |sum, (bound, count)| {
            *sum += count;
            Some((*bound, *sum))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: &[u64] = &[10, 20, 50];

    fn cumulative(histogram: &Histogram) -> Vec<u64> {
        histogram.cumulative().map(|(_, count)| count).collect()
    }

    #[test]
    fn a_value_counts_up_to_its_bound() {
        let mut histogram = Histogram::new(BOUNDS);
        for value in [0, 10, 11, 50, 51] {
            histogram.note(value);
        }
        assert_eq!(cumulative(&histogram), [2, 3, 4]);
        assert_eq!((histogram.count(), histogram.sum()), (5, 122));
    }

    #[test]
    fn a_span_is_spread_over_its_buckets() {
        let mut histogram = Histogram::new(BOUNDS);
        histogram.note_span(0, 100, 100);
        assert_eq!(cumulative(&histogram), [10, 20, 50]);
        assert_eq!((histogram.count(), histogram.sum()), (100, 5_000));
        histogram.note_span(15, 15, 3);
        assert_eq!(cumulative(&histogram), [10, 23, 53]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(from in 0u64..200, span in 0u64..200, times in 0u64..10_000) {
            let mut histogram = Histogram::new(BOUNDS);
            histogram.note_span(from, from + span, times);
            prop_assert_eq!(histogram.count(), times);
            let counts = cumulative(&histogram);
            prop_assert!(counts.is_sorted());
            prop_assert!(from <= 50 || counts[2] == 0);
        }
    }
}
