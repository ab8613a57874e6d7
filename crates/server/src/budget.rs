//! The bytes of bodies that may be in memory at once, over all requests.
//!
//! Whoever keeps bytes takes them from the budget first and gives them back by dropping the claim.
//! Over the budget a request is refused with 429: the server says no rather than grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// How many bytes there are, and how many of them are left.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    bytes: usize,
    left: Arc<AtomicUsize>,
}

/// The budget of answers, apart from that of bodies: readers that take their time keep no writer out.
#[derive(Debug, Clone)]
pub(crate) struct Answers(pub(crate) Budget);

/// There is no room for so many bytes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverBudget;

impl Budget {
    /// A budget of so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            bytes,
            left: Arc::new(AtomicUsize::new(bytes)),
        }
    }

    /// How many bytes there are.
    pub(crate) fn size(&self) -> usize {
        self.bytes
    }

    /// How many bytes are taken now.
    pub(crate) fn taken(&self) -> usize {
        self.bytes - self.left.load(Ordering::Relaxed)
    }

    /// A claim on nothing yet.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            left: Arc::clone(&self.left),
            taken: 0,
        }
    }
}

/// Bytes taken from a budget, until it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    left: Arc<AtomicUsize>,
    taken: usize,
}

impl Claim {
    /// Takes as many bytes more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .map_err(|_| OverBudget)?;
        self.taken += bytes;
        Ok(())
    }

    /// Bytes that hold the claim until the last of them has been sent.
    pub(crate) fn hold(self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Held {
            bytes,
            _claim: self,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.left.fetch_add(self.taken, Ordering::Relaxed);
    }
}

struct Held {
    bytes: Vec<u8>,
    _claim: Claim,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_budget_is_never_overdrawn_and_refills() {
        let budget = Budget::new(10);
        let mut one = budget.claim();
        let mut other = budget.claim();
        one.grow(6).unwrap();
        assert_eq!(budget.taken(), 6);
        assert_eq!(other.grow(5), Err(OverBudget));
        other.grow(4).unwrap();
        assert_eq!(one.grow(1), Err(OverBudget));
        drop(one);
        other.grow(6).unwrap();
        let bytes = other.hold(vec![1, 2, 3]);
        let slice = bytes.slice(1..);
        drop(bytes);
        assert_eq!(budget.claim().grow(1), Err(OverBudget));
        drop(slice);
        budget.claim().grow(10).unwrap();
    }
}
