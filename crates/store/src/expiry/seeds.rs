//! The salt seeds of groups of which no event is left.
//!
//! What must hold: a seed goes only if its group has no event, in a segment or in the write-ahead log, and none will
//! come. Once a removal has come to its end, no such seed is there; a crash between a step and its seeds leaves some,
//! which the next start removes as far as the manifest tells, and the next removal altogether.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use crate::durable::{Durable, DurableError};
use crate::index::embedded::View;
use crate::layout;
use crate::segment::meta::{Listed, Manifest};
use crate::segment::sealed::Segment;
use crate::segment::writing::MakeError;
use crate::upkeep::Upkeep;
use crate::wal::group_of;

/// The groups that have events in segments over several that lost some, by the segments' generations.
pub(crate) type KnownGroups = BTreeMap<u32, Arc<BTreeSet<u64>>>;

/// What is done between two pieces of work.
type Pause<'p> = &'p mut dyn FnMut() -> Result<(), MakeError>;

impl Upkeep {
    /// Removes the seeds of a segment's groups of which no event is left, now that it is replaced.
    pub(super) fn remove_seeds_of(&self, old: &Listed, pause: Pause<'_>) -> Result<(), MakeError> {
        let there =
            groups_of(old).filter(|group| self.durable.path(&layout::seed_file(*group)).exists());
        self.remove_unused(there.collect(), pause)
    }

    /// Removes all seeds of groups of which no event is left.
    pub(super) fn sweep_seeds(&self, pause: Pause<'_>) -> Result<(), MakeError> {
        self.remove_unused(seeds_there(&self.durable)?, pause)
    }

    fn remove_unused(&self, groups: Vec<u64>, pause: Pause<'_>) -> Result<(), MakeError> {
        let view = self.index.view();
        let next = group_of(view.sealed_through());
        let is_removed = |group: u64| self.durable.remove(&layout::seed_file(group));
        let mut removes = false;
        for group in groups.into_iter().filter(|group| *group < next) {
            if !self.has_events(&view, group, pause)? {
                is_removed(group)?;
                removes = true;
            }
        }
        if removes {
            self.durable.sync_directory(layout::SEEDS.as_ref())?;
        }
        Ok(())
    }

    /// Whether segments have events of a group.
    fn has_events(&self, view: &View, group: u64, pause: Pause<'_>) -> Result<bool, MakeError> {
        let first = view
            .segments
            .partition_point(|segment| group_of(segment.listed().end().saturating_sub(1)) < group);
        for segment in view.segments.iter().skip(first) {
            let listed = segment.listed();
            if group_of(listed.first_position) > group {
                break;
            }
            let has = match is_plain(listed) {
                Some(has) => has,
                None => self
                    .groups_with_events(segment, view, pause)?
                    .contains(&group),
            };
            if has {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The groups that have events in a segment. It is read once, however often that is asked.
    fn groups_with_events(
        &self,
        segment: &Segment,
        view: &View,
        pause: Pause<'_>,
    ) -> Result<Arc<BTreeSet<u64>>, MakeError> {
        let listed = segment.listed();
        let known = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(groups) = known.get(&listed.generation) {
            return Ok(Arc::clone(groups));
        }
        drop(known);
        let mut places = Vec::new();
        let parts = segment.parts()?;
        parts.places.read_into(0..listed.events(), &mut places)?;
        let places = places.iter().filter_map(|place| u64::try_from(*place).ok());
        let groups = places.map(|place| group_of(listed.first_position + place));
        let groups: Arc<BTreeSet<u64>> = Arc::new(groups.collect());
        pause()?;
        let mut known = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = |generation: &u32| {
            let mut all = view.segments.iter();
            all.any(|segment| segment.listed().generation == *generation)
        };
        known.retain(|generation, _| is_there(generation));
        known.insert(listed.generation, Arc::clone(&groups));
        Ok(groups)
    }
}

/// Whether a segment has events in each of its groups, as far as what it is listed as tells.
fn is_plain(listed: &Listed) -> Option<bool> {
    if listed.events() == 0 {
        return Some(false);
    }
    let is_whole = listed.events() == listed.rows;
    let is_one = group_of(listed.first_position) == group_of(listed.end().saturating_sub(1));
    (is_whole || is_one).then_some(true)
}

/// The groups of a segment's positions.
fn groups_of(listed: &Listed) -> impl Iterator<Item = u64> + use<> {
    group_of(listed.first_position)..=group_of(listed.end().saturating_sub(1))
}

/// The groups that have a seed. Other names there are not ours.
fn seeds_there(durable: &Durable) -> Result<Vec<u64>, DurableError> {
    let names = durable.names(layout::SEEDS.as_ref())?.into_iter();
    let groups = names.filter_map(|name| {
        let group = u64::from_str_radix(name.to_str()?, 16).ok()?;
        let is_its = layout::seed_file(group).file_name() == Some(name.as_os_str());
        is_its.then_some(group)
    });
    let mut groups: Vec<u64> = groups.collect();
    groups.sort_unstable();
    Ok(groups)
}

/// Removes seeds that a crash has left: those of groups of which no segment of the manifest has anything.
pub(crate) fn remove_unused(durable: &Durable, manifest: &Manifest) -> Result<(), DurableError> {
    if manifest.removed.is_empty() {
        return Ok(());
    }
    let mut used = BTreeSet::new();
    for segment in manifest
        .segments
        .iter()
        .filter(|segment| segment.events() > 0)
    {
        used.extend(groups_of(segment));
    }
    let next = group_of(manifest.end());
    for group in seeds_there(durable)? {
        if group >= next || used.contains(&group) {
            continue;
        }
        match durable.remove(&layout::seed_file(group)) {
            // There are file systems that need room to remove. The next removal tries again.
            Err(error) if error.is_no_space() => tracing::warn!(%error, "a seed stays for now"),
            removed => removed?,
        }
    }
    Ok(())
}
