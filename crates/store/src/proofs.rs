//! What an outsider needs to check a log without trusting it: tiles, entry bundles, proofs, and the
//! checkpoints that were published.
//!
//! What must hold:
//!
//! - nothing is shown that the newest published checkpoint does not cover;
//! - nothing is shown that does not lead to it: hashes carry no checksums, so each tile and proof is held
//!   against a root before it leaves, and each entry against its leaf;
//! - what is shown of a tree does not depend on what was removed of its events: only what opens their
//!   leaves is less, or gone.
//!
//! Everything is read where it does not hold up other tasks.

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod tiles;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use evident_ledger::Hash;
use evident_ledger::entry::{Entry, Opening, commitment};
use evident_ledger::proof::{self, ProofError};
use evident_ledger::tile::{TILE_WIDTH, Tile, TileKind, push_to_bundle};
use evident_ledger::tree::root_at;

use self::tiles::Tiles;
use crate::Store;
use crate::check::row::RowFacts;
use crate::durable::Durable;
use crate::index::embedded::{ByIndexError, EmbeddedIndex, NumberedRow};
use crate::logs::{Log, LogError, Logs, Published};
use crate::seeds::{SeedError, Seeds};
use crate::segment::rows::Line;
use crate::wal::group_of;

/// Most checkpoints that are told at once.
pub const MAX_PAST_HEADS: usize = 500;

/// Why nothing can be shown of a log.
#[derive(Debug, thiserror::Error)]
pub enum ProofsError {
    /// There is no such log.
    #[error("there is no such log")]
    NoLog,
    /// More was asked for than the newest checkpoint covers.
    #[error("the newest checkpoint covers {size} events: ask for what is below that")]
    NotCovered {
        /// The size of the newest checkpoint.
        size: u64,
    },
    /// The event was removed, and nothing that opens its leaf was left.
    #[error(
        "the events below index {first_index} were removed: ask for what is there from that index on"
    )]
    Removed {
        /// The index of the first event that left something.
        first_index: u64,
    },
    /// What is stored does not lead to the published root, or cannot be read.
    #[error("the log cannot be shown: {0}; stop the server and run `evident check`")]
    Failed(String),
}

impl From<LogError> for ProofsError {
    fn from(error: LogError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ByIndexError> for ProofsError {
    fn from(error: ByIndexError) -> Self {
        match error {
            ByIndexError::Removed { first_index } => Self::Removed { first_index },
            ByIndexError::Index(error) => Self::Failed(error.to_string()),
        }
    }
}

impl From<SeedError> for ProofsError {
    fn from(error: SeedError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ProofError> for ProofsError {
    fn from(error: ProofError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A checkpoint that was published once.
#[derive(Debug, Clone)]
pub struct PastHead {
    /// How many leaves it covers.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// When it was signed by the server's clock, in microseconds since 1970-01-01T00:00:00Z.
    pub signed_at_micros: i64,
    /// The signed note.
    pub note: String,
}

/// Where proofs are made.
pub(crate) struct Proofs {
    index: Arc<EmbeddedIndex>,
    logs: Arc<Logs>,
    seeds: Mutex<Seeds>,
}

impl Store {
    /// The newest published checkpoint of the organization's log.
    pub fn head(&self, organization_id: &str) -> Option<Published> {
        self.proofs.logs.get(organization_id)?.published()
    }

    /// The newest published checkpoint once it covers leaf `index`; `None` if none does by the deadline.
    pub async fn head_beyond(
        &self,
        organization_id: &str,
        index: u64,
        deadline: Instant,
    ) -> Result<Option<Published>, ProofsError> {
        let mut shown = self.proofs.log(organization_id)?.watch_published();
        let covers = |head: &Option<Published>| head.as_ref().is_some_and(|head| head.size > index);
        let head = tokio::time::timeout_at(deadline.into(), shown.wait_for(covers)).await;
        Ok(match head {
            Ok(Ok(head)) => head.clone(),
            // The log is never dropped while somebody has it.
            Ok(Err(_)) | Err(_) => None,
        })
    }

    /// The index below which no entries of a log are shown, as its events were removed. It only grows.
    pub fn minimum_index(&self, organization_id: &str) -> u64 {
        self.proofs.minimum_index(organization_id)
    }

    /// The bytes of a tile or entry bundle; `None` if the published tree has no such tile, or it is a
    /// bundle of entries that are not shown any more.
    pub async fn tile(
        &self,
        organization_id: &str,
        tile: Tile,
    ) -> Result<Option<Bytes>, ProofsError> {
        self.prove(organization_id, move |shown| shown.tile(tile))
            .await
    }

    /// What opens some leaves that a checkpoint covers. Of an event that was removed it is the entry alone.
    pub async fn openings(
        &self,
        organization_id: &str,
        indexes: Vec<u64>,
    ) -> Result<Vec<Opening>, ProofsError> {
        self.prove(organization_id, move |shown| shown.openings(&indexes))
            .await
    }

    /// The inclusion proofs of some leaves in the tree of the first `size` leaves, which a checkpoint
    /// covers.
    pub async fn inclusion(
        &self,
        organization_id: &str,
        indexes: Vec<u64>,
        size: u64,
    ) -> Result<Vec<Vec<Hash>>, ProofsError> {
        self.prove(organization_id, move |shown| {
            shown.inclusion(&indexes, size)
        })
        .await
    }

    /// The proof that the log of `sizes.end` leaves extends that of `sizes.start`. A checkpoint
    /// covers both.
    pub async fn consistency(
        &self,
        organization_id: &str,
        sizes: Range<u64>,
    ) -> Result<Vec<Hash>, ProofsError> {
        self.prove(organization_id, move |shown| {
            shown.consistency(sizes.start, sizes.end)
        })
        .await
    }

    /// The published checkpoints that are smaller than `before`, the newest first; at most
    /// [`MAX_PAST_HEADS`].
    pub async fn past_heads(
        &self,
        organization_id: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<PastHead>, ProofsError> {
        let limit = limit.min(MAX_PAST_HEADS);
        self.prove(organization_id, move |shown| {
            let end = shown.head.size.saturating_add(1);
            let before = before.unwrap_or(end).min(end);
            Ok(shown.log.past_heads(before, limit)?)
        })
        .await
    }

    /// The checkpoint that was published at a size, if there was one.
    pub async fn past_head(
        &self,
        organization_id: &str,
        size: u64,
    ) -> Result<Option<PastHead>, ProofsError> {
        self.prove(organization_id, move |shown| shown.past_head(size))
            .await
    }

    async fn prove<T: Send + 'static>(
        &self,
        organization_id: &str,
        prove: impl FnOnce(Shown<'_>) -> Result<T, ProofsError> + Send + 'static,
    ) -> Result<T, ProofsError> {
        let log = self.proofs.log(organization_id)?;
        let proofs = Arc::clone(&self.proofs);
        let work = move || {
            let head = log.published().ok_or(ProofsError::NotCovered { size: 0 })?;
            let proofs = &*proofs;
            prove(Shown {
                proofs,
                log: &log,
                head,
            })
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| ProofsError::Failed(error.to_string()))?
    }
}

impl Proofs {
    pub(crate) fn new(durable: &Durable, index: &Arc<EmbeddedIndex>, logs: &Arc<Logs>) -> Self {
        Self {
            index: Arc::clone(index),
            logs: Arc::clone(logs),
            seeds: Mutex::new(Seeds::new(durable)),
        }
    }

    fn minimum_index(&self, organization_id: &str) -> u64 {
        self.index.view().pruned(organization_id).minimum_index
    }

    fn log(&self, organization_id: &str) -> Result<Arc<Log>, ProofsError> {
        match self.logs.get(organization_id) {
            Some(log) => Ok(log),
            None if self.logs.is_broken(organization_id) => {
                let what = format!("the files of {organization_id} cannot be used");
                Err(ProofsError::Failed(what))
            }
            None => Err(ProofsError::NoLog),
        }
    }
}

/// A log as its newest checkpoint shows it.
struct Shown<'a> {
    proofs: &'a Proofs,
    log: &'a Log,
    head: Published,
}

impl Shown<'_> {
    fn tiles(&self, size: u64) -> Result<Tiles, ProofsError> {
        if size > self.head.size {
            return Err(ProofsError::NotCovered {
                size: self.head.size,
            });
        }
        let files = self.proofs.index.hashes(self.log.organization_id());
        Ok(Tiles::new(files, size))
    }

    fn tile(&self, tile: Tile) -> Result<Option<Bytes>, ProofsError> {
        if !tile.is_in(self.head.size) {
            return Ok(None);
        }
        match tile.kind {
            TileKind::Hashes(level) => {
                let tiles = self.tiles(self.head.size)?;
                let hashes = tiles.checked(level, tile.number, &self.head)?;
                let hashes = hashes.iter().take(usize::from(tile.width));
                Ok(Some(hashes.flat_map(|hash| hash.0).collect()))
            }
            TileKind::Entries => self.bundle(tile.range().unwrap_or_default()),
        }
    }

    /// The entries of these leaves, unless they are not shown any more. What is shown is whole.
    fn bundle(&self, indexes: Range<u64>) -> Result<Option<Bytes>, ProofsError> {
        let minimum = self.proofs.minimum_index(self.log.organization_id());
        if indexes.end <= minimum {
            return Ok(None);
        }
        let openings = match self.openings(&indexes.collect::<Vec<_>>()) {
            // They were removed this very moment.
            Err(ProofsError::Removed { .. }) => return Ok(None),
            openings => openings?,
        };
        let mut bundle = Vec::new();
        for opening in openings {
            push_to_bundle(&mut bundle, &opening.entry);
        }
        Ok(Some(bundle.into()))
    }

    fn openings(&self, indexes: &[u64]) -> Result<Vec<Opening>, ProofsError> {
        if indexes.iter().any(|index| *index >= self.head.size) {
            return Err(ProofsError::NotCovered {
                size: self.head.size,
            });
        }
        let id = self.log.organization_id();
        let tiles = self.tiles(self.head.size)?;
        let mut openings = Vec::with_capacity(indexes.len());
        let mut open = |index: u64, row: NumberedRow| {
            let opening = self.opening(&row)?;
            let leaves = tiles.checked(0, index / TILE_WIDTH, &self.head)?;
            let place = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
            if leaves.get(place) != Some(&opening.entry.leaf_hash()) {
                return Err(ProofsError::Failed(format!(
                    "event {index} of {id} is not what its leaf commits to"
                )));
            }
            openings.push(opening);
            Ok(())
        };
        self.proofs.index.each_by_index(id, indexes, &mut open)?;
        Ok(openings)
    }

    fn opening(&self, row: &NumberedRow) -> Result<Opening, ProofsError> {
        let line = Line::read(&row.line);
        let canonical = match line.map_err(|error| ProofsError::Failed(error.to_string()))? {
            Line::Event(canonical) => canonical,
            Line::Stub(stub) => {
                let entry = stub.entry;
                return Ok(Opening { entry, salt: None });
            }
            Line::Nothing => {
                let what = "nothing is left of an event that should have left its entry";
                return Err(ProofsError::Failed(what.to_owned()));
            }
        };
        let facts = RowFacts::read(canonical);
        let facts = facts.map_err(|what| ProofsError::Failed(format!("of an event, {what}")))?;
        let event_id = *facts.id.as_bytes();
        let seeds = &self.proofs.seeds;
        let mut seeds = seeds.lock().unwrap_or_else(PoisonError::into_inner);
        let seed = seeds.existing(group_of(row.position))?;
        let salt = seed.salt(self.log.organization_id(), &event_id);
        drop(seeds);
        let entry = Entry {
            event_id,
            received_at_micros: facts.received_at.as_micros(),
            commitment: commitment(&salt, canonical),
        };
        Ok(Opening {
            entry,
            salt: Some(salt),
        })
    }

    fn inclusion(&self, indexes: &[u64], size: u64) -> Result<Vec<Vec<Hash>>, ProofsError> {
        let tiles = self.tiles(size)?;
        let root = self.root(size, &tiles)?;
        let prove = |index: &u64| {
            let hashes = proof::inclusion(*index, size, &tiles)?
                .map_err(|_| ProofsError::NotCovered { size })?;
            proof::verify_inclusion(tiles.leaf(*index)?, *index, size, root, &hashes)?;
            Ok(hashes)
        };
        indexes.iter().map(prove).collect()
    }

    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, ProofsError> {
        let tiles = self.tiles(new)?;
        let (old_root, new_root) = (self.root(old, &tiles)?, self.root(new, &tiles)?);
        let hashes = proof::consistency(old, new, &tiles)??;
        proof::verify_consistency((old, old_root), (new, new_root), &hashes)?;
        Ok(hashes)
    }

    /// The root of a size: the published one, if one was published for it; else one that the newest
    /// published tree is shown to begin with.
    fn root(&self, size: u64, tiles: &Tiles) -> Result<Hash, ProofsError> {
        if let Some(head) = self.past_head(size)? {
            return Ok(head.root);
        }
        let root = root_at(size, tiles)?;
        let newest = (self.head.size, self.head.root);
        let hashes = proof::consistency(size, newest.0, &self.tiles(newest.0)?)??;
        proof::verify_consistency((size, root), newest, &hashes)?;
        Ok(root)
    }

    fn past_head(&self, size: u64) -> Result<Option<PastHead>, ProofsError> {
        if size > self.head.size {
            return Ok(None);
        }
        let newest = self.log.past_heads(size.saturating_add(1), 1)?;
        Ok(newest.into_iter().find(|head| head.size == size))
    }
}
