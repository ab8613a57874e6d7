//! Conditions: what must hold of an event, as a tree.
//!
//! Every part of a query that decides which events match becomes one of these, whichever parameter
//! it came by, so that an index has one small algebra to answer and nothing else.
//!
//! It must hold that equal conditions are equal values: a group holds no group of its own kind, its
//! members are sorted and distinct, a group of one is that one, and `Not` never holds a `Not`. The
//! constructors see to it.

use std::borrow::Cow;

use super::field::{self, Field};
use super::{Candidate, Pattern, fold, text};

/// What must hold of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Condition {
    /// All of these; of no conditions, that is any event.
    All(Vec<Condition>),
    /// At least one of these; of no conditions, that is no event.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// One of the field's values passes the test.
    Field(Field, Test),
    /// One of the texts that are searched has the word.
    Word(text::Word),
    /// One of the texts that are searched has the words, one just after the other.
    Phrase(text::Phrase),
    /// The event is an attempt, and there is no outcome of it.
    OpenAttempt,
}

/// What a value is compared with. Where the field ignores case, all text in here is folded, and
/// values are folded before they are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// It is one of these, which are sorted and distinct. Of none, no value passes.
    OneOf(Vec<String>),
    /// It fits the pattern.
    Like(Pattern),
}

impl Condition {
    /// What always holds.
    pub fn always() -> Self {
        Self::All(Vec::new())
    }

    /// All of these.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        let members = gathered(conditions, |condition| match condition {
            Self::All(members) => Ok(members),
            other => Err(other),
        });
        alone_or(members, Self::All)
    }

    /// At least one of these.
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        let members = gathered(conditions, |condition| match condition {
            Self::Any(members) => Ok(members),
            other => Err(other),
        });
        alone_or(members, Self::Any)
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(condition) => *condition,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The field has one of these values.
    pub(super) fn one_of(field: Field, values: impl IntoIterator<Item = String>) -> Self {
        let comparable = |value: String| match field.ignores_case() {
            true => fold(&value),
            false => value,
        };
        let mut values: Vec<String> = values.into_iter().map(comparable).collect();
        values.sort_unstable();
        values.dedup();
        Self::Field(field, Test::OneOf(values))
    }

    /// The field has a value that fits.
    pub(super) fn like(field: Field, pattern: Pattern) -> Self {
        let pattern = match field.ignores_case() {
            true => pattern.folded(),
            false => pattern,
        };
        match pattern.exact() {
            Some(value) => Self::Field(field, Test::OneOf(vec![value.to_owned()])),
            None => Self::Field(field, Test::Like(pattern)),
        }
    }

    /// Whether it holds of an event.
    pub fn holds(&self, candidate: &Candidate<'_>) -> bool {
        match self {
            Self::All(members) => members.iter().all(|member| member.holds(candidate)),
            Self::Any(members) => members.iter().any(|member| member.holds(candidate)),
            Self::Not(condition) => !condition.holds(candidate),
            Self::Field(field, test) => {
                let values = field::values_of(field, candidate);
                values.iter().any(|value| test.passes(field, value))
            }
            Self::Word(word) => text::searched(candidate.event, |text| word.is_in(text)),
            Self::Phrase(phrase) => text::searched(candidate.event, |text| phrase.is_in(text)),
            Self::OpenAttempt => {
                let phase = candidate
                    .event
                    .get("phase")
                    .and_then(|phase| phase.as_str());
                phase == Some(super::Phase::Attempt.as_str()) && !candidate.has_outcome
            }
        }
    }

    /// Whether this condition is, or has somewhere in it, one that `wanted` says yes to.
    pub fn mentions(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        wanted(self)
            || match self {
                Self::All(members) | Self::Any(members) => {
                    members.iter().any(|member| member.mentions(wanted))
                }
                Self::Not(condition) => condition.mentions(wanted),
                _ => false,
            }
    }
}

impl Test {
    /// Whether a value of the field passes.
    pub fn passes(&self, field: &Field, value: &str) -> bool {
        let value = match field.ignores_case() {
            true => Cow::Owned(fold(value)),
            false => Cow::Borrowed(value),
        };
        match self {
            // There may be as many as a scope has projects.
            Self::OneOf(accepted) => accepted
                .binary_search_by(|text| text.as_str().cmp(&value))
                .is_ok(),
            Self::Like(pattern) => pattern.matches(&value),
        }
    }
}

/// The members of a group: those of groups within it as its own, sorted, each once.
fn gathered(
    conditions: impl IntoIterator<Item = Condition>,
    members_of: impl Fn(Condition) -> Result<Vec<Condition>, Condition>,
) -> Vec<Condition> {
    let mut members = Vec::new();
    for condition in conditions {
        match members_of(condition) {
            Ok(inner) => members.extend(inner),
            Err(condition) => members.push(condition),
        }
    }
    members.sort_unstable();
    members.dedup();
    members
}

fn alone_or(
    mut members: Vec<Condition>,
    group: impl FnOnce(Vec<Condition>) -> Condition,
) -> Condition {
    match (members.pop(), members.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            members.extend(last);
            group(members)
        }
    }
}
