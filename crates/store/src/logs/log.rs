//! One organization's log: its tree, and what of it is published.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use evident_ledger::Hash;
use evident_ledger::checkpoint::{Checkpoint, CheckpointError};
use evident_ledger::note::SigningKey;
use evident_ledger::tree::{Tree, root_at};
use tokio::sync::watch;

use super::hash_files::HashFiles;
use super::heads::{Heads, OpenedHeads, open_history};
use super::level_files::LevelFiles;
use super::{LogError, lock};
use crate::durable::Durable;
use crate::layout;
use crate::proofs::PastHead;

/// A published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// How many leaves it covers.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// The signed note, as served.
    pub note: Bytes,
}

impl Published {
    pub(super) fn new(checkpoint: &Checkpoint, note: Bytes) -> Self {
        Self {
            size: checkpoint.size,
            root: checkpoint.root,
            note,
        }
    }
}

/// One organization's log.
pub struct Log {
    pub(super) organization_id: Arc<str>,
    pub(super) key: SigningKey,
    pub(super) growth: Mutex<Growth>,
    pub(super) levels: Mutex<LevelFiles>,
    /// How far publishing has come: what is signed, changed by whoever holds the levels; what is in
    /// place, by whoever shows; and what the anchor has, by whoever asks it.
    pub(super) heads: Mutex<Heads>,
    /// Held while a head is shown.
    pub(super) showing: Mutex<()>,
    /// Held while the anchor is asked about this log.
    pub(super) anchoring: Mutex<()>,
    /// The head that is shown.
    pub(super) shown: watch::Sender<Option<Published>>,
    /// How many leaves have their hashes on stable storage in the level files.
    pub(super) settled: AtomicU64,
    durable: Durable,
    /// Why it could not be resumed. Its tree is wrong then, and nothing more is done with it.
    fault: OnceLock<String>,
}

pub(super) struct Growth {
    pub(super) tree: Tree,
    pub(super) unwritten: Vec<(u8, Hash)>,
}

impl Log {
    pub(super) fn new(
        durable: &Durable,
        organization_id: &str,
        key: SigningKey,
        opened: OpenedHeads,
    ) -> Self {
        Self {
            organization_id: organization_id.into(),
            key,
            growth: Mutex::new(Growth {
                tree: Tree::new(),
                unwritten: Vec::new(),
            }),
            levels: Mutex::new(LevelFiles::default()),
            heads: Mutex::new(opened.heads),
            showing: Mutex::new(()),
            anchoring: Mutex::new(()),
            shown: watch::Sender::new(opened.shown),
            settled: AtomicU64::new(0),
            durable: durable.clone(),
            fault: OnceLock::new(),
        }
    }

    /// Goes on behind the first `size` leaves.
    pub(super) fn resume(&self, size: u64) -> Result<(), LogError> {
        let resumed = self.resume_from_files(size);
        if let Err(error) = &resumed {
            let _ = self.fault.set(error.to_string());
        }
        resumed
    }

    fn resume_from_files(&self, size: u64) -> Result<(), LogError> {
        // Opened for this alone: there may be more logs than files may be open.
        let hashes = HashFiles::new(&self.durable, &self.organization_id);
        hashes.check_lengths(size)?;
        let tree = Tree::resume(size, &hashes)?;
        for head in self.known_heads() {
            if head.size <= size && head.root != root_at(head.size, &hashes)? {
                return Err(self.other_root(head.size));
            }
        }
        *lock(&self.levels) = LevelFiles::holding(size);
        *lock(&self.growth) = Growth {
            tree,
            unwritten: Vec::new(),
        };
        self.settled.store(size, Ordering::Release);
        Ok(())
    }

    /// Why the log could not be resumed, if so.
    pub(super) fn fault(&self) -> Option<String> {
        self.fault.get().cloned()
    }

    /// The leaf hashes of these indexes, which must be settled. Blocks on the disk.
    #[cfg(test)]
    pub(crate) fn leaf_hashes(&self, indexes: std::ops::Range<u64>) -> Result<Vec<Hash>, LogError> {
        let settled = self.settled.load(Ordering::Acquire);
        HashFiles::new(&self.durable, &self.organization_id).leaves(indexes, settled)
    }

    /// The leaf hash of one index, which must be settled. Blocks on the disk.
    #[cfg(test)]
    pub(crate) fn read_leaf(&self, index: u64) -> Result<Hash, LogError> {
        let settled = self.settled.load(Ordering::Acquire);
        HashFiles::new(&self.durable, &self.organization_id).leaf(index, settled)
    }

    /// Whose log it is.
    pub(crate) fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// The kept checkpoints below a size, the newest first. Blocks on the disk.
    pub(crate) fn past_heads(&self, before: u64, limit: usize) -> Result<Vec<PastHead>, LogError> {
        let records = lock(&self.heads).records;
        let history = open_history(&self.durable, &self.organization_id)?;
        let unreadable = |source| LogError::Unreadable {
            path: layout::history_file(&self.organization_id)
                .display()
                .to_string(),
            source,
        };
        let end = history.count_below(before, records).map_err(unreadable)?;
        let start = end.saturating_sub(limit as u64);
        let read = |number| {
            let record = history.read_whole(number).map_err(unreadable)?;
            Ok(PastHead {
                size: record.size,
                root: record.root,
                signed_at_micros: record.signed_at_micros,
                note: record.note(self.key.verifier()),
            })
        };
        (start..end).rev().map(read).collect()
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
        self.shown.borrow().clone()
    }

    /// The newest published checkpoint, to be waited for.
    pub(crate) fn watch_published(&self) -> watch::Receiver<Option<Published>> {
        self.shown.subscribe()
    }

    /// How many leaves the last head has that was signed and kept.
    pub(crate) fn signed_size(&self) -> Option<u64> {
        let heads = lock(&self.heads);
        let signed = heads.signed.as_ref().filter(|_| heads.is_kept);
        signed.map(|head| head.size)
    }

    /// The heads that leaves must lead to: what was shown, and what was signed if that is another.
    pub(super) fn known_heads(&self) -> Vec<Published> {
        let signed = lock(&self.heads).signed.clone();
        let shown = self
            .published()
            .filter(|shown| Some(shown) != signed.as_ref());
        shown.into_iter().chain(signed).collect()
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        lock(&self.growth).tree.size()
    }

    /// It has leaves that no checkpoint covers.
    pub(crate) fn has_unpublished(&self) -> bool {
        let size = self.size();
        let shown = self.shown.borrow();
        shown.as_ref().is_none_or(|shown| shown.size != size)
    }

    /// Takes leaves that are on stable storage. In recovery this meets the published size on its
    /// way, and the root there must be the published one.
    pub(crate) fn append(&self, leaves: impl Iterator<Item = Hash>) -> Result<(), LogError> {
        if self.fault.get().is_some() {
            return Ok(());
        }
        let known = self.known_heads();
        let mut growth = lock(&self.growth);
        let Growth { tree, unwritten } = &mut *growth;
        for leaf in leaves {
            tree.append(leaf, &mut |level, _, hash| unwritten.push((level, hash)));
            for head in &known {
                if head.size == tree.size() && head.root != tree.root() {
                    return Err(self.other_root(head.size));
                }
            }
        }
        Ok(())
    }

    /// Refuses a head that is smaller than the published one, or another root of its size.
    pub(super) fn confirm(
        &self,
        known: Option<&Published>,
        size: u64,
        root: Hash,
    ) -> Result<(), LogError> {
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

    fn other_root(&self, size: u64) -> LogError {
        self.contradiction(format!("the first {size} leaves have another root"))
    }

    /// The checkpoint that cannot be signed or trusted.
    pub(super) fn refused(&self, source: CheckpointError) -> LogError {
        LogError::Checkpoint {
            organization_id: self.organization_id.to_string(),
            source,
        }
    }

    pub(super) fn contradiction(&self, what: String) -> LogError {
        LogError::Contradiction {
            organization_id: self.organization_id.to_string(),
            what,
        }
    }
}
