//! The hashes of ids: those that sealing left in `hashes`, or made anew from the rows.
//!
//! What must hold: each id of each row comes with its row's new rank. A segment that was compacted
//! itself has no hashes left; its rows are read once more.

use evident_event::id::EventId;
use evident_event::json::members::members;

use super::super::error::SegmentError;
use super::super::filter::FilterWriter;
use super::super::ids::{self, IdKind};
use super::super::key;
use super::super::meta::OrganizationRows;
use super::super::rows::Line;
use super::super::sealed::read_all;
use super::super::source::Source;
use super::super::writing::MakeError;
use super::{Old, Pace};

/// Bytes of a hash.
const HASH_BYTES: usize = 8;
/// Bytes of a hash and a rank.
const ENTRY_BYTES: usize = 12;
/// Steps that it takes to find and hash the ids of a row.
const ROW_STEPS: usize = 400;
/// The member that names an event.
const ID: &[u8] = b"id";
/// The member that holds the ids of traces and spans.
const CONTEXT: &str = "context";

/// Hashes with their new ranks, and the filter of those of events.
pub(super) fn gather(
    olds: &[Old],
    organizations: &[OrganizationRows],
    events: u32,
    pace: &mut Pace<'_>,
) -> Result<(Vec<(u64, u32)>, FilterWriter), MakeError> {
    let mut sections = Vec::with_capacity(olds.len());
    let mut entries = events as usize;
    for old in olds {
        let section = old.parts.section("hashes")?;
        let others = section
            .length()
            .saturating_sub(u64::from(old.events) * HASH_BYTES as u64);
        entries += usize::try_from(others).unwrap_or(usize::MAX) / ENTRY_BYTES;
        sections.push(section);
    }
    let mut gathered = Gathered {
        // Bounded by the lengths of the files, so that they need not be moved when they grow.
        entries: Vec::with_capacity(entries),
        filter: FilterWriter::new(events),
    };
    for (old, section) in olds.iter().zip(&sections) {
        if section.length() == 0 {
            gathered.hash_rows(old, organizations, pace)?;
        } else {
            gathered.decode(&read_all(section)?, old)?;
            pace.worked(old.rows as usize)?;
        }
    }
    Ok((gathered.entries, gathered.filter))
}

struct Gathered {
    entries: Vec<(u64, u32)>,
    filter: FilterWriter,
}

impl Gathered {
    fn event(&mut self, hash: u64, rank: u32) {
        self.entries.push((hash, rank));
        self.filter.add(hash);
    }

    /// Takes what the section `hashes` of a segment says.
    fn decode(&mut self, bytes: &[u8], old: &Old) -> Result<(), SegmentError> {
        let wrong = || SegmentError::malformed("hashes", "they are not those of its rows");
        let events = bytes.split_at_checked(old.events as usize * HASH_BYTES);
        let (events, others) = events.ok_or_else(wrong)?;
        let (others, rest) = others.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(wrong());
        }
        for (hash, rank) in events
            .as_chunks::<HASH_BYTES>()
            .0
            .iter()
            .zip(old.ranks.all())
        {
            if let Some(rank) = rank {
                self.event(u64::from_le_bytes(*hash), rank);
            }
        }
        for [a, b, c, d, e, f, g, h, rank @ ..] in others {
            let hash = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            let rank = u32::from_le_bytes(*rank);
            if rank >= old.events {
                return Err(wrong());
            }
            if let Some(rank) = old.ranks.get(rank) {
                self.entries.push((hash, rank));
            }
        }
        Ok(())
    }

    /// Takes the ids of a segment's rows from the rows themselves.
    fn hash_rows(
        &mut self,
        old: &Old,
        organizations: &[OrganizationRows],
        pace: &mut Pace<'_>,
    ) -> Result<(), MakeError> {
        let about = RowsOf::read(old)?;
        for number in 0..old.parts.rows.frame_count() {
            let frame = old.parts.rows.frame(number)?;
            for (row, place) in frame.rows().zip(frame.first_place()..) {
                if !Line::is_event(row) || old.is_leaving(place) {
                    continue;
                }
                let (ordinal, rank) = about.get(place).ok_or_else(no_organization)?;
                let organization = organizations.get(ordinal as usize);
                let organization = &organization.ok_or_else(no_organization)?.id;
                self.hash_row(organization, row, rank)?;
            }
            pace.worked(frame.row_count() as usize * ROW_STEPS)?;
        }
        Ok(())
    }

    fn hash_row(&mut self, organization: &str, row: &[u8], rank: u32) -> Result<(), SegmentError> {
        let mut id = None;
        for member in members(row) {
            if member.name == ID {
                id = ids::plain_text(member.value).and_then(|text| EventId::parse(text).ok());
            } else if member.name == CONTEXT.as_bytes() {
                for part in members(member.value) {
                    ids::each_of_context(&part, &mut |kind, text| {
                        let hash = ids::hash(organization, kind, text.as_bytes());
                        self.entries.push((hash, rank));
                    });
                }
            }
        }
        let id = id.ok_or(SegmentError::malformed("rows", "a row has no id"))?;
        self.event(ids::hash(organization, IdKind::Event, id.as_bytes()), rank);
        Ok(())
    }
}

/// The new ordinal and the new rank of each row of a segment that stays, by its old place.
struct RowsOf {
    rows: Vec<Option<(u32, u32)>>,
}

impl RowsOf {
    fn read(old: &Old) -> Result<Self, SegmentError> {
        let mut rows = vec![None; old.rows as usize];
        let mut places = Vec::new();
        old.parts.places.read_into(0..old.events, &mut places)?;
        let mut ranks = vec![None; rows.len()];
        for (place, rank) in places.iter().zip(old.ranks.all()) {
            let at = usize::try_from(*place)
                .ok()
                .and_then(|place| ranks.get_mut(place));
            *at.ok_or_else(no_organization)? = rank;
        }
        for (ordinal, new) in (0..).zip(&old.ordinals) {
            let Some(new) = new else { continue };
            let found = old
                .parts
                .dictionary
                .find(&key::of_value(ordinal, key::PLACES, ""))?;
            let found = found.ok_or_else(no_organization)?;
            old.parts.dictionary.posting(&found)?.each(&mut |place| {
                let rank = ranks.get(place as usize).copied().flatten();
                if let (Some(row), Some(rank)) = (rows.get_mut(place as usize), rank) {
                    *row = Some((*new, rank));
                }
            })?;
        }
        Ok(Self { rows })
    }

    fn get(&self, place: u32) -> Option<(u32, u32)> {
        self.rows.get(place as usize).copied().flatten()
    }
}

fn no_organization() -> SegmentError {
    SegmentError::malformed("places", "a row is of no organization")
}
