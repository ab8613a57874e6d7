//! A log: the events of one organization, in the order in which they were recorded.

use bytes::Bytes;
use evident_event::id::EventId;
use evident_ledger::Hash;
use serde_json::Value;

use super::time::micros_of;

/// An event on a log.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its place on the log.
    pub index: u64,
    /// Its id.
    pub id: EventId,
    /// Its canonical bytes.
    pub canonical: Bytes,
    /// The same, as JSON.
    pub event: Value,
    /// Its leaf.
    pub leaf_hash: Hash,
    /// When it happened, in microseconds since the epoch.
    pub micros: i64,
}

impl Row {
    pub fn new(index: u64, id: EventId, canonical: Bytes, leaf_hash: Hash) -> Self {
        let event: Value = serde_json::from_slice(&canonical).unwrap();
        Self {
            micros: micros_of(event["occurred_at"].as_str().unwrap()),
            index,
            id,
            canonical,
            event,
            leaf_hash,
        }
    }

    /// A member of the record that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.event.get(name)?.as_str()
    }

    /// What an ascending list is ordered by.
    pub fn place(&self) -> (i64, u64) {
        (self.micros, self.index)
    }
}

/// All that was recorded.
#[derive(Debug, Clone, Default)]
pub struct Log {
    pub rows: Vec<Row>,
}

impl Log {
    pub fn size(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The log as it was when it had so many events.
    pub fn at(&self, as_of: u64) -> &[Row] {
        &self.rows[..usize::try_from(as_of).unwrap()]
    }
}
