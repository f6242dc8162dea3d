//! DTLS 1.2 handshakes (RFC 6347, RFC 5764) over `rtc-dtls`. The node is always the server.
//!
//! A handshake costs about a millisecond of asymmetric cryptography, so it runs beside the
//! media threads (see [`crate::node`]); the simulator runs it inline. It knows no addresses:
//! whatever path a datagram took, one association has one [`Handshake`].

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;

use crate::srtp::{Inbound, KeyingMaterial, Outbound, Profile};

/// The exporter's label (RFC 5764 section 4.2).
const EXPORTER_LABEL: &str = "EXTRACTOR-dtls_srtp";
/// The one peer that an [`Endpoint`] of ours ever has.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 10);

/// Why a handshake cannot be set up, or failed.
#[derive(Debug, thiserror::Error)]
pub enum DtlsError {
    /// The library refused.
    #[error("dtls: {0}")]
    Protocol(#[from] rtc_shared::error::Error),
    /// No SRTP profile in common.
    #[error("no srtp profile in common")]
    NoProfile,
    /// The peer's certificate is not the one that its offer named.
    #[error("the peer's certificate does not match its fingerprint")]
    Fingerprint,
    /// The exported keys are unusable.
    #[error("unusable srtp keys: {0}")]
    Keys(#[from] crate::srtp::KeyError),
}

/// A certificate of the node's, made anew at each start and every so often.
pub struct Identity {
    config: Arc<HandshakeConfig>,
    fingerprint: [u8; 32],
}

impl Identity {
    /// A fresh self-signed ECDSA P-256 certificate.
    ///
    /// # Errors
    /// When the certificate cannot be made or configured.
    pub fn generate() -> Result<Self, DtlsError> {
        let provider = Arc::new(AwsLcRsProvider::new());
        let certificate =
            Certificate::generate_self_signed(vec!["rampa".to_owned()], provider.crypto())?;
        let der = certificate.certificate.first().ok_or(DtlsError::Fingerprint)?;
        let fingerprint = sha256(der);
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider)
            .with_certificates(vec![certificate])
            .with_cipher_suites(vec![
                CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
                CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_256_Cbc_Sha,
            ])
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            // The certificate is self-signed by design: what counts is its fingerprint, which
            // `Handshake` compares with the offer's.
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_insecure_skip_verify(true)
            .build(false, None)?;
        Ok(Self { config: Arc::new(config), fingerprint })
    }

    /// SHA-256 of the certificate, for `a=fingerprint`.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes)
        .as_ref()
        .try_into()
        .expect("invariant: SHA-256 is 32 bytes")
}

/// What came of a datagram.
#[derive(Debug)]
pub enum Progress {
    /// Nothing to report.
    Pending,
    /// Keys are agreed on and the peer is who its offer said.
    Connected(Box<(Inbound, Outbound)>),
    /// The peer said goodbye.
    Closed,
}

/// One association with a client.
pub struct Handshake {
    endpoint: Endpoint,
    expected: [u8; 32],
    connected: bool,
    outgoing: VecDeque<BytesMut>,
    flight: Flight,
}

/// What was sent last, to be sent again when the peer shows that it did not arrive. `rtc-dtls`
/// 0.21 forgets its own timer when the peer repeats itself while a flight of ours is lost
/// (docs/adr/004), and would wait for ever. A record whose original is lost is new to the peer.
#[derive(Default)]
struct Flight {
    datagrams: Vec<BytesMut>,
    sent: Option<Instant>,
    repeats: u8,
}

/// A peer that repeats itself sooner than this has not had the time to hear us.
const REPEAT_AFTER: Duration = Duration::from_millis(150);
/// How often one flight is sent again.
const MAX_REPEATS: u8 = 8;

impl Handshake {
    /// Waits for a client whose certificate has the SHA-256 `expected`.
    #[must_use]
    pub fn new(identity: &Identity, expected: [u8; 32]) -> Self {
        let endpoint =
            Endpoint::new(LOCAL, TransportProtocol::UDP, Some(Arc::clone(&identity.config)));
        Self {
            endpoint,
            expected,
            connected: false,
            outgoing: VecDeque::new(),
            flight: Flight::default(),
        }
    }

    /// Takes a datagram of the peer. Afterwards, [`Self::poll_transmit`].
    ///
    /// # Errors
    /// When the handshake failed for good: the association is useless from then on. Garbage
    /// is dropped without an error.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        datagram: &[u8],
    ) -> Result<Progress, DtlsError> {
        let read = self.endpoint.read(now, PEER, None, BytesMut::from(datagram));
        let answered = self.collect(now);
        let events = match read {
            Ok(events) => events,
            // Once connected, whatever cannot be read is somebody's noise.
            Err(_) if self.connected => return Ok(Progress::Pending),
            Err(error) => return Err(error.into()),
        };
        if !answered && !self.connected && self.endpoint.poll_timeout(&PEER).is_none() {
            self.repeat(now);
        }
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete if !self.connected => {
                    self.connected = true;
                    return Ok(Progress::Connected(Box::new(self.keys()?)));
                }
                EndpointEvent::PeerClosed => return Ok(Progress::Closed),
                _ => {}
            }
        }
        Ok(Progress::Pending)
    }

    /// The next datagram to send to the peer.
    pub fn poll_transmit(&mut self) -> Option<BytesMut> {
        self.outgoing.pop_front()
    }

    /// Takes over what the library wants to send. False if that is nothing.
    fn collect(&mut self, now: Instant) -> bool {
        let mut datagrams = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            datagrams.push(transmit.message);
        }
        if datagrams.is_empty() {
            return false;
        }
        self.outgoing.extend(datagrams.iter().cloned());
        self.flight = Flight { datagrams, sent: Some(now), repeats: 0 };
        true
    }

    fn repeat(&mut self, now: Instant) {
        let Flight { datagrams, sent, repeats } = &mut self.flight;
        let waited = sent.is_some_and(|sent| now.saturating_duration_since(sent) >= REPEAT_AFTER);
        if waited && *repeats < MAX_REPEATS {
            *repeats += 1;
            *sent = Some(now);
            self.outgoing.extend(datagrams.iter().cloned());
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.endpoint.poll_timeout(&PEER)
    }

    /// Repeats what was lost. Afterwards, [`Self::poll_transmit`].
    ///
    /// # Errors
    /// When it has been repeated often enough.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsError> {
        let outcome = self.endpoint.handle_timeout(PEER, now);
        self.collect(now);
        Ok(outcome?)
    }

    fn keys(&self) -> Result<(Inbound, Outbound), DtlsError> {
        let state = self.endpoint.get_connection_state(PEER).ok_or(DtlsError::Fingerprint)?;
        let certificate = state.peer_certificates.first().ok_or(DtlsError::Fingerprint)?;
        if sha256(certificate) != self.expected {
            return Err(DtlsError::Fingerprint);
        }
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => Profile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Profile::Aes128CmHmacSha1_80,
            _ => return Err(DtlsError::NoProfile),
        };
        let length = profile.keying_material_len();
        let block = state.export_keying_material(EXPORTER_LABEL, &[], length)?;
        Ok(KeyingMaterial::from_exporter(profile, block.as_ref(), false)?)
    }
}
