//! Making anew what the rows give again: indexes, level files, and the manifest.
//!
//! What must hold: rows are only copied, never mended; what is made contradicts no signed head, or
//! it is not made; the manifest names new segments only once they are on stable storage, so that a
//! crash leaves the directory as it was before or as it is after. What was left of removed rows is
//! copied as rows are, and the hashes of those that left nothing are taken from the level file, which
//! alone has them: the root that was signed says whether they are right.

mod copying;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::SigningKey;
use evident_ledger::tree::Tree;
use evident_ledger::{HASH_BYTES, Hash};

use self::copying::Copying;
use super::context::{Context, leaf_of, stored_hashes};
use super::report::{Progress, Report};
use super::row::RowFacts;
use super::segment::open_rows;
use super::wal::check_wal;
use super::{CheckError, Examined, Owned, examine};
use crate::checkpoints::{CheckpointStore, FileCheckpoints};
use crate::durable::{Durable, DurableError, FileMode};
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::meta::{Listed, Manifest, RemovedRows};
use crate::segment::rows::Line;
use crate::segment::sealed::Segment;
use crate::segment::writing::MakeError;

/// Hashes of removed rows' leaves that are read at once.
const WINDOW_HASHES: u64 = 1 << 16;

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
        // Without the last segment, this alone tells where the write-ahead log goes on.
        let end = self.manifest.end();
        let at = self
            .manifest
            .segments
            .iter()
            .position(|known| known == listed);
        if let Some(at) = at {
            self.manifest.segments.splice(at..=at, made);
        }
        if self.manifest.end() < end {
            self.manifest.end_position = Some(end);
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
        for removed in &self.manifest.removed {
            self.each_removed_leaf(removed, each)?;
        }
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
                    match leaf_of_line(&mut seeds, position, row) {
                        Some(Some((id, leaf))) => each(id, leaf)?,
                        Some(None) => {}
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

    /// The leaves of rows that left nothing, as far as the level file has them.
    fn each_removed_leaf(
        &self,
        removed: &RemovedRows,
        each: &mut dyn FnMut(&str, Hash) -> Result<(), DurableError>,
    ) -> Result<(), DurableError> {
        let mut next = 0;
        while next < removed.first_index {
            let count = WINDOW_HASHES.min(removed.first_index - next);
            // Without them, no root comes out, and nothing is made.
            let hashes = stored_hashes(self.durable, &removed.id, 0, next, count);
            let hashes = hashes.unwrap_or_default();
            if hashes.is_empty() {
                break;
            }
            next += hashes.len() as u64;
            hashes
                .into_iter()
                .try_for_each(|hash| each(&removed.id, hash))?;
        }
        Ok(())
    }
}

/// Whose leaf a line of the rows' file gives, and which: none if its row left nothing. `None` if it should
/// give one and does not.
fn leaf_of_line<'a>(
    seeds: &mut Seeds,
    position: u64,
    line: &'a [u8],
) -> Option<Option<(&'a str, Hash)>> {
    let canonical = match Line::read(line).ok()? {
        Line::Nothing => return Some(None),
        Line::Stub(stub) => return Some(Some((stub.organization_id, stub.entry.leaf_hash()))),
        Line::Event(canonical) => canonical,
    };
    let facts = RowFacts::read(canonical).ok()?;
    let of_event = (facts.id, facts.received_at);
    let leaf = leaf_of(seeds, facts.organization_id, position, of_event, canonical)?;
    Some(Some((facts.organization_id, leaf)))
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
