//! A PostgreSQL server for the tests of this process.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::runtime;

const SCRIPT: &str = include_str!("postgres.sh");

/// A running server. Its guard script ends it when `_alive` closes, which the system does when
/// this process ends, by whatever means.
struct Server {
    url: String,
    _alive: Option<ChildStdin>,
}

static SERVER: OnceLock<Server> = OnceLock::new();

/// The server that all tests of this process share.
fn server() -> &'static Server {
    SERVER.get_or_init(|| match std::env::var("RAMPA_TEST_POSTGRES_URL") {
        Ok(url) if !url.is_empty() => Server { url, _alive: None },
        _ => start(),
    })
}

#[expect(clippy::zombie_processes, reason = "the guard outlives this process, by design")]
fn start() -> Server {
    let mut guard = Command::new("sh")
        .args(["-c", SCRIPT])
        .env("RAMPA_TEST_SCRIPT", SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C in a terminal must not reach it before it has cleaned up.
        .process_group(0)
        .spawn()
        .expect("sh starts");
    let alive = guard.stdin.take().expect("invariant: stdin is piped");
    let mut output = BufReader::new(guard.stdout.take().expect("invariant: stdout is piped"));
    let mut errors = guard.stderr.take().expect("invariant: stderr is piped");
    let mut line = String::new();
    output.read_line(&mut line).expect("the guard's output can be read");
    let Some(folder) = line.strip_prefix("ready ") else {
        let mut text = String::new();
        let _ = errors.read_to_string(&mut text);
        panic!("cannot start PostgreSQL for the tests: {}", text.trim());
    };
    let url = format!("postgres://rampa@localhost/postgres?host={}", folder.trim());
    Server { url, _alive: Some(alive) }
}

/// A database of one test.
#[derive(Debug)]
pub(super) struct Database {
    options: PgConnectOptions,
    name: String,
}

impl Database {
    pub(super) async fn create() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let server = tokio::task::spawn_blocking(server).await.expect("PostgreSQL runs");
        let options = PgConnectOptions::from_str(&server.url).expect("a PostgreSQL address");
        // Several test processes may share a server.
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rampa_test_{}_{number}", std::process::id());
        run(&options, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&options, format!("CREATE DATABASE {name}")).await;
        Self { options, name }
    }

    pub(super) fn url(&self) -> String {
        self.options.clone().database(&self.name).to_url_lossy().to_string()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let options = self.options.clone();
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A runtime of its own, since that of the test may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(run(&options, statement));
        });
        if dropped.join().is_err() && !std::thread::panicking() {
            panic!("cannot drop a test's database");
        }
    }
}

async fn run(options: &PgConnectOptions, statement: String) {
    let mut connection = options.connect().await.expect("the test server accepts connections");
    connection.execute(AssertSqlSafe(statement)).await.expect("databases come and go");
    connection.close().await.expect("the connection closes");
}
