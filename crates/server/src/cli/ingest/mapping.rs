//! How the columns of a table become the members of events.
//!
//! A mapping comes from a TOML file, or of the names in the header ([`header`]). It must hold that a
//! mistake in it is found before anything is sent, by its name: keys that are not known, members that
//! events do not have, columns that the table does not have, a member that is set twice.

mod cell;
mod document;
mod guard;
mod header;
mod path;
mod plan;

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use cell::Rule;
use path::FieldPath;
pub(super) use plan::Plan;

use super::source::hex;

/// Most bytes of a mapping's file.
const MAX_MAPPING_BYTES: u64 = 1024 * 1024;

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum MappingError {
    /// The file cannot be read.
    #[error("the mapping cannot be read from {}: {source}; correct --mapping", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// It is no TOML.
    #[error("{}: {message}; correct the TOML", path.display())]
    NotToml { path: PathBuf, message: String },
    /// Something in it is wrong.
    #[error("{place}: {message}")]
    Wrong { place: String, message: String },
}

impl MappingError {
    fn wrong(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Wrong {
            place: place.into(),
            message: message.into(),
        }
    }
}

/// How a table is read, and what becomes of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapping {
    /// Stands between cells.
    pub(super) delimiter: Option<u8>,
    /// The names of the columns, if the table has no line for them.
    pub(super) header: Option<Vec<String>>,
    /// Whether an apostrophe that keeps a cell from being a formula is taken away.
    pub(super) unguard: bool,
    constants: Vec<(FieldPath, Value)>,
    columns: Vec<Column>,
}

/// A column and the member that it goes to.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    to: FieldPath,
    rule: Rule,
}

/// A mapping, and by what it is known again.
#[derive(Debug, Clone)]
pub(super) struct MappingFile {
    pub(super) mapping: Mapping,
    pub(super) sha256: String,
}

impl MappingFile {
    /// Reads a mapping.
    pub(super) fn read(path: &Path) -> Result<Self, MappingError> {
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_MAPPING_BYTES).read_to_string(&mut text))
            .map_err(|source| MappingError::Unreadable {
                path: path.to_owned(),
                source,
            })?;
        let mapping = document::parse(path, &text)?;
        let sha256 = hex(&Sha256::digest(&text));
        Ok(Self { mapping, sha256 })
    }
}
