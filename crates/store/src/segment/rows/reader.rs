//! Reads rows from frames.

use std::cell::Cell;
use std::sync::Arc;

use bytes::Bytes;
use zstd::zstd_safe::{self, DCtx};

use super::{
    ENTRY_BYTES, FrameEntry, MAX_FRAME_BYTES, SEEK_ENTRY_BYTES, SEEK_FOOTER_BYTES,
    SEEK_TABLE_MAGIC, SEEKABLE_MAGIC, SKIPPABLE_HEAD_BYTES, malformed, seek_table_bytes,
};
use crate::segment::error::SegmentError;
use crate::segment::source::Source;

/// Bytes of the buffer that a thread keeps for compressed frames, at most.
const MAX_KEPT_BYTES: usize = 256 << 10;

/// What a thread needs to decompress, kept for the next frame.
struct Scratch {
    context: DCtx<'static>,
    compressed: Vec<u8>,
}

impl Scratch {
    fn new() -> Result<Self, SegmentError> {
        let context =
            DCtx::try_create().ok_or_else(|| malformed("there is no memory to decompress"))?;
        Ok(Self {
            context,
            compressed: Vec::new(),
        })
    }
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Reads a frame and decompresses it, to exactly as many bytes as it should have.
fn decompress<S: Source>(
    rows: &S,
    (offset, length): (u64, usize),
    decompressed: u32,
) -> Result<Vec<u8>, SegmentError> {
    // It is taken out for the time of use, so a source may itself come here.
    let mut scratch = match SCRATCH.try_with(Cell::take) {
        Ok(Some(scratch)) => scratch,
        _ => Box::new(Scratch::new()?),
    };
    let Scratch {
        context,
        compressed,
    } = &mut *scratch;
    rows.read(offset, length, compressed)?;
    let wanted = decompressed as usize;
    let content = zstd_safe::get_frame_content_size(compressed).ok().flatten();
    if zstd_safe::find_frame_compressed_size(compressed) != Ok(length)
        || content != Some(u64::from(decompressed))
    {
        return Err(malformed("a frame is not as long as its entry says"));
    }
    let mut bytes = Vec::with_capacity(wanted);
    let written = context.decompress(&mut bytes, compressed);
    if compressed.capacity() > MAX_KEPT_BYTES {
        *compressed = Vec::new();
    }
    // At the end of a thread there is no place to keep it.
    let _ = SCRATCH.try_with(|kept| kept.set(Some(scratch)));
    match written {
        Ok(written) if written == wanted && bytes.len() == wanted => Ok(bytes),
        _ => Err(malformed(
            "a frame does not decompress to what its checksum says",
        )),
    }
}

/// The rows of a segment.
#[derive(Debug)]
pub(crate) struct Rows<S: Source> {
    rows: S,
    entries: Box<[FrameEntry]>,
    row_count: u32,
    /// Where the seek table begins.
    frames_end: u64,
}

impl<S: Source> Rows<S> {
    /// Of the file, and what the section `frames` says about it.
    pub(crate) fn open(
        rows: S,
        frames: &impl Source,
        row_count: u32,
    ) -> Result<Self, SegmentError> {
        let count = frames.length() / ENTRY_BYTES as u64;
        // Before anything is read: a frame has a byte in the file at least.
        if !frames.length().is_multiple_of(ENTRY_BYTES as u64)
            || seek_table_bytes(count) > rows.length()
        {
            return Err(malformed("`frames` does not match the length of the file"));
        }
        let mut bytes = Vec::new();
        let length =
            usize::try_from(frames.length()).map_err(|_| malformed("`frames` is too long"))?;
        frames.read(0, length, &mut bytes)?;
        let entries = bytes
            .as_chunks::<ENTRY_BYTES>()
            .0
            .iter()
            .map(decode_entry)
            .collect();
        Self::with_entries(rows, entries, row_count)
    }

    /// Of the file, and where its frames are.
    pub(crate) fn with_entries(
        rows: S,
        entries: Box<[FrameEntry]>,
        row_count: u32,
    ) -> Result<Self, SegmentError> {
        let frames_end = rows
            .length()
            .checked_sub(seek_table_bytes(entries.len() as u64))
            .ok_or_else(|| malformed("`frames` does not match the length of the file"))?;
        let starts_at_zero = match entries.first() {
            Some(first) => first.offset == 0 && first.first_place == 0,
            None => frames_end == 0 && row_count == 0,
        };
        if !starts_at_zero {
            return Err(malformed("the first frame is not the first"));
        }
        let ends = entries
            .iter()
            .skip(1)
            .map(|next| (next.offset, next.first_place));
        for (entry, (end, end_place)) in entries.iter().zip(ends.chain([(frames_end, row_count)])) {
            if entry.offset >= end || entry.first_place >= end_place {
                return Err(malformed("the frames are not in order"));
            }
            let rows = end_place - entry.first_place;
            // A row has its newline at least.
            if entry.decompressed > MAX_FRAME_BYTES || entry.decompressed < rows {
                return Err(malformed("a frame is too long, or too short for its rows"));
            }
            if end - entry.offset > zstd_safe::compress_bound(entry.decompressed as usize) as u64 {
                return Err(malformed("a frame is longer than its rows could make it"));
            }
        }
        Ok(Self {
            rows,
            entries,
            row_count,
            frames_end,
        })
    }

    #[cfg(test)]
    pub(crate) fn row_count(&self) -> u32 {
        self.row_count
    }

    pub(crate) fn frame_count(&self) -> u32 {
        // Fits: a frame has a row at least.
        self.entries.len() as u32
    }

    /// The number of the frame that has the row of this place; of one behind the last, the last.
    pub(crate) fn frame_of(&self, place: u32) -> u32 {
        let behind = self
            .entries
            .partition_point(|entry| entry.first_place <= place);
        behind.saturating_sub(1) as u32
    }

    /// The places of a frame's rows.
    pub(crate) fn places_of(&self, number: u32) -> Result<std::ops::Range<u32>, SegmentError> {
        let (entry, _, end_place) = self.entry(number)?;
        Ok(entry.first_place..end_place)
    }

    /// A frame, read and decompressed.
    pub(crate) fn frame(&self, number: u32) -> Result<Frame, SegmentError> {
        let (entry, end, end_place) = self.entry(number)?;
        // Fits: it is bounded by what its rows could make it.
        let length = (end - entry.offset) as usize;
        let bytes = decompress(&self.rows, (entry.offset, length), entry.decompressed)?;
        Frame::new(bytes, entry.first_place, end_place - entry.first_place)
    }

    /// Where the bytes of a frame are, to copy them.
    pub(crate) fn compressed(&self, number: u32) -> Result<(u64, u64), SegmentError> {
        let (entry, end, _) = self.entry(number)?;
        Ok((entry.offset, end - entry.offset))
    }

    /// Replaces what is in `into` by a frame as it is in the file; gives its decompressed length and
    /// its number of rows. It is what `RowsWriter::copy_frame` takes.
    pub(crate) fn read_compressed(
        &self,
        number: u32,
        into: &mut Vec<u8>,
    ) -> Result<(u32, u32), SegmentError> {
        let (entry, end, end_place) = self.entry(number)?;
        self.rows
            .read(entry.offset, (end - entry.offset) as usize, into)?;
        Ok((entry.decompressed, end_place - entry.first_place))
    }

    /// A frame, and the offset and the place at which the next one begins.
    fn entry(&self, number: u32) -> Result<(FrameEntry, u64, u32), SegmentError> {
        let number = number as usize;
        let entry = self
            .entries
            .get(number)
            .ok_or_else(|| malformed("there is no such frame"))?;
        let (end, end_place) = match self.entries.get(number + 1) {
            Some(next) => (next.offset, next.first_place),
            None => (self.frames_end, self.row_count),
        };
        Ok((*entry, end, end_place))
    }
}

fn decode_entry(bytes: &[u8; ENTRY_BYTES]) -> FrameEntry {
    let bits = u128::from_le_bytes(*bytes);
    FrameEntry {
        offset: bits as u64,
        first_place: (bits >> 64) as u32,
        decompressed: (bits >> 96) as u32,
    }
}

/// Some rows that follow each other, in memory. A clone shares the bytes. What a row is, an event or what
/// is left of one, is told by `Line`.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    bytes: Bytes,
    first_place: u32,
    /// Where the newline of each row is.
    ends: Arc<[u32]>,
}

impl Frame {
    fn new(bytes: Vec<u8>, first_place: u32, rows: u32) -> Result<Self, SegmentError> {
        let mut ends = Vec::with_capacity(rows as usize);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &bytes) {
            if ends.len() == rows as usize {
                return Err(malformed("a frame has other rows than its entry says"));
            }
            // Fits: a frame's length has 32 bits.
            ends.push(end as u32);
            start = end + 1;
        }
        if start != bytes.len() || ends.len() != rows as usize {
            return Err(malformed("a frame has other rows than its entry says"));
        }
        Ok(Self {
            bytes: Bytes::from(bytes),
            first_place,
            ends: ends.into(),
        })
    }

    /// The place of its first row.
    pub(crate) fn first_place(&self) -> u32 {
        self.first_place
    }

    /// How many rows it has.
    pub(crate) fn row_count(&self) -> u32 {
        // Fits: it was made of so many.
        self.ends.len() as u32
    }

    /// How many bytes it holds.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Its rows, each followed by a newline.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The row of a place, if it is here.
    pub(crate) fn row(&self, place: u32) -> Option<&[u8]> {
        self.range(place).and_then(|range| self.bytes.get(range))
    }

    /// The rows in the order of their places.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map_while(move |end| {
            let row = self.bytes.get(start..*end as usize);
            start = *end as usize + 1;
            row
        })
    }

    fn range(&self, place: u32) -> Option<std::ops::Range<usize>> {
        let number = place.checked_sub(self.first_place)? as usize;
        let end = *self.ends.get(number)? as usize;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize + 1,
            None => 0,
        };
        Some(start..end)
    }
}

/// The compressed and decompressed lengths of all frames, from the end of the file itself.
pub(crate) fn read_seek_table<S: Source>(rows: &S) -> Result<Vec<(u32, u32)>, SegmentError> {
    let not_there = || malformed("its seek table does not hold");
    let mut bytes = Vec::new();
    let footer = rows
        .length()
        .checked_sub(SEEK_FOOTER_BYTES)
        .ok_or_else(not_there)?;
    rows.read(footer, SEEK_FOOTER_BYTES as usize, &mut bytes)?;
    let (count, rest) = bytes.split_first_chunk::<4>().ok_or_else(not_there)?;
    let count = u64::from(u32::from_le_bytes(*count));
    let (descriptor, magic) = rest.split_first().ok_or_else(not_there)?;
    let begin = rows
        .length()
        .checked_sub(seek_table_bytes(count))
        .ok_or_else(not_there)?;
    if *descriptor != 0 || magic != SEEKABLE_MAGIC.to_le_bytes() {
        return Err(not_there());
    }

    // Bounded by the length of the file.
    let length = usize::try_from(footer - begin).map_err(|_| not_there())?;
    rows.read(begin, length, &mut bytes)?;
    let (head, entries) = bytes
        .split_first_chunk::<{ SKIPPABLE_HEAD_BYTES as usize }>()
        .ok_or_else(not_there)?;
    let content = count * SEEK_ENTRY_BYTES + SEEK_FOOTER_BYTES;
    if u64::from_le_bytes(*head) != (content << 32 | u64::from(SEEK_TABLE_MAGIC)) {
        return Err(not_there());
    }
    let entries: Vec<(u32, u32)> = entries
        .as_chunks::<{ SEEK_ENTRY_BYTES as usize }>()
        .0
        .iter()
        .map(|entry| u64::from_le_bytes(*entry))
        .map(|entry| (entry as u32, (entry >> 32) as u32))
        .collect();
    let mut total = 0;
    for (compressed, decompressed) in &entries {
        if *compressed == 0 || *decompressed == 0 || *decompressed > MAX_FRAME_BYTES {
            return Err(not_there());
        }
        total += u64::from(*compressed);
    }
    if total != begin {
        return Err(not_there());
    }
    Ok(entries)
}

/// The entries of the section `frames` and the number of rows, made anew from the file of rows alone.
/// It decompresses every frame.
pub(crate) fn rebuild_frames<S: Source>(rows: &S) -> Result<(Vec<FrameEntry>, u32), SegmentError> {
    let table = read_seek_table(rows)?;
    let mut entries = Vec::with_capacity(table.len());
    let mut offset = 0;
    let mut first_place = 0_u32;
    for (compressed, decompressed) in table {
        if compressed as usize > zstd_safe::compress_bound(decompressed as usize) {
            return Err(malformed("a frame is longer than its rows could make it"));
        }
        let bytes = decompress(rows, (offset, compressed as usize), decompressed)?;
        // Fits: a frame is at most `MAX_FRAME_BYTES`.
        let count = memchr::memchr_iter(b'\n', &bytes).count() as u32;
        let frame = Frame::new(bytes, first_place, count)?;
        entries.push(FrameEntry {
            offset,
            first_place,
            decompressed,
        });
        offset += u64::from(compressed);
        first_place = first_place
            .checked_add(frame.row_count())
            .ok_or_else(|| malformed("there are too many rows"))?;
    }
    Ok((entries, first_place))
}
