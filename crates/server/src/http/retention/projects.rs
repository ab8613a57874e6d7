//! `/v1/retention/projects/{project_id}`: how long a project's events are kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Kept, document};
use crate::auth::{Authorized, ManageRetention, ReadSettings};
use crate::control::{Keep, RetainedProject, RetentionRule};
use crate::http::document::{Sent, refused};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{parameters, schema};
use crate::retention::{RetainedIn, Retention, RetentionError};

/// How long the events of a project are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectRetention {
    /// The project's id.
    project_id: String,
    /// Its name.
    name: String,
    /// Whether the project is deleted. Its events are still there, and follow its own rule as before.
    deleted: bool,
    /// Its own rule.
    rule: Kept,
    /// When that was last set, in UTC; null while it is inherited.
    #[schema(required, format = DateTime)]
    updated_at: Option<String>,
    /// What is in force.
    in_force: Kept,
}

impl ProjectRetention {
    pub(super) fn new(
        project: RetainedProject,
        own: Option<RetentionRule>,
        in_force: Keep,
    ) -> Self {
        Self {
            project_id: project.id,
            name: project.name,
            deleted: project.deleted,
            rule: own.map(|rule| rule.keep).into(),
            updated_at: own.map(|rule| rule.updated_at.to_string()),
            in_force: in_force.into(),
        }
    }
}

impl From<RetainedIn> for ProjectRetention {
    fn from(retained: RetainedIn) -> Self {
        Self::new(retained.project, retained.own, retained.in_force)
    }
}

/// How long a project's events are kept.
#[utoipa::path(
    get, path = "/v1/retention/projects/{project_id}", tag = "retention", operation_id = "get_project_retention",
    security(("api_key" = []), ("session" = [])),
    params(("project_id" = String, Path, pattern = "^[A-Za-z0-9._:-]{1,128}$", description = "The project's id")),
    responses((status = 200, description = "The rule, and what is in force", body = ProjectRetention), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn get_project_retention(
    State(retention): State<Arc<Retention>>,
    reader: Authorized<ReadSettings>,
    project_id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<ProjectRetention>, Problem> {
    let Path(project_id) = project_id?;
    parameters::in_organization(&uri)?;
    if !reader.reach().includes(&project_id) {
        return Err(RetentionError::UnknownProject.into());
    }
    let organization_id = reader.caller().organization_id();
    let retained = retention.project(organization_id, &project_id).await?;
    Ok(Json(retained.into()))
}

/// Sets how long a project's events are kept.
///
/// Longer or shorter than the organization's, for ever, or as long as the organization's.
#[utoipa::path(
    put, path = "/v1/retention/projects/{project_id}", tag = "retention", operation_id = "set_project_retention",
    security(("api_key" = []), ("session" = [])),
    params(("project_id" = String, Path, pattern = "^[A-Za-z0-9._:-]{1,128}$", description = "The project's id")),
    request_body(content = schema::RetentionRule),
    responses(
        (status = 200, description = "The rule as it is from now on", body = ProjectRetention),
        (status = 404, description = "There is no such project, or the caller may not set its rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Too many projects have a rule of their own", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn set_project_retention(
    State(retention): State<Arc<Retention>>,
    manager: Authorized<ManageRetention>,
    project_id: Result<Path<String>, PathRejection>,
    sent: Sent,
) -> Result<Json<ProjectRetention>, Problem> {
    let Path(project_id) = project_id?;
    let keep = document::rule(&sent.document().await?).map_err(|refusals| refused(&refusals))?;
    retention.set_project(&manager, &project_id, keep).await?;
    let organization_id = manager.caller().organization_id();
    let retained = retention.project(organization_id, &project_id).await?;
    Ok(Json(retained.into()))
}

/// Takes a project's own rule away, if it has one: its events follow the organization's rule from then on.
#[utoipa::path(
    delete, path = "/v1/retention/projects/{project_id}", tag = "retention", operation_id = "delete_project_retention",
    security(("api_key" = []), ("session" = [])),
    params(("project_id" = String, Path, pattern = "^[A-Za-z0-9._:-]{1,128}$", description = "The project's id")),
    responses((status = 204, description = "It follows the organization's rule"), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn delete_project_retention(
    State(retention): State<Arc<Retention>>,
    manager: Authorized<ManageRetention>,
    project_id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(project_id) = project_id?;
    parameters::in_organization(&uri)?;
    retention.set_project(&manager, &project_id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
