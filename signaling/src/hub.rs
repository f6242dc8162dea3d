//! A performance in memory: one task owns its stage, its people, their WebSockets and their
//! PeerConnections. Others speak to it by messages.
//!
//! The task never waits for anything but its next piece of news: the database and the media node
//! are asked in futures whose ends are news as well, WebSockets are written to through bounded
//! queues. So nobody is slowed by another's database row, node or phone.

mod announce;
mod declare;
mod ended;
mod join;
mod media;
mod media_events;
mod messages;
mod outbox;
mod presence;
mod quality;
mod registry;
mod restart;
mod seat;
mod seats;
mod speaking;
mod stage_desk;
mod stream;
mod task;
mod whip;

pub(crate) use ended::EndReason;
pub(crate) use messages::{
    ConnectRefusal, HttpConnect, HttpConnected, HttpPatch, HttpTarget, HubMessage, Join,
    PatchRefusal, Patched, Precondition, Request, SdpFragment, SocketRequest,
};
pub(crate) use outbox::{Closing, Encoded, OutboxReader, Outgoing, Parcel, outbox};
pub(crate) use registry::Hubs;
pub(crate) use seat::{ConnectionId, Endpoint, IceCredentials};
