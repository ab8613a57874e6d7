//! The store: the one handle that the server holds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use evident_ledger::note::SigningKey;

use crate::anchor::{AnchorPlace, Following};
use crate::append::{Append, AppendError, Outcome};
use crate::compare::{Compared, unreadable};
use crate::durable::{Durable, Lock, Tap};
use crate::expiry::remove_unused_seeds;
use crate::health::{Condition, Health};
use crate::index::EventIndex;
use crate::index::embedded::{Embedded, EmbeddedIndex};
use crate::layout;
use crate::logs::{Log, LogError, Logs};
use crate::measure::{Measurements, Measures};
use crate::proofs::Proofs;
use crate::publisher::Publisher;
use crate::queue::Queue;
use crate::recover::{OpenError, Recovered, recover};
use crate::scrub::{self, Scrub};
use crate::segment::meta::Manifest;
use crate::sequencer::Sequencer;
use crate::state::Base;
use crate::upkeep::{SealError, Shape, Upkeep, read_manifest, remove_unnamed};

/// Room that is set aside in the newest WAL file at a time.
const WAL_PREALLOCATE_BYTES: u64 = 16 << 20;

/// How long leaves gather before their logs' heads are signed. The promise is a second; the rest of
/// it is for the writing.
const CHECKPOINT_GATHER: Duration = Duration::from_millis(500);

/// Rows of a sealed segment: a group.
const SEGMENT_ROWS: u32 = 65_536;
/// Rows of the tails that such a segment is made of. Of those measured (4,096 to 65,536) the number with
/// which appending costs least.
const TAIL_ROWS: u32 = 16_384;
/// How long a compaction that found the disk full is put off.
const COMPACTION_PAUSE: Duration = Duration::from_secs(60);
/// Full segments that become one.
const COMPACTION_FANOUT: u32 = 16;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Room that is set aside in the newest WAL file at a time, in bytes; 0 sets none aside.
    pub wal_preallocate_bytes: u64,
    /// How long leaves gather before their logs' heads are signed. A leaf is under a checkpoint
    /// this long, and the time of writing it, after it was recorded.
    pub checkpoint_gather: Duration,
    /// Rows of a segment that is sealed from the newest rows, unless they are sealed earlier: segments
    /// end at multiples of it. A data directory keeps to the number it was begun with.
    pub segment_rows: u32,
    /// Rows of the tails in memory that such a segment is made of: a part of its rows, or as many where
    /// this is none.
    pub tail_rows: u32,
    /// How many full segments become one.
    pub compaction_fanout: u32,
    /// How long a compaction that found the disk full is put off.
    pub compaction_pause: Duration,
    /// A place outside of the directory that remembers the newest checkpoints.
    pub anchor: Option<AnchorPlace>,
    /// A test's place between the store and its files.
    pub tap: Option<Arc<dyn Tap>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wal_preallocate_bytes: WAL_PREALLOCATE_BYTES,
            checkpoint_gather: CHECKPOINT_GATHER,
            segment_rows: SEGMENT_ROWS,
            tail_rows: TAIL_ROWS,
            compaction_fanout: COMPACTION_FANOUT,
            compaction_pause: COMPACTION_PAUSE,
            anchor: None,
            tap: None,
        }
    }
}

/// A data directory, open. Closed when dropped.
pub struct Store {
    directory: PathBuf,
    pub(crate) index: Arc<EmbeddedIndex>,
    logs: Arc<Logs>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) health: Arc<Health>,
    measures: Arc<Measures>,
    publisher: Arc<Publisher>,
    pub(crate) upkeep: Arc<Upkeep>,
    scrub: Arc<Scrub>,
    following: Option<Arc<Following>>,
    pub(crate) proofs: Arc<Proofs>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held for as long as the store is there.
    _lock: Lock,
}

impl Store {
    /// Takes the directory, brings it to where its last owner left it, and starts the threads.
    /// Blocks for as long as that takes.
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenError> {
        let durable = Durable::open(directory, options.tap)?;
        let lock = durable
            .lock(layout::LOCK.as_ref())?
            .ok_or_else(|| OpenError::Locked(directory.to_owned()))?;
        // What cannot be read of the manifest is told once the rest is there to be read.
        let (manifest, unusable) = match read_manifest(&durable) {
            Ok(manifest) => (manifest, None),
            Err(reason) => (Manifest::default(), Some(reason)),
        };
        let tail_rows = match options.segment_rows.checked_rem(options.tail_rows) {
            Some(0) => options.tail_rows,
            _ => options.segment_rows,
        };
        let index = Arc::new(EmbeddedIndex::new(&durable, &manifest, tail_rows));
        let Recovered {
            state,
            writer,
            mut condition,
        } = recover(
            &durable,
            options.wal_preallocate_bytes,
            Base::of(&manifest),
            Arc::clone(&index),
            options.anchor.as_ref(),
        )?;
        if let Some(reason) = unusable {
            condition = Condition::Damaged(reason);
        }
        if !matches!(condition, Condition::Damaged(_)) {
            remove_unnamed(&durable, &manifest)?;
            remove_unused_seeds(&durable, &manifest)?;
        }
        let queue = Arc::new(Queue::default());
        let health = Arc::new(Health::new(condition));
        let measures = Arc::new(Measures::default());
        let logs = Arc::clone(&state.logs);
        let shape = Shape {
            segment_rows: options.segment_rows,
            tail_rows,
            fanout: options.compaction_fanout,
            compaction_pause: options.compaction_pause,
        };
        let upkeep = Upkeep::new(&durable, &index, &logs, &health, manifest, shape);
        let upkeep = Arc::new(upkeep);
        let publisher = Arc::new(Publisher::new(
            Arc::clone(&logs),
            Arc::clone(&health),
            Arc::clone(&measures),
            options.checkpoint_gather,
        ));
        let proofs = Arc::new(Proofs::new(&durable, &index, &logs));
        let sequencer = Sequencer {
            durable,
            state,
            writer,
            queue: Arc::clone(&queue),
            health: Arc::clone(&health),
            measures: Arc::clone(&measures),
            publisher: Arc::clone(&publisher),
            upkeep: Arc::clone(&upkeep),
            preallocate_bytes: options.wal_preallocate_bytes,
        };
        let scrubbed = Arc::clone(&index);
        let segments: scrub::View = Box::new(move || scrubbed.view().segments.clone());
        let scrub = Arc::new(Scrub::new(directory, segments, Arc::clone(&measures)));
        let following = Following::new(&logs, &health, &measures).map(Arc::new);
        let store = Self {
            directory: directory.to_owned(),
            index,
            logs,
            queue,
            health,
            measures,
            publisher: Arc::clone(&publisher),
            upkeep: Arc::clone(&upkeep),
            scrub,
            following: following.clone(),
            proofs,
            threads: Mutex::new(Vec::new()),
            _lock: lock,
        };
        // Whatever ends the sequencer, nobody waits for it any longer.
        let (waiting, reason) = (Arc::clone(&store.queue), Arc::clone(&store.health));
        let abandon = move || waiting.abandon(reason.stopped());
        store.start("sequencer", move || sequencer.run(), abandon)?;
        // What was durable and could not be signed in recovery is signed when there is room.
        publisher.log_grew();
        store.start("publisher", move || publisher.run(), || ())?;
        let (sealing, compacting) = (Arc::clone(&upkeep), upkeep);
        store.start("sealer", move || sealing.run_sealing(), || ())?;
        store.start("compactor", move || compacting.run_compacting(), || ())?;
        let scrub = Arc::clone(&store.scrub);
        store.start("scrub", move || scrub.run(), || ())?;
        // The last to be ended: it anchors what the others have still signed.
        if let Some(following) = following {
            store.start("anchor", move || following.run(), || ())?;
        }
        Ok(store)
    }

    fn start(
        &self,
        name: &'static str,
        run: impl FnOnce() + Send + 'static,
        finally: impl FnOnce() + Send + 'static,
    ) -> Result<(), OpenError> {
        let health = Arc::clone(&self.health);
        let guarded = move || {
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
            if ended.is_err() {
                health.stop(format!("the {name} failed; its message is in the log"));
            }
            finally();
        };
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(guarded)
            .map_err(OpenError::Thread)?;
        self.threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
        Ok(())
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Makes a log for an organization. Its signed checkpoint of size 0 is durable when this
    /// returns. Blocks on the disk.
    pub fn create_log(&self, organization_id: &str, key: SigningKey) -> Result<(), LogError> {
        if let Some(reason) = self.health.stopped() {
            return Err(LogError::Stopped(reason));
        }
        self.logs.create(organization_id, key)?;
        // Where the anchor did not answer, its first head is still to be shown.
        self.publisher.log_grew();
        Ok(())
    }

    /// Whether the organization has a log, be it one that cannot be used.
    pub fn has_log(&self, organization_id: &str) -> bool {
        self.log(organization_id).is_some() || self.logs.is_broken(organization_id)
    }

    fn log(&self, organization_id: &str) -> Option<Arc<Log>> {
        self.logs.get(organization_id)
    }

    /// Records events. The answer comes once they are on stable storage and can be found.
    pub async fn append(&self, append: Append) -> Result<Vec<Outcome>, AppendError> {
        if let Some(reason) = self.health.stopped() {
            return Err(AppendError::Stopped(reason));
        }
        let (append, compared) = self.compare(append).await?;
        let answer = self.queue.push(append, compared)?;
        answer.await.unwrap_or_else(|_| {
            let reason = "the sequencer ended without an answer; see the server's log";
            Err(AppendError::Stopped(reason.to_owned()))
        })
    }

    /// Compares events whose ids are recorded already, where that holds up nobody else.
    async fn compare(&self, append: Append) -> Result<(Append, Compared), AppendError> {
        let index = Arc::clone(&self.index);
        // First of all: rows that come meanwhile are left to the sequencer.
        let looked_to = index.view().end();
        let ids = append.events.iter().map(|event| event.id);
        let candidates = index.candidates(&append.organization_id, ids);
        let candidates = candidates.map_err(|error| unreadable(error.into()))?;
        if candidates.is_empty() {
            return Ok((append, Compared::with_none(looked_to)));
        }
        tokio::task::spawn_blocking(move || {
            let compared = Compared::with_recorded(&index, &append, looked_to, &candidates);
            compared.map(|compared| (append, compared))
        })
        .await
        .map_err(|error| AppendError::Stopped(error.to_string()))?
    }

    /// Where events are found.
    pub fn index(&self) -> Arc<dyn EventIndex> {
        Arc::new(Embedded(Arc::clone(&self.index)))
    }

    /// Waits until rows that can be sealed are, and segments that can be compacted are; or until the
    /// store has stopped. Blocks.
    pub fn settle(&self) {
        self.upkeep.settle();
    }

    /// Puts everything that was recorded before the call into segments, however little it is: when this
    /// returns, the manifest names them, and no file of the write-ahead log holds any of it. Appends go
    /// on meanwhile. Blocks on the disk.
    pub fn seal_now(&self) -> Result<(), SealError> {
        seal_everything(&self.queue, &self.upkeep)
    }

    /// The organization's current checkpoint, a signed note.
    pub fn checkpoint(&self, organization_id: &str) -> Option<Bytes> {
        Some(self.log(organization_id)?.published()?.note)
    }

    /// The name of the organization's log towards the outside.
    pub fn origin(&self, organization_id: &str) -> Option<String> {
        Some(self.log(organization_id)?.origin().to_owned())
    }

    /// The key that the checkpoints of the organization's log are checked with.
    pub fn verifier_key(&self, organization_id: &str) -> Option<String> {
        Some(self.log(organization_id)?.verifier_key())
    }

    /// Whether events are being accepted, and if not, why.
    pub fn health(&self) -> Condition {
        self.health.condition()
    }

    /// The store's counters.
    pub fn measurements(&self) -> Measurements {
        self.measures
            .read(self.queue.depth(), self.upkeep.backlog())
    }

    /// Records what was accepted, signs the last checkpoints and ends the threads. Blocks until
    /// then; appends that come later are refused. May be called more than once.
    pub fn close(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        self.queue.close();
        self.upkeep.close();
        self.scrub.close();
        // The sequencer first: the publisher signs what it still records.
        let last = self.following.as_ref().and_then(|_| threads.pop());
        for thread in threads.drain(..) {
            let _ = thread.join();
            self.publisher.close();
        }
        if let (Some(following), Some(last)) = (&self.following, last) {
            following.close();
            let _ = last.join();
        }
        // Nothing is written behind the back of whoever opens the directory next.
        self.upkeep.wait_for_expiry();
    }
}

/// Has everything that was recorded so far sealed; see [`Store::seal_now`].
pub(crate) fn seal_everything(queue: &Queue, upkeep: &Upkeep) -> Result<(), SealError> {
    if let Some(reason) = upkeep.health.stopped() {
        return Err(SealError::Stopped(reason));
    }
    let finds_before = upkeep.full_disk_finds();
    let answer = queue.push_cut()?;
    let position = answer.recv().unwrap_or_else(|_| {
        let reason = "the sequencer ended without an answer; see the server's log";
        Err(SealError::Stopped(reason.to_owned()))
    })?;
    upkeep.wait_released(position, finds_before)
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}
