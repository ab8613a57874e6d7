//! `/v1/viewer-issuers` and `/v1/viewer-tokens`: letting others read, such as the pages of a product's own.
//!
//! What must always hold:
//!
//! - an issuer's secret is in no answer, event or log line; it is made here, and sealed before it is kept;
//! - what an issuer's tokens may do is reading: [`crate::auth::Held::by_viewer_token`] decides it;
//! - an issuer of another organization is as absent as one that never was.

mod asked;
mod tokens;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;
use utoipa::ToSchema;

use super::document::Sent;
use super::problem::{Problem, ProblemBody};
use super::{document, parameters, schema};
use crate::acts::{Act, ActError, Acts, Author, Deed};
use crate::auth::{Authorized, EvenArchived, IssueViewers, Issuers, Right};
use crate::control::{Control, MAX_ISSUERS, ViewerIssuer, locked_organization};
use crate::edge;
use crate::secrets::Secrets;

use asked::IssuerAsked;

pub(crate) use tokens::*;

/// Begins the ids of issuers.
const ID_PREFIX: &str = "vis";

/// An issuer of viewer tokens, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Issuer {
    /// Its id, `vis_…`.
    id: String,
    /// Its name.
    name: String,
    /// The origins whose pages may use its tokens.
    origins: Vec<String>,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// The issuers of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuerList {
    /// The issuers, in the order in which they were made.
    #[schema(max_items = 100)]
    data: Vec<Issuer>,
}

impl From<&ViewerIssuer> for Issuer {
    fn from(issuer: &ViewerIssuer) -> Self {
        Self {
            id: issuer.id.clone(),
            name: issuer.name.clone(),
            origins: issuer.origins.clone(),
            created_at: issuer.created_at.to_string(),
        }
    }
}

/// The issuers of viewer tokens, in the order in which they were made.
#[utoipa::path(
    get, path = "/v1/viewer-issuers", tag = "viewers", operation_id = "list_viewer_issuers",
    security(("api_key" = []), ("session" = [])),
    responses(
        (status = 200, description = "The issuers", body = IssuerList),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not issue viewer tokens for the whole organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_viewer_issuers(
    State(control): State<Control>,
    manager: Authorized<EvenArchived<IssueViewers>>,
    uri: Uri,
) -> Result<Json<IssuerList>, Problem> {
    parameters::in_organization(&uri)?;
    manager.must_reach(None)?;
    let mut connection = control.reading().await?;
    let organization_id = manager.caller().organization_id();
    let issuers = ViewerIssuer::of_organization(&mut connection, organization_id).await?;
    Ok(Json(IssuerList {
        data: issuers.iter().map(Issuer::from).collect(),
    }))
}

/// Makes an issuer of viewer tokens.
///
/// Tokens are made by `POST /v1/viewer-tokens`, in its name. Pages may use them that are of one of its origins.
#[utoipa::path(
    post, path = "/v1/viewer-issuers", tag = "viewers", operation_id = "create_viewer_issuer",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewViewerIssuer),
    responses(
        (status = 201, description = "The issuer", body = Issuer,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not issue viewer tokens for the whole organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There are too many issuers", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn create_viewer_issuer(
    State(acts): State<Arc<Acts>>,
    State(secrets): State<Arc<Secrets>>,
    manager: Authorized<IssueViewers>,
    sent: Sent,
) -> Result<Response, Problem> {
    manager.must_reach(None)?;
    let document = sent.document().await?;
    let asked = IssuerAsked::read_new(&document);
    let asked = asked.map_err(|refusals| document::refused(&refusals))?;
    let organization_id = manager.caller().organization_id();
    let mut act = begun(&acts, &manager).await?;
    let others = ViewerIssuer::of_organization(act.connection(), organization_id).await?;
    if others.len() >= MAX_ISSUERS {
        let detail = format!(
            "an organization has at most {MAX_ISSUERS} issuers: revoke one that is not needed"
        );
        let code = "too_many_viewer_issuers";
        return Err(Problem::new(StatusCode::CONFLICT, code, detail));
    }
    let now = edge::now();
    let issuer = ViewerIssuer {
        id: edge::prefixed_id(ID_PREFIX, now).map_err(ActError::from)?,
        organization_id: organization_id.to_string(),
        name: asked.name.unwrap_or_default(),
        origins: asked.origins.unwrap_or_default(),
        sealed_secret: Issuers::fresh_secret(&secrets).map_err(|error| {
            tracing::error!("{error}");
            Problem::internal()
        })?,
        created_at: now,
    };
    issuer.write(act.connection()).await?;
    let made = deed(&issuer).changing("exists", false, true).changing(
        "origins",
        json!([]),
        json!(issuer.origins),
    );
    act.did(organization_id, made);
    act.commit().await?;
    let location = HeaderValue::try_from(format!("/v1/viewer-issuers/{}", issuer.id));
    let location = location.map_err(|_| Problem::internal())?;
    let body = Json(Issuer::from(&issuer));
    Ok((StatusCode::CREATED, [(LOCATION, location)], body).into_response())
}

/// Something that is done to an issuer.
fn deed(issuer: &ViewerIssuer) -> Deed {
    Deed::new("settings.changed").to("viewer_issuer", &issuer.id, &issuer.name)
}

/// Sets an issuer's name, or the origins of its pages.
///
/// What is not mentioned stays; `origins` is replaced as a whole. It counts for tokens that were made before, too.
#[utoipa::path(
    patch, path = "/v1/viewer-issuers/{id}", tag = "viewers", operation_id = "change_viewer_issuer",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The issuer's id, `vis_…`")),
    request_body(content = schema::ViewerIssuerChange),
    responses(
        (status = 200, description = "The issuer as it is from now on", body = Issuer),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not issue viewer tokens for the whole organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such issuer", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn change_viewer_issuer(
    State(acts): State<Arc<Acts>>,
    manager: Authorized<IssueViewers>,
    id: Result<Path<String>, PathRejection>,
    sent: Sent,
) -> Result<Json<Issuer>, Problem> {
    let Path(id) = id?;
    manager.must_reach(None)?;
    let document = sent.document().await?;
    let asked = IssuerAsked::read(&document);
    let asked = asked.map_err(|refusals| document::refused(&refusals))?;
    let mut act = begun(&acts, &manager).await?;
    let organization_id = manager.caller().organization_id();
    let before = found(act.connection(), organization_id, &id).await?;
    let mut after = before.clone();
    after.name = asked.name.unwrap_or(after.name);
    after.origins = asked.origins.unwrap_or(after.origins);
    after.rewrite(act.connection()).await?;
    let changed = deed(&after)
        .changing("name", before.name, after.name.as_str())
        .changing("origins", json!(before.origins), json!(after.origins));
    if !changed.changes_nothing() {
        act.did(organization_id, changed);
    }
    act.commit().await?;
    Ok(Json(Issuer::from(&after)))
}

/// Revokes an issuer, for good.
///
/// All of its tokens stop working with the answer. It is done in an organization that is archived, too.
#[utoipa::path(
    delete, path = "/v1/viewer-issuers/{id}", tag = "viewers", operation_id = "revoke_viewer_issuer",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The issuer's id, `vis_…`")),
    responses(
        (status = 204, description = "None of its tokens works any more"),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not issue viewer tokens for the whole organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such issuer", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn revoke_viewer_issuer(
    State(acts): State<Arc<Acts>>,
    manager: Authorized<EvenArchived<IssueViewers>>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    manager.must_reach(None)?;
    let mut act = begun(&acts, &manager).await?;
    let organization_id = manager.caller().organization_id();
    let issuer = found(act.connection(), organization_id, &id).await?;
    issuer.revoke(act.connection(), edge::now()).await?;
    act.did(
        organization_id,
        deed(&issuer).changing("exists", true, false),
    );
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins a change of issuers: nobody else changes any of the organization meanwhile.
async fn begun<R: Right>(acts: &Arc<Acts>, manager: &Authorized<R>) -> Result<Act, Problem> {
    let author = Author::of(manager.caller(), manager.visit());
    Ok(acts.begin(author).await?)
}

async fn found(
    connection: &mut AnyConnection,
    organization_id: &str,
    id: &str,
) -> Result<ViewerIssuer, Problem> {
    let issuers = ViewerIssuer::of_organization(connection, organization_id).await?;
    let found = issuers.into_iter().find(|issuer| issuer.id == id);
    found.ok_or_else(|| {
        let detail = "there is no such issuer: GET /v1/viewer-issuers lists those there are";
        Problem::not_found(detail)
    })
}
