//! Walking one log's tree from its first leaf to its last, past every checkpoint on the way.
//!
//! What must hold: the root at a checkpoint's size is computed from the leaves alone, the hashes of all
//! higher levels too; a checkpoint proves something only if the log's key has signed it. What is in
//! memory is a window of each level and the right edge of the tree, however large the log is.

mod finish;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::VerifierKey;
use evident_ledger::tile::{MAX_LEVELS, hashes_at_level};
use evident_ledger::tree::Tree;
use evident_ledger::{HASH_BYTES, Hash};

use super::leaves::Window;
use super::published::{Next, Records};
use super::report::{Counts, Finding, Findings, Kind};
use crate::durable::Durable;
use crate::layout;
use crate::logs::history::{RECORD_BYTES, Record};

/// Largest `checkpoint` that is read: three lines, a few signatures.
const MAX_CHECKPOINT_BYTES: u64 = 64 << 10;

/// A log, and what is known of it from elsewhere.
#[derive(Debug)]
pub(super) struct Log<'a> {
    pub(super) id: &'a str,
    pub(super) key: &'a VerifierKey,
    /// How many leaves the segments have.
    pub(super) base: u64,
    /// The leaves behind them.
    pub(super) newest: &'a [Hash],
    /// These are all: nothing in the write-ahead log was unclear.
    pub(super) is_whole: bool,
    /// Checkpoints that somebody kept and that the log's key has signed, by size, with their names.
    pub(super) kept: &'a [(String, Checkpoint)],
}

/// What came of a walk.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) findings: Findings,
    pub(super) notes: Vec<String>,
    pub(super) counts: Counts,
    /// The largest size at which a signed root is that of the leaves.
    pub(super) proved: u64,
    /// The size of the first signed checkpoint whose root is not that of the leaves.
    pub(super) failed: Option<u64>,
    /// The newest checkpoint, if it is signed.
    pub(super) head: Option<Checkpoint>,
    /// The largest size of a signed checkpoint that was held against the leaves. That it does not hold,
    /// a finding says.
    pub(super) signed: u64,
    /// Leaves or records could not be read: what was not met may be there all the same.
    pub(super) is_unread: bool,
}

/// Where a checkpoint is from.
enum From<'a> {
    Record(u64),
    Newest,
    Kept(&'a str),
}

/// A signed root that the tree has to have.
struct Mark<'a> {
    size: u64,
    root: Hash,
    from: From<'a>,
}

struct Walk<'a> {
    durable: &'a Durable,
    log: &'a Log<'a>,
    /// Checkpoints but for the records, the smallest last. The newest is mostly a record as well.
    marks: Vec<Mark<'a>>,
    records: Option<Records>,
    /// The next record that can be held against the tree.
    record: Option<(u64, Record)>,
    /// The sizes of the first record that is whole, and of the last.
    first_recorded: Option<u64>,
    last_recorded: Option<u64>,
    /// A signed record is the newest checkpoint's.
    has_head: bool,
    /// The last record is not whole.
    torn: Option<u64>,
    /// Kept checkpoints of these sizes are in the records.
    recorded: Vec<u64>,
    /// The sizes of kept checkpoints that hold.
    held: Vec<u64>,
    /// Checkpoints that failed beside the first one.
    failed_more: u64,
    walked: Walked,
}

/// Walks a log's tree. Where an event is known to differ from the level file, its own leaf can be
/// put in `instead`.
pub(super) fn walk(durable: &Durable, log: &Log<'_>, instead: &BTreeMap<u64, Hash>) -> Walked {
    let mut walk = Walk {
        durable,
        log,
        marks: Vec::new(),
        records: None,
        record: None,
        first_recorded: None,
        last_recorded: None,
        has_head: false,
        torn: None,
        recorded: Vec::new(),
        held: Vec::new(),
        failed_more: 0,
        walked: Walked::default(),
    };
    walk.prepare();
    walk.climb(instead);
    walk.finish();
    walk.walked
}

impl<'a> Walk<'a> {
    fn level(&self, level: u8) -> PathBuf {
        layout::level_file(self.log.id, level)
    }

    fn records_file(&self) -> PathBuf {
        layout::history_file(self.log.id)
    }

    fn find(&mut self, finding: Finding) {
        self.walked.findings.push(finding.of(self.log.id));
    }

    /// Reads the newest checkpoint and opens the records.
    fn prepare(&mut self) {
        let log = self.log;
        for (name, checkpoint) in log.kept {
            self.marks.push(Mark {
                size: checkpoint.size,
                root: checkpoint.root,
                from: From::Kept(name),
            });
        }
        let file = self.records_file();
        match Records::open(&self.durable.path(&file)) {
            Ok(records) => self.records = records.filter(|records| records.count() > 0),
            Err(error) => self.cannot_read(&file, &error),
        }
        match self.read_newest() {
            Ok(head) => self.walked.head = Some(head),
            Err(finding) => self.find(*finding),
        }
        let has_records = self.records.is_some();
        self.next_record(0);
        if let Some(head) = &self.walked.head {
            self.marks.push(Mark {
                size: head.size,
                root: head.root,
                from: From::Newest,
            });
            // A first record that a crash cut off is none.
            let is_alone = !has_records || self.torn == Some(0);
            if is_alone && !self.walked.is_unread {
                self.walked.notes.push(format!(
                    "{}: only the newest checkpoint is there: older releases kept no others",
                    log.id
                ));
            }
        }
        self.marks.sort_by_key(|mark| std::cmp::Reverse(mark.size));
    }

    /// Leaves or records that cannot be read end the walk.
    fn cannot_read(&mut self, file: &Path, error: &std::io::Error) {
        self.walked.is_unread = true;
        self.find(Finding::unreadable(file, error));
    }

    fn read_newest(&self) -> Result<Checkpoint, Box<Finding>> {
        let file = layout::checkpoint_file(self.log.id);
        let path = self.durable.path(&file);
        let refuse = |what: String| Box::new(Finding::of_file(Kind::Checkpoint, &file, what));
        let read = || {
            if std::fs::metadata(&path)?.len() > MAX_CHECKPOINT_BYTES {
                return Err(std::io::ErrorKind::FileTooLarge.into());
            }
            std::fs::read(&path)
        };
        match read() {
            Ok(note) => Checkpoint::open(&note, self.log.key)
                .map_err(|error| refuse(format!("the checkpoint does not hold: {error}"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(refuse(
                "it is missing, and every log has one from its creation".to_owned(),
            )),
            Err(error) => Err(Box::new(Finding::unreadable(&file, &error))),
        }
    }

    /// Goes on to the next record that is whole, ascends and is signed.
    fn next_record(&mut self, passed: u64) {
        self.record = None;
        let file = self.records_file();
        loop {
            let next = match self.records.as_mut().map(Records::next) {
                None | Some(Ok(None)) => return,
                Some(Err(error)) => {
                    self.records = None;
                    return self.cannot_read(&file, &error);
                }
                Some(Ok(Some(next))) => next,
            };
            let (number, next) = next;
            let byte = number * RECORD_BYTES as u64;
            let is_last = self
                .records
                .as_ref()
                .is_some_and(|all| number + 1 == all.count());
            let record = match next {
                Next::Whole(record) => record,
                Next::Bad | Next::Cut if is_last => {
                    self.torn = Some(number);
                    return;
                }
                Next::Bad | Next::Cut => {
                    let what = format!("record {number} does not match its checksum (byte {byte})");
                    self.find(Finding::of_file(Kind::Checkpoint, &file, what).at(byte));
                    continue;
                }
            };
            let before = self.last_recorded.replace(record.size);
            self.first_recorded.get_or_insert(record.size);
            if let Some(before) = before.filter(|before| *before >= record.size) {
                let what = format!(
                    "record {number} (byte {byte}) is of size {}, and stands behind one of size {before}",
                    record.size
                );
                let finding = Finding::of_file(Kind::Checkpoint, &file, what).at(byte);
                self.find(finding.of_size(record.size));
            }
            if let Err(error) = record.open(self.log.key) {
                let what = format!(
                    "record {number} (byte {byte}), the checkpoint of size {}, does not hold: {error}",
                    record.size
                );
                let finding = Finding::of_file(Kind::Checkpoint, &file, what).at(byte);
                self.find(finding.of_size(record.size));
                continue;
            }
            let head = self.walked.head.as_ref();
            self.has_head |=
                head.is_some_and(|head| (record.size, record.root) == (head.size, head.root));
            self.recorded.extend(
                self.log
                    .kept
                    .iter()
                    .filter(|(_, kept)| kept.size == record.size)
                    .map(|(_, kept)| kept.size),
            );
            // One that does not ascend has been told of, and the tree is past it.
            if record.size >= passed {
                self.record = Some((number, record));
                return;
            }
        }
    }

    /// The size of the next checkpoint on the way.
    fn stop(&self) -> u64 {
        let record = self.record.as_ref().map(|(_, record)| record.size);
        let mark = self.marks.last().map(|mark| mark.size);
        record.unwrap_or(u64::MAX).min(mark.unwrap_or(u64::MAX))
    }

    /// Appends leaf after leaf.
    fn climb(&mut self, instead: &BTreeMap<u64, Hash>) {
        let log = self.log;
        let size = log.base + log.newest.len() as u64;
        let mut levels: Vec<Window> = (0..MAX_LEVELS)
            .map(|level| Window::new(log.id, level, usize::from(MAX_LEVELS)))
            .collect();
        let mut wrong: BTreeMap<u8, Wrong> = BTreeMap::new();
        let mut unread: BTreeMap<u8, std::io::Error> = BTreeMap::new();
        let mut is_short = false;
        let mut tree = Tree::new();
        let mut stop = self.stop();
        for index in 0..=size {
            if index == stop {
                self.pass(&tree);
                stop = self.stop();
            }
            if index == size {
                break;
            }
            let stored = match levels
                .first_mut()
                .map(|window| window.get(self.durable, index))
            {
                Some(Ok(stored)) => stored,
                Some(Err(error)) => {
                    return self.cannot_read(&self.level(0), &error);
                }
                None => None,
            };
            let newest = || {
                log.newest
                    .get(usize::try_from(index.checked_sub(log.base)?).ok()?)
            };
            let settled = index < log.base;
            if stored.is_none() && settled && !std::mem::replace(&mut is_short, true) {
                let what = format!("it ends after {index} leaves, and there are {size} events");
                let finding = Finding::of_file(Kind::Hashes, &self.level(0), what);
                self.find(finding.at(index.saturating_mul(HASH_BYTES as u64)));
            }
            let leaf = instead.get(&index).copied();
            let Some(leaf) = leaf.or(stored).or_else(|| newest().copied()) else {
                return self.without_leaves(index);
            };
            tree.append(leaf, &mut |level, number, hash| {
                let window = levels.get_mut(usize::from(level)).filter(|_| level > 0);
                let Some(window) = window else { return };
                match window.get(self.durable, number) {
                    Ok(Some(there)) if there == hash => {}
                    Ok(None) if !settled => {}
                    Err(error) => {
                        unread.entry(level).or_insert(error);
                    }
                    found => {
                        let first = Wrong {
                            number,
                            count: 0,
                            is_short: !matches!(found, Ok(Some(_))),
                        };
                        wrong.entry(level).or_insert(first).count += 1;
                    }
                }
            });
        }
        for (level, error) in unread {
            self.find(Finding::unreadable(&self.level(level), &error));
        }
        for (level, wrong) in wrong {
            let byte = wrong.number.saturating_mul(HASH_BYTES as u64);
            let what = match wrong.is_short {
                true => format!("it ends at byte {byte}, before its hash {}", wrong.number),
                false => format!(
                    "hash {} (byte {byte}) is not that of the leaves below it; such hashes: {}",
                    wrong.number, wrong.count
                ),
            };
            self.find(Finding::of_file(Kind::Hashes, &self.level(level), what).at(byte));
        }
        if log.is_whole {
            self.beyond(size);
        }
        self.without_leaves(size);
    }

    /// Holds the tree against the checkpoints of its size.
    fn pass(&mut self, tree: &Tree) {
        let (size, root) = (tree.size(), tree.root());
        while self
            .record
            .as_ref()
            .is_some_and(|(_, record)| record.size == size)
        {
            if let Some((number, record)) = self.record.take() {
                let from = From::Record(number);
                self.compare(
                    Mark {
                        size,
                        root: record.root,
                        from,
                    },
                    root,
                );
            }
            self.next_record(size);
        }
        // Behind the records, so that it is known whether the newest is one of them.
        while let Some(mark) = self.marks.pop_if(|mark| mark.size == size) {
            if !self.is_recorded(&mark) {
                self.compare(mark, root);
            }
        }
    }

    /// It is the newest checkpoint, and one of the records, which is held against the leaves.
    fn is_recorded(&self, mark: &Mark<'_>) -> bool {
        matches!(mark.from, From::Newest) && self.has_head
    }

    fn compare(&mut self, mark: Mark<'a>, root: Hash) {
        let size = mark.size;
        if mark.root == root {
            self.walked.signed = self.walked.signed.max(size);
            self.walked.proved = self.walked.proved.max(size);
            match mark.from {
                From::Kept(_) => {
                    self.held.push(size);
                    self.walked.counts.kept += 1;
                }
                From::Record(_) | From::Newest => self.walked.counts.checkpoints += 1,
            }
            return;
        }
        let is_first = self.walked.failed.is_none();
        self.fail(size);
        let proved = self.walked.proved;
        let id = self.log.id;
        let leaves = format!(
            "the first {size} leaves of {id} do not lead to its root (those up to {proved} do)"
        );
        let finding = match mark.from {
            From::Kept(name) => {
                let what = format!(
                    "{name}: the log signed this checkpoint of size {size}, and has another root there: it has forked, or was changed; {leaves}"
                );
                Finding::new(Kind::Fork, what)
            }
            From::Record(number) if is_first => {
                let byte = number * RECORD_BYTES as u64;
                let what = format!(
                    "record {number} (byte {byte}), the checkpoint of size {size}: {leaves}"
                );
                Finding::of_file(Kind::Checkpoint, &self.records_file(), what).at(byte)
            }
            From::Newest => {
                let file = layout::checkpoint_file(id);
                let what = format!("the checkpoint of size {size}: {leaves}");
                Finding::of_file(Kind::Checkpoint, &file, what)
            }
            // What is wrong below the first is wrong below all that follow.
            From::Record(_) => {
                self.failed_more += 1;
                return;
            }
        };
        self.find(finding.of_size(size));
    }

    fn fail(&mut self, size: u64) {
        self.walked.failed.get_or_insert(size);
        self.walked.signed = self.walked.signed.max(size);
    }

    /// Checkpoints of more leaves than there are.
    fn without_leaves(&mut self, size: u64) {
        let id = self.log.id;
        let mut first = true;
        while let Some((number, record)) = self.record.take() {
            self.fail(record.size);
            if std::mem::take(&mut first) {
                let byte = number * RECORD_BYTES as u64;
                let what = format!(
                    "record {number} (byte {byte}): a checkpoint of size {} was published, and only \
                     {size} leaves of {id} are there",
                    record.size
                );
                let finding = Finding::of_file(Kind::Checkpoint, &self.records_file(), what);
                self.find(finding.at(byte).of_size(record.size));
            } else {
                self.failed_more += 1;
            }
            self.next_record(0);
        }
        while let Some(mark) = self.marks.pop() {
            if self.is_recorded(&mark) {
                continue;
            }
            let (kind, name) = match mark.from {
                From::Kept(name) => (Kind::Rollback, name.to_owned()),
                _ => (
                    Kind::Checkpoint,
                    layout::checkpoint_file(id).display().to_string(),
                ),
            };
            let what = format!(
                "{name}: the log signed a checkpoint of size {}, and only {size} leaves of {id} are \
                 there: it was rolled back, or its end is lost",
                mark.size
            );
            self.fail(mark.size);
            self.find(Finding::new(kind, what).of_size(mark.size));
        }
    }

    /// Hashes that no event is there for.
    fn beyond(&mut self, size: u64) {
        for level in 0..MAX_LEVELS {
            let file = self.level(level);
            let length = std::fs::metadata(self.durable.path(&file)).map_or(0, |data| data.len());
            let there = length / HASH_BYTES as u64;
            let expected = hashes_at_level(size, level);
            if there > expected {
                let what = format!(
                    "it has {there} hashes, and the {size} events give {expected}: the newest events are missing"
                );
                let byte = expected.saturating_mul(HASH_BYTES as u64);
                self.find(Finding::of_file(Kind::Hashes, &file, what).at(byte));
            }
        }
    }
}

/// A level file that is not what it should be.
struct Wrong {
    /// Its first hash that is wrong.
    number: u64,
    count: u64,
    /// It ends there; else the hash is another.
    is_short: bool,
}
