//! `rampa sfu`: a media node alone. It takes the commands of `protocol::media` as JSON lines on
//! a loopback connection and answers with the lines of [`ControlLine`].
//!
//! One owner at a time. When the owner leaves, media goes on with the last grants, as it does
//! when signalling dies; the next owner takes the rooms over with a higher epoch.

use std::io;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::media::{ControlLine, MediaEvent, MediaRequest};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use crate::cli;
use crate::config;
use crate::node::Node;
use crate::shutdown;

/// The longest line. An offer may have 256 kB (and escapes make it longer).
const MAX_LINE: usize = 1 << 20;
/// How long the owner may take to read a line.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the node until a signal.
///
/// # Errors
/// When the control address is open to others, a port cannot be had, or the node fails.
pub(crate) async fn run(mut settings: config::Sfu, args: &cli::Sfu) -> anyhow::Result<()> {
    if !args.control.ip().is_loopback() {
        bail!(
            "--control {} is open to others: whoever reaches it commands the node, so it must be \
             a loopback address such as 127.0.0.1:{}",
            args.control,
            args.control.port()
        );
    }
    settings.listen = args.listen.unwrap_or(settings.listen);
    settings.workers = args.workers.unwrap_or(settings.workers);
    let shutdown = shutdown::on_signal()?;
    let listener = TcpListener::bind(args.control)
        .await
        .with_context(|| format!("cannot listen on {} (--control)", args.control))?;
    let (node, events) = Node::start(&settings)?;
    let started = serde_json::json!({
        "media": node.addresses(),
        "advertise": node.advertised(),
        "control": listener.local_addr()?,
    });
    println!("{started}");
    let result = tokio::select! {
        result = serve(&listener, &node, events) => result,
        () = node.died() => Err(anyhow::anyhow!("the media node ended by itself")),
        () = shutdown.cancelled() => Ok(()),
    };
    node.shutdown().await;
    result
}

/// Serves one owner after the other. Ends only by an error.
async fn serve(
    listener: &TcpListener,
    node: &Node,
    mut events: mpsc::Receiver<MediaEvent>,
) -> anyhow::Result<()> {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            // Nobody to tell: the next owner asks for what it needs.
            event = events.recv() => match event {
                Some(_) => continue,
                None => bail!("the media node ended by itself"),
            },
        };
        tracing::info!("the owner has come");
        let mut owner = Box::pin(own(stream, node, &mut events));
        let ended = loop {
            tokio::select! {
                ended = &mut owner => break ended,
                refused = listener.accept() => {
                    let (_, address) = refused?;
                    tracing::warn!(%address, "a second owner is refused");
                }
            }
        };
        match ended {
            Ok(()) => tracing::info!("the owner has gone"),
            Err(error) => tracing::warn!(%error, "the owner is let go"),
        }
    }
}

/// Why an owner is let go.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("a line is longer than {MAX_LINE} bytes or is not UTF-8: {0}")]
    Line(#[from] LinesCodecError),
    #[error("a line is not a media request: {0}")]
    Request(#[from] serde_json::Error),
    #[error("it did not read for {} s", WRITE_TIMEOUT.as_secs())]
    Slow,
    #[error(transparent)]
    Socket(#[from] io::Error),
}

/// Serves one owner until it goes.
async fn own(
    stream: TcpStream,
    node: &Node,
    events: &mut mpsc::Receiver<MediaEvent>,
) -> Result<(), Lost> {
    stream.set_nodelay(true)?;
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
    loop {
        let line = tokio::select! {
            line = lines.next() => match line {
                None => return Ok(()),
                Some(line) => {
                    let request: MediaRequest = serde_json::from_str(&line?)?;
                    let id = request.id;
                    ControlLine::Reply { id, reply: node.request(request).await }
                }
            },
            event = events.recv() => match event {
                Some(event) => ControlLine::Event(event),
                // The caller finds out why.
                None => return Ok(()),
            },
        };
        let line = serde_json::to_string(&line)?;
        tokio::time::timeout(WRITE_TIMEOUT, lines.send(line)).await.map_err(|_| Lost::Slow)??;
    }
}
