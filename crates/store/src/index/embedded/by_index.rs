//! Rows by their index in an organization's log, for proofs.

use bytes::Bytes;

use super::reader::{Reader, no_such_row};
use super::unit::Unit;
use super::{EmbeddedIndex, View};
use crate::index::IndexError;

/// A row and its position.
#[derive(Debug, Clone)]
pub(crate) struct NumberedRow {
    pub(crate) position: u64,
    pub(crate) canonical: Bytes,
}

impl EmbeddedIndex {
    /// Does something with each of the rows with these indexes, in the same order. Blocks on the disk.
    pub(crate) fn each_by_index<E: From<IndexError>>(
        &self,
        organization_id: &str,
        indexes: &[u64],
        each: &mut dyn FnMut(u64, NumberedRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let view = self.view();
        let mut reader = Reader::new(&self.hashes(organization_id));
        // The last one is mostly the next one's as well.
        let mut unit: Option<Unit> = None;
        for index in indexes {
            if unit
                .as_ref()
                .is_none_or(|unit| !unit.indexes().contains(index))
            {
                unit = self.unit_of(&view, organization_id, *index)?;
            }
            let unit = unit.as_ref().ok_or_else(no_such_row)?;
            each(*index, row_at(&mut reader, unit, *index)?)?;
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
            let listed = segment
                .ordinal(organization_id)
                .and_then(|ordinal| segment.listed().organizations.get(ordinal as usize));
            if let Some(listed) = listed
                && (listed.first_index..listed.first_index + u64::from(listed.rows))
                    .contains(&index)
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
                canonical: reader.at_place(sealed, place)?,
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
                canonical: stored.read()?,
            })
        }
    }
}
