//! Sets of terms that were read lately, decoded.
//!
//! Terms that many rows have are asked for again and again, and reading one anew costs more than
//! using it. What must hold: no more than [`MAX_BYTES`] are kept, by what the sets have on disk.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use roaring::RoaringBitmap;

use super::error::SegmentError;

/// Bytes of sets that are kept.
const MAX_BYTES: usize = 64 << 20;

/// A segment's generation, and where in its sets the set begins.
type Key = (u32, u64);

struct Kept {
    set: Arc<RoaringBitmap>,
    bytes: usize,
    last_used: u64,
}

#[derive(Default)]
struct Inner {
    sets: HashMap<Key, Kept>,
    bytes: usize,
    /// Counts uses.
    clock: u64,
}

/// The sets that are kept.
#[derive(Default)]
pub(crate) struct Sets(Mutex<Inner>);

impl Sets {
    /// A set of so many bytes; read if it is not kept.
    pub(crate) fn get(
        &self,
        key: Key,
        bytes: usize,
        read: impl FnOnce() -> Result<RoaringBitmap, SegmentError>,
    ) -> Result<Arc<RoaringBitmap>, SegmentError> {
        if let Some(set) = self.kept(key) {
            return Ok(set);
        }
        // Read outside of the lock; who else reads it meanwhile has read it twice.
        let set = Arc::new(read()?);
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.keep(key, Arc::clone(&set), bytes);
        Ok(set)
    }

    fn kept(&self, key: Key) -> Option<Arc<RoaringBitmap>> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        let kept = inner.sets.get_mut(&key)?;
        kept.last_used = now;
        Some(Arc::clone(&kept.set))
    }
}

impl Inner {
    fn keep(&mut self, key: Key, set: Arc<RoaringBitmap>, bytes: usize) {
        if bytes > MAX_BYTES {
            return;
        }
        if self.bytes + bytes > MAX_BYTES {
            self.forget_half();
        }
        let kept = Kept {
            set,
            bytes,
            last_used: self.clock,
        };
        self.bytes += bytes;
        if let Some(before) = self.sets.insert(key, kept) {
            self.bytes -= before.bytes;
        }
    }

    /// Lets go of the sets that were not used for the longest time, half of all bytes at least.
    fn forget_half(&mut self) {
        let mut uses: Vec<(u64, usize)> = self
            .sets
            .values()
            .map(|kept| (kept.last_used, kept.bytes))
            .collect();
        uses.sort_unstable();
        let mut freed = 0;
        let mut through = 0;
        for (last_used, bytes) in uses {
            if freed >= MAX_BYTES / 2 {
                break;
            }
            freed += bytes;
            through = last_used;
        }
        self.sets.retain(|_, kept| kept.last_used > through);
        self.bytes = self.sets.values().map(|kept| kept.bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(row: u32) -> Result<RoaringBitmap, SegmentError> {
        Ok(RoaringBitmap::from_iter([row]))
    }

    fn never() -> Result<RoaringBitmap, SegmentError> {
        Err(SegmentError::malformed("test", "it was to be kept"))
    }

    #[test]
    fn a_set_is_read_once_and_an_error_is_not_kept() {
        let sets = Sets::default();
        assert!(sets.get((1, 0), 10, never).is_err());
        assert!(sets.get((1, 0), 10, || read(7)).unwrap().contains(7));
        assert!(sets.get((1, 0), 10, never).unwrap().contains(7));
        assert!(sets.get((2, 0), 10, || read(8)).unwrap().contains(8));
    }

    #[test]
    fn what_is_used_stays_and_the_bytes_are_bounded() {
        const PIECE: usize = MAX_BYTES / 16;
        let sets = Sets::default();
        for number in 0..100 {
            sets.get((1, number), PIECE, || read(1)).unwrap();
            sets.get((1, 0), PIECE, never).unwrap();
            let inner = sets.0.lock().unwrap();
            assert!(inner.bytes <= MAX_BYTES);
            assert_eq!(inner.bytes, inner.sets.len() * PIECE);
        }
        assert!(sets.get((1, 50), PIECE, never).is_err());
    }
}
