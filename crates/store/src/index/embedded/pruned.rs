//! What is missing at the beginnings of logs from which rows were removed.
//!
//! What must hold: both numbers of a log are those of one manifest, that of the view's segments.

use std::collections::BTreeMap;

use crate::segment::meta::Manifest;

/// What is missing at the beginning of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pruned {
    /// The index of the first row that left something.
    pub(crate) first_index: u64,
    /// No entries below this index are shown: those that are there yet are to go.
    pub(crate) minimum_index: u64,
}

/// What is missing of the logs of a manifest.
pub(crate) fn pruned_logs(manifest: &Manifest) -> BTreeMap<String, Pruned> {
    let of_logs = manifest.removed.iter().map(|removed| {
        let pruned = Pruned {
            first_index: removed.first_index,
            minimum_index: removed.minimum_index,
        };
        (removed.id.clone(), pruned)
    });
    of_logs.collect()
}
