use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::PATIENCE;

/// An HTTP/1.1 connection, plain or encrypted.
pub(crate) struct Connection {
    stream: BufReader<Box<dyn Stream>>,
}

trait Stream: std::io::Read + Write + Send {}
impl<T: std::io::Read + Write + Send> Stream for T {}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self { stream: BufReader::new(Box::new(connect(address))) }
    }

    /// An encrypted connection, and the certificate that the server showed.
    pub(crate) fn tls(
        address: SocketAddr,
        name: &str,
        config: Arc<ClientConfig>,
    ) -> Result<(Self, CertificateDer<'static>), rustls::Error> {
        let name = ServerName::try_from(name.to_owned()).expect("a server name");
        let mut client = ClientConnection::new(config, name)?;
        let mut socket = connect(address);
        while client.is_handshaking() {
            if let Err(error) = client.complete_io(&mut socket) {
                return Err(rustls::Error::General(error.to_string()));
            }
        }
        let shown = client.peer_certificates().expect("a server shows a certificate");
        let shown = shown[0].clone().into_owned();
        let stream = BufReader::new(Box::new(StreamOwned::new(client, socket)) as Box<dyn Stream>);
        Ok((Self { stream }, shown))
    }

    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.request("GET", path, "")
    }

    pub(crate) fn request(&mut self, method: &str, path: &str, body: &str) -> Response {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        let socket = self.stream.get_mut();
        socket.write_all((head + body).as_bytes()).expect("the server reads");
        socket.flush().expect("the server reads");
        self.read()
    }

    fn read(&mut self) -> Response {
        let status_line = self.line();
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response =
            Response { status: status.expect("an HTTP status"), headers, body: Vec::new() };
        let length = response.header("content-length").map_or(0, |text| text.parse().unwrap());
        response.body.resize(length, 0);
        self.stream.read_exact(&mut response.body).expect("a whole body");
        response
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("the server answers");
        line.trim_end().to_owned()
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect_timeout(&address, PATIENCE).expect("the server listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    socket
}
