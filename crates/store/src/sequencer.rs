//! The sequencer: the one thread that numbers events and makes them durable.
//!
//! It takes whatever has arrived while the last sync ran, plans it, writes the frames of one WAL
//! file, syncs once, gives the frames their effect and answers. What must hold:
//!
//! - an append is answered with receipts only after its frame was synced and its rows can be found;
//! - planning changes nothing: if the write fails, it is as if the appends had never come;
//! - an id is recorded once in its organization, however many appends carry it at the same time;
//! - the log is cut only between two commits, so that a frame lies whole in one file, and both the tail
//!   and the file end with the same row;
//! - after a failed write or sync every append is refused until the next start.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use evident_event::id::EventId;
use evident_ledger::Hash;
use hashbrown::HashMap;

use crate::append::{
    Append, AppendError, Conflict, MAX_EVENTS_PER_APPEND, NewEvent, Outcome, Receipt,
};
use crate::compare::{Compared, Comparisons, unreadable};
use crate::durable::{Durable, DurableError};
use crate::health::Health;
use crate::index::embedded::RecordedEvent;
use crate::measure::Measures;
use crate::publisher::Publisher;
use crate::queue::{Cut, CutReply, Job, Queue, Reply};
use crate::seeds::SeedError;
use crate::state::{AppliedFrame, Row, State};
use crate::upkeep::{NoRoom, SealError, Upkeep};
use crate::wal::{
    FileName, FrameBuilder, MAX_FRAME_BYTES, RowRef, Stored, WriteError, Writer, frame_bytes,
    group_of,
};

/// Most bytes that one sync covers: bounds the memory and the wait of those that come next.
const MAX_COMMIT_BYTES: usize = 32 << 20;

/// The sequencer's own.
pub(crate) struct Sequencer {
    pub(crate) durable: Durable,
    pub(crate) state: State,
    pub(crate) writer: Option<Writer>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) health: Arc<Health>,
    pub(crate) measures: Arc<Measures>,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) upkeep: Arc<Upkeep>,
    pub(crate) preallocate_bytes: u64,
}

/// An append with its numbers, not yet written.
struct Planned {
    job: Job,
    /// What becomes of each of its events, or why none is taken: told only once the commit is
    /// there, since it may be about events of this very commit.
    outcomes: Result<Vec<PlannedOutcome>, AppendError>,
    /// The events that become rows.
    rows: Vec<PlannedRow>,
    first_position: u64,
    first_index: u64,
}

struct PlannedRow {
    /// The event's place in the append.
    event: usize,
    /// Where its bytes are once the plan is written.
    stored_at: Stored,
}

enum PlannedOutcome {
    New {
        index: u64,
    },
    Known(Receipt),
    /// The same id is new in this very commit, at this index.
    AgainInCommit {
        index: u64,
    },
    Conflict(Conflict),
}

/// What planning has numbered so far in this commit.
#[derive(Default)]
struct Plan {
    planned: Vec<Planned>,
    row_count: u64,
    buffer: Vec<u8>,
    next_indexes: HashMap<Arc<str>, u64>,
    /// By organization and id: the index, and the append and event that carry it.
    ids: HashMap<(Arc<str>, EventId), (u64, usize, usize)>,
}

/// Why a commit came to nothing.
enum CommitError {
    NoSpace(String),
    Failed(String),
}

impl From<WriteError> for CommitError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::NoSpace(error) => Self::NoSpace(error.to_string()),
            WriteError::Failed(error) => Self::Failed(error.to_string()),
        }
    }
}

impl From<SeedError> for CommitError {
    fn from(error: SeedError) -> Self {
        match &error {
            SeedError::Durable(cause) if cause.is_no_space() => Self::NoSpace(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<NoRoom> for CommitError {
    fn from(_: NoRoom) -> Self {
        Self::NoSpace("rows cannot be sealed for want of room on the disk".to_owned())
    }
}

impl Sequencer {
    /// Serves the queue until it is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(taken) = self.queue.take(MAX_COMMIT_BYTES) {
            if !taken.cuts.is_empty() {
                answer_cuts(taken.cuts, &self.cut());
            }
            let mut jobs = VecDeque::from(taken.jobs);
            while !jobs.is_empty() {
                self.commit(&mut jobs);
            }
        }
    }

    /// Commits the first of the jobs: as many as go into the WAL file that the next row is for.
    fn commit(&mut self, jobs: &mut VecDeque<Job>) {
        if let Some(reason) = self.health.stopped() {
            for job in jobs.drain(..) {
                answer(job, Err(AppendError::Stopped(reason.clone())));
            }
            return;
        }
        let mut plan = Plan::default();
        if let Err(error) = self.ready_file().and_then(|()| self.plan(jobs, &mut plan)) {
            self.refuse(plan.planned, jobs, error);
            return;
        }
        if plan.row_count > 0 {
            let started = Instant::now();
            if let Err(error) = self.write(&plan.buffer) {
                self.refuse(plan.planned, jobs, error);
                return;
            }
            self.health.room();
            self.measures
                .committed(plan.row_count, plan.buffer.len(), started.elapsed());
        }
        self.queue.answering();
        self.take_effect(plan.planned);
        if plan.row_count > 0 {
            self.publisher.log_grew();
        }
    }

    /// Makes sure that there is a WAL file for the next row, and a seed for its salt.
    fn ready_file(&mut self) -> Result<(), CommitError> {
        self.upkeep.make_room()?;
        let position = self.state.next_position();
        self.state.seeds.ensure(group_of(position), position)?;
        let in_group = |writer: &Writer| writer.group() == group_of(position);
        if self.writer.as_ref().is_some_and(in_group) {
            return Ok(());
        }
        self.begin_file(position)
    }

    /// Begins the WAL file for the rows from a position on.
    fn begin_file(&mut self, position: u64) -> Result<(), CommitError> {
        if let Some(writer) = &mut self.writer {
            writer.settle()?;
        }
        let name = FileName::behind(self.writer.as_ref().map(Writer::name), position);
        let mut mark = [0; 8];
        getrandom::fill(&mut mark).map_err(|error| CommitError::Failed(error.to_string()))?;
        let preallocate_bytes = self.preallocate_bytes;
        let writer = Writer::begin(&self.durable, name, position, mark, preallocate_bytes)?;
        if let Some(full) = self.writer.replace(writer) {
            full.finish()?;
        }
        Ok(())
    }

    /// Ends the newest tail and the newest WAL file with the rows that there are, unless they end there
    /// already, and has those rows sealed. Gives the position behind them.
    fn cut(&mut self) -> CutReply {
        if let Some(reason) = self.health.stopped() {
            return Err(SealError::Stopped(reason));
        }
        let position = self.state.next_position();
        let has_frames = |writer: &Writer| writer.first_position() < position;
        if self.writer.as_ref().is_some_and(has_frames) {
            let seeded = self.state.seeds.ensure(group_of(position), position);
            let begun = seeded.map_err(CommitError::from);
            begun
                .and_then(|()| self.begin_file(position))
                .map_err(|error| self.not_cut(error))?;
        }
        self.state.index.end_tail();
        self.upkeep.seal_through(position);
        Ok(position)
    }

    fn not_cut(&self, error: CommitError) -> SealError {
        match error {
            CommitError::NoSpace(reason) => {
                tracing::warn!(reason, "the disk is full: rows stay in the write-ahead log");
                SealError::NoSpace
            }
            CommitError::Failed(reason) => {
                self.health.stop(reason.clone());
                SealError::Stopped(reason)
            }
        }
    }

    /// Numbers jobs and encodes their frames until the next frame belongs into another file.
    fn plan(&mut self, jobs: &mut VecDeque<Job>, plan: &mut Plan) -> Result<(), CommitError> {
        let group = group_of(self.state.next_position());
        while group_of(self.state.next_position() + plan.row_count) == group {
            let Some(job) = jobs.pop_front() else { break };
            if let Err(error) = self.check(&job.append) {
                answer(job, Err(error));
                continue;
            }
            let (outcomes, rows) = match self.number(&job, plan) {
                Ok((outcomes, rows)) => (Ok(outcomes), rows),
                Err(error) => (Err(error), Vec::new()),
            };
            let planned = self.accept(job, outcomes, rows, plan);
            plan.planned.push(planned);
            let next = self.state.next_position();
            let last = next + plan.row_count.saturating_sub(1);
            self.state.seeds.ensure(group_of(last), next)?;
        }
        Ok(())
    }

    /// What a caller must keep to.
    fn check(&self, append: &Append) -> Result<(), AppendError> {
        if self.state.logs.get(&append.organization_id).is_none() {
            return Err(AppendError::UnknownOrganization(Arc::clone(
                &append.organization_id,
            )));
        }
        if !(1..=MAX_EVENTS_PER_APPEND).contains(&append.events.len()) {
            return Err(AppendError::Invalid(format!(
                "it has {} events, and may have 1 to {MAX_EVENTS_PER_APPEND}",
                append.events.len()
            )));
        }
        let bytes = append
            .events
            .iter()
            .map(|event| event.canonical.len())
            .sum();
        if frame_bytes(&append.organization_id, bytes, append.events.len()) > MAX_FRAME_BYTES {
            return Err(AppendError::Invalid(format!(
                "it has {bytes} bytes, more than a frame of {MAX_FRAME_BYTES} holds"
            )));
        }
        Ok(())
    }

    /// What becomes of each event of an append, and which of them become rows.
    fn number(
        &self,
        job: &Job,
        plan: &Plan,
    ) -> Result<(Vec<PlannedOutcome>, Vec<usize>), AppendError> {
        let append = &job.append;
        let organization_id = &append.organization_id;
        let first_index = plan.next_index(&self.state, organization_id);
        let mut outcomes = Vec::with_capacity(append.events.len());
        let mut rows: Vec<usize> = Vec::with_capacity(append.events.len());
        let mut own_ids: HashMap<EventId, (u64, usize)> = HashMap::new();
        let mut comparisons = Comparisons::default();
        for (position, event) in append.events.iter().enumerate() {
            let id = event.id;
            let outcome = if let Some(&(index, first)) = own_ids.get(&id) {
                comparisons.add(id, &append.events[first].canonical, position);
                PlannedOutcome::AgainInCommit { index }
            } else if let Some((index, first)) = plan.find(organization_id, id) {
                comparisons.add(id, &first.canonical, position);
                PlannedOutcome::AgainInCommit { index }
            } else if let Some((index, leaf_hash)) = job.compared.ids.get(&id).copied() {
                known(id, index, leaf_hash)
            } else if let Some(recorded) = self.recorded(organization_id, id, &job.compared)? {
                comparisons.add(id, &recorded.canonical, position);
                known(id, recorded.index, recorded.leaf_hash)
            } else {
                let index = first_index + rows.len() as u64;
                own_ids.insert(id, (index, position));
                rows.push(position);
                PlannedOutcome::New { index }
            };
            outcomes.push(outcome);
        }
        let mut conflicts = comparisons.conflicts(append)?;
        conflicts.extend(job.compared.conflicts.clone());
        if !conflicts.is_empty() && !append.partial {
            return Err(AppendError::Conflict(conflicts.into_values().collect()));
        }
        for (position, conflict) in conflicts {
            outcomes[position] = PlannedOutcome::Conflict(conflict);
        }
        Ok((outcomes, rows))
    }

    /// The recorded event with an id. What was there when it was looked for, before the append was
    /// queued, is not looked through again.
    fn recorded(
        &self,
        organization_id: &str,
        id: EventId,
        compared: &Compared,
    ) -> Result<Option<RecordedEvent>, AppendError> {
        let since = compared.looked_to;
        let found = self.state.index.find(organization_id, id, since);
        found.map_err(unreadable)
    }

    /// Adds an append to the plan: its numbers are taken and its frame is encoded.
    fn accept(
        &self,
        job: Job,
        outcomes: Result<Vec<PlannedOutcome>, AppendError>,
        rows: Vec<usize>,
        plan: &mut Plan,
    ) -> Planned {
        let organization_id = Arc::clone(&job.append.organization_id);
        let first_position = self.state.next_position() + plan.row_count;
        let first_index = plan.next_index(&self.state, &organization_id);
        let mut placed = Vec::with_capacity(rows.len());
        if !rows.is_empty()
            && let Some(writer) = &self.writer
        {
            let mut frame = FrameBuilder::new(&mut plan.buffer, &organization_id);
            for (row, index) in rows.iter().zip(first_index..) {
                let event = &job.append.events[*row];
                let offset = frame.push(RowRef {
                    id: event.id,
                    received_at: event.received_at,
                    occurred_at: event.occurred_at,
                    canonical: &event.canonical,
                });
                // The whole plan goes into this one file, at its end as it is now.
                let offset = writer.end() + offset as u64;
                placed.push(PlannedRow {
                    event: *row,
                    stored_at: Stored::new(writer.file(), offset, &event.canonical),
                });
                plan.ids.insert(
                    (Arc::clone(&organization_id), event.id),
                    (index, plan.planned.len(), *row),
                );
            }
            frame.finish(
                writer.mark(),
                first_position,
                first_index,
                writer.synced_to(),
            );
            plan.row_count += rows.len() as u64;
            plan.next_indexes
                .insert(organization_id, first_index + rows.len() as u64);
        }
        Planned {
            job,
            outcomes,
            rows: placed,
            first_position,
            first_index,
        }
    }

    fn write(&mut self, frames: &[u8]) -> Result<(), CommitError> {
        match &mut self.writer {
            Some(writer) => Ok(writer.append(frames)?),
            None => Err(CommitError::Failed("there is no WAL file".to_owned())),
        }
    }

    /// Gives the synced frames their effect and answers their appends.
    fn take_effect(&mut self, planned: Vec<Planned>) {
        for planned in planned {
            match self.apply(&planned) {
                Ok(leaves) => {
                    let outcomes = self.outcomes(&planned, &leaves);
                    answer(planned.job, outcomes);
                }
                Err(reason) => {
                    self.health.stop(reason.clone());
                    answer(planned.job, Err(AppendError::Stopped(reason)));
                }
            }
        }
    }

    /// Gives a frame its effect; the leaves of its rows.
    fn apply(&mut self, planned: &Planned) -> Result<Vec<Hash>, String> {
        if planned.rows.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(reason) = self.health.stopped() {
            return Err(reason);
        }
        let append = &planned.job.append;
        let rows = planned.rows.iter().map(|row| {
            let event = &append.events[row.event];
            Row {
                id: event.id,
                received_at: event.received_at,
                occurred_at: event.occurred_at,
                canonical: event.canonical.clone(),
                stored_at: row.stored_at.clone(),
            }
        });
        let frame = AppliedFrame {
            organization_id: Arc::clone(&append.organization_id),
            first_position: planned.first_position,
            first_index: planned.first_index,
            rows: rows.collect(),
        };
        let applied = self.state.apply(frame).map_err(|error| error.to_string())?;
        if applied.has_filled_a_tail {
            self.upkeep.tail_filled();
        }
        Ok(applied.leaves)
    }

    /// The answer to an append whose frame, and those of all before it, have taken effect.
    fn outcomes(&self, planned: &Planned, leaves: &[Hash]) -> Reply {
        let append = &planned.job.append;
        let decided = planned.outcomes.as_ref().map_err(Clone::clone)?;
        let mut outcomes = Vec::with_capacity(decided.len());
        for (event, outcome) in append.events.iter().zip(decided) {
            let (index, leaf_hash, duplicate) = match outcome {
                PlannedOutcome::Conflict(conflict) => {
                    outcomes.push(Outcome::Conflict(conflict.clone()));
                    continue;
                }
                PlannedOutcome::Known(receipt) => {
                    self.measures.duplicate();
                    outcomes.push(Outcome::Recorded(receipt.clone()));
                    continue;
                }
                PlannedOutcome::New { index } => {
                    let own = usize::try_from(index - planned.first_index).ok();
                    (*index, own.and_then(|own| leaves.get(own)).copied(), false)
                }
                PlannedOutcome::AgainInCommit { index } => {
                    self.measures.duplicate();
                    let first = self.state.index.find(&append.organization_id, event.id, 0);
                    let first = first
                        .map_err(unreadable)?
                        .filter(|first| first.index == *index);
                    (*index, first.map(|first| first.leaf_hash), true)
                }
            };
            let Some(leaf_hash) = leaf_hash else {
                let reason = format!("event {} is not where it was recorded", event.id);
                self.health.stop(reason.clone());
                return Err(AppendError::Stopped(reason));
            };
            outcomes.push(Outcome::Recorded(Receipt {
                id: event.id,
                index,
                leaf_hash,
                duplicate,
            }));
        }
        Ok(outcomes)
    }

    /// Answers all appends of a commit that came to nothing, and on a fault all that follow.
    fn refuse(&mut self, planned: Vec<Planned>, jobs: &mut VecDeque<Job>, error: CommitError) {
        let refusal = match error {
            CommitError::NoSpace(reason) => {
                self.health.no_space(&reason);
                AppendError::NoSpace
            }
            CommitError::Failed(reason) => {
                self.health.stop(reason.clone());
                AppendError::Stopped(reason)
            }
        };
        let waiting = planned.into_iter().map(|planned| planned.job);
        for job in waiting.chain(jobs.drain(..)) {
            answer(job, Err(refusal.clone()));
        }
    }
}

/// The receipt of an event that is on the log already.
fn known(id: EventId, index: u64, leaf_hash: Hash) -> PlannedOutcome {
    PlannedOutcome::Known(Receipt {
        id,
        index,
        leaf_hash,
        duplicate: true,
    })
}

impl Plan {
    fn next_index(&self, state: &State, organization_id: &str) -> u64 {
        self.next_indexes
            .get(organization_id)
            .copied()
            .unwrap_or_else(|| state.next_index(organization_id))
    }

    fn find(&self, organization_id: &Arc<str>, id: EventId) -> Option<(u64, &NewEvent)> {
        let (index, planned, event) = *self.ids.get(&(Arc::clone(organization_id), id))?;
        let planned = self.planned.get(planned)?;
        Some((index, planned.job.append.events.get(event)?))
    }
}

/// A caller that has gone away needs no answer.
fn answer(job: Job, reply: Reply) {
    let _ = job.reply.send(reply);
}

/// The same of those who wait for a cut.
fn answer_cuts(cuts: Vec<Cut>, reply: &CutReply) {
    for cut in cuts {
        let _ = cut.reply.send(reply.clone());
    }
}

impl From<DurableError> for CommitError {
    fn from(error: DurableError) -> Self {
        Self::Failed(error.to_string())
    }
}
