//! Which WAL files there are, and removing those whose rows are all kept elsewhere.
//!
//! What must hold: the names are in the order of the files' first positions; the newest file is never
//! removed, and what a crash leaves of the files is a run without gap, whenever it comes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::frame::{FILE_HEADER_BYTES, FileHeader};
use super::group_of;
use crate::durable::{Durable, DurableError};
use crate::layout;

/// What a file ends with.
const SUFFIX: &str = ".wal";
/// What follows its name until it is whole.
const UNFINISHED: &str = ".new";

/// A file's name. Names are ordered as the first positions of their files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileName {
    group: u64,
    /// Where the file begins, if another one of its group came before it. The first file of a group
    /// begins where the last frame of the group before it ends, which its name does not say.
    begins_at: Option<u64>,
}

impl FileName {
    /// The name of a group's first file.
    pub(crate) const fn first_of(group: u64) -> Self {
        Self {
            group,
            begins_at: None,
        }
    }

    /// The name of the file that begins with a position, behind the newest there is.
    pub(crate) fn behind(newest: Option<Self>, first_position: u64) -> Self {
        let group = group_of(first_position);
        let is_further = newest.is_some_and(|newest| newest.group == group);
        Self {
            group,
            begins_at: is_further.then_some(first_position),
        }
    }

    /// Other names are of files that a crash left unfinished.
    fn parse(name: &OsStr) -> Option<Self> {
        let number = |digits| u64::from_str_radix(digits, 16).ok();
        let stem = name.to_str()?.strip_suffix(SUFFIX)?;
        let parsed = match stem.split_once('-') {
            None => Self::first_of(number(stem)?),
            Some((group, begins_at)) => Self {
                group: number(group)?,
                begins_at: Some(number(begins_at)?),
            },
        };
        let is_written_so = parsed.path().file_name() == Some(name);
        let is_in_group = |begins_at| group_of(begins_at) == parsed.group;
        (is_written_so && parsed.begins_at.is_none_or(is_in_group)).then_some(parsed)
    }

    /// Where the file is.
    pub(crate) fn path(self) -> PathBuf {
        match self.begins_at {
            None => layout::wal_file(self.group),
            Some(begins_at) => layout::further_wal_file(self.group, begins_at),
        }
    }

    /// Whether the file says of itself what its name says; else what differs.
    pub(crate) fn check(self, header: &FileHeader) -> Result<(), String> {
        let (group, first) = (header.group, header.first_position);
        if group != self.group {
            return Err(format!("it is the file of group {group}"));
        }
        match self.begins_at {
            Some(begins_at) if begins_at != first => Err(format!(
                "it begins with position {first}, and its name says {begins_at}"
            )),
            _ => Ok(()),
        }
    }
}

/// The files that there are, in the order of their first positions.
pub(crate) fn files(durable: &Durable) -> Result<Vec<FileName>, DurableError> {
    let names = durable.names(layout::WAL.as_ref())?;
    let parsed = names.iter().filter_map(|name| FileName::parse(name));
    let mut files: Vec<FileName> = parsed.collect();
    files.sort_unstable();
    Ok(files)
}

/// Removes each file whose rows all lie before position `through`, which must be kept elsewhere on
/// stable storage; says how many. A file's rows end where the next file begins, so the newest stays.
pub(crate) fn remove_covered(durable: &Durable, through: u64) -> Result<u32, DurableError> {
    let files = files(durable)?;
    let directory = layout::WAL.as_ref();
    let mut removed = 0;
    for (file, next) in files.iter().zip(files.iter().skip(1)) {
        if first_position(durable, *next)? > through {
            break;
        }
        if removed == 0 {
            // The file that stays may be new, and its name not durable yet.
            durable.sync_directory(directory)?;
        }
        durable.remove(&file.path())?;
        // One by one: of two removals that are not durable, a power cut may keep the later alone.
        durable.sync_directory(directory)?;
        removed += 1;
    }
    Ok(removed)
}

/// The position of the oldest row that a file may hold; none if there are no files.
pub(crate) fn oldest_position(durable: &Durable) -> Result<Option<u64>, DurableError> {
    let oldest = files(durable)?.into_iter().next();
    oldest.map(|file| first_position(durable, file)).transpose()
}

/// Removes what a crash, or a disk that was full, left of files that were to be begun. Nobody may be
/// beginning one.
pub(crate) fn remove_unfinished(durable: &Durable) -> Result<(), DurableError> {
    for name in durable.names(layout::WAL.as_ref())? {
        let begun = name.to_str().and_then(|name| name.strip_suffix(UNFINISHED));
        if begun.is_some_and(|name| FileName::parse(name.as_ref()).is_some()) {
            durable.remove(&Path::new(layout::WAL).join(name))?;
        }
    }
    Ok(())
}

/// The position that a file begins with.
fn first_position(durable: &Durable, file: FileName) -> Result<u64, DurableError> {
    let path = file.path();
    let mut header = [0; FILE_HEADER_BYTES];
    durable.open_existing(&path)?.read_at(0, &mut header)?;
    FileHeader::decode(&header)
        .map(|header| header.first_position)
        .map_err(|error| durable.unusable(&path, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::wal::GROUP_POSITIONS;

    fn header(first_position: u64) -> FileHeader {
        FileHeader {
            group: group_of(first_position),
            first_position,
            mark: [1; 8],
        }
    }

    #[test]
    fn names_are_read_as_they_were_written_and_lie_in_the_order_of_positions() {
        let mut newest = None;
        let mut names = Vec::new();
        let late = 40 * GROUP_POSITIONS;
        // The second group's first file begins in the middle of it: a frame went over its beginning.
        for first in [0, 10, 16, 65_535, 70_000, 70_001, 131_071, late, late + 9] {
            let name = FileName::behind(newest, first);
            let path = name.path();
            assert_eq!(FileName::parse(path.file_name().unwrap()), Some(name));
            assert_eq!(name.check(&header(first)), Ok(()));
            names.push(name);
            newest = Some(name);
        }
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        let shown = |name: &FileName| name.path().display().to_string();
        assert_eq!(shown(&names[0]), "wal/0000000000000000.wal");
        assert_eq!(
            shown(&names[1]),
            "wal/0000000000000000-000000000000000a.wal"
        );
        assert_eq!(shown(&names[4]), "wal/0000000000000001.wal");
        assert_eq!(
            shown(&names[5]),
            "wal/0000000000000001-0000000000011171.wal"
        );
    }

    #[test]
    fn names_that_none_was_written_by_are_not_read() {
        for name in [
            "0000000000000000.wal.new",
            "0000000000000000-000000000000000a.wal.new",
            "0.wal",
            "+000000000000000.wal",
            "000000000000000A.wal",
            "0000000000000000-a.wal",
            "0000000000000000-.wal",
            "0000000000000000-000000000000000a-.wal",
            // A position of another group.
            "0000000000000000-0000000000010000.wal",
            "0000000000000001-000000000000000a.wal",
        ] {
            assert_eq!(FileName::parse(name.as_ref()), None, "{name}");
        }
    }

    #[test]
    fn a_header_that_says_another_thing_than_the_name_does_not_pass() {
        let first = FileName::first_of(1);
        let further = FileName::behind(Some(first), 70_000);
        assert_eq!(first.check(&header(70_000)), Ok(()));
        assert_eq!(further.check(&header(70_000)), Ok(()));
        assert!(first.check(&header(10)).unwrap_err().contains("group 0"));
        let told = further.check(&header(70_001)).unwrap_err();
        assert!(told.contains("position 70001") && told.contains("says 70000"));
    }
}
