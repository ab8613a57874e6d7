//! `evident monitor` against logs that are honest, and against those that are not.

mod entries;
mod events;
mod fake;
mod follow;
mod heads;
mod pruned;
mod telling;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Said, bare, say};
use fake::{FakeLog, History, key};

/// Somebody who watches a log, with a state of their own.
struct Watcher {
    scratch: TempDir,
    url: String,
}

impl Watcher {
    fn of(log: &FakeLog) -> Self {
        Self {
            scratch: tempfile::tempdir().unwrap(),
            url: log.url(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn state_path(&self) -> PathBuf {
        self.path("log.state")
    }

    /// The command for one round.
    fn command(&self, flags: &[&str]) -> Command {
        let mut command = bare(&["monitor", &self.url, "--key", &key(1).verifier_key()]);
        command.arg("--state").arg(self.state_path()).args(flags);
        command
    }

    fn round(&self, flags: &[&str]) -> Said {
        say(&mut self.command(flags))
    }

    /// A round that must find all well; its object.
    #[track_caller]
    fn well(&self, flags: &[&str]) -> Value {
        let said = self.round(&[flags, &["--json"]].concat());
        assert_eq!((said.code, &*said.errors), (Some(0), ""), "{said:?}");
        let told: Value = serde_json::from_str(&said.output).unwrap();
        assert_eq!(told["status"], "ok");
        told
    }

    /// A round that must end with this code and status, and leave the state as it was.
    #[track_caller]
    fn amiss(&self, flags: &[&str], code: i32, status: &str) -> Value {
        let before = self.state_text();
        let said = self.round(&[flags, &["--json"]].concat());
        assert_eq!((said.code, &*said.errors), (Some(code), ""), "{said:?}");
        let told: Value = serde_json::from_str(&said.output).unwrap();
        assert_eq!(told["status"], status, "{told}");
        assert_eq!(self.state_text(), before, "the state has moved");
        told
    }

    fn state_text(&self) -> Option<String> {
        std::fs::read_to_string(self.state_path()).ok()
    }

    fn state(&self) -> Value {
        serde_json::from_str(&self.state_text().unwrap()).unwrap()
    }

    /// Writes another value into the state.
    fn set(&self, name: &str, value: impl Into<Value>) {
        let mut state = self.state();
        state[name] = value.into();
        std::fs::write(self.state_path(), state.to_string()).unwrap();
    }

    /// The names of the files that are there.
    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.scratch.path()).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// 70,000 entries: one full tile above the leaves, and some.
fn long() -> &'static Arc<History> {
    static LONG: OnceLock<Arc<History>> = OnceLock::new();
    LONG.get_or_init(|| History::new("login", 0, 70_000))
}

/// The same up to entry 500, and then other ones.
fn forked() -> &'static Arc<History> {
    static FORKED: OnceLock<Arc<History>> = OnceLock::new();
    FORKED.get_or_init(|| History::new("logout", 500, 1_000))
}

/// The files that an alarm names as evidence, read.
fn evidence(told: &Value) -> Vec<String> {
    let files = told["evidence"].as_array().unwrap();
    let read = |file: &Value| std::fs::read_to_string(Path::new(file.as_str().unwrap())).unwrap();
    files.iter().map(read).collect()
}
