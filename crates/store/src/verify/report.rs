//! What a verification found, for people and for programs.
//!
//! What must hold: as many findings as are listed are the first in an order that does not depend on
//! threads, and those that are not listed are counted.

use std::fmt;
use std::path::{Path, PathBuf};

use evident_event::id::EventId;
use evident_ledger::Hash;

/// Findings that are listed. More of them are only counted.
pub const MAX_FINDINGS: usize = 100;

/// What does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An event is not the one that its leaf commits to.
    Event,
    /// Rows cannot be told apart, are no events, or are missing.
    Rows,
    /// Hashes of a log are not those of its leaves.
    Hashes,
    /// A checkpoint that the directory has does not hold.
    Checkpoint,
    /// No checkpoint covers events.
    Unsigned,
    /// A checkpoint that somebody kept was not signed by the log.
    Signature,
    /// The log is shorter than a checkpoint that somebody kept.
    Rollback,
    /// The log has another root at the size of a checkpoint that somebody kept.
    Fork,
    /// A log's key is another than the one that was named.
    Key,
    /// A salt seed is not there or not whole.
    Seed,
    /// A file could not be read, so that nothing is known of it.
    Unreadable,
}

impl Kind {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Rows => "rows",
            Self::Hashes => "hashes",
            Self::Checkpoint => "checkpoint",
            Self::Unsigned => "unsigned",
            Self::Signature => "signature",
            Self::Rollback => "rollback",
            Self::Fork => "fork",
            Self::Key => "key",
            Self::Seed => "seed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What does not.
    pub kind: Kind,
    /// The file, within the data directory.
    pub file: Option<PathBuf>,
    /// Where in the file, if that is known.
    pub byte: Option<u64>,
    /// Whose log.
    pub organization_id: Option<String>,
    /// Which leaf.
    pub index: Option<u64>,
    /// Which event.
    pub event_id: Option<EventId>,
    /// The size of the checkpoint.
    pub size: Option<u64>,
    /// The whole in words. It names what the members above do.
    pub what: String,
}

impl Finding {
    pub(super) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            file: None,
            byte: None,
            organization_id: None,
            index: None,
            event_id: None,
            size: None,
            what: what.into(),
        }
    }

    /// Of a file; the words begin with its name.
    pub(super) fn of_file(kind: Kind, file: &Path, what: impl fmt::Display) -> Self {
        Self {
            file: Some(file.to_owned()),
            ..Self::new(kind, format!("{}: {what}", file.display()))
        }
    }

    /// A file that the operating system could not read.
    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self::of_file(
            Kind::Unreadable,
            file,
            format_args!("it could not be read: {error}"),
        )
    }

    pub(super) fn at(mut self, byte: u64) -> Self {
        self.byte = Some(byte);
        self
    }

    pub(super) fn of(mut self, organization_id: &str) -> Self {
        self.organization_id = Some(organization_id.to_owned());
        self
    }

    pub(super) fn of_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Findings, of which only so many are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// The first, [`MAX_FINDINGS`] at most.
    pub listed: Vec<Finding>,
    /// How many there are beside those.
    pub more: u64,
    /// There is one that says that something is not as it was signed, beside what is unreadable.
    pub differs: bool,
}

impl Findings {
    /// Nothing was found.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.more == 0
    }

    pub(super) fn push(&mut self, finding: Finding) {
        self.differs |= finding.kind != Kind::Unreadable;
        match self.listed.len() < MAX_FINDINGS {
            true => self.listed.push(finding),
            false => self.more += 1,
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        for finding in other.listed {
            self.push(finding);
        }
        self.more += other.more;
        self.differs |= other.differs;
    }
}

/// How much was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Organizations' logs.
    pub logs: u64,
    /// Segments.
    pub segments: u64,
    /// Events that are what their leaves commit to.
    pub events: u64,
    /// Events that were removed. Their hashes are there and lead to the signed roots; of those that left a
    /// stub, the stub is what its leaf is the hash of.
    pub removed: u64,
    /// Of the events that are there, those that no signed checkpoint covers, as far as
    /// logs could be read.
    pub not_covered: u64,
    /// Published checkpoints whose signature and root hold.
    pub checkpoints: u64,
    /// Checkpoints that somebody kept, which hold.
    pub kept: u64,
    /// Bytes of events, uncompressed.
    pub bytes: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.logs += other.logs;
        self.segments += other.segments;
        self.events += other.events;
        self.removed += other.removed;
        self.not_covered += other.not_covered;
        self.checkpoints += other.checkpoints;
        self.kept += other.kept;
        self.bytes += other.bytes;
    }
}

/// One log, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLog {
    /// Whose.
    pub organization_id: String,
    /// The verifier key that its checkpoints were verified with.
    pub verifier_key: String,
    /// The key was named by the caller, not found in the directory.
    pub key_was_given: bool,
    /// How many events it has, covered or not.
    pub events: u64,
    /// How many of its events were removed.
    pub removed: u64,
    /// Size and root of its newest published checkpoint, if there is one that can be read.
    pub head: Option<(u64, Hash)>,
    /// How many checkpoints of it hold.
    pub checkpoints: u64,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What does not hold.
    pub findings: Findings,
    /// What is no fault, and worth knowing.
    pub notes: Vec<String>,
    /// The logs, by organization.
    pub logs: Vec<VerifiedLog>,
    /// How much was verified.
    pub counts: Counts,
}
