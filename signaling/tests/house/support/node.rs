//! A media node that answers as its offers say, and remembers what it was told.

use std::sync::{Arc, Mutex};

use protocol::media::{
    MediaCommand, MediaEvent, MediaEventKind, MediaReply, MediaRequest, Refusal, SlotMids,
    TrackSet, ViewId,
};
use protocol::snapshot::RoomSnapshot;
use protocol::{MediaSessionId, ParticipantId, PersonId, RoomId};
use signaling::{MediaCall, MediaPeer};
use tokio::sync::{mpsc, oneshot, watch};

use super::soon;

/// A media node. An offer that contains `bad` or `no codec` is refused, one that contains
/// `lost` has no reply, one that contains `slow` is answered by [`Node::answer_slow`].
pub(crate) struct Node {
    told: watch::Receiver<Vec<MediaRequest>>,
    events: mpsc::Sender<MediaEvent>,
    slow: Arc<Mutex<Vec<oneshot::Sender<MediaReply>>>>,
}

fn reply_to(command: &MediaCommand) -> MediaReply {
    let refused = |reason| MediaReply::Refused { reason, detail: "as the test wants".to_owned() };
    match command {
        MediaCommand::Connect { offer, .. } if offer.contains("bad") => refused(Refusal::BadOffer),
        MediaCommand::Connect { offer, .. } if offer.contains("no codec") => {
            refused(Refusal::NoCommonCodec)
        }
        MediaCommand::Connect { session, .. } => answer(*session),
        MediaCommand::RestartIce { ufrag, .. } => MediaReply::Restarted {
            ufrag: format!("node{ufrag}"),
            pwd: "0123456789abcdef012345".to_owned(),
            candidates: vec!["1 1 udp 2130706431 192.0.2.1 7882 typ host".to_owned()],
        },
        _ => MediaReply::Done,
    }
}

/// What is seen of a room, once somebody has connected.
fn look(told: &[MediaRequest], room: RoomId) -> MediaReply {
    let connected =
        |request: &MediaRequest| matches!(request.command, MediaCommand::Connect { .. });
    if told.iter().any(connected) {
        let (sessions, views) = (Vec::new(), Vec::new());
        MediaReply::Snapshot(Box::new(RoomSnapshot { room, epoch: 7, sessions, views }))
    } else {
        MediaReply::Refused { reason: Refusal::NotFound, detail: "no such room".to_owned() }
    }
}

fn answer(session: MediaSessionId) -> MediaReply {
    let slots = vec![SlotMids { slot: 0, audio: Some("0".into()), video: Some("1".into()) }];
    MediaReply::Answer { sdp: format!("answer {session}"), slots }
}

impl Node {
    pub(crate) fn start(peer: MediaPeer) -> Self {
        let MediaPeer { mut requests, events } = peer;
        let (tell, told) = watch::channel(Vec::new());
        let slow: Arc<Mutex<Vec<_>>> = Arc::default();
        let held = Arc::clone(&slow);
        tokio::spawn(async move {
            while let Some(MediaCall { request, reply }) = requests.recv().await {
                match &request.command {
                    MediaCommand::Connect { offer, .. } if offer.contains("lost") => drop(reply),
                    MediaCommand::Connect { offer, .. } if offer.contains("slow") => {
                        held.lock().unwrap().push(reply);
                    }
                    MediaCommand::Snapshot { .. } => {
                        drop(reply.send(look(&tell.borrow(), request.room)));
                    }
                    // A caller that has gone does not mind.
                    command => drop(reply.send(reply_to(command))),
                }
                tell.send_modify(|told| told.push(request));
            }
        });
        Self { told, events, slow }
    }

    /// Everything that was told, in order.
    pub(crate) fn told(&self) -> Vec<MediaRequest> {
        self.told.borrow().clone()
    }

    pub(crate) fn commands(&self) -> Vec<MediaCommand> {
        self.told().into_iter().map(|request| request.command).collect()
    }

    /// Waits until the commands are as wanted.
    pub(crate) async fn wait<T>(
        &self,
        what: &str,
        mut wanted: impl FnMut(&[MediaRequest]) -> Option<T>,
    ) -> T {
        let mut told = self.told.clone();
        soon(what, async {
            loop {
                let found = wanted(&told.borrow_and_update());
                if let Some(found) = found {
                    return found;
                }
                told.changed().await.expect("the node lives");
            }
        })
        .await
    }

    /// Waits until the last word about a view is this.
    pub(crate) async fn wait_view(&self, view: u16, people: &[PersonId]) {
        let wanted: Vec<ParticipantId> = people.iter().map(|person| (*person).into()).collect();
        let last = |told: &[MediaRequest]| {
            told.iter().rev().find_map(|request| match &request.command {
                MediaCommand::SetView { view: ViewId(number), sources } if *number == view => {
                    Some(sources.clone())
                }
                _ => None,
            })
        };
        let what = format!("view {view} to hold {people:?}");
        self.wait(&what, |told| (last(told).as_ref() == Some(&wanted)).then_some(())).await;
    }

    /// Waits until the last word about what a person may publish is this.
    pub(crate) async fn wait_grant(&self, person: PersonId, granted: TrackSet) {
        let what = format!("{person} to be granted {granted:?}");
        self.wait(&what, |told| (grant(told, person) == Some(granted)).then_some(())).await;
    }

    /// Waits until a session is ended.
    pub(crate) async fn wait_end(&self, session: MediaSessionId) {
        let end = MediaCommand::Disconnect { session };
        let ended = |told: &[MediaRequest]| told.iter().any(|request| request.command == end);
        self.wait("the end of a session", |told| ended(told).then_some(())).await;
    }

    /// The session that was connected last for a person.
    pub(crate) async fn session_of(&self, person: PersonId) -> MediaSessionId {
        self.wait("a session", |told| {
            told.iter().rev().find_map(|request| match &request.command {
                MediaCommand::Connect { session, participant, .. }
                    if *participant == person.into() =>
                {
                    Some(*session)
                }
                _ => None,
            })
        })
        .await
    }

    pub(crate) async fn report(&self, room: RoomId, kind: MediaEventKind) {
        self.events.send(MediaEvent { room, kind }).await.expect("signalling listens");
    }

    pub(crate) async fn connected(&self, room: RoomId, person: PersonId) -> MediaSessionId {
        let session = self.session_of(person).await;
        let participant = person.into();
        self.report(room, MediaEventKind::Connected { session, participant }).await;
        session
    }

    /// Answers the oldest slow offer.
    pub(crate) fn answer_slow(&self, session: MediaSessionId) {
        let reply = self.slow.lock().unwrap().remove(0);
        reply.send(answer(session)).expect("signalling waits");
    }
}

/// What a person may publish: the last word of a grant or a connection.
fn grant(told: &[MediaRequest], person: PersonId) -> Option<TrackSet> {
    told.iter().rev().find_map(|request| match &request.command {
        MediaCommand::SetPublish { participant, publish }
        | MediaCommand::Connect { participant, publish, .. }
            if *participant == person.into() =>
        {
            Some(*publish)
        }
        _ => None,
    })
}
