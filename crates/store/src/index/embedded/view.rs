//! What a question is asked of: the segments and tails as they were at one moment.
//!
//! What must hold: tails end at multiples of their rows, wherever they begin, so that the segments made
//! of them never go over the end of a segment's positions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pruned::Pruned;
use crate::index::IndexError;
use crate::segment::error::SegmentError;
use crate::segment::sealed::Segment;
use crate::segment::tail::Tail;

/// What is done with a row that is in no segment; whether to go on.
pub(crate) type EachUnsealed<'e> =
    &'e mut dyn FnMut(&str, u64, &[u8]) -> Result<bool, SegmentError>;

/// Where rows are, at one moment.
#[derive(Clone)]
pub(crate) struct View {
    /// In the order of their positions, from 0 on.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Tails that nothing is added to any more and that are to become segments, the oldest first.
    pub(crate) full: Vec<Arc<Tail>>,
    /// Where rows are added.
    pub(crate) tail: Arc<Tail>,
    /// What is missing at the beginnings of logs from which rows were removed.
    pub(crate) removed: Arc<BTreeMap<String, Pruned>>,
}

impl View {
    pub(super) fn tails(&self) -> impl DoubleEndedIterator<Item = &Arc<Tail>> {
        self.full.iter().chain([&self.tail])
    }

    /// How many rows an organization has.
    pub(super) fn size(&self, organization_id: &str) -> u64 {
        for tail in self.tails().rev() {
            let rows = tail.read();
            let ordinal = rows.ordinal(organization_id);
            let organization =
                ordinal.and_then(|ordinal| rows.organizations().get(ordinal as usize));
            if let Some(organization) = organization {
                return organization.first_index + organization.places.len() as u64;
            }
        }
        for segment in self.segments.iter().rev() {
            if let Some(ordinal) = segment.ordinal(organization_id)
                && let Some(rows) = segment.listed().organizations.get(ordinal as usize)
            {
                return rows.end();
            }
        }
        self.pruned(organization_id).first_index
    }

    /// What is missing at the beginning of an organization's log.
    pub(crate) fn pruned(&self, organization_id: &str) -> Pruned {
        let pruned = self.removed.get(organization_id);
        pruned.copied().unwrap_or_default()
    }

    /// The position behind the last row.
    pub(crate) fn end(&self) -> u64 {
        self.tail.end()
    }

    /// The index of the first row of an organization that is in no segment.
    pub(crate) fn first_unsealed(&self, organization_id: &str) -> u64 {
        for tail in self.tails() {
            let rows = tail.read();
            if let Some(organization) = rows.organization(organization_id) {
                return organization.first_index;
            }
        }
        self.size(organization_id)
    }

    /// Shows all rows that are in no segment: organization, index, canonical bytes. It goes on for as
    /// long as that is wanted.
    pub(crate) fn each_unsealed(&self, each: EachUnsealed<'_>) -> Result<(), IndexError> {
        for tail in self.tails() {
            let rows = tail.read();
            let organizations = rows.organizations();
            let id_of = |number: u32| {
                organizations
                    .get(number as usize)
                    .map(|of| Arc::clone(&of.id))
            };
            let told = rows.rows().iter();
            let told = told.map(|row| (id_of(row.organization), row.index, row.stored.clone()));
            let told: Vec<_> = told.collect();
            // Nobody who appends waits while they are read.
            drop(rows);
            for (id, index, stored) in told {
                let id = id.as_deref().unwrap_or_default();
                if !each(id, index, &stored.read()?)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The canonical bytes of the last row, unless it is in a segment.
    pub(crate) fn last_unsealed(&self) -> Result<Option<Vec<u8>>, IndexError> {
        for tail in self.tails().rev() {
            let last = tail.read().rows().last().map(|row| row.stored.clone());
            if let Some(stored) = last {
                return Ok(Some(stored.read()?.to_vec()));
            }
        }
        Ok(None)
    }

    /// The position behind the last row that is sealed.
    pub(crate) fn sealed_through(&self) -> u64 {
        self.full.first().unwrap_or(&self.tail).first_position()
    }
}

/// A tail without rows.
pub(super) fn new_tail(first_position: u64, tail_rows: u32) -> Arc<Tail> {
    let rows = end_of_tail(first_position, tail_rows) - first_position;
    Arc::new(Tail::new(first_position, rows as u32))
}

/// Where the tail ends that begins with a position: also behind one that was ended early, tails and the
/// segments made of them keep to multiples of their rows.
pub(super) fn end_of_tail(first_position: u64, tail_rows: u32) -> u64 {
    let rows = u64::from(tail_rows.max(1));
    (first_position / rows + 1) * rows
}

#[cfg(test)]
mod tests {
    use super::end_of_tail;

    #[test]
    fn tails_end_at_multiples_of_their_rows_wherever_they_begin() {
        for (first, rows, end) in [
            (0, 4, 4),
            (1, 4, 4),
            (3, 4, 4),
            (4, 4, 8),
            (7, 1, 8),
            (5, u32::MAX, u64::from(u32::MAX)),
        ] {
            assert_eq!(end_of_tail(first, rows), end, "{first}, {rows}");
        }
    }
}
