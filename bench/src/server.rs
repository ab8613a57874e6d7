//! The server that is measured: started on a fresh directory, stopped and cleaned up afterwards.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Clock ticks in a second, as the kernel counts a process's CPU time on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server.
pub struct Server {
    child: Child,
    directory: PathBuf,
    pub address: String,
    pub ingest_key: String,
    pub read_key: String,
}

impl Server {
    pub fn start(binary: &Path, under: &Path) -> Result<Self, String> {
        let directory = under.join(format!("evident-bench-{}", std::process::id()));
        let keys = init(binary, &directory)?;
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&directory)
            .env("EVIDENT_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} did not start: {error}", binary.display()))?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .ok_or_else(|| format!("the server said {line:?} instead of its address"))?
            .to_owned();
        Ok(Self {
            child,
            directory,
            address,
            ingest_key: member(&keys, "ingest")?,
            read_key: member(&keys, "read")?,
        })
    }

    /// Seconds of CPU that the server has used, user and system.
    pub fn cpu_seconds(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        // The command's name is in parentheses and may hold spaces.
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| -> Option<f64> { fields.get(at)?.parse().ok() };
        match (ticks(11), ticks(12)) {
            (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
            _ => Err(format!("{path} cannot be read")),
        }
    }

    /// Bytes that are in memory now.
    pub fn resident_bytes(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
            .map(|kilobytes| kilobytes * 1024)
            .ok_or_else(|| format!("{path} cannot be read"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn init(binary: &Path, directory: &Path) -> Result<String, String> {
    let mut child = Command::new(binary)
        .args([
            "init",
            "--organization",
            "Bench",
            "--email",
            "bench@example.com",
        ])
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
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// The value of a string member, wherever in the JSON it is: enough for `init`'s few lines.
fn member(json: &str, name: &str) -> Result<String, String> {
    json.split_once(&format!("\"{name}\""))
        .and_then(|(_, rest)| rest.split('"').nth(1))
        .map(str::to_owned)
        .ok_or_else(|| format!("init printed no {name}"))
}
