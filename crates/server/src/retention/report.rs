//! What was removed comes to be on the log of its organization, as `retention.deleted`.
//!
//! What must always hold:
//!
//! - what is told is the difference between what the store has ever removed, which it knows durably with the
//!   removal, and what was told before, which the database knows. The record is staged in the transaction that moves
//!   the second number, under the lock of its row: told once, whatever ends the server in between;
//! - nothing is told where nothing went.

use evident_event::time::Timestamp;
use evident_store::expiry::{Expired, Removed};
use serde_json::json;

use super::{Going, Retention, RetentionError};
use crate::acts::{Author, Deed};
use crate::control::{RetentionNumbers, RetentionReported, RetentionRun};

impl Retention {
    /// Tells of everything that was removed and is not on a log yet. What the run that has just ended says itself
    /// is taken for the ranges, which nobody knows any more later on. One organization's trouble is not the others':
    /// the first error is given once all have been told of that can be.
    pub(super) async fn report(&self, expired: &[Expired]) -> Result<(), RetentionError> {
        let mut result = Ok(());
        for removed in self.store.removed() {
            let going = Going::of(expired, &removed.organization_id);
            if let Err(error) = self.report_one(&removed, &going).await {
                let organization_id = removed.organization_id;
                tracing::error!(
                    organization_id,
                    "what retention removed is not recorded yet: {error}"
                );
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Tells of what was removed of an organization, if there is something untold.
    pub(super) async fn report_one(
        &self,
        removed: &Removed,
        going: &Going,
    ) -> Result<(), RetentionError> {
        let organization_id = removed.organization_id.as_str();
        let mut connection = self.control.reading().await?;
        let told = RetentionReported::of(&mut connection, organization_id).await?;
        drop(connection);
        if untold(removed, &told, going).is_none() {
            return Ok(());
        }
        let mut act = self.acts.begin(Author::evident()).await?;
        let connection = act.connection();
        let told = RetentionReported::locked(connection, organization_id).await?;
        let numbers = untold(removed, &told, going);
        let Some(numbers) = numbers else {
            return Ok(());
        };
        let now_told = RetentionReported {
            events: removed.events,
            bytes: removed.bytes,
            end_index: removed.end_index,
        };
        now_told.write(connection, organization_id).await?;
        RetentionRun::add(connection, organization_id, &numbers).await?;
        let run = RetentionRun::last(connection, organization_id).await?;
        let organizations = act.organizations();
        let settings = organizations.settings_within(act.connection(), organization_id);
        let name = settings.await?.map(|settings| settings.name);
        let deed = deed(organization_id, &name.unwrap_or_default(), &numbers, run);
        act.did(organization_id, deed);
        act.commit().await?;
        self.metrics
            .retention_removed(numbers.events, numbers.bytes);
        tracing::info!(
            organization_id,
            events = numbers.events,
            bytes = numbers.bytes,
            "retention removed events"
        );
        Ok(())
    }
}

/// What is still to be told, with as much of its place as is known: what a run says of itself holds for the
/// difference only if that is all of it.
fn untold(removed: &Removed, told: &RetentionReported, going: &Going) -> Option<RetentionNumbers> {
    let events = removed.events.saturating_sub(told.events);
    if events == 0 {
        return None;
    }
    let bytes = removed.bytes.saturating_sub(told.bytes);
    let is_the_run = (events, bytes) == (going.events, going.bytes);
    let grew = removed.end_index > told.end_index;
    let (first_index, last_index) = match going.indexes.filter(|_| is_the_run) {
        Some((first, last)) => (Some(first), Some(last)),
        None => (None, removed.end_index.checked_sub(1).filter(|_| grew)),
    };
    Some(RetentionNumbers {
        events,
        bytes,
        first_index,
        last_index,
        received: going.received.filter(|_| is_the_run),
    })
}

fn deed(
    organization_id: &str,
    name: &str,
    numbers: &RetentionNumbers,
    run: Option<RetentionRun>,
) -> Deed {
    let mut deed = Deed::new("retention.deleted")
        .to("organization", organization_id, name)
        .saying("count", numbers.events)
        .saying("bytes", numbers.bytes);
    let numbers_known = [
        ("first_index", numbers.first_index),
        ("last_index", numbers.last_index),
    ];
    for (key, index) in numbers_known {
        if let Some(index) = index {
            deed = deed.saying(key, index);
        }
    }
    if let Some((from, to)) = numbers.received {
        let text = |instant: Timestamp| instant.to_string();
        deed = deed
            .saying("received_from", text(from))
            .saying("received_to", text(to));
    }
    let Some(run) = run else { return deed };
    deed = deed
        .saying("cause", run.cause.as_str())
        .saying("policy", json!(run.policy));
    if let Some(cutoff) = run.policy.cutoff {
        deed = deed.saying("cutoff", cutoff);
    }
    if let Some(by) = run.requested_by {
        deed = deed.saying("requested_by", by);
    }
    deed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn removed(events: u64, bytes: u64, end_index: u64) -> Removed {
        Removed {
            organization_id: "org_1".to_owned(),
            events,
            bytes,
            minimum_index: 0,
            end_index,
        }
    }

    fn told(events: u64, bytes: u64, end_index: u64) -> RetentionReported {
        RetentionReported {
            events,
            bytes,
            end_index,
        }
    }

    #[test]
    fn only_the_difference_is_told_and_nothing_where_there_is_none() {
        let going = Going::default();
        assert_eq!(untold(&removed(5, 50, 9), &told(5, 50, 9), &going), None);
        // The database of a later backup: what it knows of is told.
        assert_eq!(untold(&removed(4, 40, 9), &told(5, 50, 9), &going), None);
        let numbers = untold(&removed(7, 70, 12), &told(5, 50, 9), &going).unwrap();
        assert_eq!((numbers.events, numbers.bytes), (2, 20));
        assert_eq!((numbers.first_index, numbers.last_index), (None, Some(11)));
        // What went lies below what went before: where, nobody knows.
        let numbers = untold(&removed(7, 70, 9), &told(5, 50, 9), &going).unwrap();
        assert_eq!(numbers.last_index, None);
    }

    #[test]
    fn a_run_tells_where_its_events_were_only_if_they_are_all_that_is_told() {
        let at = |micros| Timestamp::from_micros(micros);
        let going = Going {
            events: 2,
            bytes: 20,
            indexes: Some((3, 8)),
            received: Some((at(1), at(2))),
        };
        let all = untold(&removed(7, 70, 9), &told(5, 50, 5), &going).unwrap();
        assert_eq!((all.first_index, all.last_index), (Some(3), Some(8)));
        assert_eq!(all.received, going.received);
        let more = untold(&removed(8, 75, 9), &told(5, 50, 5), &going).unwrap();
        assert_eq!((more.first_index, more.received), (None, None));
        assert_eq!((more.events, more.last_index), (3, Some(8)));
    }
}
