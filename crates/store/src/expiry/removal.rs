//! Taking out of the segments what is over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::ExpireError;
use super::plan::{Plan, plan};
use super::rules::Rules;
use crate::index::embedded::pruned_logs;
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::compact::{Left, Removal, Taken, TakenRows, Taking, add_taken, rewrite};
use crate::segment::meta::{Listed, Manifest, RemovedRows};
use crate::segment::sealed::Segment;
use crate::segment::writing::MakeError;
use crate::upkeep::{Upkeep, warm};
use crate::wal::{self, group_of};

/// It rests for as many times the time that it worked.
const REST_FACTOR: u32 = 1;
/// Longest rest at once: a machine that was suspended does not make up for it.
const MAX_REST: Duration = Duration::from_secs(1);

/// What came of a segment.
enum Outcome {
    Done(TakenRows),
    /// Compaction has put another in its place: what is to go of that is to be found out anew.
    Replaced,
}

/// Rests between pieces of work.
struct Pacer<'a> {
    upkeep: &'a Upkeep,
    since: Instant,
}

impl Pacer<'_> {
    fn pause(&mut self) -> Result<(), MakeError> {
        self.upkeep.give_way()?;
        let worked = self.since.elapsed();
        self.upkeep.rest((worked * REST_FACTOR).min(MAX_REST))?;
        self.since = Instant::now();
        Ok(())
    }
}

impl Upkeep {
    /// Removes what is over and not in the write-ahead log any longer.
    pub(super) fn expire(&self, rules: &Rules) -> Result<TakenRows, ExpireError> {
        let mut taken = TakenRows::new();
        let through = self.logged_from()?;
        // What failed is left alone, and said once the rest is done.
        let mut failed: Option<ExpireError> = None;
        let mut unfit = Vec::new();
        'anew: loop {
            let plan = plan(&self.index.view(), rules, through)?;
            for (segment, removal) in plan.segments {
                let generation = segment.listed().generation;
                if unfit.contains(&generation) {
                    continue;
                }
                match self.take_out(&segment, removal, &plan.minimum_indexes) {
                    Ok(Outcome::Done(of_segment)) => {
                        for (id, of_organization) in &of_segment {
                            add_taken(&mut taken, id, of_organization);
                        }
                    }
                    Ok(Outcome::Replaced) => continue 'anew,
                    Err(MakeError::Segment(error)) => {
                        tracing::error!(%error, "events that are over cannot be removed from a segment");
                        unfit.push(generation);
                        failed = Some(error.into());
                    }
                    Err(error) => {
                        let error = self.stop_unless_passing(error);
                        return Err(error.into());
                    }
                }
            }
            break;
        }
        failed.map_or(Ok(taken), Err)
    }

    /// Whether rows that are to go are still in the write-ahead log, though they are sealed.
    pub(super) fn is_logged(&self, plan: &Plan) -> Result<bool, ExpireError> {
        let from = self.logged_from()?;
        let mut segments = plan.segments.iter();
        Ok(segments.any(|(segment, _)| segment.listed().end() > from))
    }

    /// The position of the oldest row that the write-ahead log may hold.
    fn logged_from(&self) -> Result<u64, ExpireError> {
        let oldest = wal::oldest_position(&self.durable).map_err(MakeError::from)?;
        Ok(oldest.unwrap_or(u64::MAX))
    }

    /// What was ever removed.
    pub(super) fn removed_rows(&self) -> Vec<RemovedRows> {
        self.with_manifest(|manifest| manifest.removed.clone())
    }

    /// Puts in place of a segment what is left of it.
    fn take_out(
        &self,
        segment: &Arc<Segment>,
        removal: Removal,
        minimum_indexes: &BTreeMap<String, u64>,
    ) -> Result<Outcome, MakeError> {
        let _turn = self
            .rewriting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.give_way()?;
        let old = segment.listed();
        let is_it = |other: &Arc<Segment>| other.listed().generation == old.generation;
        if !self.index.view().segments.iter().any(is_it) {
            return Ok(Outcome::Replaced);
        }
        let left = Left::of(segment, removal)?;
        if left.is_everything() {
            return Ok(Outcome::Done(TakenRows::new()));
        }
        let generation = self.generation();
        let mut seeds = Seeds::new(&self.durable);
        let mut taking = Taking::new(&self.durable, &mut seeds);
        let mut pacer = Pacer {
            upkeep: self,
            since: Instant::now(),
        };
        let pause = &mut || pacer.pause();
        let made = rewrite(&self.durable, segment, left, generation, &mut taking, pause);
        let taken = std::mem::take(&mut taking.taken);
        let named = made.and_then(|new| {
            self.change_manifest(|manifest| {
                replace(manifest, old, new.as_ref());
                note_taken(manifest, old, &taken, minimum_indexes);
            })?;
            Ok(new)
        });
        let new = self.or_remove(named, old.first_position, old.rows, generation)?;
        let new = new.map(|listed| {
            let segment = Segment::new(&self.durable.path("".as_ref()), listed);
            warm(&segment);
            Arc::new(segment)
        });
        let removed = self.with_manifest(pruned_logs);
        self.index.change_view(|view| {
            let at = view.segments.iter().position(is_it);
            if let Some(at) = at {
                view.segments.splice(at..=at, new.clone());
            }
            view.removed = Arc::new(removed);
        });
        self.durable.remove_folder(&old.folder())?;
        self.remove_seeds(old, new.as_deref())?;
        Ok(Outcome::Done(taken))
    }

    /// Removes the seeds of groups of which no event is left.
    fn remove_seeds(&self, old: &Listed, new: Option<&Segment>) -> Result<(), MakeError> {
        let mut used = BTreeSet::new();
        if let Some(new) = new {
            let (parts, first) = (new.parts()?, new.listed().first_position);
            let mut places = Vec::new();
            parts
                .places
                .read_into(0..new.listed().events(), &mut places)?;
            let groups = places.iter().filter_map(|place| u64::try_from(*place).ok());
            used.extend(groups.map(|place| group_of(first + place)));
        }
        let (groups, end) = self.with_manifest(|manifest| {
            for other in &manifest.segments {
                if other.first_position != old.first_position && other.events() > 0 {
                    // Which of them have events there is not looked up: they may all.
                    used.extend(groups_of(other, old));
                }
            }
            let groups: Vec<u64> = groups_of(old, old).collect();
            (groups, manifest.end())
        });
        for group in groups.into_iter().filter(|group| !used.contains(group)) {
            let path = layout::seed_file(group);
            let is_over = group < group_of(end);
            if is_over && self.durable.path(&path).exists() {
                self.durable.remove(&path)?;
            }
        }
        Ok(())
    }
}

/// The groups of a segment that another has as well.
fn groups_of(segment: &Listed, among: &Listed) -> impl Iterator<Item = u64> {
    let first = group_of(segment.first_position.max(among.first_position));
    let last = group_of(segment.end().min(among.end()).saturating_sub(1));
    first..=last
}

/// Puts what is left of a segment in its place, or takes it away.
fn replace(manifest: &mut Manifest, old: &Listed, new: Option<&Listed>) {
    let end = manifest.end();
    let is_it = |other: &Listed| other.generation == old.generation;
    if let Some(at) = manifest.segments.iter().position(is_it) {
        manifest.segments.splice(at..=at, new.cloned());
    }
    let of_segments = manifest.segments.last().map_or(0, Listed::end);
    manifest.end_position = (of_segments < end).then_some(end);
}

/// Counts what was taken out of a segment, and where its organizations begin now.
fn note_taken(
    manifest: &mut Manifest,
    old: &Listed,
    taken: &TakenRows,
    minimum_indexes: &BTreeMap<String, u64>,
) {
    for rows in &old.organizations {
        let first = manifest.segments.iter();
        let mut first = first.filter_map(|segment| segment.organization(&rows.id));
        // Without any, the next row is the first.
        let first_index = first.next().map_or(rows.end(), |first| first.first_index);
        let minimum = minimum_indexes.get(&rows.id).copied().unwrap_or(0);
        let of_organization = taken.get(&rows.id);
        let found = manifest
            .removed
            .binary_search_by(|removed| removed.id.cmp(&rows.id));
        let at = match (found, of_organization) {
            (Ok(at), _) => at,
            (Err(at), Some(_)) => {
                manifest.removed.insert(at, nothing_of(&rows.id));
                at
            }
            (Err(_), None) => continue,
        };
        let removed = &mut manifest.removed[at];
        removed.first_index = first_index;
        removed.minimum_index = removed.minimum_index.max(minimum);
        if let Some(Taken {
            events,
            bytes,
            indexes,
            ..
        }) = of_organization
        {
            removed.events += events;
            removed.bytes += bytes;
            removed.end_index = removed.end_index.max(indexes.1 + 1);
        }
    }
}

fn nothing_of(organization_id: &str) -> RemovedRows {
    RemovedRows {
        id: organization_id.to_owned(),
        first_index: 0,
        minimum_index: 0,
        events: 0,
        bytes: 0,
        end_index: 0,
    }
}
