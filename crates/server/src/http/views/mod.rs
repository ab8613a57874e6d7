//! `/v1/views`: saved views, those that everybody has, one's own and those that are shared.
//!
//! What must always hold:
//!
//! - a private view is there for its owner alone; a shared one for all who may read what it is limited to: its
//!   project if its query names one, else the organization;
//! - sharing takes the permission to share there where it is shared; what is shared is changed by its owner, or
//!   with that permission;
//! - every change is on the log. What a private view shows is not: it is its owner's business.

mod built_in;
mod document;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use utoipa::ToSchema;

use super::body::BodyReader;
use super::problem::{Problem, ProblemBody};
use super::{document as documents, parameters, schema};
use crate::acts::{Act, Acts, Author, Deed};
use crate::auth::{AuthError, Authorized, Read, ShareViews, Who};
use crate::control::{
    Control, ControlError, Organizations, View, ViewDefinition, locked_organization,
};
use crate::edge;

use built_in::{BUILT_IN, BuiltIn};
use document::{Trial, ViewSent};

/// Most views that an owner has to itself.
const MAX_PRIVATE_VIEWS: i64 = 100;
/// Most views that an organization shares.
const MAX_SHARED_VIEWS: i64 = 500;
/// Longest definition of a view, in bytes of its JSON.
const MAX_DEFINITION_BYTES: usize = 16 * 1024;
/// Begins the ids of views.
const PREFIX: &str = "view";

/// A view.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedView {
    /// Its id, `view_…`.
    id: String,
    /// Its name.
    name: String,
    /// Whether everybody has it, and nobody can change it.
    built_in: bool,
    /// Whether others have it too.
    shared: bool,
    /// The person or the key that made it; null for those that everybody has.
    #[schema(required)]
    owner_id: Option<String>,
    /// Whether it is the caller's own.
    own: bool,
    /// What it shows.
    definition: ViewDefinition,
    /// The pattern that an empty box for actions stands for while the whole organization is looked at; null: none.
    #[schema(required)]
    default_pattern: Option<&'static str>,
    /// When it was made, in UTC; null for those that everybody has.
    #[schema(required, format = DateTime)]
    created_at: Option<String>,
    /// When it was last changed, in UTC; null for those that everybody has.
    #[schema(required, format = DateTime)]
    updated_at: Option<String>,
}

/// All views that a caller has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedViews {
    /// Those that everybody has, then the others in the order in which they were made.
    #[schema(max_items = 603)]
    data: Vec<SavedView>,
}

impl From<&BuiltIn> for SavedView {
    fn from(view: &BuiltIn) -> Self {
        Self {
            id: view.id.to_owned(),
            name: view.name.to_owned(),
            built_in: true,
            shared: true,
            owner_id: None,
            own: false,
            definition: view.definition(),
            default_pattern: view.default_pattern,
            created_at: None,
            updated_at: None,
        }
    }
}

impl SavedView {
    fn of(view: View, me: Option<&str>) -> Self {
        Self {
            own: me == Some(&*view.owner_id),
            id: view.id,
            name: view.name,
            built_in: false,
            shared: view.shared,
            owner_id: Some(view.owner_id),
            definition: view.definition,
            default_pattern: None,
            created_at: Some(view.created_at.to_string()),
            updated_at: Some(view.updated_at.to_string()),
        }
    }
}

/// Why a view was not made or changed.
#[derive(Debug, thiserror::Error)]
enum ViewError {
    /// The caller has no such view.
    #[error("there is no such view: GET /v1/views lists those that you have")]
    None,
    /// Everybody has it.
    #[error("{0:?} is the same for everybody: save one of your own by POST /v1/views")]
    BuiltIn(&'static str),
    /// The owner has too many.
    #[error(
        "an owner has at most {MAX_PRIVATE_VIEWS} views that are not shared: delete one that is not needed"
    )]
    TooManyPrivate,
    /// The organization has too many.
    #[error(
        "an organization shares at most {MAX_SHARED_VIEWS} views: delete one that is not needed"
    )]
    TooManyShared,
    /// Whoever asks is nobody who could have one.
    #[error("views are saved by people and API keys, and these credentials are neither")]
    NoOwner,
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        let detail = error.to_string();
        match error {
            ViewError::None => Self::not_found(detail),
            ViewError::BuiltIn(_) => Self::new(StatusCode::CONFLICT, "built_in_view", detail),
            ViewError::TooManyPrivate => Self::new(StatusCode::CONFLICT, "too_many_views", detail),
            ViewError::TooManyShared => {
                Self::new(StatusCode::CONFLICT, "too_many_shared_views", detail)
            }
            ViewError::NoOwner => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
        }
    }
}

/// Who can own views: a person or a key.
fn owner(reader: &Authorized<Read>) -> Option<&str> {
    match reader.caller().who() {
        Who::Key { id, .. } => Some(id),
        Who::Person(person) => Some(&person.id),
        Who::Viewer { .. } => None,
    }
}

/// The same for somebody who is about to change something.
fn changer(reader: &Authorized<Read>) -> Result<&str, Problem> {
    if reader.caller().held().is_frozen() {
        return Err(AuthError::OrganizationArchived.into());
    }
    Ok(owner(reader).ok_or(ViewError::NoOwner)?)
}

/// Whether a view is there for a caller.
fn has(reader: &Authorized<Read>, view: &View) -> bool {
    let Some(me) = owner(reader) else {
        return false;
    };
    let reaches = |project_id: &str| reader.reach().includes(project_id);
    view.owner_id == me || view.shared && view.definition.project_id().is_none_or(reaches)
}

/// Refuses those who may not share what is limited as a view is.
fn must_share(reader: &Authorized<Read>, view: &View) -> Result<(), Problem> {
    let sharer = reader.also::<ShareViews>()?;
    Ok(sharer.must_reach(view.definition.project_id())?)
}

/// The views that the caller has.
///
/// Those that everybody has, then the caller's own and those that are shared.
#[utoipa::path(
    get, path = "/v1/views", tag = "views", operation_id = "list_views",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    responses(
        (status = 200, description = "The views", body = SavedViews),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_views(
    State(control): State<Control>,
    reader: Authorized<Read>,
    uri: Uri,
) -> Result<Json<SavedViews>, Problem> {
    parameters::in_organization(&uri)?;
    let me = owner(&reader);
    let organization_id = reader.caller().organization_id();
    let mut data: Vec<SavedView> = BUILT_IN.iter().map(SavedView::from).collect();
    if let Some(me) = me {
        let mut connection = control.reading().await?;
        let views = View::of_owner(&mut connection, organization_id, me).await?;
        let views = views.into_iter().filter(|view| has(&reader, view));
        data.extend(views.map(|view| SavedView::of(view, Some(me))));
    }
    Ok(Json(SavedViews { data }))
}

/// Saves a view.
///
/// Its query is understood as it would be if it were asked now, by the caller. Shared, it is there for all who may
/// read in the project that its query names with `project_id`, or in the organization.
#[utoipa::path(
    post, path = "/v1/views", tag = "views", operation_id = "create_view",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewView),
    responses(
        (status = 201, description = "The view", body = SavedView,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not share this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There are too many views", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn create_view(
    State(acts): State<Arc<Acts>>,
    State(body_reader): State<BodyReader>,
    reader: Authorized<Read>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<SavedView>), Problem> {
    parameters::in_organization(&uri)?;
    let me = changer(&reader)?;
    let document = documents::read(&body_reader, &headers, body).await?;
    let mut act = begun(&acts, &reader).await?;
    let sent = understood(&act.organizations(), &reader, &document, false)?;
    // Both are required of a whole view.
    let (Some(name), Some(definition)) = (sent.name, sent.definition) else {
        return Err(Problem::internal());
    };
    let now = edge::now();
    let view = View {
        id: edge::prefixed_id(PREFIX, now).map_err(|_| Problem::internal())?,
        organization_id: reader.caller().organization_id().to_string(),
        owner_id: me.to_owned(),
        name,
        shared: sent.shared.unwrap_or_default(),
        definition,
        created_at: now,
        updated_at: now,
    };
    if view.shared {
        must_share(&reader, &view)?;
    }
    must_have_room(act.connection(), &view).await?;
    view.write(act.connection()).await?;
    act.did(&view.organization_id, deed(None, Some(&view)));
    act.commit().await?;
    let location = [(LOCATION, format!("/v1/views/{}", view.id))];
    let answer = Json(SavedView::of(view, Some(me)));
    Ok((StatusCode::CREATED, location, answer))
}

/// A view.
#[utoipa::path(
    get, path = "/v1/views/{id}", tag = "views", operation_id = "get_view",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(("id" = String, Path, description = "The view's id, `view_…`")),
    responses(
        (status = 200, description = "The view", body = SavedView),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such view", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_view(
    State(control): State<Control>,
    reader: Authorized<Read>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<SavedView>, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    if let Some(view) = BuiltIn::find(&id) {
        return Ok(Json(view.into()));
    }
    let mut connection = control.reading().await?;
    let view = found(&mut connection, &reader, &id).await?;
    Ok(Json(SavedView::of(view, owner(&reader))))
}

/// Changes a view. What is not mentioned stays; a definition is replaced whole.
#[utoipa::path(
    patch, path = "/v1/views/{id}", tag = "views", operation_id = "change_view",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The view's id, `view_…`")),
    request_body(content = schema::ViewChange),
    responses(
        (status = 200, description = "The view as it is from now on", body = SavedView),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not share this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such view", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Everybody has it, or there are too many views", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn change_view(
    State(acts): State<Arc<Acts>>,
    State(body_reader): State<BodyReader>,
    reader: Authorized<Read>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SavedView>, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    let me = changer(&reader)?;
    let document = documents::read(&body_reader, &headers, body).await?;
    must_not_be_built_in(&id)?;
    let mut act = begun(&acts, &reader).await?;
    let sent = understood(&act.organizations(), &reader, &document, true)?;
    let before = found(act.connection(), &reader, &id).await?;
    let mut after = before.clone();
    after.name = sent.name.unwrap_or(after.name);
    after.shared = sent.shared.unwrap_or(after.shared);
    after.definition = sent.definition.unwrap_or(after.definition);
    if before.shared && before.owner_id != me {
        must_share(&reader, &before)?;
    }
    let is_shared_anew = after.shared
        && (!before.shared || before.definition.project_id() != after.definition.project_id());
    if is_shared_anew {
        must_share(&reader, &after)?;
    }
    if after.shared != before.shared {
        must_have_room(act.connection(), &after).await?;
    }
    if after != before {
        after.updated_at = edge::now();
        after.write(act.connection()).await?;
        act.did(&after.organization_id, deed(Some(&before), Some(&after)));
    }
    act.commit().await?;
    Ok(Json(SavedView::of(after, Some(me))))
}

/// Deletes a view.
#[utoipa::path(
    delete, path = "/v1/views/{id}", tag = "views", operation_id = "delete_view",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The view's id, `view_…`")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not change what is shared", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such view", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Everybody has it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn delete_view(
    State(acts): State<Arc<Acts>>,
    reader: Authorized<Read>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    let me = changer(&reader)?;
    must_not_be_built_in(&id)?;
    let mut act = begun(&acts, &reader).await?;
    let view = found(act.connection(), &reader, &id).await?;
    if view.shared && view.owner_id != me {
        must_share(&reader, &view)?;
    }
    view.delete(act.connection()).await?;
    act.did(&view.organization_id, deed(Some(&view), None));
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn must_not_be_built_in(id: &str) -> Result<(), ViewError> {
    match BuiltIn::find(id) {
        Some(view) => Err(ViewError::BuiltIn(view.name)),
        None => Ok(()),
    }
}

/// What was sent, tried in the scope of whoever sent it.
fn understood(
    organizations: &Organizations,
    reader: &Authorized<Read>,
    document: &evident_event::json::Json<'_>,
    partly: bool,
) -> Result<ViewSent, Problem> {
    let known = organizations.catalog(reader.caller().organization_id());
    let trial = Trial {
        scope: reader.scope(),
        now: edge::now(),
        aliases: &|text| known.catalog.name_for_alias(text).map(str::to_owned),
    };
    let sent = ViewSent::read(document, partly, &trial);
    sent.map_err(|refusals| documents::refused(&refusals))
}

/// Begins a change of views: nobody else makes or shares one meanwhile.
async fn begun(acts: &Arc<Acts>, reader: &Authorized<Read>) -> Result<Act, Problem> {
    let author = Author::of(reader.caller(), reader.visit());
    Ok(acts.begin(author).await?)
}

/// The view of an id, if the caller has it.
async fn found(
    connection: &mut AnyConnection,
    reader: &Authorized<Read>,
    id: &str,
) -> Result<View, Problem> {
    // A NUL is no text to one of the databases.
    if !id.starts_with(PREFIX) || id.contains('\0') {
        return Err(ViewError::None.into());
    }
    let found = View::find(connection, reader.caller().organization_id(), id).await?;
    let view = found.filter(|view| has(reader, view));
    Ok(view.ok_or(ViewError::None)?)
}

/// Refuses one more of what a view is, where there are enough.
async fn must_have_room(connection: &mut AnyConnection, view: &View) -> Result<(), Problem> {
    let (organization_id, owner_id) = (&view.organization_id, &view.owner_id);
    let (count, max, error) = match view.shared {
        true => {
            let count: Result<i64, ControlError> =
                View::count_shared(connection, organization_id).await;
            (count?, MAX_SHARED_VIEWS, ViewError::TooManyShared)
        }
        false => {
            let count = View::count_private(connection, organization_id, owner_id).await;
            (count?, MAX_PRIVATE_VIEWS, ViewError::TooManyPrivate)
        }
    };
    match count < max {
        true => Ok(()),
        false => Err(error.into()),
    }
}

/// What the log is to say: all of what is or was shared, and of what is private that it is there.
fn deed(before: Option<&View>, after: Option<&View>) -> Deed {
    let Some(view) = after.or(before) else {
        return Deed::new("settings.changed");
    };
    let shown = [after, before]
        .into_iter()
        .flatten()
        .find(|view| view.shared);
    let name = shown.map_or("", |view| view.name.as_str());
    let visibility = |view: Option<&View>| match view.map(|view| view.shared) {
        Some(true) => json!("shared"),
        Some(false) => json!("private"),
        None => Value::Null,
    };
    let mut deed = Deed::new("settings.changed")
        .to(PREFIX, &view.id, name)
        .changing("visibility", visibility(before), visibility(after));
    if shown.is_some() {
        // What is private before or after is not told, even where the other side is.
        let told = |view: Option<&View>, of: fn(&View) -> Value| {
            view.filter(|view| view.shared).map_or(Value::Null, of)
        };
        let name: fn(&View) -> Value = |view| json!(view.name);
        let definition: fn(&View) -> Value = |view| json!(view.definition);
        deed = deed
            .changing("name", told(before, name), told(after, name))
            .changing(
                "definition",
                told(before, definition),
                told(after, definition),
            )
            .in_project(project_of(before, after));
    }
    deed
}

/// The project that the log is to say it was in: that of what is shared, if it is one and stays the same.
fn project_of<'v>(before: Option<&'v View>, after: Option<&'v View>) -> Option<&'v str> {
    let mut shared = [before, after]
        .into_iter()
        .flatten()
        .filter(|view| view.shared);
    let project_id = shared.next()?.definition.project_id()?;
    shared
        .all(|view| view.definition.project_id() == Some(project_id))
        .then_some(project_id)
}
