//! What the frames add up to: the one place where a frame takes effect.
//!
//! What must hold: recovery and steady state both go through [`State::apply`], once for each frame,
//! in the order of the WAL, and only for frames that are on stable storage. A frame whose numbers
//! do not follow the ones before it has no effect but an error. Rows of the base have had theirs.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use evident_ledger::entry::{Entry, commitment};

use crate::index::embedded::EmbeddedIndex;
use crate::logs::{LogError, Logs};
use crate::seeds::{SeedError, Seeds};
use crate::segment::meta::Manifest;
use crate::segment::tail::NewRow;
use crate::wal::{Stored, group_of};

/// Why a frame could not take effect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    #[error("the frame's first position is {found}, and {expected} was to follow")]
    Position { expected: u64, found: u64 },
    #[error(
        "the frame's first index is {found}, and {expected} was to follow in {organization_id}"
    )]
    Index {
        organization_id: Arc<str>,
        expected: u64,
        found: u64,
    },
    #[error("the organization {0} has rows and no signing key: restore its file")]
    NoLog(Arc<str>),
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A row on its way in.
pub(crate) struct Row {
    pub(crate) id: EventId,
    pub(crate) received_at: Timestamp,
    pub(crate) occurred_at: Timestamp,
    pub(crate) canonical: Bytes,
    /// Where in the WAL the canonical bytes are.
    pub(crate) stored_at: Stored,
}

/// Rows that are on stable storage, numbered.
pub(crate) struct AppliedFrame {
    pub(crate) organization_id: Arc<str>,
    pub(crate) first_position: u64,
    pub(crate) first_index: u64,
    pub(crate) rows: Vec<Row>,
}

/// The rows that are kept in segments, which the state begins behind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Base {
    /// The position behind the last of them.
    pub(crate) next_position: u64,
    /// By organization: how many of its rows they are.
    pub(crate) next_indexes: HashMap<Arc<str>, u64>,
}

impl Base {
    /// What the segments that a manifest names have.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let indexes = manifest.next_indexes().into_iter();
        Self {
            next_position: manifest.end(),
            next_indexes: indexes.map(|(id, next)| (id.into(), next)).collect(),
        }
    }
}

/// Everything that is derived from the WAL, behind a base.
pub(crate) struct State {
    pub(crate) index: Arc<EmbeddedIndex>,
    pub(crate) logs: Arc<Logs>,
    pub(crate) seeds: Seeds,
    next_position: u64,
    next_indexes: HashMap<Arc<str>, u64>,
}

impl State {
    /// The state at a base. The logs must have been resumed, and the index must answer for the base.
    pub(crate) fn new(
        index: Arc<EmbeddedIndex>,
        logs: Arc<Logs>,
        seeds: Seeds,
        base: Base,
    ) -> Self {
        Self {
            index,
            logs,
            seeds,
            next_position: base.next_position,
            next_indexes: base.next_indexes,
        }
    }

    /// The position that the next row gets.
    pub(crate) fn next_position(&self) -> u64 {
        self.next_position
    }

    /// The index that the organization's next row gets.
    pub(crate) fn next_index(&self, organization_id: &str) -> u64 {
        self.next_indexes
            .get(organization_id)
            .copied()
            .unwrap_or_default()
    }

    /// Gives a frame its effect.
    pub(crate) fn apply(&mut self, frame: AppliedFrame) -> Result<Applied, ApplyError> {
        let organization_id = frame.organization_id;
        if frame.first_position != self.next_position {
            return Err(ApplyError::Position {
                expected: self.next_position,
                found: frame.first_position,
            });
        }
        let expected = self.next_index(&organization_id);
        if frame.first_index != expected {
            return Err(ApplyError::Index {
                organization_id,
                expected,
                found: frame.first_index,
            });
        }
        let log = self.logs.get(&organization_id);
        if log.is_none() && !self.logs.is_broken(&organization_id) {
            return Err(ApplyError::NoLog(organization_id));
        }
        let leaves = leaves(
            &mut self.seeds,
            &organization_id,
            frame.first_position,
            &frame.rows,
        )?;
        // Without its log nothing is signed, and the events can still be read.
        if let Some(log) = log {
            log.append(leaves.iter().copied())?;
        }
        let row_count = frame.rows.len() as u64;
        let rows = frame
            .rows
            .iter()
            .zip(&leaves)
            .map(|(row, leaf_hash)| NewRow {
                id: row.id,
                received_at: row.received_at,
                occurred_at: row.occurred_at,
                leaf_hash: *leaf_hash,
                stored: row.stored_at.clone(),
                canonical: &row.canonical,
            });
        let has_filled_a_tail = self.index.apply(
            &organization_id,
            frame.first_position,
            frame.first_index,
            rows.collect(),
        );
        self.next_position += row_count;
        self.next_indexes
            .insert(organization_id, frame.first_index + row_count);
        Ok(Applied {
            leaves,
            has_filled_a_tail,
        })
    }
}

/// What became of a frame.
pub(crate) struct Applied {
    /// The leaves of its rows, in order.
    pub(crate) leaves: Vec<Hash>,
    /// There is a tail to be sealed.
    pub(crate) has_filled_a_tail: bool,
}

/// The rows' leaves: each commits to its event through a salt of its position's group.
fn leaves(
    seeds: &mut Seeds,
    organization_id: &str,
    first_position: u64,
    rows: &[Row],
) -> Result<Vec<Hash>, SeedError> {
    let mut leaves = Vec::with_capacity(rows.len());
    for (position, row) in (first_position..).zip(rows) {
        let salt = seeds
            .existing(group_of(position))?
            .salt(organization_id, row.id.as_bytes());
        let entry = Entry {
            event_id: *row.id.as_bytes(),
            received_at_micros: row.received_at.as_micros(),
            commitment: commitment(&salt, &row.canonical),
        };
        leaves.push(entry.leaf_hash());
    }
    Ok(leaves)
}
