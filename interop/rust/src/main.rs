//! The `webrtc` crate as publisher and as subscriber:
//!
//! ```text
//! rampa-interop subscribe URL TOKEN
//! rampa-interop publish URL TOKEN WHEP_URL WHEP_TOKEN
//! ```
//!
//! It has no encoder, so it publishes what it receives by WHEP.

mod http;
mod peer;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio::time::timeout;

use peer::Peer;

const VERSION: &str = "0.21.1";
const ENOUGH_FRAMES: u32 = 30;
const ENOUGH_SOUND: u32 = 50;
const PATIENCE: Duration = Duration::from_secs(60);
/// Packets that wait, at most.
const QUEUE: usize = 1_024;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["subscribe", url, token] => subscribe(url, token).await,
        ["publish", url, token, whep, whep_token] => publish(url, token, whep, whep_token).await,
        _ => bail!("subscribe URL TOKEN | publish URL TOKEN WHEP_URL WHEP_TOKEN"),
    }
}

async fn subscribe(url: &str, token: &str) -> Result<()> {
    let (sender, mut packets) = mpsc::channel(QUEUE);
    let peer = Peer::watch(url, token, sender).await?;
    let (mut video, mut audio, mut keyframes) = (0, 0, 0);
    let enough = async {
        while video < ENOUGH_FRAMES || audio < ENOUGH_SOUND || keyframes == 0 {
            let (kind, packet) = packets.recv().await.context("the connection ended")?;
            match kind {
                RtpCodecKind::Audio => audio += 1,
                _ => {
                    video += u32::from(packet.header.marker);
                    keyframes += u32::from(starts_keyframe(&packet.payload));
                }
            }
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, enough).await.context("not enough came")??;
    let received = json!({
        "event": "received", "version": VERSION, "decoded": false,
        "video": video, "audio": audio, "keyframes": keyframes,
    });
    println!("{received}");
    peer.end().await
}

async fn publish(url: &str, token: &str, whep: &str, whep_token: &str) -> Result<()> {
    let (sender, mut packets) = mpsc::channel(QUEUE);
    let (stage, video, audio) = Peer::publish(url, token).await?;
    let house = Peer::watch(whep, whep_token, sender).await?;
    println!("{}", json!({ "event": "publishing", "version": VERSION }));
    let relay = async {
        while let Some((kind, mut packet)) = packets.recv().await {
            let track = if kind == RtpCodecKind::Audio { &audio } else { &video };
            if let Some(&ssrc) = track.ssrcs().await.first() {
                packet.header.ssrc = ssrc;
            }
            // Extensions have other numbers on the other connection.
            packet.header.extension = false;
            packet.header.extensions.clear();
            // Before the connection stands there is nowhere to send to.
            let _ = track.write_rtp(packet).await;
        }
    };
    let mut stdin = tokio::io::stdin();
    let mut rest = Vec::new();
    tokio::select! {
        () = relay => bail!("nothing comes any more"),
        _ = stdin.read_to_end(&mut rest) => {}
    }
    house.end().await?;
    stage.end().await
}

/// Whether a VP8 packet begins a keyframe (RFC 7741 section 4.2, RFC 6386 section 9.1).
fn starts_keyframe(payload: &[u8]) -> bool {
    let Some(&first) = payload.first() else { return false };
    let begins = first & 0x17 == 0x10;
    let mut at = 1;
    if first & 0x80 != 0 {
        let Some(&flags) = payload.get(1) else { return false };
        at = 2;
        if flags & 0x80 != 0 {
            at += if payload.get(at).is_some_and(|&byte| byte & 0x80 != 0) { 2 } else { 1 };
        }
        at += usize::from(flags & 0x40 != 0) + usize::from(flags & 0x30 != 0);
    }
    begins && payload.get(at).is_some_and(|&header| header & 1 == 0)
}
