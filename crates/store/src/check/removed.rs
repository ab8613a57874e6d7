//! Whether what a manifest says of removed rows fits what is there.
//!
//! What must hold: every position and every index is accounted for, by an event, by a stub, or by the
//! count of rows that left nothing. So whoever cuts rows out of a directory has to say in the manifest
//! that they were removed, and how many: nothing goes unseen.

use std::collections::{BTreeMap, BTreeSet};

use crate::segment::meta::{Manifest, RemovedRows};
use crate::segment::rows::MAX_ROW_BYTES;

/// Canonical bytes of an event, at least.
const MIN_ROW_BYTES: u64 = 2;

/// Stubs of an organization that were found in the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stubs {
    pub(crate) count: u64,
    /// The index behind the last of them.
    pub(crate) end_index: u64,
}

impl Stubs {
    /// One more, of this index.
    pub(crate) fn add(&mut self, index: u64) {
        self.count += 1;
        self.end_index = self.end_index.max(index.saturating_add(1));
    }

    fn join(&mut self, other: Self) {
        self.count += other.count;
        self.end_index = self.end_index.max(other.end_index);
    }
}

/// The stubs of all organizations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AllStubs(BTreeMap<String, Stubs>);

impl AllStubs {
    /// Adds those that a segment has of an organization.
    pub(crate) fn add(&mut self, organization_id: &str, stubs: Stubs) {
        if stubs.count > 0 {
            let known = self.0.entry(organization_id.to_owned()).or_default();
            known.join(stubs);
        }
    }

    /// Adds those of another segment.
    pub(crate) fn append(&mut self, other: &Self) {
        for (id, stubs) in &other.0 {
            self.add(id, *stubs);
        }
    }

    fn of(&self, organization_id: &str) -> Stubs {
        self.0.get(organization_id).copied().unwrap_or_default()
    }
}

/// How many events of an organization were removed, by the stubs that are there and the index that its
/// rows begin at.
pub(crate) fn removed_of(manifest: &Manifest, organization_id: &str, stubs: &AllStubs) -> u64 {
    let first_index = manifest
        .removed_of(organization_id)
        .map_or(0, |told| told.first_index);
    first_index + stubs.of(organization_id).count
}

/// What does not fit: of which organization, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) organization_id: Option<String>,
    pub(crate) what: String,
}

/// Holds a manifest against the stubs that all of its segments have.
pub(crate) fn misfits(manifest: &Manifest, stubs: &AllStubs) -> Vec<Misfit> {
    let told = manifest.removed.iter().map(|removed| removed.id.as_str());
    let ids: BTreeSet<&str> = told.chain(stubs.0.keys().map(String::as_str)).collect();
    let mut misfits = Vec::new();
    for id in ids {
        let found = stubs.of(id);
        let wrong = match manifest.removed_of(id) {
            Some(told) => misfits_of(told, found),
            None => vec![format!(
                "there are stubs of {} removed events of {id}, and the manifest has none of its events removed",
                found.count
            )],
        };
        misfits.extend(wrong.into_iter().map(|what| Misfit {
            organization_id: Some(id.to_owned()),
            what,
        }));
    }
    misfits.extend(misfit_of_positions(manifest));
    misfits
}

fn misfits_of(told: &RemovedRows, found: Stubs) -> Vec<String> {
    let RemovedRows {
        id,
        first_index,
        minimum_index,
        events,
        bytes,
        end_index,
    } = told;
    let mut wrong = Vec::new();
    if first_index > minimum_index {
        wrong.push(format!(
            "the events of {id} below index {first_index} left nothing, and only those below \
             {minimum_index}, its minimum index, may"
        ));
    }
    let counted = first_index.saturating_add(found.count);
    if *events != counted {
        wrong.push(format!(
            "{counted} events of {id} are gone ({first_index} without a stub), and the manifest has \
             {events} removed"
        ));
    }
    let end = found.end_index.max(*first_index);
    if *end_index != end {
        wrong.push(format!(
            "the events of {id} that are gone end before index {end}, and the manifest has the last one \
             before {end_index}"
        ));
    }
    let possible =
        events.saturating_mul(MIN_ROW_BYTES)..=events.saturating_mul(MAX_ROW_BYTES as u64);
    if !possible.contains(bytes) {
        wrong.push(format!(
            "{events} removed events of {id} cannot have had {bytes} bytes"
        ));
    }
    wrong
}

/// Each position that segments have or had is that of one row, which has an index in one log.
fn misfit_of_positions(manifest: &Manifest) -> Option<Misfit> {
    let positions = manifest.end();
    let next_indexes = manifest.next_indexes();
    let rows: u64 = next_indexes.values().sum();
    (rows != positions).then(|| Misfit {
        organization_id: None,
        what: format!(
            "the segments end at position {positions}, and {rows} rows of all organizations are there or \
             were removed"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::meta::{Listed, OrganizationRows, VERSION};

    /// 600 rows of one organization: 256 left nothing, and there are two stubs, the last of index 300.
    fn fitting() -> (Manifest, AllStubs) {
        let manifest = Manifest {
            version: VERSION,
            next_generation: 2,
            end_position: None,
            segments: vec![Listed {
                first_position: 256,
                rows: 344,
                events: Some(342),
                generation: 1,
                meta_crc32c: "00000000".to_owned(),
                organizations: vec![OrganizationRows {
                    id: "org_1".to_owned(),
                    first_index: 256,
                    rows: 344,
                    events: Some(342),
                }],
            }],
            removed: vec![RemovedRows {
                id: "org_1".to_owned(),
                first_index: 256,
                minimum_index: 256,
                events: 258,
                bytes: 258 * 100,
                end_index: 301,
            }],
        };
        let mut stubs = AllStubs::default();
        let mut found = Stubs::default();
        [299, 300].into_iter().for_each(|index| found.add(index));
        stubs.add("org_1", found);
        (manifest, stubs)
    }

    #[test]
    fn what_fits_has_no_misfits() {
        let (manifest, stubs) = fitting();
        assert_eq!(misfits(&manifest, &stubs), []);
        assert_eq!(removed_of(&manifest, "org_1", &stubs), 258);
        assert_eq!(misfits(&Manifest::default(), &AllStubs::default()), []);
    }

    #[test]
    fn every_number_that_is_another_is_a_misfit() {
        type Change = fn(&mut Manifest);
        let changes: [Change; 9] = [
            |m| m.removed[0].first_index = 257,
            |m| m.removed[0].minimum_index = 0,
            |m| m.removed[0].events = 257,
            |m| m.removed[0].events = 259,
            |m| m.removed[0].bytes = 257,
            |m| m.removed[0].bytes = u64::MAX,
            |m| m.removed[0].end_index = 300,
            |m| m.removed[0].end_index = 302,
            |m| m.segments[0].rows = 345,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (mut manifest, stubs) = fitting();
            change(&mut manifest);
            assert!(!misfits(&manifest, &stubs).is_empty(), "change {number}");
        }
    }

    #[test]
    fn stubs_that_the_manifest_knows_nothing_of_are_a_misfit() {
        let (manifest, mut stubs) = fitting();
        let mut found = Stubs::default();
        found.add(0);
        stubs.add("org_2", found);
        let wrong = misfits(&manifest, &stubs);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].organization_id.as_deref(), Some("org_2"));
    }
}
