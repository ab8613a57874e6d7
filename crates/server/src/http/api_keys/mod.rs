//! `/v1/api-keys`: keys for programs.
//!
//! What must always hold:
//!
//! - a key's text is in the answer to its making and nowhere else: not in an event, a list or the log;
//! - nobody makes, prolongs or renews a key that may more than they may themselves, there where it may it;
//! - a key of another organization, or of a project that the caller does not manage, is as absent as one that never
//!   was.

mod asked;
mod page;
mod rotation;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use evident_event::catalog::document::Findings;
use evident_event::time::Timestamp;
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use utoipa::ToSchema;

use super::document::Sent;
use super::problem::{Problem, ProblemBody};
use super::{document, parameters, schema};
use crate::acts::{Act, ActError, Acts, Author, Deed};
use crate::auth::{
    Authorized, Caller, EvenArchived, KeyText, Keyring, ManageKeys, Right, Secret, Who,
};
use crate::control::{ApiKey, Control, KeyKind, KeyRecord, MAX_LIVING_KEYS, locked_organization};
use crate::edge;

use asked::{KeyChangeAsked, NewKeyAsked};

pub(crate) use page::*;
pub(crate) use rotation::*;

/// Begins the ids of keys.
const ID_PREFIX: &str = "key";

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Key {
    /// Its id, `key_…`.
    id: String,
    /// Its name; empty for the keys that came with the organization.
    name: String,
    /// What it is for: `ingest` records, `read` reads, `admin` does all there is to do.
    #[schema(value_type = schema::KeyKind)]
    kind: &'static str,
    /// The only project that it may touch.
    #[schema(required)]
    project_id: Option<String>,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// The id of the person or key that made it; null for the keys that came with the organization.
    #[schema(required)]
    created_by: Option<String>,
    /// When it stops working, in UTC; null: it does not expire.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// The addresses and networks that it may be used from; empty: from anywhere.
    allowed_addresses: Vec<String>,
    /// When it was last used, in UTC. A crash of the server may lose the last minute of it.
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
    /// When it was revoked, in UTC.
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
    /// The id of the key that takes its place.
    #[schema(required)]
    replaced_by: Option<String>,
}

/// A key that was just made, with its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeKey {
    #[serde(flatten)]
    #[schema(inline)]
    about: Key,
    /// The key itself, to be kept where secrets are kept: it is not shown again.
    key: String,
}

impl Key {
    fn new(key: &ApiKey, keyring: &Keyring) -> Self {
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let record = &key.record;
        Self {
            id: record.id.clone(),
            name: record.name.clone(),
            kind: record.kind.as_str(),
            project_id: record.project_id.clone(),
            created_at: key.created_at.to_string(),
            created_by: Some(key.created_by.clone()).filter(|id| !id.is_empty()),
            expires_at: text(record.expires_at),
            allowed_addresses: networks(&record.allowed_addresses),
            // What is in memory is newer than what is written.
            last_used_at: text(keyring.last_use(&record.id).max(key.last_used_at)),
            revoked_at: text(record.revoked_at),
            replaced_by: key.replaced_by.clone(),
        }
    }
}

/// Networks as they are shown: a single address without its length.
fn networks(networks: &[IpNet]) -> Vec<String> {
    let shown = |network: &IpNet| match network.prefix_len() == network.max_prefix_len() {
        true => network.addr().to_string(),
        false => network.to_string(),
    };
    networks.iter().map(shown).collect()
}

/// Makes a key.
///
/// The answer holds the key's text, this once. A key of a project touches nothing but that project; nobody
/// makes a key that may more than they may themselves.
#[utoipa::path(
    post, path = "/v1/api-keys", tag = "api keys", operation_id = "create_api_key",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewApiKey),
    responses(
        (status = 201, description = "The key, with its text", body = MadeKey,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not make such a key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There are too many keys, or the project is archived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable, or there is no such project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn create_api_key(
    State(acts): State<Arc<Acts>>,
    State(keyring): State<Arc<Keyring>>,
    manager: Authorized<ManageKeys>,
    sent: Sent,
) -> Result<Response, Problem> {
    let document = sent.document().await?;
    let now = edge::now();
    let asked = NewKeyAsked::read(&document, now);
    let asked = asked.map_err(|refusals| document::refused(&refusals))?;
    must_give(&manager, asked.kind, asked.project_id.as_deref())?;
    let caller = manager.caller();
    let mut act = begun(&acts, &manager).await?;
    must_have_room(&mut act, caller, now).await?;
    if let Some(project_id) = &asked.project_id {
        must_be_project(&mut act, caller, project_id).await?;
    }
    let (key, text) = fresh(caller, asked, now)?;
    key.write(act.connection()).await?;
    act.did(caller.organization_id(), created(&key));
    act.commit().await?;
    made(&key, text, &keyring)
}

/// A fresh key and its text.
fn fresh(caller: &Caller, asked: NewKeyAsked, now: Timestamp) -> Result<(ApiKey, String), Problem> {
    let id = edge::prefixed_id(ID_PREFIX, now).map_err(ActError::from)?;
    let secret = Secret::generate().map_err(ActError::from)?;
    let record = KeyRecord {
        id: id.clone(),
        organization_id: caller.organization_id().to_string(),
        name: asked.name,
        project_id: asked.project_id,
        kind: asked.kind,
        digest: secret.digest().to_vec(),
        expires_at: asked.expires_at,
        revoked_at: None,
        allowed_addresses: asked.allowed_addresses,
    };
    let text = KeyText { id, secret }.write(record.kind);
    let key = ApiKey {
        record,
        created_at: now,
        created_by: maker(caller),
        last_used_at: None,
        replaced_by: None,
    };
    Ok((key, text))
}

/// The id of who makes something.
fn maker(caller: &Caller) -> String {
    match caller.who() {
        Who::Key { id, .. } | Who::Viewer { id, .. } => id.to_string(),
        Who::Person(person) => person.id.clone(),
    }
}

fn made(key: &ApiKey, text: String, keyring: &Keyring) -> Result<Response, Problem> {
    let location = HeaderValue::try_from(format!("/v1/api-keys/{}", key.record.id));
    let location = location.map_err(|_| Problem::internal())?;
    let body = MadeKey {
        about: Key::new(key, keyring),
        key: text,
    };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

fn created(key: &ApiKey) -> Deed {
    let record = &key.record;
    deed("app_api_key.created", key)
        .changing("kind", Value::Null, record.kind.as_str())
        .changing("project_id", Value::Null, json!(record.project_id))
        .changing("expires_at", Value::Null, time(record.expires_at))
        .changing(
            "allowed_addresses",
            json!([]),
            json!(networks(&record.allowed_addresses)),
        )
}

/// Something that is done to a key.
fn deed(action: &'static str, key: &ApiKey) -> Deed {
    let record = &key.record;
    Deed::new(action)
        .to("api_key", &record.id, &record.name)
        .in_project(record.project_id.as_deref())
}

fn time(time: Option<Timestamp>) -> Value {
    time.map_or(Value::Null, |time| time.to_string().into())
}

/// One key.
#[utoipa::path(
    get, path = "/v1/api-keys/{id}", tag = "api keys", operation_id = "get_api_key",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The key's id, `key_…`")),
    responses(
        (status = 200, description = "The key, without its secret", body = Key),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not manage keys", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_api_key(
    State(control): State<Control>,
    State(keyring): State<Arc<Keyring>>,
    manager: Authorized<EvenArchived<ManageKeys>>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<Key>, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    let mut connection = control.reading().await?;
    let key = found(&mut connection, &manager, &id).await?;
    Ok(Json(Key::new(&key, &keyring)))
}

/// Sets a key's name, its end, or where it may be used from.
///
/// What is not mentioned stays. A key that has ended, or that another one takes the place of, stays as it is.
#[utoipa::path(
    patch, path = "/v1/api-keys/{id}", tag = "api keys", operation_id = "change_api_key",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The key's id, `key_…`")),
    request_body(content = schema::ApiKeyChange),
    responses(
        (status = 200, description = "The key as it is from now on", body = Key),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not give such a key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The key has ended or was replaced", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn change_api_key(
    State(acts): State<Arc<Acts>>,
    State(keyring): State<Arc<Keyring>>,
    manager: Authorized<ManageKeys>,
    id: Result<Path<String>, PathRejection>,
    sent: Sent,
) -> Result<Json<Key>, Problem> {
    let Path(id) = id?;
    let document = sent.document().await?;
    let now = edge::now();
    let asked = KeyChangeAsked::read(&document, now);
    let asked = asked.map_err(|refusals| document::refused(&refusals))?;
    let mut act = begun(&acts, &manager).await?;
    let before = found(act.connection(), &manager, &id).await?;
    must_be_givable(&manager, &before, now)?;
    let mut after = before.clone();
    let record = &mut after.record;
    record.name = asked.name.unwrap_or_else(|| record.name.clone());
    record.expires_at = asked.expires_at.unwrap_or(record.expires_at);
    if let Some(networks) = asked.allowed_addresses {
        record.allowed_addresses = networks;
    }
    after.rewrite(act.connection()).await?;
    let changed = changed(&before, &after);
    if !changed.changes_nothing() {
        act.did(manager.caller().organization_id(), changed);
    }
    act.commit().await?;
    Ok(Json(Key::new(&after, &keyring)))
}

/// What is different about a key.
fn changed(before: &ApiKey, after: &ApiKey) -> Deed {
    let (old, new) = (&before.record, &after.record);
    deed("settings.changed", after)
        .changing("name", old.name.as_str(), new.name.as_str())
        .changing("expires_at", time(old.expires_at), time(new.expires_at))
        .changing(
            "allowed_addresses",
            json!(networks(&old.allowed_addresses)),
            json!(networks(&new.allowed_addresses)),
        )
        .changing(
            "replaced_by",
            json!(before.replaced_by),
            json!(after.replaced_by),
        )
}

/// Revokes a key, for good.
///
/// It stops working with the answer, and is still listed. To revoke it again is no change. It is done in an
/// organization that is archived, too.
#[utoipa::path(
    delete, path = "/v1/api-keys/{id}", tag = "api keys", operation_id = "revoke_api_key",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The key's id, `key_…`")),
    responses(
        (status = 204, description = "The key works no more"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not manage keys", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn revoke_api_key(
    State(acts): State<Arc<Acts>>,
    manager: Authorized<EvenArchived<ManageKeys>>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    let mut act = begun(&acts, &manager).await?;
    let key = found(act.connection(), &manager, &id).await?;
    if key.record.revoked_at.is_none() {
        key.revoke(act.connection(), edge::now()).await?;
        let organization_id = manager.caller().organization_id();
        act.did(organization_id, deed("app_api_key.deleted", &key));
    }
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins a change of keys: nobody else changes any of the organization meanwhile.
async fn begun<R: Right>(acts: &Arc<Acts>, manager: &Authorized<R>) -> Result<Act, Problem> {
    let author = Author::of(manager.caller(), manager.visit());
    Ok(acts.begin(author).await?)
}

/// A key that the caller may manage.
async fn found<R: Right>(
    connection: &mut AnyConnection,
    manager: &Authorized<R>,
    id: &str,
) -> Result<ApiKey, Problem> {
    let key = ApiKey::find(connection, manager.caller().organization_id(), id).await?;
    let is_managed = |key: &ApiKey| manager.must_reach(key.record.project_id.as_deref()).is_ok();
    key.filter(is_managed).ok_or_else(|| {
        Problem::not_found("there is no such key: GET /v1/api-keys lists those there are")
    })
}

/// Refuses to give a key that may more than who gives it.
fn must_give(
    manager: &Authorized<ManageKeys>,
    kind: KeyKind,
    project_id: Option<&str>,
) -> Result<(), Problem> {
    manager.must_reach(project_id)?;
    if manager.caller().held().may_give_key(kind, project_id) {
        return Ok(());
    }
    let detail = format!(
        "a key of kind {} may more than you may there: choose another kind, or ask somebody who may all of it",
        kind.as_str()
    );
    Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
}

/// Refuses to change or renew a key that has ended, was replaced, or may more than who changes it.
fn must_be_givable(
    manager: &Authorized<ManageKeys>,
    key: &ApiKey,
    now: Timestamp,
) -> Result<(), Problem> {
    let record = &key.record;
    must_give(manager, record.kind, record.project_id.as_deref())?;
    let conflict = |code, detail| Err(Problem::new(StatusCode::CONFLICT, code, detail));
    if record.revoked_at.is_some() || record.expires_at.is_some_and(|at| at <= now) {
        return conflict("key_ended", "this key works no more: make another one");
    }
    if key.replaced_by.is_some() {
        let detail = "another key takes the place of this one: change that, or revoke this one";
        return conflict("key_replaced", detail);
    }
    Ok(())
}

/// Refuses one key too many.
async fn must_have_room(act: &mut Act, caller: &Caller, now: Timestamp) -> Result<(), Problem> {
    let organization_id = caller.organization_id();
    let living = ApiKey::count_living(act.connection(), organization_id, now).await?;
    if living < MAX_LIVING_KEYS {
        return Ok(());
    }
    let detail = format!(
        "an organization has at most {MAX_LIVING_KEYS} keys that work: revoke one that is not needed"
    );
    Err(Problem::new(
        StatusCode::CONFLICT,
        "too_many_api_keys",
        detail,
    ))
}

/// Refuses a project that is not there or takes nothing new.
async fn must_be_project(act: &mut Act, caller: &Caller, id: &str) -> Result<(), Problem> {
    let organizations = act.organizations();
    let within = organizations.settings_within(act.connection(), caller.organization_id());
    let settings = within.await?.ok_or(ActError::NoOrganization)?;
    let project = settings.projects.iter().find(|project| project.id == id);
    if let Some(project) = project {
        if !project.archived {
            return Ok(());
        }
        let detail = "this project is archived, so it takes nothing new: bring it back first";
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "project_archived",
            detail,
        ));
    }
    let mut findings = Findings::default();
    let message =
        "expected the id of a project, found none of that id: correct it, or leave it out";
    findings.refuse("/project_id", "unknown_project", message);
    Err(document::refused(&findings.into_refusals()))
}
