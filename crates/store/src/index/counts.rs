//! Counting values: what facets, splits and completions share.
//!
//! It must hold that the same events give the same answer in whatever order they are counted: values
//! are ordered by their counts, then by their bytes; of the spellings that are one value without
//! regard to case, the one that most events have is shown, and of those the first by its bytes.

use evident_event::query::{Field, fold};
use hashbrown::HashMap;

use super::ValueCount;

/// The values of a field, counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    ignores_case: bool,
    /// By spelling.
    values: HashMap<String, u64>,
}

impl Counts {
    /// Nothing yet.
    pub(super) fn of(field: &Field) -> Self {
        Self {
            ignores_case: field.ignores_case(),
            values: HashMap::new(),
        }
    }

    /// What two values must have in common to be one.
    pub(super) fn key(&self, value: &str) -> String {
        match self.ignores_case {
            true => fold(value),
            false => value.to_owned(),
        }
    }

    /// Counts an event that has the value.
    pub(super) fn add(&mut self, value: &str) {
        self.add_many(value, 1);
    }

    /// Counts events that have the value.
    pub(super) fn add_many(&mut self, value: &str, events: u64) {
        match self.values.get_mut(value) {
            Some(count) => *count += events,
            None => {
                self.values.insert(value.to_owned(), events);
            }
        }
    }

    /// The values, the most frequent first.
    pub(super) fn ranked(&self) -> Vec<ValueCount> {
        if !self.ignores_case {
            let values = self.values.iter();
            return ranked(values.map(|(value, count)| ValueCount {
                value: value.clone(),
                count: *count,
            }));
        }
        let mut spellings: HashMap<String, Vec<(&str, u64)>> = HashMap::new();
        for (spelling, count) in &self.values {
            let of_one = spellings.entry(fold(spelling)).or_default();
            of_one.push((spelling, *count));
        }
        ranked(spellings.into_values().filter_map(|spellings| {
            let count = spellings.iter().map(|(_, count)| count).sum();
            let shown = spellings
                .into_iter()
                .min_by_key(|(spelling, count)| (u64::MAX - *count, *spelling));
            shown.map(|(value, _)| ValueCount {
                value: value.to_owned(),
                count,
            })
        }))
    }
}

/// Values in their order.
pub(super) fn ranked(counted: impl Iterator<Item = ValueCount>) -> Vec<ValueCount> {
    let mut ranked: Vec<ValueCount> = counted.collect();
    ranked.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    ranked
}
