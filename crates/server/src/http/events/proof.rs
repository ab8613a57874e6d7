//! `GET /v1/events/{id}/proof`: that an event is on the log, for whoever does not trust the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use evident_event::id::EventId;
use evident_ledger::Hash;
use evident_ledger::entry::{Entry, Opening, Salt};
use evident_ledger::proof_text::InclusionProof;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::log::PLAIN_TEXT;
use super::super::negotiation::{ProofForm, VARY_ACCEPT};
use super::super::problem::{Problem, ProblemBody};
use super::super::proofs::{
    entry_text, hash_text, hash_texts, no_log, not_covered_yet, note_text, salt_text,
};
use super::super::{parameters, schema};
use super::one;
use crate::auth::{Authorized, Read};
use crate::prover::Prover;
use crate::query::Questions;

/// How long an answer waits for the first checkpoint that covers the event.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(2);

/// What shows that an event is on the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventProof {
    /// The log's name: the first line of its checkpoints.
    origin: String,
    /// The number of the event's leaf, from 0.
    index: u64,
    /// The leaf, SHA-256 in base64: the hash of the entry.
    #[serde(serialize_with = "hash_text")]
    #[schema(value_type = String)]
    leaf_hash: Hash,
    /// The leaf's entry, 57 bytes in base64: the event's id, when it was received, and the commitment to
    /// its content.
    #[serde(serialize_with = "entry_text")]
    #[schema(value_type = String)]
    entry: Entry,
    /// What the event's canonical bytes are hashed behind, 16 bytes in base64; null once the event is
    /// erased.
    #[serde(serialize_with = "salt_text")]
    #[schema(value_type = Option<String>, required)]
    salt: Option<Salt>,
    /// How many events the checkpoint covers.
    size: u64,
    /// The root of their tree, SHA-256 in base64.
    #[serde(serialize_with = "hash_text")]
    #[schema(value_type = String)]
    root: Hash,
    /// The inclusion proof of RFC 6962, from the leaf's sibling up, each SHA-256 in base64.
    #[serde(serialize_with = "hash_texts")]
    #[schema(value_type = Vec<String>, max_items = 65)]
    hashes: Vec<Hash>,
    /// The checkpoint that it leads to: a signed note.
    checkpoint: String,
}

/// The proof that an event is on the log.
///
/// JSON, or as text the C2SP `tlog-proof` file that `evident verify` takes, with the entry and the salt
/// as extra data. Before the first checkpoint that covers the event it waits up to two seconds.
#[utoipa::path(
    get, path = "/v1/events/{id}/proof", tag = "events", operation_id = "get_event_proof",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(("id" = String, Path, description = "The event's id, a UUID", format = "uuid")),
    responses(
        (status = 200, description = "The proof", content(
            (EventProof = "application/json"),
            (String = "text/plain; charset=utf-8"),
        ), headers(
            ("vary" = String, description = "`accept`"),
        )),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such event", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "Neither form is accepted", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "What is stored does not lead to the published root", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "No checkpoint covers the event yet", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_event_proof(
    State(questions): State<Arc<Questions>>,
    State(prover): State<Prover>,
    reader: Authorized<Read>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    let form = ProofForm::of(&headers)?;
    let event = one::found(&questions, &reader, &id).await?;
    let organization_id = reader.caller().organization_id();
    let proof = proof(&prover, organization_id, event.index).await?;
    Ok(match form {
        ProofForm::Json => ([VARY_ACCEPT], Json(proof)).into_response(),
        ProofForm::Text => {
            let headers = [
                (CONTENT_TYPE, PLAIN_TEXT),
                (CONTENT_DISPOSITION, disposition(event.id)),
                VARY_ACCEPT,
            ];
            (headers, text(proof)).into_response()
        }
    })
}

async fn proof(prover: &Prover, organization_id: &str, index: u64) -> Result<EventProof, Problem> {
    let deadline = Instant::now() + CHECKPOINT_PATIENCE;
    let head = prover.head_beyond(organization_id, index, deadline);
    let head = head.await?.ok_or_else(not_covered_yet)?;
    let mut proofs = prover
        .proofs(organization_id, vec![index], head.size)
        .await?;
    let (opening, hashes) = proofs.pop().ok_or_else(Problem::internal)?;
    let (origin, _) = prover.names(organization_id).ok_or_else(no_log)?;
    Ok(EventProof {
        origin,
        index,
        leaf_hash: opening.entry.leaf_hash(),
        entry: opening.entry,
        salt: opening.salt,
        size: head.size,
        root: head.root,
        hashes,
        checkpoint: note_text(&head.note),
    })
}

fn text(proof: EventProof) -> String {
    let opening = Opening {
        entry: proof.entry,
        salt: proof.salt,
    };
    let proof = InclusionProof {
        extra: Some(opening.to_bytes()),
        index: proof.index,
        hashes: proof.hashes,
        checkpoint: proof.checkpoint,
    };
    proof.to_text()
}

fn disposition(id: EventId) -> HeaderValue {
    let text = format!("attachment; filename=\"{id}.tlog-proof\"");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}
