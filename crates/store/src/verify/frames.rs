//! The rows of a segment from its file of rows alone, a frame at a time.
//!
//! What must hold: nothing is read of the segment's index; where a frame ends the seek table in the
//! file says, and the frame itself must agree. A frame that is given matched its own checksum.

use std::path::Path;

use zstd::zstd_safe::{self, DCtx};

use crate::check::context::RawFile;
use crate::segment::error::SegmentError;
use crate::segment::rows::read_seek_table;
use crate::segment::source::Source;

/// The frames of one file, and buffers that are used for one after the other.
pub(super) struct Frames {
    file: RawFile,
    /// Where each begins, its compressed and its decompressed length.
    table: Vec<(u64, u32, u32)>,
    context: DCtx<'static>,
    compressed: Vec<u8>,
    rows: Vec<u8>,
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("rows", what)
}

impl Frames {
    pub(super) fn open(path: &Path) -> Result<Self, SegmentError> {
        let file = RawFile::open(path, None)?;
        let mut offset = 0;
        let mut table = Vec::new();
        for (compressed, decompressed) in read_seek_table(&file)? {
            if compressed as usize > zstd_safe::compress_bound(decompressed as usize) {
                return Err(malformed("a frame is longer than its rows could make it"));
            }
            table.push((offset, compressed, decompressed));
            offset += u64::from(compressed);
        }
        let context =
            DCtx::try_create().ok_or_else(|| malformed("there is no memory to decompress"))?;
        Ok(Self {
            file,
            table,
            context,
            compressed: Vec::new(),
            rows: Vec::new(),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.table.len()
    }

    /// Where a frame begins in the file, and its length there.
    pub(super) fn place(&self, number: usize) -> (u64, u64) {
        let entry = self.table.get(number);
        entry.map_or((0, 0), |(offset, compressed, _)| {
            (*offset, u64::from(*compressed))
        })
    }

    /// The rows of a frame, a newline behind each.
    pub(super) fn read(&mut self, number: usize) -> Result<&[u8], SegmentError> {
        let entry = self.table.get(number).copied();
        let (offset, compressed, decompressed) =
            entry.ok_or_else(|| malformed("there is no such frame"))?;
        let (length, wanted) = (compressed as usize, decompressed as usize);
        self.file.read(offset, length, &mut self.compressed)?;
        let content = zstd_safe::get_frame_content_size(&self.compressed);
        if zstd_safe::find_frame_compressed_size(&self.compressed) != Ok(length)
            || content.ok().flatten() != Some(u64::from(decompressed))
        {
            return Err(malformed("a frame is not as long as the seek table says"));
        }
        self.rows.clear();
        self.rows.reserve(wanted);
        let written = self.context.decompress(&mut self.rows, &self.compressed);
        if written != Ok(wanted) || self.rows.last() != Some(&b'\n') {
            return Err(malformed(
                "a frame does not decompress to what its checksum says",
            ));
        }
        Ok(&self.rows)
    }
}

/// The rows of a frame, each without its newline.
pub(super) fn rows_of(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', frame).filter_map(move |end| {
        let row = frame.get(start..end);
        start = end + 1;
        row
    })
}
