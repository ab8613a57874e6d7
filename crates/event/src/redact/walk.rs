//! Free-form values: which of them are secret by their names, and the search of all others.
//!
//! Recursion is bounded by the depth of a parsed event ([`crate::json::MAX_DEPTH`]). Places are kept
//! on the stack and spelled out only when a rule asks for them.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::json::{Json, Members, sort_members};

use super::{Cleaning, Reading, Redactor, TooManySecrets};

/// Members that hold the name of what another member, [`VALUES`], holds: `{"name": …, "value": …}`.
const LABELS: [&str; 7] = [
    "field",
    "header",
    "key",
    "name",
    "param",
    "parameter",
    "variable",
];
const VALUES: [&str; 2] = ["value", "values"];

/// A name that is not secret by itself, but in the query of a URL: the signature of an Azure SAS.
const SECRET_IN_TEXT: &str = "sig";

/// Names shorter than this are never searched for secrets.
const MIN_SEARCHED_NAME_BYTES: usize = 10;

/// The way to a value, by the names of members.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    name: &'p str,
}

impl<'p> Place<'p> {
    pub(super) fn top(name: &'p str) -> Self {
        Self { parent: None, name }
    }

    pub(super) fn member(&'p self, name: &'p str) -> Self {
        Self {
            parent: Some(self),
            name,
        }
    }

    fn names(&self) -> Vec<&'p str> {
        let mut names = vec![self.name];
        let mut place = self.parent;
        while let Some(parent) = place {
            names.push(parent.name);
            place = parent.parent;
        }
        names.reverse();
        names
    }
}

/// What a name says of the value under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Secret as a whole.
    Secret,
    /// Searched, to that extent.
    Searched(Reading),
}

impl Redactor {
    /// Whether the organization says that the value is not secret.
    pub(super) fn excepts(&self, place: &Place<'_>) -> bool {
        let exceptions = &self.exceptions;
        exceptions.has_name(place.name)
            || (exceptions.may_have_path_to(place.name) && exceptions.has_path(&place.names()))
    }

    pub(super) fn is_secret_in_text(&self, name: &str) -> bool {
        let is_secret = self.names.has(name) || name.eq_ignore_ascii_case(SECRET_IN_TEXT);
        is_secret && !self.exceptions.has_name(name)
    }

    #[inline]
    pub(super) fn judge(&self, place: &Place<'_>, reading: Reading) -> Verdict {
        if self.excepts(place) {
            return Verdict::Searched(Reading::NoCards);
        }
        if self.names.has(place.name) {
            return Verdict::Secret;
        }
        Verdict::Searched(if is_id(place.name) {
            Reading::NoCards
        } else {
            reading
        })
    }
}

/// Whether a name is that of an identifier, which may be as long as a card number.
pub(super) fn is_id(name: &str) -> bool {
    let name = name.as_bytes();
    let name = match name {
        [start @ .., b's'] => start,
        _ => name,
    };
    matches!(name, [.., b'i' | b'I', b'd' | b'D'])
}

impl Cleaning<'_> {
    /// Cleans a value by what its name says.
    pub(super) fn judged(
        &mut self,
        value: &mut Json<'_>,
        verdict: Verdict,
        place: &Place<'_>,
    ) -> Result<(), TooManySecrets> {
        match verdict {
            Verdict::Secret => self.secret(value, Some(place)),
            Verdict::Searched(reading) => self.searched(value, reading, place),
        }
    }

    /// Searches a value that is not secret as a whole.
    pub(super) fn searched(
        &mut self,
        value: &mut Json<'_>,
        reading: Reading,
        place: &Place<'_>,
    ) -> Result<(), TooManySecrets> {
        match value {
            Json::String(text) => self.text(text, reading),
            Json::Array(items) => items
                .iter_mut()
                .try_for_each(|item| self.searched(item, reading, place)),
            Json::Object(members) => self.object(members, reading, place),
            Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) => Ok(()),
        }
    }

    fn object(
        &mut self,
        members: &mut Members<'_>,
        reading: Reading,
        place: &Place<'_>,
    ) -> Result<(), TooManySecrets> {
        let label = self.secret_label(members, place);
        for (name, value) in members.iter_mut() {
            let place = place.member(name);
            let verdict = self.labelled(&place, reading, label);
            self.judged(value, verdict, &place)?;
        }
        self.names(members)
    }

    /// What a name says of the value under it, in an object that has a secret label or not.
    #[inline]
    pub(super) fn labelled(&self, place: &Place<'_>, reading: Reading, label: bool) -> Verdict {
        if label && VALUES.contains(&place.name) && !self.redactor.excepts(place) {
            return Verdict::Secret;
        }
        self.redactor.judge(place, reading)
    }

    /// Whether the object names a secret in one member and holds it in another.
    pub(super) fn secret_label(&self, members: &Members<'_>, place: &Place<'_>) -> bool {
        let holds = |(name, _): &(Cow<'_, str>, _)| VALUES.contains(&&**name);
        if members.len() < 2 || !members.iter().any(holds) {
            return false;
        }
        let labels = members.iter().filter(|(name, _)| LABELS.contains(&&**name));
        labels.filter_map(|(_, value)| value.as_str()).any(|label| {
            let named = place.member(label);
            self.redactor.names.has(label) && !self.redactor.excepts(&named)
        })
    }

    /// Replaces every string and number of a value. Null and booleans stay: they say that a secret
    /// was unset or present, and are none. Where there is no `place`, no exception is made.
    pub(super) fn secret(
        &mut self,
        value: &mut Json<'_>,
        place: Option<&Place<'_>>,
    ) -> Result<(), TooManySecrets> {
        match value {
            Json::Null | Json::Bool(_) => Ok(()),
            Json::String(_) | Json::Int(_) | Json::Float(_) => {
                let text = value.scalar_text().unwrap_or_default();
                if let Some(placeholder) = self.whole(&text)? {
                    *value = Json::String(Cow::Owned(placeholder));
                }
                Ok(())
            }
            Json::Array(items) => items
                .iter_mut()
                .try_for_each(|item| self.secret(item, place)),
            Json::Object(members) => {
                for (name, value) in members.iter_mut() {
                    let inner = place.map(|place| place.member(name));
                    match inner {
                        Some(inner) if self.redactor.excepts(&inner) => {
                            self.searched(value, Reading::NoCards, &inner)?;
                        }
                        inner => self.secret(value, inner.as_ref())?,
                    }
                }
                self.names(members)
            }
        }
    }

    /// Replaces secrets in the names of members, such as in a table of use by key.
    pub(super) fn names(&mut self, members: &mut Members<'_>) -> Result<(), TooManySecrets> {
        let before = self.count;
        for (name, _) in members.iter_mut() {
            if name.len() >= MIN_SEARCHED_NAME_BYTES {
                self.text(name, Reading::Identifier)?;
            }
        }
        if self.count > before && sort_members(members).is_err() {
            tell_apart(members);
        }
        Ok(())
    }
}

/// Numbers names that have become equal: one of them had the placeholder of the other's secret.
#[cold]
fn tell_apart(members: &mut Members<'_>) {
    let mut taken: HashSet<String> = members.iter().map(|(name, _)| name.to_string()).collect();
    let mut number = 1_usize;
    let mut last: Option<String> = None;
    for (name, _) in members.iter_mut() {
        if last.as_deref() != Some(&**name) {
            last = Some(name.to_string());
            continue;
        }
        // Each number is tried once for the whole object.
        loop {
            number += 1;
            let candidate = format!("{name} ({number})");
            if taken.insert(candidate.clone()) {
                *name = Cow::Owned(candidate);
                break;
            }
        }
    }
    let sorted = sort_members(members);
    debug_assert!(sorted.is_ok(), "names differ");
}
