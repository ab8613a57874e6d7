//! Reading the dictionary: one block at a time, every number in it checked against what is there.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;
use zstd::bulk::Decompressor;
use zstd::zstd_safe::{compress_bound, find_frame_compressed_size, get_frame_content_size};

use super::super::error::SegmentError;
use super::super::postings::{Kind, MAX_INLINE_BYTES, MAX_ROW_BYTES, Posting};
use super::super::source::Source;
use super::super::varint;
use super::{
    BLOCK_HEAD_BYTES, INLINE_GAPS, KINDS, MAX_BLOCK_BYTES, MAX_KEY_BYTES, STORED_BITMAP,
    STORED_GAPS, malformed,
};

/// Workspaces that are kept for the next reader, of all dictionaries together.
const MAX_IDLE_WORKSPACES: usize = 16;

/// Bytes of a piece of the stored sets: those that one checksum is of.
const PIECE_BYTES: usize = 4096;
/// Pieces that are kept while many sets are gone through.
const MAX_PIECES: usize = 1024;

static IDLE: Mutex<Vec<Workspace>> = Mutex::new(Vec::new());

/// What a block is decompressed with. Making one costs more than decompressing a block.
#[derive(Default)]
struct Workspace {
    decompressor: Option<Decompressor<'static>>,
    compressed: Vec<u8>,
    /// The entries of the block.
    block: Vec<u8>,
    key: Vec<u8>,
}

/// A workspace that goes back when it is no longer needed.
struct Borrowed(Workspace);

impl Borrowed {
    fn new() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self(idle.unwrap_or_default())
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE_WORKSPACES {
            idle.push(std::mem::take(&mut self.0));
        }
    }
}

/// Where the set of a term is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Beside the term, as gaps: the first so many of these bytes.
    Inline([u8; MAX_INLINE_BYTES], u8),
    /// In `postings`.
    Stored {
        offset: u64,
        length: u32,
        kind: Kind,
    },
}

/// A term that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// How many rows have it, at least one.
    pub(crate) cardinality: u32,
    pub(crate) place: Place,
}

/// Where a block is.
struct Block {
    /// End of its first key among the keys; it begins where the one before it ends.
    key_end: u32,
    offset: u32,
    length: u32,
}

/// The terms of a segment.
pub(crate) struct Dictionary<S> {
    terms: S,
    postings: S,
    /// All rows are below it.
    row_limit: u32,
    /// The first keys of the blocks, one behind the other.
    keys: Vec<u8>,
    blocks: Vec<Block>,
}

impl<S: Source> Dictionary<S> {
    /// Reads where the blocks are, and checks that they fill `terms` and that their keys ascend.
    pub(crate) fn open(
        terms: S,
        term_blocks: &S,
        postings: S,
        row_limit: u32,
    ) -> Result<Self, SegmentError> {
        let length = u32::try_from(term_blocks.length())
            .map_err(|_| malformed("its list of blocks is too long"))?;
        let mut bytes = Vec::new();
        term_blocks.read(0, length as usize, &mut bytes)?;
        let mut at = 0;
        let count = take_u32(&bytes, &mut at)? as usize;
        let heads_bytes = (bytes.len() - at) as u64;
        if (count as u64).saturating_mul(BLOCK_HEAD_BYTES as u64) > heads_bytes {
            return Err(malformed("its list of blocks is too short"));
        }
        let mut keys = Vec::with_capacity(bytes.len() - at - count * BLOCK_HEAD_BYTES);
        let mut blocks = Vec::with_capacity(count);
        let mut expected = 0u64;
        let mut last: Option<Range<usize>> = None;
        for _ in 0..count {
            let offset = take_u32(&bytes, &mut at)?;
            let length = take_u32(&bytes, &mut at)?;
            let key_length = take_u32(&bytes, &mut at)? as usize;
            let place = at..at.saturating_add(key_length);
            let key = bytes
                .get(place.clone())
                .ok_or_else(|| malformed("a key is cut off"))?;
            if key_length > MAX_KEY_BYTES {
                return Err(malformed("a key is too long"));
            }
            if last
                .and_then(|last| bytes.get(last))
                .is_some_and(|last| last >= key)
            {
                return Err(malformed("its keys do not ascend"));
            }
            if u64::from(offset) != expected {
                return Err(malformed("its blocks do not follow each other"));
            }
            if length as usize > compress_bound(MAX_BLOCK_BYTES) {
                return Err(malformed("a block is too long"));
            }
            expected += u64::from(length);
            at = place.end;
            last = Some(place);
            keys.extend_from_slice(key);
            blocks.push(Block {
                key_end: keys.len() as u32,
                offset,
                length,
            });
        }
        if at != bytes.len() || expected != terms.length() {
            return Err(malformed("its blocks are not as long as their list says"));
        }
        Ok(Self {
            terms,
            postings,
            row_limit,
            keys,
            blocks,
        })
    }

    /// The term with a key.
    pub(crate) fn find(&self, key: &[u8]) -> Result<Option<Found>, SegmentError> {
        let Some(block) = self.block_of(key) else {
            return Ok(None);
        };
        let mut cursor = self.cursor(block)?;
        while let Some(found) = cursor.next_in_block()? {
            let there = cursor.workspace.0.key.as_slice();
            if there >= key {
                return Ok((there == key).then_some(found));
            }
        }
        Ok(None)
    }

    /// Goes through the terms from a key on.
    pub(crate) fn scan(&self, from: &[u8]) -> Result<Cursor<'_, S>, SegmentError> {
        let mut cursor = self.cursor(self.block_of(from).unwrap_or(0))?;
        while let Some(found) = cursor.next_in_block()? {
            if cursor.workspace.0.key.as_slice() >= from {
                cursor.waiting = Some(found);
                break;
            }
        }
        Ok(cursor)
    }

    /// Reads the set of a term.
    pub(crate) fn posting(&self, found: &Found) -> Result<Posting, SegmentError> {
        let mut bytes = Vec::new();
        let kind = match &found.place {
            Place::Inline(set, length) => {
                bytes.extend(set.iter().take(usize::from(*length)));
                Kind::Gaps
            }
            Place::Stored {
                offset,
                length,
                kind,
            } => {
                self.postings.read(*offset, *length as usize, &mut bytes)?;
                *kind
            }
        };
        Ok(Posting::new(found.cardinality, kind, bytes, self.row_limit))
    }

    /// The same for one of many sets that lie near each other: pieces that were read are kept.
    pub(crate) fn posting_near(
        &self,
        found: &Found,
        pieces: &mut Pieces,
    ) -> Result<Posting, SegmentError> {
        let Place::Stored {
            offset,
            length,
            kind,
        } = found.place
        else {
            return self.posting(found);
        };
        if length as usize > PIECE_BYTES {
            return self.posting(found);
        }
        let mut bytes = Vec::with_capacity(length as usize);
        let (mut from, end) = (offset, offset.saturating_add(u64::from(length)));
        while from < end {
            let number = from / PIECE_BYTES as u64;
            let piece = pieces.piece(number, &self.postings)?;
            let start = (from % PIECE_BYTES as u64) as usize;
            let wanted = (end - from).min((PIECE_BYTES - start) as u64) as usize;
            let there = piece.get(start..start + wanted);
            bytes.extend_from_slice(there.ok_or_else(|| malformed("a set ends behind the sets"))?);
            from += wanted as u64;
        }
        Ok(Posting::new(found.cardinality, kind, bytes, self.row_limit))
    }

    /// The block that has a key, if there is one.
    fn block_of(&self, key: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.first_key(middle) <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
    }

    fn first_key(&self, block: usize) -> &[u8] {
        let end_of = |block: usize| self.blocks.get(block).map(|block| block.key_end as usize);
        let start = block.checked_sub(1).and_then(end_of).unwrap_or(0);
        let end = end_of(block).unwrap_or(start);
        self.keys.get(start..end).unwrap_or_default()
    }

    /// A cursor before the first entry of a block.
    fn cursor(&self, block: usize) -> Result<Cursor<'_, S>, SegmentError> {
        let mut cursor = Cursor {
            dictionary: self,
            workspace: Borrowed::new(),
            next_block: block,
            at: 0,
            waiting: None,
        };
        cursor.load()?;
        Ok(cursor)
    }

    /// Decompresses a block, whose frame has to say how long it is.
    fn decompress(&self, block: &Block, workspace: &mut Workspace) -> Result<(), SegmentError> {
        let Workspace {
            decompressor,
            compressed,
            block: out,
            ..
        } = workspace;
        self.terms
            .read(u64::from(block.offset), block.length as usize, compressed)?;
        if find_frame_compressed_size(compressed) != Ok(compressed.len()) {
            return Err(malformed("a block is not one Zstandard frame"));
        }
        let length = match get_frame_content_size(compressed) {
            Ok(Some(length)) if (1..=MAX_BLOCK_BYTES as u64).contains(&length) => length as usize,
            _ => return Err(malformed("a block does not say its length, or is too long")),
        };
        out.clear();
        out.reserve(length);
        let decompressor = decompressor.get_or_insert_default();
        let decompressed = decompressor.decompress_to_buffer(compressed.as_slice(), out);
        if decompressed.ok() != Some(length) {
            return Err(malformed("a block could not be decompressed"));
        }
        Ok(())
    }
}

/// Pieces of the stored sets, while many of them are gone through.
#[derive(Default)]
pub(crate) struct Pieces(HashMap<u64, Vec<u8>>);

impl Pieces {
    fn piece<S: Source>(&mut self, number: u64, sets: &S) -> Result<&[u8], SegmentError> {
        if !self.0.contains_key(&number) {
            if self.0.len() >= MAX_PIECES {
                self.0.clear();
            }
            let start = number.saturating_mul(PIECE_BYTES as u64);
            let length = sets.length().saturating_sub(start).min(PIECE_BYTES as u64);
            let mut bytes = Vec::new();
            sets.read(start, length as usize, &mut bytes)?;
            self.0.insert(number, bytes);
        }
        Ok(self.0.get(&number).map_or(&[], Vec::as_slice))
    }
}

/// A place among the terms.
pub(crate) struct Cursor<'a, S> {
    dictionary: &'a Dictionary<S>,
    workspace: Borrowed,
    /// The one behind the block that is in the workspace.
    next_block: usize,
    /// Where the next entry begins in it.
    at: usize,
    /// What the cursor stands on already; its key is in the workspace.
    waiting: Option<Found>,
}

impl<S: Source> Cursor<'_, S> {
    /// The next term: its key and where its set is. After an error there are none.
    pub(crate) fn next(&mut self) -> Result<Option<(&[u8], Found)>, SegmentError> {
        let found = match self.advance() {
            Ok(found) => found,
            Err(error) => {
                self.next_block = self.dictionary.blocks.len();
                self.workspace.0.block.clear();
                self.at = 0;
                return Err(error);
            }
        };
        Ok(found.map(|found| (self.workspace.0.key.as_slice(), found)))
    }

    fn advance(&mut self) -> Result<Option<Found>, SegmentError> {
        if let Some(found) = self.waiting.take() {
            return Ok(Some(found));
        }
        if let Some(found) = self.next_in_block()? {
            return Ok(Some(found));
        }
        let next = self.dictionary.first_key(self.next_block);
        if self.next_block < self.dictionary.blocks.len() && self.workspace.0.key.as_slice() >= next
        {
            return Err(malformed("its keys do not ascend"));
        }
        self.load()?;
        self.next_in_block()
    }

    /// Decompresses the next block, if there is one.
    fn load(&mut self) -> Result<(), SegmentError> {
        let workspace = &mut self.workspace.0;
        workspace.block.clear();
        workspace.key.clear();
        self.at = 0;
        if let Some(block) = self.dictionary.blocks.get(self.next_block) {
            self.dictionary.decompress(block, workspace)?;
            self.next_block += 1;
        }
        Ok(())
    }

    /// Decodes the next entry of this block.
    fn next_in_block(&mut self) -> Result<Option<Found>, SegmentError> {
        let Workspace { block, key, .. } = &mut self.workspace.0;
        if self.at >= block.len() {
            return Ok(None);
        }
        let is_first = self.at == 0;
        let shared = take_number(block, &mut self.at)?;
        let suffix = take_number(block, &mut self.at)?;
        let suffix = take(block, &mut self.at, suffix)?;
        let shared = usize::try_from(shared).unwrap_or(usize::MAX);
        if shared > key.len() || shared + suffix.len() > MAX_KEY_BYTES {
            return Err(malformed("a key shares more than there is, or is too long"));
        }
        if !is_first && suffix.first() <= key.get(shared) {
            return Err(malformed("its keys do not ascend"));
        }
        key.truncate(shared);
        key.extend_from_slice(suffix);
        if is_first && key != self.dictionary.first_key(self.next_block.saturating_sub(1)) {
            return Err(malformed("a block does not begin with its first key"));
        }
        let postings_length = self.dictionary.postings.length();
        take_set(
            block,
            &mut self.at,
            self.dictionary.row_limit,
            postings_length,
        )
        .map(Some)
    }
}

/// Reads how many rows a term has and where they are.
fn take_set(
    block: &[u8],
    at: &mut usize,
    row_limit: u32,
    postings_length: u64,
) -> Result<Found, SegmentError> {
    let number = take_number(block, at)?;
    let cardinality = match u32::try_from(number / KINDS) {
        Ok(cardinality) if (1..=row_limit).contains(&cardinality) => cardinality,
        _ => return Err(malformed("a term has no rows, or more than the segment")),
    };
    let kind = match number % KINDS {
        INLINE_GAPS => {
            let place = take_inline(block, at, cardinality)?;
            return Ok(Found { cardinality, place });
        }
        STORED_GAPS => Kind::Gaps,
        STORED_BITMAP => Kind::Bitmap,
        _ => return Err(malformed("a term is of a kind that there is not")),
    };
    let offset = take_number(block, at)?;
    let length = take_number(block, at)?;
    // No set is longer than its gaps could be.
    if length > u64::from(cardinality) * MAX_ROW_BYTES {
        return Err(malformed("a set is longer than its rows can be"));
    }
    if offset
        .checked_add(length)
        .is_none_or(|end| end > postings_length)
    {
        return Err(malformed("a set is not within the sets"));
    }
    let length = u32::try_from(length).map_err(|_| malformed("a set is too long"))?;
    Ok(Found {
        cardinality,
        place: Place::Stored {
            offset,
            length,
            kind,
        },
    })
}

/// Takes so many varints, which have to be short together.
fn take_inline(block: &[u8], at: &mut usize, cardinality: u32) -> Result<Place, SegmentError> {
    let rest = block.get(*at..).unwrap_or_default();
    let mut set = [0; MAX_INLINE_BYTES];
    let mut left = cardinality;
    for (i, (to, &byte)) in set.iter_mut().zip(rest).enumerate() {
        *to = byte;
        left -= u32::from(byte < 0x80);
        if left == 0 {
            *at += i + 1;
            return Ok(Place::Inline(set, i as u8 + 1));
        }
    }
    Err(malformed("a set beside its term is cut off or too long"))
}

fn take<'a>(bytes: &'a [u8], at: &mut usize, length: u64) -> Result<&'a [u8], SegmentError> {
    let taken = usize::try_from(length)
        .ok()
        .and_then(|length| at.checked_add(length))
        .and_then(|end| bytes.get(*at..end))
        .ok_or_else(|| malformed("an entry is cut off"))?;
    *at += taken.len();
    Ok(taken)
}

fn take_number(bytes: &[u8], at: &mut usize) -> Result<u64, SegmentError> {
    varint::read(bytes, at).ok_or_else(|| malformed("an entry is cut off"))
}

fn take_u32(bytes: &[u8], at: &mut usize) -> Result<u32, SegmentError> {
    let number = bytes.get(*at..).and_then(|rest| rest.first_chunk());
    *at += 4;
    number
        .map(|bytes| u32::from_le_bytes(*bytes))
        .ok_or_else(|| malformed("its list of blocks is cut off"))
}
