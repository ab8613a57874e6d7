//! What a query means: the obvious evaluation of one event, without any index.
//!
//! This is the model that indexes are tested against. It is meant to be read, not to be fast.

use super::{Match, Query};
use crate::json::Json;
use crate::time::Timestamp;

/// Whether a query's answer holds an event. `event` is its parsed canonical bytes, `index` its
/// leaf's number, which those do not hold.
pub fn matches(query: &Query, event: &Json<'_>, index: u64) -> bool {
    let text = |name| event.get(name).and_then(Json::as_str);
    let one_of = |name, given: &mut dyn Iterator<Item = &str>| {
        let mut given = given.peekable();
        given.peek().is_none() || given.any(|expected| text(name) == Some(expected))
    };
    query.scope.allows(event)
        && one_of("project_id", &mut query.project_id.as_deref().into_iter())
        && one_of(
            "level",
            &mut query.levels.iter().map(|level| level.as_str()),
        )
        && one_of(
            "event_type",
            &mut query.event_types.iter().map(|kind| kind.as_str()),
        )
        && one_of("result", &mut query.results.iter().map(String::as_str))
        && one_of("phase", &mut query.phase.iter().map(|phase| phase.as_str()))
        && in_range(query, text("occurred_at"))
        && fits_a_pattern(query, text("action"))
        && passes_filters(query, event, index)
}

fn in_range(query: &Query, occurred_at: Option<&str>) -> bool {
    let occurred_at = occurred_at.and_then(|text| Timestamp::parse_rfc3339(text).ok());
    query
        .range
        .is_none_or(|range| occurred_at.is_some_and(|instant| range.contains(instant)))
}

fn fits_a_pattern(query: &Query, action: Option<&str>) -> bool {
    let fits = |action| query.actions.iter().any(|pattern| pattern.matches(action));
    query.actions.is_empty() || action.is_some_and(fits)
}

fn passes_filters(query: &Query, event: &Json<'_>, index: u64) -> bool {
    let mut filters = query.filters.iter();
    match query.matching {
        Match::All => filters.all(|filter| filter.passes(event, index)),
        Match::Any => query.filters.is_empty() || filters.any(|filter| filter.passes(event, index)),
    }
}
