//! Counting values: what facets, splits and completions share.
//!
//! It must hold that the same events give the same answer in whatever order they are counted: values
//! are ordered by their counts, then by their bytes; of the spellings that are one value without
//! regard to case, the one that most events have is shown, and of those the first by its bytes.

use std::collections::HashMap;

use evident_event::query::{Field, fold};

use super::ValueCount;

/// The values of a field, counted, with something else kept for each.
#[derive(Debug, Default)]
pub(super) struct Counts {
    ignores_case: bool,
    values: HashMap<String, Spellings>,
}

/// How many events have a value, by its spelling.
type Spellings = HashMap<String, u64>;

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
        let spellings = self.values.entry(self.key(value)).or_default();
        *spellings.entry(value.to_owned()).or_default() += events;
    }

    /// How many values there are.
    pub(super) fn distinct(&self) -> u64 {
        self.values.len() as u64
    }

    /// The values, the most frequent first.
    pub(super) fn ranked(&self) -> Vec<ValueCount> {
        let counted = self.values.values().filter_map(|spellings| {
            let (value, _) = spellings
                .iter()
                .min_by_key(|(spelling, count)| (u64::MAX - **count, *spelling))?;
            Some(ValueCount {
                value: value.clone(),
                count: spellings.values().sum(),
            })
        });
        ranked(counted)
    }
}

/// Values in their order.
pub(super) fn ranked(counted: impl Iterator<Item = ValueCount>) -> Vec<ValueCount> {
    let mut ranked: Vec<ValueCount> = counted.collect();
    ranked.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    ranked
}
