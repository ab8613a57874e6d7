//! Proofs as text, for files and for others' tools: the C2SP format `tlog-proof`, and for consistency
//! the body that `tlog-witness` takes. Both carry the signed checkpoint that they lead to, verbatim.
//!
//! What must always hold:
//!
//! - A proof has exactly one text, and a text at most one proof.
//! - Nothing is trusted for being read: the checkpoint is opened with a key that the caller brings,
//!   and the hashes must lead to its root. `extra` is under no signature at all.
//! - Reading is bounded by [`MAX_PROOF_TEXT_BYTES`].

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError, parse_number};
use crate::hash::Hash;
use crate::note::{MAX_NOTE_BYTES, VerifierKey};
use crate::proof::{MAX_PROOF_HASHES, ProofError, verify_consistency, verify_inclusion};

/// Most bytes of data that is put beside a proof.
pub const MAX_EXTRA_BYTES: usize = 64 * 1024;
/// Most bytes of a proof's text: the checkpoint's, the extra data in base64, and the lines.
pub const MAX_PROOF_TEXT_BYTES: usize = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES;

/// The first line of a `tlog-proof`.
pub const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";
const EXTRA_PREFIX: &str = "extra ";
const INDEX_PREFIX: &str = "index ";
const OLD_PREFIX: &str = "old ";

/// That an entry is in a log: the C2SP format `tlog-proof`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// What an application puts beside it. Nobody has signed it.
    pub extra: Option<Vec<u8>>,
    /// The number of the leaf.
    pub index: u64,
    /// From the leaf's sibling up to the root's child.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint that it leads to.
    pub checkpoint: String,
}

/// That a log extends an older state of itself: a request's body of the C2SP format `tlog-witness`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The size of the older tree.
    pub old_size: u64,
    /// As RFC 6962, section 2.1.2, orders them.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint that it leads to.
    pub checkpoint: String,
}

/// A proof's text that cannot be read, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofTextError {
    /// Over [`MAX_PROOF_TEXT_BYTES`].
    #[error("the proof is too long: at most {MAX_PROOF_TEXT_BYTES} bytes are read")]
    TooLong,
    /// Not UTF-8.
    #[error("the proof is not UTF-8: fetch it again as it is")]
    Characters,
    /// A line that is not what stands there; counted from 1.
    #[error("line {line} of the proof is not {expected}: fetch the proof again, whole")]
    Line {
        /// The line's number.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// More hashes than a proof can have.
    #[error("a proof has at most {MAX_PROOF_HASHES} hashes: fetch it again as it is")]
    TooManyHashes,
    /// Its checkpoint.
    #[error("the checkpoint of the proof does not hold: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Its hashes.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// It begins at another size than the older checkpoint has.
    #[error(
        "the proof begins at size {proof} and the older checkpoint has {checkpoint}: ask for the proof from there"
    )]
    OldSize {
        /// Where the proof begins.
        proof: u64,
        /// The older checkpoint's size.
        checkpoint: u64,
    },
}

impl InclusionProof {
    /// The proof's one text. One with more hashes or extra data than there may be is not read again.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{PROOF_HEADER}\n");
        if let Some(extra) = &self.extra {
            push_line(
                &mut text,
                format_args!("{EXTRA_PREFIX}{}", STANDARD.encode(extra)),
            );
        }
        push_line(&mut text, format_args!("{INDEX_PREFIX}{}", self.index));
        push_end(&mut text, &self.hashes, &self.checkpoint);
        text
    }

    /// Reads a proof. Nothing of it is believed yet: see [`InclusionProof::verify`].
    ///
    /// # Errors
    /// When the text is not the one text of a proof.
    pub fn parse(text: &[u8]) -> Result<Self, ProofTextError> {
        let mut lines = Lines::new(text)?;
        let header = "\"c2sp.org/tlog-proof@v1\"";
        lines.next(header, |line| (line == PROOF_HEADER).then_some(()))?;
        let extra = lines.next_if_prefixed(
            EXTRA_PREFIX,
            "extra data in base64, at most 64 KiB of it",
            parse_extra,
        )?;
        let index = lines.next("\"index \" and a number", |line| {
            parse_number(line.strip_prefix(INDEX_PREFIX)?)
        })?;
        let (hashes, checkpoint) = lines.end()?;
        Ok(Self {
            extra,
            index,
            hashes,
            checkpoint,
        })
    }

    /// Checks that `leaf` is in the log whose key is `key`: the log's signature, and the way from the
    /// leaf to the signed root. Gives back the checkpoint that it is under.
    ///
    /// # Errors
    /// When the checkpoint is not that log's, or the leaf is not shown to be under it.
    pub fn verify(&self, leaf: Hash, key: &VerifierKey) -> Result<Checkpoint, ProofTextError> {
        let head = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        verify_inclusion(leaf, self.index, head.size, head.root, &self.hashes)?;
        Ok(head)
    }
}

impl ConsistencyProof {
    /// The proof's one text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{OLD_PREFIX}{}\n", self.old_size);
        push_end(&mut text, &self.hashes, &self.checkpoint);
        text
    }

    /// Reads a proof. Nothing of it is believed yet: see [`ConsistencyProof::verify`].
    ///
    /// # Errors
    /// When the text is not the one text of a proof.
    pub fn parse(text: &[u8]) -> Result<Self, ProofTextError> {
        let mut lines = Lines::new(text)?;
        let old_size = lines.next("\"old \" and a number", |line| {
            parse_number(line.strip_prefix(OLD_PREFIX)?)
        })?;
        let (hashes, checkpoint) = lines.end()?;
        Ok(Self {
            old_size,
            hashes,
            checkpoint,
        })
    }

    /// Checks that the log whose key is `key` extends `old`, a checkpoint that was opened before.
    /// Gives back the newer checkpoint.
    ///
    /// # Errors
    /// When the newer checkpoint is not that log's, or is not shown to extend the older one.
    pub fn verify(
        &self,
        old: &Checkpoint,
        key: &VerifierKey,
    ) -> Result<Checkpoint, ProofTextError> {
        let new = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        if old.origin != new.origin {
            return Err(CheckpointError::Origin {
                origin: old.origin.clone(),
                key: new.origin,
            }
            .into());
        }
        if old.size != self.old_size {
            return Err(ProofTextError::OldSize {
                proof: self.old_size,
                checkpoint: old.size,
            });
        }
        verify_consistency((old.size, old.root), (new.size, new.root), &self.hashes)?;
        Ok(new)
    }
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

/// The hashes, an empty line, and the checkpoint.
fn push_end(text: &mut String, hashes: &[Hash], checkpoint: &str) {
    for hash in hashes {
        push_line(text, format_args!("{}", hash.to_base64()));
    }
    text.push('\n');
    text.push_str(checkpoint);
}

fn parse_extra(text: &str) -> Option<Vec<u8>> {
    let extra = STANDARD.decode(text).ok()?;
    (extra.len() <= MAX_EXTRA_BYTES).then_some(extra)
}

/// A proof's lines, counted. Each must end in a newline.
struct Lines<'t> {
    rest: &'t str,
    /// The number of the line that comes next.
    line: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t [u8]) -> Result<Self, ProofTextError> {
        if text.len() > MAX_PROOF_TEXT_BYTES {
            return Err(ProofTextError::TooLong);
        }
        let rest = std::str::from_utf8(text).map_err(|_| ProofTextError::Characters)?;
        Ok(Self { rest, line: 1 })
    }

    /// The next line, as `read` understands it.
    fn next<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Result<T, ProofTextError> {
        let line = self.line;
        let refused = ProofTextError::Line { line, expected };
        let (text, rest) = self.rest.split_once('\n').ok_or(refused.clone())?;
        let read = read(text).ok_or(refused)?;
        (self.rest, self.line) = (rest, line + 1);
        Ok(read)
    }

    /// The next line if it has a prefix, as `read` understands what follows that.
    fn next_if_prefixed<T>(
        &mut self,
        prefix: &str,
        expected: &'static str,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Result<Option<T>, ProofTextError> {
        if !self.rest.starts_with(prefix) {
            return Ok(None);
        }
        self.next(expected, |line| read(line.strip_prefix(prefix)?))
            .map(Some)
    }

    /// The hashes up to the empty line, and the checkpoint behind it.
    fn end(mut self) -> Result<(Vec<Hash>, String), ProofTextError> {
        let mut hashes = Vec::new();
        loop {
            let hash = self.next("a hash in base64, or empty", |line| match line {
                "" => Some(None),
                line => Hash::from_base64(line).ok().map(Some),
            })?;
            let Some(hash) = hash else {
                return Ok((hashes, self.rest.to_owned()));
            };
            if hashes.len() == MAX_PROOF_HASHES {
                return Err(ProofTextError::TooManyHashes);
            }
            hashes.push(hash);
        }
    }
}
