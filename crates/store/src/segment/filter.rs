//! Which event ids a segment may have: a Bloom filter in blocks of a cache line.
//!
//! What must hold: it says maybe for every hash that was added. For others it says no but for
//! about one in two hundred.

use super::error::SegmentError;

/// Bytes of a block.
const BLOCK_BYTES: usize = 64;
/// Bits that a row gets.
const BITS_PER_ROW: u64 = 12;
/// Bits that a hash sets.
const PROBES: u32 = 6;
/// Bits of the number of a bit in a block.
const PROBE_BITS: u32 = 9;
/// 2^64 divided by the golden ratio: makes the bits of a block differ from those of its number.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Aligned, so that a probe touches one cache line.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Block([u8; BLOCK_BYTES]);

impl Block {
    /// The byte and the mask of each bit of a hash.
    fn bits(hash: u64) -> impl Iterator<Item = (usize, u8)> {
        let numbers = hash.wrapping_mul(MULTIPLIER) >> (u64::BITS - PROBES * PROBE_BITS);
        (0..PROBES).map(move |probe| {
            let bit = (numbers >> (probe * PROBE_BITS)) as usize % (BLOCK_BYTES * 8);
            (bit / 8, 1 << (bit % 8))
        })
    }
}

/// The number of a hash's block; below `blocks`.
fn block_of(hash: u64, blocks: usize) -> usize {
    (((hash >> 32) * blocks as u64) >> 32) as usize
}

/// A filter that is being filled.
#[derive(Debug)]
pub(crate) struct FilterWriter {
    blocks: Vec<Block>,
}

impl FilterWriter {
    /// For so many rows.
    pub(crate) fn new(rows: u32) -> Self {
        let bits = u64::from(rows) * BITS_PER_ROW;
        let blocks = bits.div_ceil(BLOCK_BYTES as u64 * 8).max(1);
        Self {
            // Fits: fewer than the rows.
            blocks: vec![Block([0; BLOCK_BYTES]); blocks as usize],
        }
    }

    pub(crate) fn add(&mut self, hash: u64) {
        let block = block_of(hash, self.blocks.len());
        if let Some(block) = self.blocks.get_mut(block) {
            for (byte, mask) in Block::bits(hash) {
                if let Some(byte) = block.0.get_mut(byte) {
                    *byte |= mask;
                }
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.blocks.len() * BLOCK_BYTES);
        for block in &self.blocks {
            bytes.extend_from_slice(&block.0);
        }
        bytes
    }
}

/// A filter, in memory.
#[derive(Debug)]
pub(crate) struct Filter {
    blocks: Box<[Block]>,
}

impl Filter {
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, SegmentError> {
        let (blocks, rest) = bytes.as_chunks::<BLOCK_BYTES>();
        if blocks.is_empty() || !rest.is_empty() || u32::try_from(blocks.len()).is_err() {
            return Err(SegmentError::malformed(
                "filter",
                "its length is not that of blocks",
            ));
        }
        Ok(Self {
            blocks: blocks.iter().map(|block| Block(*block)).collect(),
        })
    }

    /// Whether an event of this hash may be there. If not, it is not.
    pub(crate) fn may_contain(&self, hash: u64) -> bool {
        let block = block_of(hash, self.blocks.len());
        self.blocks.get(block).is_none_or(|block| {
            Block::bits(hash)
                .all(|(byte, mask)| block.0.get(byte).is_none_or(|byte| byte & mask != 0))
        })
    }

    /// Bytes of memory that it takes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK_BYTES
    }
}

#[cfg(test)]
mod tests;
