//! Terms: what an index keeps of an event, so that conditions are answered without reading it.
//!
//! They come member by member of the record, since events have whole members in common (the same
//! actor, the same action), and what an equal member gives is known already.
//!
//! It must hold that the terms of an event's members say all that [`super::Condition`] may ask of
//! it, but for what is deliberately left to the events themselves ([`has_terms`]): a
//! [`Term::Value`] for each value that [`super::field::values`] gives, a [`Term::Word`] for each
//! word of [`text::searched`], a [`Term::Name`] for each of [`super::names::of`], and a [`Term::Shown`]
//! for each of [`super::field::shown`] of a party.

use std::sync::LazyLock;

use super::field::{self, Holds, MAX_PATH_BYTES, Member, ROOTS, Root, push_escaped};
use super::{Field, fold, text};
use crate::json::Json;

/// The members below which values are compared without regard to case, also.
pub const FOLDED: [&str; 5] = ["name", "category", "actor.name", "actor.email", "actor.id"];
/// Members of which nearly every event has a value of its own.
const WITHOUT_TERMS: [&str; 4] = ["id", "occurred_at", "received_at", "description"];
/// Members that identify one event or few, found by hashes.
const TRACE_ID: &str = "context.trace_id";
const SPAN_ID: &str = "context.span_id";

/// One thing that an event is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term<'a> {
    /// The member at this path has this value.
    Value(&'a str, &'a str),
    /// The member at this path, one of [`FOLDED`], has a value that folds to this.
    Folded(&'a str, &'a str),
    /// A searched text has this folded word.
    Word(&'a str),
    /// There is a value for the field of this name.
    Name(&'a str),
    /// The field of this name, one that means parties, counts the event under this value.
    Shown(&'a str, &'a str),
    /// It belongs to this trace.
    Trace(&'a str),
    /// It belongs to this span.
    Span(&'a str),
}

/// A path as terms spell it, the way a query writes a field.
pub fn path_name(keys: &[String]) -> String {
    let mut name = String::new();
    for key in keys {
        if !name.is_empty() {
            name.push('.');
        }
        push_escaped(&mut name, key);
    }
    name
}

/// Whether the member at a path has terms for its values.
pub fn has_terms(path: &str) -> bool {
    !WITHOUT_TERMS.contains(&path) && path != TRACE_ID && path != SPAN_ID && path != "index"
}

/// The fields that mean parties, and count an event under what those are shown as.
static PARTIES: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let fields = ["user", "authority"].map(|name| Field::parse("field", name));
    fields.into_iter().flatten().collect()
});

/// The terms of one member of the record. Some may come more than once.
pub fn of_member(name: &str, value: &Json<'_>, each: &mut dyn FnMut(Term<'_>)) {
    let mut walk = Walk {
        roots: ROOTS
            .iter()
            .filter(|root| root.places.contains(&name))
            .collect(),
        path: name.to_owned(),
        root_bytes: name.len(),
        name: String::new(),
        each,
    };
    let record = ROOTS
        .iter()
        .find(|root| root.places == [name] && root.alone.is_empty());
    if let Some(root) = record {
        walk.root(root, value);
    }
    for path in text::SEARCHED {
        if let Some((_, rest)) = path.split_first().filter(|(first, _)| **first == name) {
            text::any_text(value, rest, &mut |text| {
                text::each_word(text, |word| each(Term::Word(word)));
                false
            });
        }
    }
    for field in PARTIES.iter() {
        for shown in field::shown_parties(field, name, value) {
            each(Term::Shown(field.name(), &shown));
        }
    }
}

/// A walk over the values of a member of the record.
struct Walk<'w> {
    /// The roots of fields that stand for the member.
    roots: Vec<&'static Root>,
    /// Where the walk is, from the record down.
    path: String,
    /// How much of the path is the member's name.
    root_bytes: usize,
    /// Room for a field's name.
    name: String,
    each: &'w mut dyn FnMut(Term<'_>),
}

impl Walk<'_> {
    fn root(&mut self, root: &Root, value: &Json<'_>) {
        match root.holds {
            Holds::Scalar => self.values(value, false),
            Holds::Anything => self.values(value, true),
            Holds::Members(members) => self.members(members, value),
            Holds::NotIndexed => {}
        }
    }

    fn members(&mut self, members: &[Member], value: &Json<'_>) {
        if let Some(items) = value.as_array() {
            for item in items {
                self.members(members, item);
            }
            return;
        }
        for member in members {
            let Some(inner) = value.get(member.name) else {
                continue;
            };
            let before = self.path.len();
            self.path.push('.');
            self.path.push_str(member.name);
            match member.holds {
                Holds::Scalar => self.values(inner, false),
                Holds::Anything => self.values(inner, true),
                Holds::Members(members) => self.members(members, inner),
                Holds::NotIndexed => {}
            }
            self.path.truncate(before);
        }
    }

    /// The values here and, where any key may stand, at paths that go on from here. Recurses as deep
    /// as the value is nested, which the parser has bounded.
    fn values(&mut self, value: &Json<'_>, any_key: bool) {
        if let Some(items) = value.as_array() {
            for item in items {
                self.values(item, any_key);
            }
        } else if let Some(members) = value.as_object().filter(|_| any_key) {
            for (key, inner) in members.iter().filter(|(key, _)| !key.is_empty()) {
                let before = self.path.len();
                self.path.push('.');
                push_escaped(&mut self.path, key);
                // No longer path can be asked for, and no name of a root is that much shorter.
                if self.path.len() <= MAX_PATH_BYTES + self.root_bytes {
                    self.values(inner, any_key);
                }
                self.path.truncate(before);
            }
        } else if let Some(text) = value.scalar_text() {
            self.value(&text);
        }
    }

    fn value(&mut self, text: &str) {
        match self.path.as_str() {
            TRACE_ID => (self.each)(Term::Trace(text)),
            SPAN_ID => (self.each)(Term::Span(text)),
            path if has_terms(path) => (self.each)(Term::Value(path, text)),
            _ => {}
        }
        if FOLDED.contains(&self.path.as_str()) {
            (self.each)(Term::Folded(&self.path, &fold(text)));
        }
        let rest = &self.path[self.root_bytes..];
        for root in &self.roots {
            let is_alone = rest
                .strip_prefix('.')
                .is_some_and(|key| root.alone.contains(&key));
            if is_alone {
                (self.each)(Term::Name(root.name));
            }
            let is_below = matches!(root.holds, Holds::Members([])) && !rest.is_empty();
            if !is_below && root.name.len() + rest.len() <= MAX_PATH_BYTES {
                self.name.clear();
                self.name.push_str(root.name);
                self.name.push_str(rest);
                (self.each)(Term::Name(&self.name));
            }
        }
    }
}
