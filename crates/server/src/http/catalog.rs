//! `/v1/catalog`: the event types that an organization's events may have.
//!
//! Every key may read it: whoever records must know the actions, whoever reads their names. Only an
//! admin key changes the organization's own part, and nobody the built-in one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use evident_event::catalog::{Catalog, Definition};
use evident_event::json::Json;
use serde::Serialize;
use serde_json::json;

use super::body::BodyReader;
use super::problem::{Problem, ProblemBody, shortened};
use super::{JSON, document, parameters, schema};
use crate::acts::{Acts, Author, Deed};
use crate::auth::{Authorized, ManageCatalog, Member};
use crate::control::{Changed, OrganizationChange, Organizations, Settings};
use crate::edge;

/// The event types that are known: the built-in ones and the organization's own.
///
/// The version is what events record as `catalog_version`: that of the built-in catalog and, behind
/// a `+`, how often the organization has changed its own event types.
#[utoipa::path(
    get, path = "/v1/catalog", tag = "catalog", operation_id = "get_catalog",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    responses(
        (status = 200, description = "The catalog", body = schema::Catalog),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_catalog(
    State(organizations): State<Arc<Organizations>>,
    member: Authorized<Member>,
    uri: Uri,
) -> Result<Response, Problem> {
    parameters::none(&uri)?;
    let known = organizations.catalog(member.caller().organization_id());
    Ok(([(CONTENT_TYPE, JSON)], known.json.clone()).into_response())
}

/// One event type.
#[utoipa::path(
    get, path = "/v1/catalog/{action}", tag = "catalog", operation_id = "get_event_type",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(("action" = String, Path, max_length = 200, pattern = r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$", description = "The action, such as `role.created`")),
    responses(
        (status = 200, description = "The event type", body = schema::CatalogEntry),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The catalog does not know the action; `suggestion` has the one that was probably meant", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_event_type(
    State(organizations): State<Arc<Organizations>>,
    member: Authorized<Member>,
    action: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, Problem> {
    let Path(action) = action?;
    parameters::none(&uri)?;
    let known = organizations.catalog(member.caller().organization_id());
    entry(StatusCode::OK, &known.catalog, &action)
}

/// Makes an event type of the organization's own.
///
/// From the answer on, events with this action are known: they are named, described and checked as
/// it says. Events that were recorded before stay as they are.
#[utoipa::path(
    post, path = "/v1/catalog", tag = "catalog", operation_id = "add_event_type",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewEventType),
    responses(
        (status = 201, description = "The event type is known from now on", body = schema::CatalogEntry,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an admin key of the whole organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The action is known already, or there are too many event types", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn add_event_type(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    admin: Authorized<ManageCatalog>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters::none(&uri)?;
    let document: Json<'static> = document::read(&reader, &headers, body).await?;
    let action = Definition::action_of(&document).map(str::to_owned);
    let change = OrganizationChange::NewType(document);
    let settings = changed(&acts, &admin, change, action.as_deref().unwrap_or_default()).await?;
    // Whoever has made an event type has named its action.
    let action = action.ok_or_else(Problem::internal)?;
    let mut response = entry(StatusCode::CREATED, &settings.known.catalog, &action)?;
    let location = HeaderValue::try_from(format!("/v1/catalog/{action}"));
    let location = location.map_err(|_| Problem::internal())?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// Replaces an event type of the organization's own.
///
/// All of it is replaced, and the version before stays on record. The same again is no change. A
/// field that has been secret must say whether it still is.
#[utoipa::path(
    put, path = "/v1/catalog/{action}", tag = "catalog", operation_id = "replace_event_type",
    security(("api_key" = []), ("session" = [])),
    params(("action" = String, Path, max_length = 200, pattern = r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$", description = "The action, which the document may leave out")),
    request_body(content = schema::ReplacedEventType),
    responses(
        (status = 200, description = "The event type as it is from now on", body = schema::CatalogEntry),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an admin key of the whole organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The organization has no such event type of its own", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The action is a built-in one", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn replace_event_type(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    admin: Authorized<ManageCatalog>,
    action: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Path(action) = action?;
    parameters::none(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let change = OrganizationChange::ReplacedType(action.clone(), document);
    let settings = changed(&acts, &admin, change, &action).await?;
    entry(StatusCode::OK, &settings.known.catalog, &action)
}

/// Makes a change to an event type of the organization's own, on the record.
async fn changed(
    acts: &Arc<Acts>,
    admin: &Authorized<ManageCatalog>,
    change: OrganizationChange,
    action: &str,
) -> Result<Settings, Problem> {
    let organization_id = admin.caller().organization_id();
    let mut act = acts
        .begin(Author::of(admin.caller(), admin.visit()))
        .await?;
    let organizations = act.organizations();
    let changed = organizations.change(act.connection(), organization_id, change, edge::now());
    let Changed { before, after } = changed.await?;
    let of = |settings: &Settings| json!(settings.known.catalog.get(action));
    let deed = Deed::new("settings.changed")
        .to("event_type", action, "")
        .changing("event_type", of(&before), of(&after));
    if !deed.changes_nothing() {
        act.did(organization_id, deed);
    }
    act.commit().await?;
    Ok(after)
}

fn entry(status: StatusCode, catalog: &Catalog, action: &str) -> Result<Response, Problem> {
    match catalog.get(action) {
        Some(entry) => written(status, entry),
        None => {
            let detail = format!(
                "the catalog does not know {:?}: GET /v1/catalog lists what it knows",
                shortened(action)
            );
            Err(
                Problem::new(StatusCode::NOT_FOUND, "unknown_action", detail)
                    .with_suggestion(catalog.closest_action(action)),
            )
        }
    }
}

fn written(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(body).map_err(|_| Problem::internal())?;
    Ok((status, [(CONTENT_TYPE, JSON)], body).into_response())
}
