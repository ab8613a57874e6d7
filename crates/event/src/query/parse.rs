//! From parameters to a query.
//!
//! One table says which parameters there are, which may be repeated and how long they may be.
//! What the table does not know is refused before anything else is looked at, so a misspelt
//! parameter never widens an answer.

use crate::nearest::nearest;
use crate::record::RESULTS;
use std::collections::BTreeMap;

use super::{
    Aliases, Asked, Filter, MAX_FILTER_VALUE_BYTES, MAX_PATTERN_BYTES, Match, Order, Page, Pattern,
    Phase, Query, QueryError, Scope, field,
};
use crate::catalog::{EventType, Level};
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
    ("order", Times::Once, MAX_WORD_BYTES),
    ("limit", Times::Once, MAX_WORD_BYTES),
    ("cursor", Times::Once, MAX_CURSOR_BYTES),
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
        let query = Self {
            project_id: project_id(&given, &scope)?,
            scope,
            asked,
            range,
            levels: given.words("level", "bad_level", &Level::ALL.map(|l| (l.as_str(), l)))?,
            zone,
            week_start,
            filters: filters(&given, aliases)?,
            matching: given
                .word("match", "bad_match", &MATCHES)?
                .unwrap_or_default(),
            actions: actions(&given)?,
            event_types: given.words(
                "event_type",
                "bad_event_type",
                &EventType::ALL.map(|kind| (kind.as_str(), kind)),
            )?,
            results: given.words("result", "bad_result", &RESULTS.map(|r| (r, r.to_owned())))?,
            phase: given.word("phase", "bad_phase", &PHASES.map(|p| (p.as_str(), p)))?,
            order: given
                .word("order", "bad_order", &ORDERS)?
                .unwrap_or_default(),
        };
        Ok((query, page(&given)?))
    }
}

const MATCHES: [(&str, Match); 2] = [("all", Match::All), ("any", Match::Any)];
const ORDERS: [(&str, Order); 2] = [("desc", Order::Desc), ("asc", Order::Asc)];
const PHASES: [Phase; 2] = [Phase::Attempt, Phase::Outcome];
const WEEK_STARTS: [(&str, WeekStart); 2] =
    [("monday", WeekStart::Monday), ("sunday", WeekStart::Sunday)];

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

    /// The meanings of values that must be one of a few words, each once.
    fn words<T: Clone + PartialEq>(
        &self,
        name: &str,
        code: &'static str,
        words: &[(&str, T)],
    ) -> Result<Vec<T>, QueryError> {
        let mut meant = Vec::new();
        for value in self.all(name) {
            let meaning = word(name, code, value, words)?;
            if !meant.contains(&meaning) {
                meant.push(meaning);
            }
        }
        Ok(meant)
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

fn word<T: Clone>(
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

fn project_id(given: &Given, scope: &Scope) -> Result<Option<String>, QueryError> {
    let Some(asked) = given.one("project_id") else {
        return Ok(None);
    };
    if asked.is_empty() {
        let message = "the project is empty: give its id or leave the parameter out";
        return Err(QueryError::new("bad_project_id", "project_id", message));
    }
    match scope.project_id() {
        Some(allowed) if allowed != asked => {
            let message = format!("only project {allowed:?} may be read with these credentials");
            Err(QueryError::new(
                "project_not_allowed",
                "project_id",
                message,
            ))
        }
        _ => Ok(Some(asked.to_owned())),
    }
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

fn filters(given: &Given, aliases: Aliases<'_>) -> Result<Vec<Filter>, QueryError> {
    let texts = given.all("filter");
    if texts.len() > MAX_FILTERS {
        let message = format!(
            "there are {} filters: give at most {MAX_FILTERS}",
            texts.len()
        );
        return Err(QueryError::new("too_many_filters", "filter", message));
    }
    texts
        .iter()
        .map(|text| Filter::parse(text, aliases))
        .collect()
}

fn actions(given: &Given) -> Result<Vec<Pattern>, QueryError> {
    let texts = given.all("action");
    if texts.len() > MAX_PATTERNS {
        let message = format!(
            "there are {} patterns: give at most {MAX_PATTERNS}",
            texts.len()
        );
        return Err(QueryError::new("too_many_patterns", "action", message));
    }
    texts
        .iter()
        .map(|text| Pattern::parse("action", text))
        .collect()
}

fn page(given: &Given) -> Result<Page, QueryError> {
    let limit = match given.one("limit") {
        None => DEFAULT_LIMIT,
        Some(text) => limit(text)?,
    };
    let cursor = given.one("cursor").map(str::to_owned);
    if cursor.as_deref() == Some("") {
        let message = "the cursor is empty: leave the parameter out for the first page";
        return Err(QueryError::new("bad_cursor", "cursor", message));
    }
    Ok(Page { limit, cursor })
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
