//! The names of the files in a data directory. `spec/wal.md`, `spec/ledger.md` and
//! `spec/segment.md` say what is in them. Organization ids become file names, so their alphabet is checked before any path is made.

use std::path::PathBuf;

/// Held while a process owns the directory.
pub(crate) const LOCK: &str = "lock";
/// The write-ahead log's files, one or more for each group of positions.
pub(crate) const WAL: &str = "wal";
/// The salt seeds, one file a group of positions.
pub(crate) const SEEDS: &str = "seeds";
/// The organizations' signing keys.
pub(crate) const KEYS: &str = "keys";
/// The organizations' logs: hashes by tile level, and the checkpoint.
pub(crate) const LOG: &str = "log";

/// Says that the logs were anchored once.
pub(crate) const ANCHORED: &str = "anchored";

/// The segments, a folder each, and the manifest that names them.
pub(crate) const SEGMENTS: &str = "segments";
/// Which segments there are.
pub(crate) const MANIFEST: &str = "segments/manifest";

/// All the directories, in the order in which they are made.
pub(crate) const DIRECTORIES: [&str; 5] = [WAL, SEEDS, KEYS, LOG, SEGMENTS];

/// Longest organization id, in bytes.
pub const MAX_ORGANIZATION_ID_BYTES: usize = 128;

/// Whether the id may name a log: letters, digits, `_` and `-`, so that it is one path segment.
pub fn is_organization_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_ORGANIZATION_ID_BYTES
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

pub(crate) fn segment_folder(first_position: u64, rows: u32, generation: u32) -> PathBuf {
    let name = format!("{first_position:016x}-{rows:08x}-{generation:08x}");
    PathBuf::from(SEGMENTS).join(name)
}

/// The first file of a group.
pub(crate) fn wal_file(group: u64) -> PathBuf {
    PathBuf::from(format!("{WAL}/{group:016x}.wal"))
}

/// A further file of a group, by the position that it begins with.
pub(crate) fn further_wal_file(group: u64, first_position: u64) -> PathBuf {
    PathBuf::from(format!("{WAL}/{group:016x}-{first_position:016x}.wal"))
}

pub(crate) fn seed_file(group: u64) -> PathBuf {
    PathBuf::from(format!("{SEEDS}/{group:016x}"))
}

pub(crate) fn key_file(organization_id: &str) -> PathBuf {
    PathBuf::from(format!("{KEYS}/{organization_id}"))
}

pub(crate) fn log_directory(organization_id: &str) -> PathBuf {
    PathBuf::from(format!("{LOG}/{organization_id}"))
}

pub(crate) fn level_file(organization_id: &str, level: u8) -> PathBuf {
    PathBuf::from(format!("{LOG}/{organization_id}/{level}"))
}

pub(crate) fn checkpoint_file(organization_id: &str) -> PathBuf {
    PathBuf::from(format!("{LOG}/{organization_id}/checkpoint"))
}

pub(crate) fn history_file(organization_id: &str) -> PathBuf {
    PathBuf::from(format!("{LOG}/{organization_id}/checkpoints"))
}
