//! What holds after any commands of anybody.

use std::collections::BTreeSet;

use proptest::prelude::*;
use protocol::media::{Kind, TrackSet};
use protocol::{PersonId, Role};
use uuid::Uuid;

use super::*;

fn person() -> impl Strategy<Value = PersonId> {
    (0..6u128).prop_map(|number| PersonId(Uuid::from_u128(number)))
}

/// A person has one role; it follows from the number here.
fn role(person: PersonId) -> Role {
    match person.0.as_u128() {
        0..3 => Role::Actor,
        3 => Role::StageManager,
        _ => Role::Spectator,
    }
}

fn command() -> impl Strategy<Value = StageCommand> {
    prop_oneof![
        Just(StageCommand::TakeStage),
        Just(StageCommand::LeaveStage),
        Just(StageCommand::Absent),
        any::<bool>().prop_map(|raised| StageCommand::SetCurtain { raised }),
        (person(), any::<bool>(), any::<bool>()).prop_map(|(person, audio, muted)| {
            let kind = if audio { Kind::Audio } else { Kind::Video };
            StageCommand::SetMute { person, kind, muted }
        }),
    ]
}

proptest! {
    #[test]
    fn any_evening_keeps_the_rules(evening in prop::collection::vec((person(), command()), 0..80)) {
        let mut state = StageState::default();
        let mut log = Vec::new();
        for (who, command) in evening {
            let Ok(effects) = decide(&state, (who, role(who)), &command) else { continue };
            prop_assert_eq!(effects.event.is_some(), effects.next != state);
            if effects.event.is_some() {
                log.push((who, serde_json::to_value(&command).unwrap()));
            }
            state = effects.next;

            let once: BTreeSet<_> = state.on_stage.iter().collect();
            prop_assert_eq!(once.len(), state.on_stage.len(), "nobody stands twice");
            prop_assert!(state.on_stage.iter().all(|person| role(*person).may_publish()));
            prop_assert!(state.muted.values().all(|muted| *muted != TrackSet::NONE));
            prop_assert!(state.curtain_raised || sources(&state, HOUSE_VIEW).is_empty());
            for number in 0..6 {
                let person = PersonId(Uuid::from_u128(number));
                let granted = grant(&state, person, role(person));
                let muted = state.muted(person);
                prop_assert!(granted == TrackSet::NONE || state.is_on_stage(person));
                prop_assert!(!granted.audio || !muted.audio);
                prop_assert!(!granted.video || !muted.video);
            }
            prop_assert_eq!(&StageState::from_json(state.to_json()).unwrap(), &state);
        }

        let mut replayed = StageState::default();
        for (who, line) in log {
            let command = serde_json::from_value(line).unwrap();
            replayed = decide(&replayed, (who, role(who)), &command).unwrap().next;
        }
        prop_assert_eq!(replayed, state, "the cue log leads to the same state");
    }
}
