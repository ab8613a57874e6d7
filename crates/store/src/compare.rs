//! Comparing events with recorded ones of the same id: a duplicate, or a conflict.
//!
//! What must hold: a recorded event is parsed once for an append, however many of its events carry
//! the id, so that the work is bounded by the bytes of the append and of the events that it names.
//! What is recorded never changes, so a comparison that was made before an append was queued still
//! holds when it is planned: only ids that were recorded in between are left to the sequencer.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::record::Recorded;
use evident_ledger::Hash;
use hashbrown::HashMap;

use crate::append::{Append, AppendError, Conflict};
use crate::index::IndexError;
use crate::index::embedded::EmbeddedIndex;

/// Events to be compared: by id, the recorded event's bytes and the places of those that carry it.
#[derive(Default)]
pub(crate) struct Comparisons(HashMap<EventId, (Bytes, Vec<usize>)>);

impl Comparisons {
    /// The event at `position` carries the id of a recorded event.
    pub(crate) fn add(&mut self, id: EventId, recorded: &Bytes, position: usize) {
        let (_, positions) = self
            .0
            .entry(id)
            .or_insert_with(|| (recorded.clone(), Vec::new()));
        positions.push(position);
    }

    /// The conflicts, by place.
    pub(crate) fn conflicts(
        self,
        append: &Append,
    ) -> Result<BTreeMap<usize, Conflict>, AppendError> {
        let mut conflicts = BTreeMap::new();
        for (id, (recorded, positions)) in self.0 {
            let recorded = Recorded::parse(&recorded).map_err(invalid)?;
            for position in positions {
                let event = &append.events[position];
                let fields = recorded
                    .differing_fields(&event.canonical, event.carried)
                    .map_err(invalid)?;
                if !fields.is_empty() {
                    let conflict = Conflict {
                        position,
                        id,
                        fields,
                    };
                    conflicts.insert(position, conflict);
                }
            }
        }
        Ok(conflicts)
    }
}

fn invalid(error: impl std::fmt::Display) -> AppendError {
    AppendError::Invalid(error.to_string())
}

/// An event of the same id cannot be read, so it cannot be said whether it is the same.
pub(crate) fn unreadable(error: IndexError) -> AppendError {
    AppendError::Stopped(error.to_string())
}

/// What was compared before an append was queued.
pub(crate) struct Compared {
    /// No other of its ids is recorded at a position below this one.
    pub(crate) looked_to: u64,
    /// The ids that were recorded by then, each with its index and its leaf.
    pub(crate) ids: HashMap<EventId, (u64, Hash)>,
    /// The conflicts with them, by place.
    pub(crate) conflicts: BTreeMap<usize, Conflict>,
}

impl Compared {
    /// Nothing needed to be compared: none of the ids is recorded below this position.
    pub(crate) fn with_none(looked_to: u64) -> Self {
        Self {
            looked_to,
            ids: HashMap::new(),
            conflicts: BTreeMap::new(),
        }
    }

    /// Compares those events of an append whose ids may be recorded with what is. No other of its ids
    /// is recorded below the position `looked_to`.
    pub(crate) fn with_recorded(
        index: &EmbeddedIndex,
        append: &Append,
        looked_to: u64,
        candidates: &HashSet<EventId>,
    ) -> Result<Self, AppendError> {
        let mut comparisons = Comparisons::default();
        let mut ids = HashMap::new();
        let events = append.events.iter().enumerate();
        for (position, event) in events.filter(|(_, event)| candidates.contains(&event.id)) {
            let found = index.find(&append.organization_id, event.id, 0);
            if let Some(recorded) = found.map_err(unreadable)? {
                ids.insert(event.id, (recorded.index, recorded.leaf_hash));
                comparisons.add(event.id, &recorded.canonical, position);
            }
        }
        let conflicts = comparisons.conflicts(append)?;
        Ok(Self {
            looked_to,
            ids,
            conflicts,
        })
    }
}
