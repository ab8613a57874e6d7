//! `POST /v1/api-keys/{id}/rotate`: a key that takes the place of another.
//!
//! What must always hold:
//!
//! - the new key may what the old one may, no more, and ends when that would have unless it is said;
//! - the old key never works longer than it would have.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use evident_event::time::Timestamp;

use super::super::document::Sent;
use super::super::problem::{Problem, ProblemBody};
use super::super::{document, schema};
use super::asked::{NewKeyAsked, RotationAsked};
use super::{
    MadeKey, begun, changed, created, found, fresh, made, must_be_givable, must_have_room,
};
use crate::acts::Acts;
use crate::auth::{Authorized, Keyring, ManageKeys};
use crate::control::ApiKey;
use crate::edge;

/// Makes a key that takes the place of another.
///
/// It has the same name, kind, project and addresses, and the same end unless it is said. The old one works on
/// for `overlap_hours`, but never longer than it would have.
#[utoipa::path(
    post, path = "/v1/api-keys/{id}/rotate", tag = "api keys", operation_id = "rotate_api_key",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The id of the key that is replaced, `key_…`")),
    request_body(content = schema::ApiKeyRotation),
    responses(
        (status = 201, description = "The new key, with its text", body = MadeKey,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not give such a key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The key has ended or was replaced, or there are too many", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn rotate_api_key(
    State(acts): State<Arc<Acts>>,
    State(keyring): State<Arc<Keyring>>,
    manager: Authorized<ManageKeys>,
    id: Result<Path<String>, PathRejection>,
    sent: Sent,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let document = sent.document().await?;
    let now = edge::now();
    let asked = RotationAsked::read(&document, now);
    let asked = asked.map_err(|refusals| document::refused(&refusals))?;
    let caller = manager.caller();
    let mut act = begun(&acts, &manager).await?;
    let old = found(act.connection(), &manager, &id).await?;
    must_be_givable(&manager, &old, now)?;
    must_have_room(&mut act, caller, now).await?;
    let (new, text) = fresh(caller, same_again(&old, &asked), now)?;
    new.write(act.connection()).await?;
    let ended = ended(&old, asked.ends_at, &new);
    ended.rewrite(act.connection()).await?;
    let organization_id = caller.organization_id();
    act.did(organization_id, created(&new).saying("replaces", id));
    act.did(organization_id, changed(&old, &ended));
    act.commit().await?;
    made(&new, text, &keyring)
}

/// A key that may what the old one may.
fn same_again(old: &ApiKey, asked: &RotationAsked) -> NewKeyAsked {
    NewKeyAsked {
        name: old.record.name.clone(),
        kind: old.record.kind,
        project_id: old.record.project_id.clone(),
        expires_at: asked.expires_at.or(old.record.expires_at),
        allowed_addresses: old.record.allowed_addresses.clone(),
    }
}

/// The old key with its end, which comes no later than it would have.
fn ended(old: &ApiKey, ends_at: Timestamp, new: &ApiKey) -> ApiKey {
    let mut ended = old.clone();
    let planned = ended.record.expires_at;
    ended.record.expires_at = Some(planned.map_or(ends_at, |planned| planned.min(ends_at)));
    ended.replaced_by = Some(new.record.id.clone());
    ended
}
