//! What happens to exports by itself: at a start, and when their time has come.
//!
//! What must always hold:
//!
//! - after a crash nothing is left of what was being made, and it is begun anew, a bounded number of times;
//! - a file that no row names is removed, and no other: names that are not ours are let alone;
//! - that a file's time has come, or that retention took what it holds, is on the log, with the change.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use evident_event::time::Timestamp;
use tokio::sync::watch;
use tokio::time::sleep;

use super::error::JobError;
use super::runner::interrupted;
use super::{DAYS_TOLD_OF, ExportJobs};
use crate::acts::{ActError, Author, Deed};
use crate::control::{ExportRow, ExportStatus, locked_organization};
use crate::edge;

/// Most rows that are looked after at once; the others are the next time.
pub(super) const BATCH_ROWS: u32 = 100;
/// How long it is waited before a start that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);
const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The variable that moves the clock of exports by so many days.
#[cfg(debug_assertions)]
const CLOCK_VARIABLE: &str = "TEST_EVIDENT_EXPORT_DAYS";

/// The time, as exports have it.
pub(super) fn now() -> Timestamp {
    days_after(edge::now(), shift_days())
}

#[cfg(debug_assertions)]
fn shift_days() -> u64 {
    let days = std::env::var(CLOCK_VARIABLE).ok();
    days.and_then(|days| days.parse().ok()).unwrap_or_default()
}

#[cfg(not(debug_assertions))]
const fn shift_days() -> u64 {
    0
}

/// So many days after an instant.
pub(super) fn days_after(instant: Timestamp, days: u64) -> Timestamp {
    let micros = i64::try_from(days)
        .unwrap_or(i64::MAX)
        .saturating_mul(MICROS_PER_DAY);
    Timestamp::from_micros(instant.as_micros().saturating_add(micros))
}

fn days_before(instant: Timestamp, days: u64) -> Timestamp {
    let micros = i64::try_from(days)
        .unwrap_or(i64::MAX)
        .saturating_mul(MICROS_PER_DAY);
    Timestamp::from_micros(instant.as_micros().saturating_sub(micros))
}

/// What the log is to say when a file is gone, or never comes: `step` is how.
pub(crate) fn deed_of_removal(row: &ExportRow, step: &'static str) -> Deed {
    let project = row.projects.as_deref().and_then(|ids| match ids {
        [id] => Some(id.as_str()),
        _ => None,
    });
    let deed = Deed::new("audit_log.export_deleted")
        .to("export", &row.id, &row.name)
        .in_project(project)
        .saying("export_id", row.id.as_str())
        .saying("name", row.name.as_str())
        .saying("step", step);
    match &row.sha256 {
        Some(sha256) => deed.saying("sha256", sha256.as_str()),
        None => deed,
    }
}

impl ExportJobs {
    /// Brings everything into order after a start, trying until it is or the server stops.
    pub(super) async fn recover(&self, stopping: &mut watch::Receiver<bool>) {
        loop {
            let Err(error) = self.try_recover().await else {
                return;
            };
            tracing::error!("no exports are made: {error}");
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = sleep(PAUSE) => {}
            }
        }
    }

    async fn try_recover(&self) -> Result<(), JobError> {
        let workshop = self.workshop.clone();
        let clearing = tokio::task::spawn_blocking(move || workshop.clear());
        clearing.await.map_err(|_| JobError::Abandoned)??;
        let rows = {
            let mut connection = self.control.reading().await?;
            ExportRow::running(&mut connection).await?
        };
        for row in rows {
            let changed = self.change(&row.organization_id, &row.id, |row| {
                let was_running = row.status == ExportStatus::Running;
                if was_running {
                    interrupted(row);
                }
                was_running
            });
            if let Some(row) = changed.await? {
                let (id, begun) = (&row.id, row.begun);
                tracing::info!(
                    id,
                    begun,
                    status = row.status.as_str(),
                    "an export was interrupted"
                );
            }
        }
        let named = {
            let mut connection = self.control.reading().await?;
            ExportRow::with_files(&mut connection).await?
        };
        self.remove_unnamed(&named).await?;
        Ok(())
    }

    /// Removes the files of organizations of this server that no row names.
    async fn remove_unnamed(&self, named: &BTreeMap<String, Vec<String>>) -> Result<(), JobError> {
        for (organization_id, id, key) in self.files.list().await? {
            // A bucket may be another server's too; its organizations are none of ours.
            let unnamed = named
                .get(&organization_id)
                .is_some_and(|ids| !ids.contains(&id));
            if unnamed {
                tracing::info!(id, "a file that belongs to no export is removed");
                self.remove_key(key).await;
            }
        }
        Ok(())
    }

    /// Does what is due: files whose time has come, and rows that nobody asks for any more.
    pub(super) async fn keep_up(&self) {
        if let Err(error) = self.try_keep_up().await {
            tracing::warn!("exports whose time has come stay for now: {error}");
        }
        let left = {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *left)
        };
        for key in left {
            self.remove_key(key).await;
        }
    }

    async fn try_keep_up(&self) -> Result<(), ActError> {
        let now = now();
        let (expiring, forgotten, orphaned) = {
            let mut connection = self.control.reading().await?;
            let told_until = days_before(now, DAYS_TOLD_OF);
            (
                ExportRow::expiring(&mut connection, now, BATCH_ROWS).await?,
                ExportRow::forgotten(&mut connection, told_until, BATCH_ROWS).await?,
                ExportRow::orphaned(&mut connection, BATCH_ROWS).await?,
            )
        };
        for row in expiring {
            self.expire(&row, "expired").await?;
        }
        self.drop_removed().await?;
        for row in forgotten.iter().chain(&orphaned) {
            let mut transaction = self.control.begin().await.map_err(ActError::from)?;
            locked_organization(&mut transaction, &row.organization_id).await?;
            row.delete(&mut transaction).await?;
            transaction
                .commit()
                .await
                .map_err(crate::control::ControlError::from)?;
            self.cancelled(&row.id);
            if row.status == ExportStatus::Complete {
                self.remove_file(row).await;
            }
        }
        Ok(())
    }

    /// Says why a file goes before somebody removed it, and removes it.
    pub(super) async fn expire(&self, row: &ExportRow, step: &'static str) -> Result<(), ActError> {
        let acts: &Arc<_> = &self.acts;
        let mut act = acts.begin(Author::evident()).await?;
        let organization_id = &row.organization_id;
        if !locked_organization(act.connection(), organization_id).await? {
            return Ok(());
        }
        let found = ExportRow::find(act.connection(), organization_id, &row.id).await?;
        let Some(mut row) = found.filter(|row| row.status == ExportStatus::Complete) else {
            return Ok(());
        };
        row.status = ExportStatus::Expired;
        // What is told of it for some days is counted from now.
        row.expires_at = row.expires_at.map(|end| end.min(now()));
        row.write(act.connection()).await?;
        act.did(&row.organization_id, deed_of_removal(&row, step));
        act.commit().await?;
        self.remove_file(&row).await;
        Ok(())
    }
}
