//! `evident ingest`: the real binary against a real server, and against what fails as servers do.

mod broken;
mod faults;
mod gate;
mod kill;
mod ndjson;
mod refused;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Said, client, say};
use crate::harness::{Directory, Server, event};

/// A server, and a place for files.
pub(crate) struct Scene {
    pub(crate) directory: Directory,
    pub(crate) server: Server,
    files: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let directory = Directory::init();
        let server = directory.serve();
        Self {
            directory,
            server,
            files: tempfile::tempdir().unwrap(),
        }
    }

    /// The path of a file, which need not be there.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// The command on a file of the scene, with the ingest key.
    pub(crate) fn ingest(&self, file: &Path, flags: &[&str]) -> Command {
        let mut command = client(&self.server, &["ingest"]);
        command
            .env("EVIDENT_API_KEY", &self.server.organization.ingest)
            .current_dir(self.files.path())
            .arg(file)
            .args(flags);
        command
    }

    /// What is said of ingesting a file.
    pub(crate) fn say(&self, file: &Path, flags: &[&str]) -> Said {
        say(&mut self.ingest(file, flags))
    }

    /// The summary of ingesting a file.
    #[track_caller]
    pub(crate) fn summary(&self, file: &Path, flags: &[&str], code: i32) -> Value {
        let said = self.say(file, &[flags, &["--json"]].concat());
        assert_eq!(said.code, Some(code), "{said:?}");
        serde_json::from_str(&said.output).unwrap_or_else(|_| panic!("no JSON: {said:?}"))
    }

    /// All events of the server, oldest first.
    pub(crate) fn events(&self) -> Vec<Value> {
        let flags = [
            "query",
            "--all",
            "--order",
            "asc",
            "--format",
            "ndjson",
            "--filter",
            "metadata.system:is_not:evident",
        ];
        let text = say(&mut client(&self.server, &flags)).success();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How many events each actor has.
    pub(crate) fn actors(&self) -> BTreeMap<String, usize> {
        let mut actors = BTreeMap::new();
        for event in self.events() {
            let actor = event["actor"]["id"].as_str().unwrap().to_owned();
            *actors.entry(actor).or_default() += 1;
        }
        actors
    }

    /// What is in the dead letters.
    pub(crate) fn letters(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Lines of events whose actors are numbered.
pub(crate) fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers
        .map(|n| format!("{}\n", event(format!("u{n}"))))
        .collect()
}

/// That the actors of these numbers have an event each, and nobody else has one.
#[track_caller]
pub(crate) fn assert_once(actors: &BTreeMap<String, usize>, numbers: std::ops::Range<usize>) {
    let expected: BTreeMap<String, usize> = numbers.map(|n| (format!("u{n}"), 1)).collect();
    assert!(
        *actors == expected,
        "{} of {}",
        actors.len(),
        expected.len()
    );
}
