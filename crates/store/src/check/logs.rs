//! Checking the organizations' logs: key, checkpoint, and that the hashes of every level are those
//! of the events.
//!
//! What must hold: the published checkpoint is the judge. Where events and level files differ, the
//! side whose root it signed is right; where neither is, nothing is called rebuildable. Leaves of rows that
//! left nothing are in the level file alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::SigningKey;
use evident_ledger::tile::{MAX_LEVELS, hashes_at_level};
use evident_ledger::tree::Tree;
use evident_ledger::{HASH_BYTES, Hash};

use super::context::{Context, Differing, stored_hashes};
use super::kept::check_kept;
use super::report::{Counts, Finding, Remedy, Report};
use super::wal::Newest;
use crate::checkpoints::{CheckpointStore, FileCheckpoints};
use crate::layout;
use crate::segment::meta::Manifest;

/// Hashes of a level that are in memory at once.
const WINDOW_HASHES: u64 = 1 << 16;

/// What is wrong with the logs.
#[derive(Debug, Default)]
pub(super) struct LogsReport {
    pub(super) report: Report,
    /// Organizations whose level files can be made anew.
    pub(super) rebuildable: BTreeSet<String>,
    /// Organizations whose events contradict a checkpoint.
    pub(super) contradicted: BTreeSet<String>,
}

/// The hashes of one level file, read in order.
struct Window<'a> {
    context: &'a Context<'a>,
    organization_id: &'a str,
    level: u8,
    first: u64,
    hashes: Vec<Hash>,
    ended: bool,
}

impl<'a> Window<'a> {
    fn new(context: &'a Context<'a>, organization_id: &'a str, level: u8) -> Self {
        Self {
            context,
            organization_id,
            level,
            first: 0,
            hashes: Vec::new(),
            ended: false,
        }
    }

    /// A hash; they are asked for in order.
    fn get(&mut self, index: u64) -> Option<Hash> {
        let end = self.first + self.hashes.len() as u64;
        if index >= end && !self.ended {
            self.first = index;
            let (durable, id) = (self.context.durable, self.organization_id);
            self.hashes =
                stored_hashes(durable, id, self.level, index, WINDOW_HASHES).unwrap_or_default();
            self.ended = self.hashes.is_empty();
        }
        let number = usize::try_from(index.checked_sub(self.first)?).ok()?;
        self.hashes.get(number).copied()
    }
}

/// A level file that is not what it should be.
#[derive(Debug, Clone, Copy)]
struct Wrong {
    first: u64,
    count: u64,
    /// It ends too early; else hashes are others.
    short: bool,
}

/// One log that is being checked.
struct Checking<'a> {
    context: &'a Context<'a>,
    organization_id: &'a str,
    /// How many leaves the segments have.
    base: u64,
    newest: &'a [Hash],
    differing: Differing,
    wrong: BTreeMap<u8, Wrong>,
}

/// Checks all logs.
pub(super) fn check_logs(
    context: &Context<'_>,
    manifest: &Manifest,
    newest: &Newest,
) -> LogsReport {
    let bases = manifest.next_indexes();
    let mut ids: BTreeSet<String> = bases.keys().map(|id| (*id).to_owned()).collect();
    ids.extend(newest.leaves.keys().cloned());
    let mut logs = LogsReport::default();
    for directory in [layout::KEYS, layout::LOG] {
        for name in context
            .durable
            .names(directory.as_ref())
            .unwrap_or_default()
        {
            match name
                .to_str()
                .filter(|name| layout::is_organization_id(name))
            {
                Some(id) => drop(ids.insert(id.to_owned())),
                None => logs.report.findings.push(Finding::note(
                    PathBuf::from(directory).join(name),
                    "a crash left it before it was whole; it may be removed",
                )),
            }
        }
    }
    for id in &ids {
        let none = Vec::new();
        let checking = Checking {
            context,
            organization_id: id,
            base: bases.get(id.as_str()).copied().unwrap_or_default(),
            newest: newest.leaves.get(id).unwrap_or(&none),
            differing: context.take_differing(id),
            wrong: BTreeMap::new(),
        };
        let key = read_key(context, id, &mut logs.report);
        let checkpoint = key.as_ref().and_then(|key| {
            let checkpoint = read_checkpoint(context, id, key, &mut logs.report)?;
            let kept = check_kept(context, id, key.verifier(), &checkpoint);
            logs.report.findings.extend(kept);
            Some(checkpoint)
        });
        checking.run(checkpoint, newest, &mut logs);
        logs.report.counts.add(Counts {
            logs: 1,
            ..Counts::default()
        });
    }
    logs
}

/// The key of a log. Not one byte of its file may be another.
fn read_key(context: &Context<'_>, id: &str, report: &mut Report) -> Option<SigningKey> {
    let file = layout::key_file(id);
    let mut refuse = |what: String| {
        report
            .findings
            .push(Finding::damage(&file, what, Remedy::Backup));
        None
    };
    let text = match std::fs::read_to_string(context.durable.path(&file)) {
        Ok(text) => text,
        Err(error) => return refuse(format!("the log's signing key could not be read: {error}")),
    };
    let key = match SigningKey::from_text(text.trim_end()) {
        Ok(key) => key,
        Err(error) => return refuse(format!("it is no signing key: {error}")),
    };
    if text.strip_suffix('\n') != Some(key.to_text().as_str()) {
        return refuse("the signing key is not as it was written".to_owned());
    }
    match key.name().rsplit('/').next() == Some(id) {
        true => Some(key),
        false => refuse(format!("it is the key of {}", key.name())),
    }
}

fn read_checkpoint(
    context: &Context<'_>,
    id: &str,
    key: &SigningKey,
    report: &mut Report,
) -> Option<Checkpoint> {
    let file = layout::checkpoint_file(id);
    let mut refuse = |what: String| {
        report
            .findings
            .push(Finding::damage(&file, what, Remedy::Backup));
        None
    };
    match FileCheckpoints::new(context.durable).read(id) {
        Err(error) => refuse(error.to_string()),
        Ok(None) => refuse("it is missing, and every log has one from its creation".to_owned()),
        Ok(Some(note)) => match Checkpoint::open(&note, key.verifier()) {
            Ok(checkpoint) => Some(checkpoint),
            Err(error) => refuse(format!("the published checkpoint does not hold: {error}")),
        },
    }
}

impl Checking<'_> {
    fn level(&self, level: u8) -> PathBuf {
        layout::level_file(self.organization_id, level)
    }

    fn run(mut self, checkpoint: Option<Checkpoint>, newest: &Newest, logs: &mut LogsReport) {
        let id = self.organization_id;
        let size = self.base + self.newest.len() as u64;
        let published = checkpoint.as_ref().map(|checkpoint| checkpoint.size);
        let (of_events, of_files) = self.roots(size, published);
        let mut find = |finding| logs.report.findings.push(finding);
        let broken = newest.broken.iter().any(|broken| broken == id);
        let holds = match &checkpoint {
            None => false,
            Some(checkpoint) if checkpoint.size > size => {
                let what = format!(
                    "{} leaves of {id} were published, and only {size} are there",
                    checkpoint.size
                );
                let file = newest.file.clone().unwrap_or_else(|| layout::WAL.into());
                find(Finding::damage(file, what, Remedy::Backup));
                false
            }
            Some(checkpoint) => of_events == Some(checkpoint.root),
        };
        let files_hold = checkpoint
            .as_ref()
            .is_some_and(|known| of_files == Some(known.root));
        // Too much differs for the events' root to be known here. A rebuild finds it out.
        let unknown = self.differing.too_many && of_events.is_none() && !files_hold;
        let contradicts =
            checkpoint.as_ref().is_some_and(|known| known.size <= size) && !holds && !unknown;
        if contradicts {
            logs.contradicted.insert(id.to_owned());
        }
        if contradicts && files_hold {
            find(self.other_events());
            self.wrong.remove(&0);
        } else if contradicts && !self.wrong.contains_key(&0) {
            let what = format!(
                "the hashes of the first {} leaves do not lead to the root that was published",
                published.unwrap_or_default()
            );
            find(Finding::damage(self.level(0), what, Remedy::Backup));
        }
        let remedy = match (holds || unknown) && !broken {
            true => Remedy::Rebuildable,
            false => Remedy::Backup,
        };
        if remedy == Remedy::Rebuildable && !self.wrong.is_empty() {
            logs.rebuildable.insert(id.to_owned());
        }
        for (level, wrong) in std::mem::take(&mut self.wrong) {
            let what = match wrong.short {
                true => "it ends too early: hashes are missing".to_owned(),
                false => format!("hashes that are not those of the events: {}", wrong.count),
            };
            let finding = Finding::damage(self.level(level), what, remedy);
            find(finding.at(wrong.first * HASH_BYTES as u64));
        }
        if !broken {
            self.beyond(size, &mut find);
        }
    }

    /// The roots at the published size: by the events, and by what the file of leaves has. On the
    /// way all levels are compared.
    fn roots(&mut self, size: u64, published: Option<u64>) -> (Option<Hash>, Option<Hash>) {
        let (context, id) = (self.context, self.organization_id);
        let mut levels: Vec<Window<'_>> = (0..MAX_LEVELS)
            .map(|level| Window::new(context, id, level))
            .collect();
        let (mut tree, mut stored) = (Tree::new(), Some(Tree::new()));
        let (mut of_events, mut of_files) = (None, None);
        let mut wrong = std::mem::take(&mut self.wrong);
        for index in 0..=size {
            if published == Some(index) {
                of_events = Some(tree.root());
                of_files = stored.as_ref().map(Tree::root);
            }
            if index == size {
                break;
            }
            let in_file = levels.first_mut().and_then(|window| window.get(index));
            let Some(leaf) = self.leaf(index, in_file) else {
                note_wrong(&mut wrong, 0, index, true);
                break;
            };
            // Rows of the WAL get their hashes at the next start, if they have none.
            if in_file.is_some_and(|in_file| in_file != leaf)
                || in_file.is_none() && index < self.base
            {
                note_wrong(&mut wrong, 0, index, in_file.is_none());
            }
            match (&mut stored, in_file) {
                (Some(stored), Some(in_file)) => stored.append(in_file, &mut |_, _, _| ()),
                _ => stored = None,
            }
            let settled = index < self.base;
            tree.append(leaf, &mut |level, number, hash| {
                let window = levels.get_mut(usize::from(level)).filter(|_| level > 0);
                if let Some(window) = window {
                    match window.get(number) {
                        Some(there) if there != hash => {
                            note_wrong(&mut wrong, level, number, false)
                        }
                        None if settled => note_wrong(&mut wrong, level, number, true),
                        _ => {}
                    }
                }
            });
        }
        self.wrong = wrong;
        (of_events, of_files)
    }

    /// A leaf as its event gives it, or as the file has it where the event was found to agree.
    fn leaf(&self, index: u64, in_file: Option<Hash>) -> Option<Hash> {
        match index.checked_sub(self.base) {
            Some(number) => self.newest.get(usize::try_from(number).ok()?).copied(),
            None => self.differing.leaves.get(&index).copied().or(in_file),
        }
    }

    /// The file of leaves is what was signed, and the events are not.
    fn other_events(&self) -> Finding {
        let index = self
            .differing
            .leaves
            .first_key_value()
            .map(|(index, _)| *index);
        let file = match index {
            Some(_) => self.differing.file.clone(),
            None => layout::WAL.into(),
        };
        let index = index.map_or_else(|| "an index".to_owned(), |index| format!("index {index}"));
        let id = self.organization_id;
        let what = format!(
            "the event of {index} of {id}, its salt seed, or what was left of it, is not the one that was \
             signed"
        );
        Finding::damage(file, what, Remedy::Backup)
    }

    /// Hashes of leaves that no event is there for.
    fn beyond(&self, size: u64, find: &mut impl FnMut(Finding)) {
        for level in 0..MAX_LEVELS {
            let path = self.context.durable.path(&self.level(level));
            let there = std::fs::metadata(path).map_or(0, |data| data.len() / HASH_BYTES as u64);
            let expected = hashes_at_level(size, level);
            if there > expected {
                let what = format!(
                    "it has {there} hashes, and the events give {expected}: events may be missing \
                     from the end of the write-ahead log"
                );
                let finding = Finding::damage(self.level(level), what, Remedy::Backup);
                find(finding.at(expected * HASH_BYTES as u64));
            }
        }
    }
}

fn note_wrong(wrong: &mut BTreeMap<u8, Wrong>, level: u8, first: u64, short: bool) {
    let known = wrong.entry(level).or_insert(Wrong {
        first,
        count: 0,
        short,
    });
    known.count += 1;
}
