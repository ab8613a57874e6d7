//! What the frames add up to: the one place where a frame takes effect.
//!
//! What must hold: recovery and steady state both go through [`State::apply`], once for each frame,
//! in the order of the WAL, and only for frames that are on stable storage. A frame whose numbers
//! do not follow the ones before it has no effect but an error.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use evident_ledger::entry::{Entry, commitment};

use crate::index::StoredEvent;
use crate::index::memory::MemoryIndex;
use crate::logs::{LogError, Logs};
use crate::seeds::{SeedError, Seeds};
use crate::wal::group_of;

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
}

/// Rows that are on stable storage, numbered.
pub(crate) struct AppliedFrame {
    pub(crate) organization_id: Arc<str>,
    pub(crate) first_position: u64,
    pub(crate) first_index: u64,
    pub(crate) rows: Vec<Row>,
}

/// Everything that is derived from the WAL.
pub(crate) struct State {
    pub(crate) index: Arc<MemoryIndex>,
    pub(crate) logs: Arc<Logs>,
    pub(crate) seeds: Seeds,
    next_position: u64,
    next_indexes: HashMap<Arc<str>, u64>,
}

impl State {
    pub(crate) fn new(index: Arc<MemoryIndex>, logs: Arc<Logs>, seeds: Seeds) -> Self {
        Self {
            index,
            logs,
            seeds,
            next_position: 0,
            next_indexes: HashMap::new(),
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

    /// Gives a frame its effect; the leaves of its rows, in order.
    pub(crate) fn apply(&mut self, frame: AppliedFrame) -> Result<Vec<Hash>, ApplyError> {
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
        let events = frame.rows.into_iter().zip(&leaves).zip(frame.first_index..);
        self.index.apply(
            &organization_id,
            events.map(|((row, leaf_hash), index)| StoredEvent {
                index,
                id: row.id,
                occurred_at: row.occurred_at,
                leaf_hash: *leaf_hash,
                canonical: row.canonical,
            }),
        );
        self.next_position += row_count;
        self.next_indexes
            .insert(organization_id, frame.first_index + row_count);
        Ok(leaves)
    }
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
