//! Which segments there are: by the manifest, or by the folders where it is damaged.

use std::path::{Path, PathBuf};

use super::report::{Finding, Remedy, Report};
use super::segment::parse_folder;
use crate::durable::Durable;
use crate::layout;
use crate::segment::meta::{Listed, Manifest, Meta, OLDEST_VERSION, VERSION, checksum_text};
use crate::segment::sealed::{META_FILE, Segment};
use crate::wal::{self, Scan};

/// Largest `meta.json` or manifest that is read.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// The manifest that a check goes by.
pub(crate) struct Found {
    pub(crate) manifest: Manifest,
    /// It was made from the folders, as the file is damaged.
    pub(super) is_made: bool,
    /// There is none, and nothing to make one from.
    pub(crate) is_lost: bool,
}

/// Reads the manifest. Where that fails, the folders of segments that are whole stand in for it.
pub(crate) fn read(durable: &Durable, report: &mut Report) -> Found {
    let what = match read_bounded(&durable.path(layout::MANIFEST.as_ref())) {
        Ok(bytes) => match Manifest::decode(&bytes) {
            Ok(manifest) => {
                return Found {
                    manifest,
                    is_made: false,
                    is_lost: false,
                };
            }
            Err(error) => error.to_string(),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Before the first segment there is none, and the log has all rows.
            if wal_start(durable).unwrap_or_default() == 0 {
                return Found {
                    manifest: Manifest::default(),
                    is_made: false,
                    is_lost: false,
                };
            }
            "it is missing".to_owned()
        }
        Err(error) => format!("it could not be read: {error}"),
    };
    let (made, remedy, what) = match from_folders(durable) {
        Ok(manifest) => (Some(manifest), Remedy::Rebuildable, what),
        Err(why) => {
            let what = format!("{what}, and it cannot be made from the segments' folders: {why}");
            (None, Remedy::Backup, what)
        }
    };
    report
        .findings
        .push(Finding::damage(layout::MANIFEST, what, remedy));
    Found {
        is_made: made.is_some(),
        is_lost: made.is_none(),
        manifest: made.unwrap_or_default(),
    }
}

/// The position that the write-ahead log begins with.
fn wal_start(durable: &Durable) -> Option<u64> {
    let first = wal::files(durable).ok()?.first().copied()?;
    let scan = Scan::open(&durable.path(&first.path())).ok()?;
    Some(scan.header().first_position)
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.len() > MAX_FILE_BYTES {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    std::fs::read(path)
}

/// The names of the segments' folders, taken apart.
pub(super) fn folders(durable: &Durable) -> Vec<(u64, u32, u32)> {
    let names = durable.names(layout::SEGMENTS.as_ref()).unwrap_or_default();
    let parsed = names.iter().filter_map(|name| name.to_str());
    parsed.filter_map(parse_folder).collect()
}

/// Folders and files that the manifest does not name.
pub(crate) fn find_unnamed(durable: &Durable, manifest: &Manifest, report: &mut Report) {
    let named: Vec<PathBuf> = manifest.segments.iter().map(Listed::folder).collect();
    for name in durable.names(layout::SEGMENTS.as_ref()).unwrap_or_default() {
        let path = Path::new(layout::SEGMENTS).join(name);
        if path != Path::new(layout::MANIFEST) && !named.contains(&path) {
            let what = "the manifest does not name it; the next start removes it";
            report.findings.push(Finding::note(path, what));
        }
    }
}

/// A manifest of the folders whose segments are whole. They must lead without a gap from position 0
/// to where the write-ahead log goes on; else it is told what is missing.
///
/// Where rows were removed, the manifest alone tells how many these were and up to where they may be
/// missing: rows that somebody cut out would look like them. So none is made then.
fn from_folders(durable: &Durable) -> Result<Manifest, String> {
    let mut folders = folders(durable);
    // From each position on the longest, which compaction made of the others; the newest of these.
    folders
        .sort_by_key(|(first, rows, generation)| (*first, u32::MAX - rows, u32::MAX - generation));
    let mut manifest = Manifest::default();
    for (first, rows, generation) in &folders {
        manifest.next_generation = manifest.next_generation.max(generation.saturating_add(1));
        if *first != manifest.end() {
            continue;
        }
        if let Some(listed) = whole_segment(durable, (*first, *rows, *generation)) {
            if listed.events.is_some() {
                return Err(format!(
                    "rows were removed from {}, and what was removed stands in the manifest alone",
                    listed.folder().display()
                ));
            }
            manifest.segments.push(listed);
        }
    }
    let end = manifest.end();
    match wal_start(durable) {
        Some(start) if start <= end => {}
        Some(start) => {
            return Err(format!(
                "the rows from position {end} to {start} are in none that is whole, and if they were \
                 removed, only the manifest could tell"
            ));
        }
        None => {
            return Err(
                "the write-ahead log, which tells where they end, cannot be read".to_owned(),
            );
        }
    }
    // What must hold of a manifest is checked where one is read.
    let mut bytes = serde_json::to_vec(&manifest).map_err(|error| error.to_string())?;
    bytes.push(b'\n');
    let checksum = checksum_text(&bytes);
    bytes.extend_from_slice(format!("crc32c {checksum}\n").as_bytes());
    Manifest::decode(&bytes).map_err(|error| error.to_string())
}

/// A segment, if what it says of itself agrees with its folder's name and all its pieces are right.
fn whole_segment(
    durable: &Durable,
    (first_position, rows, generation): (u64, u32, u32),
) -> Option<Listed> {
    let folder = layout::segment_folder(first_position, rows, generation);
    let bytes = read_bounded(&durable.path(&folder.join(META_FILE))).ok()?;
    let meta: Meta = serde_json::from_slice(&bytes).ok()?;
    let agrees = (meta.first_position, meta.rows) == (first_position, rows)
        && (OLDEST_VERSION..=VERSION).contains(&meta.version);
    let listed = Listed {
        first_position,
        rows,
        events: meta.events,
        generation,
        meta_crc32c: checksum_text(&bytes),
        organizations: meta.organizations,
    };
    let parts = Segment::new(&durable.path(Path::new("")), listed.clone())
        .parts()
        .ok()?;
    let are_right = parts
        .files()
        .iter()
        .all(|file| file.verify(&mut |_| true).is_ok_and(|bad| bad.is_empty()));
    (agrees && are_right).then_some(listed)
}
