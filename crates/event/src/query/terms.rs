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

use super::field::{self, Holds, MAX_PATH_BYTES, Member, ROOTS, push_escaped};
use super::{Field, fold, text};
use crate::json::MAX_DEPTH;
use crate::json::members::{items, members, scalar_text, string};

/// The members below which values are compared without regard to case, also.
pub const FOLDED: [&str; 5] = ["name", "category", "actor.name", "actor.email", "actor.id"];
/// Members of which nearly every event has a value of its own.
const WITHOUT_TERMS: [&str; 4] = ["id", "occurred_at", "received_at", "description"];
/// Room for most paths.
const PATH_BYTES: usize = 64;
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

/// The members of the record that hold such parties.
static PARTY_MEMBERS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let firsts = PARTIES.iter().flat_map(|field| field.paths());
    firsts
        .filter_map(|path| Some(path.first()?.as_str()))
        .collect()
});

/// What one member of the record gives, before what follows from where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// This path has a value of this text. [`of_path`] says which terms that makes.
    At(&'a str, &'a str),
    /// A searched text has this folded word.
    Word(&'a str),
    /// The field of this name, one that means parties, counts the event under this value.
    Shown(&'a str, &'a str),
}

/// The terms that every value at a path makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTerms {
    /// A [`Term::Value`].
    pub has_values: bool,
    /// A [`Term::Folded`].
    pub is_folded: bool,
    /// A [`Term::Trace`].
    pub is_trace: bool,
    /// A [`Term::Span`].
    pub is_span: bool,
    /// Each a [`Term::Name`].
    pub names: Vec<String>,
}

/// The terms that values at a path make, below this member of the record.
pub fn of_path(member: &str, path: &str) -> PathTerms {
    let rest = path.get(member.len()..).unwrap_or_default();
    let mut names = Vec::new();
    for root in ROOTS.iter().filter(|root| root.places.contains(&member)) {
        let is_alone = rest
            .strip_prefix('.')
            .is_some_and(|key| root.alone.contains(&key));
        if is_alone {
            names.push(root.name.to_owned());
        }
        let is_below = matches!(root.holds, Holds::Members([])) && !rest.is_empty();
        if !is_below && root.name.len() + rest.len() <= MAX_PATH_BYTES {
            names.push([root.name, rest].concat());
        }
    }
    PathTerms {
        has_values: has_terms(path),
        is_folded: FOLDED.contains(&path),
        is_trace: path == TRACE_ID,
        is_span: path == SPAN_ID,
        names,
    }
}

/// The terms of one member of the record, whose value is given in canonical form. Some may come more
/// than once.
pub fn of_member(name: &str, value: &[u8], each: &mut dyn FnMut(Term<'_>)) {
    each_found(name, value, &mut |found| match found {
        Found::Word(word) => each(Term::Word(word)),
        Found::Shown(field, shown) => each(Term::Shown(field, shown)),
        Found::At(path, text) => {
            let terms = of_path(name, path);
            if terms.has_values {
                each(Term::Value(path, text));
            }
            if terms.is_folded {
                each(Term::Folded(path, &fold(text)));
            }
            if terms.is_trace {
                each(Term::Trace(text));
            }
            if terms.is_span {
                each(Term::Span(text));
            }
            terms.names.iter().for_each(|name| each(Term::Name(name)));
        }
    });
}

/// What one member of the record gives, whose value is given in canonical form. Some may come more
/// than once.
pub fn each_found(name: &str, value: &[u8], each: &mut dyn FnMut(Found<'_>)) {
    let mut path = String::with_capacity(PATH_BYTES);
    path.push_str(name);
    let mut walk = Walk {
        path,
        root_bytes: name.len(),
        each,
    };
    let record = ROOTS
        .iter()
        .find(|root| root.places == [name] && root.alone.is_empty());
    if let Some(root) = record {
        walk.member(root.holds, value, MAX_DEPTH);
    }
    if !PARTY_MEMBERS.contains(&name) {
        return;
    }
    for field in PARTIES.iter() {
        field::each_shown_party(field, name, value, &mut |shown| {
            each(Found::Shown(field.name(), shown));
        });
    }
}

/// A walk over the values of a member of the record. It recurses as deep as they are nested, and no
/// deeper than the parser would.
struct Walk<'w> {
    /// Where the walk is, from the record down.
    path: String,
    /// How much of the path is the member's name.
    root_bytes: usize,
    each: &'w mut dyn FnMut(Found<'_>),
}

impl Walk<'_> {
    fn member(&mut self, holds: Holds, value: &[u8], depth: usize) {
        match holds {
            Holds::Scalar => self.values(value, false, depth),
            Holds::Anything => self.values(value, true, depth),
            Holds::Members(known) => self.known(known, value, depth),
            Holds::NotIndexed => {}
        }
    }

    fn known(&mut self, known: &[Member], value: &[u8], depth: usize) {
        let Some(below) = depth.checked_sub(1) else {
            return;
        };
        if value.first() == Some(&b'[') {
            items(value).for_each(|item| self.known(known, item, below));
            return;
        }
        for written in members(value) {
            let is_it = |member: &&Member| member.name.as_bytes() == written.name;
            if let Some(member) = known.iter().find(is_it) {
                let before = self.path.len();
                self.path.push('.');
                self.path.push_str(member.name);
                self.member(member.holds, written.value, below);
                self.path.truncate(before);
            }
        }
    }

    /// The values here and, where any key may stand, at paths that go on from here.
    fn values(&mut self, value: &[u8], any_key: bool, depth: usize) {
        let Some(below) = depth.checked_sub(1) else {
            return;
        };
        match value.first() {
            Some(b'[') => items(value).for_each(|item| self.values(item, any_key, below)),
            Some(b'{') if any_key => {
                for written in members(value) {
                    let key = string(written.name).unwrap_or_default();
                    if !key.is_empty() {
                        self.at_key(&key, written.value, below);
                    }
                }
            }
            _ => {
                if let Some(text) = scalar_text(value) {
                    self.value(&text, value.first() == Some(&b'"'));
                }
            }
        }
    }

    fn at_key(&mut self, key: &str, value: &[u8], depth: usize) {
        let before = self.path.len();
        self.path.push('.');
        push_escaped(&mut self.path, key);
        // No longer path can be asked for, and no name of a root is that much shorter.
        if self.path.len() <= MAX_PATH_BYTES + self.root_bytes {
            self.values(value, true, depth);
        }
        self.path.truncate(before);
    }

    fn value(&mut self, text: &str, is_string: bool) {
        (self.each)(Found::At(&self.path, text));
        if is_string && text::SEARCHED_PATHS.contains(&self.path.as_str()) {
            text::each_word(text, |word| (self.each)(Found::Word(word)));
        }
    }
}
