//! The paths of a session: validated by authenticated checks, kept while checks go on (RFC 7675),
//! and one of them selected for everything that is sent.

use std::time::{Duration, Instant};

use super::Path;

/// How long a path lives without an authenticated check (RFC 7675 section 5.1).
pub(super) const CONSENT_LIFETIME: Duration = Duration::from_secs(30);
/// The most paths of a client that are remembered.
const MAX_PATHS: usize = 8;

/// All validated paths of a session.
#[derive(Debug, Default)]
pub(super) struct Paths {
    known: Vec<Known>,
    selected: Option<Path>,
    /// When the first of them expires.
    expiry: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    path: Path,
    /// The last authenticated check.
    heard: Instant,
}

/// What a change of paths leaves to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub(super) struct Change {
    /// No path of the session any more.
    pub(super) forgotten: Option<Path>,
    /// What is sent goes another way than before.
    pub(super) moved: bool,
}

impl Paths {
    /// Where to send: never anywhere but to a path whose check was authenticated within
    /// [`CONSENT_LIFETIME`].
    #[inline]
    pub(super) fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// Notes an authenticated check. The client's nomination decides; before there is one, the
    /// first path that works is used.
    pub(super) fn heard(&mut self, now: Instant, path: Path, nominated: bool) -> Change {
        let mut change = Change::default();
        if let Some(known) = self.known.iter_mut().find(|known| known.path == path) {
            known.heard = now;
        } else {
            if self.known.len() == MAX_PATHS {
                change.forgotten = self.make_room();
            }
            self.known.push(Known { path, heard: now });
        }
        if nominated || self.selected.is_none() {
            let former = self.selected.replace(path);
            change.moved = former.is_some_and(|former| former != path);
        }
        self.note_expiry();
        change
    }

    /// The path of whoever talks least, but not the selected one.
    fn make_room(&mut self) -> Option<Path> {
        let others = self.known.iter().filter(|known| Some(known.path) != self.selected);
        let quietest = others.min_by_key(|known| known.heard)?.path;
        self.known.retain(|known| known.path != quietest);
        Some(quietest)
    }

    /// Forgets a path that is gone. Another one takes over if it was selected.
    pub(super) fn lost(&mut self, path: &Path) -> Change {
        self.known.retain(|known| known.path != *path);
        self.note_expiry();
        Change { forgotten: Some(*path), moved: self.reselect() }
    }

    /// Forgets one path without a check for [`CONSENT_LIFETIME`]; nothing when there is none.
    pub(super) fn expired(&mut self, now: Instant) -> Option<Change> {
        let expired = |known: &&Known| now >= known.heard + CONSENT_LIFETIME;
        let path = self.known.iter().find(expired)?.path;
        Some(self.lost(&path))
    }

    /// Falls back to the path that was heard of last when the selected one is gone. True if
    /// there is one.
    fn reselect(&mut self) -> bool {
        if self.known.iter().any(|known| Some(known.path) == self.selected) {
            return false;
        }
        let newest = self.known.iter().max_by_key(|known| known.heard);
        let former = std::mem::replace(&mut self.selected, newest.map(|known| known.path));
        former.is_some() && self.selected.is_some()
    }

    /// When [`Self::expired`] has something.
    #[inline]
    pub(super) fn expiry(&self) -> Option<Instant> {
        self.expiry
    }

    fn note_expiry(&mut self) {
        let oldest = self.known.iter().map(|known| known.heard).min();
        self.expiry = oldest.map(|heard| heard + CONSENT_LIFETIME);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Path> {
        self.known.iter().map(|known| &known.path)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ConnectionNumber;
    use super::*;

    fn path(number: u16) -> Path {
        let remote = std::net::SocketAddr::from(([192, 0, 2, 1], number));
        if number.is_multiple_of(2) {
            Path::udp(remote)
        } else {
            Path::tcp(remote, ConnectionNumber(number.into()))
        }
    }

    fn at(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    #[test]
    fn the_first_path_is_used_until_the_client_nominates() {
        let (begin, mut paths) = (Instant::now(), Paths::default());
        assert_eq!(paths.selected(), None);
        assert_eq!(paths.heard(begin, path(1), false), Change::default());
        assert_eq!(paths.heard(begin, path(2), false), Change::default());
        assert_eq!(paths.selected(), Some(path(1)));
        let change = paths.heard(begin, path(2), true);
        assert_eq!(change, Change { forgotten: None, moved: true });
        assert_eq!(paths.selected(), Some(path(2)));
        assert!(!paths.heard(begin, path(1), false).moved, "the old path stays alive unused");
        assert_eq!(paths.selected(), Some(path(2)));
    }

    #[test]
    fn another_path_takes_over_from_one_that_is_lost_or_expires() {
        let (begin, mut paths) = (Instant::now(), Paths::default());
        let _ = paths.heard(begin, path(1), true);
        let _ = paths.heard(at(begin, 1), path(2), false);
        let _ = paths.heard(at(begin, 2), path(3), false);
        assert_eq!(paths.expiry(), Some(at(begin, 30)));
        assert_eq!(paths.expired(at(begin, 29)), None);
        let change = paths.expired(at(begin, 30));
        assert_eq!(change, Some(Change { forgotten: Some(path(1)), moved: true }));
        assert_eq!(paths.selected(), Some(path(3)), "the one heard of last");
        assert!(paths.lost(&path(3)).moved);
        assert_eq!(paths.selected(), Some(path(2)));
        assert!(!paths.lost(&path(2)).moved, "there is nowhere to move to");
        assert_eq!((paths.selected(), paths.expiry()), (None, None));
    }

    #[test]
    fn paths_are_bounded_and_the_selected_one_is_never_pushed_out() {
        let (begin, mut paths) = (Instant::now(), Paths::default());
        let _ = paths.heard(begin, path(0), true);
        for number in 1..100 {
            let change = paths.heard(at(begin, number.into()), path(number), false);
            assert_eq!(change.forgotten.is_some(), usize::from(number) >= MAX_PATHS);
        }
        assert_eq!(paths.iter().count(), MAX_PATHS);
        assert_eq!(paths.selected(), Some(path(0)));
    }

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Check(u16, bool),
        Lost(u16),
        Wait(u64),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            4 => (0_u16..12, any::<bool>()).prop_map(|(path, nominated)| Event::Check(path, nominated)),
            1 => (0_u16..12).prop_map(Event::Lost),
            1 => (0_u64..40).prop_map(Event::Wait),
        ];
        proptest::collection::vec(event, 0..60)
    }

    proptest! {
        /// Whatever happens, the selected path is one that was heard of within the lifetime, and
        /// there is one whenever any such path is known.
        #[test]
        fn what_is_selected_has_consent(events in events()) {
            let (mut now, mut paths) = (Instant::now(), Paths::default());
            let mut heard = std::collections::HashMap::new();
            for event in events {
                match event {
                    Event::Check(number, nominated) => {
                        let change = paths.heard(now, path(number), nominated);
                        heard.insert(number, now);
                        heard.retain(|number, _| Some(path(*number)) != change.forgotten);
                        if nominated {
                            prop_assert_eq!(paths.selected(), Some(path(number)));
                        }
                    }
                    Event::Lost(number) => {
                        let _ = paths.lost(&path(number));
                        heard.remove(&number);
                    }
                    Event::Wait(seconds) => {
                        now += Duration::from_secs(seconds);
                        while paths.expired(now).is_some() {}
                        heard.retain(|_, heard| now < *heard + CONSENT_LIFETIME);
                    }
                }
                prop_assert_eq!(paths.iter().count(), heard.len());
                prop_assert_eq!(paths.selected().is_some(), !heard.is_empty());
                if let Some(selected) = paths.selected() {
                    prop_assert!(heard.keys().any(|number| path(*number) == selected));
                }
            }
        }
    }
}
