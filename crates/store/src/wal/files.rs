//! Which WAL files there are, and removing those whose rows are all kept elsewhere.
//!
//! What must hold: the newest file is never removed, and what a crash leaves of the files is a run
//! without gap, whenever it comes.

use super::frame::{FILE_HEADER_BYTES, FileHeader};
use crate::durable::{Durable, DurableError};
use crate::layout;

/// The groups that have a WAL file, in order.
pub(crate) fn groups(durable: &Durable) -> Result<Vec<u64>, DurableError> {
    let mut groups = Vec::new();
    for name in durable.names(layout::WAL.as_ref())? {
        // Other names are files that a crash left unfinished.
        let group = name
            .to_str()
            .and_then(|name| name.strip_suffix(".wal"))
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .filter(|group| layout::wal_file(*group).file_name() == Some(name.as_ref()));
        groups.extend(group);
    }
    groups.sort_unstable();
    Ok(groups)
}

/// Removes each file whose rows all lie before position `through`, which must be kept elsewhere on
/// stable storage; says how many. A file's rows end where the next file begins, so the newest stays.
pub(crate) fn remove_covered(durable: &Durable, through: u64) -> Result<u32, DurableError> {
    let groups = groups(durable)?;
    let directory = layout::WAL.as_ref();
    let mut removed = 0;
    for (group, next) in groups.iter().zip(groups.iter().skip(1)) {
        if first_position(durable, *next)? > through {
            break;
        }
        if removed == 0 {
            // The file that stays may be new, and its name not durable yet.
            durable.sync_directory(directory)?;
        }
        durable.remove(&layout::wal_file(*group))?;
        // One by one: of two removals that are not durable, a power cut may keep the later alone.
        durable.sync_directory(directory)?;
        removed += 1;
    }
    Ok(removed)
}

/// The position that a group's file begins with.
fn first_position(durable: &Durable, group: u64) -> Result<u64, DurableError> {
    let path = layout::wal_file(group);
    let mut header = [0; FILE_HEADER_BYTES];
    durable.open_existing(&path)?.read_at(0, &mut header)?;
    FileHeader::decode(&header)
        .map(|header| header.first_position)
        .map_err(|error| durable.unusable(&path, error))
}
