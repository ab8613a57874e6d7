//! The organizations' Merkle logs: their trees, the hashes by tile level, their checkpoints.
//!
//! What must hold:
//!
//! - leaves enter a tree only after their frame is on stable storage;
//! - a checkpoint is signed only over such leaves, never smaller than the one before, and never
//!   with another root for a size that was signed before;
//! - the level files hold the hashes of a checkpoint before it is published; they are derived, so
//!   recovery compares them with what the WAL gives and puts them right.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;
use evident_ledger::checkpoint::{Checkpoint, CheckpointError};
use evident_ledger::note::{KeyError, SigningKey};
use evident_ledger::tree::Tree;
use evident_ledger::{HASH_BYTES, Hash};

use crate::checkpoints::{CheckpointStore, CheckpointStoreError, FileCheckpoints};
use crate::durable::{Durable, DurableError, FileMode};
use crate::layout;

/// Tile levels that a tree of 2^64 leaves has.
const LEVELS: usize = evident_ledger::tile::MAX_LEVELS as usize;

/// Why a log could not be opened, made or published.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A write failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// The checkpoint could not be read or swapped.
    #[error(transparent)]
    Checkpoints(#[from] CheckpointStoreError),
    /// A file could not be read.
    #[error("could not read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The signing key is not one.
    #[error("the signing key of {organization_id} cannot be used: {source}; restore its file")]
    Key {
        /// The organization.
        organization_id: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The checkpoint is not one, or is not signed by the log's key.
    #[error("the published checkpoint of {organization_id} does not hold: {source}")]
    Checkpoint {
        /// The organization.
        organization_id: String,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// The log is not what its published checkpoint says.
    #[error("the log of {organization_id} contradicts its published checkpoint: {what}")]
    Contradiction {
        /// The organization.
        organization_id: String,
        /// How.
        what: String,
    },
    /// A log's files cannot be used, so nothing is signed.
    #[error("{0}")]
    Broken(String),
    /// The organization has a log already.
    #[error("the organization {0} has a log already")]
    Exists(String),
    /// The store has stopped, so nothing is signed.
    #[error("no log can be made: {0}")]
    Stopped(String),
    /// The organization's id, or the name of its key, cannot be used.
    #[error("{0}")]
    Name(String),
}

impl LogError {
    pub(crate) fn is_no_space(&self) -> bool {
        match self {
            Self::Durable(error) | Self::Checkpoints(CheckpointStoreError::Durable(error)) => {
                error.is_no_space()
            }
            _ => false,
        }
    }
}

/// All logs of this store.
pub struct Logs {
    durable: Durable,
    checkpoints: FileCheckpoints,
    by_organization: RwLock<HashMap<Arc<str>, Arc<Log>>>,
    /// What is wrong with the logs that could not be opened. Their events can still be read.
    broken: BTreeMap<String, String>,
}

impl Logs {
    /// The logs as their key files and checkpoints name them; their trees are still empty.
    pub(crate) fn open(durable: &Durable) -> Result<Self, LogError> {
        let mut logs = Self {
            durable: durable.clone(),
            checkpoints: FileCheckpoints::new(durable),
            by_organization: RwLock::new(HashMap::new()),
            broken: BTreeMap::new(),
        };
        for organization_id in key_names(durable)? {
            match logs.open_one(&organization_id) {
                Ok(log) => logs.insert(log),
                Err(error) => {
                    logs.broken.insert(organization_id, error.to_string());
                }
            }
        }
        Ok(logs)
    }

    /// Makes the names of the logs' files durable.
    pub(crate) fn sync_names(&self) -> Result<(), DurableError> {
        for log in self.all() {
            let directory = layout::log_directory(&log.organization_id);
            if self.durable.path(&directory).is_dir() {
                self.durable.sync_directory(&directory)?;
            }
        }
        Ok(())
    }

    /// Whether the organization has a log that could not be opened.
    pub(crate) fn is_broken(&self, organization_id: &str) -> bool {
        self.broken.contains_key(organization_id)
    }

    fn open_one(&self, organization_id: &str) -> Result<Log, LogError> {
        let path = self.durable.path(&layout::key_file(organization_id));
        let text = std::fs::read_to_string(&path).map_err(|source| LogError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        let key = SigningKey::from_text(text.trim_end()).map_err(|source| LogError::Key {
            organization_id: organization_id.to_owned(),
            source,
        })?;
        let published = match self.checkpoints.read(organization_id)? {
            None => None,
            Some(bytes) => {
                let checkpoint = Checkpoint::open(&bytes, key.verifier()).map_err(|source| {
                    LogError::Checkpoint {
                        organization_id: organization_id.to_owned(),
                        source,
                    }
                })?;
                Some(Published::new(&checkpoint, Bytes::from(bytes)))
            }
        };
        Ok(Log::new(organization_id, key, published))
    }

    /// Makes a log: its key and its checkpoint of size 0 are durable when this returns.
    pub(crate) fn create(&self, organization_id: &str, key: SigningKey) -> Result<(), LogError> {
        if !layout::is_organization_id(organization_id) {
            return Err(LogError::Name(format!(
                "the organization id {organization_id:?} cannot name a log: use up to {} letters, \
                 digits, _ and -",
                layout::MAX_ORGANIZATION_ID_BYTES
            )));
        }
        if key.name().rsplit('/').next() != Some(organization_id) {
            return Err(LogError::Name(format!(
                "the key is named {}, and must be named <instance>/{organization_id}",
                key.name()
            )));
        }
        if self.get(organization_id).is_some() || self.is_broken(organization_id) {
            return Err(LogError::Exists(organization_id.to_owned()));
        }
        let mut text = key.to_text();
        text.push('\n');
        let path = layout::key_file(organization_id);
        self.durable
            .create_whole(&path, text.as_bytes(), FileMode::Secret)?;
        let log = Log::new(organization_id, key, None);
        self.publish(&log)?;
        self.insert(log);
        Ok(())
    }

    fn insert(&self, log: Log) {
        self.by_organization
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(Arc::clone(&log.organization_id), Arc::new(log));
    }

    /// The organization's log.
    pub fn get(&self, organization_id: &str) -> Option<Arc<Log>> {
        self.by_organization
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(organization_id)
            .cloned()
    }

    /// All logs.
    pub fn all(&self) -> Vec<Arc<Log>> {
        self.by_organization
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Writes the log's new hashes to its level files, then signs and publishes its head, if it
    /// has grown since it was last published. Says whether it did.
    pub(crate) fn publish(&self, log: &Log) -> Result<bool, LogError> {
        // Held throughout: one publisher at a time, and the level files in order.
        let mut levels = lock(&log.levels);
        let (size, root, unwritten) = {
            let mut growth = lock(&log.growth);
            let unwritten = std::mem::take(&mut growth.unwritten);
            (growth.tree.size(), growth.tree.root(), unwritten)
        };
        levels.take(unwritten);
        self.durable
            .ensure_directory(&layout::log_directory(&log.organization_id))?;
        levels.write(&self.durable, &log.organization_id)?;
        let known = log.published();
        log.confirm(known.as_ref(), size, root)?;
        if known.as_ref().is_some_and(|known| known.size == size) {
            return Ok(false);
        }
        let checkpoint = Checkpoint::new(log.key.name(), size, root);
        let note = checkpoint
            .sign(&log.key)
            .map_err(|source| LogError::Checkpoint {
                organization_id: log.organization_id.to_string(),
                source,
            })?;
        let note = Bytes::from(note);
        self.checkpoints.compare_and_swap(
            &log.organization_id,
            known.as_ref().map(|known| &known.note[..]),
            &note,
        )?;
        *log.published
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Published::new(&checkpoint, note));
        Ok(true)
    }

    /// In recovery: lets go of the hashes that the level files have already. What differs is kept
    /// and written only once all is checked: it may be the level file that is right.
    pub(crate) fn compare_levels(&self) {
        for log in self.all() {
            let mut levels = lock(&log.levels);
            levels.take(std::mem::take(&mut lock(&log.growth).unwritten));
            levels.compare(&self.durable, &log.organization_id);
        }
    }

    /// After the WAL has been replayed: every log could be opened, and every published leaf is
    /// there. (That the roots are the published ones was checked on the way.)
    pub(crate) fn check_recovered(&self) -> Result<(), LogError> {
        if let Some(reason) = self.broken.values().next() {
            return Err(LogError::Broken(reason.clone()));
        }
        for log in self.all() {
            let (size, root) = {
                let growth = lock(&log.growth);
                (growth.tree.size(), growth.tree.root())
            };
            match log.published() {
                None if size > 0 => {
                    return Err(log.contradiction(format!(
                        "{size} leaves are there and no checkpoint, which every log has from its \
                         creation"
                    )));
                }
                published => log.confirm(published.as_ref(), size, root)?,
            }
        }
        Ok(())
    }

    /// Publishes what is durable and not yet signed, and puts the level files right.
    pub(crate) fn publish_recovered(&self) -> Result<(), LogError> {
        self.all()
            .iter()
            .try_for_each(|log| self.publish(log).map(drop))
    }
}

/// The names of the files that hold keys: the organizations' ids.
fn key_names(durable: &Durable) -> Result<Vec<String>, LogError> {
    let path = durable.path(layout::KEYS.as_ref());
    let unreadable = |source| LogError::Unreadable {
        path: path.display().to_string(),
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        // A name that is not an id is a key that a crash left unfinished: no log relies on it.
        if let Some(id) = name.to_str().filter(|id| layout::is_organization_id(id)) {
            names.push(id.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// A published checkpoint.
#[derive(Debug, Clone)]
pub struct Published {
    /// How many leaves it covers.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// The signed note, as served.
    pub note: Bytes,
}

impl Published {
    fn new(checkpoint: &Checkpoint, note: Bytes) -> Self {
        Self {
            size: checkpoint.size,
            root: checkpoint.root,
            note,
        }
    }
}

/// One organization's log.
pub struct Log {
    organization_id: Arc<str>,
    key: SigningKey,
    growth: Mutex<Growth>,
    levels: Mutex<LevelFiles>,
    published: RwLock<Option<Published>>,
}

struct Growth {
    tree: Tree,
    unwritten: Vec<(u8, Hash)>,
}

impl Log {
    fn new(organization_id: &str, key: SigningKey, published: Option<Published>) -> Self {
        Self {
            organization_id: organization_id.into(),
            key,
            growth: Mutex::new(Growth {
                tree: Tree::new(),
                unwritten: Vec::new(),
            }),
            levels: Mutex::new(LevelFiles::default()),
            published: RwLock::new(published),
        }
    }

    /// The log's name towards the outside.
    pub fn origin(&self) -> &str {
        self.key.name()
    }

    /// The key that its checkpoints are checked with.
    pub fn verifier_key(&self) -> String {
        self.key.verifier_key()
    }

    /// The newest published checkpoint.
    pub fn published(&self) -> Option<Published> {
        self.published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        lock(&self.growth).tree.size()
    }

    /// It has leaves that no checkpoint covers.
    pub(crate) fn has_unpublished(&self) -> bool {
        let size = self.size();
        self.published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_none_or(|published| published.size != size)
    }

    /// Takes leaves that are on stable storage. In recovery this meets the published size on its
    /// way, and the root there must be the published one.
    pub(crate) fn append(&self, leaves: impl Iterator<Item = Hash>) -> Result<(), LogError> {
        let published = self.published();
        let mut growth = lock(&self.growth);
        let Growth { tree, unwritten } = &mut *growth;
        for leaf in leaves {
            tree.append(leaf, &mut |level, _, hash| unwritten.push((level, hash)));
            if let Some(published) = &published
                && published.size == tree.size()
                && published.root != tree.root()
            {
                return Err(self.contradiction(format!(
                    "the first {} leaves have another root",
                    published.size
                )));
            }
        }
        Ok(())
    }

    /// Refuses a head that is smaller than the published one, or another root of its size.
    fn confirm(&self, known: Option<&Published>, size: u64, root: Hash) -> Result<(), LogError> {
        match known {
            Some(known) if known.size > size => Err(self.contradiction(format!(
                "{} leaves were published and {size} are there",
                known.size
            ))),
            Some(known) if known.size == size && known.root != root => {
                Err(self.contradiction(format!("two roots at size {size}")))
            }
            _ => Ok(()),
        }
    }

    fn contradiction(&self, what: String) -> LogError {
        LogError::Contradiction {
            organization_id: self.organization_id.to_string(),
            what,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The hashes on their way to the level files.
#[derive(Default)]
struct LevelFiles {
    /// By level: how many hashes the file holds that this process has written or compared.
    written: [u64; LEVELS],
    /// By level: the bytes of the hashes that follow.
    unwritten: [Vec<u8>; LEVELS],
}

impl LevelFiles {
    fn take(&mut self, hashes: Vec<(u8, Hash)>) {
        for (level, hash) in hashes {
            if let Some(bytes) = self.unwritten.get_mut(usize::from(level)) {
                bytes.extend_from_slice(&hash.0);
            }
        }
    }

    /// Lets go of the hashes that the files hold already, as they mostly do in recovery.
    fn compare(&mut self, durable: &Durable, organization_id: &str) {
        for (level, (written, unwritten)) in self.each() {
            let path = layout::level_file(organization_id, level);
            let offset = *written * HASH_BYTES as u64;
            if !unwritten.is_empty() && file_holds(durable, &path, offset, unwritten) {
                *written += (unwritten.len() / HASH_BYTES) as u64;
                *unwritten = Vec::new();
            }
        }
    }

    /// Brings the files up to date. What failed is still there for the next time.
    fn write(&mut self, durable: &Durable, organization_id: &str) -> Result<(), DurableError> {
        for (level, (written, unwritten)) in self.each() {
            if unwritten.is_empty() {
                continue;
            }
            let path = layout::level_file(organization_id, level);
            let offset = *written * HASH_BYTES as u64;
            let mut file = durable.open_derived(&path)?;
            if file.length()? > offset {
                tracing::warn!(
                    file = %durable.path(&path).display(),
                    offset,
                    bytes = unwritten.len(),
                    "a file of hashes differs from what its events give; putting it right"
                );
            }
            file.write_at(offset, unwritten)?;
            *written += (unwritten.len() / HASH_BYTES) as u64;
            *unwritten = Vec::new();
        }
        Ok(())
    }

    fn each(&mut self) -> impl Iterator<Item = (u8, (&mut u64, &mut Vec<u8>))> {
        (0..).zip(self.written.iter_mut().zip(&mut self.unwritten))
    }
}

/// Whether a file has these bytes.
fn file_holds(durable: &Durable, path: &std::path::Path, offset: u64, bytes: &[u8]) -> bool {
    let mut stored = vec![0; bytes.len()];
    File::open(durable.path(path))
        .and_then(|file| file.read_exact_at(&mut stored, offset))
        .is_ok_and(|()| stored == bytes)
}
