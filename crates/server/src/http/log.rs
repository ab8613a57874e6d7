//! `/log/{organization_id}/…`: an organization's log as it is published.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Uri};
use axum::response::IntoResponse;
use evident_store::Store;

use super::problem::{Problem, ProblemBody};
use super::{parameters, schema};
use crate::auth::{Authorized, Read};

const NOTE: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Checkpoints move, and are behind a key: nobody keeps them.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The organization's current checkpoint.
///
/// A signed note in the C2SP `tlog-checkpoint` format: the log's origin, its size and its root.
#[utoipa::path(
    get, path = "/log/{organization_id}/checkpoint", tag = "log", operation_id = "checkpoint",
    security(("api_key" = [])),
    params(("organization_id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`")),
    responses(
        (status = 200, description = "The signed checkpoint", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No API key that works", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The key may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such log, or it is another organization's", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn checkpoint(
    State(store): State<Arc<Store>>,
    reader: Authorized<Read>,
    organization_id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let Path(organization_id) = organization_id?;
    parameters::none(&uri)?;
    let own = *organization_id == **reader.caller().organization_id();
    let note = own.then(|| store.checkpoint(&organization_id)).flatten();
    let note = note.ok_or_else(|| {
        Problem::not_found("there is no such log: check the organization's id and your key")
    })?;
    Ok(([(CONTENT_TYPE, NOTE), (CACHE_CONTROL, NO_STORE)], note))
}
