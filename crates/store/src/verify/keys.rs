//! Which logs there are, which keys their checkpoints are verified with, and whose the checkpoints are
//! that somebody kept.
//!
//! What must hold: a key that the caller named is used before one that is found in the directory,
//! since who changed the directory could change that as well.

use std::collections::{BTreeMap, BTreeSet};

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::{SigningKey, VerifierKey};

use super::report::{Finding, Findings, Kind};
use super::{KeptHeads, Known, VerifyError};
use crate::durable::Durable;
use crate::layout;
use crate::segment::meta::Manifest;

/// Largest key file that is read.
const MAX_KEY_FILE_BYTES: u64 = 64 << 10;

/// The key of a log.
#[derive(Debug)]
pub(super) struct LogKey {
    pub(super) key: VerifierKey,
    /// The caller named it.
    pub(super) was_given: bool,
}

/// The organization that a key's or checkpoint's origin names.
fn organization_of(origin: &str) -> &str {
    origin.rsplit('/').next().unwrap_or(origin)
}

/// The logs of a directory, and their keys.
pub(super) fn resolve(
    durable: &Durable,
    manifest: &Manifest,
    known: &Known,
    findings: &mut Findings,
) -> Result<BTreeMap<String, LogKey>, VerifyError> {
    let indexes = manifest.next_indexes();
    let mut ids: BTreeSet<String> = indexes.keys().map(|id| (*id).to_owned()).collect();
    for directory in [layout::KEYS, layout::LOG] {
        let names = match durable.names(directory.as_ref()) {
            Ok(names) => names,
            Err(error) if error.io_error().kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(VerifyError::Unreadable {
                    path: directory.into(),
                    source: std::io::Error::from(error.io_error().kind()),
                });
            }
        };
        let names = names.iter().filter_map(|name| name.to_str());
        let names = names.filter(|name| layout::is_organization_id(name));
        ids.extend(names.map(str::to_owned));
    }
    for key in &known.keys {
        if !ids.contains(organization_of(key.name())) {
            let what = format!("there is no log of {}, whose key was named", key.name());
            findings.push(Finding::new(Kind::Key, what));
        }
    }
    let mut keys = BTreeMap::new();
    for id in ids {
        let key = key_of(durable, &id, known, findings)?;
        keys.insert(id, key);
    }
    Ok(keys)
}

fn key_of(
    durable: &Durable,
    id: &str,
    known: &Known,
    findings: &mut Findings,
) -> Result<LogKey, VerifyError> {
    let of_log = |key: &&VerifierKey| organization_of(key.name()) == id;
    let mut given = known.keys.iter().filter(of_log);
    let there = read_key(durable, id);
    let Some(key) = given.next().cloned() else {
        return match there {
            Ok(key) => Ok(LogKey {
                key,
                was_given: false,
            }),
            Err(why) => Err(VerifyError::NoKey {
                organization_id: id.to_owned(),
                why,
            }),
        };
    };
    let others = given
        .chain(there.as_ref().ok())
        .filter(|other| **other != key);
    for other in others {
        let what = format!("the log of {id} has one key, and there are two: {key} and {other}");
        findings.push(Finding::new(Kind::Key, what).of(id));
    }
    Ok(LogKey {
        key,
        was_given: true,
    })
}

/// The verifier key of the signing key that the directory has; else why there is none.
fn read_key(durable: &Durable, id: &str) -> Result<VerifierKey, String> {
    let file = layout::key_file(id);
    let path = durable.path(&file);
    let read = || {
        if std::fs::metadata(&path)?.len() > MAX_KEY_FILE_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        std::fs::read_to_string(&path)
    };
    let shown = file.display();
    let text = read().map_err(|error| format!("{shown} could not be read: {error}"))?;
    let key = SigningKey::from_text(&text).map_err(|error| format!("{shown}: {error}"))?;
    match organization_of(key.name()) == id {
        true => Ok(key.verifier().clone()),
        false => Err(format!("{shown} is the key of {}", key.name())),
    }
}

/// Opens the checkpoints that somebody kept, each with its log's key.
pub(super) fn assign(
    keys: &BTreeMap<String, LogKey>,
    known: &Known,
    findings: &mut Findings,
) -> KeptHeads {
    let mut heads = KeptHeads::new();
    for kept in &known.kept {
        let name = &kept.name;
        let opened = keys.iter().find_map(|(id, key)| {
            let head = Checkpoint::open(&kept.note, &key.key).ok()?;
            Some((id, head))
        });
        match opened {
            Some((id, head)) => {
                let of_log = heads.entry(id.clone()).or_default();
                of_log.push((name.clone(), head));
            }
            None => findings.push(refused(keys, name, &kept.note)),
        }
    }
    heads
}

/// Why none of the keys opens a checkpoint: the log's own word where it claims to be of one.
fn refused(keys: &BTreeMap<String, LogKey>, name: &str, note: &[u8]) -> Finding {
    let origin = note.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let origin = String::from_utf8_lossy(origin);
    let of_log = keys.iter().find(|(_, key)| key.key.name() == origin);
    let Some((id, key)) = of_log else {
        let what = format!("{name} is a checkpoint of none of the logs here");
        return Finding::new(Kind::Signature, what);
    };
    let why = match Checkpoint::open(note, &key.key) {
        Ok(_) => "it was opened".to_owned(),
        Err(error) => error.to_string(),
    };
    let what = format!("{name} is no checkpoint that the log of {id} signed: {why}");
    Finding::new(Kind::Signature, what).of(id)
}
