//! Driving the real binary: a directory that `evident init` made, a server on it, requests to it.
//!
//! Nothing here waits for a guessed time: a server is there once it has said where it listens and
//! answers `/readyz`, and every wait has a deadline that fails the test. Used by several test
//! binaries, each of which needs a part of it.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(
    unreachable_pub,
    reason = "`pub` marks what tests use, whichever binary they are in"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod fresh;
mod hold;
pub mod oidc;
pub mod people;
pub mod postgres;
pub mod proofs;
mod provision;
mod reply;
pub mod retention;
pub mod s3;
pub mod smtp;
mod stream;
mod wire;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use hold::Hold;
pub use provision::KeyOptions;
pub use reply::Reply;
pub use stream::Tail;
pub use wire::{Wire, exchange};

/// How long anything may take that should come at once.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Whether reading the log leaves a record on it.
pub const AUDIT_READS: &str = "EVIDENT_AUDIT_READS";
/// Between two looks at something that cannot be waited for otherwise.
const POLL: Duration = Duration::from_millis(5);

/// The binary, without the environment's configuration.
pub fn evident() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evident"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("EVIDENT_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end, with this text on its standard input.
pub fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Looks again and again until there is something, or fails.
pub fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_up_to(PATIENCE, what, look)
}

/// The same for what takes its time.
pub fn wait_up_to<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::park_timeout(POLL);
    }
}

/// Whether the control planes of this run are on PostgreSQL instead of SQLite: the same tests, once more.
fn postgres_is_wanted() -> bool {
    match std::env::var("EVIDENT_TEST_CONTROL").as_deref() {
        Ok("postgres") => true,
        Err(_) | Ok("sqlite") => false,
        Ok(other) => panic!("EVIDENT_TEST_CONTROL is {other:?}: give postgres or sqlite"),
    }
}

/// What an organization was given.
#[derive(Debug, Clone)]
pub struct Organization {
    pub id: String,
    pub ingest: String,
    pub read: String,
    pub admin: String,
}

/// A data directory with an organization in it; removed when dropped.
pub struct Directory {
    _temporary: Option<TempDir>,
    path: PathBuf,
    /// The organization that `init` made.
    pub organization: Organization,
    /// What `init` printed.
    pub founded: Value,
    /// Where its control plane is, if not in the directory.
    control_database: Option<String>,
}

impl Directory {
    /// A fresh directory, set up by `evident init`.
    pub fn init() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("data");
        let mut directory = Self::init_at(&path);
        directory._temporary = Some(temporary);
        directory
    }

    /// A directory at a place of the caller's choice, which stays.
    pub fn init_at(path: &Path) -> Self {
        let mut command = evident();
        let control_database = postgres_is_wanted().then(postgres::database);
        if let Some(url) = &control_database {
            command.env("EVIDENT_CONTROL_DATABASE", url);
        }
        command.args([
            "init",
            "--organization",
            "Acme AI",
            "--email",
            "ada@example.com",
        ]);
        command
            .args(["--password-stdin", "--json", "--data"])
            .arg(path);
        let output = run(&mut command, "correct horse battery\n");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "init failed: {errors}");
        let founded: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |pointer| {
            founded
                .pointer(pointer)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        Self {
            _temporary: None,
            path: path.to_owned(),
            organization: Organization {
                id: text("/organization_id"),
                ingest: text("/keys/ingest"),
                read: text("/keys/read"),
                admin: text("/keys/admin"),
            },
            founded,
            control_database,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A server on the directory, ready.
    pub fn serve(&self) -> Server {
        self.serve_with(|_| ())
    }

    /// The same, with changes to its command first.
    pub fn serve_with(&self, change: impl FnOnce(&mut Command)) -> Server {
        let mut command = self.serve_command();
        change(&mut command);
        let server = Server::start(command, self.organization.clone());
        server.wait_until_ready();
        server
    }

    /// A server on the directory that records how its log is read, as servers do unless they are told not to.
    pub fn serve_auditing(&self) -> Server {
        self.serve_with(|command| {
            command.env_remove(AUDIT_READS);
        })
    }

    /// `evident serve` on the directory and a free port. It does not record how its log is read: the indexes of
    /// what tests record would depend on what they look at.
    pub fn serve_command(&self) -> Command {
        let mut command = evident();
        command.env(AUDIT_READS, "false");
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(&self.path);
        if let Some(url) = &self.control_database {
            command.env("EVIDENT_CONTROL_DATABASE", url);
        }
        command
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its metrics are without a key, if anywhere.
    pub metrics_address: Option<SocketAddr>,
    /// The organization that `init` made.
    pub organization: Organization,
    log: Arc<Mutex<Vec<String>>>,
    /// What it says on standard output besides.
    output: Mutex<Receiver<String>>,
    agent: ureq::Agent,
}

impl Server {
    /// Starts a server and waits until it says where it listens.
    pub fn start(mut command: Command, organization: Organization) -> Self {
        let wants_metrics = command
            .get_envs()
            .any(|(name, _)| name == "EVIDENT_METRICS_LISTEN");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let errors = BufReader::new(child.stderr.take().unwrap());
        let kept = Arc::clone(&log);
        thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        let lines = lines_of(BufReader::new(child.stdout.take().unwrap()));
        let address = announced(&lines, "listening on http://", &log);
        let metrics = wants_metrics.then(|| announced(&lines, "metrics on http://", &log));
        Self {
            child,
            address,
            metrics_address: metrics,
            organization,
            log,
            output: Mutex::new(lines),
            agent: agent(),
        }
    }

    /// Waits until it answers `/readyz` with 200.
    pub fn wait_until_ready(&self) {
        wait_for("readiness", || {
            let reply = self.try_request("GET", "/readyz", None, &[], b"").ok()?;
            (reply.status == 200).then_some(())
        });
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Any request. The key, if there is one, goes into the header that it belongs in.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        self.try_request(method, path, key, headers, body).unwrap()
    }

    /// The same, where the connection may fail.
    pub fn try_request(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, ureq::Error> {
        request(&self.agent, &self.url(path), method, key, headers, body)
    }

    /// A GET with the organization's read key.
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, Some(&self.organization.read), &[], b"")
    }

    /// A POST of JSON with the organization's ingest key.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        let headers = [("content-type", "application/json")];
        self.post_bytes(path, &headers, body.to_string().as_bytes())
    }

    /// A POST of anything with the organization's ingest key.
    pub fn post_bytes(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let key = self.organization.ingest.clone();
        self.request("POST", path, Some(&key), headers, body)
    }

    /// A document with the organization's admin key.
    pub fn change(&self, method: &str, path: &str, document: &Value) -> Reply {
        let headers = [("content-type", "application/json")];
        let key = self.organization.admin.clone();
        let body = document.to_string();
        self.request(method, path, Some(&key), &headers, body.as_bytes())
    }

    /// The path of the organization itself.
    pub fn organization_path(&self) -> String {
        format!("/v1/organizations/{}", self.organization.id)
    }

    /// A key's way to the same server, to be taken into a thread.
    pub fn client(&self) -> Client {
        self.client_of(&self.organization)
    }

    /// The same with another organization's keys.
    pub fn client_of(&self, organization: &Organization) -> Client {
        Client {
            agent: agent(),
            base: self.url(""),
            organization: organization.clone(),
        }
    }

    /// The rest of the next line on its standard output that starts so.
    pub fn said(&self, start: &str) -> String {
        let output = self.output.lock().unwrap();
        loop {
            let line = output.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line {start:?}"));
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// The lines of its log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// The most memory that it has had resident, in bytes.
    pub fn peak_resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }

    /// Whether the process is still there.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// SIGTERM, and its end.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.wait()
    }

    /// SIGKILL, and its end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.wait();
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        wait_for("the server's end", || child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            for line in self.log.lock().unwrap().iter().rev().take(20).rev() {
                eprintln!("{line}");
            }
        }
    }
}

/// A way to a server that outlives the borrow of it.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    organization: Organization,
}

impl Client {
    /// A POST of JSON with the organization's ingest key.
    pub fn post(&self, path: &str, body: &Value) -> Result<Reply, ureq::Error> {
        self.send("POST", path, &self.organization.ingest, body)
    }

    /// A document with the organization's admin key.
    pub fn change(&self, method: &str, path: &str, body: &Value) -> Result<Reply, ureq::Error> {
        self.send(method, path, &self.organization.admin, body)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Result<Reply, ureq::Error> {
        let url = format!("{}{path}", self.base);
        let headers = [("content-type", "application/json")];
        let body = body.to_string();
        request(
            &self.agent,
            &url,
            method,
            Some(key),
            &headers,
            body.as_bytes(),
        )
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent()
}

fn request(
    agent: &ureq::Agent,
    url: &str,
    method: &str,
    key: Option<&str>,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Reply, ureq::Error> {
    let request = request_head(url, method, key, headers);
    let response = if body.is_empty() && matches!(method, "GET" | "HEAD" | "DELETE") {
        agent.run(request.body(()).unwrap())?
    } else {
        agent.run(request.body(body).unwrap())?
    };
    Reply::read(response)
}

fn request_head(
    url: &str,
    method: &str,
    key: Option<&str>,
    headers: &[(&str, &str)],
) -> ureq::http::request::Builder {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
}

fn get_request(url: &str, key: Option<&str>, headers: &[(&str, &str)]) -> ureq::http::Request<()> {
    request_head(url, "GET", key, headers).body(()).unwrap()
}

fn lines_of(output: impl BufRead + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn announced(lines: &Receiver<String>, prefix: &str, log: &Mutex<Vec<String>>) -> SocketAddr {
    let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        panic!(
            "no line {prefix:?}; the log says {:#?}",
            log.lock().unwrap()
        )
    });
    let address = line.strip_prefix(prefix).unwrap();
    address.split('/').next().unwrap().parse().unwrap()
}

/// The least that an event has, told apart by its actor.
pub fn event(actor: impl std::fmt::Display) -> Value {
    json!({"action": "guardrail.updated", "actor": {"type": "user", "id": actor.to_string()}})
}

/// A batch of such events.
pub fn batch(actors: impl IntoIterator<Item = impl std::fmt::Display>) -> Value {
    let events: Vec<Value> = actors.into_iter().map(event).collect();
    json!({ "events": events })
}

/// An event type of an organization's own.
pub fn event_type(action: &str) -> Value {
    json!({
        "action": action,
        "name": format!("Name of {action}"),
        "category": "Kites",
        "event_type": "User Actions",
        "badge": "Kite",
        "level": "project",
        "description": "A kite was flown.",
        "template": "{actor} flew [kite {metadata.kite_id}|a kite]",
        "metadata": [{"key": "kite_id", "label": "Kite ID", "type": "string", "required": true}],
    })
}
