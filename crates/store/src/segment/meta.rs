//! What a segment says of itself (`meta.json`), and which segments there are (`manifest`).
//!
//! What must hold: the manifest covers all positions from 0 to where the write-ahead log goes on, but for
//! those whose rows left nothing, each once; an organization's rows follow each other without a gap from
//! the first that left something; it is replaced as a whole; both carry checksums, the one its own, the
//! other the one that the manifest has of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use evident_ledger::tile::TILE_WIDTH;
use serde::{Deserialize, Serialize};

use crate::layout;

/// The version that is written.
pub(crate) const VERSION: u32 = 2;
/// The oldest that is read: in it, rows are never removed.
pub(crate) const OLDEST_VERSION: u32 = 1;
/// Before the checksum of the manifest.
const CHECKSUM_MARK: &str = "crc32c ";
/// Digits of a checksum.
const CHECKSUM_DIGITS: usize = 8;

/// Rows of an organization that follow each other in its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationRows {
    /// The organization.
    pub(crate) id: String,
    /// The index of the first.
    pub(crate) first_index: u64,
    /// How many: those that are there, and the stubs of those that were removed from among them.
    pub(crate) rows: u32,
    /// How many are there, if some were removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<u32>,
}

impl OrganizationRows {
    /// How many rows are there.
    pub(crate) fn events(&self) -> u32 {
        self.events.unwrap_or(self.rows)
    }

    /// The index behind the last.
    pub(crate) fn end(&self) -> u64 {
        self.first_index + u64::from(self.rows)
    }
}

/// Where a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// What `meta.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meta {
    pub(crate) version: u32,
    pub(crate) first_position: u64,
    pub(crate) rows: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<u32>,
    pub(crate) organizations: Vec<OrganizationRows>,
    pub(crate) first_occurred_at: i64,
    pub(crate) last_occurred_at: i64,
    /// Absent, as the next, where a segment was made before there were these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_received_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_received_at: Option<i64>,
    pub(crate) rows_bytes: u64,
    pub(crate) index_bytes: u64,
    pub(crate) sections: BTreeMap<String, Extent>,
    pub(crate) checksums_crc32c: String,
}

impl Meta {
    /// When the first and the last of its rows were received, if that is known.
    pub(crate) fn received(&self) -> Option<(i64, i64)> {
        self.first_received_at.zip(self.last_received_at)
    }

    /// How many rows are there: as many as there are ranks.
    pub(crate) fn events(&self) -> u32 {
        self.events.unwrap_or(self.rows)
    }
}

/// A segment as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    pub(crate) first_position: u64,
    /// How many places it has, also those whose rows were removed.
    pub(crate) rows: u32,
    /// How many rows are there, if some were removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<u32>,
    pub(crate) generation: u32,
    pub(crate) meta_crc32c: String,
    pub(crate) organizations: Vec<OrganizationRows>,
}

impl Listed {
    /// The folder of its files.
    pub(crate) fn folder(&self) -> PathBuf {
        layout::segment_folder(self.first_position, self.rows, self.generation)
    }

    /// The position behind its last row.
    pub(crate) fn end(&self) -> u64 {
        self.first_position + u64::from(self.rows)
    }

    /// How many rows are there.
    pub(crate) fn events(&self) -> u32 {
        self.events.unwrap_or(self.rows)
    }

    /// What it has of an organization.
    pub(crate) fn organization(&self, id: &str) -> Option<&OrganizationRows> {
        let found = self
            .organizations
            .binary_search_by(|rows| rows.id.as_str().cmp(id));
        found.ok().and_then(|at| self.organizations.get(at))
    }
}

/// What was removed of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemovedRows {
    /// The organization.
    pub(crate) id: String,
    /// The index of the first row that left something, in a segment or later; those below left nothing
    /// but their leaves' hashes.
    pub(crate) first_index: u64,
    /// Rows below this index are to leave nothing, and no entries of theirs are shown. A multiple of the
    /// width of a tile.
    pub(crate) minimum_index: u64,
    /// How many rows were removed.
    pub(crate) events: u64,
    /// How many canonical bytes these had.
    pub(crate) bytes: u64,
    /// The index behind the last one.
    pub(crate) end_index: u64,
}

/// Which segments there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) version: u32,
    pub(crate) next_generation: u32,
    /// The position where the write-ahead log went on when the last segments were dropped, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_position: Option<u64>,
    pub(crate) segments: Vec<Listed>,
    /// Of which organizations rows were removed, in the order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) removed: Vec<RemovedRows>,
}

/// What is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("its checksum is wrong")]
    Checksum,
    #[error("it is version {0}, which this version of Evident cannot read")]
    Version(u32),
    #[error("{0}")]
    Contents(String),
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            version: VERSION,
            next_generation: 0,
            end_position: None,
            segments: Vec::new(),
            removed: Vec::new(),
        }
    }
}

/// A checksum as text.
pub(crate) fn checksum_text(bytes: &[u8]) -> String {
    format!("{:08x}", crc32c::crc32c(bytes))
}

impl Manifest {
    /// Its bytes.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        assert_eq!(self.check(), Ok(()));
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        let checksum = checksum_text(&bytes);
        bytes.extend_from_slice(format!("{CHECKSUM_MARK}{checksum}\n").as_bytes());
        Ok(bytes)
    }

    /// Reads it.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        let last_line = CHECKSUM_MARK.len() + CHECKSUM_DIGITS + 1;
        let (body, line) = bytes
            .len()
            .checked_sub(last_line)
            .map(|at| bytes.split_at(at))
            .ok_or(ManifestError::Checksum)?;
        let expected = format!("{CHECKSUM_MARK}{}\n", checksum_text(body));
        if line != expected.as_bytes() {
            return Err(ManifestError::Checksum);
        }
        let manifest: Self = serde_json::from_slice(body)
            .map_err(|error| ManifestError::Contents(error.to_string()))?;
        if !(OLDEST_VERSION..=VERSION).contains(&manifest.version) {
            return Err(ManifestError::Version(manifest.version));
        }
        manifest.check().map_err(ManifestError::Contents)?;
        Ok(manifest)
    }

    /// What must hold of a manifest; else what does not.
    fn check(&self) -> Result<(), String> {
        let mut next_position = 0;
        let mut next_indexes = self.first_indexes()?;
        for segment in &self.segments {
            let named = segment.folder().display().to_string();
            if segment.first_position < next_position || segment.rows == 0 {
                return Err(format!(
                    "{named} does not begin behind position {next_position}"
                ));
            }
            // Rows that left nothing leave a gap; where nothing was removed, there is none.
            if segment.first_position > next_position && self.removed.is_empty() {
                return Err(format!(
                    "{named} does not begin at position {next_position}"
                ));
            }
            if segment.generation >= self.next_generation {
                return Err(format!("{named} is of a generation that is yet to come"));
            }
            segment.check(&named, &mut next_indexes)?;
            next_position = segment.end();
        }
        for removed in &self.removed {
            let next = next_indexes.get(removed.id.as_str());
            if next.is_some_and(|next| removed.minimum_index > *next) {
                let id = &removed.id;
                return Err(format!("{id} has its minimum index behind its rows"));
            }
        }
        Ok(())
    }

    /// Where each organization's rows begin, if not at 0.
    fn first_indexes(&self) -> Result<BTreeMap<&str, u64>, String> {
        if !self.removed.is_sorted_by(|a, b| a.id < b.id) {
            return Err("the organizations of what was removed are not in order".to_owned());
        }
        let mut indexes = BTreeMap::new();
        for removed in &self.removed {
            let fits =
                removed.first_index <= removed.end_index && removed.events <= removed.end_index;
            if !fits || !removed.minimum_index.is_multiple_of(TILE_WIDTH) {
                let id = &removed.id;
                return Err(format!("what was removed of {id} does not fit together"));
            }
            indexes.insert(removed.id.as_str(), removed.first_index);
        }
        Ok(indexes)
    }

    /// The position where the write-ahead log goes on.
    pub(crate) fn end(&self) -> u64 {
        let segments = self.segments.last().map_or(0, Listed::end);
        segments.max(self.end_position.unwrap_or_default())
    }

    /// The index of the next row of each organization.
    pub(crate) fn next_indexes(&self) -> BTreeMap<&str, u64> {
        let removed = self.removed.iter();
        let mut next: BTreeMap<&str, u64> = removed
            .map(|removed| (removed.id.as_str(), removed.first_index))
            .collect();
        for rows in self
            .segments
            .iter()
            .flat_map(|segment| &segment.organizations)
        {
            next.insert(rows.id.as_str(), rows.end());
        }
        next
    }

    /// What was removed of an organization.
    pub(crate) fn removed_of(&self, id: &str) -> Option<&RemovedRows> {
        let found = self
            .removed
            .binary_search_by(|removed| removed.id.as_str().cmp(id));
        found.ok().and_then(|at| self.removed.get(at))
    }
}

impl Listed {
    /// What must hold of a segment beside others; `next_indexes` says where organizations go on.
    fn check<'a>(
        &'a self,
        named: &str,
        next_indexes: &mut BTreeMap<&'a str, u64>,
    ) -> Result<(), String> {
        if !self.organizations.is_sorted_by(|a, b| a.id < b.id) {
            return Err(format!("the organizations of {named} are not in order"));
        }
        let (mut rows, mut events) = (0, 0);
        for organization in &self.organizations {
            let next = next_indexes.entry(&organization.id).or_default();
            if organization.first_index != *next || organization.rows == 0 {
                let id = &organization.id;
                return Err(format!("{id} does not go on at index {next} in {named}"));
            }
            if organization.events() > organization.rows {
                let id = &organization.id;
                return Err(format!("{id} has more events than rows in {named}"));
            }
            *next = organization.end();
            rows += u64::from(organization.rows);
            events += u64::from(organization.events());
        }
        let may_have_gaps = self.events.is_some();
        let fits = match may_have_gaps {
            true => rows <= u64::from(self.rows) && rows > 0,
            false => rows == u64::from(self.rows),
        };
        if !fits || events != u64::from(self.events()) {
            return Err(format!(
                "the organizations of {named} have {rows} rows and {events} events"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn manifest() -> Manifest {
        let rows = |first_index, rows| OrganizationRows {
            id: "org_1".to_owned(),
            first_index,
            rows,
            events: None,
        };
        let listed = |first_position, rows, generation, organizations| Listed {
            first_position,
            rows,
            events: None,
            generation,
            meta_crc32c: "00000000".to_owned(),
            organizations,
        };
        Manifest {
            version: VERSION,
            next_generation: 9,
            end_position: None,
            removed: Vec::new(),
            segments: vec![
                listed(0, 4, 8, vec![rows(0, 4)]),
                listed(4, 2, 3, vec![rows(4, 2)]),
            ],
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written_and_no_flipped_bit_passes() {
        let bytes = manifest().encode().unwrap();
        assert_eq!(Manifest::decode(&bytes), Ok(manifest()));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                assert_eq!(Manifest::decode(&bytes), Err(ManifestError::Checksum));
            }
            assert!(Manifest::decode(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn a_description_from_before_there_were_times_of_receipt_is_read_and_written_as_it_was() {
        let old = r#"{"version":1,"first_position":0,"rows":1,"organizations":[],"first_occurred_at":1,"last_occurred_at":2,"rows_bytes":3,"index_bytes":4,"sections":{},"checksums_crc32c":"00000000"}"#;
        let mut meta: Meta = serde_json::from_str(old).unwrap();
        assert_eq!(meta.received(), None);
        assert_eq!(serde_json::to_string(&meta).unwrap(), old);
        (meta.first_received_at, meta.last_received_at) = (Some(-5), Some(6));
        let new = serde_json::to_string(&meta).unwrap();
        assert!(new.contains(r#""first_received_at":-5,"last_received_at":6,"#));
        assert_eq!(serde_json::from_str::<Meta>(&new).unwrap(), meta);
        assert_eq!(meta.received(), Some((-5, 6)));
    }

    #[test]
    fn segments_that_leave_a_gap_or_overlap_are_no_manifest() {
        type Change = fn(&mut Manifest);
        let changes: [Change; 6] = [
            |m| m.segments[1].first_position = 5,
            |m| m.segments[1].first_position = 3,
            |m| m.segments[1].organizations[0].first_index = 3,
            |m| m.segments[0].generation = 9,
            |m| m.segments[0].organizations[0].rows = 3,
            |m| drop(m.segments.remove(0)),
        ];
        for change in changes {
            let mut changed = manifest();
            change(&mut changed);
            assert!(changed.check().is_err(), "{changed:?}");
        }
    }
}
