//! What is said of events that were recorded.

use axum::http::StatusCode;
use evident_event::id::EventId;
use evident_ledger::Hash;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::super::super::problem::ProblemEntry;
use super::super::super::proofs::{LeafProof, hash_text};
use super::problems;
use crate::capture::{Answer, Received};

/// The receipts of a request, one for each event, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipts {
    receipts: Vec<EventReceipt>,
    /// The checkpoint that covers them all, a signed note. Only with `wait=checkpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    checkpoint: Option<String>,
    /// How many events the checkpoint covers. Only with `wait=checkpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    size: Option<u64>,
}

/// What became of a request that was sent with `partial=true`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartialReceipts {
    /// The receipts of the events that were kept, in their order.
    receipts: Vec<EventReceipt>,
    /// Why the others were not.
    errors: Vec<ProblemEntry>,
    /// The checkpoint that covers them all, a signed note. Only with `wait=checkpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    checkpoint: Option<String>,
    /// How many events the checkpoint covers. Only with `wait=checkpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    size: Option<u64>,
}

/// An event is on the log: durable, sequenced and searchable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventReceipt {
    /// The event's place in the request, from 0. Only with `partial=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    position: Option<usize>,
    /// The event's id.
    #[serde(serialize_with = "display")]
    #[schema(value_type = String, format = "uuid")]
    id: EventId,
    /// The number of its leaf in the organization's log, from 0.
    index: u64,
    /// Its leaf, SHA-256 in base64.
    #[serde(serialize_with = "hash_text")]
    #[schema(value_type = String)]
    leaf_hash: Hash,
    /// It had been recorded before; this is the first receipt again.
    duplicate: bool,
    /// What its sender should know.
    warnings: Vec<EventWarning>,
    /// What leads from the event to the answer's checkpoint. Only with `wait=checkpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    proof: Option<LeafProof>,
}

/// Something about an accepted event that its sender should know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventWarning {
    /// The member in question, as an RFC 6901 pointer from the event.
    pointer: String,
    /// The kind of warning, stable, for machines.
    code: &'static str,
    /// What was expected, what came, and what to do next.
    reason: String,
}

fn display<S: Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// The checkpoint that an answer's proofs lead to, and the proofs, one for each receipt.
pub(super) struct Covering {
    pub(super) size: u64,
    pub(super) note: String,
    pub(super) proofs: Vec<LeafProof>,
}

/// Status and body of the answer to a request of which something was recorded, written into a buffer
/// that has room for so many bytes.
pub(super) fn written(
    answer: Answer,
    partial: bool,
    covering: Option<Covering>,
    room_bytes: usize,
) -> serde_json::Result<(StatusCode, Vec<u8>)> {
    if covering.is_none() && answer.refused.is_empty() {
        let body = bare_receipts(answer.received, partial)?;
        return Ok((StatusCode::CREATED, body));
    }
    let mut receipts = receipts(answer.received, partial);
    let (mut checkpoint, mut size) = (None, None);
    if let Some(covering) = covering {
        for (receipt, proof) in receipts.iter_mut().zip(covering.proofs) {
            receipt.proof = Some(proof);
        }
        (checkpoint, size) = (Some(covering.note), Some(covering.size));
    }
    let mut body = Vec::with_capacity(room_bytes);
    if answer.refused.is_empty() {
        let receipts = Receipts {
            receipts,
            checkpoint,
            size,
        };
        serde_json::to_writer(&mut body, &receipts)?;
        return Ok((StatusCode::CREATED, body));
    }
    let receipts = PartialReceipts {
        receipts,
        errors: problems::entries(&answer.refused),
        checkpoint,
        size,
    };
    serde_json::to_writer(&mut body, &receipts)?;
    Ok((StatusCode::MULTI_STATUS, body))
}

/// About what a receipt takes as JSON.
const RECEIPT_BYTES: usize = 176;

/// [`Receipts`] of which nothing is asked beside, as nearly all are: the bytes that serde would write,
/// without looking for something to escape in ids and hashes.
fn bare_receipts(received: Vec<Received>, partial: bool) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::with_capacity((received.len() + 1) * RECEIPT_BYTES);
    body.extend_from_slice(br#"{"receipts":["#);
    for (at, received) in received.into_iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        append(receipt(received, partial), &mut body)?;
    }
    body.extend_from_slice(b"]}");
    Ok(body)
}

fn append(receipt: EventReceipt, body: &mut Vec<u8>) -> serde_json::Result<()> {
    body.push(b'{');
    if let Some(position) = receipt.position {
        body.extend_from_slice(br#""position":"#);
        serde_json::to_writer(&mut *body, &position)?;
        body.push(b',');
    }
    body.extend_from_slice(br#""id":""#);
    body.extend_from_slice(&receipt.id.to_ascii());
    body.extend_from_slice(br#"","index":"#);
    serde_json::to_writer(&mut *body, &receipt.index)?;
    body.extend_from_slice(br#","leaf_hash":""#);
    body.extend_from_slice(receipt.leaf_hash.to_base64().as_bytes());
    body.extend_from_slice(br#"","duplicate":"#);
    serde_json::to_writer(&mut *body, &receipt.duplicate)?;
    body.extend_from_slice(br#","warnings":"#);
    serde_json::to_writer(&mut *body, &receipt.warnings)?;
    body.push(b'}');
    Ok(())
}

/// The receipts of events that were recorded.
pub(super) fn receipts(received: Vec<Received>, partial: bool) -> Vec<EventReceipt> {
    let received = received.into_iter();
    received
        .map(|received| receipt(received, partial))
        .collect()
}

fn receipt(received: Received, partial: bool) -> EventReceipt {
    let warning = |warning: evident_event::record::Warning| EventWarning {
        pointer: warning.pointer,
        code: warning.code,
        reason: warning.message,
    };
    EventReceipt {
        position: partial.then_some(received.position),
        id: received.receipt.id,
        index: received.receipt.index,
        leaf_hash: received.receipt.leaf_hash,
        duplicate: received.receipt.duplicate,
        warnings: received.warnings.into_iter().map(warning).collect(),
        proof: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use evident_event::record::Warning;
    use evident_store::append::Receipt;

    use super::*;

    /// Receipts with all that a receipt may say: few and many digits, both answers, warnings or none.
    fn received() -> Vec<Received> {
        let warning = || Warning {
            pointer: "/metadata/a~1b".to_owned(),
            code: "missing_metadata",
            message: "expected \"a/b\" \\ \u{1} é: add it".to_owned(),
        };
        let received = (0..4_u8).map(|number| Received {
            position: usize::from(number) * 1000,
            receipt: Receipt {
                id: EventId::from_bytes([number.wrapping_mul(97); 16]),
                index: u64::MAX >> (number * 21),
                leaf_hash: Hash([number.wrapping_mul(89); 32]),
                duplicate: number % 2 == 1,
            },
            warnings: (0..number).map(|_| warning()).collect(),
        });
        received.collect()
    }

    #[test]
    fn bare_receipts_are_what_serde_writes_of_receipts() {
        for partial in [false, true] {
            for count in [0, 1, 4] {
                let some = || received().into_iter().take(count).collect::<Vec<_>>();
                let expected = serde_json::to_string(&Receipts {
                    receipts: receipts(some(), partial),
                    checkpoint: None,
                    size: None,
                });
                let body = bare_receipts(some(), partial).unwrap();
                assert_eq!(String::from_utf8(body).unwrap(), expected.unwrap());
            }
        }
    }
}
