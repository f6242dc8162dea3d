//! `rampa doctor`: looks at everything that a start needs, and says what to do.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use anyhow::bail;

use crate::config::{Config, Database, Http, KeySource, Sfu, TlsSource, Turn};
use crate::tls::Certificate;
use crate::web::Assets;
use crate::{addresses, keys, office};

/// What was found about one thing.
enum Finding {
    Good(String),
    Note(String),
    Bad(String),
}

use Finding::{Bad, Good, Note};

/// Looks at everything and prints what was found.
///
/// # Errors
/// When something would keep the house from opening.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let findings = [
        ("http.listen", http_port(&config.http)),
        ("http.tls", encryption(&config.http)),
        ("sfu.listen", media_port(&config.sfu)),
        ("sfu.tcp", media_tcp_port(&config.sfu)),
        ("sfu.advertise", advertised(&config.sfu)),
        ("turn.listen", relay_port(&config.turn)),
        ("turn.urls", other_relays(&config.turn)),
        ("database.url", database(config).await),
        ("keys.ring", signing_keys(&config.keys)),
        ("web app", web_app(&Assets::embedded())),
    ];
    let mut problems = 0;
    for (what, finding) in findings {
        let (mark, text) = match finding {
            Good(text) => ("ok", text),
            Note(text) => ("note", text),
            Bad(text) => {
                problems += 1;
                ("BAD", text)
            }
        };
        println!("{mark:<4}  {what:<13}  {text}");
    }
    match problems {
        0 => Ok(()),
        1 => bail!("one thing keeps the house from opening"),
        more => bail!("{more} things keep the house from opening"),
    }
}

fn http_port(http: &Http) -> Finding {
    port(http.listen, TcpListener::bind(http.listen).map(drop), "TCP")
}

fn media_port(sfu: &Sfu) -> Finding {
    media_ports(sfu, |address| port(address, UdpSocket::bind(address).map(drop), "UDP"))
}

fn media_tcp_port(sfu: &Sfu) -> Finding {
    if !sfu.tcp {
        return Note("off: networks that let no UDP through are shut out, or need TURN".to_owned());
    }
    media_ports(sfu, |address| port(address, TcpListener::bind(address).map(drop), "TCP"))
}

/// Looks at the port of each worker; the first that is not good is told.
fn media_ports(sfu: &Sfu, look: impl Fn(SocketAddr) -> Finding) -> Finding {
    let mut free = Vec::new();
    for worker in 0..sfu.workers {
        let mut address = sfu.listen;
        if address.port() != 0 {
            address.set_port(address.port().saturating_add(worker));
        }
        match look(address) {
            Good(text) => free.push(text),
            other => return other,
        }
    }
    Good(free.join(", "))
}

fn relay_port(turn: &Turn) -> Finding {
    if !turn.enabled {
        return Good("off: this house has no relay of its own".to_owned());
    }
    match port(turn.listen, UdpSocket::bind(turn.listen).map(drop), "UDP") {
        // The house opens without it.
        Bad(text) => Note(format!("{text}; until then there is no relay")),
        finding => finding,
    }
}

fn other_relays(turn: &Turn) -> Finding {
    match (&turn.urls[..], turn.enabled) {
        ([], true) => Good("none besides the house's own".to_owned()),
        ([], false) => Note("none: networks without a way to the media port stay out".to_owned()),
        (urls, _) => Good(format!("{} (they must know turn.secret)", urls.join(", "))),
    }
}

fn port(address: SocketAddr, bound: io::Result<()>, kind: &str) -> Finding {
    match bound {
        Ok(()) => Good(format!("{kind} {address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Bad(format!(
            "{kind} {address} is in use: by this house, if it is open; else close the other \
                 program or set another port"
        )),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Bad(format!(
            "{kind} {address} may not be used: ports below 1024 need the capability \
             CAP_NET_BIND_SERVICE"
        )),
        Err(error) => Bad(format!("{kind} {address}: {error}")),
    }
}

fn encryption(http: &Http) -> Finding {
    let url = http.public_url(http.listen);
    match &http.tls {
        Some(TlsSource::Files { cert, key }) => match Certificate::load(cert, key) {
            Ok(_) => Good(format!("{} and its key fit together", cert.display())),
            Err(error) => Bad(error.to_string()),
        },
        Some(TlsSource::Acme(acme)) if http.listen.port() != 443 => Note(format!(
            "the authority asks at port 443 of {}: forward it to {}",
            acme.domains.join(", "),
            http.listen
        )),
        Some(TlsSource::Acme(acme)) => {
            Good(format!("certificates for {} come by ACME", acme.domains.join(", ")))
        }
        None if url.starts_with("https:") => {
            Good(format!("off: a proxy in front has to serve {url}"))
        }
        None if url.starts_with("http://localhost") => {
            Good("off: cameras work on this machine's localhost".to_owned())
        }
        None => Note(format!("off: on {url} browsers give no camera; set http.tls or http.acme")),
    }
}

fn advertised(sfu: &Sfu) -> Finding {
    let addresses = addresses::advertised(sfu);
    let shown: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let shown = shown.join(", ");
    if addresses::only_loopback(&addresses) {
        return Note(format!("{shown}: media reaches this machine only, set sfu.advertise"));
    }
    Good(format!("browsers send media to {shown}"))
}

async fn database(config: &Config) -> Finding {
    match config.database.file().filter(|file| !file.exists()) {
        Some(file) => new_file(&file),
        None => existing(config, &config.database).await,
    }
}

fn new_file(file: &Path) -> Finding {
    let exists = |folder: &&Path| folder.as_os_str().is_empty() || folder.exists();
    let folder = file.ancestors().skip(1).find(exists).unwrap_or(Path::new("/"));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match tempfile_in(folder) {
        Ok(()) => Good(format!("{} will be made at the first start", file.display())),
        Err(error) => Bad(format!("cannot write in {}: {error}", folder.display())),
    }
}

/// Whether a file can be made in `folder`.
fn tempfile_in(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".rampa-doctor.{}", std::process::id()));
    std::fs::File::create_new(&probe)?;
    std::fs::remove_file(probe)
}

async fn existing(config: &Config, database: &Database) -> Finding {
    let shown = database.display();
    let store = match office::open(config).await {
        Ok(store) => store,
        Err(error) => return Bad(format!("{error:#}")),
    };
    let answered = store.ping().await;
    store.close().await;
    match answered {
        Ok(()) => Good(format!("{shown} answers and is up to date")),
        Err(error) => Bad(format!("{shown}: {error}")),
    }
}

fn signing_keys(source: &KeySource) -> Finding {
    match source {
        KeySource::Kept(path) if !path.exists() => {
            Good(format!("{} will be made at the first start", path.display()))
        }
        source => match keys::existing(source) {
            Ok(keyring) => Good(format!("key {} signs", keyring.current_id())),
            Err(error) => Bad(format!("{error:#}")),
        },
    }
}

fn web_app(assets: &Assets) -> Finding {
    if assets.is_empty() {
        return Bad("is not in this binary: run `make web` and build it again".to_owned());
    }
    Good("is in this binary".to_owned())
}
