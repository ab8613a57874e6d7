//! Reading nearly all sets of a segment, in the order of their terms.
//!
//! Sets stand in that order too, but for those that are equal to one before them and share its
//! bytes; and fields that mirror each other share in the same order. So a few windows that move on
//! see most sets, and a piece of the file is read and verified once.

use super::super::checked::Section;
use super::super::dictionary::{Found, Place};
use super::super::error::SegmentError;
use super::super::postings::{Kind, Posting};
use super::super::source::Source;
use super::Old;

/// How many windows there are.
const WINDOWS: usize = 6;
/// Bytes of a window. Longer sets are read on their own.
const WINDOW_BYTES: usize = 64 << 10;

/// Bytes of `postings` that have been read.
#[derive(Default)]
struct Window {
    offset: u64,
    bytes: Vec<u8>,
    last_used: u64,
}

impl Window {
    fn get(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }
}

/// The sets of a segment.
pub(super) struct Sets {
    postings: Section,
    row_limit: u32,
    windows: [Window; WINDOWS],
    uses: u64,
    /// The bytes of one set, kept for the next.
    bytes: Vec<u8>,
}

impl Sets {
    pub(super) fn of(old: &Old) -> Result<Self, SegmentError> {
        Ok(Self {
            postings: old.parts.section("postings")?,
            row_limit: old.rows,
            windows: Default::default(),
            uses: 0,
            bytes: Vec::new(),
        })
    }

    /// Calls a function with each row of a set, ascending; all are rows of the segment.
    pub(super) fn each(
        &mut self,
        found: &Found,
        f: &mut impl FnMut(u32),
    ) -> Result<(), SegmentError> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
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
                self.read(*offset, *length as usize, &mut bytes)?;
                *kind
            }
        };
        let posting = Posting::new(found.cardinality, kind, bytes, self.row_limit);
        let result = posting.each(f);
        self.bytes = posting.into_bytes();
        result
    }

    fn read(&mut self, offset: u64, length: usize, into: &mut Vec<u8>) -> Result<(), SegmentError> {
        if length > WINDOW_BYTES {
            return self.postings.read(offset, length, into);
        }
        self.uses += 1;
        for window in &mut self.windows {
            if let Some(bytes) = window.get(offset, length) {
                into.extend_from_slice(bytes);
                window.last_used = self.uses;
                return Ok(());
            }
        }
        let [first, rest @ ..] = &mut self.windows;
        let oldest = rest.iter_mut().fold(first, |oldest, window| {
            match window.last_used < oldest.last_used {
                true => window,
                false => oldest,
            }
        });
        let left = self.postings.length().saturating_sub(offset);
        let taken = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(WINDOW_BYTES);
        self.postings
            .read(offset, taken.max(length), &mut oldest.bytes)?;
        oldest.offset = offset;
        oldest.last_used = self.uses;
        into.extend(oldest.bytes.iter().take(length));
        Ok(())
    }
}
