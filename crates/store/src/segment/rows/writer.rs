//! Writes rows into frames.

use zstd::zstd_safe::{self, CCtx, CParameter};

use super::{
    ENTRY_BYTES, FRAME_BYTES, FrameEntry, MAX_FRAME_BYTES, MAX_ROW_BYTES, SEEK_ENTRY_BYTES,
    SEEK_FOOTER_BYTES, SEEK_TABLE_MAGIC, SEEKABLE_MAGIC, malformed,
};
use crate::segment::error::SegmentError;

/// Writes the file of rows.
///
/// What it appends to `out` are the next bytes of the file: whoever calls may take them away at any
/// time. After an error, the file is not to be used.
pub(crate) struct RowsWriter {
    context: CCtx<'static>,
    frame_bytes: usize,
    /// The rows of the frame that is begun.
    pending: Vec<u8>,
    /// How many these are.
    pending_rows: u32,
    compressed: Vec<u8>,
    entries: Vec<FrameEntry>,
    /// Bytes of the file so far.
    offset: u64,
    /// Rows in finished frames.
    rows: u32,
}

impl RowsWriter {
    /// Compresses at this level of Zstandard.
    pub(crate) fn new(level: i32) -> Result<Self, SegmentError> {
        Self::with_frame_bytes(level, FRAME_BYTES)
    }

    pub(crate) fn with_frame_bytes(level: i32, frame_bytes: usize) -> Result<Self, SegmentError> {
        let mut context =
            CCtx::try_create().ok_or_else(|| malformed("there is no memory to compress"))?;
        for parameter in [
            CParameter::CompressionLevel(level),
            CParameter::ChecksumFlag(true),
            CParameter::ContentSizeFlag(true),
        ] {
            context
                .set_parameter(parameter)
                .map_err(|_| malformed("the compression is not set up"))?;
        }
        Ok(Self {
            context,
            frame_bytes,
            pending: Vec::with_capacity(frame_bytes),
            pending_rows: 0,
            compressed: Vec::with_capacity(zstd_safe::compress_bound(frame_bytes)),
            entries: Vec::new(),
            offset: 0,
            rows: 0,
        })
    }

    /// The next row, which is an event's canonical bytes or a stub, and has no newline in it.
    pub(crate) fn push(&mut self, canonical: &[u8], out: &mut Vec<u8>) -> Result<(), SegmentError> {
        if canonical.is_empty() {
            return Err(malformed("a row to be written is empty"));
        }
        self.push_line(canonical, out)
    }

    /// The place of a row that was removed and left nothing.
    pub(crate) fn push_nothing(&mut self, out: &mut Vec<u8>) -> Result<(), SegmentError> {
        self.push_line(b"", out)
    }

    fn push_line(&mut self, canonical: &[u8], out: &mut Vec<u8>) -> Result<(), SegmentError> {
        if canonical.len() > MAX_ROW_BYTES {
            return Err(malformed("a row to be written is too long"));
        }
        if memchr::memchr(b'\n', canonical).is_some() {
            return Err(malformed("a row to be written has a newline in it"));
        }
        if self.pending.len() + canonical.len() + 1 > self.frame_bytes {
            self.close(out)?;
        }
        self.pending.extend_from_slice(canonical);
        self.pending.push(b'\n');
        self.pending_rows += 1;
        Ok(())
    }

    /// Takes over a frame of another segment as it is. What was pushed before is in frames before it.
    pub(crate) fn copy_frame(
        &mut self,
        compressed: &[u8],
        decompressed_length: u32,
        rows: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), SegmentError> {
        let one_frame = zstd_safe::find_frame_compressed_size(compressed) == Ok(compressed.len());
        let content = zstd_safe::get_frame_content_size(compressed).ok().flatten();
        if !one_frame || content != Some(u64::from(decompressed_length)) {
            return Err(malformed("a frame to be copied is not what its entry says"));
        }
        // A row has its newline at least.
        if rows == 0 || decompressed_length < rows || decompressed_length > MAX_FRAME_BYTES {
            return Err(malformed(
                "a frame to be copied is too long or has too many rows",
            ));
        }
        self.close(out)?;
        self.append(compressed, decompressed_length, rows, out)
    }

    /// Writes what is left and the seek table. What it gives goes into the section `frames`.
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> Result<Vec<FrameEntry>, SegmentError> {
        self.close(out)?;
        let count = u32::try_from(self.entries.len())
            .map_err(|_| malformed("there are too many frames"))?;
        let content = u64::from(count) * SEEK_ENTRY_BYTES + SEEK_FOOTER_BYTES;
        let content = u32::try_from(content).map_err(|_| malformed("there are too many frames"))?;
        out.extend_from_slice(&SEEK_TABLE_MAGIC.to_le_bytes());
        out.extend_from_slice(&content.to_le_bytes());
        let ends = self
            .entries
            .iter()
            .skip(1)
            .map(|next| next.offset)
            .chain([self.offset]);
        for (entry, end) in self.entries.iter().zip(ends) {
            // Fits: it was checked when the frame was appended.
            let compressed = (end - entry.offset) as u32;
            out.extend_from_slice(&compressed.to_le_bytes());
            out.extend_from_slice(&entry.decompressed.to_le_bytes());
        }
        out.extend_from_slice(&count.to_le_bytes());
        out.push(0);
        out.extend_from_slice(&SEEKABLE_MAGIC.to_le_bytes());
        Ok(self.entries)
    }

    /// Ends the frame that is begun, if one is.
    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), SegmentError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut compressed = std::mem::take(&mut self.compressed);
        compressed.clear();
        compressed.reserve(zstd_safe::compress_bound(self.pending.len()));
        self.context
            .compress2(&mut compressed, &self.pending)
            .map_err(|_| malformed("rows could not be compressed"))?;
        // Fits: a row, or as many as a frame holds.
        let decompressed = self.pending.len() as u32;
        self.append(&compressed, decompressed, self.pending_rows, out)?;
        self.compressed = compressed;
        self.pending.clear();
        self.pending_rows = 0;
        Ok(())
    }

    fn append(
        &mut self,
        compressed: &[u8],
        decompressed: u32,
        rows: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), SegmentError> {
        if u32::try_from(compressed.len()).is_err() {
            return Err(malformed("a frame is too long"));
        }
        self.entries.push(FrameEntry {
            offset: self.offset,
            first_place: self.rows,
            decompressed,
        });
        out.extend_from_slice(compressed);
        self.offset += compressed.len() as u64;
        self.rows = self
            .rows
            .checked_add(rows)
            .ok_or_else(|| malformed("there are too many rows"))?;
        Ok(())
    }
}

/// The section `frames`.
pub(crate) fn encode_frames(entries: &[FrameEntry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * ENTRY_BYTES);
    for entry in entries {
        bytes.extend_from_slice(&entry.offset.to_le_bytes());
        bytes.extend_from_slice(&entry.first_place.to_le_bytes());
        bytes.extend_from_slice(&entry.decompressed.to_le_bytes());
    }
    bytes
}
