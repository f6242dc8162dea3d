//! What the stage means to a media node: who is in which view, and who may publish what.

use protocol::media::{TrackSet, ViewId};
use protocol::{PersonId, Role};

use super::StageState;

/// What the house watches: the stage while the curtain is up, nothing while it is down.
pub(crate) const HOUSE_VIEW: ViewId = ViewId(0);
/// What actors and crew watch: always the stage.
pub(crate) const STAGE_VIEW: ViewId = ViewId(1);

/// The view that a role watches.
pub(crate) fn view_of(role: Role) -> ViewId {
    match role {
        Role::Spectator => HOUSE_VIEW,
        Role::Actor | Role::StageManager => STAGE_VIEW,
    }
}

/// Who is in a view, in the order in which they came on stage.
pub(crate) fn sources(state: &StageState, view: ViewId) -> &[PersonId] {
    if view == HOUSE_VIEW && !state.curtain_raised { &[] } else { &state.on_stage }
}

/// What a person may publish: everything that is not muted, on stage, in a role that publishes.
pub(crate) fn grant(state: &StageState, person: PersonId, role: Role) -> TrackSet {
    if !role.may_publish() || !state.is_on_stage(person) {
        return TrackSet::NONE;
    }
    let muted = state.muted(person);
    TrackSet { audio: !muted.audio, video: !muted.video }
}
