//! What a segment says of itself (`meta.json`), and which segments there are (`manifest`).
//!
//! What must hold: the manifest covers all positions from 0 to where the write-ahead log goes on, each
//! once; it is replaced as a whole; both carry checksums, the one its own, the other the one that the
//! manifest has of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::layout;

/// The only version there is.
pub(crate) const VERSION: u32 = 1;
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
    /// How many.
    pub(crate) rows: u32,
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
    pub(crate) organizations: Vec<OrganizationRows>,
    pub(crate) first_occurred_at: i64,
    pub(crate) last_occurred_at: i64,
    pub(crate) rows_bytes: u64,
    pub(crate) index_bytes: u64,
    pub(crate) sections: BTreeMap<String, Extent>,
    pub(crate) checksums_crc32c: String,
}

/// A segment as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    pub(crate) first_position: u64,
    pub(crate) rows: u32,
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
}

/// Which segments there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) version: u32,
    pub(crate) next_generation: u32,
    pub(crate) segments: Vec<Listed>,
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
            segments: Vec::new(),
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
        if manifest.version != VERSION {
            return Err(ManifestError::Version(manifest.version));
        }
        manifest.check().map_err(ManifestError::Contents)?;
        Ok(manifest)
    }

    /// What must hold of a manifest; else what does not.
    fn check(&self) -> Result<(), String> {
        let mut next_position = 0;
        let mut next_indexes: BTreeMap<&str, u64> = BTreeMap::new();
        for segment in &self.segments {
            let named = segment.folder().display().to_string();
            if segment.first_position != next_position || segment.rows == 0 {
                return Err(format!(
                    "{named} does not begin at position {next_position}"
                ));
            }
            if segment.generation >= self.next_generation {
                return Err(format!("{named} is of a generation that is yet to come"));
            }
            if !segment.organizations.is_sorted_by(|a, b| a.id < b.id) {
                return Err(format!("the organizations of {named} are not in order"));
            }
            let mut rows = 0;
            for organization in &segment.organizations {
                let next = next_indexes.entry(&organization.id).or_default();
                if organization.first_index != *next || organization.rows == 0 {
                    let id = &organization.id;
                    return Err(format!("{id} does not go on at index {next} in {named}"));
                }
                *next += u64::from(organization.rows);
                rows += u64::from(organization.rows);
            }
            if rows != u64::from(segment.rows) {
                return Err(format!("the organizations of {named} have {rows} rows"));
            }
            next_position = segment.end();
        }
        Ok(())
    }

    /// The position behind the last segment.
    pub(crate) fn end(&self) -> u64 {
        self.segments.last().map_or(0, Listed::end)
    }

    /// How many rows of each organization there are.
    pub(crate) fn next_indexes(&self) -> BTreeMap<&str, u64> {
        let mut next = BTreeMap::new();
        for rows in self
            .segments
            .iter()
            .flat_map(|segment| &segment.organizations)
        {
            next.insert(rows.id.as_str(), rows.first_index + u64::from(rows.rows));
        }
        next
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
        };
        let listed = |first_position, rows, generation, organizations| Listed {
            first_position,
            rows,
            generation,
            meta_crc32c: "00000000".to_owned(),
            organizations,
        };
        Manifest {
            version: VERSION,
            next_generation: 9,
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
