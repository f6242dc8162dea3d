//! Who is behind an address, a TCP connection, a user name, an id.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use protocol::MediaSessionId;

use super::{ConnectionNumber, Path, Transport};

/// Where a session lives: its room, and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Route {
    pub(super) room: u32,
    pub(super) session: u32,
}

/// All that lead to a session.
#[derive(Default)]
pub(super) struct Routes {
    by_address: HashMap<SocketAddr, Route, foldhash::fast::RandomState>,
    by_connection: HashMap<ConnectionNumber, Route, foldhash::fast::RandomState>,
    pub(super) by_ufrag: HashMap<String, Route, foldhash::fast::RandomState>,
    pub(super) by_session: HashMap<MediaSessionId, Route, foldhash::fast::RandomState>,
    /// Connections that lead nowhere any more.
    hangups: VecDeque<ConnectionNumber>,
}

impl Routes {
    /// Who is at the other end.
    #[inline]
    pub(super) fn of_path(&self, path: &Path) -> Option<Route> {
        match path.transport {
            Transport::Udp => self.by_address.get(&path.remote).copied(),
            Transport::Tcp(number) => self.by_connection.get(&number).copied(),
        }
    }

    /// Leads what comes from there to a session from now on. Returns another one that it was led
    /// to before.
    pub(super) fn bind(&mut self, path: &Path, route: Route) -> Option<Route> {
        let former = match path.transport {
            Transport::Udp => self.by_address.insert(path.remote, route),
            Transport::Tcp(number) => self.by_connection.insert(number, route),
        };
        former.filter(|former| *former != route)
    }

    /// What comes from there is led nowhere, unless it is led to another session by now.
    pub(super) fn unbind(&mut self, path: &Path, route: Route) {
        if self.of_path(path) != Some(route) {
            return;
        }
        match path.transport {
            Transport::Udp => drop(self.by_address.remove(&path.remote)),
            Transport::Tcp(number) => {
                self.by_connection.remove(&number);
                self.hangups.push_back(number);
            }
        }
    }

    pub(super) fn poll_hangup(&mut self) -> Option<ConnectionNumber> {
        self.hangups.pop_front()
    }

    /// Forgets everybody in a room; tells which sessions that were.
    pub(super) fn forget_room(&mut self, room: u32, mut forgotten: impl FnMut(MediaSessionId)) {
        self.by_address.retain(|_, route| route.room != room);
        self.by_connection.retain(|number, route| {
            if route.room == room {
                self.hangups.push_back(*number);
            }
            route.room != room
        });
        self.by_ufrag.retain(|_, route| route.room != room);
        self.by_session.retain(|session, route| {
            if route.room == room {
                forgotten(*session);
            }
            route.room != room
        });
    }
}
