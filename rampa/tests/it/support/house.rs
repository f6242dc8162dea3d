use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::PATIENCE;

/// A folder with settings, in which the binary is run.
pub(crate) struct House {
    folder: Arc<TempDir>,
    environment: Vec<(String, String)>,
}

impl House {
    /// An empty folder and ports of the system's choice.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("rampa-it.").tempdir().expect("a folder");
        Self { folder: Arc::new(folder), environment: Vec::new() }
            .set("HTTP__LISTEN", "127.0.0.1:0")
            .set("SFU__LISTEN", "127.0.0.1:0")
            .set("TURN__LISTEN", "127.0.0.1:0")
    }

    /// Sets the setting `RAMPA__key`.
    pub(crate) fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.environment.push((format!("RAMPA__{key}"), value.into()));
        self
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rampa"));
        // Settings of the machine that runs the tests do not count.
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("RAMPA_")) {
            command.env_remove(key);
        }
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary starts")
    }

    /// The standard output of a run that succeeds, by lines.
    pub(crate) fn lines(&self, args: &[&str]) -> Vec<String> {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// The standard error of a run that fails as a program should.
    pub(crate) fn failure(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", text(&output.stdout));
        text(&output.stderr)
    }

    /// Starts the binary.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let mut child = self
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let out = lines_of(child.stdout.take().expect("stdout is piped"));
        let log = lines_of(child.stderr.take().expect("stderr is piped"));
        Running { child, out, log, said: Vec::new(), _folder: self.folder.clone() }
    }

    /// Starts `up --demo` and waits until it is open.
    pub(crate) fn open(&self) -> Running {
        let mut running = self.start(&["up", "--demo"]);
        running.await_line("Ctrl-C");
        running
    }
}

/// The binary at work. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    out: Receiver<String>,
    log: Receiver<String>,
    said: Vec<String>,
    _folder: Arc<TempDir>,
}

impl Running {
    /// Waits for a line of standard output that contains `part`.
    pub(crate) fn await_line(&mut self, part: &str) -> String {
        let line = wait_for(&self.out, part, &mut self.said);
        line.unwrap_or_else(|| {
            let log: Vec<_> = self.log.try_iter().collect();
            panic!("no line with `{part}` in {:?}\n{}", self.said, log.join("\n"))
        })
    }

    /// Waits for a line of the log that contains `part`.
    pub(crate) fn await_log(&mut self, part: &str) -> String {
        let mut log = Vec::new();
        wait_for(&self.log, part, &mut log)
            .unwrap_or_else(|| panic!("no line with `{part}` in\n{}", log.join("\n")))
    }

    /// The web addresses that were printed, in order.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let words = self.said.iter().flat_map(|line| line.split_whitespace());
        words.filter(|word| word.starts_with("http")).map(str::to_owned).collect()
    }

    /// The same without the port, which changes from start to start.
    pub(crate) fn links(&self) -> Vec<String> {
        let addresses = self.addresses();
        let links = addresses.iter().filter_map(|address| address.split_once("/"));
        let links = links.filter_map(|(_, rest)| rest[1..].split_once('/'));
        links.map(|(_, link)| link.to_owned()).collect()
    }

    /// Where its web side listens.
    pub(crate) fn http(&self) -> SocketAddr {
        let house = &self.addresses()[0];
        let port = house.rsplit(':').next().and_then(|port| port.parse().ok());
        SocketAddr::from(([127, 0, 0, 1], port.expect("an address with a port")))
    }

    /// Everything that was printed so far.
    pub(crate) fn said(&self) -> String {
        self.said.join("\n")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        kill(pid, signal).expect("the process takes signals");
    }

    /// Waits for the end.
    pub(crate) fn await_exit(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        // The output ends with the process: nothing is left to poll for.
        while let Ok(line) = self.out.recv_timeout(deadline - Instant::now()) {
            self.said.push(line);
        }
        assert!(Instant::now() < deadline, "it does not end");
        self.child.wait().expect("a child can be waited for")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next line with `part` in it; what comes before, and the line itself, goes to `said`.
fn wait_for(lines: &Receiver<String>, part: &str, said: &mut Vec<String>) -> Option<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left).ok()?;
        said.push(line.clone());
        if line.contains(part) {
            return Some(line);
        }
    }
}

/// The lines of a pipe as they come. The pipe is read to its end, so that nobody waits for us.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
