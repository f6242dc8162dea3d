//! A certificate in two PEM files that somebody else renews.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How often the files are looked at. They are compared by content: renewal tools replace
/// links, keep times, and write the two files one after the other.
const INTERVAL: Duration = Duration::from_secs(2);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// A file is not PEM.
    #[error("{0} holds no usable PEM: {1}")]
    Pem(PathBuf, rustls::pki_types::pem::Error),
    /// The certificate file is PEM, but there is no certificate in it.
    #[error("{0} holds no certificate")]
    Empty(PathBuf),
    /// The two do not belong together, or are of a kind that is not spoken.
    #[error("the certificate {0} cannot be used: {1}")]
    Pair(PathBuf, rustls::Error),
}

/// A certificate in use, and the files it came from.
#[derive(Debug)]
pub(crate) struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    seen: Pair,
    config: RustlsConfig,
}

/// The content of the two files.
#[derive(PartialEq, Eq)]
struct Pair {
    cert: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be read or used.
    pub(crate) fn load(cert: &Path, key: &Path) -> Result<Self, CertificateError> {
        let seen = Pair::read(cert, key)?;
        let config = RustlsConfig::from_config(seen.parse(cert, key)?);
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), seen, config })
    }

    /// What a server takes; it follows every reload.
    pub(crate) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Takes over what changes in the files until `shutdown`. Connections go on as they are.
    pub(crate) async fn watch(mut self, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
            self.reload();
        }
    }

    /// Looks at the files once. A certificate that cannot be used leaves the one before in
    /// place; it is logged once, and looked at again when the files change again.
    pub(super) fn reload(&mut self) {
        let now = match Pair::read(&self.cert, &self.key) {
            Ok(now) if now == self.seen => return,
            Ok(now) => now,
            // In the middle of a replacement a file may be missing: look again next time.
            Err(error) => return tracing::debug!(%error, "tls files are not readable right now"),
        };
        match now.parse(&self.cert, &self.key) {
            Ok(config) => {
                self.config.reload_from_config(config);
                tracing::info!(path = %self.cert.display(), "tls certificate reloaded");
            }
            Err(error) => {
                tracing::error!(%error, "new tls certificate is unusable, the old one stays");
            }
        }
        self.seen = now;
    }
}

impl Pair {
    fn read(cert: &Path, key: &Path) -> Result<Self, CertificateError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| CertificateError::Read(path.to_owned(), error))
        };
        Ok(Self { cert: read(cert)?, key: Zeroizing::new(read(key)?) })
    }

    fn parse(&self, cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, CertificateError> {
        let chain = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CertificateError::Pem(cert.to_owned(), error))?;
        if chain.is_empty() {
            return Err(CertificateError::Empty(cert.to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|error| CertificateError::Pem(key.to_owned(), error))?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| CertificateError::Pair(cert.to_owned(), error))?;
        config.alpn_protocols = super::ALPN.map(<[u8]>::to_vec).to_vec();
        Ok(Arc::new(config))
    }
}
