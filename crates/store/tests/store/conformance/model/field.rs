//! Fields: what a path means, and which paths an event has.

use std::collections::BTreeSet;

use serde_json::Value;

use super::log::Row;
use super::text::fold;

/// A path such as `actor.email` or `metadata.model_id`, by its keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<String>);

/// Whom `user` and `authority` alone mean.
const KNOWN_BY: [&str; 3] = ["name", "email", "id"];

/// The fields that are offered even if no event has them.
const KNOWN: &str = "
    id index action event name category event_type badge level catalog_version occurred_at
    received_at organization_id project_id result reason description attempt_id phase user authority
    actor.type actor.id actor.name actor.email
    authority.type authority.id authority.name authority.email
    on_behalf_of.type on_behalf_of.id on_behalf_of.name on_behalf_of.email
    target.type target.id target.name target.email changes.field
    context.ip context.user_agent context.session_id context.run_id context.trace_id context.span_id
    request.method request.path request.status";

impl FieldPath {
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    /// As a client writes it.
    pub fn text(&self) -> String {
        let escaped = |key: &String| {
            key.replace('\\', r"\\")
                .replace('.', r"\.")
                .replace(':', r"\:")
        };
        self.0.iter().map(escaped).collect::<Vec<_>>().join(".")
    }

    pub fn ignores_case(&self) -> bool {
        self.0.len() == 1 && ["event", "category", "user"].contains(&self.0[0].as_str())
    }

    /// Two values are the same value if this gives the same of them.
    pub fn comparable(&self, value: &str) -> String {
        match self.ignores_case() {
            true => fold(value),
            false => value.to_owned(),
        }
    }

    /// All values that an event has for it.
    pub fn values(&self, row: &Row) -> Vec<String> {
        let keys: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let at = |path: &[&str]| texts_at(&row.event, path);
        let under = |root: &str, keys: &[&str]| at(&[&[root], keys].concat());
        match keys.as_slice() {
            ["index"] => vec![row.index.to_string()],
            ["event"] => at(&["name"]),
            ["user"] => KNOWN_BY
                .iter()
                .flat_map(|key| at(&["actor", key]))
                .collect(),
            ["authority"] => KNOWN_BY
                .iter()
                .flat_map(|key| [at(&["actor", key]), at(&["on_behalf_of", key])])
                .flatten()
                .collect(),
            ["authority", keys @ ..] => {
                [under("actor", keys), under("on_behalf_of", keys)].concat()
            }
            ["target", keys @ ..] => under("targets", keys),
            keys => at(keys),
        }
    }

    /// What an event is counted under: each of its values, but each party once, as it is shown.
    pub fn shown(&self, row: &Row) -> BTreeSet<String> {
        let actor = || row.event.get("actor").and_then(shown_party);
        let chain = || row.event.get("on_behalf_of").and_then(Value::as_array);
        match self.text().as_str() {
            "user" => actor().into_iter().collect(),
            "authority" => {
                let chain = chain().into_iter().flatten().filter_map(shown_party);
                actor().into_iter().chain(chain).collect()
            }
            _ => self.values(row).into_iter().collect(),
        }
    }
}

/// The name of an actor, else the e-mail address, else the id.
fn shown_party(party: &Value) -> Option<String> {
    let text = |key| party.get(key).and_then(Value::as_str).unwrap_or_default();
    let known_by = KNOWN_BY.map(text);
    let first = known_by.into_iter().find(|text| !text.is_empty());
    first.map(str::to_owned)
}

/// The scalars at a path, as text. An array stands for its items; null is nothing.
pub fn texts_at(value: &Value, path: &[&str]) -> Vec<String> {
    match (value, path) {
        (Value::Array(items), _) => items.iter().flat_map(|item| texts_at(item, path)).collect(),
        (Value::Object(members), [key, rest @ ..]) => members
            .get(*key)
            .map(|inner| texts_at(inner, rest))
            .unwrap_or_default(),
        (Value::String(text), []) => vec![text.clone()],
        (Value::Bool(_) | Value::Number(_), []) => vec![value.to_string()],
        _ => Vec::new(),
    }
}

/// The names of all fields that an event has a value of.
pub fn names_of(row: &Row) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["index".to_owned()]);
    for path in paths_to_scalars(&row.event) {
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let named = |root: &str, rest: &[&str]| FieldPath::of(&[&[root], rest].concat()).text();
        match keys.as_slice() {
            // An empty key cannot be written.
            keys if keys.contains(&"") => {}
            ["request", "body" | "response", ..] | ["changes", "old" | "new", ..] => {}
            ["name"] => names.extend(["name".to_owned(), "event".to_owned()]),
            [party @ ("actor" | "on_behalf_of"), rest @ ..] => {
                names.extend([named(party, rest), named("authority", rest)]);
                if rest.len() == 1 && KNOWN_BY.contains(&rest[0]) {
                    names.insert("authority".to_owned());
                    if *party == "actor" {
                        names.insert("user".to_owned());
                    }
                }
            }
            ["targets", rest @ ..] => {
                names.insert(named("target", rest));
            }
            keys => {
                names.insert(FieldPath::of(keys).text());
            }
        }
    }
    names
}

/// The names that are always offered.
pub fn known_names() -> BTreeSet<String> {
    KNOWN.split_whitespace().map(str::to_owned).collect()
}

/// The keys on the way to each scalar.
fn paths_to_scalars(value: &Value) -> BTreeSet<Vec<String>> {
    match value {
        Value::Null => BTreeSet::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::from([Vec::new()]),
        Value::Array(items) => items.iter().flat_map(paths_to_scalars).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, inner)| {
                let below = paths_to_scalars(inner).into_iter();
                below.map(move |path| [vec![key.clone()], path].concat())
            })
            .collect(),
    }
}
