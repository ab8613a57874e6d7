//! How many sign-ins that came to nothing are written to an organization's log.
//!
//! It must hold that a stranger, who can begin and spoil as many sign-ins as they like, does not fill the log: of
//! one organization no more than [`MAX_A_MINUTE`] are written, and the next one that is says how many were left out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use evident_event::time::Timestamp;

/// Most refused sign-ins of an organization that are written down in a minute.
const MAX_A_MINUTE: u64 = 20;
/// A minute, in microseconds.
const MINUTE: i64 = 60_000_000;

/// What was refused lately, by organization.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    by_organization: Mutex<HashMap<String, Minute>>,
}

#[derive(Debug)]
struct Minute {
    began_at: Timestamp,
    written: u64,
    left_out: u64,
}

impl Refusals {
    /// Whether a refusal is written down, and how many before it were not.
    pub(super) fn note(&self, organization_id: &str, now: Timestamp) -> Option<u64> {
        let mut all = self
            .by_organization
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let minute = all.entry(organization_id.to_owned()).or_insert(Minute {
            began_at: now,
            written: 0,
            left_out: 0,
        });
        let passed = now.as_micros().saturating_sub(minute.began_at.as_micros());
        // A clock that was set back begins another minute, too.
        if !(0..MINUTE).contains(&passed) {
            minute.began_at = now;
            minute.written = 0;
        }
        if minute.written >= MAX_A_MINUTE {
            minute.left_out = minute.left_out.saturating_add(1);
            return None;
        }
        minute.written += 1;
        Some(std::mem::take(&mut minute.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn a_flood_is_written_down_in_part_and_then_counted() {
        let refusals = Refusals::default();
        for _ in 0..MAX_A_MINUTE {
            assert_eq!(refusals.note("org_1", at(MINUTE)), Some(0));
        }
        for _ in 0..5 {
            assert_eq!(refusals.note("org_1", at(2 * MINUTE - 1)), None);
        }
        assert_eq!(refusals.note("org_2", at(MINUTE)), Some(0), "of its own");
        assert_eq!(refusals.note("org_1", at(2 * MINUTE)), Some(5));
        assert_eq!(refusals.note("org_1", at(2 * MINUTE)), Some(0));
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nobody() {
        let refusals = Refusals::default();
        for _ in 0..=MAX_A_MINUTE {
            refusals.note("org_1", at(10 * MINUTE));
        }
        assert_eq!(refusals.note("org_1", at(MINUTE)), Some(1));
    }
}
