//! Reading the WAL in recovery: what lies behind the base takes effect, what lies before it has had
//! its effect and is only checked.
//!
//! What must hold: the files follow each other without gap, the first begins at or before the base
//! and the last ends at or behind it; so do the indexes of every organization. Every frame's
//! checksums are checked, also before the base.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::durable::{Durable, DurableError};
use crate::layout;
use crate::logs::LogError;
use crate::state::{AppliedFrame, Base, Row, State};
use crate::wal::{
    self, Damage, End, FileHeader, FileName, Frame, Scan, ScanError, Stored, WalFile,
};

/// Why the WAL was not read to its end.
pub(crate) enum ReplayError {
    Damage(Damage),
    Log(LogError),
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    Durable(DurableError),
}

impl From<ScanError> for ReplayError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Damage(damage) => Self::Damage(damage),
            ScanError::Io { path, source } => Self::Io { path, source },
        }
    }
}

/// The newest file.
pub(crate) struct Newest {
    pub(crate) name: FileName,
    pub(crate) header: FileHeader,
    /// Where its frames end.
    pub(crate) end: End,
}

/// Gives every row behind the base its effect; the newest file, if there is one.
pub(crate) fn replay(
    durable: &Durable,
    state: &mut State,
    base: &Base,
) -> Result<Option<Newest>, ReplayError> {
    let files = wal::files(durable).map_err(ReplayError::Durable)?;
    let mut replay = Replay {
        state,
        base,
        position: None,
        passed: HashMap::new(),
    };
    let mut newest = None;
    for (number, name) in files.iter().copied().enumerate() {
        let scan = Scan::open(&durable.path(&name.path()))?;
        let header = scan.header();
        replay
            .begin(name, header)
            .map_err(|what| ReplayError::Damage(scan.damage(0, what)))?;
        let (file, is_newest) = (scan.file(), number + 1 == files.len());
        let end = scan.frames(is_newest, |frame, offset| {
            replay.frame(frame, offset, &file)
        })?;
        replay.state.logs.compare_levels();
        newest = Some((Newest { name, header, end }, file));
    }
    let (path, offset) = match &newest {
        Some((newest, file)) => (file.path.clone(), newest.end.at),
        None => (durable.path(layout::WAL.as_ref()), 0),
    };
    replay
        .end()
        .map_err(|what| ReplayError::Damage(Damage { path, offset, what }))?;
    Ok(newest.map(|(newest, _)| newest))
}

/// Where the reading has got to.
struct Replay<'a> {
    state: &'a mut State,
    base: &'a Base,
    /// The position that follows, once a file was begun.
    position: Option<u64>,
    /// By organization: the index that follows its rows that were passed over.
    passed: HashMap<Arc<str>, u64>,
}

impl Replay<'_> {
    /// Checks that a file follows the one before it.
    fn begin(&mut self, name: FileName, header: FileHeader) -> Result<(), String> {
        let (first, base) = (header.first_position, self.base.next_position);
        name.check(&header)?;
        match self.position {
            Some(expected) if first != expected => Err(format!(
                "it begins with position {first}, and {expected} was to follow"
            )),
            None if first > base => Err(format!(
                "it begins with position {first}, and the rows from position {base} on are nowhere"
            )),
            _ => {
                self.position = Some(first);
                Ok(())
            }
        }
    }

    /// Checks that nothing is missing behind the last frame.
    fn end(&self) -> Result<(), String> {
        let base = self.base.next_position;
        match self.position {
            None if base > 0 => Err(
                "there is no WAL file, and the newest is never removed; restore it from a backup"
                    .to_owned(),
            ),
            Some(end) if end < base => Err(format!(
                "the WAL ends before position {end}, and segments have the rows up to {base}"
            )),
            _ => self.check_passed(),
        }
    }

    /// Gives a frame its effect, as far as it lies behind the base.
    fn frame(&mut self, frame: &Frame<'_>, offset: u64, file: &Arc<WalFile>) -> Result<(), String> {
        let expected = self.position.unwrap_or_default();
        if frame.first_position != expected {
            return Err(format!(
                "the frame's first position is {}, and {expected} was to follow",
                frame.first_position
            ));
        }
        let rows = frame.rows.len() as u64;
        let end = expected.saturating_add(rows);
        let covered = self.base.next_position.saturating_sub(expected).min(rows);
        if covered > 0 {
            self.pass(frame, covered)?;
        }
        if covered < rows {
            if expected <= self.base.next_position {
                self.check_passed()?;
            }
            let frame = behind(frame, covered, offset, file);
            self.state.apply(frame).map_err(|error| error.to_string())?;
        }
        self.position = Some(end);
        Ok(())
    }

    /// Passes over the first rows of a frame, which the base has.
    fn pass(&mut self, frame: &Frame<'_>, rows: u64) -> Result<(), String> {
        let (organization_id, first) = (frame.organization_id, frame.first_index);
        let expected = self.passed.get(organization_id).copied().unwrap_or(first);
        let end = first.saturating_add(rows);
        let known = self.base_index(organization_id);
        if first != expected || end > known {
            return Err(format!(
                "the frame has the indexes from {first} up to {end} of {organization_id}, where \
                 {expected} was to follow and segments have those up to {known}"
            ));
        }
        self.passed.insert(organization_id.into(), end);
        Ok(())
    }

    /// Once the base is reached, what was passed over must end where the base does.
    fn check_passed(&self) -> Result<(), String> {
        for (organization_id, passed) in &self.passed {
            let known = self.base_index(organization_id);
            if *passed != known {
                return Err(format!(
                    "before position {} the WAL has the indexes of {organization_id} up to \
                     {passed}, and segments have those up to {known}",
                    self.base.next_position
                ));
            }
        }
        Ok(())
    }

    fn base_index(&self, organization_id: &str) -> u64 {
        let known = self.base.next_indexes.get(organization_id);
        known.copied().unwrap_or_default()
    }
}

/// The rows of a frame but the first `covered`.
fn behind(frame: &Frame<'_>, covered: u64, offset: u64, file: &Arc<WalFile>) -> AppliedFrame {
    let rows = frame.rows.iter();
    let rows = rows.skip(usize::try_from(covered).unwrap_or(usize::MAX));
    let rows = rows.map(|found| Row {
        id: found.row.id,
        received_at: found.row.received_at,
        occurred_at: found.row.occurred_at,
        canonical: Bytes::copy_from_slice(found.row.canonical),
        stored_at: Stored::new(
            file,
            offset + found.canonical_offset as u64,
            found.row.canonical,
        ),
    });
    AppliedFrame {
        organization_id: frame.organization_id.into(),
        first_position: frame.first_position.saturating_add(covered),
        first_index: frame.first_index.saturating_add(covered),
        rows: rows.collect(),
    }
}
