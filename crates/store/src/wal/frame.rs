//! The bytes of a WAL file's header and of a frame. Encoding asserts what decoding checks.

use evident_event::id::EventId;
use evident_event::time::Timestamp;

use super::{GROUP_POSITIONS, MAX_FRAME_BYTES, group_of};
use crate::append::MAX_EVENTS_PER_APPEND;
use crate::layout::MAX_ORGANIZATION_ID_BYTES;

/// What a WAL file begins with.
const FILE_MAGIC: [u8; 8] = *b"EVIDWAL1";
/// The only version there is.
const FILE_VERSION: u32 = 1;
/// Bytes of a file's header.
pub(crate) const FILE_HEADER_BYTES: usize = 64;
/// Bytes of a frame's header.
pub(crate) const FRAME_HEADER_BYTES: usize = 48;
/// Bytes of a row before its canonical bytes.
const ROW_HEADER_BYTES: usize = 16 + 8 + 8 + 4;

/// What is wrong with bytes that should be a WAL header or frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end before the header or the frame does.
    #[error("cut short")]
    CutShort,
    /// The file does not begin as a WAL file does.
    #[error("not a WAL file")]
    NotWal,
    /// The file was written by another version.
    #[error("WAL version {0}, which this version of Evident cannot read")]
    Version(u32),
    /// A frame does not begin with its file's mark.
    #[error("no frame begins here")]
    NoMark,
    /// A header's checksum is wrong.
    #[error("the header's checksum is wrong")]
    HeaderChecksum,
    /// A payload's checksum is wrong.
    #[error("the payload's checksum is wrong")]
    PayloadChecksum,
    /// The checksums are right and the contents are not: a bug, or bytes made to deceive.
    #[error("{0}")]
    Contents(&'static str),
}

/// What a WAL file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileHeader {
    /// The group of its first frame's first position.
    pub(crate) group: u64,
    /// Its first frame's first position.
    pub(crate) first_position: u64,
    /// What each of its frames begins with: random, so that no event can hold it but by chance.
    pub(crate) mark: [u8; 8],
}

impl FileHeader {
    pub(crate) fn encode(&self) -> [u8; FILE_HEADER_BYTES] {
        assert_eq!(self.group, group_of(self.first_position));
        let mut bytes = [0; FILE_HEADER_BYTES];
        bytes[0..8].copy_from_slice(&FILE_MAGIC);
        bytes[8..12].copy_from_slice(&FILE_VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.group.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first_position.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.mark);
        let checksum = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let bytes = bytes.get(..FILE_HEADER_BYTES).ok_or(FrameError::CutShort)?;
        if bytes[0..8] != FILE_MAGIC {
            return Err(FrameError::NotWal);
        }
        if crc32c::crc32c(&bytes[..60]) != u32_at(bytes, 60) {
            return Err(FrameError::HeaderChecksum);
        }
        let version = u32_at(bytes, 8);
        if version != FILE_VERSION {
            return Err(FrameError::Version(version));
        }
        let header = Self {
            group: u64_at(bytes, 16),
            first_position: u64_at(bytes, 24),
            mark: array_at(bytes, 32),
        };
        if header.group != group_of(header.first_position) {
            return Err(FrameError::Contents(
                "the first position is of another group",
            ));
        }
        Ok(header)
    }
}

/// One row of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRef<'a> {
    /// The event's id.
    pub id: EventId,
    /// When the server received it.
    pub received_at: Timestamp,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Its canonical bytes.
    pub canonical: &'a [u8],
}

/// A frame whose checksums hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) first_position: u64,
    pub(crate) first_index: u64,
    pub(crate) organization_id: &'a str,
    pub(crate) rows: Vec<FrameRow<'a>>,
}

/// A row of a frame that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameRow<'a> {
    pub(crate) row: RowRef<'a>,
    /// Where in the frame its canonical bytes begin.
    pub(crate) canonical_offset: usize,
}

impl<'a> Frame<'a> {
    /// The frame that the bytes begin with.
    pub(crate) fn decode(bytes: &'a [u8], mark: [u8; 8]) -> Result<Self, FrameError> {
        let header = FrameHeader::decode(bytes, mark)?;
        let payload = bytes
            .get(FRAME_HEADER_BYTES..header.length)
            .ok_or(FrameError::CutShort)?;
        if crc32c::crc32c(payload) != header.payload_checksum {
            return Err(FrameError::PayloadChecksum);
        }
        let (organization_id, rows) = decode_payload(payload, header.row_count)?;
        Ok(Self {
            first_position: header.first_position,
            first_index: header.first_index,
            organization_id,
            rows,
        })
    }
}

/// A frame's header whose checksum holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameHeader {
    /// Bytes of the whole frame.
    pub(crate) length: usize,
    row_count: usize,
    first_position: u64,
    first_index: u64,
    /// Up to where the file was known to be on stable storage when the frame was written.
    pub(crate) synced_to: u64,
    payload_checksum: u32,
}

impl FrameHeader {
    pub(crate) fn decode(bytes: &[u8], mark: [u8; 8]) -> Result<Self, FrameError> {
        let header = bytes
            .get(..FRAME_HEADER_BYTES)
            .ok_or(FrameError::CutShort)?;
        if header[0..8] != mark {
            return Err(FrameError::NoMark);
        }
        if crc32c::crc32c(&header[..44]) != u32_at(header, 44) {
            return Err(FrameError::HeaderChecksum);
        }
        let length = u32_at(header, 8) as usize;
        if !(FRAME_HEADER_BYTES..=MAX_FRAME_BYTES).contains(&length) {
            return Err(FrameError::Contents("the frame's length is out of bounds"));
        }
        let row_count = u32_at(header, 12) as usize;
        if !(1..=MAX_EVENTS_PER_APPEND).contains(&row_count) {
            return Err(FrameError::Contents("the number of rows is out of bounds"));
        }
        Ok(Self {
            length,
            row_count,
            first_position: u64_at(header, 16),
            first_index: u64_at(header, 24),
            synced_to: u64_at(header, 32),
            payload_checksum: u32_at(header, 40),
        })
    }
}

fn decode_payload(
    payload: &[u8],
    row_count: usize,
) -> Result<(&str, Vec<FrameRow<'_>>), FrameError> {
    const SHORT: FrameError = FrameError::Contents("the rows do not fit the frame");
    let (length, rest) = payload.split_at_checked(2).ok_or(SHORT)?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    let (organization_id, mut rest) = rest.split_at_checked(length).ok_or(SHORT)?;
    let organization_id = std::str::from_utf8(organization_id)
        .map_err(|_| FrameError::Contents("the organization id is not UTF-8"))?;
    let mut rows = Vec::with_capacity(row_count);
    for _ in 0..row_count {
        let (header, after) = rest.split_at_checked(ROW_HEADER_BYTES).ok_or(SHORT)?;
        let (canonical, after) = after
            .split_at_checked(u32_at(header, 32) as usize)
            .ok_or(SHORT)?;
        let row = RowRef {
            id: EventId::from_bytes(array_at(header, 0)),
            received_at: Timestamp::from_micros(i64::from_le_bytes(array_at(header, 16))),
            occurred_at: Timestamp::from_micros(i64::from_le_bytes(array_at(header, 24))),
            canonical,
        };
        let left = after.len() + canonical.len();
        rows.push(FrameRow {
            row,
            canonical_offset: FRAME_HEADER_BYTES + payload.len() - left,
        });
        rest = after;
    }
    if !rest.is_empty() {
        return Err(FrameError::Contents("bytes follow the last row"));
    }
    Ok((organization_id, rows))
}

/// Puts one frame together at the end of a buffer.
pub(crate) struct FrameBuilder<'b> {
    buffer: &'b mut Vec<u8>,
    start: usize,
    row_count: usize,
}

impl<'b> FrameBuilder<'b> {
    pub(crate) fn new(buffer: &'b mut Vec<u8>, organization_id: &str) -> Self {
        assert!(organization_id.len() <= MAX_ORGANIZATION_ID_BYTES);
        let start = buffer.len();
        buffer.resize(start + FRAME_HEADER_BYTES, 0);
        let length = organization_id.len() as u16;
        buffer.extend_from_slice(&length.to_le_bytes());
        buffer.extend_from_slice(organization_id.as_bytes());
        Self {
            buffer,
            start,
            row_count: 0,
        }
    }

    /// Adds a row; where in the buffer its canonical bytes begin.
    pub(crate) fn push(&mut self, row: RowRef<'_>) -> usize {
        self.buffer.extend_from_slice(row.id.as_bytes());
        self.buffer
            .extend_from_slice(&row.received_at.as_micros().to_le_bytes());
        self.buffer
            .extend_from_slice(&row.occurred_at.as_micros().to_le_bytes());
        self.buffer
            .extend_from_slice(&(row.canonical.len() as u32).to_le_bytes());
        let canonical_offset = self.buffer.len();
        self.buffer.extend_from_slice(row.canonical);
        self.row_count += 1;
        canonical_offset
    }

    /// Completes the header. The frame must be written with `mark` at the file's next offset,
    /// while the file is synced up to `synced_to`.
    pub(crate) fn finish(
        self,
        mark: [u8; 8],
        first_position: u64,
        first_index: u64,
        synced_to: u64,
    ) {
        let frame = &mut self.buffer[self.start..];
        assert!(frame.len() <= MAX_FRAME_BYTES);
        assert!((1..=MAX_EVENTS_PER_APPEND).contains(&self.row_count));
        assert!((self.row_count as u64) < GROUP_POSITIONS);
        let length = frame.len() as u32;
        let payload_checksum = crc32c::crc32c(&frame[FRAME_HEADER_BYTES..]);
        frame[0..8].copy_from_slice(&mark);
        frame[8..12].copy_from_slice(&length.to_le_bytes());
        frame[12..16].copy_from_slice(&(self.row_count as u32).to_le_bytes());
        frame[16..24].copy_from_slice(&first_position.to_le_bytes());
        frame[24..32].copy_from_slice(&first_index.to_le_bytes());
        frame[32..40].copy_from_slice(&synced_to.to_le_bytes());
        frame[40..44].copy_from_slice(&payload_checksum.to_le_bytes());
        let header_checksum = crc32c::crc32c(&frame[..44]);
        frame[44..48].copy_from_slice(&header_checksum.to_le_bytes());
    }
}

/// Bytes of a frame with these rows.
pub(crate) fn frame_bytes(organization_id: &str, canonical_bytes: usize, rows: usize) -> usize {
    FRAME_HEADER_BYTES + 2 + organization_id.len() + rows * ROW_HEADER_BYTES + canonical_bytes
}

/// The bytes at an offset that the caller has checked to be inside.
fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[offset..offset + N]);
    array
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, offset))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, offset))
}
