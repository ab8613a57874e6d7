//! What time it is for retention. Tests may shift it by days, to see what becomes of events that are not old yet;
//! nothing of that is in a release build.

use evident_event::time::Timestamp;

use crate::edge;

/// The variable that says by how many days the clock is shifted.
#[cfg(debug_assertions)]
const VARIABLE: &str = "TEST_EVIDENT_RETENTION_DAYS";

/// The time.
#[cfg(debug_assertions)]
pub(super) fn now() -> Timestamp {
    let days = std::env::var(VARIABLE).ok();
    let days = days.and_then(|days| days.parse().ok()).unwrap_or_default();
    super::rules::shifted(edge::now(), days)
}

/// The time.
#[cfg(not(debug_assertions))]
pub(super) fn now() -> Timestamp {
    edge::now()
}
