//! The new ranks of a segment's rows.
//!
//! Terms ask for them in no order, millions of times. Rows that were neighbours mostly stay close, so
//! one byte tells nearly every rank, and the processor's cache holds those of all segments.

/// Ranks whose distance is from the first of them.
const BLOCK_RANKS: usize = 64;
/// A distance that a byte cannot tell.
const FAR: u8 = u8::MAX;
/// In place of the new rank of a row that is removed.
pub(super) const REMOVED: u32 = u32::MAX;

/// The new ranks by the old ones.
#[derive(Default)]
pub(super) struct Ranks {
    all: Vec<u32>,
    /// The first of each block.
    firsts: Vec<u32>,
    /// How far each is behind the first of its block.
    distances: Vec<u8>,
}

impl Ranks {
    /// Of the new ranks, which ascend; those of removed rows are [`REMOVED`].
    pub(super) fn new(all: Vec<u32>) -> Self {
        let mut distances = Vec::with_capacity(all.len());
        let mut firsts = Vec::with_capacity(all.len().div_ceil(BLOCK_RANKS));
        for block in all.chunks(BLOCK_RANKS) {
            let first = block.iter().copied().find(|rank| *rank != REMOVED);
            let first = first.unwrap_or(0);
            let distance = |rank: &u32| u8::try_from(rank - first).unwrap_or(FAR);
            distances.extend(block.iter().map(distance));
            firsts.push(first);
        }
        Self {
            firsts,
            distances,
            all,
        }
    }

    /// The new rank of a row, if it is one and stays.
    #[inline]
    pub(super) fn get(&self, old: u32) -> Option<u32> {
        let old = old as usize;
        match *self.distances.get(old)? {
            FAR => self.all.get(old).copied().filter(|rank| *rank != REMOVED),
            distance => Some(self.firsts.get(old / BLOCK_RANKS)? + u32::from(distance)),
        }
    }

    /// All of them, by the old ones; none for those of removed rows.
    pub(super) fn all(&self) -> impl Iterator<Item = Option<u32>> {
        let ranks = self.all.iter();
        ranks.map(|rank| Some(*rank).filter(|rank| *rank != REMOVED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_rows_have_no_rank_wherever_they_stand_in_a_block() {
        let mut next = 0;
        let all: Vec<u32> = (0..1_000_u32)
            .map(|old| match old % 7 == 0 || (64..200).contains(&old) {
                true => REMOVED,
                false => {
                    next += 1 + old % 100;
                    next
                }
            })
            .collect();
        let ranks = Ranks::new(all.clone());
        for (old, rank) in (0..).zip(&all) {
            let expected = Some(*rank).filter(|rank| *rank != REMOVED);
            assert_eq!(ranks.get(old), expected, "of {old}");
        }
        assert_eq!(
            ranks.all().flatten().count(),
            all.iter().filter(|r| **r != REMOVED).count()
        );
    }

    #[test]
    fn every_rank_is_told_however_far_it_is_from_its_neighbours() {
        // Steps of 1, of just what a byte tells, and of more, at all places of a block.
        for steps in [
            vec![1],
            vec![254],
            vec![255],
            vec![256],
            vec![1, 1, 1, 190, 1, 70_000],
        ] {
            let mut next = 7;
            let all: Vec<u32> = std::iter::repeat_n(steps, 60)
                .flatten()
                .map(|step| {
                    next += step;
                    next
                })
                .collect();
            let ranks = Ranks::new(all.clone());
            let got: Vec<_> = (0..all.len() as u32 + 1)
                .map(|old| ranks.get(old))
                .collect();
            let expected: Vec<_> = all.iter().copied().map(Some).chain([None]).collect();
            assert_eq!(got, expected);
        }
    }
}
