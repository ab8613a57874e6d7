//! Every operation of the OpenAPI document, what it takes to use it, and what its path or its body names.

/// What it takes to use an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: everybody may, also without credentials.
    Nothing,
    /// Any credentials of the organization.
    Membership,
    /// This permission, in the organization or in a project.
    Permission(&'static str),
    /// This permission in the whole organization.
    InOrganization(&'static str),
    /// The same, in the organization that the server was founded with.
    AtHome(&'static str),
    /// This permission, or any role in the project that the path names.
    OrRoleInProject(&'static str),
    /// This permission, or to be an owner of the instance, which helps in every organization.
    OrOwner(&'static str),
    /// The same, with the permission in the whole organization.
    InOrganizationOrOwner(&'static str),
    /// A person who is signed in, whatever the organization; or a key with this permission.
    PersonOr(&'static str),
    /// A person who is signed in. No key does.
    Person,
    /// An owner of the instance who is signed in. No key does.
    Owner,
}

/// What an operation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Nothing: every organization has its own.
    Nothing,
    /// What belongs to an organization. For others it is not there, by a problem of this code.
    Something(&'static str),
    /// The same, for an event: it is not there for those of a project that it is not in, either.
    AnEvent,
}

/// A method, a path of the document, what it takes, and what is named.
pub(super) type Operation = (&'static str, &'static str, Needs, Names);

use Needs::{
    AtHome, InOrganization, InOrganizationOrOwner, Membership, OrOwner, OrRoleInProject, Owner,
    Permission, Person, PersonOr,
};

const SOMETHING: Names = Names::Something("not_found");
const AN_ACTION: Names = Names::Something("unknown_action");

const RECORD: Needs = Permission("events.record");
const READ: Needs = Permission("events.read");
/// The scene's exports are of the project that keys are limited to.
const EXPORT: Needs = Permission("events.export");
const CATALOG: Needs = InOrganization("catalog.manage");
/// Others' views are changed with it; the view of the scene is shared with the whole organization.
const SHARE: Needs = InOrganization("views.share");
const SETTINGS: Needs = Permission("settings.read");
const ROLES: Needs = InOrganization("roles.manage");
const SEE_MEMBERS: Needs = Permission("members.read");
/// The scene's invitations and roles in projects are of the project that keys are limited to.
const MEMBERS: Needs = Permission("members.manage");
const ALL_MEMBERS: Needs = InOrganization("members.manage");
/// The scene's keys are of that project, too.
const KEYS: Needs = Permission("keys.manage");
const ISSUERS: Needs = InOrganization("viewers.issue");
/// The project of the scene is the one that keys are limited to.
const RETENTION: Needs = Permission("retention.manage");
const ALL_RETENTION: Needs = InOrganization("retention.manage");
const SSO: Needs = InOrganization("sso.manage");

/// The operation whose answer has no end.
pub(super) const TAIL: &str = "/v1/events/tail";
pub(super) const VIEWS: &str = "/v1/views";
/// The operations on one view.
pub(super) const A_VIEW: &str = "/v1/views/{id}";
pub(super) const AN_ORGANIZATION: &str = "/v1/organizations/{id}";
pub(super) const A_PROJECT: &str = "/v1/projects/{id}";
pub(super) const A_MEMBER: &str = "/v1/members/{user_id}";
pub(super) const A_PROJECT_MEMBER: &str = "/v1/projects/{id}/members/{user_id}";
pub(super) const A_ROLE: &str = "/v1/roles/{id}";
pub(super) const AN_INVITATION: &str = "/v1/invitations/{id}";
pub(super) const A_RENEWAL: &str = "/v1/invitations/{id}/renew";
pub(super) const A_KEY: &str = "/v1/api-keys/{id}";
pub(super) const A_ROTATION: &str = "/v1/api-keys/{id}/rotate";
pub(super) const AN_ISSUER: &str = "/v1/viewer-issuers/{id}";
pub(super) const A_RETENTION: &str = "/v1/retention/projects/{project_id}";
pub(super) const RETENTION_RUN: &str = "/v1/retention/run";
pub(super) const AN_EXPORT: &str = "/v1/exports/{id}";
pub(super) const A_DOWNLOAD: &str = "/v1/exports/{id}/download";
pub(super) const AN_OWNER: &str = "/v1/instance/owners/{user_id}";

/// Open, and of no use without a provider: the tests of single sign-on tell what these answer.
pub(super) const WITH_A_PROVIDER: [&str; 2] = ["/v1/auth/oidc/start", "/v1/auth/oidc/callback"];

/// Every operation. Those on a person's own account come in an order in which each finds what it takes.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation] = &[
    ("post", "/v1/events", RECORD, Names::Nothing),
    ("get", "/v1/events", READ, Names::Nothing),
    ("get", "/v1/events/histogram", READ, Names::Nothing),
    ("get", "/v1/events/facets", READ, Names::Nothing),
    ("get", "/v1/events/completions", READ, Names::Nothing),
    ("get", TAIL, READ, Names::Nothing),
    ("get", "/v1/events/export.csv", Permission("events.export"), Names::Nothing),
    ("get", "/v1/events/{id}", READ, Names::AnEvent),
    ("get", "/v1/events/{id}/proof", READ, Names::AnEvent),
    ("get", "/v1/catalog", Membership, Names::Nothing),
    ("post", "/v1/catalog", CATALOG, Names::Nothing),
    ("get", "/v1/catalog/{action}", Membership, AN_ACTION),
    ("put", "/v1/catalog/{action}", CATALOG, AN_ACTION),
    ("get", "/v1/organizations", PersonOr("settings.read"), Names::Nothing),
    ("get", AN_ORGANIZATION, OrOwner("settings.read"), SOMETHING),
    ("patch", AN_ORGANIZATION, InOrganizationOrOwner("organization.manage"), SOMETHING),
    ("post", "/v1/organizations", Owner, Names::Nothing),
    ("delete", AN_ORGANIZATION, Owner, Names::Nothing),
    ("get", "/v1/instance/owners", Owner, Names::Nothing),
    ("post", "/v1/instance/owners", Owner, Names::Nothing),
    ("delete", AN_OWNER, Owner, Names::Nothing),
    ("get", "/v1/projects", Membership, Names::Nothing),
    ("post", "/v1/projects", InOrganization("projects.create"), Names::Nothing),
    ("get", A_PROJECT, OrRoleInProject("settings.read"), SOMETHING),
    ("patch", A_PROJECT, Permission("projects.manage"), SOMETHING),
    ("delete", A_PROJECT, InOrganization("projects.create"), SOMETHING),
    ("get", "/v1/projects/{id}/members", SEE_MEMBERS, SOMETHING),
    ("put", A_PROJECT_MEMBER, MEMBERS, SOMETHING),
    ("delete", A_PROJECT_MEMBER, MEMBERS, SOMETHING),
    ("get", "/v1/members", SEE_MEMBERS, Names::Nothing),
    ("get", A_MEMBER, SEE_MEMBERS, SOMETHING),
    ("patch", A_MEMBER, ALL_MEMBERS, SOMETHING),
    ("delete", A_MEMBER, ALL_MEMBERS, SOMETHING),
    ("post", "/v1/members/bulk", ALL_MEMBERS, Names::Nothing),
    ("post", "/v1/members/{user_id}/password-reset", ALL_MEMBERS, SOMETHING),
    ("delete", "/v1/members/{user_id}/sessions", ALL_MEMBERS, SOMETHING),
    ("get", "/v1/permissions", Membership, Names::Nothing),
    ("get", "/v1/roles", SETTINGS, Names::Nothing),
    ("post", "/v1/roles", ROLES, Names::Nothing),
    ("get", "/v1/roles/default", SETTINGS, Names::Nothing),
    ("put", "/v1/roles/default", ROLES, Names::Nothing),
    ("get", A_ROLE, SETTINGS, SOMETHING),
    ("patch", A_ROLE, ROLES, SOMETHING),
    ("delete", A_ROLE, ROLES, SOMETHING),
    ("get", "/v1/invitations", SEE_MEMBERS, Names::Nothing),
    ("post", "/v1/invitations", MEMBERS, Names::Nothing),
    ("post", A_RENEWAL, MEMBERS, SOMETHING),
    ("delete", AN_INVITATION, MEMBERS, SOMETHING),
    ("post", "/v1/invitations/lookup", Needs::Nothing, Names::Nothing),
    ("post", "/v1/invitations/accept", Needs::Nothing, Names::Nothing),
    ("get", "/v1/api-keys", KEYS, Names::Nothing),
    ("post", "/v1/api-keys", KEYS, Names::Nothing),
    ("get", A_KEY, KEYS, SOMETHING),
    ("patch", A_KEY, KEYS, SOMETHING),
    ("post", A_ROTATION, KEYS, SOMETHING),
    ("delete", A_KEY, KEYS, SOMETHING),
    ("get", "/v1/viewer-issuers", ISSUERS, Names::Nothing),
    ("post", "/v1/viewer-issuers", ISSUERS, Names::Nothing),
    ("patch", AN_ISSUER, ISSUERS, SOMETHING),
    ("delete", AN_ISSUER, ISSUERS, SOMETHING),
    // It is in the body that the issuer is named.
    ("post", "/v1/viewer-tokens", Permission("viewers.issue"), SOMETHING),
    ("get", "/v1/sso", SSO, Names::Nothing),
    ("put", "/v1/sso", SSO, Names::Nothing),
    ("delete", "/v1/sso", SSO, Names::Nothing),
    ("get", "/v1/retention", SETTINGS, Names::Nothing),
    ("put", "/v1/retention", ALL_RETENTION, Names::Nothing),
    ("post", "/v1/retention/preview", ALL_RETENTION, Names::Nothing),
    ("post", RETENTION_RUN, ALL_RETENTION, Names::Nothing),
    ("get", A_RETENTION, SETTINGS, SOMETHING),
    ("put", A_RETENTION, RETENTION, SOMETHING),
    ("delete", A_RETENTION, RETENTION, SOMETHING),
    ("get", VIEWS, READ, Names::Nothing),
    ("post", VIEWS, READ, Names::Nothing),
    ("get", A_VIEW, READ, SOMETHING),
    ("patch", A_VIEW, SHARE, SOMETHING),
    ("delete", A_VIEW, SHARE, SOMETHING),
    ("get", "/v1/exports", EXPORT, Names::Nothing),
    ("post", "/v1/exports", EXPORT, Names::Nothing),
    ("get", AN_EXPORT, EXPORT, SOMETHING),
    ("get", A_DOWNLOAD, EXPORT, SOMETHING),
    // The scene's is somebody else's, who may export everything.
    ("delete", AN_EXPORT, InOrganization("events.export"), SOMETHING),
    ("get", "/v1/auth/oidc/providers", Needs::Nothing, Names::Nothing),
    ("get", "/v1/auth/oidc/start", Needs::Nothing, Names::Nothing),
    ("get", "/v1/auth/oidc/callback", Needs::Nothing, Names::Nothing),
    ("post", "/v1/auth/login", Needs::Nothing, Names::Nothing),
    ("post", "/v1/auth/reset", Needs::Nothing, Names::Nothing),
    ("get", "/v1/auth/session", Person, Names::Nothing),
    ("get", "/v1/auth/sessions", Person, Names::Nothing),
    ("patch", "/v1/auth/profile", Person, Names::Nothing),
    ("post", "/v1/auth/totp", Person, Names::Nothing),
    ("post", "/v1/auth/totp/confirm", Person, Names::Nothing),
    ("post", "/v1/auth/recovery-codes", Person, Names::Nothing),
    ("delete", "/v1/auth/totp", Person, Names::Nothing),
    ("put", "/v1/auth/password", Person, Names::Nothing),
    ("delete", "/v1/auth/sessions/{id}", Person, Names::Nothing),
    ("delete", "/v1/auth/sessions", Person, Names::Nothing),
    ("post", "/v1/auth/logout", Person, Names::Nothing),
    ("get", "/v1/log", READ, Names::Nothing),
    ("get", "/v1/log/checkpoints", READ, Names::Nothing),
    ("get", "/v1/log/consistency", READ, Names::Nothing),
    // Until the organization has made its log public.
    ("get", "/log/{organization_id}/checkpoint", READ, SOMETHING),
    ("get", "/log/{organization_id}/tile/{level}/{tile}", READ, SOMETHING),
    ("get", "/log/{organization_id}/tile/entries/{tile}", InOrganization("log.read"), SOMETHING),
    ("get", "/metrics", AtHome("metrics.read"), Names::Nothing),
    ("get", "/v1/setup", Needs::Nothing, Names::Nothing),
    ("post", "/v1/setup", Needs::Nothing, Names::Nothing),
    ("get", "/healthz", Needs::Nothing, Names::Nothing),
    ("get", "/readyz", Needs::Nothing, Names::Nothing),
    ("get", "/openapi.json", Needs::Nothing, Names::Nothing),
];
