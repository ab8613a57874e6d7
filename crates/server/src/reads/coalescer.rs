//! What happens again and again is told of once a while.
//!
//! What must always hold:
//!
//! - of equal things, the first one within [`WINDOW`] counts, whenever the one before it was told of;
//! - memory is bounded: where there are too many different things, the oldest is forgotten, so that it may be told
//!   of again too early, but nothing ever goes untold.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How long after something was told of it is not told of again.
pub(super) const WINDOW: Duration = Duration::from_mins(1);
/// Most different things that are remembered: some megabytes.
pub(super) const MAX_ENTRIES: usize = 20_000;

/// Remembers what was told of lately.
#[derive(Debug)]
pub(super) struct Coalescer<K> {
    known: HashSet<K>,
    /// The same in the order in which they were told of.
    in_order: VecDeque<(Instant, K)>,
}

impl<K: Hash + Eq + Clone> Coalescer<K> {
    /// Remembers nothing.
    pub(super) fn new() -> Self {
        Self {
            known: HashSet::new(),
            in_order: VecDeque::new(),
        }
    }

    /// Whether this is to be told of now; from then on it is known.
    pub(super) fn is_first(&mut self, key: K, now: Instant) -> bool {
        while let Some((told_at, _)) = self.in_order.front()
            && now.saturating_duration_since(*told_at) >= WINDOW
        {
            self.forget_oldest();
        }
        if self.known.contains(&key) {
            return false;
        }
        if self.in_order.len() >= MAX_ENTRIES {
            self.forget_oldest();
        }
        self.in_order.push_back((now, key.clone()));
        self.known.insert(key)
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.in_order.pop_front() {
            self.known.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_is_told_once_a_window_and_something_else_at_once() {
        let start = Instant::now();
        let mut coalescer = Coalescer::new();
        assert!(coalescer.is_first("a", start));
        assert!(!coalescer.is_first("a", start));
        assert!(coalescer.is_first("b", start + WINDOW / 2));
        let almost = start + WINDOW - Duration::from_nanos(1);
        assert!(!coalescer.is_first("a", almost));
        assert!(coalescer.is_first("a", start + WINDOW));
        assert!(!coalescer.is_first("b", start + WINDOW));
    }

    #[test]
    fn too_many_different_things_are_all_told_and_memory_stays_bounded() {
        let now = Instant::now();
        let mut coalescer = Coalescer::new();
        for thing in 0..3 * MAX_ENTRIES {
            assert!(coalescer.is_first(thing, now), "{thing}");
        }
        assert_eq!(coalescer.in_order.len(), MAX_ENTRIES);
        assert_eq!(coalescer.known.len(), MAX_ENTRIES);
        assert!(!coalescer.is_first(3 * MAX_ENTRIES - 1, now));
        assert!(coalescer.is_first(0, now), "forgotten, so told again");
    }

    proptest! {
        #[test]
        fn nothing_goes_untold_for_longer_than_a_window(
            seen in prop::collection::vec((0_u8..4, 0_u64..40), 1..100)
        ) {
            let start = Instant::now();
            let mut coalescer = Coalescer::new();
            let mut told = std::collections::HashMap::new();
            let mut now = start;
            for (key, seconds) in seen {
                now += Duration::from_secs(seconds);
                let is_due = told.get(&key).is_none_or(|at| now - *at >= WINDOW);
                prop_assert_eq!(coalescer.is_first(key, now), is_due);
                if is_due {
                    told.insert(key, now);
                }
            }
        }
    }
}
