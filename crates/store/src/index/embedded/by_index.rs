//! Rows by their index in an organization's log, for proofs: events, and what was left of removed ones.

use bytes::Bytes;

use super::reader::{Reader, no_such_row};
use super::unit::Unit;
use super::{EmbeddedIndex, View};
use crate::index::IndexError;

/// A row and its position.
#[derive(Debug, Clone)]
pub(crate) struct NumberedRow {
    pub(crate) position: u64,
    /// As it stands in a segment: an event's canonical bytes, or a stub.
    pub(crate) line: Bytes,
}

/// Why a row is not given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ByIndexError {
    /// It was removed and left nothing, as all before this index did.
    #[error("the rows below index {first_index} were removed")]
    Removed { first_index: u64 },
    /// It could not be read.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl EmbeddedIndex {
    /// Does something with each of the rows with these indexes, in the same order. Blocks on the disk.
    pub(crate) fn each_by_index<E: From<ByIndexError>>(
        &self,
        organization_id: &str,
        indexes: &[u64],
        each: &mut dyn FnMut(u64, NumberedRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let view = self.view();
        let first_index = view.pruned(organization_id).first_index;
        let mut reader = Reader::new(&self.hashes(organization_id));
        // The last one is mostly the next one's as well.
        let mut unit: Option<Unit> = None;
        for index in indexes {
            if *index < first_index {
                return Err(ByIndexError::Removed { first_index }.into());
            }
            if unit
                .as_ref()
                .is_none_or(|unit| !unit.indexes().contains(index))
            {
                unit = self
                    .unit_of(&view, organization_id, *index)
                    .map_err(ByIndexError::from)?;
            }
            let row = match &unit {
                Some(unit) => row_at(&mut reader, unit, *index),
                None => Err(no_such_row()),
            };
            each(*index, row.map_err(ByIndexError::from)?)?;
        }
        Ok(())
    }

    fn unit_of(
        &self,
        view: &View,
        organization_id: &str,
        index: u64,
    ) -> Result<Option<Unit>, IndexError> {
        for segment in &view.segments {
            if let Some(listed) = segment.listed().organization(organization_id)
                && (listed.first_index..listed.end()).contains(&index)
            {
                return Unit::sealed(segment, organization_id, u64::MAX, &self.sets);
            }
        }
        let mut tails = view.tails();
        Ok(tails.find_map(|tail| {
            Unit::tail(tail, organization_id, u64::MAX)
                .filter(|unit| unit.indexes().contains(&index))
        }))
    }
}

fn row_at(reader: &mut Reader, unit: &Unit, index: u64) -> Result<NumberedRow, IndexError> {
    match unit {
        Unit::Sealed(sealed) => {
            let place = sealed.place_at(index)?;
            Ok(NumberedRow {
                position: sealed.segment.listed().first_position + u64::from(place),
                line: reader.at_place(sealed, place)?,
            })
        }
        Unit::Tail(tail) => {
            let found = tail.with(|rows, organization| {
                let number = usize::try_from(index.checked_sub(organization.first_index)?).ok()?;
                let place = *organization.places.get(number)?;
                let stored = rows.rows().get(place as usize)?.stored.clone();
                Some((place, stored))
            });
            let (place, stored) = found.ok_or_else(no_such_row)?;
            Ok(NumberedRow {
                position: tail.tail.first_position() + u64::from(place),
                line: stored.read()?,
            })
        }
    }
}
