//! A certificate that an ACME authority gives and that is renewed by itself (RFC 8555, proven by
//! TLS-ALPN-01 on the same port, RFC 8737).

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_acme::axum::AxumAcceptor;
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, AcmeState};
use tokio_util::sync::CancellationToken;

use crate::config::{Acme, Directory};
use crate::private;

/// A certificate that renews itself while [`Renewal::run`] runs.
pub(crate) struct Renewal {
    state: AcmeState<io::Error>,
}

impl Renewal {
    /// Prepares; nothing is asked of the authority yet.
    ///
    /// # Errors
    /// When the directory's own certificate authority cannot be read, or the cache be made.
    pub(crate) fn prepare(acme: &Acme) -> anyhow::Result<Self> {
        // It holds private keys, in files that everybody may read.
        private::make_folder(&acme.cache)
            .with_context(|| format!("cannot make the folder {}", acme.cache.display()))?;
        let config = AcmeConfig::new(&acme.domains)
            .contact(&acme.contact)
            .cache(DirCache::new(acme.cache.clone()));
        let config = match &acme.directory {
            Directory::Production => config.directory_lets_encrypt(true),
            Directory::Staging => config.directory_lets_encrypt(false),
            Directory::Url(url) => config.directory(url),
        };
        let config = match &acme.directory_ca {
            None => config,
            Some(ca) => config.client_tls_config(trusting(ca)?),
        };
        Ok(Self { state: config.state() })
    }

    /// What a server takes; it follows every renewal and answers the authority's challenges.
    pub(crate) fn acceptor(&self) -> AxumAcceptor {
        let mut config = (*self.state.default_rustls_config()).clone();
        config.alpn_protocols = super::ALPN.map(<[u8]>::to_vec).to_vec();
        self.state.axum_acceptor(Arc::new(config))
    }

    /// Fetches the certificate and renews it until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        while let Some(Some(event)) = shutdown.run_until_cancelled(self.state.next()).await {
            match event {
                Ok(event) => tracing::info!(?event, "acme"),
                Err(error) => tracing::error!(%error, "acme failed, it will be tried again"),
            }
        }
    }
}

/// A client that trusts only the authority in `ca`.
fn trusting(ca: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)
        .with_context(|| format!("cannot read http.acme.directory_ca {}", ca.display()))?
    {
        roots.add(certificate?)?;
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}
