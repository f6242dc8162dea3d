//! A peer connection that sends two tracks, or receives them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_OPUS, MIME_TYPE_VP8, MediaEngine,
};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::mpsc;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
};
use webrtc::runtime::{Runtime, default_runtime};

use crate::http::{self, Session};

/// How often a keyframe is asked for.
const KEYFRAME_INTERVAL: Duration = Duration::from_secs(1);

/// A packet that came, and what it carries.
pub(crate) type Packet = (RtpCodecKind, rtp::Packet);

/// A connection with its session.
pub(crate) struct Peer {
    connection: Arc<dyn PeerConnection>,
    session: Session,
}

impl Peer {
    /// Publishes two tracks, to which packets are written.
    pub(crate) async fn publish(
        url: &str,
        token: &str,
    ) -> Result<(Self, Arc<dyn TrackLocal>, Arc<dyn TrackLocal>)> {
        let (packets, _) = mpsc::channel(1);
        let (connection, gathered) = connection(packets).await?;
        let video = track(RtpCodecKind::Video, 0x5eed_0001);
        let audio = track(RtpCodecKind::Audio, 0x5eed_0002);
        for track in [&video, &audio] {
            connection.add_track(Arc::clone(track)).await?;
        }
        Ok((Self::begin(connection, gathered, url, token).await?, video, audio))
    }

    /// Receives one picture and one sound.
    pub(crate) async fn watch(
        url: &str,
        token: &str,
        packets: mpsc::Sender<Packet>,
    ) -> Result<Self> {
        let (connection, gathered) = connection(packets).await?;
        for kind in [RtpCodecKind::Video, RtpCodecKind::Audio] {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                ..Default::default()
            };
            connection.add_transceiver_from_kind(kind, Some(init)).await?;
        }
        Self::begin(connection, gathered, url, token).await
    }

    async fn begin(
        connection: Arc<dyn PeerConnection>,
        mut gathered: mpsc::Receiver<()>,
        url: &str,
        token: &str,
    ) -> Result<Self> {
        let offer = connection.create_offer(None).await?;
        connection.set_local_description(offer).await?;
        gathered.recv().await.context("nothing was gathered")?;
        let offer = connection.local_description().await.context("no offer")?.sdp;
        let (url, token) = (url.to_owned(), token.to_owned());
        let post = move || http::post(&url, &token, &offer);
        let (answer, session) = tokio::task::spawn_blocking(post).await??;
        connection.set_remote_description(RTCSessionDescription::answer(answer)?).await?;
        Ok(Self { connection, session })
    }

    /// Ends the session and the connection.
    pub(crate) async fn end(self) -> Result<()> {
        tokio::task::spawn_blocking(move || self.session.delete()).await??;
        self.connection.close().await?;
        Ok(())
    }
}

async fn connection(
    packets: mpsc::Sender<Packet>,
) -> Result<(Arc<dyn PeerConnection>, mpsc::Receiver<()>)> {
    let mut media = MediaEngine::default();
    media.register_default_codecs()?;
    let registry = register_default_interceptors(Registry::new(), &mut media)?;
    let runtime = default_runtime().ok_or_else(|| anyhow!("no runtime"))?;
    let (gathered, complete) = mpsc::channel(1);
    let handler = Handler { runtime: Arc::clone(&runtime), gathered, packets };
    let connection = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_handler(Arc::new(handler))
        .with_runtime(runtime)
        .with_udp_addrs(vec!["0.0.0.0:0".to_owned()])
        .build()
        .await?;
    Ok((Arc::new(connection), complete))
}

fn track(kind: RtpCodecKind, ssrc: u32) -> Arc<dyn TrackLocal> {
    let (mime_type, clock_rate, channels) = match kind {
        RtpCodecKind::Audio => (MIME_TYPE_OPUS, 48_000, 2),
        _ => (MIME_TYPE_VP8, 90_000, 0),
    };
    let codec = RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: String::new(),
        rtcp_feedback: vec![],
    };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec,
        ..Default::default()
    };
    let name = format!("{kind}");
    let track = MediaStreamTrack::new("stage".to_owned(), name.clone(), name, kind, vec![encoding]);
    Arc::new(TrackLocalStaticRTP::new(track))
}

/// What happens on a connection.
struct Handler {
    runtime: Arc<dyn Runtime>,
    gathered: mpsc::Sender<()>,
    packets: mpsc::Sender<Packet>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.try_send(());
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let kind = track.kind().await;
        if kind == RtpCodecKind::Video {
            self.runtime.spawn(Box::pin(ask_for_keyframes(Arc::clone(&track))));
        }
        let packets = self.packets.clone();
        self.runtime.spawn(Box::pin(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && packets.send((kind, packet)).await.is_err()
                {
                    return;
                }
            }
        }));
    }
}

async fn ask_for_keyframes(track: Arc<dyn TrackRemote>) {
    loop {
        let Some(&media_ssrc) = track.ssrcs().await.first() else { return };
        let request = PictureLossIndication { sender_ssrc: 0, media_ssrc };
        if track.write_rtcp(vec![Box::new(request)]).await.is_err() {
            return;
        }
        tokio::time::sleep(KEYFRAME_INTERVAL).await;
    }
}
