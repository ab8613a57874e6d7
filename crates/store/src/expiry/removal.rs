//! Taking out of the segments what is over, step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::ExpireError;
use super::plan::{Plan, is_unsealed_over, plan};
use super::rules::Rules;
use super::standing::Standing;
use super::step::{Step, note_taken};
use crate::index::embedded::pruned_logs;
use crate::queue::Queue;
use crate::seeds::Seeds;
use crate::segment::compact::{TakenRows, Taking, add_taken, rewrite};
use crate::segment::meta::RemovedRows;
use crate::segment::sealed::Segment;
use crate::segment::writing::MakeError;
use crate::store::seal_everything;
use crate::upkeep::{Upkeep, warm};
use crate::wal;

/// It rests for as many times the time that it worked.
const REST_FACTOR: u32 = 1;
/// Longest rest at once: a machine that was suspended does not make up for it.
const MAX_REST: Duration = Duration::from_secs(1);

/// Segments, and what is left of them, if anything is.
type Replaced = Vec<(Arc<Segment>, Option<Arc<Segment>>)>;

/// What came of a segment.
enum Outcome {
    Done,
    /// Compaction has put another in its place: what is to go of that is to be found out anew.
    Replaced,
}

/// A removal under way.
pub(super) struct Removing<'u> {
    upkeep: &'u Upkeep,
    rules: Rules,
    standing: Standing,
    /// Whose rules have changed since they were read: of these nothing more goes.
    changed: BTreeSet<String>,
    /// What is gone for good.
    pub(super) taken: TakenRows,
}

impl<'u> Removing<'u> {
    pub(super) fn new(upkeep: &'u Upkeep, rules: Rules, standing: Standing) -> Self {
        Self {
            upkeep,
            rules,
            standing,
            changed: BTreeSet::new(),
            taken: TakenRows::new(),
        }
    }

    /// Removes what is over. Whatever it comes to, `taken` is what is gone.
    pub(super) fn run(&mut self, queue: &Queue) -> Result<(), ExpireError> {
        if self.rules.is_empty() {
            return Ok(());
        }
        self.upkeep.remove_left_over().map_err(MakeError::from)?;
        self.cut_log(queue)?;
        self.take_all_out()?;
        let mut pacer = self.pacer();
        let swept = self.upkeep.sweep_seeds(&mut || pacer.rest());
        swept.map_err(|error| self.upkeep.stop_unless_passing(error))?;
        self.upkeep.remove_left_over().map_err(MakeError::from)?;
        match self.changed.is_empty() {
            true => Ok(()),
            false => Err(ExpireError::Changed(std::mem::take(&mut self.changed))),
        }
    }

    /// Before anything is taken out of segments, what is over has to be out of the write-ahead log.
    fn cut_log(&self, queue: &Queue) -> Result<(), ExpireError> {
        let view = self.upkeep.index.view();
        let is_logged = self.is_logged(&plan(&view, &self.rules, u64::MAX)?)?;
        if is_logged || is_unsealed_over(&view, &self.rules)? {
            seal_everything(queue, self.upkeep)?;
        }
        Ok(())
    }

    /// Removes what is over and not in the write-ahead log any longer.
    fn take_all_out(&mut self) -> Result<(), ExpireError> {
        let through = self.logged_from()?;
        // What failed is left alone, and said once the rest is done.
        let mut failed: Option<ExpireError> = None;
        let mut unfit = Vec::new();
        'anew: loop {
            self.leave_changed();
            let plan = plan(&self.upkeep.index.view(), &self.rules, through)?;
            for (segment, ranks) in &plan.segments {
                let generation = segment.listed().generation;
                if unfit.contains(&generation) {
                    continue;
                }
                match self.take_out(segment, ranks, &plan.minimum_indexes) {
                    Ok(Outcome::Done) => {}
                    Ok(Outcome::Replaced) | Err(MakeError::RulesChanged) => continue 'anew,
                    Err(MakeError::Segment(error)) => {
                        tracing::error!(%error, "events that are over cannot be removed from a segment");
                        unfit.push(generation);
                        failed = Some(error.into());
                    }
                    Err(error) => {
                        let error = self.upkeep.stop_unless_passing(error);
                        return Err(error.into());
                    }
                }
            }
            break;
        }
        failed.map_or(Ok(()), Err)
    }

    /// Nothing more goes of those whose rules have changed.
    fn leave_changed(&mut self) {
        for id in self.changed_now() {
            self.rules.remove(&id);
            self.changed.insert(id);
        }
    }

    fn changed_now(&self) -> BTreeSet<String> {
        let changes = &self.upkeep.rule_changes;
        changes.since(self.standing, self.rules.ids())
    }

    /// Whether rows that are to go are still in the write-ahead log, though they are sealed.
    fn is_logged(&self, plan: &Plan) -> Result<bool, ExpireError> {
        let from = self.logged_from()?;
        let mut segments = plan.segments.iter();
        Ok(segments.any(|(segment, _)| segment.listed().end() > from))
    }

    /// The position of the oldest row that the write-ahead log may hold.
    fn logged_from(&self) -> Result<u64, ExpireError> {
        let oldest = wal::oldest_position(&self.upkeep.durable).map_err(MakeError::from)?;
        Ok(oldest.unwrap_or(u64::MAX))
    }

    /// Puts in place of a segment what is left of it.
    fn take_out(
        &mut self,
        segment: &Arc<Segment>,
        ranks: &roaring::RoaringBitmap,
        minimum_indexes: &BTreeMap<String, u64>,
    ) -> Result<Outcome, MakeError> {
        let upkeep = self.upkeep;
        let turn = upkeep.rewriting.lock();
        let _turn = turn.unwrap_or_else(PoisonError::into_inner);
        upkeep.give_way()?;
        let view = upkeep.index.view();
        let Some(step) = Step::of(&view, segment, ranks, minimum_indexes)? else {
            return Ok(Outcome::Replaced);
        };
        if step.pieces.is_empty() {
            return Ok(Outcome::Done);
        }
        let replaced = self.replace(step)?;
        upkeep.index.change_view(|view| {
            for (old, new) in &replaced {
                let generation = old.listed().generation;
                let is_it = |other: &Arc<Segment>| other.listed().generation == generation;
                if let Some(at) = view.segments.iter().position(is_it) {
                    view.segments.splice(at..=at, new.clone());
                }
            }
            view.removed = Arc::new(upkeep.with_manifest(pruned_logs));
        });
        let mut pacer = self.pacer();
        for (old, _) in &replaced {
            upkeep.remove_segment(old.listed().folder())?;
        }
        for (old, _) in &replaced {
            upkeep.remove_seeds_of(old.listed(), &mut || pacer.rest())?;
        }
        Ok(Outcome::Done)
    }

    /// Writes what is left of the pieces of a step, and has the manifest name it instead of them.
    fn replace(&mut self, step: Step) -> Result<Replaced, MakeError> {
        let upkeep = self.upkeep;
        let mut seeds = Seeds::new(&upkeep.durable);
        let mut taking = Taking::new(&upkeep.durable, &mut seeds);
        let mut pacer = self.pacer();
        let Step { pieces, minimums } = step;
        let (mut made, mut begun) = (Vec::new(), Vec::new());
        let mut outcome = Ok(());
        for (old, left) in pieces {
            let generation = upkeep.generation();
            let listed = old.listed();
            begun.push((listed.first_position, listed.rows, generation));
            let pause = &mut || pacer.pause();
            match rewrite(&upkeep.durable, &old, left, generation, &mut taking, pause) {
                Ok(new) => made.push((old, new)),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        let taken = std::mem::take(&mut taking.taken);
        let name =
            || upkeep.change_manifest(|manifest| note_taken(manifest, &made, &taken, &minimums));
        let mut named = outcome.and_then(|()| {
            let changes = &upkeep.rule_changes;
            changes.while_standing(self.standing, self.rules.ids(), name)
        });
        for (first_position, rows, generation) in begun {
            named = upkeep.or_remove(named, first_position, rows, generation);
        }
        named?;
        for (id, of_organization) in &taken {
            add_taken(&mut self.taken, id, of_organization);
        }
        let opened = made.into_iter().map(|(old, new)| {
            let new = new.map(|listed| Segment::new(&upkeep.durable.path("".as_ref()), listed));
            if let Some(new) = &new {
                warm(new);
            }
            (old, new.map(Arc::new))
        });
        Ok(opened.collect())
    }

    fn pacer(&self) -> Pacer<'_> {
        Pacer {
            removing: self,
            since: Instant::now(),
        }
    }
}

/// Rests between pieces of work.
struct Pacer<'a> {
    removing: &'a Removing<'a>,
    since: Instant,
}

impl Pacer<'_> {
    /// Rests, unless what is being done is in vain by now.
    fn pause(&mut self) -> Result<(), MakeError> {
        match self.removing.changed_now().is_empty() {
            true => self.rest(),
            false => Err(MakeError::RulesChanged),
        }
    }

    fn rest(&mut self) -> Result<(), MakeError> {
        let upkeep = self.removing.upkeep;
        upkeep.give_way()?;
        let worked = self.since.elapsed();
        upkeep.rest((worked * REST_FACTOR).min(MAX_REST))?;
        self.since = Instant::now();
        Ok(())
    }
}

impl Upkeep {
    /// What was ever removed.
    pub(super) fn removed_rows(&self) -> Vec<RemovedRows> {
        self.with_manifest(|manifest| manifest.removed.clone())
    }
}
