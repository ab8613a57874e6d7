//! Making anew what the rows give again: indexes, level files, and the manifest.
//!
//! What must hold: rows are only copied, never mended; what is made contradicts no signed head, or
//! it is not made; the manifest names new segments only once they are on stable storage, so that a
//! crash leaves the directory as it was before or as it is after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::SigningKey;
use evident_ledger::tree::Tree;
use evident_ledger::{HASH_BYTES, Hash};
use rustix::fs::MemfdFlags;

use super::context::{Context, RawFile, leaf_of};
use super::report::{Progress, Report};
use super::row::RowFacts;
use super::segment::open_rows;
use super::wal::check_wal;
use super::{CheckError, Examined, Owned, examine};
use crate::checkpoints::{CheckpointStore, FileCheckpoints};
use crate::durable::{Durable, DurableError, FileMode};
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::error::SegmentError;
use crate::segment::meta::{Listed, Manifest};
use crate::segment::rows::Rows;
use crate::segment::seal::seal;
use crate::segment::sealed::Segment;
use crate::segment::tail::{NewRow, Tail};
use crate::segment::writing::MakeError;
use crate::wal::{GROUP_POSITIONS, Stored, WalFile};

/// Rows of a segment that is made anew. Compaction joins those of this size again.
const MAX_ROWS: u32 = GROUP_POSITIONS as u32;
/// Canonical bytes of one, which are in memory while it is made.
const MAX_ROWS_BYTES: u64 = 256 << 20;

/// Why nothing more could be made anew.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The directory cannot be had.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A write failed.
    #[error("{0}; what was there before is still in use, so run it again")]
    Durable(#[from] DurableError),
    /// The manifest could not be written as JSON.
    #[error("the manifest could not be written: {0}")]
    Manifest(#[from] serde_json::Error),
}

/// What was made anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// What was found before.
    pub before: Report,
    /// What was made, in words.
    pub made: Vec<String>,
    /// What was not, and why.
    pub refused: Vec<String>,
}

/// Checks a directory that no server uses, and makes anew what can be. Check it again afterwards.
///
/// # Errors
/// If the directory cannot be had or written.
pub fn rebuild(
    directory: &Path,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Rebuilt, RebuildError> {
    let owned = Owned::take(directory)?;
    let examined = examine(&owned.durable, progress);
    let mut rebuilding = Rebuilding {
        durable: &owned.durable,
        manifest: examined.manifest.clone(),
        rebuilt: Rebuilt::default(),
    };
    rebuilding.run(&examined)?;
    let mut rebuilt = rebuilding.rebuilt;
    rebuilt.before = examined.report;
    Ok(rebuilt)
}

struct Rebuilding<'a> {
    durable: &'a Durable,
    manifest: Manifest,
    rebuilt: Rebuilt,
}

impl Rebuilding<'_> {
    fn run(&mut self, examined: &Examined) -> Result<(), RebuildError> {
        if examined.manifest_is_made {
            self.write_manifest()?;
            self.made(format!(
                "{}, from the folders of {} segments",
                layout::MANIFEST,
                self.manifest.segments.len()
            ));
        }
        if !examined.levels.is_empty() {
            self.levels(&examined.levels)?;
        }
        let broken: Vec<Listed> = self
            .manifest
            .segments
            .iter()
            .filter(|listed| examined.segments.contains(&listed.first_position))
            .cloned()
            .collect();
        for listed in &broken {
            let contradicts = |id: &str| examined.contradicted.contains(id);
            let folder = listed.folder().display().to_string();
            match listed
                .organizations
                .iter()
                .find(|rows| contradicts(&rows.id))
            {
                Some(rows) => self.refuse(format!(
                    "{folder}: the events of {} are not those that were signed",
                    rows.id
                )),
                None => self.segment(listed)?,
            }
        }
        Ok(())
    }

    fn made(&mut self, what: String) {
        self.rebuilt.made.push(what);
    }

    fn refuse(&mut self, why: String) {
        self.rebuilt.refused.push(why);
    }

    fn write_manifest(&self) -> Result<(), RebuildError> {
        let bytes = self.manifest.encode()?;
        self.durable
            .replace(layout::MANIFEST.as_ref(), &bytes, FileMode::Ordinary)?;
        Ok(())
    }

    /// Makes one segment anew, as several if it is large.
    fn segment(&mut self, listed: &Listed) -> Result<(), RebuildError> {
        let folder = listed.folder();
        let made = match Copying::begin(self, listed).and_then(|mut copying| copying.run()) {
            Ok(made) => made,
            Err(MakeError::Durable(error)) => return Err(error.into()),
            Err(error) => {
                self.refuse(format!("{}: {error}", folder.display()));
                return Ok(());
            }
        };
        let names: Vec<String> = made
            .iter()
            .map(|new| new.folder().display().to_string())
            .collect();
        let at = self
            .manifest
            .segments
            .iter()
            .position(|known| known == listed);
        if let Some(at) = at {
            self.manifest.segments.splice(at..=at, made);
        }
        self.write_manifest()?;
        self.durable.remove_folder(&folder)?;
        self.durable.sync_directory(layout::SEGMENTS.as_ref())?;
        self.made(format!(
            "{} from the rows of {}",
            names.join(", "),
            folder.display()
        ));
        Ok(())
    }

    /// Makes level files anew, of logs whose events give the root that was published.
    fn levels(&mut self, wanted: &BTreeSet<String>) -> Result<(), RebuildError> {
        let mut proofs = BTreeMap::new();
        for id in wanted {
            match published(self.durable, id) {
                Some(checkpoint) => drop(proofs.insert(id.clone(), checkpoint)),
                None => self.refuse(format!(
                    "the level files of {id}: there is no checkpoint to hold them against"
                )),
            }
        }
        let mut trees: BTreeMap<&str, (Tree, bool)> = BTreeMap::new();
        for (id, checkpoint) in &proofs {
            trees.insert(id, (Tree::new(), checkpoint.size == 0));
        }
        let told = self.each_leaf(&mut |id, leaf| {
            if let (Some((tree, holds)), Some(checkpoint)) = (trees.get_mut(id), proofs.get(id)) {
                tree.append(leaf, &mut |_, _, _| ());
                *holds |= tree.size() == checkpoint.size && tree.root() == checkpoint.root;
            }
            Ok(())
        })?;
        if let Err(why) = told {
            self.refuse(format!("the level files: {why}"));
            return Ok(());
        }
        let mut files = BTreeMap::new();
        for (id, (_, holds)) in trees {
            match holds {
                true => {
                    drop(files.insert(id.to_owned(), (Tree::new(), Levels::new(self.durable, id))))
                }
                false => self.rebuilt.refused.push(format!(
                    "the level files of {id}: the events do not lead to the root that was published"
                )),
            }
        }
        let told = self.each_leaf(&mut |id, leaf| {
            let Some((tree, levels)) = files.get_mut(id) else {
                return Ok(());
            };
            let mut hashes = Vec::new();
            tree.append(leaf, &mut |level, number, hash| {
                hashes.push((level, number, hash))
            });
            hashes
                .into_iter()
                .try_for_each(|(level, number, hash)| levels.put(level, number, hash))
        })?;
        if let Err(why) = told {
            self.refuse(format!("the level files: {why}"));
        }
        for (id, (_, mut levels)) in files {
            levels.finish()?;
            self.made(format!(
                "the level files of {id}, which lead to the root that was published"
            ));
        }
        Ok(())
    }

    /// All leaves, in the order of their positions. The inner error is why they cannot be told.
    fn each_leaf(
        &self,
        each: &mut dyn FnMut(&str, Hash) -> Result<(), DurableError>,
    ) -> Result<Result<(), String>, DurableError> {
        let data = self.durable.path(Path::new(""));
        let mut seeds = Seeds::new(self.durable);
        for listed in &self.manifest.segments {
            let segment = Segment::new(&data, listed.clone());
            let parts = segment.parts().ok();
            let rows = match open_rows(&data, listed, parts.as_deref()) {
                Ok(rows) => rows,
                Err(error) => return Ok(Err(error.to_string())),
            };
            for number in 0..rows.frame_count() {
                let frame = match rows.frame(number) {
                    Ok(frame) => frame,
                    Err(error) => return Ok(Err(error.to_string())),
                };
                for (row, place) in frame.rows().zip(frame.first_place()..) {
                    let position = listed.first_position + u64::from(place);
                    let leaf = RowFacts::read(row).ok().and_then(|facts| {
                        let of_event = (facts.id, facts.received_at);
                        let leaf =
                            leaf_of(&mut seeds, facts.organization_id, position, of_event, row)?;
                        Some((facts.organization_id, leaf))
                    });
                    match leaf {
                        Some((id, leaf)) => each(id, leaf)?,
                        None => {
                            return Ok(Err(format!("the row of position {position} has no leaf")));
                        }
                    }
                }
            }
        }
        let context = Context::new(self.durable, 0, &|_| ());
        let (newest, _) = check_wal(&context, &self.manifest);
        for (id, leaves) in &newest.leaves {
            leaves.iter().try_for_each(|leaf| each(id, *leaf))?;
        }
        Ok(Ok(()))
    }
}

/// The published checkpoint, if it is signed by the log's key.
fn published(durable: &Durable, id: &str) -> Option<Checkpoint> {
    let text = std::fs::read_to_string(durable.path(&layout::key_file(id))).ok()?;
    let key = SigningKey::from_text(text.trim_end()).ok()?;
    let note = FileCheckpoints::new(durable).read(id).ok()??;
    Checkpoint::open(&note, key.verifier()).ok()
}

/// Hashes on their way to the level files of one log. What is there and right is left alone.
struct Levels<'a> {
    durable: &'a Durable,
    id: String,
    waiting: BTreeMap<u8, (u64, Vec<u8>)>,
    touched: BTreeSet<u8>,
}

/// Bytes that are compared and written at once.
const WRITE_BYTES: usize = 1 << 20;

impl<'a> Levels<'a> {
    fn new(durable: &'a Durable, id: &str) -> Self {
        Self {
            durable,
            id: id.to_owned(),
            waiting: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }

    fn put(&mut self, level: u8, number: u64, hash: Hash) -> Result<(), DurableError> {
        let offset = number * HASH_BYTES as u64;
        let (_, bytes) = self.waiting.entry(level).or_insert((offset, Vec::new()));
        bytes.extend_from_slice(&hash.0);
        match bytes.len() < WRITE_BYTES {
            true => Ok(()),
            false => self.write(level),
        }
    }

    fn write(&mut self, level: u8) -> Result<(), DurableError> {
        let Some((offset, bytes)) = self.waiting.remove(&level) else {
            return Ok(());
        };
        let path = layout::level_file(&self.id, level);
        self.durable
            .ensure_directory(&layout::log_directory(&self.id))?;
        let mut file = self.durable.open_derived(&path)?;
        let mut there = vec![0; bytes.len()];
        if file.read_at(offset, &mut there).is_err() || there != bytes {
            file.write_at(offset, &bytes)?;
            file.sync()?;
            self.touched.insert(level);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), DurableError> {
        let levels: Vec<u8> = self.waiting.keys().copied().collect();
        levels.into_iter().try_for_each(|level| self.write(level))?;
        match self.touched.is_empty() {
            true => Ok(()),
            false => self
                .durable
                .sync_directory(&layout::log_directory(&self.id)),
        }
    }
}

/// The rows of a segment on their way into new ones.
struct Copying<'a, 'b> {
    rebuilding: &'a mut Rebuilding<'b>,
    listed: &'a Listed,
    rows: Rows<RawFile>,
    /// By ordinal: the index of the organization's next row.
    next: Vec<u64>,
    made: Vec<Listed>,
}

/// The rows of the segment that is begun. A tail reads its rows from a file, so they are in one that
/// is in memory only.
struct Batch {
    tail: Tail,
    file: Arc<WalFile>,
    bytes: u64,
}

impl Batch {
    fn begin(first_position: u64) -> Result<Self, MakeError> {
        let descriptor =
            rustix::fs::memfd_create("rows", MemfdFlags::CLOEXEC).map_err(std::io::Error::from)?;
        Ok(Self {
            tail: Tail::new(first_position, MAX_ROWS),
            file: Arc::new(WalFile {
                file: File::from(descriptor),
                path: "rows".into(),
            }),
            bytes: 0,
        })
    }
}

impl<'a, 'b> Copying<'a, 'b> {
    fn begin(rebuilding: &'a mut Rebuilding<'b>, listed: &'a Listed) -> Result<Self, MakeError> {
        let data = rebuilding.durable.path(Path::new(""));
        let parts = Segment::new(&data, listed.clone()).parts().ok();
        Ok(Self {
            rows: open_rows(&data, listed, parts.as_deref())?,
            next: listed
                .organizations
                .iter()
                .map(|rows| rows.first_index)
                .collect(),
            rebuilding,
            listed,
            made: Vec::new(),
        })
    }

    fn run(&mut self) -> Result<Vec<Listed>, MakeError> {
        let mut batch = Batch::begin(self.listed.first_position)?;
        for number in 0..self.rows.frame_count() {
            let frame = self.rows.frame(number)?;
            for (row, place) in frame.rows().zip(frame.first_place()..) {
                self.push(&mut batch, row)?;
                let rows = batch.tail.read().rows().len() as u32;
                if rows >= MAX_ROWS || batch.bytes >= MAX_ROWS_BYTES {
                    self.seal(&batch)?;
                    batch = Batch::begin(self.listed.first_position + u64::from(place) + 1)?;
                }
            }
        }
        self.seal(&batch)?;
        Ok(std::mem::take(&mut self.made))
    }

    fn push(&mut self, batch: &mut Batch, canonical: &[u8]) -> Result<(), MakeError> {
        let no_row = |what| SegmentError::malformed("rows", what);
        let facts = RowFacts::read(canonical).map_err(no_row)?;
        let organizations = &self.listed.organizations;
        let ordinal = organizations
            .binary_search_by(|rows| rows.id.as_str().cmp(facts.organization_id))
            .map_err(|_| no_row("the manifest does not name its organization"))?;
        let index = self
            .next
            .get_mut(ordinal)
            .ok_or_else(|| no_row("it has no index"))?;
        (&batch.file.file).write_all(canonical)?;
        let row = NewRow {
            id: facts.id,
            occurred_at: facts.occurred_at,
            // A segment has no leaves: they are in the level files.
            leaf_hash: Hash([0; HASH_BYTES]),
            stored: Stored::new(&batch.file, batch.bytes, canonical),
            canonical,
        };
        batch
            .tail
            .push(&facts.organization_id.into(), *index, std::iter::once(row));
        batch.bytes += canonical.len() as u64;
        *index += 1;
        Ok(())
    }

    fn seal(&mut self, batch: &Batch) -> Result<(), MakeError> {
        let rows = batch.tail.read();
        if rows.rows().is_empty() {
            return Ok(());
        }
        let durable = self.rebuilding.durable;
        let manifest = &mut self.rebuilding.manifest;
        let (first, count) = (batch.tail.first_position(), rows.rows().len() as u32);
        let generation = manifest.next_generation;
        manifest.next_generation += 1;
        // A crash may have left one of this name, which nothing names.
        let folder = layout::segment_folder(first, count, generation);
        if durable.path(&folder).exists() {
            durable.remove_folder(&folder)?;
        }
        self.made.push(seal(durable, first, generation, &[&rows])?);
        Ok(())
    }
}
