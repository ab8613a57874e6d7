//! The runner: takes what is queued in turn, makes the files, keeps them, and says what came of it.
//!
//! What must always hold:
//!
//! - at most so many are made at once as is configured, and organizations take turns;
//! - before one is begun it is asked whether its maker may still have it ([`Held::of_maker`]);
//! - the file is whole in the store before the row says so; where it came to nothing, nothing is left in the store;
//! - at a stop what is being made is broken off, goes back into the queue, and is begun anew afterwards.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use evident_event::query::Scope;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::error::JobError;
use super::files::Finished;
use super::job::{self, Made, Plan};
use super::removal::Remaining;
use super::{ExportJobs, FileKey, MAX_BEGINNINGS, Running};
use crate::acts::failpoint;
use crate::auth::{Held, KeptScope};
use crate::control::{ControlError, ExportRow, ExportStatus, Permission, locked_organization};
use crate::edge;

/// How long nothing is looked for while nobody adds anything.
const ROUND: Duration = Duration::from_mins(1);
/// How long it is waited before a control database that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a stop waits for what is being made to be broken off.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// What is known of a file that is whole in the store.
struct Complete {
    rows: u64,
    size: u64,
    sha256: String,
    lowest_index: Option<u64>,
    gone_before: u64,
}

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// When each organization had its last turn, counted in turns.
    last: HashMap<String, u64>,
    count: u64,
}

impl Turns {
    /// The next one of those that wait longest in their organizations: of the organization that has the fewest
    /// running, then whose last turn is longest ago, then which has waited longest.
    fn next(
        &mut self,
        waiting: &[(String, String)],
        running: impl Fn(&str) -> usize,
    ) -> Option<(String, String)> {
        let next = waiting.iter().min_by_key(|(organization_id, id)| {
            let last = self.last.get(organization_id).copied().unwrap_or_default();
            (running(organization_id), last, id.clone())
        })?;
        self.count += 1;
        // Who does not wait any more needs no memory of turns.
        let waits = |id: &String| waiting.iter().any(|(waiting, _)| waiting == id);
        self.last.retain(|id, _| waits(id));
        self.last.insert(next.0.clone(), self.count);
        Some(next.clone())
    }
}

impl ExportJobs {
    /// Makes what is queued until the server stops. What was interrupted is begun anew first.
    pub(crate) async fn run(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        self.recover(&mut stopping).await;
        let mut jobs = JoinSet::new();
        loop {
            if *stopping.borrow() {
                break;
            }
            self.keep_up().await;
            if let Err(error) = self.begin_jobs(&mut jobs).await {
                tracing::error!("no export is begun: {error}");
            }
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => break,
                () = self.wake.notified() => {}
                Some(_) = jobs.join_next() => {}
                () = sleep(ROUND) => {}
            }
        }
        for running in self.running().values() {
            running.stop();
        }
        let ended = timeout(STOP_PATIENCE, async {
            while jobs.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::info!("an export is broken off; it is begun anew at the next start");
        }
    }

    async fn begin_jobs(self: &Arc<Self>, jobs: &mut JoinSet<()>) -> Result<(), ControlError> {
        loop {
            let waiting = {
                let mut connection = self.control.reading().await?;
                let queued = ExportRow::count_queued(&mut connection).await?;
                self.metrics.queued(queued);
                ExportRow::heads_of_queues(&mut connection).await?
            };
            let next = {
                let running = self.running();
                if running.len() >= self.bounds.jobs {
                    return Ok(());
                }
                let of = |organization_id: &str| {
                    let own =
                        |running: &&Arc<Running>| running.organization_id() == organization_id;
                    running.values().filter(own).count()
                };
                let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
                turns.next(&waiting, of)
            };
            let Some((organization_id, id)) = next else {
                return Ok(());
            };
            let begun = self.begin(&organization_id, &id).await?;
            let Some((row, scope)) = begun else { continue };
            let running = Arc::new(Running::begin(&organization_id, self.bounds.max_time()));
            let running_now = {
                let mut all = self.running();
                all.insert(id, Arc::clone(&running));
                all.len()
            };
            self.metrics.running(running_now as u64);
            let this = Arc::clone(self);
            jobs.spawn(async move { this.bring_to_an_end(row, scope, running).await });
        }
    }

    /// Says that one is begun, and what its maker may see of what it asks for. Nothing if it is no longer queued, or
    /// its maker may have it no more.
    async fn begin(
        &self,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<(ExportRow, Scope)>, ControlError> {
        self.control.must_be_owned().await?;
        let now = edge::now();
        let mut transaction = self.control.begin().await?;
        let is_there = locked_organization(&mut transaction, organization_id).await?;
        let found = ExportRow::find(&mut transaction, organization_id, id).await?;
        let Some(mut row) = found.filter(|row| row.status == ExportStatus::Queued) else {
            return Ok(None);
        };
        let maker = &row.maker.id;
        let held = Held::of_maker(&mut transaction, organization_id, maker, now).await?;
        let reach = held.reach(Permission::ExportEvents);
        let kept = KeptScope::kept(row.projects.clone());
        let scope = kept.scope(organization_id, &reach).filter(|_| is_there);
        if row.started_at.is_none() || scope.is_some() {
            row.started_at = Some(now);
        }
        match scope.is_some() {
            true => {
                row.status = ExportStatus::Running;
                row.begun += 1;
            }
            false => failed(&mut row, &JobError::NotPermitted),
        }
        row.write(&mut transaction).await?;
        transaction.commit().await?;
        if scope.is_none() {
            self.metrics.failed();
        }
        Ok(scope.map(|scope| (row, scope)))
    }

    /// Makes the file of one that was begun, and says what came of it.
    async fn bring_to_an_end(&self, row: ExportRow, scope: Scope, running: Arc<Running>) {
        let (organization_id, id) = (row.organization_id.clone(), row.id.clone());
        let made = self.make(&row, scope, &running).await;
        if let Err(error) = self.workshop.leave(&id) {
            tracing::warn!(
                id,
                "what an export left behind stays until the next start: {error}"
            );
        }
        let is_complete = self.settle(&organization_id, &id, made.as_ref()).await;
        if !is_complete && let Some(key) = Self::key(&row) {
            // What nobody names any more, or never did.
            self.remove_key(key).await;
        }
        let running_now = {
            let mut all = self.running();
            all.remove(&id);
            all.len()
        };
        self.metrics.running(running_now as u64);
        self.wake.notify_one();
    }

    async fn make(
        &self,
        row: &ExportRow,
        scope: Scope,
        running: &Arc<Running>,
    ) -> Result<Complete, JobError> {
        self.workshop.must_leave_room()?;
        let plan = Plan::of(row, scope, self.bounds.max_bytes)?;
        let remaining = Remaining::of(&self.store, &row.organization_id);
        let gone_before = remaining.gone_before();
        let key = Self::key(row).ok_or_else(|| JobError::UnknownFormat(row.format.clone()))?;
        let index = Arc::clone(&self.index);
        let means = (running, remaining);
        let made = job::make(index, self.workshop.clone(), &row.id, plan, means).await?;
        let Made {
            file,
            rows,
            size,
            lowest_index,
            sha256,
        } = made;
        let finished = Finished {
            path: self.workshop.file(&row.id),
            file,
            size,
        };
        self.keep(&key, finished, running).await?;
        failpoint("export_uploaded");
        Ok(Complete {
            rows,
            size,
            sha256,
            lowest_index,
            gone_before,
        })
    }

    /// Brings a file to the store, and sees that it is there whole.
    async fn keep(&self, key: &FileKey, file: Finished, running: &Running) -> Result<(), JobError> {
        let size = file.size;
        let is_wanted = || running.must_go_on().is_ok();
        let kept = self.files.keep(key, file, is_wanted).await;
        // Why it is not wanted says more than that it is not.
        running.must_go_on()?;
        kept?;
        match self.files.size(key).await? == size {
            true => Ok(()),
            false => Err(JobError::Unwritten(
                "the store has another size of it".to_owned(),
            )),
        }
    }

    /// Writes down what came of one, and says whether it is complete. A database that fails is asked again until the
    /// server stops.
    async fn settle(
        &self,
        organization_id: &str,
        id: &str,
        came_to: Result<&Complete, &JobError>,
    ) -> bool {
        loop {
            let now = edge::now();
            let settled = self.change(organization_id, id, |row| {
                // Cancelled meanwhile: whoever did so has said what there is to say.
                if row.status != ExportStatus::Running {
                    return false;
                }
                match came_to {
                    Ok(complete) => {
                        row.status = ExportStatus::Complete;
                        row.finished_at = Some(now);
                        row.expires_at = Some(self.end_of_life(now));
                        (row.rows, row.size) = (Some(complete.rows), Some(complete.size));
                        row.sha256 = Some(complete.sha256.clone());
                        row.lowest_index = complete.lowest_index;
                        row.gone_before = Some(complete.gone_before);
                    }
                    // It was no fault of its own.
                    Err(JobError::Stopping | JobError::Removed) => {
                        row.status = ExportStatus::Queued;
                        row.begun = row.begun.saturating_sub(1);
                    }
                    Err(error) => failed(row, error),
                }
                true
            });
            match settled.await {
                Ok(Some(row)) if row.status == ExportStatus::Complete => {
                    failpoint("export_complete");
                    self.metrics.done();
                    tracing::info!(
                        id,
                        rows = row.rows,
                        size = row.size,
                        "an export is complete"
                    );
                    return true;
                }
                Ok(Some(row)) => {
                    if let Some(error) = row.error {
                        self.metrics.failed();
                        tracing::warn!(id, "an export failed: {error}");
                    }
                    return false;
                }
                Ok(None) => return false,
                Err(error) => {
                    tracing::error!(id, "what came of an export cannot be written down: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Says that one came to nothing, and why.
pub(super) fn failed(row: &mut ExportRow, error: &JobError) {
    const MAX_BYTES: usize = 1024;
    let text = error.to_string();
    row.status = ExportStatus::Failed;
    row.finished_at = Some(edge::now());
    row.error = Some(text[..text.floor_char_boundary(MAX_BYTES)].to_owned());
}

/// What becomes at a start of one that was running when the server ended.
pub(super) fn interrupted(row: &mut ExportRow) {
    match row.begun >= MAX_BEGINNINGS {
        true => failed(row, &JobError::BegunTooOften(row.begun)),
        false => row.status = ExportStatus::Queued,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(heads: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(one, other): &(&str, &str)| ((*one).to_owned(), (*other).to_owned());
        heads.iter().map(owned).collect()
    }

    #[test]
    fn organizations_take_turns_however_much_one_of_them_asks_for() {
        let mut turns = Turns::default();
        let mut served = Vec::new();
        for round in 0..6 {
            // The first one always has more, and always the older ones.
            let first = format!("exp_0{round}");
            let heads = waiting(&[("a", &first), ("b", "exp_5"), ("c", "exp_6")]);
            served.extend(
                turns
                    .next(&heads, |_| 0)
                    .map(|(organization_id, _)| organization_id),
            );
        }
        assert_eq!(served, ["a", "b", "c", "a", "b", "c"]);
        // Who has one running waits for those who have none.
        let heads = waiting(&[("a", "exp_0"), ("b", "exp_1")]);
        let next = turns.next(&heads, |id| usize::from(id == "a"));
        assert_eq!(
            next.map(|(organization_id, _)| organization_id).as_deref(),
            Some("b")
        );
        assert_eq!(turns.next(&[], |_| 0), None);
    }
}
