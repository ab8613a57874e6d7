//! `/v1/retention`: how long an organization and its projects keep their events, and what has been removed.
//!
//! What must always hold:
//!
//! - who reads settings of a project only is told of that project, not of others, and not how much went elsewhere;
//! - a rule has one shape, `{"keep", "days"}`: what is read can be sent again.

mod document;
pub(super) mod projects;
pub(super) mod runs;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use evident_store::expiry::{ExpireError, Removed};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::{Sent, refused};
use super::problem::{Problem, ProblemBody};
use super::schema::KeptFor;
use super::{parameters, schema};
use crate::auth::{Authorized, ManageRetention, Reach, ReadSettings};
use crate::control::{ControlError, Keep};
use crate::retention::{Retention, RetentionError, Standing};

use projects::ProjectRetention;
use runs::RetentionRunTold;

/// A rule of retention.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Kept {
    /// How long events are kept.
    keep: KeptFor,
    /// How many days; null for others than `days`.
    #[schema(required)]
    days: Option<u32>,
}

impl From<Option<Keep>> for Kept {
    fn from(keep: Option<Keep>) -> Self {
        Self {
            keep: match keep {
                None => KeptFor::Inherited,
                Some(Keep::Forever) => KeptFor::Forever,
                Some(Keep::Days(_)) => KeptFor::Days,
            },
            days: keep.and_then(Keep::days),
        }
    }
}

impl From<Keep> for Kept {
    fn from(keep: Keep) -> Self {
        Some(keep).into()
    }
}

/// How long an organization keeps its events, and what has been removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionSettings {
    /// The organization's own rule.
    rule: Kept,
    /// When that was last set, in UTC; null while it is inherited.
    #[schema(required, format = DateTime)]
    updated_at: Option<String>,
    /// The instance's default: what counts where an organization has set nothing.
    default: Kept,
    /// What is in force where no project says otherwise.
    in_force: Kept,
    /// The projects with a rule of their own, by their ids, as far as the caller reads their settings.
    #[schema(max_items = 1000)]
    projects: Vec<ProjectRetention>,
    /// When it runs next, in UTC: within minutes, if that is past. Null if everything is kept for ever.
    #[schema(required, format = DateTime)]
    next_run_at: Option<String>,
    /// Until when, in UTC, it removes nothing by itself, because the server's clock is far ahead of when the server
    /// last ran. Null while the clock is believed.
    #[schema(required, format = DateTime)]
    waits_until: Option<String>,
    /// The last run over the organization; null if there was none, and for those who read settings of projects only.
    #[schema(required)]
    last_run: Option<RetentionRunTold>,
    /// All that was ever removed; null if nothing was, and for those who read settings of projects only.
    #[schema(required)]
    removed: Option<RemovedEver>,
}

/// All that retention ever removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovedEver {
    /// How many events.
    events: u64,
    /// Their canonical bytes.
    bytes: u64,
    /// The log's minimum index: no entries below it are served any longer.
    minimum_index: u64,
    /// The index behind the highest event that is gone.
    end_index: u64,
}

impl From<Removed> for RemovedEver {
    fn from(removed: Removed) -> Self {
        Self {
            events: removed.events,
            bytes: removed.bytes,
            minimum_index: removed.minimum_index,
            end_index: removed.end_index,
        }
    }
}

/// How long the organization and its projects keep their events, and what was removed.
#[utoipa::path(
    get, path = "/v1/retention", tag = "retention", operation_id = "get_retention",
    security(("api_key" = []), ("session" = [])),
    responses((status = 200, description = "The rules, and what came of them", body = RetentionSettings), schema::Asked, schema::Anytime),
)]
pub(crate) async fn get_retention(
    State(retention): State<Arc<Retention>>,
    reader: Authorized<ReadSettings>,
    uri: Uri,
) -> Result<Json<RetentionSettings>, Problem> {
    parameters::in_organization(&uri)?;
    let standing = retention.standing(reader.caller().organization_id());
    let told = told(&retention, standing.await?, reader.reach());
    Ok(Json(told))
}

/// Sets how long the organization keeps its events.
///
/// At least so many days after an event was received, for ever, or as long as the instance's default says. It counts
/// for events that are there already, too. What is to go goes at the next run: the next UTC midnight, or when somebody
/// asks for it. Projects with a rule of their own follow that.
#[utoipa::path(
    put, path = "/v1/retention", tag = "retention", operation_id = "set_retention",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::RetentionRule),
    responses(
        (status = 200, description = "The rules as they are from now on", body = RetentionSettings),
        (status = 404, description = "The organization is gone", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn set_retention(
    State(retention): State<Arc<Retention>>,
    manager: Authorized<ManageRetention>,
    sent: Sent,
) -> Result<Json<RetentionSettings>, Problem> {
    manager.must_reach(None)?;
    let keep = document::rule(&sent.document().await?).map_err(|refusals| refused(&refusals))?;
    retention.set(&manager, keep).await?;
    let standing = retention.standing(manager.caller().organization_id());
    let told = told(&retention, standing.await?, &Reach::Organization);
    Ok(Json(told))
}

/// What somebody of this reach is told.
fn told(retention: &Retention, standing: Standing, reach: &Reach) -> RetentionSettings {
    let own = standing.rules.organization;
    let sees_all = *reach == Reach::Organization;
    let mut projects = standing.projects;
    let rules = standing.rules.projects.into_iter();
    let projects = rules
        .filter(|(id, _)| reach.includes(id))
        .filter_map(|(id, rule)| {
            let project = projects.remove(&id)?;
            Some(ProjectRetention::new(project, Some(rule), rule.keep))
        });
    RetentionSettings {
        rule: own.map(|rule| rule.keep).into(),
        updated_at: own.map(|rule| rule.updated_at.to_string()),
        default: retention.default_keep().into(),
        in_force: standing.in_force.into(),
        projects: projects.collect(),
        next_run_at: standing.next_run_at.map(|at| at.to_string()),
        waits_until: standing.waits_until.map(|at| at.to_string()),
        last_run: standing
            .last_run
            .filter(|_| sees_all)
            .map(RetentionRunTold::from),
        removed: standing.removed.filter(|_| sees_all).map(RemovedEver::from),
    }
}

impl From<RetentionError> for Problem {
    fn from(error: RetentionError) -> Self {
        let detail = error.to_string();
        let problem = |status, code| Self::new(status, code, &*detail);
        let busy = |code| problem(StatusCode::TOO_MANY_REQUESTS, code).with_retry();
        let unavailable = |code| problem(StatusCode::SERVICE_UNAVAILABLE, code).with_retry();
        match error {
            RetentionError::UnknownProject => Self::not_found(detail),
            RetentionError::TooManyRules => problem(StatusCode::CONFLICT, "too_many_rules"),
            RetentionError::Running | RetentionError::Store(ExpireError::Busy) => {
                problem(StatusCode::CONFLICT, "retention_running")
            }
            RetentionError::NothingInForce => problem(StatusCode::CONFLICT, "nothing_in_force"),
            RetentionError::Previewing => busy("too_many_previews"),
            RetentionError::PreviewTooSlow => unavailable("preview_too_slow"),
            RetentionError::Stopping | RetentionError::Store(ExpireError::Closing) => {
                unavailable("shutting_down")
            }
            RetentionError::Store(ExpireError::Stopped(_)) => {
                problem(StatusCode::SERVICE_UNAVAILABLE, "not_accepting")
            }
            RetentionError::Store(ExpireError::Full) => {
                problem(StatusCode::INSUFFICIENT_STORAGE, "no_space")
            }
            RetentionError::KeepsChanging
            | RetentionError::Store(ExpireError::Failed(_) | ExpireError::Changed(_)) => {
                tracing::error!("{detail}");
                unavailable("retention_failed")
            }
            RetentionError::Organization(error) => error.into(),
            RetentionError::Act(error) => error.into(),
            RetentionError::Control(error) => error.into(),
        }
    }
}
