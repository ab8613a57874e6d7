//! Which batches are answered without a gap before them.
//!
//! Batches are sent side by side and answered in any order, but what is remembered is one number: up to
//! where everything is answered. It must hold that nothing is passed on before all that comes before it,
//! and nothing twice.

use std::collections::BTreeMap;

/// Puts numbered things back into their order, from 0.
#[derive(Debug)]
pub(super) struct Prefix<T> {
    next: u64,
    waiting: BTreeMap<u64, T>,
}

impl<T> Default for Prefix<T> {
    fn default() -> Self {
        Self {
            next: 0,
            waiting: BTreeMap::new(),
        }
    }
}

impl<T> Prefix<T> {
    /// Takes a thing. Gives back, in order, all that nothing is missing before any more.
    pub(super) fn take(&mut self, number: u64, thing: T) -> Vec<T> {
        if number >= self.next {
            self.waiting.entry(number).or_insert(thing);
        }
        let mut ready = Vec::new();
        while let Some(thing) = self.waiting.remove(&self.next) {
            ready.push(thing);
            self.next += 1;
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_order_each_comes_once_and_after_all_before_it(
            order in Just((0_u64..60).collect::<Vec<_>>()).prop_shuffle(),
            again in prop::collection::vec(0_usize..60, 0..20),
        ) {
            let mut prefix = Prefix::default();
            let mut seen = Vec::new();
            let mut taken = vec![false; order.len()];
            for number in order {
                seen.extend(prefix.take(number, number));
                taken[usize::try_from(number).unwrap_or_default()] = true;
                for repeated in &again {
                    if taken[*repeated] {
                        seen.extend(prefix.take(*repeated as u64, *repeated as u64));
                    }
                }
                let whole = taken.iter().take_while(|taken| **taken).count() as u64;
                prop_assert_eq!(&seen, &(0..whole).collect::<Vec<_>>());
            }
            prop_assert_eq!(seen.len(), 60);
        }
    }
}
