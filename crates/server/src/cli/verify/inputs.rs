//! What the paths are, and the keys that were named.
//!
//! What must hold: a file is told by how it begins; nothing is read without a bound.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use evident_ledger::checkpoint::{Checkpoint, CheckpointError};
use evident_ledger::note::VerifierKey;
use evident_ledger::proof_text::{MAX_PROOF_TEXT_BYTES, PROOF_HEADER};

use super::super::sanitize;

/// Most bytes of a file that is read whole: a proof in JSON escapes what a proof's text has plain.
pub(super) const MAX_FILE_BYTES: u64 = 4 * MAX_PROOF_TEXT_BYTES as u64;
/// Members that only a proof in JSON has. One of them shows what it was meant to be.
const PROOF_MEMBERS: [&str; 2] = ["entry", "leaf_hash"];
/// What a consistency proof begins with.
const CONSISTENCY_PREFIX: &[u8] = b"old ";
/// What stands between a note's text and its signatures.
const SIGNATURES_MARK: &str = "\n\n\u{2014} ";

/// Why there is nothing to verify.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("{path} could not be read: {source}; name a data directory, a proof or a checkpoint")]
    Unreadable {
        path: String,
        source: std::io::Error,
    },
    #[error("{path} has more than {MAX_FILE_BYTES} bytes: it is no proof, checkpoint or event")]
    TooLong { path: String },
    #[error(
        "{path} is no data directory, proof or checkpoint: fetch it again as it is, for example with \
         `curl -H 'Accept: text/plain'`"
    )]
    Unknown { path: String },
    #[error("{path} is no proof, but a server's refusal: {detail}; fetch it again")]
    Refusal { path: String, detail: String },
    #[error(
        "a verifier key is needed: name it with --key; `evident init` printed it, and GET /v1/log \
         gives it. Take it from where you trust it, not from beside the proof"
    )]
    NoKey,
}

/// A path's contents.
#[derive(Debug)]
pub(super) enum Input {
    Directory,
    /// An inclusion proof, as text or JSON.
    Proof(Vec<u8>),
    /// A consistency proof.
    Consistency(Vec<u8>),
    /// A signed checkpoint.
    Checkpoint(Vec<u8>),
}

impl Input {
    pub(super) fn read(path: &Path) -> Result<Self, InputError> {
        if path.is_dir() {
            return Ok(Self::Directory);
        }
        let bytes = read_file(path)?;
        let begins = |prefix: &[u8]| bytes.starts_with(prefix);
        if bytes.trim_ascii_start().starts_with(b"{") {
            other_json(&bytes, path)?;
            Ok(Self::Proof(bytes))
        } else if begins(PROOF_HEADER.as_bytes()) {
            Ok(Self::Proof(bytes))
        } else if begins(CONSISTENCY_PREFIX) {
            Ok(Self::Consistency(bytes))
        } else if String::from_utf8_lossy(&bytes).contains(SIGNATURES_MARK) {
            Ok(Self::Checkpoint(bytes))
        } else {
            Err(InputError::Unknown {
                path: super::name_of(path),
            })
        }
    }
}

/// Refuses JSON that is whole and something else than a proof, so that a download that went wrong does
/// not pass for a log that did.
fn other_json(bytes: &[u8], path: &Path) -> Result<(), InputError> {
    let path = super::name_of(path);
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(bytes) else {
        return Ok(());
    };
    match members.get("detail") {
        _ if PROOF_MEMBERS.iter().any(|name| members.contains_key(*name)) => Ok(()),
        Some(serde_json::Value::String(detail)) => Err(InputError::Refusal {
            path,
            detail: sanitize::message(detail),
        }),
        _ => Err(InputError::Unknown { path }),
    }
}

/// Reads a file, or standard input where it is `-`.
pub(super) fn read_file_or_standard(path: &Path) -> Result<Vec<u8>, InputError> {
    match path == Path::new("-") {
        true => read_all(std::io::stdin().lock(), "standard input"),
        false => read_file(path),
    }
}

/// Reads a file that is not too long.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, InputError> {
    let name = super::name_of(path);
    match File::open(path) {
        Ok(file) => read_all(file, &name),
        Err(source) => Err(InputError::Unreadable { path: name, source }),
    }
}

fn read_all(from: impl Read, name: &str) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    let read = from.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    let path = name.to_owned();
    match read {
        Ok(_) if bytes.len() as u64 > MAX_FILE_BYTES => Err(InputError::TooLong { path }),
        Ok(_) => Ok(bytes),
        Err(source) => Err(InputError::Unreadable { path, source }),
    }
}

/// The keys that were named.
pub(super) struct Keys<'a>(pub(super) &'a [VerifierKey]);

impl<'a> Keys<'a> {
    /// The key to open a checkpoint with: its log's where it is among them. That it is the log's key
    /// the signature shows.
    pub(super) fn of(&self, note: &[u8]) -> Result<&'a VerifierKey, InputError> {
        let origin = note.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let of_log = || self.0.iter().filter(|key| key.name().as_bytes() == origin);
        // Of several of one name, the one that the signature names.
        let note = String::from_utf8_lossy(note);
        let has_signed = |key: &&VerifierKey| key.signature_of(&note).is_some();
        let key = of_log().find(has_signed).or_else(|| of_log().next());
        key.or_else(|| self.0.first()).ok_or(InputError::NoKey)
    }

    /// Opens a checkpoint; gives its key too.
    pub(super) fn open(
        &self,
        note: &[u8],
    ) -> Result<Result<(Checkpoint, &'a VerifierKey), CheckpointError>, InputError> {
        let key = self.of(note)?;
        Ok(Checkpoint::open(note, key).map(|checkpoint| (checkpoint, key)))
    }
}
