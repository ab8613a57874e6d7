//! What is missing of logs from which rows were removed, most of all at their beginnings.
//!
//! What must hold: all numbers of a log are those of one manifest, that of the view's segments.

use std::collections::BTreeMap;

use crate::segment::meta::Manifest;

/// What is missing of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pruned {
    /// The index of the first row that left something.
    pub(crate) first_index: u64,
    /// No entries below this index are shown: those that are there yet are to go.
    pub(crate) minimum_index: u64,
    /// How many rows were removed, here and behind the beginning.
    pub(crate) events: u64,
    /// The index behind the last of them.
    pub(crate) end_index: u64,
}

/// What is missing of the logs of a manifest.
pub(crate) fn pruned_logs(manifest: &Manifest) -> BTreeMap<String, Pruned> {
    let of_logs = manifest.removed.iter().map(|removed| {
        let pruned = Pruned {
            first_index: removed.first_index,
            minimum_index: removed.minimum_index,
            events: removed.events,
            end_index: removed.end_index,
        };
        (removed.id.clone(), pruned)
    });
    of_logs.collect()
}
