//! ICE restarts: a PeerConnection whose network changed finds another way to the node.

use protocol::error::ErrorCode;
use protocol::media::{MediaCommand, MediaReply, Refusal};
use protocol::ws::{IceRestart, ServerMessage};
use protocol::{MediaSessionId, PersonId};
use tokio::sync::oneshot;

use super::media::replied;
use super::messages::{PatchRefusal, Patched};
use super::seat::{ConnectionId, IceCredentials, MediaOrigin};
use super::task::{Done, Hub, Replied};

/// An ICE restart on its way.
pub(super) struct Restarting {
    pub(super) person: PersonId,
    pub(super) session: MediaSessionId,
    pub(super) ice: IceCredentials,
    pub(super) asker: Asker,
}

/// Who asked for it.
pub(super) enum Asker {
    /// A WHIP or WHEP client.
    Http(oneshot::Sender<Result<Patched, PatchRefusal>>),
    /// A WebSocket, with its request.
    Socket(ConnectionId, Option<u32>),
}

impl Hub {
    /// Restarts the PeerConnection of a person's page, if it still is this one.
    pub(super) fn restart_page_ice(
        &mut self,
        person: PersonId,
        session: MediaSessionId,
        ice: IceCredentials,
        (connection, id): (ConnectionId, Option<u32>),
    ) {
        if self.page_media(person) == Some(session) {
            let asker = Asker::Socket(connection, id);
            self.restart_ice(Restarting { person, session, ice, asker });
        } else {
            self.refuse(person, connection, id, ErrorCode::NotFound);
        }
    }

    pub(super) fn restart_ice(&mut self, restarting: Restarting) {
        let IceCredentials { ufrag, pwd } = restarting.ice.clone();
        let command = MediaCommand::RestartIce { session: restarting.session, ufrag, pwd };
        match self.context.media.call(self.room(), self.epoch, command) {
            Ok(reply) => {
                let patience = self.context.config.timings.media;
                self.tasks.push(Box::pin(async move {
                    Done::Restarted(restarting, replied(reply, patience).await)
                }));
            }
            Err(_) => self.on_restarted(restarting, None),
        }
    }

    pub(super) fn on_restarted(&mut self, restarting: Restarting, replied: Replied) {
        let Restarting { person, session, ice, asker } = restarting;
        let media = self.seats.get_mut(person).and_then(|seat| seat.media.as_mut());
        let outcome = match (replied, media.filter(|media| media.id == session)) {
            (_, None) => Err(PatchRefusal::NotFound),
            (Some(MediaReply::Restarted { ufrag, pwd, candidates }), Some(media)) => {
                if let MediaOrigin::Http(http) = &mut media.origin {
                    http.restarts += 1;
                    http.ice = Some(ice);
                }
                let etag = media.etag().unwrap_or_default();
                Ok(Patched::Restarted { ice: IceCredentials { ufrag, pwd }, candidates, etag })
            }
            (Some(MediaReply::Refused { reason: Refusal::NotFound, .. }), Some(_)) => {
                self.end_media(person);
                Err(PatchRefusal::NotFound)
            }
            (_, Some(_)) => Err(PatchRefusal::Unavailable),
        };
        match asker {
            Asker::Http(reply) => drop(reply.send(outcome)),
            Asker::Socket(connection, id) => match outcome {
                Ok(Patched::Restarted { ice, candidates, .. }) => {
                    let IceCredentials { ufrag, pwd } = ice;
                    let restart = IceRestart { media_session: session, ufrag, pwd, candidates };
                    self.answer(person, connection, id, &ServerMessage::IceRestarted(restart));
                }
                Err(PatchRefusal::NotFound) => {
                    self.refuse(person, connection, id, ErrorCode::NotFound);
                }
                Ok(Patched::Noted) | Err(_) => {
                    self.refuse(person, connection, id, ErrorCode::Unavailable);
                }
            },
        }
    }
}
