//! A segment that is open for reading.
//!
//! What must hold: nothing is believed before its checksum was compared; what is damaged fails those
//! who need it and nobody else; opening one reads nothing, so that a store of many starts at once.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use roaring::RoaringBitmap;

use super::checked::{CheckedFile, Section, decode_checksums};
use super::dictionary::Dictionary;
use super::error::SegmentError;
use super::filter::Filter;
use super::ids::Ids;
use super::meta::{Listed, Meta, OLDEST_VERSION, VERSION, checksum_text};
use super::packed::Packed;
use super::rows::Rows;
use super::source::Source;

/// Largest `meta.json` that is read: some 100 bytes for each of 1,048,576 organizations.
const MAX_META_BYTES: u64 = 256 << 20;

/// The names of the files in a segment's folder.
pub(crate) const ROWS_FILE: &str = "rows.ndjson.zst";
/// See [`ROWS_FILE`].
pub(crate) const INDEX_FILE: &str = "index";
/// See [`ROWS_FILE`].
pub(crate) const META_FILE: &str = "meta.json";

/// The sections of the index, in their order.
pub(crate) const SECTIONS: [&str; 10] = [
    "postings",
    "terms",
    "term_blocks",
    "times",
    "places",
    "frames",
    "ids",
    "filter",
    "hashes",
    "checksums",
];

/// A segment.
pub(crate) struct Segment {
    listed: Listed,
    folder: PathBuf,
    parts: Mutex<Option<Arc<Parts>>>,
    filter: Mutex<Option<Arc<Filter>>>,
    /// The ranks below a place, for the last place that was asked for.
    below: Mutex<Option<(u32, Arc<RoaringBitmap>)>>,
}

/// The parts of a segment.
pub(crate) struct Parts {
    pub(crate) meta: Meta,
    pub(crate) dictionary: Dictionary<Section>,
    pub(crate) times: Packed<Section>,
    pub(crate) places: Packed<Section>,
    pub(crate) rows: Rows<Section>,
    pub(crate) ids: Ids<Section>,
    index: Arc<CheckedFile>,
    rows_file: Arc<CheckedFile>,
}

impl Parts {
    /// A section of the index.
    pub(crate) fn section(&self, name: &'static str) -> Result<Section, SegmentError> {
        section(&self.meta, &self.index, name)
    }

    /// The files that have checksums.
    pub(crate) fn files(&self) -> [&Arc<CheckedFile>; 2] {
        [&self.index, &self.rows_file]
    }
}

impl Segment {
    /// The segment that the manifest names, in a data directory.
    pub(crate) fn new(data: &Path, listed: Listed) -> Self {
        Self {
            folder: data.join(listed.folder()),
            listed,
            parts: Mutex::default(),
            filter: Mutex::default(),
            below: Mutex::default(),
        }
    }

    /// What the manifest says of it.
    pub(crate) fn listed(&self) -> &Listed {
        &self.listed
    }

    /// How many places it has.
    pub(crate) fn row_count(&self) -> u32 {
        self.listed.rows
    }

    /// The organization's ordinal, if it has rows here.
    pub(crate) fn ordinal(&self, organization_id: &str) -> Option<u32> {
        let organizations = &self.listed.organizations;
        let found = organizations.binary_search_by(|rows| rows.id.as_str().cmp(organization_id));
        found.ok().map(|ordinal| ordinal as u32)
    }

    /// Its parts, opened if they are not. An error is found again by whoever asks next.
    pub(crate) fn parts(&self) -> Result<Arc<Parts>, SegmentError> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        match &*parts {
            Some(parts) => Ok(Arc::clone(parts)),
            None => {
                let opened = Arc::new(open(&self.folder, &self.listed)?);
                *parts = Some(Arc::clone(&opened));
                Ok(opened)
            }
        }
    }

    /// Whether it may have rows of a time: no only if what it says of itself can be read and rules it
    /// out. For segments that cannot be opened.
    pub(crate) fn may_be_during(&self, micros: &Range<i64>) -> bool {
        let meta = read_meta(&self.folder, &self.listed);
        meta.map_or(true, |meta| {
            meta.last_occurred_at >= micros.start && meta.first_occurred_at < micros.end
        })
    }

    /// Which event ids there are, with false alarms.
    pub(crate) fn filter(&self) -> Result<Arc<Filter>, SegmentError> {
        let mut filter = self.filter.lock().unwrap_or_else(PoisonError::into_inner);
        match &*filter {
            Some(filter) => Ok(Arc::clone(filter)),
            None => {
                let bytes = read_all(&self.parts()?.section("filter")?)?;
                let opened = Arc::new(Filter::open(&bytes)?);
                *filter = Some(Arc::clone(&opened));
                Ok(opened)
            }
        }
    }

    /// The ranks of the rows whose place is below this one.
    pub(crate) fn ranks_below(&self, place: u32) -> Result<Arc<RoaringBitmap>, SegmentError> {
        let mut below = self.below.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, ranks)) = &*below
            && *known == place
        {
            return Ok(Arc::clone(ranks));
        }
        let ranks = Arc::new(self.ranks_where(|at| at < place)?);
        *below = Some((place, Arc::clone(&ranks)));
        Ok(ranks)
    }

    /// The ranks of the rows whose place is as wanted.
    pub(crate) fn ranks_where(
        &self,
        wanted: impl Fn(u32) -> bool,
    ) -> Result<RoaringBitmap, SegmentError> {
        let mut places = Vec::new();
        self.parts()?
            .places
            .read_into(0..self.listed.events(), &mut places)?;
        let ranks = (0..).zip(&places);
        let wanted = ranks.filter(|(_, place)| u32::try_from(**place).is_ok_and(&wanted));
        Ok(wanted.map(|(rank, _)| rank).collect())
    }
}

/// All bytes of a section.
pub(crate) fn read_all(section: &Section) -> Result<Vec<u8>, SegmentError> {
    let mut bytes = Vec::new();
    let length = usize::try_from(section.length())
        .map_err(|_| SegmentError::malformed("index", "a section is longer than memory"))?;
    section.read(0, length, &mut bytes)?;
    Ok(bytes)
}

/// Reads what a segment says of itself, and holds it to what the manifest says.
pub(crate) fn read_meta(folder: &Path, listed: &Listed) -> Result<Meta, SegmentError> {
    let path = folder.join(META_FILE);
    let damaged = |what: String| SegmentError::Damaged {
        path: path.clone(),
        offset: 0,
        what,
    };
    let read = || {
        if std::fs::metadata(&path)?.len() > MAX_META_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        std::fs::read(&path)
    };
    let bytes = read().map_err(|source| SegmentError::Io {
        path: path.clone(),
        source,
    })?;
    if checksum_text(&bytes) != listed.meta_crc32c {
        return Err(damaged(
            "it is not the file that the manifest names".to_owned(),
        ));
    }
    let meta: Meta = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if !(OLDEST_VERSION..=VERSION).contains(&meta.version) {
        return Err(damaged(format!(
            "it is version {}, which this version of Evident cannot read",
            meta.version
        )));
    }
    let agrees = meta.first_position == listed.first_position
        && meta.rows == listed.rows
        && meta.events == listed.events
        && meta.organizations == listed.organizations;
    match agrees {
        true => Ok(meta),
        false => Err(damaged("it contradicts the manifest".to_owned())),
    }
}

fn open(folder: &Path, listed: &Listed) -> Result<Parts, SegmentError> {
    let meta = read_meta(folder, listed)?;
    let (index, rows_file) = open_files(folder, &meta)?;
    let of_index = |name| section(&meta, &index, name);
    Ok(Parts {
        dictionary: Dictionary::open(
            of_index("terms")?,
            &of_index("term_blocks")?,
            of_index("postings")?,
            meta.rows,
        )?,
        times: Packed::open(of_index("times")?)?,
        places: Packed::open(of_index("places")?)?,
        rows: Rows::open(
            Section::whole(Arc::clone(&rows_file)),
            &of_index("frames")?,
            meta.rows,
        )?,
        ids: Ids::open(of_index("ids")?, meta.events())?,
        index,
        rows_file,
        meta,
    })
    .and_then(|parts| {
        let events = parts.meta.events();
        match parts.times.len() == events && parts.places.len() == events {
            true => Ok(parts),
            false => Err(SegmentError::malformed(
                "index",
                "a column has not as many numbers as there are events",
            )),
        }
    })
}

/// Opens the two files with the checksums of their pieces.
fn open_files(
    folder: &Path,
    meta: &Meta,
) -> Result<(Arc<CheckedFile>, Arc<CheckedFile>), SegmentError> {
    let path = folder.join(INDEX_FILE);
    let extent = meta
        .sections
        .get("checksums")
        .filter(|extent| extent.offset.checked_add(extent.length) == Some(meta.index_bytes))
        .ok_or(SegmentError::malformed(
            "meta.json",
            "there are no checksums",
        ))?;
    let failed = |source| SegmentError::Io {
        path: path.clone(),
        source,
    };
    let file = File::open(&path).map_err(failed)?;
    let there = file.metadata().map_err(failed)?.len();
    let damaged = |what: &str| SegmentError::Damaged {
        path: path.clone(),
        offset: extent.offset,
        what: what.to_owned(),
    };
    if there < meta.index_bytes {
        return Err(damaged("it is too short to hold its checksums"));
    }
    let length = usize::try_from(extent.length)
        .map_err(|_| SegmentError::malformed("meta.json", "there are too many checksums"))?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, extent.offset)
        .map_err(failed)?;
    if checksum_text(&bytes) != meta.checksums_crc32c {
        return Err(damaged("the checksums are not the ones that were written"));
    }
    let (of_index, of_rows) = decode_checksums(&bytes, extent.offset, meta.rows_bytes)?;
    let index = CheckedFile::new(path.clone(), file, extent.offset, of_index)?;
    let rows = CheckedFile::open(&folder.join(ROWS_FILE), meta.rows_bytes, of_rows)?;
    Ok((Arc::new(index), Arc::new(rows)))
}

fn section(
    meta: &Meta,
    index: &Arc<CheckedFile>,
    name: &'static str,
) -> Result<Section, SegmentError> {
    let extent = meta.sections.get(name).ok_or(SegmentError::malformed(
        "meta.json",
        "a section is not there",
    ))?;
    Section::new(Arc::clone(index), extent.offset, extent.length)
}
