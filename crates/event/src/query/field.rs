//! Fields: what a path such as `actor.email` or `metadata.model_id` means.
//!
//! A field is a root of the table below, followed by keys. The members of the record are all
//! known, so a misspelt one is an error; the keys inside `metadata` are the sender's own, so an
//! unknown one is merely absent. It must hold that:
//!
//! - every path to a scalar of an event can be written, whatever characters its keys have (but
//!   for empty keys, and for what is deliberately not indexed);
//! - two spellings of one field are equal once parsed;
//! - [`values`] is the only place that says which values of an event a field has: filters, and
//!   any index that serves them, agree because they both ask it.

use std::borrow::Cow;

use super::{Candidate, QueryError};
use crate::json::members::{items, members, scalar_text};
use crate::json::{Json, MAX_DEPTH};
use crate::nearest::nearest;
use crate::time::echo;

/// The longest path, in bytes as it is written.
pub const MAX_PATH_BYTES: usize = 1024;

/// What a member of the record holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    /// One value.
    Scalar,
    /// Members that are all known.
    Members(&'static [Member]),
    /// Whatever the sender put there.
    Anything,
    /// What is kept but cannot be asked for.
    NotIndexed,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
}

/// What a path can begin with.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) name: &'static str,
    /// The members of the record that it stands for.
    pub(super) places: &'static [&'static str],
    /// The members of those that the root alone means.
    pub(super) alone: &'static [&'static str],
    pub(super) holds: Holds,
}

const fn scalar(name: &'static str) -> Member {
    let holds = Holds::Scalar;
    Member { name, holds }
}

const fn not_indexed(name: &'static str) -> Member {
    let holds = Holds::NotIndexed;
    Member { name, holds }
}

/// A root that stands for the member of the record with its name.
const fn member(name: &'static str, place: &'static [&'static str], holds: Holds) -> Root {
    Root {
        name,
        places: place,
        alone: &[],
        holds,
    }
}

/// An actor, a link of the authority chain, a target.
const PARTY: Holds = Holds::Members(&[
    scalar("type"),
    scalar("id"),
    scalar("name"),
    scalar("email"),
    Member {
        name: "metadata",
        holds: Holds::Anything,
    },
]);

const CHANGES: Holds = Holds::Members(&[scalar("field"), not_indexed("old"), not_indexed("new")]);

const CONTEXT: Holds = Holds::Members(&[
    scalar("ip"),
    scalar("user_agent"),
    scalar("session_id"),
    scalar("run_id"),
    scalar("trace_id"),
    scalar("span_id"),
]);

const REQUEST: Holds = Holds::Members(&[
    scalar("method"),
    scalar("path"),
    scalar("status"),
    not_indexed("body"),
    not_indexed("response"),
]);

/// Whom `user` and `authority` alone are looked for by.
const KNOWN_BY: &[&str] = &["name", "email", "id"];

pub(super) const ROOTS: &[Root] = &[
    member("id", &["id"], Holds::Scalar),
    member("index", &["index"], Holds::Scalar),
    member("action", &["action"], Holds::Scalar),
    member("event", &["name"], Holds::Scalar),
    member("name", &["name"], Holds::Scalar),
    member("category", &["category"], Holds::Scalar),
    member("event_type", &["event_type"], Holds::Scalar),
    member("badge", &["badge"], Holds::Scalar),
    member("level", &["level"], Holds::Scalar),
    member("catalog_version", &["catalog_version"], Holds::Scalar),
    member("occurred_at", &["occurred_at"], Holds::Scalar),
    member("received_at", &["received_at"], Holds::Scalar),
    member("organization_id", &["organization_id"], Holds::Scalar),
    member("project_id", &["project_id"], Holds::Scalar),
    member("result", &["result"], Holds::Scalar),
    member("reason", &["reason"], Holds::Scalar),
    member("description", &["description"], Holds::Scalar),
    member("attempt_id", &["attempt_id"], Holds::Scalar),
    member("phase", &["phase"], Holds::Scalar),
    Root {
        name: "user",
        places: &["actor"],
        alone: KNOWN_BY,
        holds: Holds::Members(&[]),
    },
    member("actor", &["actor"], PARTY),
    Root {
        name: "authority",
        places: &["actor", "on_behalf_of"],
        alone: KNOWN_BY,
        holds: PARTY,
    },
    member("on_behalf_of", &["on_behalf_of"], PARTY),
    member("target", &["targets"], PARTY),
    member("changes", &["changes"], CHANGES),
    member("context", &["context"], CONTEXT),
    member("request", &["request"], REQUEST),
    member("metadata", &["metadata"], Holds::Anything),
];

/// Other spellings of roots.
const SAME_ROOT: &[(&str, &str)] = &[("targets", "target")];
/// Roots that ignore case.
const IGNORING_CASE: &[&str] = &["event", "category", "user"];
/// Fields of which nearly every event has a value of its own.
const EXACT_ONLY: &[&str] = &["id", "context.trace_id", "context.span_id"];

/// A field of the event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    name: String,
    paths: Vec<Vec<String>>,
    ignores_case: bool,
    is_party: bool,
}

impl Field {
    /// Reads a path, which `parameter` gave. Inside a key, `\.`, `\:` and `\\` stand for a dot, a
    /// colon and a backslash of its own.
    pub fn parse(parameter: &str, text: &str) -> Result<Self, QueryError> {
        let keys = split(text).map_err(|message| {
            let message = format!("{:?} is not a field: {message}", echo(text));
            QueryError::new("bad_field", parameter, message)
        })?;
        let Some((first, rest)) = keys.split_first() else {
            return Err(unknown_root(parameter, text));
        };
        let same = SAME_ROOT.iter().find(|(other, _)| other == first);
        let first = same.map_or(first.as_str(), |(_, root)| root);
        let Some(root) = ROOTS.iter().find(|root| root.name == first) else {
            return Err(unknown_root(parameter, first));
        };
        if rest.is_empty() && !root.alone.is_empty() {
            return Ok(Self::new(root, root.alone, rest));
        }
        walk(parameter, root, rest)?;
        Ok(Self::new(root, &[], rest))
    }

    /// The field that a member of the record is, one that takes no other spelling.
    pub(super) fn of_member(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            paths: vec![vec![name.to_owned()]],
            ignores_case: false,
            is_party: false,
        }
    }

    /// The field of the ids in a member of the record, as a path to them is read: `root` is how the
    /// path begins.
    pub(super) fn of_id(root: &str, member: &str) -> Self {
        Self {
            name: format!("{root}.id"),
            paths: vec![vec![member.to_owned(), "id".to_owned()]],
            ignores_case: false,
            is_party: false,
        }
    }

    fn new(root: &Root, alone: &[&str], rest: &[String]) -> Self {
        let mut paths = Vec::new();
        for place in root.places {
            let path = |last: &[&str]| {
                let fixed = [*place].into_iter().chain(last.iter().copied());
                fixed
                    .map(str::to_owned)
                    .chain(rest.iter().cloned())
                    .collect()
            };
            match alone {
                [] => paths.push(path(&[])),
                members => paths.extend(members.iter().map(|member| path(&[member]))),
            }
        }
        let mut name = root.name.to_owned();
        for key in rest {
            name.push('.');
            push_escaped(&mut name, key);
        }
        Self {
            name,
            paths,
            ignores_case: IGNORING_CASE.contains(&root.name),
            is_party: !alone.is_empty(),
        }
    }

    /// Its path, spelled the same way however it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its values are in an event: keys from the record down, arrays not counted.
    pub fn paths(&self) -> &[Vec<String>] {
        &self.paths
    }

    /// Whether its values are compared without regard to case, by [`super::fold()`].
    pub fn ignores_case(&self) -> bool {
        self.ignores_case
    }

    /// Whether display names and aliases of the catalog stand for one another.
    pub fn takes_aliases(&self) -> bool {
        self.name == "event"
    }

    /// Whether it is the leaf's number, which the canonical bytes of an event do not hold.
    pub fn is_index(&self) -> bool {
        self.name == "index"
    }

    /// Whether it can be asked for by whole values only, never by patterns or prefixes: nearly
    /// every event has a value of its own, so no dictionary of them is kept.
    pub fn is_exact_only(&self) -> bool {
        EXACT_ONLY.contains(&self.name.as_str())
    }
}

/// The values that an event has for a field, as text, in the order of the event.
///
/// Strings are their text and other scalars their JSON text. Null and what is missing are no
/// values; each item of an array counts as if it stood in the array's place.
pub fn values<'e>(field: &Field, event: &'e Json<'_>) -> Vec<Cow<'e, str>> {
    let mut found = Vec::new();
    for path in &field.paths {
        collect(event, path, &mut found);
    }
    found
}

/// The same of an event with what its canonical bytes do not hold.
pub fn values_of<'e>(field: &Field, candidate: &Candidate<'e>) -> Vec<Cow<'e, str>> {
    if field.is_index() {
        return vec![Cow::Owned(candidate.index.to_string())];
    }
    values(field, candidate.event)
}

/// What an event is counted under where a field's values are counted: each of its values once. But
/// of a party that is known by several things, which `user` and `authority` alone ask for, only
/// what it is shown as: its name, else its e-mail, else its id.
pub fn shown<'e>(field: &Field, candidate: &Candidate<'e>) -> Vec<Cow<'e, str>> {
    let mut found = match field.is_party {
        true => parties(field, candidate.event),
        false => values_of(field, candidate),
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// What each party of a field that means parties is shown as.
fn parties<'e>(field: &Field, event: &'e Json<'_>) -> Vec<Cow<'e, str>> {
    let mut found = Vec::new();
    let places = field.paths.chunk_by(|a, b| a.first() == b.first());
    for place in places.filter_map(|known_by| known_by.first()?.first()) {
        if let Some(there) = event.get(place) {
            found.extend(shown_parties(field, place, there));
        }
    }
    found
}

/// The same of one member of the record, if the field is about it.
fn shown_parties<'e>(field: &Field, place: &str, there: &'e Json<'_>) -> Vec<Cow<'e, str>> {
    let is_there = |path: &&Vec<String>| path.first().is_some_and(|first| first == place);
    let known_by: Vec<&Vec<String>> = field.paths.iter().filter(is_there).collect();
    let parties = there.as_array().unwrap_or(std::slice::from_ref(there));
    let mut found = Vec::new();
    for party in parties {
        let mut texts = Vec::new();
        for path in &known_by {
            collect(party, path.get(1..).unwrap_or_default(), &mut texts);
        }
        found.extend(texts.into_iter().find(|text| !text.is_empty()));
    }
    found
}

/// Shows the same of a member's value that is given in canonical form.
pub(super) fn each_shown_party(
    field: &Field,
    place: &str,
    there: &[u8],
    each: &mut dyn FnMut(&str),
) {
    let known_by: Vec<&[String]> = field
        .paths
        .iter()
        .filter_map(|path| {
            let (first, rest) = path.split_first()?;
            (first == place).then_some(rest)
        })
        .collect();
    let mut shown = |party: &[u8]| {
        let mut known_by = known_by.iter();
        known_by.any(|keys| first_text(party, keys, MAX_DEPTH, each));
    };
    match there.first() {
        Some(b'[') if !known_by.is_empty() => items(there).for_each(shown),
        _ => shown(there),
    }
}

/// Shows the first value at a path that is not empty, if there is one. It recurses no deeper than the
/// parser would.
fn first_text(value: &[u8], path: &[String], depth: usize, each: &mut dyn FnMut(&str)) -> bool {
    let Some(below) = depth.checked_sub(1) else {
        return false;
    };
    if value.first() == Some(&b'[') {
        return items(value).any(|item| first_text(item, path, below, each));
    }
    match path.split_first() {
        None => scalar_text(value)
            .filter(|text| !text.is_empty())
            .is_some_and(|text| {
                each(&text);
                true
            }),
        Some((key, rest)) => members(value)
            .find(|member| member.name == key.as_bytes())
            .is_some_and(|member| first_text(member.value, rest, below, each)),
    }
}

/// Recurses as deep as the value is nested, which the parser has bounded.
fn collect<'e>(value: &'e Json<'_>, path: &[String], found: &mut Vec<Cow<'e, str>>) {
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| collect(item, path, found));
        return;
    }
    match path.split_first() {
        None => found.extend(value.scalar_text()),
        Some((key, rest)) => {
            if let Some(inner) = value.get(key) {
                collect(inner, rest, found);
            }
        }
    }
}

/// The keys of a path.
fn split(text: &str) -> Result<Vec<String>, String> {
    if text.len() > MAX_PATH_BYTES {
        return Err(format!("its path may have {MAX_PATH_BYTES} bytes"));
    }
    let mut keys = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '.' => {
                keys.push(String::new());
                continue;
            }
            '\\' => match chars.next() {
                Some(c @ ('.' | ':' | '\\')) => c,
                _ => return Err(r"a backslash must stand before . : or \".to_owned()),
            },
            c => c,
        };
        if let Some(key) = keys.last_mut() {
            key.push(literal);
        }
    }
    if keys.iter().any(String::is_empty) {
        return Err("expected keys joined by dots, such as actor.email".to_owned());
    }
    Ok(keys)
}

/// Writes a key so that [`Field::parse`] reads it back.
pub(super) fn push_escaped(out: &mut String, key: &str) {
    for c in key.chars() {
        if matches!(c, '.' | ':' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Refuses keys that no event can have there.
fn walk(parameter: &str, root: &Root, keys: &[String]) -> Result<(), QueryError> {
    let mut holds = root.holds;
    let mut at = root.name.to_owned();
    let mut keys = keys.iter();
    loop {
        let key = match (holds, keys.next()) {
            (Holds::NotIndexed, _) => return Err(not_indexed_error(parameter, &at)),
            (Holds::Scalar, None) => return Ok(()),
            (Holds::Anything, Some(_)) => return Ok(()),
            (Holds::Anything, None) => {
                let message =
                    format!("{at} holds keys of your own: name one, such as {at}.model_id");
                return Err(QueryError::new("unknown_field", parameter, message));
            }
            (Holds::Members(members), None) => {
                let message = format!("{at} has several fields: name one of {}", names(members));
                return Err(QueryError::new("unknown_field", parameter, message)
                    .suggesting(members.get(1).map(|member| format!("{at}.{}", member.name))));
            }
            (Holds::Scalar, Some(_)) => {
                let message = format!("{at} is one value and has no fields of its own");
                let error = QueryError::new("unknown_field", parameter, message);
                return Err(error.suggesting(Some(at)));
            }
            (Holds::Members(members), Some(key)) => {
                match members.iter().find(|member| member.name == key) {
                    Some(member) => member,
                    None => return Err(unknown_member(parameter, root, &at, members, key)),
                }
            }
        };
        at = format!("{at}.{}", key.name);
        holds = key.holds;
    }
}

fn names(members: &[Member]) -> String {
    let names: Vec<&str> = members.iter().map(|member| member.name).collect();
    names.join(", ")
}

fn not_indexed_error(parameter: &str, at: &str) -> QueryError {
    let message = format!(
        "{at} is kept with the event but not indexed: filter by another field, such as action or \
         target.id"
    );
    QueryError::new("not_indexed", parameter, message)
}

fn unknown_member(
    parameter: &str,
    root: &Root,
    at: &str,
    members: &[Member],
    key: &str,
) -> QueryError {
    if members.is_empty() {
        let message = format!("{at} is one value and has no fields of its own");
        let suggestion = root.places.first().map(|place| format!("{place}.{key}"));
        return QueryError::new("unknown_field", parameter, message)
            .suggesting(suggestion.filter(|path| Field::parse(parameter, path).is_ok()));
    }
    let message = format!(
        "{at} has no field {:?}: it has {}",
        echo(key),
        names(members)
    );
    let close = nearest(key, members.iter().map(|member| member.name));
    QueryError::new("unknown_field", parameter, message)
        .suggesting(close.map(|name| format!("{at}.{name}")))
}

fn unknown_root(parameter: &str, root: &str) -> QueryError {
    let known: Vec<&str> = ROOTS.iter().map(|root| root.name).collect();
    let message = format!(
        "there is no field {:?}: fields begin with {}",
        echo(root),
        known.join(", ")
    );
    let suggestion =
        inner_member(root).or_else(|| nearest(root, known.iter().copied()).map(str::to_owned));
    QueryError::new("unknown_field", parameter, message).suggesting(suggestion)
}

/// The path that ends in a name, where its root was forgotten: `ip` for `context.ip`.
fn inner_member(name: &str) -> Option<String> {
    ROOTS.iter().find_map(|root| match root.holds {
        Holds::Members(members) => members
            .iter()
            .find(|member| member.name == name && matches!(member.holds, Holds::Scalar))
            .map(|member| format!("{}.{}", root.name, member.name)),
        _ => None,
    })
}
