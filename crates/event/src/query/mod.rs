//! The query: one model for every way of asking.
//!
//! Lists, counts, exports and saved views all ask with the same parameters, and all of them get
//! their [`Query`] from the one parser here, whatever was given as a parameter of its own and
//! whatever in `q`. It is one tree of [`Condition`]s, a range of time and an order.
//! [`Query::matches`] says what it means, naively and event by event; every index must answer what
//! that answers.
//!
//! It must hold that:
//!
//! - a query cannot be made without a [`Scope`], and never matches an event outside of it;
//! - parameters come from outside: their number and lengths are bounded, and evaluating a query
//!   takes time linear in the event, whatever the patterns;
//! - a parameter that is not understood is an error, never ignored: an answer to a question that
//!   was not asked is worse than none;
//! - equal questions have equal fingerprints, and a fingerprint does not move with the clock.

mod column;
mod condition;
mod error;
pub mod field;
mod filter;
mod fingerprint;
pub mod names;
pub mod own;
mod parse;
mod pattern;
mod q;
pub mod row;
mod scope;
pub mod terms;
pub mod text;

use std::cmp::Ordering;

use crate::id::EventId;
use crate::json::Json;
use crate::time::Timestamp;
use crate::time::range::{Preset, Range, WeekStart};
use crate::time::zone::Zone;

pub use crate::fold::fold;
pub use column::{Column, ColumnKind};
pub use condition::{Condition, Test};
pub use error::QueryError;
pub use field::Field;
pub use filter::MAX_FILTER_VALUE_BYTES;
pub use parse::{
    DEFAULT_LIMIT, MAX_CURSOR_BYTES, MAX_FILTERS, MAX_LIMIT, MAX_PARAMETERS, MAX_PATTERNS,
    PARAMETERS, Times,
};
pub use pattern::{MAX_PATTERN_BYTES, Pattern};
pub use q::{MAX_Q_BYTES, MAX_Q_WORDS};
pub use scope::{MAX_SCOPE_PROJECTS, Scope, TooManyProjects};

/// Gives the display name that a display name or alias of the catalog means, whatever its case.
pub type Aliases<'a> = &'a dyn Fn(&str) -> Option<String>;

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
    /// Where the page is in the list.
    pub place: PlaceAsked,
}

/// Where in a list a page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceAsked {
    /// At its beginning.
    First,
    /// Where an earlier answer said to go on; opaque here.
    Cursor(String),
    /// Around this event.
    Around(EventId),
}

/// The action of Evident's own records of reading the log. Nobody else may record it, or its
/// events would be hidden by default.
pub const READ_ACTION: &str = "audit_log.read";

/// An event that a query is asked about, and what the log knows of it beside its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'e> {
    /// Its parsed canonical bytes.
    pub event: &'e Json<'e>,
    /// Its leaf's number.
    pub index: u64,
    /// The organization's log has an outcome with this event's `attempt_id`. Only asked for where
    /// [`Query::asks_for_outcomes`].
    pub has_outcome: bool,
}

/// The attempt that an event is the outcome of.
pub fn outcome_of<'e>(event: &'e Json<'_>) -> Option<&'e str> {
    let text = |name| event.get(name).and_then(Json::as_str);
    (text("phase") == Some(Phase::Outcome.as_str()))
        .then(|| text("attempt_id"))
        .flatten()
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    scope: Scope,
    asked: Asked,
    range: Option<Range>,
    zone: Zone,
    week_start: WeekStart,
    condition: Condition,
    order: Order,
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
    /// Everything in a scope, Evident's own records included, latest first.
    pub fn everything(scope: Scope) -> Self {
        Self {
            condition: scope.limit(),
            scope,
            asked: Asked::Preset(Preset::AllTime),
            range: None,
            zone: Zone::utc(),
            week_start: WeekStart::default(),
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

    /// What must hold of an event beside its organization and its time. It holds the limit of the
    /// scope, so that an index that answers it cannot forget that.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The order of the list.
    pub fn order(&self) -> Order {
        self.order
    }

    /// The zone that local days are of.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The day that weeks begin on.
    pub fn week_start(&self) -> WeekStart {
        self.week_start
    }

    /// Whether the answer holds an event.
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        self.scope.allows(candidate.event)
            && self.covers_time_of(candidate.event)
            && self.condition.holds(candidate)
    }

    fn covers_time_of(&self, event: &Json<'_>) -> bool {
        let occurred_at = event.get("occurred_at").and_then(Json::as_str);
        let occurred_at = occurred_at.and_then(|text| Timestamp::parse_rfc3339(text).ok());
        self.range
            .is_none_or(|range| occurred_at.is_some_and(|instant| range.contains(instant)))
    }

    /// Whether the answer depends on which attempts have an outcome.
    pub fn asks_for_outcomes(&self) -> bool {
        self.condition
            .mentions(&|condition| matches!(condition, Condition::OpenAttempt))
    }

    /// Whether the rows themselves must be looked at, as for words next to each other.
    pub fn asks_for_phrases(&self) -> bool {
        self.condition
            .mentions(&|condition| matches!(condition, Condition::Phrase(_)))
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

    /// The same question asked at another time, by somebody who follows the log as it grows.
    ///
    /// The last 24 hours then have no end: while somebody looks, events are recorded that happened
    /// after the looking began.
    #[must_use]
    pub fn followed_at(mut self, now: Timestamp) -> Self {
        if let Asked::Preset(preset) = self.asked {
            self.range = preset.resolve(now, &self.zone, self.week_start);
            if preset == Preset::Last24Hours {
                let from = self.range.map(|range| range.as_micros().start);
                self.range = from.map(|from| Range::from_micros(from..i64::MAX));
            }
        }
        self
    }
}

#[cfg(test)]
mod tests;
