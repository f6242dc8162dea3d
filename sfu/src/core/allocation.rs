//! Who gets how much of a link: what is most important first, then the rest, in their order.

use crate::scalability::Target;

/// One way to show a picture, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quality {
    /// Index of the layer in its track.
    pub(super) layer: usize,
    /// What of the layer is sent.
    pub(super) target: Target,
    /// In bit/s.
    pub(super) bitrate: u64,
}

/// To be better than now takes that much more than its cost, in percent: a picture that goes
/// back and forth is worse than a modest one.
const HEADROOM: u64 = 115;

/// Chooses one of each picture's qualities, or none, within `budget` bit/s. `pictures` are the
/// most important first, their qualities in ascending order of cost; `current` is what is sent
/// now. The first picture always gets something: a dark stage helps nobody. So does every
/// picture while nobody knows whether the link is `limited` at all.
pub(super) fn allocate(
    mut budget: u64,
    limited: bool,
    pictures: &[&[Quality]],
    current: &[Option<Quality>],
    chosen: &mut Vec<Option<usize>>,
) {
    chosen.clear();
    for (place, qualities) in pictures.iter().enumerate() {
        let lowest = qualities.first();
        let fits = lowest.is_some_and(|lowest| lowest.bitrate <= budget);
        let granted = lowest.filter(|_| fits || place == 0 || !limited);
        budget = budget.saturating_sub(granted.map_or(0, |lowest| lowest.bitrate));
        chosen.push(granted.map(|_| 0));
    }
    for (place, qualities) in pictures.iter().enumerate() {
        let Some(lowest) = chosen[place] else { continue };
        let spent = qualities[lowest].bitrate;
        let now = current.get(place).copied().flatten().map_or(0, |quality| quality.bitrate);
        let affordable = |quality: &Quality| {
            let more = quality.bitrate.saturating_sub(spent);
            let price = if quality.bitrate > now { more * HEADROOM / 100 } else { more };
            price <= budget
        };
        let best = qualities.iter().rposition(affordable).unwrap_or(lowest).max(lowest);
        budget = budget.saturating_sub(qualities[best].bitrate.saturating_sub(spent));
        chosen[place] = Some(best);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ladder(bitrates: &[u64]) -> Vec<Quality> {
        let quality = |(layer, bitrate): (usize, &u64)| Quality {
            layer,
            target: Target::BEST,
            bitrate: *bitrate,
        };
        bitrates.iter().enumerate().map(quality).collect()
    }

    fn chosen(
        budget: u64,
        pictures: &[Vec<Quality>],
        current: &[Option<Quality>],
    ) -> Vec<Option<usize>> {
        let pictures: Vec<_> = pictures.iter().map(Vec::as_slice).collect();
        let mut chosen = Vec::new();
        allocate(budget, true, &pictures, current, &mut chosen);
        chosen
    }

    #[test]
    fn a_link_that_has_shown_no_limit_leaves_nobody_dark() {
        let single = ladder(&[2_500]);
        let pictures = [single.as_slice(); 3];
        let mut chosen = Vec::new();
        allocate(1_000, false, &pictures, &[None; 3], &mut chosen);
        assert_eq!(chosen, [Some(0); 3]);
        allocate(1_000, true, &pictures, &[None; 3], &mut chosen);
        assert_eq!(chosen, [Some(0), None, None]);
    }

    #[test]
    fn the_first_gets_the_best_and_nobody_is_left_dark_for_it() {
        let ladder = ladder(&[100, 500, 2_000]);
        let two = [ladder.clone(), ladder];
        assert_eq!(chosen(10_000, &two, &[None, None]), [Some(2), Some(2)]);
        assert_eq!(chosen(2_400, &two, &[None, None]), [Some(2), Some(0)]);
        assert_eq!(chosen(250, &two, &[None, None]), [Some(0), Some(0)]);
        assert_eq!(chosen(150, &two, &[None, None]), [Some(0), None]);
        assert_eq!(chosen(10, &two, &[None, None]), [Some(0), None]);
    }

    #[test]
    fn what_is_sent_now_is_kept_on_the_edge() {
        let ladder = ladder(&[100, 500, 2_000]);
        let now = [Some(ladder[2])];
        assert_eq!(chosen(2_050, std::slice::from_ref(&ladder), &now), [Some(2)]);
        assert_eq!(chosen(2_050, &[ladder], &[None]), [Some(1)]);
    }

    proptest! {
        #[test]
        fn the_budget_holds(
            budget in 0..10_000_u64,
            ladders in proptest::collection::vec(proptest::collection::vec(1..3_000_u64, 0..5), 0..6),
        ) {
            let pictures: Vec<_> = ladders
                .into_iter()
                .map(|mut bitrates| {
                    bitrates.sort_unstable();
                    ladder(&bitrates)
                })
                .collect();
            let chosen = chosen(budget, &pictures, &vec![None; pictures.len()]);
            let cost = |(ladder, choice): (&Vec<Quality>, &Option<usize>)| {
                choice.map_or(0, |choice| ladder[choice].bitrate)
            };
            let spent: u64 = pictures.iter().zip(&chosen).map(cost).sum();
            let least = pictures.first().and_then(|first| first.first()).map_or(0, |q| q.bitrate);
            prop_assert!(spent <= budget.max(least));
        }
    }
}
