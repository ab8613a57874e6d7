//! `/v1/exports`: exports that are made in the background.
//!
//! What must always hold:
//!
//! - an export is there for those alone who may take out all that it was made of, now; for others it is not there;
//! - it is cancelled and deleted by whoever asked for it, or by those who may take everything out;
//! - that it was asked for, and each time it is downloaded, is on the log first.

mod document;
mod download;
mod range;
mod told;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode, Uri};
use evident_event::time::Timestamp;
use sqlx::AnyConnection;

use super::document::Sent;
use super::problem::{Problem, ProblemBody};
use super::{attachment, parameters, schema};
use crate::acts::{Acts, Author, Deed};
use crate::auth::{AuthError, Authorized, Caller, ExportEvents, KeptScope, Reach, Who};
use crate::control::{
    Control, ControlError, ExportMaker, ExportRow, ExportStatus, Organizations, Permission,
};
use crate::edge;
use crate::export::{self, ExportJobs, MAX_KEPT, MAX_UNFINISHED};

pub(crate) use download::*;
pub(crate) use told::*;

use document::{Asked, Trial};

/// How many exports a page has at most, and unless it is said.
const MAX_PAGE: u64 = 100;
/// Rows that are read at once to fill a page with those that the caller may see.
const ROWS_AT_ONCE: u32 = 200;
/// Longest id, and so the longest cursor, in bytes.
const MAX_ID_BYTES: usize = 64;

/// Why an export was not made, found or taken away.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    /// The caller has no such export.
    #[error("there is no such export: GET /v1/exports lists those that you may have")]
    None,
    /// Too many have not come to an end.
    #[error(
        "{MAX_UNFINISHED} exports of the organization are queued or running, as many as there may be: wait for one, \
         or cancel one"
    )]
    TooMany,
    /// Too many are kept.
    #[error(
        "an organization has at most {MAX_KEPT} exports, those that failed or have expired included: delete some"
    )]
    TooManyKept,
    /// It is somebody else's.
    #[error(
        "an export is cancelled and deleted by whoever asked for it, or with the permission events.export in the \
         whole organization"
    )]
    Others,
    /// The log did not say how long it is.
    #[error("the log could not be read; the server's log says why")]
    NoLog,
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        let detail = error.to_string();
        match error {
            ExportError::None => Self::not_found(detail),
            ExportError::TooMany => Self::too_many("too_many_exports", detail),
            ExportError::TooManyKept => {
                Self::new(StatusCode::CONFLICT, "too_many_kept_exports", detail)
            }
            ExportError::Others => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            ExportError::NoLog => Self::internal(),
        }
    }
}

/// Who asks, as it is kept.
fn maker(caller: &Caller) -> Result<ExportMaker, AuthError> {
    match caller.who() {
        Who::Key { id, name, .. } => Ok(ExportMaker {
            kind: "api_key".to_owned(),
            id: id.to_string(),
            name: name.to_string(),
            email: None,
        }),
        Who::Person(person) => Ok(ExportMaker {
            kind: "user".to_owned(),
            id: person.id.clone(),
            name: person.name.clone(),
            email: Some(person.email.clone()),
        }),
        Who::Viewer { .. } => Err(AuthError::Forbidden(Permission::ExportEvents)),
    }
}

/// Whether an export is there for a caller.
fn has(caller: &Authorized<ExportEvents>, row: &ExportRow) -> bool {
    KeptScope::kept(row.projects.clone()).is_within(caller.reach())
}

/// The export of an id, if it is there for the caller.
async fn found(
    connection: &mut AnyConnection,
    caller: &Authorized<ExportEvents>,
    id: &str,
) -> Result<ExportRow, Problem> {
    // A NUL is no text to one of the databases.
    if id.len() > MAX_ID_BYTES || id.contains('\0') {
        return Err(ExportError::None.into());
    }
    let organization_id = caller.caller().organization_id();
    let found = ExportRow::find(connection, organization_id, id).await?;
    Ok(found
        .filter(|row| has(caller, row))
        .ok_or(ExportError::None)?)
}

/// The only project that an export is of, if it is of one.
fn project_of(row: &ExportRow) -> Option<&str> {
    match row.projects.as_deref() {
        Some([id]) => Some(id),
        _ => None,
    }
}

/// What the log is to say of an export that was asked for, or downloaded.
fn deed(row: &ExportRow, step: &'static str) -> Deed {
    let query: Vec<String> = row
        .parameters
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("{name}={value}")))
        .collect();
    let mut deed = Deed::new("audit_log.exported")
        .to("export", &row.id, &row.name)
        .in_project(project_of(row))
        .saying("format", row.format.as_str())
        .saying("export_id", row.id.as_str())
        .saying("name", row.name.as_str())
        .saying("step", step);
    if !row.columns.is_empty() {
        deed = deed.saying("columns", row.columns.clone());
    }
    if !query.is_empty() {
        deed = deed.saying("query", query.join("&"));
    }
    match &row.sha256 {
        Some(sha256) => deed.saying("sha256", sha256.as_str()),
        None => deed,
    }
}

/// Asks for an export.
///
/// It is made in the background and holds what the query shows now: what is recorded later is not in it, and ranges
/// such as `last_7_days` are those of now. Formulas in cells of CSV have an apostrophe in front. The file is there once
/// `status` is `complete`, and until `expires_at`.
#[utoipa::path(
    post, path = "/v1/exports", tag = "exports", operation_id = "create_export",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewExport),
    responses(
        (status = 201, description = "The export", body = Export,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood, or the format is not there yet", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not export, or not this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There are too many exports", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or changes cannot be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn create_export(
    State(acts): State<Arc<Acts>>,
    State(jobs): State<Arc<ExportJobs>>,
    State(organizations): State<Arc<Organizations>>,
    caller: Authorized<ExportEvents>,
    sent: Sent,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Export>), Problem> {
    let document = sent.document().await?;
    let author = Author::of(caller.caller(), caller.visit());
    let mut act = acts.begin(author).await?;
    let organization_id = caller.caller().organization_id().to_string();
    let now = edge::now();
    let asked = understood(&organizations, &caller, &document, now)?;
    let project = asked.parameters.get("project_id");
    let project = project.and_then(|ids| ids.first()).map(String::as_str);
    let kept = KeptScope::of(&caller, project)?;
    let as_of = jobs.log_size(&organization_id).await;
    let as_of = as_of.map_err(|error| {
        tracing::error!("no export was made: {error}");
        ExportError::NoLog
    })?;
    must_have_room(act.connection(), &organization_id).await?;
    let row = ExportRow {
        id: export::new_id(now).map_err(|_| Problem::internal())?,
        organization_id,
        file_name: file_name(&asked, &asked.zone.day_of(now).to_string()),
        name: asked.name,
        format: asked.format.name().to_owned(),
        columns: asked.columns,
        parameters: asked.parameters,
        meanings: asked.meanings,
        range: asked.range,
        as_of,
        projects: kept.projects().map(<[String]>::to_vec),
        maker: maker(caller.caller())?,
        status: ExportStatus::Queued,
        begun: 0,
        created_at: now,
        started_at: None,
        finished_at: None,
        expires_at: None,
        rows: None,
        size: None,
        sha256: None,
        error: None,
        lowest_index: None,
        gone_before: None,
    };
    row.write(act.connection()).await?;
    act.did(&row.organization_id, deed(&row, "queued"));
    let committed = act.commit().await;
    // Also where its record has to wait: it was made.
    jobs.added();
    committed?;
    let location = [(LOCATION, format!("/v1/exports/{}", row.id))];
    let progress = jobs.progress(&row);
    Ok((
        StatusCode::CREATED,
        location,
        Json(Export::of(row, progress)),
    ))
}

/// What was sent, tried in the scope of whoever sent it.
fn understood(
    organizations: &Organizations,
    caller: &Authorized<ExportEvents>,
    sent: &evident_event::json::Json<'_>,
    now: Timestamp,
) -> Result<Asked, Problem> {
    let known = organizations.catalog(caller.caller().organization_id());
    let trial = Trial {
        scope: caller.scope(),
        now,
        aliases: &|text| known.catalog.name_for_alias(text).map(str::to_owned),
    };
    Asked::read(sent, &trial)
}

/// What the file is called: after the export and the day in its zone.
fn file_name(asked: &Asked, today: &str) -> String {
    let name = attachment::part_of_name(&asked.name);
    format!("{name}_{today}.{}", asked.format.extension())
}

async fn must_have_room(
    connection: &mut AnyConnection,
    organization_id: &str,
) -> Result<(), Problem> {
    let counts: Result<_, ControlError> = ExportRow::counts(connection, organization_id).await;
    match counts? {
        (_, unfinished) if unfinished >= MAX_UNFINISHED => Err(ExportError::TooMany.into()),
        (kept, _) if kept >= MAX_KEPT => Err(ExportError::TooManyKept.into()),
        _ => Ok(()),
    }
}

/// The exports that the caller may have.
///
/// The newest first, of whoever asked for them; also those that have expired or failed, for thirty days.
#[utoipa::path(
    get, path = "/v1/exports", tag = "exports", operation_id = "list_exports",
    security(("api_key" = []), ("session" = [])),
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "How many exports; 100 by default"),
        ("cursor" = Option<String>, Query, max_length = 64, pattern = "^exp_[0-9a-z]+$", description = "Where to go on: `next_cursor` of an earlier page"),
    ),
    responses(
        (status = 200, description = "The exports", body = ExportPage),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not export", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_exports(
    State(control): State<Control>,
    State(jobs): State<Arc<ExportJobs>>,
    caller: Authorized<ExportEvents>,
    uri: Uri,
) -> Result<Json<ExportPage>, Problem> {
    let [limit, cursor, _] = parameters::only(&uri, ["limit", "cursor", "organization_id"])?;
    let limit = limit.map_or(Ok(MAX_PAGE), |limit| page_size(&limit))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut before = cursor.map(|cursor| read_cursor(&cursor)).transpose()?;
    let organization_id = caller.caller().organization_id();
    let mut connection = control.reading().await?;
    let mut rows = Vec::new();
    // One more tells whether there is another page.
    while rows.len() <= limit {
        let read = ExportRow::newest(
            &mut connection,
            organization_id,
            before.as_deref(),
            ROWS_AT_ONCE,
        );
        let read = read.await?;
        let Some(last) = read.last() else { break };
        before = Some(last.id.clone());
        rows.extend(read.into_iter().filter(|row| has(&caller, row)));
    }
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| !is_last).map(|row| row.id.clone());
    let told = |row: ExportRow| {
        let progress = jobs.progress(&row);
        Export::of(row, progress)
    };
    Ok(Json(ExportPage {
        data: rows.into_iter().map(told).collect(),
        next_cursor,
    }))
}

fn page_size(text: &str) -> Result<u64, Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=MAX_PAGE).contains(size));
    size.filter(|_| digits).ok_or_else(|| {
        let detail = format!("limit: give a whole number from 1 to {MAX_PAGE}");
        Problem::bad_request("bad_parameter", detail)
    })
}

fn read_cursor(text: &str) -> Result<String, Problem> {
    let is_id = text.starts_with("exp_")
        && text.len() <= MAX_ID_BYTES
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match is_id {
        true => Ok(text.to_owned()),
        false => {
            let detail = "cursor: give next_cursor of an earlier page as it is, or leave it out";
            Err(Problem::bad_request("bad_cursor", detail))
        }
    }
}

/// An export.
#[utoipa::path(
    get, path = "/v1/exports/{id}", tag = "exports", operation_id = "get_export",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The export's id, `exp_…`")),
    responses(
        (status = 200, description = "The export", body = Export),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not export", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such export", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_export(
    State(control): State<Control>,
    State(jobs): State<Arc<ExportJobs>>,
    caller: Authorized<ExportEvents>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<Export>, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    let mut connection = control.reading().await?;
    let row = found(&mut connection, &caller, &id).await?;
    let progress = jobs.progress(&row);
    Ok(Json(Export::of(row, progress)))
}

/// Cancels an export that is queued or running, or deletes one that has come to an end, with its file.
///
/// One that was cancelled is still told of; deleted once more, it is gone.
#[utoipa::path(
    delete, path = "/v1/exports/{id}", tag = "exports", operation_id = "delete_export",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The export's id, `exp_…`")),
    responses(
        (status = 204, description = "It is cancelled, or gone"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not export, or not take this away", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such export", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or changes cannot be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn delete_export(
    State(acts): State<Arc<Acts>>,
    State(jobs): State<Arc<ExportJobs>>,
    caller: Authorized<ExportEvents>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    let author = Author::of(caller.caller(), caller.visit());
    let mut act = acts.begin(author).await?;
    let mut row = found(act.connection(), &caller, &id).await?;
    let is_own = maker(caller.caller())?.id == row.maker.id;
    if !is_own && *caller.reach() != Reach::Organization {
        return Err(ExportError::Others.into());
    }
    let was = row.status;
    let step = match was.is_unfinished() {
        true => {
            row.status = ExportStatus::Cancelled;
            row.finished_at = Some(edge::now());
            row.write(act.connection()).await?;
            "cancelled"
        }
        false => {
            row.delete(act.connection()).await?;
            "deleted"
        }
    };
    act.did(&row.organization_id, export::deed_of_removal(&row, step));
    let committed = act.commit().await;
    if let Ok(()) | Err(crate::acts::ActError::Unrecorded) = committed {
        jobs.cancelled(&row.id);
        if was == ExportStatus::Complete {
            jobs.remove_file(&row).await;
        }
    }
    committed?;
    Ok(StatusCode::NO_CONTENT)
}
