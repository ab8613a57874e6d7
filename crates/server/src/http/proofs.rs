//! Proofs as they are answered, and why there may be none.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evident_ledger::Hash;
use evident_ledger::entry::{Entry, Opening, Salt};
use evident_store::proofs::ProofsError;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::problem::Problem;

/// No checkpoint covers the event yet.
pub(crate) const NOT_COVERED_YET: &str = "not_covered_yet";

/// What opens a leaf, and leads from there to the root that a checkpoint signs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeafProof {
    /// The leaf's entry, 57 bytes in base64: the event's id, when it was received, and the commitment to
    /// its content.
    #[serde(serialize_with = "entry_text")]
    #[schema(value_type = String)]
    pub(crate) entry: Entry,
    /// What the event's canonical bytes are hashed behind, 16 bytes in base64; null once the event is
    /// erased or removed, and for an event that had been recorded before unless the key may read it.
    #[serde(serialize_with = "salt_text")]
    #[schema(value_type = Option<String>, required)]
    pub(crate) salt: Option<Salt>,
    /// The inclusion proof of RFC 6962, from the leaf's sibling up, each SHA-256 in base64.
    #[serde(serialize_with = "hash_texts")]
    #[schema(value_type = Vec<String>, max_items = 65)]
    pub(crate) hashes: Vec<Hash>,
}

impl LeafProof {
    /// The proof of a leaf that was opened.
    pub(crate) fn new(opening: Opening, hashes: Vec<Hash>) -> Self {
        Self {
            entry: opening.entry,
            salt: opening.salt,
            hashes,
        }
    }
}

/// An entry in base64.
pub(crate) fn entry_text<S: Serializer>(entry: &Entry, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(entry.to_bytes()))
}

/// A salt in base64, or null.
pub(crate) fn salt_text<S: Serializer>(
    salt: &Option<Salt>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match salt {
        Some(salt) => serializer.serialize_some(&STANDARD.encode(salt.0)),
        None => serializer.serialize_none(),
    }
}

/// A hash in base64.
pub(crate) fn hash_text<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hash.to_base64())
}

/// Hashes in base64. Each text is there only while it is written.
pub(crate) fn hash_texts<S: Serializer>(hashes: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(hashes.iter().map(Hash::to_base64))
}

/// The text of a signed note that the store keeps.
pub(crate) fn note_text(note: &[u8]) -> String {
    // Notes are UTF-8; damaged ones are not shown by the store.
    String::from_utf8_lossy(note).into_owned()
}

/// There is no such log, or it is another organization's.
pub(crate) fn no_log() -> Problem {
    crate::auth::AuthError::NoLog.into()
}

/// The checkpoint that would cover the event has not come yet.
pub(crate) fn not_covered_yet() -> Problem {
    let detail = "no checkpoint covers the event yet: ask again in a second";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, NOT_COVERED_YET, detail).with_retry()
}

impl From<ProofsError> for Problem {
    fn from(error: ProofsError) -> Self {
        match error {
            ProofsError::NoLog => no_log(),
            ProofsError::NotCovered { .. } => not_covered_yet(),
            ProofsError::Removed { .. } => Self::not_found(
                "the event was removed when its time was over, and nothing is left that opens its leaf: \
                 a proof that was kept before still holds",
            ),
            ProofsError::Failed(_) => {
                // Why is in the server's log: paths and offsets are the operator's, not every client's.
                tracing::error!("{error}");
                let detail = "what is stored of the log cannot be read, or does not lead to its \
                              published root, so it is not shown: have the server's operator run \
                              `evident check`; the server's log says more, under this response's \
                              x-request-id";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "log_damaged", detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn what_the_store_cannot_show_has_a_status_of_its_own() {
        let failed = ProofsError::Failed("/secret/path".to_owned());
        for (error, status, retries) in [
            (ProofsError::NoLog, 404, false),
            (ProofsError::NotCovered { size: 7 }, 503, true),
            (ProofsError::Removed { first_index: 256 }, 404, false),
            (failed, 500, false),
        ] {
            let problem = Problem::from(error);
            assert!(!format!("{problem:?}").contains("/secret"));
            let response = problem.into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key("retry-after"), retries);
        }
    }

    #[test]
    fn a_proof_has_its_bytes_in_base64_and_null_for_a_salt_that_is_gone() {
        let entry = Entry {
            event_id: [1; 16],
            received_at_micros: 2,
            commitment: [3; 32],
        };
        let salt = Some(Salt([4; 16]));
        let proof = LeafProof::new(Opening { entry, salt }, vec![Hash([5; 32])]);
        let json = serde_json::to_value(&proof).unwrap();
        assert_eq!(json["entry"], STANDARD.encode(entry.to_bytes()));
        assert_eq!(json["salt"], STANDARD.encode([4; 16]));
        assert_eq!(
            json["hashes"],
            serde_json::json!([STANDARD.encode([5; 32])])
        );
        let erased = LeafProof::new(Opening { entry, salt: None }, Vec::new());
        let json = serde_json::to_value(&erased).unwrap();
        assert!(json["salt"].is_null());
    }
}
