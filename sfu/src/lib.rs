//! The media node of Rampa: a selective forwarding unit for one stage and a large house.
//!
//! [`core`] is pure: bytes, commands and time in; datagrams, events and deadlines out. [`node`]
//! is the thin shell around it: a UDP socket, a TCP listener and a thread for each worker, and a pool for DTLS
//! handshakes. Everything else is a part of the core: [`ice`], [`dtls`], [`srtp`], [`sdp`],
//! [`rtp`], [`rtcp`], [`bwe`] and what they are composed into.

pub mod bits;
pub mod bwe;
pub mod codec;
pub mod core;
pub mod dependency;
pub mod dtls;
pub mod framing;
pub mod ice;
pub mod nack;
pub mod node;
pub mod ring;
pub mod rtcp;
pub mod rtp;
pub mod scalability;
pub mod sdp;
pub mod srtp;
pub mod twcc;

pub use node::{Node, NodeConfig, NodeError, StatsReader, WorkerStats};
