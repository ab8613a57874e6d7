//! `/v1/retention/preview` and `/v1/retention/run`: what would go, and having it go now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use evident_event::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Kept, document};
use crate::auth::{Authorized, ManageRetention};
use crate::control::{RetentionCause, RetentionOutcome, RetentionRun};
use crate::http::document::{Sent, refused};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{parameters, schema};
use crate::retention::{Going, GoingOfProject, Previewed, Retention};

/// Where the run is seen that was asked for.
const RETENTION: &str = "/v1/retention";

/// Why retention ran.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunCause {
    /// It does so every day.
    Daily,
    /// Somebody asked for it.
    Requested,
}

/// What has become of a run.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunStatus {
    /// It is under way.
    Running,
    /// All that was to go is gone.
    Succeeded,
    /// It failed; the server's log says why. What went before is told here.
    Failed,
    /// The server was stopped during it. What went before is told here.
    Interrupted,
}

/// A run of retention over an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionRunTold {
    /// What has become of it.
    status: RunStatus,
    /// Why it ran.
    cause: RunCause,
    /// The person or the key that asked for it; null if nobody did.
    #[schema(required)]
    requested_by: Option<String>,
    /// When it began, in UTC.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it ended, in UTC; null while it is under way.
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    /// Events that were received before went, in UTC, but for those of projects with a rule of their own; null if
    /// these are kept for ever.
    #[schema(required, format = DateTime)]
    cutoff: Option<String>,
    /// What it removed.
    #[serde(flatten)]
    removed: EventsTold,
}

/// Events that were removed, or would be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventsTold {
    /// How many.
    events: u64,
    /// Their canonical bytes.
    bytes: u64,
    /// The lowest index; null if nothing went or it is not known.
    #[schema(required)]
    first_index: Option<u64>,
    /// The highest index; null if nothing went or it is not known.
    #[schema(required)]
    last_index: Option<u64>,
    /// When the first one was received, in UTC; null if nothing went or it is not known.
    #[schema(required, format = DateTime)]
    received_from: Option<String>,
    /// When the last one was received, in UTC; null if nothing went or it is not known.
    #[schema(required, format = DateTime)]
    received_to: Option<String>,
}

impl EventsTold {
    fn new(
        events: u64,
        bytes: u64,
        (first_index, last_index): (Option<u64>, Option<u64>),
        received: Option<(Timestamp, Timestamp)>,
    ) -> Self {
        Self {
            events,
            bytes,
            first_index,
            last_index,
            received_from: received.map(|(from, _)| from.to_string()),
            received_to: received.map(|(_, to)| to.to_string()),
        }
    }
}

impl From<Going> for EventsTold {
    fn from(going: Going) -> Self {
        let indexes = going.indexes.unzip();
        Self::new(going.events, going.bytes, indexes, going.received)
    }
}

impl From<RetentionRun> for RetentionRunTold {
    fn from(run: RetentionRun) -> Self {
        let numbers = run.numbers;
        let indexes = (numbers.first_index, numbers.last_index);
        Self {
            status: match run.outcome {
                None => RunStatus::Running,
                Some(RetentionOutcome::Succeeded) => RunStatus::Succeeded,
                Some(RetentionOutcome::Failed) => RunStatus::Failed,
                Some(RetentionOutcome::Interrupted) => RunStatus::Interrupted,
            },
            cause: match run.cause {
                RetentionCause::Daily => RunCause::Daily,
                RetentionCause::Requested => RunCause::Requested,
            },
            requested_by: run.requested_by,
            started_at: run.started_at.to_string(),
            finished_at: run.finished_at.map(|at| at.to_string()),
            cutoff: run.policy.cutoff,
            removed: EventsTold::new(numbers.events, numbers.bytes, indexes, numbers.received),
        }
    }
}

/// What would go if retention ran now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionPreview {
    /// What would be in force where no project says otherwise.
    in_force: Kept,
    /// Events that were received before would go, in UTC; null if they are kept for ever.
    #[schema(required, format = DateTime)]
    cutoff: Option<String>,
    /// All that would go, those of `projects` included.
    total: EventsTold,
    /// The part of it that is in each project with a rule of its own, those that were named first.
    #[schema(max_items = 50)]
    projects: Vec<ProjectPreview>,
    /// How many further projects have a rule of their own: name them to see what would go there.
    further_projects: usize,
}

/// What would go of a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectPreview {
    /// The project's id.
    project_id: String,
    /// Its name.
    name: String,
    /// What would be in force.
    in_force: Kept,
    /// Events that were received before would go, in UTC; null if they are kept for ever.
    #[schema(required, format = DateTime)]
    cutoff: Option<String>,
    /// What would go.
    #[serde(flatten)]
    going: EventsTold,
}

impl From<GoingOfProject> for ProjectPreview {
    fn from(going: GoingOfProject) -> Self {
        Self {
            project_id: going.project.id,
            name: going.project.name,
            in_force: going.keep.into(),
            cutoff: going.cutoff.map(|cutoff| cutoff.to_string()),
            going: going.going.into(),
        }
    }
}

impl From<Previewed> for RetentionPreview {
    fn from(previewed: Previewed) -> Self {
        Self {
            in_force: previewed.in_force.into(),
            cutoff: previewed.cutoff.map(|cutoff| cutoff.to_string()),
            total: previewed.total.into(),
            projects: previewed
                .projects
                .into_iter()
                .map(ProjectPreview::from)
                .collect(),
            further_projects: previewed.further_projects,
        }
    }
}

/// What would be removed if retention ran now, by the rules that are set or by others.
///
/// Nothing is changed. `{}` asks about the rules that are set; what is given is supposed to be in their place. A dry
/// run reads much: there is one at a time.
#[utoipa::path(
    post, path = "/v1/retention/preview", tag = "retention", operation_id = "preview_retention",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::RetentionPreviewed),
    responses(
        (status = 200, description = "What would be removed", body = RetentionPreview),
        (status = 404, description = "There is no such project", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn preview_retention(
    State(retention): State<Arc<Retention>>,
    manager: Authorized<ManageRetention>,
    sent: Sent,
) -> Result<Json<RetentionPreview>, Problem> {
    manager.must_reach(None)?;
    let document = sent.document().await?;
    let supposed = document::supposed(&document).map_err(|refusals| refused(&refusals))?;
    let organization_id = manager.caller().organization_id();
    let previewed = retention.preview(organization_id, supposed).await?;
    Ok(Json(previewed.into()))
}

/// Removes now what the organization's rules say, without waiting for the day's run.
///
/// The answer comes when it has begun. What becomes of it is `last_run` of `GET /v1/retention`, and
/// `retention.deleted` in the log.
#[utoipa::path(
    post, path = "/v1/retention/run", tag = "retention", operation_id = "run_retention",
    security(("api_key" = []), ("session" = [])),
    responses(
        (status = 202, description = "The run, which has begun", body = RetentionRunTold,
         headers(("location" = String, description = "Where it is seen"))),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not have retention run", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The organization is gone", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A run is under way, or everything is kept for ever", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or the server is stopping", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn run_retention(
    State(retention): State<Arc<Retention>>,
    manager: Authorized<ManageRetention>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    parameters::in_organization(&uri)?;
    manager.must_reach(None)?;
    let run = retention.ask(&manager).await?;
    let location = [(LOCATION, RETENTION)];
    let told = Json(RetentionRunTold::from(run));
    Ok((StatusCode::ACCEPTED, location, told))
}
