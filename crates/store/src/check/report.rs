//! What a check found, for people and for programs.

use std::fmt;
use std::path::PathBuf;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong: a crash or a removal left something that the next start clears away.
    Note,
    /// Bytes are not what they must be.
    Damage,
}

/// What to do about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// `--rebuild` makes it anew from the events.
    Rebuildable,
    /// It has to come from a backup.
    Backup,
    /// Nothing has to be done.
    Nothing,
}

impl Severity {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Damage => "damage",
        }
    }
}

impl Remedy {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rebuildable => "rebuild",
            Self::Backup => "backup",
            Self::Nothing => "nothing",
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rebuildable => "run `evident check --rebuild`, which makes it anew",
            Self::Backup => "restore it from a backup",
            Self::Nothing => "nothing has to be done",
        })
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file or folder, within the data directory.
    pub file: PathBuf,
    /// Where in the file it begins, if that is known.
    pub offset: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: Remedy,
}

impl Finding {
    pub(crate) fn damage(
        file: impl Into<PathBuf>,
        what: impl Into<String>,
        remedy: Remedy,
    ) -> Self {
        Self {
            severity: Severity::Damage,
            file: file.into(),
            offset: None,
            what: what.into(),
            remedy,
        }
    }

    pub(crate) fn note(file: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            remedy: Remedy::Nothing,
            ..Self::damage(file, what, Remedy::Nothing)
        }
    }

    pub(crate) fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file, what, remedy, ..
        } = self;
        let kind = self.severity.name();
        match self.offset {
            Some(offset) => write!(
                f,
                "{kind}: {} at byte {offset}: {what}; {remedy}",
                file.display()
            ),
            None => write!(f, "{kind}: {}: {what}; {remedy}", file.display()),
        }
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Segments.
    pub segments: u64,
    /// Rows of segments and of the write-ahead log behind them, those that were removed not counted.
    pub rows: u64,
    /// Rows that were removed, whether they left a stub or nothing.
    pub removed: u64,
    /// Bytes of segments and of the write-ahead log.
    pub bytes: u64,
    /// Leaves that were computed from their events, or from what was left of them, and compared.
    pub leaves: u64,
    /// Organizations whose log was compared with its checkpoint.
    pub logs: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.segments += other.segments;
        self.rows += other.rows;
        self.removed += other.removed;
        self.bytes += other.bytes;
        self.leaves += other.leaves;
        self.logs += other.logs;
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// By file, and in it by byte.
    pub findings: Vec<Finding>,
    /// How much was looked at.
    pub counts: Counts,
}

impl Report {
    /// Nothing is damaged. There may be notes.
    pub fn is_clean(&self) -> bool {
        self.damage().next().is_none()
    }

    /// What is damaged.
    pub fn damage(&self) -> impl Iterator<Item = &Finding> {
        let is_damage = |finding: &&Finding| finding.severity == Severity::Damage;
        self.findings.iter().filter(is_damage)
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.counts.add(other.counts);
    }

    pub(crate) fn sort(&mut self) {
        self.findings
            .sort_by(|a, b| (&a.file, a.offset, &a.what).cmp(&(&b.file, b.offset, &b.what)));
        // A piece that is bad is met again by whoever reads what is in it.
        let place = |finding: &Finding| (finding.file.clone(), finding.offset, finding.remedy);
        self.findings
            .dedup_by(|b, a| a == b || a.offset.is_some() && place(a) == place(b));
    }
}

/// How far a check or a rebuild has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Bytes that were read.
    pub done_bytes: u64,
    /// Bytes that are to be read.
    pub total_bytes: u64,
}
