use proptest::prelude::*;
use uuid::Uuid;

use super::super::loudness::Loudness;
use super::*;

fn person(number: usize) -> ParticipantId {
    ParticipantId(Uuid::from_u128(number as u128))
}

/// People with a microphone, and the slots they compete for.
struct Talk {
    now: Instant,
    microphones: Vec<Loudness>,
    voices: Voices,
    changes: usize,
}

impl Talk {
    fn new(people: usize) -> Self {
        let microphones = (0..people).map(|_| Loudness::default()).collect();
        Self { now: Instant::now(), microphones, voices: Voices::default(), changes: 0 }
    }

    /// Lets time pass while people talk at these levels below overload.
    fn run(&mut self, millis: u64, levels: impl Fn(usize) -> u8) {
        for _ in 0..millis / 20 {
            for (who, microphone) in self.microphones.iter_mut().enumerate() {
                microphone.note(self.now, Some(levels(who)));
            }
            self.now += Duration::from_millis(20);
            let candidates: Vec<_> = (self.microphones.iter().enumerate())
                .map(|(who, microphone)| Candidate {
                    participant: person(who),
                    level: microphone.level(self.now),
                })
                .collect();
            self.changes += usize::from(self.voices.elect(self.now, &candidates));
        }
    }

    fn heard(&self) -> Vec<usize> {
        let mut heard: Vec<_> =
            self.voices.seated().flatten().map(|p| p.0.as_u128() as usize).collect();
        heard.sort_unstable();
        heard
    }
}

#[test]
fn the_silent_have_slots_in_their_order_until_somebody_wants_them() {
    let mut talk = Talk::new(6);
    talk.run(1_000, |_| 127);
    assert_eq!(talk.heard(), [0, 1, 2]);
    talk.run(300, |who| if who == 5 { 30 } else { 127 });
    assert_eq!(talk.heard(), [0, 1, 5], "the first word is not waited for");
    talk.run(20_000, |_| 127);
    assert_eq!(talk.heard(), [0, 1, 5], "silence frees nothing by itself");
}

#[test]
fn the_loudest_three_of_ten_are_heard() {
    let mut talk = Talk::new(10);
    // 0 is the quietest; all of them speak.
    talk.run(8_000, |who| 45 - 3 * who as u8);
    assert_eq!(talk.heard(), [7, 8, 9]);
    let before = talk.changes;
    talk.run(60_000, |who| 45 - 3 * who as u8);
    assert_eq!(talk.changes, before, "nothing changes while nothing changes");
}

#[test]
fn a_little_louder_is_not_louder() {
    let mut talk = Talk::new(4);
    talk.run(5_000, |who| if who == 3 { 127 } else { 30 });
    talk.run(20_000, |who| if who == 3 { 26 } else { 30 });
    assert_eq!(talk.heard(), [0, 1, 2]);
    talk.run(2_000, |who| if who == 3 { 20 } else { 30 });
    assert!(talk.heard().contains(&3));
}

#[test]
fn a_cough_takes_no_slot_from_those_who_speak() {
    let mut talk = Talk::new(4);
    talk.run(5_000, |who| if who == 3 { 127 } else { 35 });
    for _ in 0..10 {
        talk.run(300, |who| if who == 3 { 5 } else { 35 });
        talk.run(2_000, |who| if who == 3 { 127 } else { 35 });
    }
    assert_eq!(talk.heard(), [0, 1, 2]);
}

#[test]
fn two_who_alternate_do_not_swap_with_every_word() {
    let mut talk = Talk::new(4);
    talk.run(5_000, |who| if who < 2 { 20 } else { 127 });
    let before = talk.changes;
    // Two slots are taken by those who never cease; 2 and 3 speak word by word for a minute.
    for word in 0..120 {
        let speaker = 2 + word % 2;
        talk.run(400, |who| {
            if who < 2 {
                20
            } else if who == speaker {
                30
            } else {
                127
            }
        });
        talk.run(100, |who| if who < 2 { 20 } else { 127 });
    }
    assert!(talk.changes - before <= 2, "{} changes", talk.changes - before);
}

#[test]
fn who_leaves_makes_room_at_once() {
    let (now, mut voices) = (Instant::now(), Voices::default());
    let at = |who: usize, level| Candidate { participant: person(who), level };
    let all = [at(0, -30.0), at(1, -30.0), at(2, -30.0), at(3, -20.0)];
    assert!(voices.elect(now, &all[..3]));
    assert!(!voices.elect(now, &all), "not at once");
    assert!(voices.elect(now, &all[1..]));
    let seated: Vec<_> = voices.seated().collect();
    assert_eq!(seated, [Some(person(3)), Some(person(1)), Some(person(2))], "others stay in place");
}

proptest! {
    /// Whatever people do, the slots are well filled, and nobody is pushed out in mid-word.
    #[test]
    fn slots_are_well_filled(
        steps in proptest::collection::vec(
            proptest::collection::vec(proptest::option::of(0u8..70), 6), 1..120),
    ) {
        let (mut now, mut voices) = (Instant::now(), Voices::default());
        let mut since: Vec<Option<Instant>> = vec![None; 6];
        for step in steps {
            now += Duration::from_millis(100);
            let candidates: Vec<_> = (step.iter().enumerate())
                .filter_map(|(who, below)| {
                    let level = (-f32::from((*below)?)).max(SILENCE);
                    Some(Candidate { participant: person(who), level })
                })
                .collect();
            let before: Vec<_> = voices.seated().flatten().collect();
            let changed = voices.elect(now, &candidates);
            let seated: Vec<_> = voices.seated().flatten().collect();
            prop_assert_eq!(changed, before != seated);
            prop_assert_eq!(seated.len(), candidates.len().min(usize::from(VOICES)));
            for (who, since) in since.iter_mut().enumerate() {
                let person = person(who);
                let level = candidates.iter().find(|c| c.participant == person).map(|c| c.level);
                prop_assert!(seated.iter().filter(|seated| **seated == person).count() <= 1);
                if seated.contains(&person) {
                    prop_assert!(level.is_some(), "only candidates are seated");
                    since.get_or_insert(now);
                } else if let Some(since) = since.take() {
                    let kept = level.is_none_or(|level| level <= SILENCE) || now >= since + TENURE;
                    prop_assert!(kept, "{} was pushed out", who);
                }
            }
        }
    }
}
