//! Sets of rows, each in the shorter of two encodings.
//!
//! Gaps are short for sets that are small or scattered, Roaring bitmaps for those that are dense or
//! have long runs. What is read is checked: a set is ascending, has as many rows as it is said to
//! have, and all of them are below the number of rows of the segment.

use roaring::RoaringBitmap;

use super::error::SegmentError;
use super::varint;

/// Bytes of gaps up to which no other encoding is considered: they stand beside their terms.
pub(crate) const MAX_INLINE_BYTES: usize = 16;
/// Bytes of a varint of 32 bits, and so the most that a row takes.
pub(crate) const MAX_ROW_BYTES: u64 = 5;

/// How a set is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The first row, then the difference of each to the one before it, as varints.
    Gaps,
    /// The portable format of Roaring bitmaps, with runs.
    Bitmap,
}

/// Replaces what is in `scratch` by the shorter encoding of ascending rows.
pub(crate) fn encode(rows: &[u32], scratch: &mut Vec<u8>) -> Kind {
    scratch.clear();
    let mut size = BitmapSize::default();
    let mut rest = rows.iter().copied();
    if let Some(first) = rest.next() {
        varint::push(scratch, u64::from(first));
        size.begin();
        let mut last = first;
        for row in rest {
            assert!(row > last, "rows are ascending");
            let gap = row - last;
            if gap < 0x80 {
                scratch.push(gap as u8);
            } else {
                varint::push(scratch, u64::from(gap));
            }
            size.add(last, row);
            last = row;
        }
    }
    if scratch.len() <= MAX_INLINE_BYTES || size.total() >= scratch.len() {
        return Kind::Gaps;
    }
    encode_bitmap(rows, scratch)
}

/// Replaces gaps by a bitmap, if it is shorter.
fn encode_bitmap(rows: &[u32], gaps: &mut Vec<u8>) -> Kind {
    let Ok(mut bitmap) = RoaringBitmap::from_sorted_iter(rows.iter().copied()) else {
        return Kind::Gaps;
    };
    bitmap.optimize();
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    if bitmap.serialized_size() >= gaps.len() || bitmap.serialize_into(&mut bytes).is_err() {
        return Kind::Gaps;
    }
    *gaps = bytes;
    Kind::Bitmap
}

/// How long a bitmap would be, found without making it: most sets are better off with gaps.
#[derive(Default)]
struct BitmapSize {
    containers: usize,
    has_runs: bool,
    /// Of the containers before this one.
    bytes: usize,
    /// Of this container.
    rows: usize,
    runs: usize,
}

impl BitmapSize {
    fn begin(&mut self) {
        self.containers = 1;
        self.rows = 1;
        self.runs = 1;
    }

    #[inline]
    fn add(&mut self, last: u32, row: u32) {
        if last >> 16 != row >> 16 {
            self.end_container();
            self.containers += 1;
            self.rows = 1;
            self.runs = 1;
            return;
        }
        self.rows += 1;
        self.runs += usize::from(row - last > 1);
    }

    fn end_container(&mut self) {
        let plain = (2 * self.rows).min(8192);
        let runs = 2 + 4 * self.runs;
        self.has_runs |= runs < plain;
        self.bytes += runs.min(plain);
    }

    fn total(mut self) -> usize {
        self.end_container();
        let containers = self.containers;
        let offsets = 4 * containers;
        let head = match self.has_runs {
            true if containers < 4 => 4 + containers.div_ceil(8) + 4 * containers,
            true => 4 + containers.div_ceil(8) + 4 * containers + offsets,
            false => 8 + 4 * containers + offsets,
        };
        head + self.bytes
    }
}

/// The bytes of one set.
#[derive(Debug)]
pub(crate) struct Posting {
    cardinality: u32,
    kind: Kind,
    bytes: Vec<u8>,
    /// All rows are below it.
    limit: u32,
}

impl Posting {
    pub(crate) fn new(cardinality: u32, kind: Kind, bytes: Vec<u8>, limit: u32) -> Self {
        Self {
            cardinality,
            kind,
            bytes,
            limit,
        }
    }

    /// How many rows the set is said to have; more or fewer are an error once it is decoded.
    pub(crate) fn cardinality(&self) -> u32 {
        self.cardinality
    }

    /// The memory of its bytes, for another.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Calls a function with each row, ascending. Those before an error are passed too.
    pub(crate) fn each(&self, f: &mut impl FnMut(u32)) -> Result<(), SegmentError> {
        match self.kind {
            Kind::Gaps => {
                let mut gaps = self.gaps();
                gaps.by_ref().for_each(f);
                gaps.end()
            }
            Kind::Bitmap => {
                self.bitmap()?.iter().for_each(f);
                Ok(())
            }
        }
    }

    /// The set as a bitmap.
    pub(crate) fn to_bitmap(&self) -> Result<RoaringBitmap, SegmentError> {
        match self.kind {
            Kind::Gaps => {
                let mut gaps = self.gaps();
                let mut bitmap = RoaringBitmap::new();
                bitmap
                    .append(gaps.by_ref())
                    .map_err(|_| malformed("its rows do not ascend"))?;
                gaps.end()?;
                Ok(bitmap)
            }
            Kind::Bitmap => self.bitmap(),
        }
    }

    /// How many rows the set has in common with another.
    pub(crate) fn intersection_len(&self, with: &RoaringBitmap) -> Result<u64, SegmentError> {
        match self.kind {
            Kind::Gaps => {
                let mut gaps = self.gaps();
                let common = gaps.by_ref().filter(|&row| with.contains(row)).count();
                gaps.end()?;
                Ok(common as u64)
            }
            Kind::Bitmap => Ok(self.bitmap()?.intersection_len(with)),
        }
    }

    fn gaps(&self) -> Gaps<'_> {
        Gaps {
            bytes: &self.bytes,
            at: 0,
            last: None,
            left: self.cardinality,
            limit: self.limit,
            error: None,
        }
    }

    /// Decodes a bitmap. Its runs may stand for far more rows than it has bytes, so it is checked
    /// before anybody goes through them.
    fn bitmap(&self) -> Result<RoaringBitmap, SegmentError> {
        let mut rest = self.bytes.as_slice();
        let bitmap = RoaringBitmap::deserialize_from(&mut rest)
            .map_err(|_| malformed("it is no Roaring bitmap"))?;
        if !rest.is_empty() {
            return Err(malformed("something follows its bitmap"));
        }
        if bitmap.len() != u64::from(self.cardinality) {
            return Err(malformed("it has not as many rows as its term says"));
        }
        if bitmap.max().is_some_and(|row| row >= self.limit) {
            return Err(malformed("it has a row that the segment has not"));
        }
        Ok(bitmap)
    }
}

/// The rows of gaps. After the last of them, `end` tells whether they were all there.
struct Gaps<'a> {
    bytes: &'a [u8],
    at: usize,
    last: Option<u32>,
    left: u32,
    limit: u32,
    error: Option<&'static str>,
}

impl Gaps<'_> {
    fn end(self) -> Result<(), SegmentError> {
        if let Some(what) = self.error {
            return Err(malformed(what));
        }
        if self.at != self.bytes.len() {
            return Err(malformed("something follows its rows"));
        }
        Ok(())
    }

    fn fail(&mut self, what: &'static str) -> Option<u32> {
        self.left = 0;
        self.error = Some(what);
        None
    }
}

impl Iterator for Gaps<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let Some(gap) = varint::read(self.bytes, &mut self.at) else {
            return self.fail("it has fewer rows than its term says");
        };
        let row = match self.last {
            None => gap,
            Some(_) if gap == 0 => return self.fail("its rows do not ascend"),
            Some(last) => gap.saturating_add(u64::from(last)),
        };
        if row >= u64::from(self.limit) {
            return self.fail("it has a row that the segment has not");
        }
        self.last = Some(row as u32);
        self.last
    }
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("set of rows", what)
}

#[cfg(test)]
mod tests;
