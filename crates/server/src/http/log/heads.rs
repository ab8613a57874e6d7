//! `/v1/log`: what somebody needs who keeps an eye on the log: its key, its checkpoints, and that each
//! extends those before.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use evident_ledger::proof_text::ConsistencyProof;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::negotiation::{ProofForm, VARY_ACCEPT};
use super::super::parameters;
use super::super::problem::{Problem, ProblemBody};
use super::super::proofs::{hash_text, hash_texts, no_log, note_text};
use super::super::schema;
use super::PLAIN_TEXT;
use crate::auth::{Authorized, Read};
use crate::control::Organizations;
use crate::prover::Prover;

/// How many checkpoints a page has unless it is said.
const DEFAULT_PAGE: u64 = 50;
/// How many checkpoints a page has at most.
const MAX_PAGE: u64 = 500;

/// A log, and its newest checkpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogHead {
    /// Its name: the first line of its checkpoints.
    origin: String,
    /// What its checkpoints are checked with. Keep it somewhere else: whoever can change the log could
    /// change it here.
    verifier_key: String,
    /// Whether anybody may read it under `/log`, without a key.
    public: bool,
    /// How many events the checkpoint covers.
    size: u64,
    /// The index below which all events were removed, as their time was over, and no entries are shown any
    /// more: a multiple of 256, and 0 while nothing was removed. It only grows.
    minimum_index: u64,
    /// The root of the tree of all events that there were, SHA-256 in base64.
    #[serde(serialize_with = "hash_text")]
    #[schema(value_type = String)]
    root: Hash,
    /// The checkpoint: a signed note.
    checkpoint: String,
}

/// A checkpoint that was published once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishedCheckpoint {
    /// How many events it covers.
    size: u64,
    /// The root of their tree, SHA-256 in base64.
    #[serde(serialize_with = "hash_text")]
    #[schema(value_type = String)]
    root: Hash,
    /// When it was signed by the server's clock, in UTC. Nobody has signed this.
    #[schema(format = DateTime)]
    signed_at: String,
    /// The checkpoint: a signed note.
    checkpoint: String,
}

/// A page of checkpoints, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckpointPage {
    /// The checkpoints.
    #[schema(max_items = 500)]
    data: Vec<PublishedCheckpoint>,
    /// What `before` must be to go on; null on the last page.
    #[schema(required)]
    next_before: Option<u64>,
}

/// That the log extends what it was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogConsistency {
    /// The older size.
    from: u64,
    /// The newer size.
    to: u64,
    /// The consistency proof of RFC 6962, each SHA-256 in base64.
    #[serde(serialize_with = "hash_texts")]
    #[schema(value_type = Vec<String>, max_items = 65)]
    hashes: Vec<Hash>,
    /// The checkpoint of the newer size: a signed note.
    checkpoint: String,
}

/// The organization's log: its name, its key and its newest checkpoint.
#[utoipa::path(
    get, path = "/v1/log", tag = "log", operation_id = "get_log",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    responses(
        (status = 200, description = "The log", body = LogHead),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no log", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "The log's files cannot be used", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "No checkpoint has been published yet", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_log(
    State(prover): State<Prover>,
    State(organizations): State<Arc<Organizations>>,
    reader: Authorized<Read>,
    uri: Uri,
) -> Result<Json<LogHead>, Problem> {
    parameters::none(&uri)?;
    let id = reader.caller().organization_id();
    let head = prover.head(id)?;
    let (origin, verifier_key) = prover.names(id).ok_or_else(no_log)?;
    Ok(Json(LogHead {
        origin,
        verifier_key,
        public: organizations.is_log_public(id),
        size: head.size,
        minimum_index: prover.minimum_index(id),
        root: head.root,
        checkpoint: note_text(&head.note),
    }))
}

/// The checkpoints that were published, the newest first.
#[utoipa::path(
    get, path = "/v1/log/checkpoints", tag = "log", operation_id = "list_checkpoints",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        ("before" = Option<u64>, Query, nullable = false, minimum = 0, description = "Only checkpoints that are smaller; `next_before` of the page before"),
        ("limit" = Option<u16>, Query, nullable = false, minimum = 1, maximum = 500, description = "How many; 50 by default"),
    ),
    responses(
        (status = 200, description = "The checkpoints", body = CheckpointPage),
        (status = 400, description = "A parameter is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The log cannot be read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "What is stored cannot be read", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_checkpoints(
    State(prover): State<Prover>,
    reader: Authorized<Read>,
    uri: Uri,
) -> Result<Json<CheckpointPage>, Problem> {
    let [before, limit] = parameters::numbers(&uri, ["before", "limit"])?;
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        let detail = format!("limit: give a number from 1 to {MAX_PAGE}");
        return Err(Problem::bad_request("bad_limit", detail));
    }
    let id = reader.caller().organization_id();
    let (found, more) = prover.past_heads(id, before, limit as usize).await?;
    let next_before = found.last().map(|head| head.size).filter(|_| more);
    let data = found.into_iter().map(|head| PublishedCheckpoint {
        size: head.size,
        root: head.root,
        signed_at: Timestamp::from_micros(head.signed_at_micros).to_string(),
        checkpoint: head.note,
    });
    Ok(Json(CheckpointPage {
        data: data.collect(),
        next_before,
    }))
}

/// The proof that the log extends what it was.
///
/// From any size that a checkpoint covers to that of a published checkpoint. As text it is the body of a
/// C2SP `tlog-witness` `add-checkpoint` request.
#[utoipa::path(
    get, path = "/v1/log/consistency", tag = "log", operation_id = "log_consistency",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        ("from" = u64, Query, minimum = 0, description = "The older size, such as that of a checkpoint that you have kept"),
        ("to" = Option<u64>, Query, nullable = false, minimum = 0, description = "The size of a published checkpoint; the newest one's by default"),
    ),
    responses(
        (status = 200, description = "The proof", content(
            (LogConsistency = "application/json"),
            (String = "text/plain; charset=utf-8"),
        ), headers(("vary" = String, description = "`accept`"))),
        (status = 400, description = "A parameter is missing or not understood, or the older size is the larger one", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No checkpoint of the newer size was published, or the log cannot be read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "Neither form is accepted", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "What is stored does not lead to the published root", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn log_consistency(
    State(prover): State<Prover>,
    reader: Authorized<Read>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let [from, to] = parameters::numbers(&uri, ["from", "to"])?;
    let from = from.ok_or_else(|| {
        let detail = "from: the parameter is missing: give it, such as from=0";
        Problem::bad_request("missing_parameter", detail)
    })?;
    let form = ProofForm::of(&headers)?;
    let id = reader.caller().organization_id();
    if let Some(to) = to {
        must_not_shrink(from, to)?;
    }
    let (to, checkpoint) = newer(&prover, id, to).await?;
    must_not_shrink(from, to)?;
    let hashes = prover.consistency(id, from..to).await?;
    Ok(match form {
        ProofForm::Text => {
            let proof = ConsistencyProof {
                old_size: from,
                hashes,
                checkpoint,
            };
            let headers = [(CONTENT_TYPE, PLAIN_TEXT), VARY_ACCEPT];
            (headers, proof.to_text()).into_response()
        }
        ProofForm::Json => {
            let proof = LogConsistency {
                from,
                to,
                hashes,
                checkpoint,
            };
            ([VARY_ACCEPT], Json(proof)).into_response()
        }
    })
}

fn must_not_shrink(from: u64, to: u64) -> Result<(), Problem> {
    if from <= to {
        return Ok(());
    }
    let detail = format!(
        "a log of {to} events cannot begin with {from}: swap from and to; if you have a checkpoint of \
         {from} from this log, it has been rolled back, and that checkpoint shows it"
    );
    Err(Problem::bad_request("from_beyond_to", detail))
}

/// The size and the note of the checkpoint that a proof is to lead to.
async fn newer(prover: &Prover, id: &str, to: Option<u64>) -> Result<(u64, String), Problem> {
    let Some(to) = to else {
        let head = prover.head(id)?;
        return Ok((head.size, note_text(&head.note)));
    };
    let published = prover.past_head(id, to).await?;
    let published = published.ok_or_else(|| {
        let detail = format!(
            "to: no checkpoint of size {to} was published: GET /v1/log/checkpoints lists those that \
             were"
        );
        Problem::new(StatusCode::NOT_FOUND, "not_published", detail)
    })?;
    Ok((to, published.note))
}
