//! What is shown of logs, by as many at once as there are cores.
//!
//! An event's row may be large and a bundle needs 256 of them, also for somebody without a key where a
//! log is public: so the memory and the reading that proofs take are bounded by the number of cores,
//! however many ask. Those that wait for their turn hold nothing.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use evident_ledger::Hash;
use evident_ledger::entry::Opening;
use evident_ledger::tile::Tile;
use evident_store::Store;
use evident_store::logs::Published;
use evident_store::proofs::{PastHead, ProofsError};
use tokio::sync::Semaphore;

/// Shows what the store's checkpoints cover.
#[derive(Clone)]
pub(crate) struct Prover {
    store: Arc<Store>,
    turns: Arc<Semaphore>,
}

/// A leaf opened, and its inclusion proof.
pub(crate) type Proven = (Opening, Vec<Hash>);

impl Prover {
    /// Shows what this store holds, with a turn for every core of this machine.
    pub(crate) fn new(store: &Arc<Store>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            store: Arc::clone(store),
            turns: Arc::new(Semaphore::new(cores)),
        }
    }

    /// The log's name and its verifier key.
    pub(crate) fn names(&self, organization_id: &str) -> Option<(String, String)> {
        let origin = self.store.origin(organization_id)?;
        Some((origin, self.store.verifier_key(organization_id)?))
    }

    /// The newest published checkpoint.
    pub(crate) fn head(&self, organization_id: &str) -> Result<Published, ProofsError> {
        if let Some(head) = self.store.head(organization_id) {
            return Ok(head);
        }
        // One without a name could not be opened.
        match (
            self.store.has_log(organization_id),
            self.store.origin(organization_id),
        ) {
            (true, Some(_)) => Err(ProofsError::NotCovered { size: 0 }),
            (true, None) => {
                let what = format!("the files of {organization_id} cannot be used");
                Err(ProofsError::Failed(what))
            }
            (false, _) => Err(ProofsError::NoLog),
        }
    }

    /// The newest published checkpoint once it covers leaf `index`; `None` if none does by the deadline.
    pub(crate) async fn head_beyond(
        &self,
        organization_id: &str,
        index: u64,
        deadline: Instant,
    ) -> Result<Option<Published>, ProofsError> {
        self.store
            .head_beyond(organization_id, index, deadline)
            .await
    }

    /// The index below which no entries of a log are shown any more.
    pub(crate) fn minimum_index(&self, organization_id: &str) -> u64 {
        self.store.minimum_index(organization_id)
    }

    /// The bytes of a tile or entry bundle; `None` if the published tree has no such tile, or its entries
    /// are not shown any more.
    pub(crate) async fn tile(
        &self,
        organization_id: &str,
        tile: Tile,
    ) -> Result<Option<Bytes>, ProofsError> {
        let id = organization_id.to_owned();
        self.in_turn(async move |store| store.tile(&id, tile).await)
            .await
    }

    /// These leaves opened, with their proofs in the tree of the first `size`, in the order asked.
    pub(crate) async fn proofs(
        &self,
        organization_id: &str,
        indexes: Vec<u64>,
        size: u64,
    ) -> Result<Vec<Proven>, ProofsError> {
        let id = organization_id.to_owned();
        self.in_turn(async move |store| {
            let count = indexes.len();
            let openings = store.openings(&id, indexes.clone()).await?;
            let hashes = store.inclusion(&id, indexes, size).await?;
            if openings.len() != count || hashes.len() != count {
                let what = "the store gave another number of proofs than it was asked for";
                return Err(ProofsError::Failed(what.to_owned()));
            }
            Ok(openings.into_iter().zip(hashes).collect())
        })
        .await
    }

    /// The proof that the log of `sizes.end` leaves extends that of `sizes.start`.
    pub(crate) async fn consistency(
        &self,
        organization_id: &str,
        sizes: Range<u64>,
    ) -> Result<Vec<Hash>, ProofsError> {
        let id = organization_id.to_owned();
        self.in_turn(async move |store| store.consistency(&id, sizes).await)
            .await
    }

    /// The published checkpoints that are smaller than `before`, the newest first, and whether there are
    /// more.
    pub(crate) async fn past_heads(
        &self,
        organization_id: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<PastHead>, bool), ProofsError> {
        let id = organization_id.to_owned();
        self.in_turn(async move |store| {
            let heads = store.past_heads(&id, before, limit).await?;
            let more = match heads.last() {
                Some(last) => store.past_heads(&id, Some(last.size), 1).await?,
                None => Vec::new(),
            };
            Ok((heads, !more.is_empty()))
        })
        .await
    }

    /// The checkpoint that was published at a size, if there was one.
    pub(crate) async fn past_head(
        &self,
        organization_id: &str,
        size: u64,
    ) -> Result<Option<PastHead>, ProofsError> {
        let id = organization_id.to_owned();
        self.in_turn(async move |store| store.past_head(&id, size).await)
            .await
    }

    /// Works once there is a turn, on a task of its own: the work of a client that goes away comes to its
    /// end, and keeps its turn until then.
    async fn in_turn<T, F>(
        &self,
        work: impl FnOnce(Arc<Store>) -> F + Send + 'static,
    ) -> Result<T, ProofsError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ProofsError>> + Send + 'static,
    {
        let abandoned = |what: &dyn std::fmt::Display| ProofsError::Failed(what.to_string());
        let turns = Arc::clone(&self.turns);
        let turn = turns.acquire_owned().await;
        let turn = turn.map_err(|error| abandoned(&error))?;
        let store = Arc::clone(&self.store);
        let task = tokio::spawn(async move {
            let result = work(store).await;
            drop(turn);
            result
        });
        task.await.map_err(|error| abandoned(&error))?
    }
}
