//! Whether the rules by which events are being removed are still those that are set.
//!
//! What must hold: once [`Store::rules_changed`] has returned, nothing of the organization goes any more by rules that
//! were read before. So what a step took out is put into the manifest under the lock that a change takes, by rules that
//! still stand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ExpireError;
use crate::Store;
use crate::segment::writing::MakeError;

/// A moment: rules that are read after it was had stand until it is said that they have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing(u64);

/// Which rules have changed since the store was opened.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// How many.
    count: AtomicU64,
    /// The number of the last one of each organization that had any.
    last: Mutex<BTreeMap<String, u64>>,
}

impl Changes {
    fn now(&self) -> Standing {
        Standing(self.count.load(Ordering::SeqCst))
    }

    fn note(&self, organization_id: &str) {
        let mut last = self.lock();
        let number = self.count.load(Ordering::SeqCst) + 1;
        last.insert(organization_id.to_owned(), number);
        // Whoever has this number reads the rules afterwards.
        self.count.store(number, Ordering::SeqCst);
    }

    /// Those of some organizations whose rules have changed since.
    pub(super) fn since<'i>(
        &self,
        standing: Standing,
        ids: impl Iterator<Item = &'i str>,
    ) -> BTreeSet<String> {
        changed(&self.lock(), standing, ids)
    }

    /// Does something if the rules of some organizations stand; a change waits until it is done.
    pub(super) fn while_standing<'i>(
        &self,
        standing: Standing,
        ids: impl Iterator<Item = &'i str>,
        act: impl FnOnce() -> Result<(), MakeError>,
    ) -> Result<(), MakeError> {
        let last = self.lock();
        match changed(&last, standing, ids).is_empty() {
            true => act(),
            false => Err(MakeError::RulesChanged),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn changed<'i>(
    last: &BTreeMap<String, u64>,
    standing: Standing,
    ids: impl Iterator<Item = &'i str>,
) -> BTreeSet<String> {
    let changed = ids.filter(|id| last.get(*id).is_some_and(|last| *last > standing.0));
    changed.map(str::to_owned).collect()
}

impl Store {
    /// To be had before the rules are read that [`Store::expire`] is to go by.
    pub fn standing(&self) -> Standing {
        self.upkeep.rule_changes.now()
    }

    /// Says that an organization's rules have changed: to be called once whoever reads them finds the new ones. Waits
    /// for a step that can no longer be stopped, which is as long as it takes to replace one small file.
    pub async fn rules_changed(&self, organization_id: &str) -> Result<(), ExpireError> {
        let (upkeep, id) = (Arc::clone(&self.upkeep), organization_id.to_owned());
        let noted = tokio::task::spawn_blocking(move || upkeep.rule_changes.note(&id)).await;
        noted.map_err(|error| ExpireError::Failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_stand_until_those_of_the_same_organization_change() {
        let changes = Changes::default();
        let before = changes.now();
        let both = || ["org_1", "org_2"].into_iter();
        assert!(changes.since(before, both()).is_empty());
        changes.note("org_2");
        let after = changes.now();
        let changed = changes.since(before, both());
        assert_eq!(changed, BTreeSet::from(["org_2".to_owned()]));
        assert!(changes.since(after, both()).is_empty());
        changes.note("org_1");
        assert_eq!(changes.since(before, both()).len(), 2);
        let changed = changes.since(after, both());
        assert_eq!(changed, BTreeSet::from(["org_1".to_owned()]));
    }
}
