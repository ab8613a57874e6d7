//! What an operation asks beside the query: which fields, which interval, which columns.
//!
//! The query's parameters are the same everywhere; an operation that needs more has a table of its
//! own in the shape of [`PARAMETERS`], and [`split`] takes those out before the query is read. It
//! must hold that a parameter that is in neither table is refused with the names of both, so that
//! what an error advises to use is what there is.

use std::collections::{BTreeMap, HashSet};

use super::parse::{MAX_PARAMETERS, PARAMETERS, Times, word};
use super::{Field, QueryError};
use crate::nearest::nearest;
use crate::time::buckets::{Interval, TooManyBuckets};
use crate::time::echo;

/// A row of a table of parameters: the name, how often it may be given, and the longest value in
/// bytes.
pub type Parameter = (&'static str, Times, usize);

/// What `interval` says where the answer is to choose one.
const AUTO: &str = "auto";

/// The values that were given for an operation's own parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    values: BTreeMap<&'static str, Vec<String>>,
}

/// Takes an operation's own parameters out of all that were given; the others are the query's.
pub fn split<N: AsRef<str>, V: AsRef<str>>(
    parameters: impl IntoIterator<Item = (N, V)>,
    own: &[Parameter],
) -> Result<(Own, Vec<(N, V)>), QueryError> {
    let mut taken = Own::default();
    let mut others = Vec::new();
    for (count, (name, value)) in parameters.into_iter().enumerate() {
        if count == MAX_PARAMETERS {
            return Err(too_many(name.as_ref()));
        }
        if let Some(parameter) = own.iter().find(|(known, ..)| *known == name.as_ref()) {
            taken.take(*parameter, value.as_ref())?;
        } else if PARAMETERS.iter().any(|(known, ..)| *known == name.as_ref()) {
            others.push((name, value));
        } else {
            return Err(unknown(name.as_ref(), own));
        }
    }
    Ok((taken, others))
}

impl Own {
    fn take(&mut self, (name, times, max): Parameter, value: &str) -> Result<(), QueryError> {
        if value.len() > max {
            let message = format!("the value has {} bytes: give at most {max}", value.len());
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

    /// The value of a parameter that is given at most once.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.first().map(String::as_str)
    }

    /// The items of a parameter that is a list: given several times, or with commas between the
    /// items. `\,` stands for a comma of an item's own. Each item comes once.
    pub fn list(&self, name: &str) -> Vec<String> {
        let texts = self.values.get(name).into_iter().flatten();
        let mut seen = HashSet::new();
        let mut items: Vec<String> = texts.flat_map(|text| listed(text)).collect();
        items.retain(|item| seen.insert(item.clone()));
        items
    }

    /// The interval of a histogram; `None` where the answer is to choose one.
    pub fn interval(&self, name: &str) -> Result<Option<Interval>, QueryError> {
        let named = Interval::ALL.map(|interval| (interval.as_str(), Some(interval)));
        let words: Vec<_> = [(AUTO, None)].into_iter().chain(named).collect();
        match self.one(name) {
            None => Ok(None),
            Some(value) => word(name, "bad_interval", value, &words),
        }
    }
}

impl Field {
    /// Reads the path of a field whose values are to be counted, which `parameter` gave.
    pub fn parse_countable(parameter: &str, text: &str) -> Result<Self, QueryError> {
        let field = Self::parse(parameter, text)?;
        if field.is_exact_only() {
            let message = format!(
                "nearly every event has a value of {} of its own, so they are not counted: name \
                 another field, or find one value by filter={}:is:…",
                field.name(),
                field.name()
            );
            return Err(QueryError::new("exact_only", parameter, message));
        }
        Ok(field)
    }
}

impl QueryError {
    /// A list that must not be empty is.
    pub fn missing(parameter: &str, example: &str) -> Self {
        let message = format!("the parameter is missing: give it, such as {parameter}={example}");
        Self::new("missing_parameter", parameter, message)
    }

    /// A list has more items than it may have.
    pub fn too_long_a_list(code: &'static str, parameter: &str, items: usize, max: usize) -> Self {
        let message = format!("there are {items}: give at most {max}");
        Self::new(code, parameter, message)
    }

    /// A histogram would have too many buckets.
    pub fn too_many_buckets(parameter: &str, error: &TooManyBuckets) -> Self {
        Self::new("too_many_buckets", parameter, error.to_string())
    }
}

/// The items between the commas of a text.
fn listed(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ',' => items.push(std::mem::take(&mut item)),
            '\\' => match chars.next() {
                Some(',') => item.push(','),
                // Whatever else is escaped is for the item's own reader.
                escaped => item.extend(['\\'].into_iter().chain(escaped)),
            },
            c => item.push(c),
        }
    }
    items.push(item);
    items
}

fn too_many(name: &str) -> QueryError {
    let message = format!("there are too many parameters: give at most {MAX_PARAMETERS}");
    QueryError::new("too_many_parameters", &echo(name), message)
}

fn unknown(name: &str, own: &[Parameter]) -> QueryError {
    let known = own.iter().chain(PARAMETERS).map(|(known, ..)| *known);
    let known: Vec<&str> = known.collect();
    let message = format!("there is no such parameter: use {}", known.join(", "));
    QueryError::new("unknown_parameter", &echo(name), message).suggesting(nearest(name, known))
}
