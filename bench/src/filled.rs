//! A directory that has been filled, and what later commands must know of it.
//!
//! The server's own data is in a folder below, so that nothing of ours lies among its files. Keys
//! are printed once, by `init`; that is why they are noted here.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::events::SEED;
use crate::server::{Keys, Server, init};

const NOTES: &str = "bench.json";
const DATA: &str = "data";

/// A directory with events that are known.
#[derive(Debug)]
pub struct Filled {
    directory: PathBuf,
    pub keys: Keys,
    /// How many of the generator's events are in it.
    pub events: u64,
    /// How many others were recorded after them, by `--mixed`.
    pub others: u64,
}

impl Filled {
    /// A directory that is to be filled. It must not be there, or be empty.
    pub fn fresh(binary: &Path, directory: &Path) -> Result<Self, String> {
        let shown = directory.display();
        std::fs::create_dir_all(directory).map_err(|error| format!("{shown}: {error}"))?;
        let mut found =
            std::fs::read_dir(directory).map_err(|error| format!("{shown}: {error}"))?;
        if found.next().is_some() {
            return Err(format!("{shown} is not empty: give another, or remove it"));
        }
        let keys = init(binary, &directory.join(DATA))?;
        Ok(Self {
            directory: directory.to_owned(),
            keys,
            events: 0,
            others: 0,
        })
    }

    /// A directory that `fill` has filled with that many events.
    pub fn load(directory: &Path, events: u64) -> Result<Self, String> {
        let path = directory.join(NOTES);
        let shown = path.display();
        let text = std::fs::read(&path)
            .map_err(|error| format!("{shown}: {error}: run `evident-bench fill` first"))?;
        let notes: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| format!("{shown}: {error}"))?;
        let text = |name: &str| notes[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| notes[name].as_u64().unwrap_or_default();
        let filled = Self {
            directory: directory.to_owned(),
            keys: Keys {
                ingest: text("ingest_key"),
                read: text("read_key"),
            },
            events: number("events"),
            others: number("others"),
        };
        if (filled.events, number("seed")) != (events, SEED) {
            let held = filled.events;
            return Err(format!("{shown}: filled with {held} events, not {events}"));
        }
        Ok(filled)
    }

    /// Writes down what is in it.
    pub fn note(&self) -> Result<(), String> {
        let notes = json!({
            "seed": SEED, "events": self.events, "others": self.others,
            "ingest_key": self.keys.ingest, "read_key": self.keys.read,
        });
        let path = self.directory.join(NOTES);
        std::fs::write(&path, format!("{notes}\n"))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The server's own directory.
    pub fn data(&self) -> PathBuf {
        self.directory.join(DATA)
    }

    pub fn serve(&self, binary: &Path) -> Result<Server, String> {
        Server::open(binary, &self.data(), self.keys.clone())
    }
}
