//! A model of what a file system may leave behind when the power goes.
//!
//! From a recording of the durable operations it builds, for any moment, every state that is legal
//! then: what was synced is there; of what was not, each write may be there whole, in part, as
//! zeros or not at all, and each change of a name may have happened or not, in any combination.
//! What was not synced of level files is derived, and what is in folders of segments that no manifest
//! names is nothing yet, so they are tried together: all, none, or zeros.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use evident_store::durable::{Operation, Tap, Verdict};

/// A recorded operation, or something that the outside was told in between.
#[derive(Debug, Clone)]
pub enum Step<M> {
    Create(PathBuf),
    Write(PathBuf, u64, Vec<u8>),
    Truncate(PathBuf, u64),
    Sync(PathBuf),
    /// A sync that failed: the system takes the file's pages for written, which they are not.
    FailedSync(PathBuf),
    SyncDirectory(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    Told(M),
}

/// Writes down every durable operation.
#[derive(Default)]
pub struct Recorder<M>(Mutex<Vec<Step<M>>>);

impl<M: Clone> Recorder<M> {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Vec::new())))
    }

    pub fn told(&self, what: M) {
        self.0.lock().unwrap().push(Step::Told(what));
    }

    pub fn record(&self, step: Step<M>) {
        self.0.lock().unwrap().push(step);
    }

    pub fn steps(&self) -> Vec<Step<M>> {
        self.0.lock().unwrap().clone()
    }
}

impl<M: Send + 'static> Tap for Recorder<M> {
    fn before(&self, _: &Operation<'_>) -> Verdict {
        Verdict::Proceed
    }

    fn after(&self, operation: &Operation<'_>) {
        let step = match *operation {
            // A directory is synced into its parent before anything is put into it, so one that
            // is lost is lost with nothing in it; and it is empty when it is removed.
            Operation::CreateDirectory(_)
            | Operation::RemoveDirectory(_)
            | Operation::Preallocate { .. } => return,
            Operation::CreateFile(path) => Step::Create(path.into()),
            Operation::Write {
                path,
                offset,
                bytes,
            } => Step::Write(path.into(), offset, bytes.into()),
            Operation::Truncate { path, length } => Step::Truncate(path.into(), length),
            Operation::Sync(path) => Step::Sync(path.into()),
            Operation::SyncDirectory(path) => Step::SyncDirectory(path.into()),
            Operation::Rename { from, to } => Step::Rename(from.into(), to.into()),
            Operation::Remove(path) => Step::Remove(path.into()),
        };
        self.0.lock().unwrap().push(step);
    }
}

/// Writes down every durable operation, and has the next sync of a file or of those in a directory fail
/// when it is told to.
pub struct FailingSync<M> {
    below: PathBuf,
    recorder: Arc<Recorder<M>>,
    fails: AtomicBool,
}

impl<M> FailingSync<M> {
    pub fn below(path: &Path, recorder: &Arc<Recorder<M>>) -> Self {
        Self {
            below: path.to_owned(),
            recorder: Arc::clone(recorder),
            fails: AtomicBool::new(false),
        }
    }

    pub fn fail_next(&self) {
        self.fails.store(true, Ordering::SeqCst);
    }
}

impl<M: Clone + Send + 'static> Tap for FailingSync<M> {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        if let Operation::Sync(path) = operation
            && path.starts_with(&self.below)
            && self.fails.swap(false, Ordering::SeqCst)
        {
            self.recorder.record(Step::FailedSync(path.to_path_buf()));
            return Verdict::Fail(std::io::Error::from_raw_os_error(5));
        }
        self.recorder.before(operation)
    }

    fn after(&self, operation: &Operation<'_>) {
        self.recorder.after(operation);
    }
}

type Inode = usize;
/// The files of a directory tree, by name.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Debug, Clone)]
enum NameChange {
    Link(PathBuf, Inode),
    Rename(PathBuf, PathBuf, Inode),
    Unlink(PathBuf),
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

/// The disk while the recording is played back.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    stable_names: BTreeMap<PathBuf, Inode>,
    live_names: BTreeMap<PathBuf, Inode>,
    pending_names: Vec<NameChange>,
    stable: Vec<Vec<u8>>,
    /// What a reader sees as long as the power is on.
    live: Vec<Vec<u8>>,
    pending: Vec<Vec<Change>>,
    /// The names that were taken away, by which whoever has the file open still calls it.
    unlinked: BTreeSet<PathBuf>,
}

impl Disk {
    /// A disk on which these files are stable.
    pub fn holding(files: Files) -> Self {
        let mut disk = Self::default();
        for (path, bytes) in files {
            disk.stable_names.insert(path.clone(), disk.stable.len());
            disk.live_names.insert(path, disk.stable.len());
            disk.live.push(bytes.clone());
            disk.stable.push(bytes);
            disk.pending.push(Vec::new());
        }
        disk
    }

    pub fn play<M>(&mut self, step: &Step<M>) {
        match step {
            Step::Told(_) => {}
            Step::Create(path) => {
                let inode = self.stable.len();
                self.unlinked.remove(path);
                self.stable.push(Vec::new());
                self.live.push(Vec::new());
                self.pending.push(Vec::new());
                self.live_names.insert(path.clone(), inode);
                self.pending_names
                    .push(NameChange::Link(path.clone(), inode));
            }
            Step::Write(path, offset, bytes) => {
                self.change(path, Change::Write(*offset, bytes.clone()));
            }
            // Room is given back once another file takes the frames, and by then the rows of this one
            // may have been sealed, and the file removed. Nobody finds what has no name.
            Step::Truncate(path, _) if self.unlinked.contains(path) => {}
            Step::Truncate(path, length) => {
                self.change(path, Change::Truncate(*length));
            }
            Step::Sync(path) => {
                let inode = self.live_names[path];
                for change in std::mem::take(&mut self.pending[inode]) {
                    change.apply(&mut self.stable[inode]);
                }
            }
            Step::FailedSync(path) => self.pending[self.live_names[path]].clear(),
            Step::SyncDirectory(directory) => {
                let (synced, left) = std::mem::take(&mut self.pending_names)
                    .into_iter()
                    .partition(|change| change.path().parent() == Some(directory));
                self.pending_names = left;
                let _: &Vec<_> = &synced;
                for change in synced {
                    change.apply(&mut self.stable_names);
                }
            }
            Step::Rename(from, to) => {
                let inode = self.live_names.remove(from).unwrap();
                self.live_names.insert(to.clone(), inode);
                self.unlinked.remove(to);
                self.pending_names
                    .push(NameChange::Rename(from.clone(), to.clone(), inode));
            }
            Step::Remove(path) => {
                self.live_names.remove(path);
                self.unlinked.insert(path.clone());
                self.pending_names.push(NameChange::Unlink(path.clone()));
            }
        }
    }

    fn change(&mut self, path: &Path, change: Change) {
        let Some(&inode) = self.live_names.get(path) else {
            panic!("{} is not there to be changed: {change:?}", path.display());
        };
        change.apply(&mut self.live[inode]);
        self.pending[inode].push(change);
    }

    /// What is found when only the process was killed.
    pub fn after_kill(&self) -> Files {
        let bytes = |inode: &Inode| self.live[*inode].clone();
        self.live_names
            .iter()
            .map(|(path, inode)| (path.clone(), bytes(inode)))
            .collect()
    }

    /// Every state that the disk may legally be found in now.
    pub fn after_power_cut(&self) -> BTreeSet<Files> {
        let mut states = BTreeSet::new();
        for names in self.possible_names() {
            let named = self.named_segments(&names);
            let together = |path: &Path| is_level_file(path) || is_unnamed(path, &named);
            let mut partial = vec![Files::new()];
            for (path, inode) in &names {
                if together(path) {
                    continue;
                }
                let contents = self.possible_contents(*inode);
                partial = partial
                    .iter()
                    .flat_map(|files| {
                        contents.iter().map(|bytes| {
                            let mut files = files.clone();
                            files.insert(path.clone(), bytes.clone());
                            files
                        })
                    })
                    .collect();
                assert!(
                    partial.len() <= 4096,
                    "too many states at {}",
                    path.display()
                );
            }
            for files in partial {
                for choice in 0..3 {
                    let mut files = files.clone();
                    for (path, inode) in names.iter().filter(|(path, _)| together(path)) {
                        files.insert(path.clone(), self.content_together(*inode, choice));
                    }
                    states.insert(files);
                }
            }
        }
        states
    }

    fn possible_names(&self) -> BTreeSet<BTreeMap<PathBuf, Inode>> {
        assert!(self.pending_names.len() <= 10);
        (0..1_u32 << self.pending_names.len())
            .map(|chosen| {
                let mut names = self.stable_names.clone();
                for (number, change) in self.pending_names.iter().enumerate() {
                    if chosen >> number & 1 == 1 {
                        change.apply(&mut names);
                    }
                }
                names
            })
            .collect()
    }

    /// The folders that the manifest names, in any state that it may be found in.
    fn named_segments(&self, names: &BTreeMap<PathBuf, Inode>) -> BTreeSet<PathBuf> {
        let manifest = names.get(Path::new("segments/manifest"));
        let contents = manifest.map(|inode| self.possible_contents(*inode));
        let contents = contents.into_iter().flatten();
        contents
            .flat_map(|manifest| named_segments(&manifest))
            .collect()
    }

    fn possible_contents(&self, inode: Inode) -> BTreeSet<Vec<u8>> {
        let mut contents = BTreeSet::from([self.stable[inode].clone()]);
        for change in &self.pending[inode] {
            // Left out, or in one of its forms: on top of each state so far.
            let grown: Vec<_> = contents
                .iter()
                .flat_map(|content| change.possible(content))
                .collect();
            contents.extend(grown);
        }
        contents
    }

    fn content_together(&self, inode: Inode, choice: u8) -> Vec<u8> {
        let mut content = self.stable[inode].clone();
        for change in &self.pending[inode] {
            match (choice, change) {
                (0, _) => {}
                (1, _) => change.apply(&mut content),
                (_, Change::Write(offset, bytes)) => {
                    Change::Write(*offset, vec![0; bytes.len()]).apply(&mut content);
                }
                (_, Change::Truncate(_)) => change.apply(&mut content),
            }
        }
        content
    }
}

impl NameChange {
    fn path(&self) -> &Path {
        match self {
            Self::Link(path, _) | Self::Unlink(path) => path,
            Self::Rename(_, to, _) => to,
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Inode>) {
        match self {
            Self::Link(path, inode) => {
                names.insert(path.clone(), *inode);
            }
            Self::Rename(from, to, inode) => {
                // It is this file that took the name, whatever the old name stands for by then.
                if names.get(from) == Some(inode) {
                    names.remove(from);
                }
                names.insert(to.clone(), *inode);
            }
            Self::Unlink(path) => {
                names.remove(path);
            }
        }
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => {
                let start = usize::try_from(*offset).unwrap();
                let end = start + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[start..end].copy_from_slice(bytes);
            }
            Self::Truncate(length) => content.resize(usize::try_from(*length).unwrap(), 0),
        }
    }

    /// The states that a file of this content may be found in with the change unsynced, other than
    /// as it was: each part of a write may be there or not. Where a part is not, there is what was
    /// there before, and zeros where the file had nothing.
    fn possible(&self, content: &[u8]) -> Vec<Vec<u8>> {
        let Self::Write(offset, bytes) = self else {
            let mut truncated = content.to_vec();
            self.apply(&mut truncated);
            return vec![truncated];
        };
        let start = usize::try_from(*offset).unwrap();
        let half = bytes.len() / 2;
        let most = bytes.len() - usize::from(!bytes.is_empty());
        // Which bytes of the write are there, and how far the file's size has got.
        [
            (0..bytes.len(), bytes.len()),
            (0..0, bytes.len()),
            (0..half, half),
            (0..most, most),
            (0..half, bytes.len()),
            (half..bytes.len(), bytes.len()),
        ]
        .map(|(there, length)| {
            let mut found = content.to_vec();
            found.resize(found.len().max(start + length), 0);
            found[start + there.start..start + there.end].copy_from_slice(&bytes[there]);
            found
        })
        .to_vec()
    }
}

fn is_level_file(path: &Path) -> bool {
    path.starts_with("log") && path.file_name().is_some_and(|name| name.len() == 1)
}

/// In the folder of a segment that is none yet, or no longer.
fn is_unnamed(path: &Path, named: &BTreeSet<PathBuf>) -> bool {
    let folder = path
        .parent()
        .filter(|folder| folder.parent() == Some(Path::new("segments")));
    folder.is_some_and(|folder| !named.contains(folder))
}

/// The folders of the segments that a manifest names; none if it is not whole.
pub fn named_segments(manifest: &[u8]) -> Vec<PathBuf> {
    let first_line = manifest
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(first_line) else {
        return Vec::new();
    };
    let folder = |segment: &serde_json::Value| {
        let [first, rows, generation] = ["first_position", "rows", "generation"]
            .map(|member| segment[member].as_u64().unwrap());
        PathBuf::from(format!("segments/{first:016x}-{rows:08x}-{generation:08x}"))
    };
    manifest["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(folder)
        .collect()
}

pub fn read_files(directory: &Path) -> Files {
    let mut files = Files::new();
    collect(directory, directory, &mut files);
    files
}

fn collect(root: &Path, directory: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(root, &entry.path(), files);
        } else {
            let path = entry.path().strip_prefix(root).unwrap().to_owned();
            files.insert(path, std::fs::read(entry.path()).unwrap());
        }
    }
}

pub fn write_files(directory: &Path, files: &Files) {
    for (path, bytes) in files {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}
