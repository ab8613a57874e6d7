//! Failed tries, counted in windows that grow, in bounded memory.
//!
//! A key has so many tries a window. A window opens with the first try in it. One with more failures than
//! are tolerated makes the next one twice as long, up to a limit; one with fewer makes it half as long;
//! after a long time without any the key is forgotten. What must always hold:
//!
//! - no key is refused for longer than the longest window;
//! - a try is counted before its outcome is known, so tries at the same time do not slip through
//!   together; a success is taken back;
//! - there are never more counters than the limit. When there is no room, the lightest ones go, those
//!   with the shortest window and the fewest tries: whoever floods the memory with new keys drives out
//!   his own junk, and a counter that weighs is only displaced by as many that were as hard to earn.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How long a key without tries is remembered after its window.
pub(super) const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// When there is no room, one of so many counters goes, so that room is seldom looked for.
const EVICTED_PART: usize = 8;

/// How a kind of key is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Tries a window.
    pub(super) tries: u32,
    /// Failures that do not make the next window longer.
    pub(super) tolerated: u32,
    /// The shortest window.
    pub(super) first_window: Duration,
    /// How often a window may double.
    pub(super) max_doublings: u8,
    /// Most keys that are remembered.
    pub(super) max_keys: usize,
}

/// The window that a try was counted in, to take it back from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window(Instant);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Counter {
    // In the order of their weight.
    doublings: u8,
    tries: u32,
    opened: Instant,
}

/// The counters of a kind of key.
#[derive(Debug)]
pub(super) struct Counters<K> {
    rule: Rule,
    counters: HashMap<K, Counter>,
}

impl Rule {
    fn window(&self, doublings: u8) -> Duration {
        self.first_window * (1 << doublings)
    }

    /// What a counter comes to at a time, if a try is made then.
    fn at(&self, counter: Counter, now: Instant) -> Counter {
        let window = self.window(counter.doublings);
        let elapsed = now.saturating_duration_since(counter.opened);
        if elapsed < window {
            return counter;
        }
        let doublings = if elapsed - window >= REMEMBERED {
            0
        } else if counter.tries > self.tolerated {
            counter.doublings.saturating_add(1).min(self.max_doublings)
        } else {
            counter.doublings.saturating_sub(1)
        };
        Counter {
            doublings,
            tries: 0,
            opened: now,
        }
    }

    fn is_forgotten(&self, counter: &Counter, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(counter.opened);
        elapsed >= self.window(counter.doublings) + REMEMBERED
    }
}

impl<K: Eq + Hash + Clone> Counters<K> {
    /// No counters yet.
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            rule,
            counters: HashMap::new(),
        }
    }

    /// How long a key has to wait for its next try, if it has to.
    pub(super) fn wait(&self, key: &K, now: Instant) -> Option<Duration> {
        let counter = self.rule.at(*self.counters.get(key)?, now);
        if counter.tries < self.rule.tries {
            return None;
        }
        let window = self.rule.window(counter.doublings);
        Some(window.saturating_sub(now.saturating_duration_since(counter.opened)))
    }

    /// Counts a try.
    pub(super) fn count(&mut self, key: K, now: Instant) -> Window {
        if self.counters.len() >= self.rule.max_keys && !self.counters.contains_key(&key) {
            self.make_room(now);
        }
        let rule = self.rule;
        let counter = self.counters.entry(key).or_insert(Counter {
            doublings: 0,
            tries: 0,
            opened: now,
        });
        *counter = rule.at(*counter, now);
        counter.tries = counter.tries.saturating_add(1);
        Window(counter.opened)
    }

    /// Takes a try back that was no failure, unless its window has passed.
    pub(super) fn take_back(&mut self, key: &K, window: Window) {
        let Some(counter) = self.counters.get_mut(key) else {
            return;
        };
        if counter.opened != window.0 {
            return;
        }
        counter.tries = counter.tries.saturating_sub(1);
        if counter.tries == 0 && counter.doublings == 0 {
            self.counters.remove(key);
        }
    }

    /// Forgets what is due, and the lightest counters if that is not enough.
    fn make_room(&mut self, now: Instant) {
        let rule = self.rule;
        self.counters
            .retain(|_, counter| !rule.is_forgotten(counter, now));
        let kept = rule.max_keys - rule.max_keys.div_ceil(EVICTED_PART);
        let mut excess = self.counters.len().saturating_sub(kept);
        let Some(last) = excess.checked_sub(1) else {
            return;
        };
        let mut weights: Vec<Counter> = self.counters.values().copied().collect();
        let (_, heaviest, _) = weights.select_nth_unstable(last);
        let heaviest = *heaviest;
        // The lighter ones first: of those that weigh the same as the heaviest to go, some may stay.
        self.counters.retain(|_, counter| {
            let goes = *counter < heaviest;
            excess -= usize::from(goes);
            !goes
        });
        self.counters.retain(|_, counter| {
            let goes = excess > 0 && *counter == heaviest;
            excess -= usize::from(goes);
            !goes
        });
    }

    /// How many keys are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counters.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const RULE: Rule = Rule {
        tries: 3,
        tolerated: 1,
        first_window: MINUTE,
        max_doublings: 2,
        max_keys: 16,
    };

    /// Tries as often as it may, and says how often that was.
    fn try_all(counters: &mut Counters<u32>, key: u32, now: Instant) -> u32 {
        let mut tries = 0;
        while counters.wait(&key, now).is_none() {
            counters.count(key, now);
            tries += 1;
        }
        tries
    }

    #[test]
    fn windows_double_up_to_the_limit() {
        let mut counters = Counters::new(RULE);
        let mut now = Instant::now();
        for minutes in [1, 2, 4, 4, 4] {
            assert_eq!(try_all(&mut counters, 1, now), 3);
            assert_eq!(counters.wait(&1, now), Some(minutes * MINUTE));
            let nearly = now + minutes * MINUTE - Duration::from_millis(1);
            assert_eq!(counters.wait(&1, nearly), Some(Duration::from_millis(1)));
            now += minutes * MINUTE;
            assert_eq!(counters.wait(&1, now), None);
        }
    }

    #[test]
    fn tolerated_windows_halve_the_next_and_long_silence_forgets() {
        let mut counters = Counters::new(RULE);
        let mut now = Instant::now();
        try_all(&mut counters, 1, now);
        now += MINUTE;
        try_all(&mut counters, 1, now);
        now += 2 * MINUTE;
        // Now the window has 4 minutes; with one failure in it, the next one has 2.
        counters.count(1, now);
        now += 4 * MINUTE;
        try_all(&mut counters, 1, now);
        assert_eq!(counters.wait(&1, now), Some(2 * MINUTE));
        now += 2 * MINUTE + REMEMBERED;
        try_all(&mut counters, 1, now);
        assert_eq!(counters.wait(&1, now), Some(MINUTE));
    }

    #[test]
    fn a_success_takes_back_its_own_try_alone() {
        let mut counters = Counters::new(RULE);
        let now = Instant::now();
        counters.count(1, now);
        counters.count(1, now);
        let window = counters.count(1, now);
        assert!(counters.wait(&1, now).is_some());
        counters.take_back(&1, window);
        assert_eq!(try_all(&mut counters, 1, now), 1);
        // In a later window there is nothing to take back.
        let later = now + MINUTE;
        assert_eq!(try_all(&mut counters, 1, later), 3);
        counters.take_back(&1, window);
        assert!(counters.wait(&1, later).is_some());
    }

    #[test]
    fn a_key_without_failures_takes_no_memory() {
        let mut counters = Counters::new(RULE);
        let now = Instant::now();
        let window = counters.count(1, now);
        counters.take_back(&1, window);
        assert_eq!(counters.len(), 0);
    }

    #[test]
    fn a_flood_of_new_keys_drives_out_its_own_junk_and_not_what_weighs() {
        let mut counters = Counters::new(RULE);
        let now = Instant::now();
        try_all(&mut counters, 0, now);
        for key in 1..10_000 {
            counters.count(key, now);
            assert!(counters.len() <= RULE.max_keys);
            assert!(counters.wait(&0, now).is_some(), "{key}");
        }
        // Also when the junk is newer, and the window is over but not forgotten.
        let later = now + MINUTE;
        for key in 10_000..20_000 {
            counters.count(key, later);
        }
        try_all(&mut counters, 0, later);
        assert_eq!(counters.wait(&0, later), Some(2 * MINUTE));
    }

    #[test]
    fn what_is_forgotten_goes_before_what_is_not() {
        let mut counters = Counters::new(RULE);
        let now = Instant::now();
        for key in 0..8 {
            try_all(&mut counters, key, now);
        }
        let later = now + 4 * MINUTE + REMEMBERED;
        for key in 8..16 {
            counters.count(key, later);
        }
        counters.count(16, later);
        assert_eq!(counters.len(), 9);
    }

    #[test]
    fn a_clock_that_goes_back_neither_frees_nor_holds_anybody_longer() {
        let mut counters = Counters::new(RULE);
        let past = Instant::now();
        let now = past + 10 * MINUTE;
        try_all(&mut counters, 1, now);
        assert_eq!(counters.wait(&1, past), Some(MINUTE));
    }

    proptest! {
        #[test]
        fn bounds_hold_whatever_happens(
            acts in prop::collection::vec((0_u32..64, 0_u64..200, any::<bool>()), 1..400),
        ) {
            let mut counters = Counters::new(RULE);
            let mut now = Instant::now();
            for (key, seconds, succeeds) in acts {
                now += Duration::from_secs(seconds);
                match counters.wait(&key, now) {
                    Some(wait) => prop_assert!(wait > Duration::ZERO && wait <= 4 * MINUTE),
                    None => {
                        let window = counters.count(key, now);
                        if succeeds {
                            counters.take_back(&key, window);
                        }
                    }
                }
                prop_assert!(counters.len() <= RULE.max_keys);
            }
        }
    }
}
