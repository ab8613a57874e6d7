//! Counting again, in one pass over the generator's events, what the server will be asked.

use std::collections::HashMap;

use evident_event::catalog::Level;

use super::filter::{Filter, holds};
use crate::events::{
    ACTOR_TYPES, ACTORS, DAY_MICROS, Draw, Events, RESULTS, YEAR_START, actor_id, actor_name,
};

/// Days of the year for which events are counted.
const DAYS: usize = 366;

/// A field whose values are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Result,
    Category,
    Level,
    ActorType,
    ActorId,
    ActorName,
}

/// What is counted of the events that a filter lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Total,
    /// How often each value occurs.
    Values(&'static [Field]),
    /// How many events each day has of each category.
    Days,
}

/// What was counted.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub total: u64,
    /// For each field the numbers of its values.
    values: Vec<Vec<u64>>,
    /// For each day and category.
    days: Vec<u64>,
}

impl Field {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Category => "category",
            Self::Level => "level",
            Self::ActorType => "actor.type",
            Self::ActorId => "actor.id",
            Self::ActorName => "actor.name",
        }
    }

    fn many(self, events: &Events) -> usize {
        match self {
            Self::Result => RESULTS.len(),
            Self::Category => events.categories.len(),
            Self::Level => Level::ALL.len(),
            Self::ActorType => ACTOR_TYPES.len(),
            Self::ActorId | Self::ActorName => ACTORS,
        }
    }

    fn of(self, events: &Events, draw: &Draw) -> usize {
        match self {
            Self::Result => draw.result as usize,
            Self::Category => events.action(draw).category as usize,
            Self::Level => events.action(draw).entry.level as usize,
            Self::ActorType => draw.actor_type(),
            Self::ActorId | Self::ActorName => draw.actor as usize,
        }
    }

    fn text(self, events: &Events, value: usize) -> String {
        match self {
            Self::Result => RESULTS[value].to_owned(),
            Self::Category => events.categories[value].to_owned(),
            Self::Level => Level::ALL[value].as_str().to_owned(),
            Self::ActorType => ACTOR_TYPES[value].to_owned(),
            Self::ActorId => actor_id(value as u32),
            Self::ActorName => actor_name(value as u32),
        }
    }
}

impl Counts {
    fn of(wanted: Wanted, events: &Events) -> Self {
        let mut counts = Self::default();
        match wanted {
            Wanted::Total => {}
            Wanted::Values(fields) => {
                let many = fields.iter().map(|field| vec![0; field.many(events)]);
                counts.values = many.collect();
            }
            Wanted::Days => counts.days = vec![0; DAYS * events.categories.len()],
        }
        counts
    }

    fn add(&mut self, wanted: Wanted, events: &Events, draw: &Draw) {
        self.total += 1;
        match wanted {
            Wanted::Total => {}
            Wanted::Values(fields) => {
                for (counts, field) in self.values.iter_mut().zip(fields) {
                    counts[field.of(events, draw)] += 1;
                }
            }
            Wanted::Days => {
                let day = (draw.occurred_at - YEAR_START) / DAY_MICROS;
                let category = events.action(draw).category as usize;
                self.days[day as usize * events.categories.len() + category] += 1;
            }
        }
    }

    fn join(&mut self, other: &Self) {
        self.total += other.total;
        let mine = self.values.iter_mut().flatten().chain(&mut self.days);
        let others = other.values.iter().flatten().chain(&other.days);
        for (mine, other) in mine.zip(others) {
            *mine += other;
        }
    }

    /// The values that occur, with their counts; `place` is the field's among those that were wanted.
    pub fn values(&self, place: usize, field: Field, events: &Events) -> HashMap<String, u64> {
        let counts = self.values[place].iter().enumerate();
        counts
            .filter(|&(_, &count)| count > 0)
            .map(|(value, &count)| (field.text(events, value), count))
            .collect()
    }

    /// How many events of each category there are in whole days.
    pub fn in_days(&self, from: i64, to: i64, events: &Events) -> HashMap<String, u64> {
        let day = |at: i64| ((at - YEAR_START) / DAY_MICROS).clamp(0, DAYS as i64) as usize;
        let many = events.categories.len();
        let mut sums = HashMap::new();
        for place in day(from) * many..day(to) * many {
            if self.days[place] > 0 {
                let name = events.categories[place % many].to_owned();
                *sums.entry(name).or_default() += self.days[place];
            }
        }
        sums
    }
}

/// Counts for all filters, over all events, on all cores.
pub fn recount(events: &Events, wanted: &[(&Filter, Wanted)]) -> Result<Vec<Counts>, String> {
    let threads = std::thread::available_parallelism().map_or(1, |many| many.get() as u64);
    let each = events.total().div_ceil(threads);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|thread| {
                let from = events.total().min(thread * each);
                let to = events.total().min(from + each);
                scope.spawn(move || count_between(events, wanted, from, to))
            })
            .collect();
        let mut all: Vec<Counts> = Vec::new();
        for part in parts {
            let counts = part.join().map_err(|_| "a count failed")?;
            if all.is_empty() {
                all = counts;
            } else {
                let pairs = all.iter_mut().zip(&counts);
                pairs.for_each(|(mine, other)| mine.join(other));
            }
        }
        Ok(all)
    })
}

fn count_between(events: &Events, wanted: &[(&Filter, Wanted)], from: u64, to: u64) -> Vec<Counts> {
    let fresh = wanted.iter().map(|&(_, wanted)| Counts::of(wanted, events));
    let mut counts: Vec<Counts> = fresh.collect();
    for number in from..to {
        let draw = events.draw(number);
        for (counts, &(filter, wanted)) in counts.iter_mut().zip(wanted) {
            if holds(filter, events, &draw) {
                counts.add(wanted, events, &draw);
            }
        }
    }
    counts
}
