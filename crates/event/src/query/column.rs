//! Columns: what one cell of a sheet shows of an event.
//!
//! A column is named as a field is. But a sheet is for reading, and all that is kept can be read:
//! so members that hold members of their own (`changes`, `targets`, `metadata`) and those that are
//! not indexed (`request.body`) are columns too, written as their JSON text. It must hold that a
//! cell has the values that a filter on the field of its name would meet (but that people are shown
//! by one thing that they are known by), and that nothing of an event is beyond the reach of all
//! columns.

use std::borrow::Cow;

use super::field::{self, Holds, ROOTS, Root};
use super::{Candidate, Field, QueryError};
use crate::canonical;
use crate::json::Json;
use crate::time::Timestamp;
use crate::time::zone::Zone;

/// Stands between the values of a cell that has several.
pub(super) const SEPARATOR: &str = "; ";
/// Fields that are instants, and shown as a local clock shows them.
const TIMES: [&str; 2] = ["occurred_at", "received_at"];
/// Fields that are parties, of which what each is known by is shown.
const PARTIES: [&str; 2] = ["user", "authority"];
/// Fields that are integers.
const INTEGERS: [&str; 1] = ["request.status"];
/// Members of the record that are lists.
const LISTS: [&str; 3] = ["changes", "on_behalf_of", "targets"];

/// What one cell of a sheet shows of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column(pub(super) Shows);

/// What the values of a column are, the same for every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// The leaf's number.
    Index,
    /// An instant.
    Instant,
    /// An integer that a double holds.
    Integer,
    /// Text; of a sender's own key, whatever stands there.
    Text,
    /// Members that hold members, or several values.
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shows {
    /// The leaf's number.
    Index,
    /// An instant.
    Time(Field),
    /// What parties are known by.
    Parties(Field),
    /// The values of a field, in the event's order.
    Values(Field),
    /// Members as they are, each its JSON text. Keys from the record down, arrays on the way not
    /// counted.
    Members(Vec<Vec<&'static str>>),
}

impl Column {
    /// Reads a column's name, which `parameter` gave.
    pub fn parse(parameter: &str, name: &str) -> Result<Self, QueryError> {
        if let Some(paths) = members(name) {
            return Ok(Self(Shows::Members(paths)));
        }
        let field = Field::parse(parameter, name).map_err(|error| match error.code {
            "not_indexed" => not_indexed(parameter),
            _ => error,
        })?;
        Ok(Self(match field.name() {
            _ if field.is_index() => Shows::Index,
            name if TIMES.contains(&name) => Shows::Time(field),
            name if PARTIES.contains(&name) => Shows::Parties(field),
            _ => Shows::Values(field),
        }))
    }

    /// What its values are.
    pub fn kind(&self) -> ColumnKind {
        match &self.0 {
            Shows::Index => ColumnKind::Index,
            Shows::Time(_) => ColumnKind::Instant,
            Shows::Members(_) => ColumnKind::Json,
            Shows::Parties(_) | Shows::Values(_) if self.is_list() => ColumnKind::Json,
            Shows::Values(field) if INTEGERS.contains(&field.name()) => ColumnKind::Integer,
            Shows::Parties(_) | Shows::Values(_) => ColumnKind::Text,
        }
    }

    /// Whether an event may have several values for it by the shape of the record, as for the ids of
    /// targets. A member that is itself a list is one value.
    pub fn is_list(&self) -> bool {
        match &self.0 {
            Shows::Index => false,
            Shows::Time(field) | Shows::Parties(field) | Shows::Values(field) => {
                field.paths().iter().any(|path| lies_in_list(path))
            }
            Shows::Members(paths) => paths.iter().any(|path| lies_in_list(path)),
        }
    }

    /// What it shows of an event; nothing where the event has no value. Instants are as a clock of
    /// the zone shows them.
    ///
    /// This is what a cell means, naively; [`super::row`] finds the same in canonical bytes.
    pub fn cell<'e>(&self, candidate: &Candidate<'e>, zone: &Zone) -> Cow<'e, str> {
        match &self.0 {
            Shows::Index => Cow::Owned(candidate.index.to_string()),
            Shows::Parties(field) => joined(field::shown(field, candidate)),
            Shows::Time(field) => {
                let values = field::values(field, candidate.event).into_iter();
                joined(values.map(|text| local(text, zone)).collect())
            }
            Shows::Values(field) => {
                let mut found = Vec::new();
                for path in field.paths() {
                    collect(candidate.event, path, &leaf, &mut found);
                }
                joined(found)
            }
            Shows::Members(paths) => {
                let mut found = Vec::new();
                for path in paths {
                    let whole = |value: &Json<'_>, found: &mut Vec<_>| found.push(json(value));
                    collect(candidate.event, path, &whole, &mut found);
                }
                joined(found)
            }
        }
    }
}

/// Whether a path leads through a list of the record.
fn lies_in_list<K: AsRef<str>>(path: &[K]) -> bool {
    matches!(path, [first, _, ..] if LISTS.contains(&first.as_ref()))
}

/// Where a member that is written as JSON stands, if that is what the name means.
fn members(name: &str) -> Option<Vec<Vec<&'static str>>> {
    let (first, second) = match name.split_once('.') {
        None => (name, None),
        Some((first, second)) => (first, Some(second)),
    };
    let named = |root: &&Root| root.name == first;
    // A member of the record may be spelled as it is in the record, too.
    let spelled = |root: &&Root| root.places == [first] && root.alone.is_empty();
    let root = ROOTS
        .iter()
        .find(named)
        .or_else(|| ROOTS.iter().find(spelled))?;
    let within = |member: Option<&'static str>| {
        let path = |place: &&'static str| [*place].into_iter().chain(member).collect();
        root.places.iter().map(path).collect()
    };
    match (root.holds, second) {
        (Holds::Scalar, _) => None,
        (_, None) => root.alone.is_empty().then(|| within(None)),
        (Holds::Members(members), Some(second)) => {
            let member = members.iter().find(|member| member.name == second)?;
            (!matches!(member.holds, Holds::Scalar)).then(|| within(Some(member.name)))
        }
        (Holds::Anything | Holds::NotIndexed, Some(_)) => None,
    }
}

fn not_indexed(parameter: &str) -> QueryError {
    let message = "what is inside of a member that is not indexed is no column: give the member \
                   itself, such as request.body, which is written as JSON";
    QueryError::new("not_indexed", parameter, message)
}

/// Shows `each` what stands at a path; arrays on the way are stepped through. Recurses as deep as
/// the value is nested, which the parser has bounded.
fn collect<'e, K: AsRef<str>>(
    value: &'e Json<'_>,
    path: &[K],
    each: &dyn Fn(&'e Json<'_>, &mut Vec<Cow<'e, str>>),
    found: &mut Vec<Cow<'e, str>>,
) {
    match (path.split_first(), value.as_array()) {
        (None, _) => each(value, found),
        (Some(_), Some(items)) => {
            items
                .iter()
                .for_each(|item| collect(item, path, each, found));
        }
        (Some((key, rest)), None) => {
            if let Some(inner) = value.get(key.as_ref()) {
                collect(inner, rest, each, found);
            }
        }
    }
}

/// The values at the end of a field's path: scalars, each item of an array, and what sender's own
/// keys hold that is no scalar.
fn leaf<'e>(value: &'e Json<'_>, found: &mut Vec<Cow<'e, str>>) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| leaf(item, found)),
        Json::Object(_) => found.push(json(value)),
        scalar => found.extend(scalar.scalar_text()),
    }
}

fn json(value: &Json<'_>) -> Cow<'static, str> {
    let mut text = Vec::new();
    canonical::write(value, &mut text);
    Cow::Owned(String::from_utf8_lossy(&text).into_owned())
}

fn local<'e>(text: Cow<'e, str>, zone: &Zone) -> Cow<'e, str> {
    match Timestamp::parse_rfc3339(&text) {
        Ok(instant) => Cow::Owned(zone.rfc3339(instant)),
        // The record's own instants always are.
        Err(_) => text,
    }
}

fn joined(mut values: Vec<Cow<'_, str>>) -> Cow<'_, str> {
    match values.len() {
        0 => Cow::Borrowed(""),
        1 => values.remove(0),
        _ => Cow::Owned(values.join(SEPARATOR)),
    }
}
