//! Who has downloaded what lately: a download that goes on in parts is recorded once.
//!
//! It must hold that memory is bounded, and that what is forgotten is recorded once more and never less.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the parts of a download count as one after it was recorded.
pub(crate) const WINDOW: Duration = Duration::from_mins(10);
/// Most downloads that are remembered.
const MAX_ENTRIES: usize = 10_000;

/// The downloads that were recorded lately.
#[derive(Debug, Default)]
pub(super) struct Taken(HashMap<(Arc<str>, String), Instant>);

impl Taken {
    /// Whether these credentials' download of an export was recorded lately.
    pub(super) fn lately(&self, credential: &Arc<str>, id: &str, now: Instant) -> bool {
        let key = (Arc::clone(credential), id.to_owned());
        let at = self.0.get(&key);
        at.is_some_and(|at| now.saturating_duration_since(*at) < WINDOW)
    }

    /// It was recorded now.
    pub(super) fn note(&mut self, credential: &Arc<str>, id: &str, now: Instant) {
        if self.0.len() >= MAX_ENTRIES {
            self.0
                .retain(|_, at| now.saturating_duration_since(*at) < WINDOW);
        }
        if self.0.len() >= MAX_ENTRIES {
            self.0.clear();
        }
        self.0.insert((Arc::clone(credential), id.to_owned()), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_goes_on_for_a_while_and_for_the_same_credentials_only() {
        let (one, other): (Arc<str>, Arc<str>) = (Arc::from("key_1"), Arc::from("key_2"));
        let start = Instant::now();
        let mut taken = Taken::default();
        assert!(!taken.lately(&one, "exp_1", start));
        taken.note(&one, "exp_1", start);
        assert!(taken.lately(&one, "exp_1", start + WINDOW / 2));
        assert!(!taken.lately(&one, "exp_1", start + WINDOW));
        assert!(!taken.lately(&one, "exp_2", start));
        assert!(!taken.lately(&other, "exp_1", start));
        for number in 0..2 * MAX_ENTRIES {
            taken.note(&one, &number.to_string(), start);
        }
        assert!(taken.0.len() <= MAX_ENTRIES);
    }
}
