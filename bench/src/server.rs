//! The server that is measured: a process on a directory of its own, killed when it is done with.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;

/// Clock ticks in a second, as the kernel counts a process's CPU time on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
/// How long a server may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(600);
const READY_POLL: Duration = Duration::from_millis(1);

/// The keys of the organization that the measurements are made in.
#[derive(Debug, Clone)]
pub struct Keys {
    pub ingest: String,
    pub read: String,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Removed afterwards.
    scratch: Option<PathBuf>,
    pub address: String,
    pub keys: Keys,
}

/// What a process uses now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Use {
    /// CPU since it began, user and system, all threads.
    pub cpu_seconds: f64,
    pub resident_bytes: u64,
    /// Memory that no file is behind.
    pub anonymous_bytes: u64,
    /// The most that was ever resident.
    pub peak_bytes: u64,
}

impl Server {
    /// On a fresh directory, which is removed afterwards.
    pub fn start(binary: &Path, under: &Path) -> Result<Self, String> {
        let directory = under.join(format!("evident-bench-{}", std::process::id()));
        let keys = init(binary, &directory)?;
        let mut server = Self::open(binary, &directory, keys)?;
        server.scratch = Some(directory);
        Ok(server)
    }

    /// On a directory that has been made ready by [`init`]. Returns once it says its address.
    pub fn open(binary: &Path, directory: &Path, keys: Keys) -> Result<Self, String> {
        let mut child = command(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(directory)
            .env("EVIDENT_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} did not start: {error}", binary.display()))?;
        let address = address(&mut child);
        let mut server = Self {
            child,
            scratch: None,
            address: String::new(),
            keys,
        };
        server.address = address?;
        Ok(server)
    }

    /// Waits until it says that it is ready.
    pub fn wait_until_ready(&self) -> Result<(), String> {
        let started = Instant::now();
        let mut client = self.reader()?;
        loop {
            let (status, _) = client.send("GET", "/readyz", "text/plain", b"")?;
            if status == 200 {
                return Ok(());
            }
            if started.elapsed() > READY_WITHIN {
                return Err(format!("/readyz is still {status} after {READY_WITHIN:?}"));
            }
            std::thread::sleep(READY_POLL);
        }
    }

    /// A connection of somebody who reads.
    pub fn reader(&self) -> Result<Client, String> {
        Client::connect(&self.address, &self.keys.read)
    }

    /// A connection of somebody who records.
    pub fn recorder(&self) -> Result<Client, String> {
        Client::connect(&self.address, &self.keys.ingest)
    }

    pub fn usage(&self) -> Result<Use, String> {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        // The command's name is in parentheses and may hold spaces.
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| -> Option<f64> { fields.get(at)?.parse().ok() };
        let (Some(user), Some(system)) = (ticks(11), ticks(12)) else {
            return Err(format!("{path} cannot be read"));
        };
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
                .map(|kilobytes| kilobytes * 1024)
                .ok_or_else(|| format!("{path} has no {name}"))
        };
        Ok(Use {
            cpu_seconds: (user + system) / TICKS_PER_SECOND,
            resident_bytes: bytes("VmRSS:")?,
            anonymous_bytes: bytes("RssAnon:")?,
            peak_bytes: bytes("VmHWM:")?,
        })
    }

    /// The value of a metric without labels, if there is one of that name.
    pub fn metric(&self, client: &mut Client, name: &str) -> Result<Option<f64>, String> {
        let (status, text) = client.send("GET", "/metrics", "text/plain", b"")?;
        if status != 200 {
            return Err(format!("/metrics answers {status}"));
        }
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.and_then(|value| value.trim().parse().ok()))
    }
}

/// The threads of a process, those of one name together, each with the seconds of CPU it has had.
pub fn threads(process: &str) -> Result<BTreeMap<String, f64>, String> {
    let tasks = format!("/proc/{process}/task");
    let failed = |error: std::io::Error| format!("{tasks}: {error}");
    let mut threads = BTreeMap::new();
    for task in std::fs::read_dir(&tasks).map_err(failed)? {
        let task = task.map_err(failed)?.path();
        let name = std::fs::read_to_string(task.join("comm")).map_err(failed)?;
        let times = std::fs::read_to_string(task.join("schedstat")).map_err(failed)?;
        let nanos = times.split_whitespace().next();
        let nanos: f64 = nanos
            .and_then(|nanos| nanos.parse().ok())
            .unwrap_or(f64::NAN);
        *threads.entry(name.trim().to_owned()).or_default() += nanos / 1e9;
    }
    Ok(threads)
}

/// Kills it as a crash would (SIGKILL): nothing is put in order.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(directory) = &self.scratch {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

fn address(child: &mut Child) -> Result<String, String> {
    let stdout = child.stdout.take().ok_or("the server has no output")?;
    let mut line = String::new();
    BufReader::new(stdout)
        .read_line(&mut line)
        .map_err(|error| error.to_string())?;
    let address = line.trim().strip_prefix("listening on http://");
    address
        .map(str::to_owned)
        .ok_or_else(|| format!("the server said {line:?} instead of its address"))
}

/// The binary as it is by default, whatever this environment would set; our own variables it would
/// refuse as misspelt.
fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("EVIDENT_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Makes a fresh data directory.
pub fn init(binary: &Path, directory: &Path) -> Result<Keys, String> {
    let mut child = command(binary)
        .args(["init", "--organization", "Bench"])
        .args(["--email", "bench@example.com"])
        .args(["--password-stdin", "--json", "--data"])
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} did not start: {error}", binary.display()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(b"correct horse battery staple\n")
            .map_err(|error| error.to_string())?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("init failed: {}", output.status));
    }
    let said: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let key = |name: &str| {
        let key = said["keys"][name].as_str();
        key.map(str::to_owned)
            .ok_or_else(|| format!("init printed no {name} key"))
    };
    Ok(Keys {
        ingest: key("ingest")?,
        read: key("read")?,
    })
}
