use protocol::media::{Kind, TrackSet};
use protocol::{PersonId, Place, Role};
use serde_json::json;
use uuid::Uuid;

use super::*;

const ACTOR: Role = Role::Actor;
const CREW: Role = Role::StageManager;
const HOUSE: Role = Role::Spectator;

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn mute(number: u128, kind: Kind, muted: bool) -> StageCommand {
    StageCommand::SetMute { person: person(number), kind, muted }
}

/// The state after commands that are all accepted.
fn played(commands: &[(u128, Role, StageCommand)]) -> StageState {
    commands.iter().fold(StageState::default(), |state, (who, role, command)| {
        decide(&state, (person(*who), *role), command).expect("the command is accepted").next
    })
}

#[test]
fn each_role_may_do_its_own() {
    use StageCommand::{Absent, LeaveStage, SetCurtain, TakeStage};
    let table = [
        (TakeStage, [true, false, false]),
        (LeaveStage, [true, false, false]),
        (Absent, [true, false, false]),
        (SetCurtain { raised: false }, [false, true, false]),
        (mute(1, Kind::Audio, true), [false, true, false]),
    ];
    for (command, allowed) in table {
        for (role, allowed) in [ACTOR, CREW, HOUSE].into_iter().zip(allowed) {
            let outcome = decide(&StageState::default(), (person(1), role), &command);
            match outcome {
                Ok(_) => assert!(allowed, "{role} may {command:?}"),
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::Forbidden);
                    assert!(!allowed, "{role} may not {command:?}");
                }
            }
        }
    }
}

#[test]
fn commands_change_the_state_once() {
    use StageCommand::{Absent, LeaveStage, SetCurtain, TakeStage};
    let on_stage = played(&[(1, ACTOR, TakeStage)]);
    let muted = played(&[(9, CREW, mute(1, Kind::Video, true))]);
    let empty = StageState::default();
    let table = [
        (&empty, 1, ACTOR, TakeStage, Some(StageEvent::Entered(person(1)))),
        (&on_stage, 1, ACTOR, TakeStage, None),
        (&on_stage, 1, ACTOR, LeaveStage, Some(StageEvent::Left(person(1)))),
        (&on_stage, 1, ACTOR, Absent, Some(StageEvent::Left(person(1)))),
        (&on_stage, 2, ACTOR, LeaveStage, None),
        (
            &empty,
            9,
            CREW,
            SetCurtain { raised: false },
            Some(StageEvent::CurtainMoved { raised: false }),
        ),
        (&empty, 9, CREW, SetCurtain { raised: true }, None),
        (&empty, 9, CREW, mute(1, Kind::Audio, true), Some(StageEvent::MutesChanged(person(1)))),
        (&muted, 9, CREW, mute(1, Kind::Video, true), None),
        (&muted, 9, CREW, mute(1, Kind::Video, false), Some(StageEvent::MutesChanged(person(1)))),
        (&empty, 9, CREW, mute(1, Kind::Video, false), None),
    ];
    for (state, who, role, command, event) in table {
        let effects = decide(state, (person(who), role), &command).unwrap();
        assert_eq!(effects.event, event, "{command:?}");
        assert_eq!(effects.next == *state, event.is_none(), "{command:?}");
    }
}

#[test]
fn the_house_sees_the_stage_only_under_a_raised_curtain() {
    let mut state =
        played(&[(2, ACTOR, StageCommand::TakeStage), (1, ACTOR, StageCommand::TakeStage)]);
    let arrived = [person(2), person(1)];
    assert_eq!(sources(&state, HOUSE_VIEW), arrived);
    state.curtain_raised = false;
    assert!(sources(&state, HOUSE_VIEW).is_empty());
    assert_eq!(sources(&state, STAGE_VIEW), arrived, "the stage sees itself all the same");
}

#[test]
fn publishing_takes_a_place_a_role_and_no_mute() {
    let state = played(&[
        (1, ACTOR, StageCommand::TakeStage),
        (2, ACTOR, StageCommand::TakeStage),
        (9, CREW, mute(2, Kind::Audio, true)),
    ]);
    assert_eq!(grant(&state, person(1), ACTOR), TrackSet::ALL);
    assert_eq!(grant(&state, person(2), ACTOR), TrackSet { audio: false, video: true });
    assert_eq!(grant(&state, person(3), ACTOR), TrackSet::NONE, "not on stage");
    assert_eq!(grant(&state, person(1), HOUSE), TrackSet::NONE, "a role that does not publish");
}

#[test]
fn a_full_stage_takes_nobody_more() {
    let mut state = StageState::default();
    for number in 0..MAX_ON_STAGE as u128 {
        state = decide(&state, (person(number), ACTOR), &StageCommand::TakeStage).unwrap().next;
    }
    let late = decide(&state, (person(1000), ACTOR), &StageCommand::TakeStage);
    assert_eq!(late, Err(Refusal::StageFull));
    assert!(decide(&state, (person(0), ACTOR), &StageCommand::TakeStage).is_ok());
}

#[test]
fn places_follow_from_the_stage_the_role_and_the_media() {
    let state = played(&[(1, ACTOR, StageCommand::TakeStage)]);
    let table = [
        (1, ACTOR, false, Place::OnStage),
        (2, ACTOR, true, Place::GreenRoom),
        (3, HOUSE, false, Place::Foyer),
        (3, HOUSE, true, Place::House),
        (4, CREW, true, Place::GreenRoom),
    ];
    for (who, role, watching, place) in table {
        assert_eq!(state.place(person(who), role, watching), place);
    }
}

#[test]
fn the_stored_form_is_stable() {
    let state = played(&[
        (1, ACTOR, StageCommand::TakeStage),
        (9, CREW, mute(1, Kind::Audio, true)),
        (9, CREW, StageCommand::SetCurtain { raised: false }),
    ]);
    let stored = json!({
        "version": "1",
        "curtain_raised": false,
        "on_stage": ["00000000-0000-0000-0000-000000000001"],
        "muted": {"00000000-0000-0000-0000-000000000001": {"audio": true, "video": false}},
    });
    assert_eq!(state.to_json(), stored);
    assert_eq!(StageState::from_json(stored).unwrap(), state);
    assert_eq!(StageState::from_json(json!(null)).unwrap(), StageState::default());
}

#[test]
fn a_state_of_another_version_is_refused_not_guessed() {
    for stored in [
        json!({"version": "2", "curtain_raised": true, "on_stage": []}),
        json!({"curtain_raised": true, "on_stage": []}),
        json!({"version": "1", "curtain_raised": true, "on_stage": [], "scenes": []}),
        json!([]),
    ] {
        assert!(StageState::from_json(stored.clone()).is_err(), "{stored}");
    }
}

#[test]
fn cue_lines_are_stable() {
    let lines = [
        (StageCommand::TakeStage, json!({"type": "take_stage"})),
        (StageCommand::SetCurtain { raised: true }, json!({"type": "set_curtain", "raised": true})),
        (
            mute(1, Kind::Video, true),
            json!({
                "type": "set_mute",
                "person": "00000000-0000-0000-0000-000000000001",
                "kind": "video",
                "muted": true,
            }),
        ),
    ];
    for (command, line) in lines {
        assert_eq!(serde_json::to_value(&command).unwrap(), line);
        assert_eq!(serde_json::from_value::<StageCommand>(line).unwrap(), command);
    }
}
