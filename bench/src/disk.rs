//! What a data directory takes on the disk, part by part.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The unit in which a file says what it takes on the disk, in bytes.
const BLOCK_BYTES: u64 = 512;
/// Names of the control database's files begin with this.
const CONTROL: &str = "control.db";

/// Bytes by part. Parts that stand under another one begin with its name and a space.
#[derive(Debug, Default)]
pub struct Disk {
    parts: BTreeMap<String, u64>,
    /// The lengths of all files.
    total: u64,
    /// What they take, holes not counted and blocks filled up.
    allocated: u64,
}

impl Disk {
    /// Looks at every file. Those that vanish meanwhile are not counted.
    pub fn of(directory: &Path) -> Result<Self, String> {
        let mut disk = Self::default();
        disk.walk(directory, directory)?;
        Ok(disk)
    }

    /// The lengths of all files.
    pub const fn total(&self) -> u64 {
        self.total
    }

    fn walk(&mut self, root: &Path, directory: &Path) -> Result<(), String> {
        let shown = |error| format!("{}: {error}", directory.display());
        for entry in std::fs::read_dir(directory).map_err(shown)? {
            let entry = entry.map_err(shown)?;
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let path = entry.path();
            if metadata.is_dir() {
                self.walk(root, &path)?;
                continue;
            }
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let relative = relative.to_string_lossy();
            let part = part(&relative);
            *self.parts.entry(part.to_owned()).or_default() += metadata.len();
            self.total += metadata.len();
            self.allocated += metadata.blocks() * BLOCK_BYTES;
            if part == "segments, meta.json" {
                self.sections(&path);
            }
        }
        Ok(())
    }

    /// The sections of an index, as the `meta.json` beside it says.
    fn sections(&mut self, meta: &Path) {
        let text = std::fs::read(meta).unwrap_or_default();
        let meta: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        let Some(sections) = meta["sections"].as_object() else {
            return;
        };
        for (name, section) in sections {
            let length = section["length"].as_u64().unwrap_or_default();
            let part = format!("segments, index: {name}");
            *self.parts.entry(part).or_default() += length;
        }
    }

    pub fn print(&self, events: u64) {
        println!("\n| on the disk | MB | bytes an event |\n| --- | ---: | ---: |");
        let line = |part: &str, bytes: u64| {
            let each = bytes as f64 / events.max(1) as f64;
            println!("| {part} | {:.1} | {each:.1} |", bytes as f64 / 1e6);
        };
        for (part, &bytes) in &self.parts {
            line(part, bytes);
        }
        line("**everything**", self.total);
        line("as the file system counts it", self.allocated);
    }
}

fn part(path: &str) -> &str {
    let (top, inner) = path.split_once('/').unwrap_or((path, ""));
    let name = inner.rsplit('/').next().unwrap_or_default();
    match (top, name) {
        ("segments", "rows.ndjson.zst") => "segments, rows.ndjson.zst",
        ("segments", "index") => "segments, index",
        ("segments", "meta.json") => "segments, meta.json",
        ("segments", _) => "segments, other",
        ("wal" | "log" | "seeds", _) => top,
        _ if path.starts_with(CONTROL) => "control database",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_byte_is_of_one_part_and_an_index_is_told_apart_by_section() {
        let root = std::env::temp_dir().join(format!("evident-bench-disk-{}", std::process::id()));
        let segment = root.join("segments/0-1-0");
        for directory in [&segment, &root.join("wal"), &root.join("log/org_1")] {
            std::fs::create_dir_all(directory).unwrap();
        }
        let meta =
            br#"{"sections":{"terms":{"offset":0,"length":7},"ids":{"offset":7,"length":3}}}"#;
        let files: [(&str, &[u8]); 8] = [
            ("segments/0-1-0/rows.ndjson.zst", b"12345"),
            ("segments/0-1-0/index", b"1234567890"),
            ("segments/0-1-0/meta.json", meta),
            ("segments/manifest", b"12"),
            ("wal/0.wal", b"1"),
            ("log/org_1/checkpoint", b"123"),
            ("control.db-wal", b"1234"),
            ("lock", b""),
        ];
        for (path, bytes) in files {
            std::fs::write(root.join(path), bytes).unwrap();
        }
        let disk = Disk::of(&root).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        let expected = [
            ("control database", 4),
            ("log", 3),
            ("other", 0),
            ("segments, index", 10),
            ("segments, index: ids", 3),
            ("segments, index: terms", 7),
            ("segments, meta.json", meta.len() as u64),
            ("segments, other", 2),
            ("segments, rows.ndjson.zst", 5),
            ("wal", 1),
        ];
        let expected = expected.map(|(part, bytes)| (part.to_owned(), bytes));
        assert_eq!(disk.parts, BTreeMap::from(expected));
        assert_eq!(disk.total, 4 + 3 + 10 + meta.len() as u64 + 2 + 5 + 1);
    }
}
