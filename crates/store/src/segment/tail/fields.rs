//! The terms of an organization's rows in a tail: each knows the members that have it.
//!
//! Which terms a value makes follows from its path, and paths are few: so that is found out once for
//! each path, and what is left for each value is to be put in place.
//!
//! What must hold: what is kept of a member is what [`terms::of_member`] says of it.

use evident_event::query::fold;
use evident_event::query::terms::{self, Found};
use smallvec::{SmallVec, smallvec};

use super::texts::TextMap;
use super::{MEMBER_BYTES, Numbers, PATH_BYTES};
use crate::segment::key;

/// The values of a field, each with the members that have it.
pub(crate) type Values = TextMap<Numbers>;

/// See the module.
#[derive(Default)]
pub(super) struct Fields {
    words: Values,
    names: Values,
    /// By the name of a field that means parties.
    shown: TextMap<Values>,
    paths: TextMap<Path>,
}

/// What values at a path make, and those that there are.
struct Path {
    /// If they are terms.
    values: Option<Values>,
    /// If they are terms when folded.
    folded: Option<Values>,
    /// The numbers of the names that a value here gives to the event.
    names: SmallVec<[u32; 3]>,
}

/// What a member has cost so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) bytes: usize,
    /// Terms that the member did not have before.
    pub(super) terms: usize,
}

impl Fields {
    /// Adds what was found of a member of the record to the terms of a member of the tail.
    pub(super) fn add(&mut self, name: &str, found: Found<'_>, member: u32, cost: &mut Cost) {
        match found {
            Found::Word(word) => add(&mut self.words, word, member, cost),
            Found::Shown(field, value) => {
                let (number, _) = self
                    .shown
                    .number_or_insert(field.as_bytes(), Values::default);
                if let Some(values) = self.shown.at_mut(number) {
                    add(values, value, member, cost);
                }
            }
            Found::At(path, value) => self.add_at(name, path, value, member, cost),
        }
    }

    /// Adds a value at a path, which begins with a member of the record.
    pub(super) fn add_at(
        &mut self,
        name: &str,
        path: &str,
        value: &str,
        member: u32,
        cost: &mut Cost,
    ) {
        let number = match self.paths.number(path.as_bytes()) {
            Some(number) => number,
            None => self.know_path(name, path, cost),
        };
        let Some(path) = self.paths.at_mut(number) else {
            return;
        };
        if let Some(values) = &mut path.values {
            add(values, value, member, cost);
        }
        if let Some(folded) = &mut path.folded {
            add(folded, &fold(value), member, cost);
        }
        for name in &path.names {
            if let Some(members) = self.names.at_mut(*name) {
                give(members, member, cost);
            }
        }
    }

    /// Finds out what values at a path make.
    fn know_path(&mut self, name: &str, path: &str, cost: &mut Cost) -> u32 {
        let known = terms::of_path(name, path);
        let mut names = SmallVec::new();
        for name in &known.names {
            let (number, is_new) = self.names.number_or_insert(name.as_bytes(), Numbers::new);
            names.push(number);
            cost.bytes += usize::from(is_new) * (name.len() + MEMBER_BYTES);
        }
        cost.bytes += path.len() + PATH_BYTES;
        let (number, _) = self.paths.number_or_insert(path.as_bytes(), || Path {
            values: known.has_values.then(Values::default),
            folded: known.is_folded.then(Values::default),
            names,
        });
        number
    }

    /// The values of a field, as keys spell it.
    pub(super) fn get(&self, field: &str) -> Option<&Values> {
        match field {
            key::WORD => return Some(&self.words),
            key::NAMES => return Some(&self.names),
            _ => {}
        }
        if let Some(path) = field.strip_prefix(key::FOLD) {
            return self.paths.get(path.as_bytes())?.folded.as_ref();
        }
        match field.strip_prefix(key::SHOWN) {
            Some(name) => self.shown.get(name.as_bytes()),
            None => self.paths.get(field.as_bytes())?.values.as_ref(),
        }
    }

    /// All fields that have values, as keys spell them.
    pub(super) fn all(&self) -> Vec<(String, &Values)> {
        let named = |prefix: &str, name: &[u8]| [prefix, &String::from_utf8_lossy(name)].concat();
        let mut all = vec![
            (key::WORD.to_owned(), &self.words),
            (key::NAMES.to_owned(), &self.names),
        ];
        let shown = self.shown.iter();
        all.extend(shown.map(|(name, values)| (named(key::SHOWN, name), values)));
        for (name, path) in self.paths.iter() {
            all.extend(path.values.iter().map(|values| (named("", name), values)));
            let folded = path.folded.iter();
            all.extend(folded.map(|values| (named(key::FOLD, name), values)));
        }
        all
    }
}

/// Gives a value to a member.
fn add(values: &mut Values, value: &str, member: u32, cost: &mut Cost) {
    let (number, is_new) = values.number_or_insert(value.as_bytes(), || smallvec![member]);
    if is_new {
        cost.bytes += value.len() + MEMBER_BYTES;
        cost.terms += 1;
    } else if let Some(members) = values.at_mut(number) {
        give(members, member, cost);
    }
}

/// Gives a term to a member, unless the member has it already.
fn give(members: &mut Numbers, member: u32, cost: &mut Cost) {
    if members.last() != Some(&member) {
        members.push(member);
        cost.bytes += size_of::<u32>();
        cost.terms += 1;
    }
}
