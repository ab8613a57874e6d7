//! From parameters to a query.
//!
//! One table says which parameters there are, which may be repeated and how long they may be.
//! What the table does not know is refused before anything else is looked at, so a misspelt
//! parameter never widens an answer.

use std::collections::BTreeMap;

use super::{
    Aliases, Asked, Condition, Field, MAX_FILTER_VALUE_BYTES, MAX_PATTERN_BYTES, MAX_Q_BYTES,
    Order, Page, Pattern, Phase, PlaceAsked, Query, QueryError, READ_ACTION, Scope, field, filter,
    q,
};
use crate::catalog::{EventType, Level};
use crate::id::EventId;
use crate::nearest::nearest;
use crate::record::RESULTS;
use crate::time::range::{Preset, Range, WeekStart, parse_bound};
use crate::time::zone::Zone;
use crate::time::{Timestamp, echo};

/// Most parameters of a query.
pub const MAX_PARAMETERS: usize = 256;
/// Most filters of a query.
pub const MAX_FILTERS: usize = 64;
/// Most action patterns of a query.
pub const MAX_PATTERNS: usize = 64;
/// Most events of a page.
pub const MAX_LIMIT: usize = 500;
/// Events of a page, unless the query says otherwise.
pub const DEFAULT_LIMIT: usize = 50;
/// The longest cursor, in bytes.
pub const MAX_CURSOR_BYTES: usize = 1024;

/// The longest value of a parameter that takes one of a few words, in bytes.
const MAX_WORD_BYTES: usize = 64;
/// The longest filter, in bytes: path, operator, value and two colons.
const MAX_FILTER_BYTES: usize = field::MAX_PATH_BYTES + MAX_FILTER_VALUE_BYTES + 16;

/// How often a parameter may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Once.
    Once,
    /// As often as there are things to say.
    Repeated,
}

/// Every parameter that a query has: its name, how often it may be given, and the longest value
/// in bytes.
pub const PARAMETERS: &[(&str, Times, usize)] = &[
    ("project_id", Times::Once, MAX_FILTER_VALUE_BYTES),
    ("level", Times::Repeated, MAX_WORD_BYTES),
    ("range", Times::Once, MAX_WORD_BYTES),
    ("tz", Times::Once, MAX_WORD_BYTES),
    ("week_start", Times::Once, MAX_WORD_BYTES),
    ("from", Times::Once, MAX_WORD_BYTES),
    ("to", Times::Once, MAX_WORD_BYTES),
    ("filter", Times::Repeated, MAX_FILTER_BYTES),
    ("match", Times::Once, MAX_WORD_BYTES),
    ("action", Times::Repeated, MAX_PATTERN_BYTES),
    ("event_type", Times::Repeated, MAX_WORD_BYTES),
    ("result", Times::Repeated, MAX_WORD_BYTES),
    ("phase", Times::Once, MAX_WORD_BYTES),
    ("attempt", Times::Once, MAX_WORD_BYTES),
    ("q", Times::Once, MAX_Q_BYTES),
    ("reads", Times::Once, MAX_WORD_BYTES),
    ("order", Times::Once, MAX_WORD_BYTES),
    ("limit", Times::Once, MAX_WORD_BYTES),
    ("cursor", Times::Once, MAX_CURSOR_BYTES),
    ("around", Times::Once, MAX_WORD_BYTES),
];

impl Query {
    /// Reads a query from its parameters, names and values already decoded.
    ///
    /// `now` is what presets are resolved at; `aliases` is asked what a display name means.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        scope: Scope,
        parameters: impl IntoIterator<Item = (N, V)>,
        now: Timestamp,
        aliases: Aliases<'_>,
    ) -> Result<(Self, Page), QueryError> {
        let mut given = Given::default();
        for (name, value) in parameters {
            given.take(name.as_ref(), value.as_ref())?;
        }
        let zone = zone(&given)?;
        let week_start = given.word("week_start", "bad_week_start", &WEEK_STARTS)?;
        let week_start = week_start.unwrap_or_default();
        let (asked, range) = time(&given, now, &zone, week_start)?;
        let order = given.word("order", "bad_order", &ORDERS)?;
        let query = Self {
            condition: condition(&given, &scope, aliases)?,
            scope,
            asked,
            range,
            zone,
            week_start,
            order: order.unwrap_or_default(),
        };
        Ok((query, page(&given)?))
    }
}

/// How filters join. They never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Match {
    /// An event must pass every filter.
    #[default]
    All,
    /// An event must pass one filter, if there are any.
    Any,
}

/// Whether Evident's own records of reading the log are in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Reads {
    #[default]
    Exclude,
    Include,
}

const MATCHES: [(&str, Match); 2] = [("all", Match::All), ("any", Match::Any)];
const ORDERS: [(&str, Order); 2] = [("desc", Order::Desc), ("asc", Order::Asc)];
const PHASES: [Phase; 2] = [Phase::Attempt, Phase::Outcome];
const ATTEMPTS: [(&str, ()); 1] = [("open", ())];
const READS: [(&str, Reads); 2] = [("exclude", Reads::Exclude), ("include", Reads::Include)];
const WEEK_STARTS: [(&str, WeekStart); 2] =
    [("monday", WeekStart::Monday), ("sunday", WeekStart::Sunday)];

/// All that decides which events match, but for organization and time.
fn condition(given: &Given, scope: &Scope, aliases: Aliases<'_>) -> Result<Condition, QueryError> {
    let levels = Level::ALL.map(Level::as_str);
    let event_types = EventType::ALL.map(EventType::as_str);
    let phases = PHASES.map(Phase::as_str);
    let open = given.word("attempt", "bad_attempt", &ATTEMPTS)?;
    let reads = given.word("reads", "bad_reads", &READS)?;
    let own_reads = || Condition::one_of(Field::of_member("action"), [READ_ACTION.to_owned()]);
    let parts = [
        Some(scope.limit()),
        project_id(given, scope)?,
        given.one_of("level", "bad_level", &levels)?,
        given.one_of("event_type", "bad_event_type", &event_types)?,
        given.one_of("result", "bad_result", &RESULTS)?,
        given.one_of("phase", "bad_phase", &phases)?,
        actions(given)?,
        filters(given, aliases)?,
        open.map(|()| Condition::OpenAttempt),
        given
            .one("q")
            .map(|text| q::parse(text, aliases))
            .transpose()?,
        (reads.unwrap_or_default() == Reads::Exclude).then(|| own_reads().negated()),
    ];
    Ok(Condition::all(parts.into_iter().flatten()))
}

/// The values that were given, by parameter.
#[derive(Default)]
struct Given {
    values: BTreeMap<&'static str, Vec<String>>,
    count: usize,
}

impl Given {
    fn take(&mut self, name: &str, value: &str) -> Result<(), QueryError> {
        self.count += 1;
        if self.count > MAX_PARAMETERS {
            let message = format!("there are too many parameters: give at most {MAX_PARAMETERS}");
            return Err(QueryError::new("too_many_parameters", &echo(name), message));
        }
        let known = PARAMETERS.iter().find(|(known, ..)| *known == name);
        let Some(&(name, times, max_bytes)) = known else {
            return Err(unknown_parameter(name));
        };
        if value.len() > max_bytes {
            let message = format!(
                "the value has {} bytes: give at most {max_bytes}",
                value.len()
            );
            return Err(QueryError::new("value_too_long", name, message));
        }
        let values = self.values.entry(name).or_default();
        if times == Times::Once && !values.is_empty() {
            let message = "the parameter is given more than once: give it once";
            return Err(QueryError::new("repeated_parameter", name, message));
        }
        values.push(value.to_owned());
        Ok(())
    }

    fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// The member of the record with the parameter's name is one of the values, each of which
    /// must be one of a few words.
    fn one_of(
        &self,
        name: &str,
        code: &'static str,
        words: &[&str],
    ) -> Result<Option<Condition>, QueryError> {
        let words: Vec<(&str, String)> = words.iter().map(|w| (*w, (*w).to_owned())).collect();
        let values = self.all(name).iter();
        let values = values.map(|value| word(name, code, value, &words));
        let values = values.collect::<Result<Vec<String>, _>>()?;
        let field = Field::of_member(name);
        Ok((!values.is_empty()).then(|| Condition::one_of(field, values)))
    }

    fn word<T: Clone>(
        &self,
        name: &str,
        code: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, QueryError> {
        let value = self.one(name);
        value
            .map(|value| word(name, code, value, words))
            .transpose()
    }
}

pub(super) fn word<T: Clone>(
    name: &str,
    code: &'static str,
    value: &str,
    words: &[(&str, T)],
) -> Result<T, QueryError> {
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == value) {
        return Ok(meaning.clone());
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let message = format!("{:?} is none of {}", echo(value), known.join(", "));
    Err(QueryError::new(code, name, message).suggesting(nearest(value, known)))
}

fn unknown_parameter(name: &str) -> QueryError {
    let known: Vec<&str> = PARAMETERS.iter().map(|(known, ..)| *known).collect();
    let message = format!("there is no such parameter: use {}", known.join(", "));
    QueryError::new("unknown_parameter", &echo(name), message).suggesting(nearest(name, known))
}

fn project_id(given: &Given, scope: &Scope) -> Result<Option<Condition>, QueryError> {
    let Some(asked) = given.one("project_id") else {
        return Ok(None);
    };
    if asked.is_empty() {
        let message = "the project is empty: give its id or leave the parameter out";
        return Err(QueryError::new("bad_project_id", "project_id", message));
    }
    scope.asked_for(asked).map(Some)
}

fn zone(given: &Given) -> Result<Zone, QueryError> {
    let Some(name) = given.one("tz") else {
        return Ok(Zone::utc());
    };
    Zone::named(name).map_err(|error| {
        QueryError::new("bad_zone", "tz", error.to_string()).suggesting(close_zone(name))
    })
}

/// The zone that was probably meant: of that city, or nearly of that name.
fn close_zone(name: &str) -> Option<String> {
    let names = Zone::names();
    let city = name.replace(' ', "_");
    let of_city = |known: &&String| {
        let (_, known_city) = known.rsplit_once('/').unwrap_or(("", known));
        known_city.eq_ignore_ascii_case(&city)
    };
    let close = || nearest(&city, names.iter().map(String::as_str)).map(str::to_owned);
    names.iter().find(of_city).cloned().or_else(close)
}

fn time(
    given: &Given,
    now: Timestamp,
    zone: &Zone,
    week_start: WeekStart,
) -> Result<(Asked, Option<Range>), QueryError> {
    let presets = Preset::ALL.map(|preset| (preset.as_str(), preset));
    let preset = given.word("range", "bad_range", &presets)?;
    let (from, to) = (bound(given, "from", zone)?, bound(given, "to", zone)?);
    match (preset, from, to) {
        (preset, None, None) => {
            let preset = preset.unwrap_or(Preset::AllTime);
            Ok((Asked::Preset(preset), preset.resolve(now, zone, week_start)))
        }
        (Some(_), ..) => {
            let message = "a range and from or to exclude each other: give one or the other";
            Err(QueryError::new("bad_range", "range", message))
        }
        (None, from, to) => {
            if let (Some(from), Some(to)) = (from, to)
                && from >= to
            {
                let message = format!(
                    "to ({to}) is not after from ({from}), and is itself excluded: give a later \
                     one; for one whole day, the date of the next"
                );
                return Err(QueryError::new("bad_range", "to", message));
            }
            Ok((Asked::Bounds { from, to }, Some(Range::between(from, to))))
        }
    }
}

fn bound(given: &Given, name: &str, zone: &Zone) -> Result<Option<Timestamp>, QueryError> {
    let Some(text) = given.one(name) else {
        return Ok(None);
    };
    let bound = parse_bound(text, zone).map_err(|error| {
        let message =
            format!("{error}; or give a date alone, such as 2026-02-13, for its midnight in tz");
        QueryError::new("bad_time", name, message)
    })?;
    Ok(Some(bound))
}

fn filters(given: &Given, aliases: Aliases<'_>) -> Result<Option<Condition>, QueryError> {
    let matching = given.word("match", "bad_match", &MATCHES)?;
    let texts = given.all("filter");
    if texts.is_empty() {
        return Ok(None);
    }
    if texts.len() > MAX_FILTERS {
        let message = format!(
            "there are {} filters: give at most {MAX_FILTERS}",
            texts.len()
        );
        return Err(QueryError::new("too_many_filters", "filter", message));
    }
    let filters = texts.iter().map(|text| filter::parse(text, aliases));
    let filters = filters.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(match matching.unwrap_or_default() {
        Match::All => Condition::all(filters),
        Match::Any => Condition::any(filters),
    }))
}

fn actions(given: &Given) -> Result<Option<Condition>, QueryError> {
    let texts = given.all("action");
    if texts.is_empty() {
        return Ok(None);
    }
    if texts.len() > MAX_PATTERNS {
        let message = format!(
            "there are {} patterns: give at most {MAX_PATTERNS}",
            texts.len()
        );
        return Err(QueryError::new("too_many_patterns", "action", message));
    }
    let field = Field::of_member("action");
    let patterns = texts.iter().map(|text| Pattern::parse("action", text));
    let fitting = patterns.map(|pattern| Ok(Condition::like(field.clone(), pattern?)));
    Ok(Some(Condition::any(
        fitting.collect::<Result<Vec<_>, _>>()?,
    )))
}

fn page(given: &Given) -> Result<Page, QueryError> {
    let limit = match given.one("limit") {
        None => DEFAULT_LIMIT,
        Some(text) => limit(text)?,
    };
    let place = match (given.one("cursor"), given.one("around")) {
        (None, None) => PlaceAsked::First,
        (Some(cursor), None) if !cursor.is_empty() => PlaceAsked::Cursor(cursor.to_owned()),
        (Some(_), None) => {
            let message = "the cursor is empty: leave the parameter out for the first page";
            return Err(QueryError::new("bad_cursor", "cursor", message));
        }
        (None, Some(id)) => PlaceAsked::Around(EventId::parse(id).map_err(|_| {
            let message = format!("{:?} is no event's id: give a UUID", echo(id));
            QueryError::new("bad_around", "around", message)
        })?),
        (Some(_), Some(_)) => {
            let message = "a cursor and around exclude each other: give one or the other";
            return Err(QueryError::new("bad_around", "around", message));
        }
    };
    Ok(Page { limit, place })
}

fn limit(text: &str) -> Result<usize, QueryError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(limit @ 1..=MAX_LIMIT) if digits => Ok(limit),
        _ => {
            let message = format!("{:?} is not a number from 1 to {MAX_LIMIT}", echo(text));
            Err(QueryError::new("bad_limit", "limit", message))
        }
    }
}
