//! People and roles: what is sent, and what may be answered whatever is asked.

use utoipa::{IntoResponses, ToSchema};

use super::super::problem::ProblemBody;

/// Where a role may be held.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RoleLevel {
    Organization,
    Project,
}

/// A new role.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Reviewer", "level": "project", "permissions": ["events.read"]}))]
pub(crate) struct NewRole {
    /// The name: one line of text that no other role has.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
    /// What it is for: one line of text, or nothing.
    #[schema(
        max_length = 1024,
        nullable = false,
        pattern = r"^([^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?)?$"
    )]
    description: Option<String>,
    /// Where it may be held. It stays.
    level: RoleLevel,
    /// What it allows, by the names that `GET /v1/permissions` lists.
    #[schema(max_items = 100)]
    permissions: Vec<String>,
}

/// What is to be set of a role; the rest stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleChange {
    /// The name: one line of text that no other role has.
    #[schema(
        min_length = 1,
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: Option<String>,
    /// What it is for: one line of text, or nothing.
    #[schema(
        max_length = 1024,
        nullable = false,
        pattern = r"^([^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?)?$"
    )]
    description: Option<String>,
    /// All that it allows.
    #[schema(max_items = 100, nullable = false)]
    permissions: Option<Vec<String>>,
}

/// A role that is given.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "auditor"}))]
pub(crate) struct GivenRole {
    /// The role's id.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    role: String,
}

/// A role that several members are given.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRole {
    /// The members' ids, each once.
    #[schema(max_items = 1000)]
    user_ids: Vec<String>,
    /// The role's id.
    #[schema(
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    role: String,
}

/// Who is invited, and to what.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "grace@example.com", "role": "auditor"}))]
pub(crate) struct NewInvitation {
    /// The address. Capitals do not count.
    #[schema(
        max_length = 254,
        pattern = r"^[^@\s\x00-\x1F\x7F-\x9F]+@[^@\s\x00-\x1F\x7F-\x9F]+$"
    )]
    email: String,
    /// The id of the role in the organization; without it, the organization's default role.
    #[schema(
        nullable = false,
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    role: Option<String>,
    /// A project to begin in as well. Together with `project_role`.
    #[schema(
        nullable = false,
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    project_id: Option<String>,
    /// The id of the role in the project.
    #[schema(
        nullable = false,
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    project_role: Option<String>,
    /// How long the invitation is valid; a week by default.
    #[schema(minimum = 1, maximum = 720, nullable = false)]
    expires_in_hours: Option<u16>,
}

/// What the invited were given.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationToken {
    /// What stands behind the `#` of the link.
    token: String,
}

/// What whoever accepts an invitation sends.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// What stands behind the `#` of the link.
    token: String,
    /// The name of a person without an account. Together with `password`.
    #[schema(
        min_length = 1,
        max_length = 255,
        nullable = false,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: Option<String>,
    /// The password of a person without an account: at least 12 characters, and not easy to guess.
    #[schema(max_length = 1024, nullable = false)]
    password: Option<String>,
}

/// What asking may be answered.
#[derive(IntoResponses)]
pub(crate) enum Asked {
    /// The request is not understood
    #[response(status = 400, content_type = "application/problem+json")]
    NotUnderstood(ProblemBody),
    /// No credentials that work
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The credentials do not allow it
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// The control database failed
    #[response(status = 503, content_type = "application/problem+json")]
    Failed(ProblemBody),
}

/// What asking for one thing may be answered.
#[derive(IntoResponses)]
pub(crate) enum AskedForOne {
    /// The request is not understood
    #[response(status = 400, content_type = "application/problem+json")]
    NotUnderstood(ProblemBody),
    /// No credentials that work
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The credentials do not allow it
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// There is no such thing, or it is out of reach
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// The control database failed
    #[response(status = 503, content_type = "application/problem+json")]
    Failed(ProblemBody),
}

/// What sending a document may be answered.
#[derive(IntoResponses)]
pub(crate) enum Changed {
    /// The request is not understood
    #[response(status = 400, content_type = "application/problem+json")]
    NotUnderstood(ProblemBody),
    /// No credentials that work
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The credentials do not allow it
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// The body did not come in time
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(ProblemBody),
    /// The document is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The content type or encoding is not understood
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
    /// The document is not acceptable
    #[response(status = 422, content_type = "application/problem+json")]
    NotAcceptable(ProblemBody),
    /// The control database failed, or changes cannot be recorded
    #[response(status = 503, content_type = "application/problem+json")]
    Failed(ProblemBody),
}

/// What sending a document without credentials may be answered.
#[derive(IntoResponses)]
pub(crate) enum Sent {
    /// The request is not understood
    #[response(status = 400, content_type = "application/problem+json")]
    NotUnderstood(ProblemBody),
    /// The body did not come in time
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(ProblemBody),
    /// The document is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The content type or encoding is not understood
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
    /// The document is not acceptable
    #[response(status = 422, content_type = "application/problem+json")]
    NotAcceptable(ProblemBody),
    /// The control database failed, or changes cannot be recorded
    #[response(status = 503, content_type = "application/problem+json")]
    Failed(ProblemBody),
}
