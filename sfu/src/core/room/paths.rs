//! How clients are reached: connectivity checks, ICE restarts, and paths that come and go.

use std::time::Instant;

use protocol::MediaSessionId;
use protocol::media::{MediaReply, Refusal};

use super::super::paths::Change;
use super::super::{Path, Route, Shared, Sink, refused};
use super::{Room, send, session_mut};
use crate::ice::{Check, LocalCredentials};
use crate::sdp;

impl Room {
    /// Takes a connectivity check. Returns another session that was reached this way before.
    pub(in super::super) fn handle_check(
        &mut self,
        now: Instant,
        route: Route,
        path: Path,
        mut check: Check,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) -> Option<Route> {
        let session = session_mut(&mut self.sessions, route)?;
        let current = check.local_ufrag() == session.local.ufrag;
        let credentials = if current { Some(&session.local) } else { session.retired.as_ref() };
        let credentials = credentials.filter(|c| c.ufrag == check.local_ufrag())?;
        if !check.is_authentic(&credentials.pwd) {
            shared.counters.dropped_unauthentic += 1;
            return None;
        }
        let Some((response, success)) = check.respond(path.remote, &credentials.pwd) else {
            shared.counters.dropped_garbage += 1;
            return None;
        };
        send(sink, path, &response);
        if !success {
            return None;
        }
        if current {
            session.local_used = true;
            if let Some(retired) = session.retired.take() {
                shared.routes.by_ufrag.remove(&retired.ufrag);
            }
        }
        session.consent = now;
        let change = session.paths.heard(now, path, check.nominates());
        let displaced = shared.routes.bind(&path, route);
        self.follow(now, route, change, shared, sink);
        displaced
    }

    /// Forgets a path that is gone.
    pub(in super::super) fn handle_lost_path(
        &mut self,
        now: Instant,
        route: Route,
        path: &Path,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        // What cannot be told apart on arrival is lost together.
        let same: Vec<_> =
            session.paths.iter().filter(|known| known.is_same_source(path)).copied().collect();
        for path in same {
            let Some(session) = session_mut(&mut self.sessions, route) else { return };
            let change = session.paths.lost(&path);
            self.follow(now, route, change, shared, sink);
        }
    }

    /// Forgets paths without consent.
    pub(super) fn expire_paths(
        &mut self,
        now: Instant,
        route: Route,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        loop {
            let Some(session) = session_mut(&mut self.sessions, route) else { return };
            let Some(change) = session.paths.expired(now) else { return };
            self.follow(now, route, change, shared, sink);
        }
    }

    /// Does what a change of paths entails.
    fn follow(
        &mut self,
        now: Instant,
        route: Route,
        change: Change,
        shared: &mut Shared,
        sink: &mut dyn Sink,
    ) {
        let Change { forgotten, moved } = change;
        let Some(session) = session_mut(&mut self.sessions, route) else { return };
        if let Some(forgotten) = forgotten
            && !session.paths.iter().any(|known| known.is_same_source(&forgotten))
        {
            shared.routes.unbind(&forgotten, route);
        }
        if moved {
            shared.counters.paths_moved += 1;
            session.estimator.on_path_change();
            if session.keys.is_some() && !session.slots.is_empty() {
                self.allocate(now, route.session, shared);
                self.request_keyframes(now, route.room, shared, sink);
            }
        }
        self.reschedule(route, shared);
    }

    pub(super) fn restart_ice(
        &mut self,
        session: MediaSessionId,
        shared: &mut Shared,
    ) -> MediaReply {
        let found = self.own_route(session, shared).and_then(|route| {
            session_mut(&mut self.sessions, route).map(|session| (route, session))
        });
        let Some((route, session)) = found else {
            return refused(Refusal::NotFound, "no such session");
        };
        let local = LocalCredentials::generate(&*shared.entropy);
        let routes = &mut shared.routes;
        routes.by_ufrag.insert(local.ufrag.clone(), route);
        let previous = std::mem::replace(&mut session.local, local.clone());
        // The client goes on with the last credentials that it used until it uses these.
        let used = std::mem::take(&mut session.local_used);
        let superseded = if used || session.retired.is_none() {
            session.retired.replace(previous)
        } else {
            Some(previous)
        };
        if let Some(superseded) = superseded {
            routes.by_ufrag.remove(&superseded.ufrag);
        }
        MediaReply::Restarted {
            ufrag: local.ufrag,
            pwd: local.pwd,
            candidates: sdp::candidate_values(
                &shared.config.candidates,
                &shared.config.tcp_candidates,
            ),
        }
    }
}
