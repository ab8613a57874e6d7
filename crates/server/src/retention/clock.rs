//! What time it is for retention. Tests may shift it by days, to see what becomes of events that are not old yet;
//! nothing of that is in a release build.

use evident_event::time::Timestamp;

use crate::edge;

/// The variable that says by how many days the clock is shifted.
#[cfg(debug_assertions)]
const VARIABLE: &str = "TEST_EVIDENT_RETENTION_DAYS";

/// The variable that has a clock that is shifted be doubted like any other.
#[cfg(debug_assertions)]
const DOUBTS: &str = "TEST_EVIDENT_RETENTION_DOUBTS";

/// Whether a test shifts the clock and wants it to be believed.
#[cfg(debug_assertions)]
pub(super) fn is_believed_by_tests() -> bool {
    std::env::var_os(VARIABLE).is_some() && std::env::var_os(DOUBTS).is_none()
}

/// Nobody shifts the clock here.
#[cfg(not(debug_assertions))]
pub(super) const fn is_believed_by_tests() -> bool {
    false
}

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
