//! Numbers that are close to their neighbours, in few bits each, with access to any of them.
//!
//! Blocks of 128 numbers have a base each and hold the differences to it. The heads of the blocks are
//! kept in memory, so a number costs one read. Heads are checked when they are read: after that, the
//! blocks are known to lie in the section one behind the other.

use std::ops::Range;

use super::error::SegmentError;
use super::source::Source;

/// Numbers in a block.
const BLOCK_NUMBERS: usize = 128;
/// Bytes before the heads: how many numbers there are, and zero.
const COUNT_BYTES: usize = 8;
/// Bytes of the head of a block.
const HEAD_BYTES: usize = 16;
/// What differences are divided by, by the scale in the head.
const SCALES: [u64; 3] = [1, 1_000, 1_000_000];
/// Bits of the widest number.
const MAX_BITS: u8 = 64;
/// Blocks that are read at once at most, 64 KiB of the widest numbers.
const READ_BLOCKS: usize = 64;
/// Bytes that are loaded at once to take a number from them: any number of 64 bits is within them.
const WINDOW_BYTES: usize = 16;

/// Packs numbers.
pub(crate) fn pack(numbers: &[i64]) -> Vec<u8> {
    assert!(
        u32::try_from(numbers.len()).is_ok(),
        "more numbers than a section can count"
    );
    let blocks = numbers.len().div_ceil(BLOCK_NUMBERS);
    let mut out = Vec::with_capacity(COUNT_BYTES + blocks * HEAD_BYTES + numbers.len() * 4);
    out.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    let mut packed = Vec::with_capacity(numbers.len() * 4);
    for block in numbers.chunks(BLOCK_NUMBERS) {
        assert!(
            u32::try_from(packed.len()).is_ok(),
            "more blocks than offsets can reach"
        );
        let offset = packed.len() as u32;
        let (base, bits, scale) = pack_block(block, &mut packed);
        out.extend_from_slice(&base.to_le_bytes());
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(&[bits, scale, 0, 0]);
    }
    out.extend_from_slice(&packed);
    out
}

/// Appends a block and gives its base, its bits and its scale.
fn pack_block(block: &[i64], packed: &mut Vec<u8>) -> (i64, u8, u8) {
    let base = block.iter().copied().min().unwrap_or_default();
    let difference = |number: i64| number.abs_diff(base);
    let scale = (1..SCALES.len())
        .rev()
        .find(|&scale| {
            block
                .iter()
                .all(|&number| difference(number) % SCALES[scale] == 0)
        })
        .unwrap_or(0);
    let divisor = SCALES[scale];
    let widest = block
        .iter()
        .map(|&number| difference(number) / divisor)
        .max()
        .unwrap_or(0);
    let bits = u64::BITS - widest.leading_zeros();
    let mut waiting = 0u128;
    let mut waiting_bits = 0;
    for &number in block {
        waiting |= u128::from(difference(number) / divisor) << waiting_bits;
        waiting_bits += bits;
        while waiting_bits >= 8 {
            packed.push(waiting as u8);
            waiting >>= 8;
            waiting_bits -= 8;
        }
    }
    if waiting_bits > 0 {
        packed.push(waiting as u8);
    }
    (base, bits as u8, scale as u8)
}

/// The head of a block.
struct Head {
    base: i64,
    /// From the end of the heads.
    offset: u32,
    bits: u8,
    scale: u8,
}

impl Head {
    /// The number whose bits begin at a bit of what was read.
    #[inline]
    fn number(&self, bytes: &[u8], bit: usize) -> Result<i64, SegmentError> {
        let window = bytes
            .get(bit / 8..)
            .and_then(|rest| rest.first_chunk::<WINDOW_BYTES>())
            .ok_or_else(|| malformed("a block is too short"))?;
        let mask = (1u128 << self.bits) - 1;
        let raw = ((u128::from_le_bytes(*window) >> (bit % 8)) & mask) as u64;
        let divisor = SCALES.get(usize::from(self.scale)).copied().unwrap_or(1);
        raw.checked_mul(divisor)
            .and_then(|difference| self.base.checked_add_unsigned(difference))
            .ok_or_else(|| malformed("a number does not fit in 64 bits"))
    }
}

/// Packed numbers, read one block at a time.
pub(crate) struct Packed<S> {
    source: S,
    count: u32,
    heads: Vec<Head>,
}

impl<S: Source> Packed<S> {
    /// Reads the heads and checks them.
    pub(crate) fn open(source: S) -> Result<Self, SegmentError> {
        let length = source.length();
        if length < COUNT_BYTES as u64 {
            return Err(malformed("it is too short"));
        }
        let mut bytes = Vec::new();
        source.read(0, COUNT_BYTES, &mut bytes)?;
        let (Some(count), Some([0, 0, 0, 0])) = (field(&bytes, 0), field::<4>(&bytes, 4)) else {
            return Err(malformed("its count is not followed by zero"));
        };
        let count = u32::from_le_bytes(count);
        let head_bytes = (count as usize).div_ceil(BLOCK_NUMBERS) * HEAD_BYTES;
        let blocks_bytes = length
            .checked_sub((COUNT_BYTES + head_bytes) as u64)
            .ok_or_else(|| malformed("it is too short for its heads"))?;
        source.read(COUNT_BYTES as u64, head_bytes, &mut bytes)?;
        let heads = heads(&bytes, count, blocks_bytes)?;
        Ok(Self {
            source,
            count,
            heads,
        })
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// The number at an index.
    pub(crate) fn get(&self, index: u32) -> Result<i64, SegmentError> {
        if index >= self.count {
            return Err(malformed("a number behind the last one was asked for"));
        }
        let block = index as usize / BLOCK_NUMBERS;
        let head = self
            .heads
            .get(block)
            .ok_or_else(|| malformed("a block has no head"))?;
        let bits = usize::from(head.bits);
        let bit = index as usize % BLOCK_NUMBERS * bits;
        let first = bit / 8;
        let mut bytes = Vec::with_capacity(2 * WINDOW_BYTES);
        self.read(
            self.offset(head) + first as u64,
            (bit + bits).div_ceil(8) - first,
            &mut bytes,
        )?;
        head.number(&bytes, bit % 8)
    }

    /// Appends the numbers of a range of indexes.
    pub(crate) fn read_into(
        &self,
        range: Range<u32>,
        out: &mut Vec<i64>,
    ) -> Result<(), SegmentError> {
        if range.start >= range.end {
            return Ok(());
        }
        if range.end > self.count {
            return Err(malformed("numbers behind the last one were asked for"));
        }
        let range = range.start as usize..range.end as usize;
        out.reserve(range.len());
        let mut bytes = Vec::new();
        let mut block = range.start / BLOCK_NUMBERS;
        let end = range.end.div_ceil(BLOCK_NUMBERS);
        while block < end {
            let until = end.min(block + READ_BLOCKS);
            self.read_blocks(block..until, &mut bytes)?;
            let heads = self.heads.get(block..until).unwrap_or_default();
            let start = heads.first().map_or(0, |head| head.offset);
            for (number, head) in (block..until).zip(heads) {
                let first = number * BLOCK_NUMBERS;
                let from = range.start.max(first) - first;
                let to = range.end.min(first + BLOCK_NUMBERS) - first;
                let bytes = bytes
                    .get((head.offset - start) as usize..)
                    .unwrap_or_default();
                for i in from..to {
                    out.push(head.number(bytes, i * usize::from(head.bits))?);
                }
            }
            block = until;
        }
        Ok(())
    }

    /// The index of the first of ascending numbers that is not less than what is looked for.
    pub(crate) fn partition_point(
        &self,
        mut less: impl FnMut(i64) -> bool,
    ) -> Result<u32, SegmentError> {
        let Some(block) = self
            .heads
            .partition_point(|head| less(head.base))
            .checked_sub(1)
        else {
            return Ok(0);
        };
        let first = (block * BLOCK_NUMBERS) as u32;
        let end = self.count.min(first.saturating_add(BLOCK_NUMBERS as u32));
        let mut numbers = Vec::new();
        self.read_into(first..end, &mut numbers)?;
        Ok(first + numbers.partition_point(|&number| less(number)) as u32)
    }

    /// Where a block begins.
    fn offset(&self, head: &Head) -> u64 {
        (COUNT_BYTES + self.heads.len() * HEAD_BYTES) as u64 + u64::from(head.offset)
    }

    /// Reads blocks that follow each other.
    fn read_blocks(&self, blocks: Range<usize>, bytes: &mut Vec<u8>) -> Result<(), SegmentError> {
        let Some(first) = self.heads.get(blocks.start) else {
            return Err(malformed("a block has no head"));
        };
        let start = self.offset(first);
        let end = match self.heads.get(blocks.end) {
            Some(next) => self.offset(next),
            None => self.source.length(),
        };
        let length = usize::try_from(end.saturating_sub(start))
            .map_err(|_| malformed("its blocks are too long"))?;
        self.read(start, length, bytes)
    }

    /// Reads bytes, and adds as many behind them as a window may reach.
    fn read(&self, offset: u64, length: usize, bytes: &mut Vec<u8>) -> Result<(), SegmentError> {
        bytes.clear();
        if length > 0 {
            self.source.read(offset, length, bytes)?;
        }
        bytes.resize(bytes.len() + WINDOW_BYTES, 0);
        Ok(())
    }
}

/// Reads heads, whose blocks have to fill the bytes behind them one after the other.
fn heads(bytes: &[u8], count: u32, blocks_bytes: u64) -> Result<Vec<Head>, SegmentError> {
    let mut heads = Vec::with_capacity(bytes.len() / HEAD_BYTES);
    let mut left = count as usize;
    let mut expected = 0u64;
    for bytes in bytes.chunks_exact(HEAD_BYTES) {
        let (Some(base), Some(offset), Some([bits, scale, 0, 0])) =
            (field(bytes, 0), field(bytes, 8), field::<4>(bytes, 12))
        else {
            return Err(malformed("a head does not end with zeros"));
        };
        let offset = u32::from_le_bytes(offset);
        if bits > MAX_BITS || usize::from(scale) >= SCALES.len() {
            return Err(malformed("a head has bits or a scale that there are not"));
        }
        if u64::from(offset) != expected {
            return Err(malformed("its blocks do not follow each other"));
        }
        let numbers = left.min(BLOCK_NUMBERS);
        left -= numbers;
        expected += (numbers * usize::from(bits)).div_ceil(8) as u64;
        heads.push(Head {
            base: i64::from_le_bytes(base),
            offset,
            bits,
            scale,
        });
    }
    if expected != blocks_bytes {
        return Err(malformed("its blocks are not as long as its heads say"));
    }
    Ok(heads)
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("packed numbers", what)
}

#[cfg(test)]
mod tests;
