//! What each operation leaves on the log, and the layer that sees to it for reads and refusals.
//!
//! What must always hold:
//!
//! - every operation of the OpenAPI document has an entry in [`OPERATIONS`], and every entry an operation: a test
//!   walks both. The document tells of it as `x-audit`, which the tests of whole servers go by;
//! - what changes something records that itself, with the change ([`crate::acts`]); exports record themselves
//!   before their first byte. Only reads, and refusals of known keys, are noted here, after the answer is made;
//! - a log that is public is read by nobody in particular: fetches of it leave nothing.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, PathItem};

use super::log::documented_path;
use crate::auth::{Caller, CallerSlot, KeyRefusal, RefusedKey, RefusedSlot, Visit, Who};
use crate::reads::Reads;

/// What an operation leaves on the log when it succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// Nothing, for this reason.
    Nothing(&'static str),
    /// `audit_log.read`, of this kind.
    Read(&'static str),
    /// `audit_log.exported`.
    Export,
    /// Some of these actions, if it changes anything.
    Change(&'static [&'static str]),
}

use Leaves::{Change, Export, Nothing, Read};

const RECORDED: &str = "what is recorded is on the log itself";
const TYPES: &str = "event types are no events";
const SETTINGS: &str = "settings are no events";
const COUNTS: &str = "no event is shown, only how many would go";
const EXPORTS: &str = "that an export was asked for, and each time it is downloaded, is on the log";
const VIEWS: &str = "views are no events";
const PEOPLE: &str = "who belongs to what is no event";
const LINKS: &str = "nobody is let in by it, and nothing is changed";
const PROBE: &str = "it tells of the server alone";
const FOUNDING: &str = "there is nobody yet on whose word it would be";

/// Every operation: its method and path in the document, and what it leaves.
const OPERATIONS: &[(&str, &str, Leaves)] = &[
    ("POST", "/v1/events", Nothing(RECORDED)),
    ("GET", "/v1/events", Read("events")),
    ("GET", "/v1/events/histogram", Read("histogram")),
    ("GET", "/v1/events/facets", Read("facets")),
    ("GET", "/v1/events/completions", Read("completions")),
    ("GET", "/v1/events/tail", Read("tail")),
    ("GET", "/v1/events/export.csv", Export),
    ("GET", "/v1/events/{id}", Read("event")),
    ("GET", "/v1/events/{id}/proof", Read("proof")),
    ("GET", "/v1/catalog", Nothing(TYPES)),
    ("POST", "/v1/catalog", Change(&["settings.changed"])),
    ("GET", "/v1/catalog/{action}", Nothing(TYPES)),
    ("PUT", "/v1/catalog/{action}", Change(&["settings.changed"])),
    ("GET", "/v1/organizations/{id}", Nothing(SETTINGS)),
    (
        "PATCH",
        "/v1/organizations/{id}",
        Change(&["organisation.updated"]),
    ),
    ("GET", "/v1/retention", Nothing(SETTINGS)),
    (
        "PUT",
        "/v1/retention",
        Change(&["organisation.retention.updated"]),
    ),
    (
        "GET",
        "/v1/retention/projects/{project_id}",
        Nothing(SETTINGS),
    ),
    (
        "PUT",
        "/v1/retention/projects/{project_id}",
        Change(&["project.retention.updated"]),
    ),
    (
        "DELETE",
        "/v1/retention/projects/{project_id}",
        Change(&["project.retention.updated"]),
    ),
    ("POST", "/v1/retention/preview", Nothing(COUNTS)),
    ("POST", "/v1/retention/run", Change(&["retention.deleted"])),
    ("GET", "/v1/views", Nothing(VIEWS)),
    ("POST", "/v1/views", Change(&["settings.changed"])),
    ("GET", "/v1/views/{id}", Nothing(VIEWS)),
    ("PATCH", "/v1/views/{id}", Change(&["settings.changed"])),
    ("DELETE", "/v1/views/{id}", Change(&["settings.changed"])),
    ("GET", "/v1/exports", Nothing(EXPORTS)),
    ("POST", "/v1/exports", Change(&["audit_log.exported"])),
    ("GET", "/v1/exports/{id}", Nothing(EXPORTS)),
    (
        "DELETE",
        "/v1/exports/{id}",
        Change(&["audit_log.export_deleted"]),
    ),
    ("GET", "/v1/exports/{id}/download", Export),
    ("GET", "/v1/organizations", Nothing(SETTINGS)),
    (
        "POST",
        "/v1/organizations",
        Change(&["organisation.created"]),
    ),
    (
        "DELETE",
        "/v1/organizations/{id}",
        Change(&["organisation.deleted"]),
    ),
    ("GET", "/v1/projects", Nothing(SETTINGS)),
    ("POST", "/v1/projects", Change(&["project.created"])),
    ("GET", "/v1/projects/{id}", Nothing(SETTINGS)),
    ("PATCH", "/v1/projects/{id}", Change(&["project.updated"])),
    ("DELETE", "/v1/projects/{id}", Change(&["project.deleted"])),
    ("GET", "/v1/projects/{id}/members", Nothing(PEOPLE)),
    (
        "PUT",
        "/v1/projects/{id}/members/{user_id}",
        Change(&[
            "project_member.added",
            "project_role.assigned",
            "project_role.removed",
        ]),
    ),
    (
        "DELETE",
        "/v1/projects/{id}/members/{user_id}",
        Change(&["project_role.removed", "project_member.removed"]),
    ),
    ("GET", "/v1/instance/owners", Nothing(PEOPLE)),
    (
        "POST",
        "/v1/instance/owners",
        Change(&["instance_owner.assigned"]),
    ),
    (
        "DELETE",
        "/v1/instance/owners/{user_id}",
        Change(&["instance_owner.removed"]),
    ),
    ("GET", "/v1/permissions", Nothing(SETTINGS)),
    ("GET", "/v1/roles", Nothing(SETTINGS)),
    ("POST", "/v1/roles", Change(&["role.created"])),
    ("GET", "/v1/roles/default", Nothing(SETTINGS)),
    (
        "PUT",
        "/v1/roles/default",
        Change(&["workspace.default_role.configured"]),
    ),
    ("GET", "/v1/roles/{id}", Nothing(SETTINGS)),
    ("PATCH", "/v1/roles/{id}", Change(&["role.updated"])),
    (
        "DELETE",
        "/v1/roles/{id}",
        Change(&[
            "role.deleted",
            "organisation.user.role.changed",
            "project_role.removed",
            "project_role.assigned",
            "workspace.default_role.configured",
            "settings.changed",
        ]),
    ),
    ("GET", "/v1/members", Nothing(PEOPLE)),
    (
        "POST",
        "/v1/members/bulk",
        Change(&[
            "organisation.user.role.assigned",
            "organisation.user.role.changed",
        ]),
    ),
    ("GET", "/v1/members/{user_id}", Nothing(PEOPLE)),
    (
        "PATCH",
        "/v1/members/{user_id}",
        Change(&[
            "organisation.user.role.assigned",
            "organisation.user.role.changed",
        ]),
    ),
    (
        "DELETE",
        "/v1/members/{user_id}",
        Change(&[
            "project_role.removed",
            "project_member.removed",
            "organisation.user.removed",
        ]),
    ),
    (
        "POST",
        "/v1/members/{user_id}/password-reset",
        Change(&["settings.changed"]),
    ),
    (
        "DELETE",
        "/v1/members/{user_id}/sessions",
        Change(&["user.logout"]),
    ),
    ("GET", "/v1/invitations", Nothing(PEOPLE)),
    (
        "POST",
        "/v1/invitations",
        Change(&["organisation.user.invited"]),
    ),
    (
        "DELETE",
        "/v1/invitations/{id}",
        Change(&["settings.changed"]),
    ),
    (
        "POST",
        "/v1/invitations/{id}/renew",
        Change(&["organisation.user.invited"]),
    ),
    ("POST", "/v1/invitations/lookup", Nothing(LINKS)),
    (
        "POST",
        "/v1/invitations/accept",
        Change(&[
            "organisation.user.added",
            "organisation.user.role.assigned",
            "project_member.added",
            "project_role.assigned",
        ]),
    ),
    ("GET", "/v1/api-keys", Nothing(SETTINGS)),
    ("POST", "/v1/api-keys", Change(&["app_api_key.created"])),
    ("GET", "/v1/api-keys/{id}", Nothing(SETTINGS)),
    ("PATCH", "/v1/api-keys/{id}", Change(&["settings.changed"])),
    (
        "DELETE",
        "/v1/api-keys/{id}",
        Change(&["app_api_key.deleted"]),
    ),
    (
        "POST",
        "/v1/api-keys/{id}/rotate",
        Change(&["app_api_key.created", "settings.changed"]),
    ),
    ("GET", "/v1/viewer-issuers", Nothing(SETTINGS)),
    ("POST", "/v1/viewer-issuers", Change(&["settings.changed"])),
    (
        "PATCH",
        "/v1/viewer-issuers/{id}",
        Change(&["settings.changed"]),
    ),
    (
        "DELETE",
        "/v1/viewer-issuers/{id}",
        Change(&["settings.changed"]),
    ),
    ("POST", "/v1/viewer-tokens", Change(&["settings.changed"])),
    ("GET", "/v1/sso", Nothing(SETTINGS)),
    ("PUT", "/v1/sso", Change(&["settings.changed"])),
    ("DELETE", "/v1/sso", Change(&["settings.changed"])),
    ("GET", "/v1/auth/oidc/providers", Nothing(LINKS)),
    ("GET", "/v1/auth/oidc/start", Nothing(LINKS)),
    (
        "GET",
        "/v1/auth/oidc/callback",
        Change(&[
            "user.login",
            "organisation.user.added",
            "organisation.user.role.assigned",
            "organisation.user.role.changed",
            "settings.changed",
        ]),
    ),
    ("GET", "/v1/setup", Nothing(PROBE)),
    ("POST", "/v1/setup", Nothing(FOUNDING)),
    ("POST", "/v1/auth/login", Change(&["user.login"])),
    ("POST", "/v1/auth/logout", Change(&["user.logout"])),
    ("GET", "/v1/auth/session", Nothing(PEOPLE)),
    ("GET", "/v1/auth/sessions", Nothing(PEOPLE)),
    ("DELETE", "/v1/auth/sessions", Change(&["user.logout"])),
    ("DELETE", "/v1/auth/sessions/{id}", Change(&["user.logout"])),
    ("PATCH", "/v1/auth/profile", Change(&["settings.changed"])),
    ("PUT", "/v1/auth/password", Change(&["settings.changed"])),
    ("POST", "/v1/auth/totp", Change(&["settings.changed"])),
    ("DELETE", "/v1/auth/totp", Change(&["settings.changed"])),
    (
        "POST",
        "/v1/auth/totp/confirm",
        Change(&["settings.changed"]),
    ),
    (
        "POST",
        "/v1/auth/recovery-codes",
        Change(&["settings.changed"]),
    ),
    ("POST", "/v1/auth/reset", Change(&["settings.changed"])),
    ("GET", "/v1/log", Read("log")),
    ("GET", "/v1/log/checkpoints", Read("log")),
    ("GET", "/v1/log/consistency", Read("log")),
    ("GET", "/log/{organization_id}/checkpoint", Read("log")),
    (
        "GET",
        "/log/{organization_id}/tile/{level}/{tile}",
        Read("tiles"),
    ),
    (
        "GET",
        "/log/{organization_id}/tile/entries/{tile}",
        Read("entries"),
    ),
    ("GET", "/metrics", Nothing(PROBE)),
    ("GET", "/healthz", Nothing(PROBE)),
    ("GET", "/readyz", Nothing(PROBE)),
    ("GET", "/openapi.json", Nothing(PROBE)),
];

impl Leaves {
    /// What an operation leaves, by its method and its path in the document.
    fn of(method: &str, path: &str) -> Option<Self> {
        let found = OPERATIONS
            .iter()
            .find(|(known, at, _)| *known == method && *at == path);
        found.map(|(.., leaves)| *leaves)
    }

    /// The same for the document.
    fn told(self) -> Value {
        match self {
            Self::Nothing(why) => json!({ "nothing": why }),
            Self::Read(kind) => json!({"read": kind, "actions": ["audit_log.read"]}),
            Self::Export => json!({"actions": ["audit_log.exported"]}),
            Self::Change(actions) => json!({ "actions": actions }),
        }
    }
}

/// Adds to each operation of a document what it leaves on the log.
pub(super) fn describe(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_of(item) {
            if let Some(leaves) = Leaves::of(method, path) {
                let extensions = operation.extensions.get_or_insert_default();
                let told = Extensions::from_iter([("x-audit", leaves.told())]);
                extensions.merge(told);
            }
        }
    }
}

/// The operations of a path, each with its method.
fn operations_of(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("GET", item.get.as_mut()),
        ("PUT", item.put.as_mut()),
        ("POST", item.post.as_mut()),
        ("DELETE", item.delete.as_mut()),
        ("OPTIONS", item.options.as_mut()),
        ("HEAD", item.head.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("TRACE", item.trace.as_mut()),
        ("QUERY", item.query.as_mut()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
}

/// The layer around all operations: notes what was read, and which known keys were refused.
pub(super) async fn noted(
    State(reads): State<Arc<Reads>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        return next.run(request).await;
    };
    let path = documented_path(path.as_str());
    let leaves = Leaves::of(asked_method(request.method()), &path);
    let refused = RefusedSlot::default();
    request.extensions_mut().insert(refused.clone());
    let caller = request.extensions().get::<CallerSlot>().cloned();
    let asked = matches!(leaves, Some(Read(_))).then(|| asked_project(&request));
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;

    let caller = caller.as_ref().and_then(CallerSlot::get);
    let status = response.status();
    // What a handler finds too little of, beyond the right that it names.
    let too_little = (status == StatusCode::FORBIDDEN).then(|| caller.and_then(forbidden));
    let key = refused.get().cloned().or(too_little.flatten());
    if let Some(key) = &key {
        reads.refused(key, &visit, status.as_u16(), Instant::now());
    }
    if let (Some(Read(kind)), Some(caller), true) = (leaves, caller, status.is_success()) {
        reads.read(
            caller,
            &visit,
            kind,
            asked.flatten().as_deref(),
            Instant::now(),
        );
    }
    response
}

/// HEAD is answered as GET is, and tells as much as its headers do.
fn asked_method(method: &Method) -> &str {
    match *method {
        Method::HEAD => "GET",
        _ => method.as_str(),
    }
}

/// The project that a query is limited to.
fn asked_project(request: &Request) -> Option<String> {
    let mut parameters = super::parameters::parameters(request.uri());
    let found = parameters.find(|(name, _)| name == "project_id");
    found.map(|(_, id)| id.into_owned())
}

/// A key that works, but not for this.
fn forbidden(caller: &Caller) -> Option<RefusedKey> {
    let Who::Key { id, name, .. } = caller.who() else {
        return None;
    };
    Some(RefusedKey {
        key_id: Arc::clone(id),
        organization_id: Arc::clone(caller.organization_id()),
        name: Arc::clone(name),
        why: KeyRefusal::LacksPermission,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_says_what_it_leaves_and_every_entry_has_its_operation() {
        let mut document = crate::http::openapi();
        let mut found = BTreeSet::new();
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations_of(item) {
                let told = operation.extensions.as_ref();
                let told = told.and_then(|extensions| extensions.get("x-audit"));
                assert!(told.is_some(), "{method} {path}: say what it leaves");
                found.insert((method.to_owned(), path.clone()));
            }
        }
        let listed = OPERATIONS.iter();
        let listed: Vec<_> = listed
            .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
            .collect();
        let distinct: BTreeSet<_> = listed.iter().cloned().collect();
        assert_eq!(distinct.len(), listed.len(), "an operation is listed twice");
        assert_eq!(found, distinct);
    }

    #[test]
    fn only_reads_are_said_to_leave_reads_and_all_that_changes_leaves_something() {
        for (method, path, leaves) in OPERATIONS {
            let changes = matches!(leaves, Change(_));
            // A person comes back from an organization's provider by a link, and is signed in by it.
            let comes_back = *path == "/v1/auth/oidc/callback";
            let no_change = [
                "/v1/events",
                "/v1/invitations/lookup",
                "/v1/retention/preview",
                "/v1/setup",
            ];
            let no_change = no_change.contains(path);
            let may_change = comes_back || (*method != "GET" && !no_change);
            assert_eq!(changes, may_change, "{method} {path}");
            if let Change(actions) = leaves {
                assert!(!actions.is_empty(), "{method} {path}");
            }
        }
    }

    #[test]
    fn every_action_that_is_left_is_in_the_catalog() {
        let catalog = evident_event::catalog::Catalog::embedded().unwrap();
        for (method, path, leaves) in OPERATIONS {
            let told = leaves.told();
            for action in told["actions"].as_array().into_iter().flatten() {
                let known = catalog.get(action.as_str().unwrap_or_default());
                assert!(known.is_some(), "{method} {path}: {action}");
            }
        }
    }
}
