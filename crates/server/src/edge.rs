//! What the server takes from the machine it runs on: the time and randomness.
//!
//! Everything below asks for both here, once a request, and passes them on as values; so the code
//! that decides anything can be called with any time. Randomness comes from the operating system,
//! and its failure is an error, never a weaker source.

use std::time::{SystemTime, UNIX_EPOCH};

use evident_event::id::EventId;
use evident_event::time::Timestamp;

/// Random bytes that a UUIDv7 takes.
const V7_RANDOM_BYTES: usize = 10;

/// The operating system gave no random bytes.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}; check that getrandom(2) is allowed here")]
pub(crate) struct NoRandomness(String);

/// The wall clock. It may jump: nothing relies on its order.
pub(crate) fn now() -> Timestamp {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |m| -m),
    };
    Timestamp::from_micros(micros)
}

/// Fills `bytes` with randomness fit for secrets.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(|error| NoRandomness(error.to_string()))
}

/// `N` random bytes, fit for secrets.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

/// As many fresh event ids, with one call for all their randomness.
pub(crate) fn event_ids(count: usize, now: Timestamp) -> Result<Vec<EventId>, NoRandomness> {
    let mut bytes = vec![0; count * V7_RANDOM_BYTES];
    fill_random(&mut bytes)?;
    let (chunks, _) = bytes.as_chunks::<V7_RANDOM_BYTES>();
    Ok(chunks
        .iter()
        .map(|random| EventId::v7(now.as_micros(), *random))
        .collect())
}

/// A fresh id for something that is no event: the prefix, `_`, and a UUIDv7 without hyphens, so
/// that ids sort by the time they were made.
pub(crate) fn prefixed_id(prefix: &str, now: Timestamp) -> Result<String, NoRandomness> {
    let id = EventId::v7(now.as_micros(), random()?);
    let uuid = uuid::Uuid::from_bytes(*id.as_bytes());
    Ok(format!("{prefix}_{}", uuid.as_simple()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn ids_are_distinct_and_carry_the_time() {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let ids = event_ids(100, now).unwrap();
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), 100);
        let millis = 1_700_000_000_000_u64.to_be_bytes();
        assert!(ids.iter().all(|id| id.as_bytes()[..6] == millis[2..]));
    }

    #[test]
    fn a_prefixed_id_is_one_path_segment() {
        let id = prefixed_id("org", now()).unwrap();
        assert!(id.starts_with("org_"));
        assert_eq!(id.len(), 4 + 32);
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    }
}
