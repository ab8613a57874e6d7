//! The query: one model for every way of asking.
//!
//! Lists, counts, exports and saved views all ask with the same parameters, and all of them get
//! their [`Query`] from the one parser here. [`matches()`] says what a query means, naively and
//! event by event; every index must answer what it answers.
//!
//! It must hold that:
//!
//! - a query cannot be made without a [`Scope`], and never matches an event outside of it;
//! - parameters come from outside: their number and lengths are bounded, and evaluating a query
//!   takes time linear in the event, whatever the patterns;
//! - a parameter that is not understood is an error, never ignored: an answer to a question that
//!   was not asked is worse than none;
//! - equal questions have equal fingerprints, and a fingerprint does not move with the clock.

mod error;
pub mod field;
mod filter;
mod fingerprint;
mod matches;
mod parse;
mod pattern;

use std::cmp::Ordering;

use crate::catalog::{EventType, Level};
use crate::json::Json;
use crate::time::Timestamp;
use crate::time::range::{Preset, Range, WeekStart};
use crate::time::zone::Zone;

pub use error::QueryError;
pub use field::Field;
pub use filter::{Filter, MAX_FILTER_VALUE_BYTES, Operator};
pub use matches::matches;
pub use parse::{
    DEFAULT_LIMIT, MAX_CURSOR_BYTES, MAX_FILTERS, MAX_LIMIT, MAX_PARAMETERS, MAX_PATTERNS,
    PARAMETERS, Times,
};
pub use pattern::{MAX_PATTERN_BYTES, Pattern};

/// Gives the display name that a display name or alias of the catalog means, whatever its case.
pub type Aliases<'a> = &'a dyn Fn(&str) -> Option<String>;

/// An organization, and what the caller may see in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    organization_id: String,
    project_id: Option<String>,
}

impl Scope {
    /// All of an organization.
    pub fn organization(organization_id: impl Into<String>) -> Self {
        Self {
            organization_id: organization_id.into(),
            project_id: None,
        }
    }

    /// One project of an organization, and nothing beside it.
    pub fn project(organization_id: impl Into<String>, project_id: impl Into<String>) -> Self {
        Self {
            organization_id: organization_id.into(),
            project_id: Some(project_id.into()),
        }
    }

    /// The organization.
    pub fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// The only project that may be seen, if there is such a limit.
    pub fn project_id(&self) -> Option<&str> {
        self.project_id.as_deref()
    }

    /// Whether an event may be seen.
    pub fn allows(&self, event: &Json<'_>) -> bool {
        let is = |name, expected: &str| event.get(name).and_then(Json::as_str) == Some(expected);
        is("organization_id", &self.organization_id)
            && self.project_id().is_none_or(|id| is("project_id", id))
    }
}

/// How the filters of a query join. They never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Match {
    /// An event must pass every filter.
    #[default]
    All,
    /// An event must pass one filter, if there are any.
    Any,
}

/// Whether an event records what is about to be done, or what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It is about to be done.
    Attempt,
    /// It has been done, or has failed.
    Outcome,
}

impl Phase {
    /// As it is written in an event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Outcome => "outcome",
        }
    }
}

/// The order of a list: by `occurred_at`, then by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// The latest first.
    #[default]
    Desc,
    /// The earliest first; exactly the reverse.
    Asc,
}

impl Order {
    /// How two events, each its `occurred_at` and index, stand in a list.
    pub fn compare(self, a: (Timestamp, u64), b: (Timestamp, u64)) -> Ordering {
        match self {
            Self::Asc => a.cmp(&b),
            Self::Desc => b.cmp(&a),
        }
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most this many events, 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// Where to go on, as an earlier answer said; opaque here.
    pub cursor: Option<String>,
}

/// A question. All its parts join by AND.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    scope: Scope,
    asked: Asked,
    range: Option<Range>,
    /// Only events of this project.
    pub project_id: Option<String>,
    /// Only events of one of these levels, if there are any here.
    pub levels: Vec<Level>,
    /// The zone that local days are of.
    pub zone: Zone,
    /// The day that weeks begin on.
    pub week_start: WeekStart,
    /// Conditions on fields, joined by `matching`.
    pub filters: Vec<Filter>,
    /// How the filters join.
    pub matching: Match,
    /// Only actions that fit one of these, if there are any here.
    pub actions: Vec<Pattern>,
    /// Only events of one of these types, if there are any here.
    pub event_types: Vec<EventType>,
    /// Only one of these results, if there are any here.
    pub results: Vec<String>,
    /// Only attempts, or only outcomes.
    pub phase: Option<Phase>,
    /// The order of the list.
    pub order: Order,
}

/// The time that was asked for, before a clock resolved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Preset(Preset),
    Bounds {
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    },
}

impl Query {
    /// Everything in a scope, latest first.
    pub fn everything(scope: Scope) -> Self {
        Self {
            scope,
            asked: Asked::Preset(Preset::AllTime),
            range: None,
            project_id: None,
            levels: Vec::new(),
            zone: Zone::utc(),
            week_start: WeekStart::default(),
            filters: Vec::new(),
            matching: Match::default(),
            actions: Vec::new(),
            event_types: Vec::new(),
            results: Vec::new(),
            phase: None,
            order: Order::default(),
        }
    }

    /// What may be seen.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The time asked for, as instants; `None` is all time.
    pub fn range(&self) -> Option<Range> {
        self.range
    }

    /// The same question about the instants that an earlier page of its answer had.
    ///
    /// `last_30_days` means other instants tomorrow than today. A cursor therefore carries the
    /// range that its first page resolved, and the fingerprint, which this does not change, is of
    /// the range as it was asked for.
    #[must_use]
    pub fn with_resolved_range(mut self, range: Option<Range>) -> Self {
        self.range = range;
        self
    }
}

#[cfg(test)]
mod tests;
