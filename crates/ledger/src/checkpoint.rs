//! Checkpoints: the C2SP format `tlog-checkpoint`, a log's signed head.
//!
//! A published checkpoint binds the log for ever, so none is signed whose text
//! would not be read back as exactly the same checkpoint. That a checkpoint
//! extends the ones before it is for the caller to have made sure.
//!
//! What must always hold:
//!
//! - A checkpoint has exactly one text, and a text at most one checkpoint.
//! - The key's name is the log's origin, when signing and when opening.
//! - A checkpoint of size 0 has the root of the empty tree.

use std::fmt::Write as _;

use thiserror::Error;

use crate::hash::{EMPTY_ROOT, Hash, HashError};
use crate::note::{self, NoteError, SigningKey, VerifierKey};

/// A log's head: its tree's size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `<instance>/<organization id>`.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Further lines, opaque and not empty. Evident writes none, and keeps those it reads.
    pub extensions: Vec<String>,
}

/// A checkpoint that cannot be signed or trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// Fewer than three lines, an empty line, or no newline at the end.
    #[error("a checkpoint has at least three lines, none empty: fetch it again, whole")]
    Lines,
    /// The size is not a decimal number as the format wants it.
    #[error("a checkpoint's size is a decimal below 2^64 without leading zeros: ask its source")]
    Size,
    /// The root is not a hash.
    #[error("the checkpoint's root is {0}")]
    Root(#[from] HashError),
    /// Size 0 with a root that is not the empty tree's.
    #[error("a checkpoint of size 0 must have the root of the empty tree: ask its source")]
    EmptyRoot,
    /// The checkpoint is of another log than the key.
    #[error("the checkpoint is of {origin}, the key of {key}: take the log's own key")]
    Origin {
        /// The checkpoint's origin.
        origin: String,
        /// The key's name.
        key: String,
    },
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    #[must_use]
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Self {
        Self {
            origin: origin.into(),
            size,
            root,
            extensions: Vec::new(),
        }
    }

    /// The text that is signed: a line each for origin, size, root and every extension.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            self.root.to_base64()
        );
        for line in &self.extensions {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Reads a checkpoint's text. It says nothing of who wrote it: see [`Checkpoint::open`].
    ///
    /// # Errors
    /// When the text is not the one text of a checkpoint.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        if text.len() > note::MAX_NOTE_BYTES {
            return Err(NoteError::TooLong.into());
        }
        note::check_characters(text)?;
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        if lines.split('\n').any(str::is_empty) {
            return Err(CheckpointError::Lines);
        }
        let mut lines = lines.split('\n');
        let mut next = || lines.next().ok_or(CheckpointError::Lines);
        let (origin, size, root) = (next()?, next()?, next()?);
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: parse_size(size)?,
            root: Hash::from_base64(root)?,
            extensions: lines.map(str::to_owned).collect(),
        };
        if checkpoint.size == 0 && checkpoint.root != EMPTY_ROOT {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(checkpoint)
    }

    /// The checkpoint as a note signed by its log.
    ///
    /// # Errors
    /// When the key is not the origin's, or the fields do not make a checkpoint.
    pub fn sign(&self, key: &SigningKey) -> Result<String, CheckpointError> {
        self.check_origin(key.name())?;
        let text = self.to_text();
        // The fields are public: a newline in one would be a line of its own when read.
        if Self::parse(&text)? != *self {
            return Err(CheckpointError::Lines);
        }
        Ok(key.sign(&text)?)
    }

    /// Opens a signed checkpoint of the log whose key is `key`.
    ///
    /// # Errors
    /// When the note is not signed by `key`, not a checkpoint, or of another origin.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let opened = note::open(note, std::slice::from_ref(key))?;
        let checkpoint = Self::parse(opened.text)?;
        checkpoint.check_origin(key.name())?;
        Ok(checkpoint)
    }

    fn check_origin(&self, key_name: &str) -> Result<(), CheckpointError> {
        if self.origin == key_name {
            return Ok(());
        }
        Err(CheckpointError::Origin {
            origin: self.origin.clone(),
            key: key_name.to_owned(),
        })
    }
}

fn parse_size(text: &str) -> Result<u64, CheckpointError> {
    parse_number(text).ok_or(CheckpointError::Size)
}

/// A decimal number below 2^64 in its one text.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    // `u64::from_str` would take a sign and leading zeros as well.
    let is_canonical = text == "0" || !text.starts_with('0');
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_canonical && is_decimal)
}
