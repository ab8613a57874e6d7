//! A small file in which a command remembers something from one run to the next.
//!
//! What must always hold:
//!
//! - it is replaced as a whole, so that a kill at any moment leaves the one or the other;
//! - one command at a time has it;
//! - no more of it is read than it can rightly have.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use evident_store::durable::{Durable, DurableError, FileMode, Lock};
use serde::Serialize;

/// Why such a file, which --state names, cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeptError {
    /// The path names no file.
    #[error("{} names no file: give --state a path such as ./evident.state", .0.display())]
    NoFile(PathBuf),
    /// Another command has it.
    #[error("{} is in use by another {command}: wait for it, or give each its own --state", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// What both of them are.
        command: &'static str,
    },
    /// It cannot be read, or what is to be kept is no JSON.
    #[error("the state cannot be read from {}: {source}; correct --state", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("{0}; name another place by --state")]
    Unwritten(#[from] DurableError),
}

/// The file. Nobody else has it until this is dropped.
pub(super) struct KeptFile {
    /// As it was given.
    path: PathBuf,
    directory: Durable,
    name: PathBuf,
    _lock: Lock,
}

impl KeptFile {
    /// Takes the file, which need not be there yet, for this command.
    pub(super) fn open(path: &Path, command: &'static str) -> Result<Self, KeptError> {
        let (directory, name) = place(path).ok_or_else(|| KeptError::NoFile(path.to_owned()))?;
        let directory = Durable::open(directory, None)?;
        let lock = directory.lock(&suffixed(&name, ".lock"))?;
        let lock = lock.ok_or_else(|| KeptError::InUse {
            path: path.to_owned(),
            command,
        })?;
        Ok(Self {
            path: path.to_owned(),
            directory,
            name,
            _lock: lock,
        })
    }

    /// Where it is, as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that it is in.
    pub(super) fn directory(&self) -> &Durable {
        &self.directory
    }

    /// The name of another file beside it, in that directory.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        suffixed(&self.name, suffix)
    }

    /// What it holds, up to so many bytes; nothing if it is not there.
    pub(super) fn read(&self, most_bytes: u64) -> Result<Option<String>, KeptError> {
        let mut text = String::new();
        let read =
            File::open(&self.path).and_then(|file| file.take(most_bytes).read_to_string(&mut text));
        match read {
            Ok(_) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    fn unreadable(&self, source: io::Error) -> KeptError {
        let path = self.path.clone();
        KeptError::Unreadable { path, source }
    }

    /// Keeps this as JSON from now on.
    pub(super) fn save(&self, what: &impl Serialize) -> Result<(), KeptError> {
        let text = serde_json::to_vec_pretty(what);
        let mut text = text.map_err(|error| self.unreadable(error.into()))?;
        text.push(b'\n');
        let ordinary = FileMode::Ordinary;
        Ok(self.directory.replace(&self.name, &text, ordinary)?)
    }
}

/// The directory of a file, and its name there.
pub(super) fn place(path: &Path) -> Option<(&Path, PathBuf)> {
    let name = path.file_name()?;
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    Some((directory.unwrap_or(Path::new(".")), PathBuf::from(name)))
}

/// A path with something behind its name.
pub(super) fn suffixed(name: &Path, suffix: &str) -> PathBuf {
    let mut name = name.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
