//! From rules to what goes: which rule is in force where, and before which instant it lets events go. Pure.
//!
//! What must always hold:
//!
//! - an event stays at least as many whole days of 24 hours as its rule says: what goes was received before a UTC
//!   midnight that is so many days before the last one. So all runs of a day come to the same, and pieces of the
//!   store are written anew for it once a day at most;
//! - what has no rule anywhere is kept for ever;
//! - a project's own rule counts for its events alone, be it longer or shorter than the organization's.

use std::collections::BTreeMap;

use evident_event::time::Timestamp;
use evident_store::expiry::Expiry;

use crate::control::{Keep, RetentionPolicy, RetentionRules};

/// Most days that events are kept, unless for ever: a hundred years.
pub(crate) const MAX_DAYS: u32 = 36_500;
/// Most projects that a policy lists; of others it says how many there are. With fewer than 256 values it fits into
/// an event.
const MAX_LISTED_PROJECTS: usize = 50;

pub(super) const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The first instant of the UTC day of an instant.
pub(crate) fn day_of(now: Timestamp) -> Timestamp {
    let micros = now.as_micros();
    Timestamp::from_micros(micros - micros.rem_euclid(MICROS_PER_DAY))
}

/// The first instant of the UTC day after that of an instant.
pub(crate) fn day_after(now: Timestamp) -> Timestamp {
    day_of(now)
        .checked_add(MICROS_PER_DAY)
        .unwrap_or(Timestamp::MAX)
}

/// An instant, shifted by days; the first or the last one there is, where it would be beyond.
#[cfg(any(test, debug_assertions))]
pub(super) fn shifted(now: Timestamp, days: i64) -> Timestamp {
    let beyond = match days < 0 {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    };
    days.checked_mul(MICROS_PER_DAY)
        .and_then(|micros| now.checked_add(micros))
        .unwrap_or(beyond)
}

/// Before when events must have been received to go; `None`: they are kept.
pub(crate) fn cutoff(keep: Keep, now: Timestamp) -> Option<Timestamp> {
    let days = keep.days()?;
    let earlier = day_of(now).checked_add(-i64::from(days) * MICROS_PER_DAY);
    Some(earlier.unwrap_or(Timestamp::MIN))
}

/// What is in force in an organization where no project says otherwise.
pub(crate) fn in_force(rules: &RetentionRules, default: Keep) -> Keep {
    rules.organization.map_or(default, |rule| rule.keep)
}

/// What is in force in a project.
pub(crate) fn in_force_in(rules: &RetentionRules, default: Keep, project_id: &str) -> Keep {
    let own = rules.projects.get(project_id).map(|rule| rule.keep);
    own.unwrap_or_else(|| in_force(rules, default))
}

/// What the store is to remove of an organization; `None`: all of it is kept.
pub(crate) fn expiry(
    organization_id: &str,
    rules: &RetentionRules,
    default: Keep,
    now: Timestamp,
) -> Option<Expiry> {
    let expiry = Expiry {
        organization_id: organization_id.to_owned(),
        default: cutoff(in_force(rules, default), now),
        projects: rules
            .projects
            .iter()
            .map(|(id, rule)| (id.clone(), cutoff(rule.keep, now)))
            .collect(),
        as_of: day_after(now),
    };
    let removes = expiry.default.is_some() || expiry.projects.values().any(Option::is_some);
    removes.then_some(expiry)
}

/// What is to be said of the rules by which something goes.
pub(crate) fn policy(rules: &RetentionRules, default: Keep, now: Timestamp) -> RetentionPolicy {
    let of = |keep: Keep| RetentionPolicy {
        days: keep.days(),
        cutoff: cutoff(keep, now).map(|cutoff| cutoff.to_string()),
        ..RetentionPolicy::default()
    };
    let listed = rules.projects.iter().take(MAX_LISTED_PROJECTS);
    let projects: BTreeMap<String, RetentionPolicy> = listed
        .map(|(id, rule)| (id.clone(), of(rule.keep)))
        .collect();
    RetentionPolicy {
        further_projects: rules.projects.len() - projects.len(),
        projects,
        ..of(in_force(rules, default))
    }
}

#[cfg(test)]
mod tests;
