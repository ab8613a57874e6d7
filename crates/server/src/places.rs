//! Places for what is answered for longer than a moment, such as tails, exports and downloads.
//!
//! It must hold that one key cannot take the places of all: each has a share of its own, and what a
//! key has taken it gives back when it ends, however it ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// There is no place left.
#[derive(Debug, thiserror::Error)]
#[error("{what}: end one of them, or try again later")]
pub(crate) struct NoPlace {
    /// The code of the refusal.
    pub(crate) code: &'static str,
    /// What is full.
    pub(crate) what: String,
}

/// Places of one kind.
#[derive(Debug)]
pub(crate) struct Places {
    /// What they are for, in words.
    what: &'static str,
    /// The code of the refusal when there are none left.
    code: &'static str,
    max: usize,
    max_per_key: usize,
    /// How many each key has taken; a key that has none is not here.
    taken: Mutex<HashMap<Arc<str>, usize>>,
}

impl Places {
    /// So many in all, and so many of them for one key.
    pub(crate) fn new(
        what: &'static str,
        code: &'static str,
        max: usize,
        max_per_key: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            what,
            code,
            max,
            max_per_key,
            taken: Mutex::default(),
        })
    }

    /// Takes a place for a key, until it is dropped.
    pub(crate) fn enter(self: &Arc<Self>, key_id: &Arc<str>) -> Result<Place, NoPlace> {
        let (what, code) = (self.what, self.code);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.max {
            let what = format!("{} {what} are open, as many as there may be", self.max);
            return Err(NoPlace { code, what });
        }
        let own = taken.entry(Arc::clone(key_id)).or_default();
        if *own >= self.max_per_key {
            let max = self.max_per_key;
            let what = format!("this key has {max} {what} open, as many as it may have");
            return Err(NoPlace { code, what });
        }
        *own += 1;
        Ok(Place {
            places: Arc::clone(self),
            key_id: Arc::clone(key_id),
        })
    }

    /// Whether all places are free.
    #[cfg(test)]
    pub(crate) fn are_free(&self) -> bool {
        self.taken.lock().is_ok_and(|taken| taken.is_empty())
    }
}

/// A place that is taken.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    key_id: Arc<str>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let taken = &self.places.taken;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.key_id) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.key_id);
            }
        }
    }
}
