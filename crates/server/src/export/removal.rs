//! What retention removes must not stay in the files of exports.
//!
//! What must always hold:
//!
//! - a file that may hold an event that was removed is not given out, and goes soon; one that is being made is begun
//!   anew, with what is left;
//! - a file with none of what was removed stays: who follows a rule of a year loses no export of last week.
//!
//! Which events a file holds nobody keeps. Their lowest index is enough: what goes by age is what has the lowest.

use std::sync::Arc;

use evident_store::Store;
use evident_store::expiry::Gone;

use super::ExportJobs;
use super::error::JobError;
use super::upkeep::BATCH_ROWS;
use crate::acts::ActError;
use crate::control::ExportRow;

/// Tells while a file is made whether all that is in it is still there.
pub(super) struct Remaining {
    store: Arc<Store>,
    organization_id: String,
    /// What was gone before the log was looked at: none of it is in the file.
    before: Gone,
}

impl Remaining {
    /// Of a file that is begun afterwards.
    pub(super) fn of(store: &Arc<Store>, organization_id: &str) -> Self {
        Self {
            before: store.gone(organization_id),
            store: Arc::clone(store),
            organization_id: organization_id.to_owned(),
        }
    }

    /// How many events were gone.
    pub(super) fn gone_before(&self) -> u64 {
        self.before.events
    }

    /// Breaks it off if the file may hold what was removed.
    pub(super) fn must_be_whole(&self, lowest_index: Option<u64>) -> Result<(), JobError> {
        let gone = self.store.gone(&self.organization_id);
        match lowest_index.is_some_and(|lowest| may_hold(gone, self.before.events, lowest)) {
            true => Err(JobError::Removed),
            false => Ok(()),
        }
    }
}

/// Whether something went since, that may be among events from an index on.
fn may_hold(gone: Gone, gone_before: u64, lowest_index: u64) -> bool {
    gone.events > gone_before && lowest_index < gone.end_index
}

impl ExportJobs {
    /// Whether a file that is complete may hold what was removed.
    pub(crate) fn holds_removed(&self, row: &ExportRow) -> bool {
        let gone = self.store.gone(&row.organization_id);
        let (before, lowest) = (row.gone_before, row.lowest_index);
        row.rows.is_some_and(|rows| rows > 0)
            && may_hold(gone, before.unwrap_or_default(), lowest.unwrap_or_default())
    }

    /// Removes the files that may hold what was removed.
    pub(super) async fn drop_removed(&self) -> Result<(), ActError> {
        for removed in self.store.removed() {
            let organization_id = &removed.organization_id;
            let gone = self.store.gone(organization_id);
            let holding = {
                let mut connection = self.control.reading().await?;
                let gone = (gone.events, gone.end_index);
                ExportRow::holding_removed(&mut connection, organization_id, gone, BATCH_ROWS)
                    .await?
            };
            for row in holding {
                self.expire(&row, "retention").await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_hold_what_went_after_it_was_begun_from_its_first_event_on() {
        let gone = |events, end_index| Gone { events, end_index };
        assert!(!may_hold(gone(0, 0), 0, 0), "nothing ever went");
        assert!(!may_hold(gone(5, 5), 5, 0), "it went before");
        assert!(may_hold(gone(6, 6), 5, 5));
        assert!(!may_hold(gone(6, 6), 5, 6), "all of it is behind");
    }
}
