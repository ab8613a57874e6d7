//! The organizations' Merkle logs: their trees, the hashes by tile level, their checkpoints.
//!
//! What must hold:
//!
//! - leaves enter a tree only after their frame is on stable storage;
//! - a checkpoint is signed only over such leaves, never smaller than the one before, and never
//!   with another root for a size that was signed before;
//! - the level files hold the hashes of a checkpoint before it is published; what the WAL gives
//!   again is compared with them in recovery and put right;
//! - the hashes of rows that leave the WAL are on stable storage before that.

mod anchoring;
mod error;
mod hash_files;
mod heads;
pub(crate) mod history;
mod level_files;
mod log;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use evident_ledger::note::SigningKey;

use self::heads::OpenedHeads;
use crate::anchor::{Anchor, AnchorPlace};
use crate::checkpoints::FileCheckpoints;
use crate::durable::{Durable, DurableError, FileMode};
use crate::layout;

pub use error::LogError;
pub(crate) use hash_files::HashFiles;
pub use log::{Log, Published};

/// All logs of this store.
pub struct Logs {
    durable: Durable,
    checkpoints: FileCheckpoints,
    by_organization: RwLock<HashMap<Arc<str>, Arc<Log>>>,
    /// What is wrong with the logs that could not be opened. Their events can still be read.
    broken: BTreeMap<String, String>,
    /// The place outside that remembers their heads, if there is one; or why it cannot be used.
    anchor: Result<Option<Anchor>, String>,
}

impl Logs {
    /// The logs as their key files and checkpoints name them; their trees are still empty.
    pub(crate) fn open(durable: &Durable, anchor: Option<&AnchorPlace>) -> Result<Self, LogError> {
        let anchor = anchor.map(Anchor::open).transpose();
        let mut logs = Self {
            anchor: anchor.map_err(|error| error.to_string()),
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
        self.opened(organization_id, key)
    }

    fn opened(&self, organization_id: &str, key: SigningKey) -> Result<Log, LogError> {
        let opened = OpenedHeads::read(&self.durable, &self.checkpoints, organization_id, &key)?;
        Ok(Log::new(&self.durable, organization_id, key, opened))
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
        self.check_new(organization_id)?;
        let mut text = key.to_text();
        text.push('\n');
        let path = layout::key_file(organization_id);
        self.durable
            .create_whole(&path, text.as_bytes(), FileMode::Secret)?;
        let log = self.opened(organization_id, key)?;
        self.sign(&log)?;
        match self.publish(&log) {
            // Its head is shown once the anchor has it.
            Err(LogError::Anchor(reason)) => {
                tracing::warn!(reason, organization_id, "not anchored")
            }
            published => drop(published?),
        }
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

    /// In recovery: lets the log go on behind its first `size` leaves, whose hashes are in the level
    /// files. Where that fails, the log takes its further leaves without an effect, so that their
    /// events can be read, and [`Logs::check_recovered`] tells the same error again.
    ///
    /// The bytes of level files have no checksums. A published checkpoint of at least `size` leaves
    /// vouches for every hash that is used here: its root comes out, here or once the leaves up to
    /// its size have followed, only if they are right. An older checkpoint vouches for the leaves
    /// that it covers alone, so rows should not leave the WAL before a checkpoint covers them.
    pub(crate) fn resume(&self, organization_id: &str, size: u64) -> Result<(), LogError> {
        match self.get(organization_id) {
            Some(log) => log.resume(size),
            // It was told when the logs were opened, and is told again by `check_recovered`.
            None if self.is_broken(organization_id) => Ok(()),
            None => Err(LogError::Missing(organization_id.to_owned())),
        }
    }

    /// Brings the hashes of all leaves so far, and the names of their files, to stable storage; how
    /// many leaves these are. Nothing is signed. After an error of a sync the store must stop:
    /// what was to be kept may be lost, and another sync would not tell.
    pub(crate) fn settle(&self, organization_id: &str) -> Result<u64, LogError> {
        let log = self
            .get(organization_id)
            .ok_or_else(|| LogError::Missing(organization_id.to_owned()))?;
        if let Some(fault) = log.fault() {
            return Err(LogError::Broken(fault));
        }
        let mut levels = lock(&log.levels);
        levels.take(std::mem::take(&mut lock(&log.growth).unwritten));
        self.durable
            .ensure_directory(&layout::log_directory(organization_id))?;
        levels.write(&self.durable, organization_id)?;
        let leaves = levels.sync(&self.durable, organization_id)?;
        log.settled.store(leaves, Ordering::Release);
        Ok(leaves)
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
            if let Some(fault) = log.fault() {
                return Err(LogError::Broken(fault));
            }
            let (size, root) = {
                let growth = lock(&log.growth);
                (growth.tree.size(), growth.tree.root())
            };
            let known = log.known_heads();
            if known.is_empty() && size > 0 {
                return Err(log.contradiction(format!(
                    "{size} leaves are there and no checkpoint, which every log has from its \
                     creation"
                )));
            }
            for head in &known {
                log.confirm(Some(head), size, root)?;
            }
        }
        Ok(())
    }

    /// Publishes what is durable and not yet signed, and puts the level files right.
    pub(crate) fn publish_recovered(&self) -> Result<(), LogError> {
        let mut held_up = Ok(());
        for log in self.all() {
            match self.publish(&log) {
                Ok(_) => {}
                Err(error) if error.is_passing() => held_up = held_up.and(Err(error)),
                Err(error) => return Err(error),
            }
        }
        held_up
    }

    /// In recovery: whether a signed head vouches for the hashes of the first `size` leaves, which have
    /// no checksums and whose rows are in segments. Rows get there only under one.
    pub(crate) fn check_vouched(&self, organization_id: &str, size: u64) -> Result<(), LogError> {
        let Some(log) = self.get(organization_id) else {
            // It was told when the logs were opened.
            return Ok(());
        };
        match log.known_heads().iter().any(|head| head.size >= size) {
            true => Ok(()),
            false => Err(log.contradiction(format!(
                "{size} leaves are in segments, and none of its checkpoints covers them"
            ))),
        }
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
