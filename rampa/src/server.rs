//! The listening side of HTTP: sockets, encryption, the end.

mod guarded;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::middleware::AddExtension;
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{Http, TlsSource};
use crate::tls::{Certificate, Renewal};
use guarded::Guarded;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long requests may go on after the end was announced.
const FAREWELL: Duration = Duration::from_secs(5);

/// What answers the requests of one connection.
type Service = AddExtension<Router, ConnectInfo<SocketAddr>>;

/// A bound socket with everything that it takes to serve, so that what is wrong with either is
/// known before the house opens.
pub(crate) struct Door {
    listener: TcpListener,
    encryption: Encryption,
    address: SocketAddr,
}

enum Encryption {
    None,
    Files(Certificate),
    Acme(Box<Renewal>),
}

impl Door {
    /// Binds the socket and reads the certificate.
    ///
    /// # Errors
    /// When one of them cannot be had; the message names the setting.
    pub(crate) fn prepare(http: &Http) -> anyhow::Result<Self> {
        let encryption = match &http.tls {
            None => Encryption::None,
            Some(TlsSource::Files { cert, key }) => {
                Encryption::Files(Certificate::load(cert, key).context("setting `http.tls`")?)
            }
            Some(TlsSource::Acme(acme)) => {
                Encryption::Acme(Box::new(Renewal::prepare(acme).context("setting `http.acme`")?))
            }
        };
        let listener = bind(http.listen)
            .with_context(|| format!("cannot listen on {} (setting `http.listen`)", http.listen))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, encryption, address })
    }

    /// Where it listens in fact.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `shutdown`, then lets requests end.
    pub(crate) fn open(
        self,
        router: Router,
        shutdown: CancellationToken,
    ) -> JoinHandle<std::io::Result<()>> {
        tokio::spawn(async move {
            let server = axum_server::from_tcp(self.listener)?;
            match self.encryption {
                Encryption::None => serve(server, DefaultAcceptor::new(), router, shutdown).await,
                Encryption::Files(certificate) => {
                    let acceptor = RustlsAcceptor::new(certificate.config());
                    tokio::spawn(certificate.watch(shutdown.clone()));
                    serve(server, acceptor, router, shutdown).await
                }
                Encryption::Acme(renewal) => {
                    let acceptor = renewal.acceptor();
                    tokio::spawn(renewal.run(shutdown.clone()));
                    serve(server, acceptor, router, shutdown).await
                }
            }
        })
    }
}

/// A listening socket. A house that was killed a moment ago does not keep its port busy.
fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve<A>(
    server: Server<SocketAddr>,
    acceptor: A,
    router: Router,
    shutdown: CancellationToken,
) -> std::io::Result<()>
where
    A: Accept<TcpStream, Service, Service = Service> + Clone + Send + Sync + 'static,
    A::Future: Send + 'static,
    A::Stream: AsyncRead + AsyncWrite + Unpin + Send,
{
    let handle = Handle::new();
    let mut server = server.acceptor(Guarded(acceptor)).handle(handle.clone());
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    *server.http_builder() = builder;
    tokio::spawn(async move {
        shutdown.cancelled().await;
        handle.graceful_shutdown(Some(FAREWELL));
    });
    server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
}
