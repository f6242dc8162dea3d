//! Janus of the system's packages as a peer to measure ourselves beside: its video room, tuned to
//! one event loop for all, asked over a WebSocket.

use std::fs;
use std::net::{IpAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use crate::guard::Guard;
use crate::machine::Process;
use crate::node::{PATIENCE, free_address};
use crate::server::Server;
use crate::support::peer::Peer;

/// Where the system's packages put it.
const PROGRAM: &str = "/usr/bin/janus";
const ROOM: u32 = 1;

/// A running Janus with one room.
pub(crate) struct Janus {
    child: Guard,
    socket: WebSocket<TcpStream>,
    session: u64,
    publisher: Option<u64>,
    last_transaction: u64,
    client: IpAddr,
    _folder: TempDir,
}

impl Janus {
    /// Starts it, reachable for media at `address`, which must not be of a loopback interface:
    /// its ICE library leaves those out.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub(crate) fn start(address: IpAddr) -> Result<Self> {
        let control = free_address()?;
        let folder = configure(control.port(), address)?;
        let child = Command::new(PROGRAM)
            .arg("-F")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{PROGRAM}: apt-get install janus"))?;
        let child = Guard::new(child);
        let deadline = Instant::now() + PATIENCE;
        let stream = loop {
            match TcpStream::connect(control) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > deadline => {
                    return Err(error).context("janus does not start");
                }
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut request = format!("ws://{control}/").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", "janus-protocol".parse()?);
        let (socket, _) = tungstenite::client(request, stream)?;
        let mut janus = Self {
            child,
            socket,
            session: 0,
            publisher: None,
            last_transaction: 0,
            client: address,
            _folder: folder,
        };
        janus.session = id_of(&janus.ask(json!({ "janus": "create" }))?)?;
        Ok(janus)
    }

    /// A handle of the video room, for one person.
    fn attach(&mut self) -> Result<u64> {
        let attached =
            self.ask(json!({ "janus": "attach", "plugin": "janus.plugin.videoroom" }))?;
        id_of(&attached)
    }

    fn message(&mut self, handle: u64, body: &Value, jsep: Option<Value>) -> Result<Value> {
        let mut message = json!({ "janus": "message", "handle_id": handle, "body": body });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let reply = self.ask(message)?;
        if let Some(error) = reply["plugindata"]["data"].get("error") {
            bail!("janus refuses: {error}");
        }
        Ok(reply)
    }

    /// Sends a request and waits for what it leads to, beyond the acknowledgement.
    fn ask(&mut self, mut request: Value) -> Result<Value> {
        self.last_transaction += 1;
        let transaction = self.last_transaction.to_string();
        request["transaction"] = json!(transaction);
        if self.session != 0 {
            request["session_id"] = json!(self.session);
        }
        self.socket.send(Message::text(request.to_string()))?;
        loop {
            let Message::Text(text) = self.socket.read().context("no reply from janus")? else {
                continue;
            };
            let reply: Value = serde_json::from_str(&text)?;
            match reply["janus"].as_str() {
                _ if reply["transaction"] != json!(transaction) => {}
                Some("ack") => {}
                Some("error") => bail!("janus refuses: {}", reply["error"]),
                _ => return Ok(reply),
            }
        }
    }
}

impl Server for Janus {
    fn process(&self) -> Result<Process> {
        Process::of(self.child.child())
    }

    fn connect_publisher(&mut self, offer: String) -> Result<String> {
        let handle = self.attach()?;
        self.message(
            handle,
            &json!({ "request": "create", "room": ROOM, "publishers": 1, "audiocodec": "opus",
                "videocodec": "vp8", "bitrate": 0, "notify_joining": false }),
            None,
        )?;
        let reply = self.message(
            handle,
            &json!({ "request": "joinandconfigure", "room": ROOM, "ptype": "publisher" }),
            Some(json!({ "type": "offer", "sdp": offer })),
        )?;
        self.publisher = Some(reply["plugindata"]["data"]["id"].as_u64().context("no id")?);
        Ok(sdp_of(&reply)?.to_owned())
    }

    fn add_subscriber(&mut self) -> Result<Peer> {
        let publisher = self.publisher.context("nobody publishes")?;
        let handle = self.attach()?;
        let offered = self.message(
            handle,
            &json!({ "request": "join", "room": ROOM, "ptype": "subscriber",
                "streams": [{ "feed": publisher }] }),
            None,
        )?;
        let (peer, answer) = Peer::answer(self.client, sdp_of(&offered)?)?;
        self.message(
            handle,
            &json!({ "request": "start" }),
            Some(json!({ "type": "answer", "sdp": answer })),
        )?;
        Ok(peer)
    }
}

/// A folder with its settings.
fn configure(port: u16, address: IpAddr) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text);
    let place = folder.path().display();
    write(
        "janus.jcfg",
        format!(
            "general: {{ configs_folder = \"{place}\"; debug_level = 1; session_timeout = 0; \
             event_loops = 1; }}\n\
             nat: {{ ice_enforce_list = \"{address}\"; ignore_mdns = true; }}\n\
             media: {{ ipv6 = false; slowlink_threshold = 0; }}\n\
             plugins: {{ disable = \"{}\"; }}\n\
             transports: {{ disable = \"libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,\
             libjanus_pfunix.so,libjanus_rabbitmq.so\"; }}\n\
             loggers: {{ disable = \"libjanus_jsonlog.so\"; }}\n\
             events: {{ broadcast = false; }}\n",
            [
                "audiobridge",
                "duktape",
                "echotest",
                "lua",
                "nosip",
                "recordplay",
                "sip",
                "streaming",
                "textroom",
                "videocall",
                "voicemail",
            ]
            .map(|name| format!("libjanus_{name}.so"))
            .join(","),
        ),
    )?;
    write(
        "janus.transport.websockets.jcfg",
        format!(
            "general: {{ json = \"compact\"; ws = true; ws_port = {port}; \
             ws_ip = \"127.0.0.1\"; }}\nadmin: {{ admin_ws = false; }}\n"
        ),
    )?;
    write("janus.plugin.videoroom.jcfg", "general: { }\n".to_owned())?;
    Ok(folder)
}

fn id_of(reply: &Value) -> Result<u64> {
    reply["data"]["id"].as_u64().with_context(|| format!("no id in {reply}"))
}

fn sdp_of(reply: &Value) -> Result<&str> {
    reply["jsep"]["sdp"].as_str().with_context(|| format!("no description in {reply}"))
}
