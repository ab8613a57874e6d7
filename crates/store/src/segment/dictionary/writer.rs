//! Writing the dictionary: terms come in order and leave as compressed blocks.
//!
//! What a reader refuses is asserted here, so that a mistake shows when a segment is made and not
//! when it is needed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::io;

use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

use super::super::postings::{self, Kind, MAX_INLINE_BYTES};
use super::super::varint;
use super::{
    FULL_BLOCK_BYTES, INLINE_GAPS, KINDS, MAX_BLOCK_BYTES, MAX_KEY_BYTES, STORED_BITMAP,
    STORED_GAPS,
};

/// How hard blocks are compressed.
const LEVEL: i32 = 1;

/// The sections that a dictionary consists of.
pub(crate) struct Sections {
    pub(crate) postings: Vec<u8>,
    pub(crate) terms: Vec<u8>,
    pub(crate) term_blocks: Vec<u8>,
}

/// Makes a dictionary of terms that are given in the order of their keys.
pub(crate) struct DictionaryWriter {
    postings: Vec<u8>,
    /// Offset and length of stored sets by a hash of their bytes.
    stored: HashMap<u64, (usize, usize)>,
    terms: Vec<u8>,
    /// `term_blocks` without the number of blocks.
    heads: Vec<u8>,
    blocks: u32,
    compressor: Compressor<'static>,
    block: Vec<u8>,
    compressed: Vec<u8>,
    first_key: Vec<u8>,
    /// Only the very first key follows none.
    last_key: Option<Vec<u8>>,
    encoded: Vec<u8>,
}

impl DictionaryWriter {
    /// Fails if there is no memory for the compressor.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            postings: Vec::new(),
            stored: HashMap::new(),
            terms: Vec::new(),
            heads: Vec::new(),
            blocks: 0,
            compressor: Compressor::new(LEVEL)?,
            block: Vec::with_capacity(2 * FULL_BLOCK_BYTES),
            compressed: Vec::new(),
            first_key: Vec::new(),
            last_key: None,
            encoded: Vec::new(),
        })
    }

    /// Adds a term, whose key is above that of the one before it, and its rows, ascending.
    pub(crate) fn push(&mut self, key: &[u8], rows: &[u32]) -> io::Result<()> {
        assert!(key.len() <= MAX_KEY_BYTES, "a key is too long");
        assert!(!rows.is_empty(), "a term has rows");
        assert!(
            u32::try_from(rows.len()).is_ok(),
            "a term has more rows than there can be"
        );
        let shared = self.follow(key);
        let suffix = key.get(shared..).unwrap_or_default();
        varint::push(&mut self.block, shared as u64);
        varint::push(&mut self.block, suffix.len() as u64);
        self.block.extend_from_slice(suffix);
        self.push_set(rows);
        if self.block.len() >= FULL_BLOCK_BYTES {
            self.end_block()?;
        }
        Ok(())
    }

    /// Ends the last block.
    pub(crate) fn finish(mut self) -> io::Result<Sections> {
        self.end_block()?;
        let mut term_blocks = Vec::with_capacity(4 + self.heads.len());
        term_blocks.extend_from_slice(&self.blocks.to_le_bytes());
        term_blocks.extend_from_slice(&self.heads);
        Ok(Sections {
            postings: self.postings,
            terms: self.terms,
            term_blocks,
        })
    }

    /// Makes a key the last one and gives how many bytes it shares with the one before it in its block.
    fn follow(&mut self, key: &[u8]) -> usize {
        let mut shared = 0;
        if let Some(last) = &self.last_key {
            shared = shared_prefix(last, key);
            assert!(key.get(shared) > last.get(shared), "keys are ascending");
        }
        let last = self.last_key.get_or_insert_default();
        if self.block.is_empty() {
            self.first_key.clear();
            self.first_key.extend_from_slice(key);
            shared = 0;
        }
        last.truncate(shared);
        last.extend_from_slice(key.get(shared..).unwrap_or_default());
        shared
    }

    fn push_set(&mut self, rows: &[u32]) {
        let kind = postings::encode(rows, &mut self.encoded);
        let cardinality = rows.len() as u64 * KINDS;
        let kind = match kind {
            Kind::Gaps if self.encoded.len() <= MAX_INLINE_BYTES => {
                varint::push(&mut self.block, cardinality + INLINE_GAPS);
                self.block.extend_from_slice(&self.encoded);
                return;
            }
            Kind::Gaps => STORED_GAPS,
            Kind::Bitmap => STORED_BITMAP,
        };
        let offset = self.store();
        varint::push(&mut self.block, cardinality + kind);
        varint::push(&mut self.block, offset as u64);
        varint::push(&mut self.block, self.encoded.len() as u64);
    }

    /// Where the encoded set stands in `postings`; equal ones stand there once. A hash that others
    /// have too only costs the sharing.
    fn store(&mut self) -> usize {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.encoded);
        let hash = hasher.finish();
        if let Some(&(offset, length)) = self.stored.get(&hash)
            && self.postings.get(offset..offset + length) == Some(self.encoded.as_slice())
        {
            return offset;
        }
        let offset = self.postings.len();
        self.postings.extend_from_slice(&self.encoded);
        self.stored
            .entry(hash)
            .or_insert((offset, self.encoded.len()));
        offset
    }

    fn end_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        assert!(self.block.len() <= MAX_BLOCK_BYTES, "a block is too long");
        self.compressed.clear();
        self.compressed.reserve(compress_bound(self.block.len()));
        self.compressor
            .compress_to_buffer(&self.block, &mut self.compressed)?;
        for number in [
            self.terms.len(),
            self.compressed.len(),
            self.first_key.len(),
        ] {
            assert!(
                u32::try_from(number).is_ok(),
                "more terms than offsets can reach"
            );
            self.heads.extend_from_slice(&(number as u32).to_le_bytes());
        }
        self.heads.extend_from_slice(&self.first_key);
        self.terms.extend_from_slice(&self.compressed);
        self.blocks += 1;
        self.block.clear();
        Ok(())
    }
}

/// How many bytes two keys begin with alike.
fn shared_prefix(a: &[u8], b: &[u8]) -> usize {
    let (a_words, _) = a.as_chunks::<8>();
    let (b_words, _) = b.as_chunks::<8>();
    let mut shared = 0;
    for (a, b) in a_words.iter().zip(b_words) {
        let different = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if different != 0 {
            return shared + different.trailing_zeros() as usize / 8;
        }
        shared += 8;
    }
    let rest = |key| <[u8]>::iter(key).skip(shared);
    shared + rest(a).zip(rest(b)).take_while(|(a, b)| a == b).count()
}
