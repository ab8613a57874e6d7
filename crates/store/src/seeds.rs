//! The salt seeds: 32 random bytes for each group of positions, from which the salts of its events
//! are derived. Destroying a seed is what erases, so each is a file of its own.
//!
//! What must hold: a group's seed is on stable storage before a frame that has a row in the group
//! is, and a group never gets a second seed. The bytes are told in `spec/ledger.md`.

use std::collections::BTreeMap;

use evident_ledger::entry::{GroupSeed, SEED_BYTES};

use crate::durable::{Durable, DurableError, FileMode};
use crate::layout;
use crate::wal::group_of;

/// What a seed file begins with.
const MAGIC: [u8; 8] = *b"EVIDSED1";
/// Magic, group, seed, checksum.
const FILE_BYTES: usize = 8 + 8 + SEED_BYTES + 4;
/// Seeds held in memory: appends touch the newest two groups, recovery goes in order, proofs anywhere.
const MAX_CACHED_SEEDS: usize = 8;

/// Why a group's seed is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// It could not be written.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// It could not be read.
    #[error("could not read the salt seed of group {group}: {source}")]
    Unreadable {
        /// The group.
        group: u64,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Its file does not hold what it should.
    #[error("the salt seed of group {0} is damaged: restore its file from a backup")]
    Damaged(u64),
    /// The operating system gave no random bytes.
    #[error("no random bytes could be had: {0}")]
    Random(#[from] getrandom::Error),
}

/// The seeds, the newest of them in memory.
pub(crate) struct Seeds {
    durable: Durable,
    cached: BTreeMap<u64, GroupSeed>,
}

impl Seeds {
    pub(crate) fn new(durable: &Durable) -> Self {
        Self {
            durable: durable.clone(),
            cached: BTreeMap::new(),
        }
    }

    /// The seed of a group that has rows.
    pub(crate) fn existing(&mut self, group: u64) -> Result<&GroupSeed, SeedError> {
        if !self.cached.contains_key(&group) {
            let seed = self.read(group)?;
            self.cache(group, seed);
        }
        self.cached.get(&group).ok_or(SeedError::Damaged(group))
    }

    /// Makes sure that the group has a seed on stable storage. One that has rows already, which are
    /// those below `next_position`, must have its own: another would belie the leaves of these.
    pub(crate) fn ensure(&mut self, group: u64, next_position: u64) -> Result<(), SeedError> {
        if self.cached.contains_key(&group) {
            return Ok(());
        }
        let path = layout::seed_file(group);
        let has_rows = group_of(next_position.saturating_sub(1)) >= group && next_position > 0;
        let seed = if has_rows || self.durable.path(&path).exists() {
            self.durable.sync_directory(layout::SEEDS.as_ref())?;
            self.read(group)?
        } else {
            let mut seed = [0; SEED_BYTES];
            getrandom::fill(&mut seed)?;
            self.durable
                .create_whole(&path, &encode(group, &seed), FileMode::Secret)?;
            GroupSeed::new(seed)
        };
        self.cache(group, seed);
        Ok(())
    }

    fn cache(&mut self, group: u64, seed: GroupSeed) {
        if self.cached.len() >= MAX_CACHED_SEEDS && !self.cached.contains_key(&group) {
            // The one that is farther away in the order of groups, which most callers go along.
            match self.cached.first_key_value() {
                Some((first, _)) if *first < group => drop(self.cached.pop_first()),
                _ => drop(self.cached.pop_last()),
            }
        }
        self.cached.insert(group, seed);
    }

    fn read(&self, group: u64) -> Result<GroupSeed, SeedError> {
        let path = self.durable.path(&layout::seed_file(group));
        let bytes =
            std::fs::read(path).map_err(|source| SeedError::Unreadable { group, source })?;
        decode(group, &bytes).ok_or(SeedError::Damaged(group))
    }
}

fn encode(group: u64, seed: &[u8; SEED_BYTES]) -> [u8; FILE_BYTES] {
    let mut bytes = [0; FILE_BYTES];
    bytes[0..8].copy_from_slice(&MAGIC);
    bytes[8..16].copy_from_slice(&group.to_le_bytes());
    bytes[16..48].copy_from_slice(seed);
    let checksum = crc32c::crc32c(&bytes[..48]);
    bytes[48..52].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode(group: u64, bytes: &[u8]) -> Option<GroupSeed> {
    let bytes: &[u8; FILE_BYTES] = bytes.try_into().ok()?;
    let (body, checksum) = bytes.split_last_chunk::<4>()?;
    let (magic, rest) = body.split_first_chunk::<8>()?;
    let (stored_group, seed) = rest.split_first_chunk::<8>()?;
    let holds = crc32c::crc32c(body) == u32::from_le_bytes(*checksum)
        && *magic == MAGIC
        && u64::from_le_bytes(*stored_group) == group;
    holds.then_some(GroupSeed::new(seed.try_into().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wal::GROUP_POSITIONS;

    #[test]
    fn seeds_are_to_be_had_in_any_order_however_few_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let durable = Durable::open(directory.path(), None).unwrap();
        durable.ensure_directory(layout::SEEDS.as_ref()).unwrap();
        let groups = 2 * MAX_CACHED_SEEDS as u64;
        let mut seeds = Seeds::new(&durable);
        for group in 0..groups {
            seeds.ensure(group, group * GROUP_POSITIONS).unwrap();
        }
        let read = |group| *Seeds::new(&durable).existing(group).unwrap().as_bytes();
        let up = 0..groups;
        let down = (0..groups).rev();
        let apart = (0..groups).map(|number| number * 7 % groups);
        let mut seeds = Seeds::new(&durable);
        for group in up.chain(down).chain(apart) {
            assert_eq!(*seeds.existing(group).unwrap().as_bytes(), read(group));
            assert!(seeds.cached.len() <= MAX_CACHED_SEEDS);
        }
    }
}
