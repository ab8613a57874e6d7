//! Exports that are made in the background: jobs, the files they make, and how long these are kept.
//!
//! What must always hold:
//!
//! - a file holds exactly what its query showed when it was asked for, to the log's size at that moment;
//! - no half of a file can ever be downloaded: a row says `complete` only once its file is whole in the store, and
//!   what a crash interrupts is begun anew from the beginning;
//! - nobody gets more by an export than by asking: whoever made it must still be permitted when it is begun
//!   ([`runner`]), and whoever downloads it when it is downloaded;
//! - jobs, their memory, their files and the time they take are bounded, and they give way to everything else.

mod error;
mod files;
pub(crate) mod formats;
mod hold;
mod job;
mod progress;
mod removal;
mod runner;
mod taken;
mod upkeep;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evident_event::time::Timestamp;
use evident_store::Store;
use evident_store::index::EventIndex;
use tokio::sync::Notify;

use crate::acts::Acts;
use crate::config::Config;
use crate::control::{Control, ControlError, ExportRow, ExportStatus};
use crate::edge;
use crate::metrics::ExportMetrics;
use crate::places::{NoPlace, Place, Places};

pub(crate) use files::{FileKey, Files, FilesError};
pub(crate) use formats::{Columns, Format};
pub(crate) use progress::Progress;
pub(crate) use upkeep::deed_of_removal;

use error::JobError;
use job::Workshop;
use progress::Running;
use runner::Turns;
use taken::Taken;

/// Most exports of an organization that have not come to an end.
pub(crate) const MAX_UNFINISHED: u64 = 200;
/// Most exports of an organization that are kept, with or without files.
pub(crate) const MAX_KEPT: u64 = 1_000;
/// How long one without a file is still told of, in days.
pub(crate) const DAYS_TOLD_OF: u64 = 30;
/// How many times one is begun before it is given up.
const MAX_BEGINNINGS: u32 = 3;

/// What the operator has set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    jobs: usize,
    days: u64,
    max_bytes: u64,
    keep_free_bytes: u64,
    max_minutes: u64,
}

impl Bounds {
    /// As it is configured.
    pub(crate) const fn of(config: &Config) -> Self {
        Self {
            jobs: config.export_jobs,
            days: config.export_days,
            max_bytes: config.export_max_bytes,
            keep_free_bytes: config.export_keep_free_bytes,
            max_minutes: config.export_max_minutes,
        }
    }

    const fn max_time(self) -> Duration {
        Duration::from_mins(self.max_minutes)
    }
}

/// What jobs work with.
pub(crate) struct Means {
    pub(crate) control: Control,
    pub(crate) acts: Arc<Acts>,
    pub(crate) store: Arc<Store>,
    pub(crate) files: Files,
    pub(crate) metrics: ExportMetrics,
    /// Somebody has work for whoever makes exports, or looks after them.
    pub(crate) wake: Arc<Notify>,
    pub(crate) bounds: Bounds,
    /// How many files may be downloaded at once.
    pub(crate) max_downloads: usize,
}

/// The exports of all organizations.
pub(crate) struct ExportJobs {
    control: Control,
    acts: Arc<Acts>,
    store: Arc<Store>,
    index: Arc<dyn EventIndex>,
    files: Files,
    workshop: Workshop,
    metrics: ExportMetrics,
    bounds: Bounds,
    /// Those that are being made, by id.
    running: Mutex<HashMap<String, Arc<Running>>>,
    turns: Mutex<Turns>,
    /// There is something to be done.
    wake: Arc<Notify>,
    downloads: Arc<Places>,
    taken: Mutex<Taken>,
    /// Files that no row names any more and that could not be removed yet.
    left: Mutex<Vec<FileKey>>,
}

/// Why there are no exports at all.
#[derive(Debug, thiserror::Error)]
#[error("exports cannot be made in the data directory: {0}")]
pub(crate) struct NoWorkshop(String);

impl ExportJobs {
    /// The exports of a data directory.
    pub(crate) fn new(means: Means, data: &std::path::Path) -> Result<Arc<Self>, NoWorkshop> {
        let workshop = Workshop::within(data, means.bounds.keep_free_bytes)
            .map_err(|error| NoWorkshop(error.to_string()))?;
        Ok(Arc::new(Self {
            control: means.control,
            acts: means.acts,
            index: means.store.index(),
            store: means.store,
            files: means.files,
            workshop,
            metrics: means.metrics,
            bounds: means.bounds,
            running: Mutex::default(),
            turns: Mutex::default(),
            wake: means.wake,
            downloads: Places::new(
                "downloads of exports",
                "too_many_exports",
                means.max_downloads,
                // Nobody can take the places of all, nor read slowly on all of them.
                means.max_downloads.div_ceil(2),
            ),
            taken: Mutex::default(),
            left: Mutex::default(),
        }))
    }

    /// The size of an organization's log.
    pub(crate) async fn log_size(
        &self,
        organization_id: &str,
    ) -> Result<u64, evident_store::index::IndexError> {
        self.index.applied_through(organization_id).await
    }

    /// There is a new one.
    pub(crate) fn added(&self) {
        self.wake.notify_one();
    }

    /// Nobody wants one any more: whoever works at it stops soon.
    pub(crate) fn cancelled(&self, id: &str) {
        if let Some(running) = self.running().get(id) {
            running.cancel();
        }
    }

    /// How far one has come.
    pub(crate) fn progress(&self, row: &ExportRow) -> Progress {
        if row.status == ExportStatus::Running
            && let Some(running) = self.running().get(&row.id)
        {
            return running.progress();
        }
        Progress::at_rest(row.rows.unwrap_or_default(), row.rows)
    }

    /// Whether the time of a file has come, or retention took what it holds, whether or not it is gone yet.
    pub(crate) fn has_expired(&self, row: &ExportRow) -> bool {
        row.status == ExportStatus::Expired
            || row.expires_at.is_some_and(|end| end <= upkeep::now())
            || self.holds_removed(row)
    }

    /// A place among those who download, if there is one for this credential.
    pub(crate) fn enter_download(&self, credential: &Arc<str>) -> Result<Place, NoPlace> {
        self.downloads.enter(credential)
    }

    /// Whether a request for a part of a file belongs to a download that was recorded lately.
    pub(crate) fn goes_on(&self, credential: &Arc<str>, id: &str) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.lately(credential, id, std::time::Instant::now())
    }

    /// A download was recorded.
    pub(crate) fn was_taken(&self, credential: &Arc<str>, id: &str) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.note(credential, id, std::time::Instant::now());
    }

    /// The name of a file in the store.
    pub(crate) fn key(row: &ExportRow) -> Option<FileKey> {
        let format = Format::parse(&row.format)?;
        Some(FileKey::new(
            &row.organization_id,
            &row.id,
            format.extension(),
        ))
    }

    /// The store of files.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// Removes the file of an export that no row names any more. What cannot be removed now is removed later.
    pub(crate) async fn remove_file(&self, row: &ExportRow) {
        if let Some(key) = Self::key(row) {
            self.remove_key(key).await;
        }
    }

    async fn remove_key(&self, key: FileKey) {
        if let Err(error) = self.files.remove(&key).await {
            tracing::warn!("the file of an export that is gone stays for now: {error}");
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.push(key);
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a row under its organization's lock, if it is still there, and says what it became. `change` says
    /// whether there is anything to be written.
    async fn change(
        &self,
        organization_id: &str,
        id: &str,
        change: impl FnOnce(&mut ExportRow) -> bool,
    ) -> Result<Option<ExportRow>, ControlError> {
        self.control.must_be_owned().await?;
        let mut transaction = self.control.begin().await?;
        crate::control::locked_organization(&mut transaction, organization_id).await?;
        let found = ExportRow::find(&mut transaction, organization_id, id).await?;
        let Some(mut row) = found else {
            return Ok(None);
        };
        if !change(&mut row) {
            return Ok(None);
        }
        row.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Some(row))
    }

    /// When a file goes that is made now.
    fn end_of_life(&self, now: Timestamp) -> Timestamp {
        upkeep::days_after(now, self.bounds.days)
    }
}

/// A fresh id.
pub(crate) fn new_id(now: Timestamp) -> Result<String, edge::NoRandomness> {
    edge::prefixed_id("exp", now)
}
