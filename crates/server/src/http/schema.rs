//! The shapes of the contract, for the OpenAPI document.
//!
//! Events are parsed by the record's own door and written from canonical bytes, so no value of
//! these types is ever made: they only describe. Tests compare real requests and answers with them.

#![expect(dead_code, reason = "the types describe, they are never constructed")]

mod anytime;
mod catalog;
mod exports;
mod keys;
mod organizations;
mod people;
mod projects;
mod recorded;
mod retention;
mod sent;
mod sso;
mod views;
mod words;

use utoipa::openapi::security::{self, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi};

pub(crate) use anytime::*;
pub(crate) use catalog::*;
pub(crate) use exports::*;
pub(crate) use keys::*;
pub(crate) use organizations::*;
pub(crate) use people::*;
pub(crate) use projects::*;
pub(crate) use recorded::*;
pub(crate) use retention::*;
pub(crate) use sent::*;
pub(crate) use sso::*;
pub(crate) use views::*;
pub(crate) use words::*;

/// The document without its operations: `super::operations` adds them.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Evident",
        description = "The audit log for AI platforms: who did what, when, to which resource, on \
                       whose authority, and with what result.\n\nErrors are RFC 9457 problems with \
                       a stable `code`. Every response has an `x-request-id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "Evident"),
    ),
    tags(
        (name = "events", description = "Recording and reading events"),
        (name = "catalog", description = "The event types that are known, and an organization's own"),
        (name = "organizations", description = "The organizations, and what each has set"),
        (name = "projects", description = "An organization's projects"),
        (name = "instance", description = "The instance's owners"),
        (name = "api keys", description = "Keys for programs"),
        (name = "viewers", description = "Tokens that let others read, such as the pages of your own product"),
        (name = "sessions", description = "Signing in and out, and a person's own account"),
        (name = "roles", description = "What there is to allow, and the roles that bundle it"),
        (name = "members", description = "Who belongs to an organization and its projects"),
        (name = "invitations", description = "Who is invited, and accepting"),
        (name = "sso", description = "Signing in by an organization's OpenID provider"),
        (name = "retention", description = "How long events are kept"),
        (name = "views", description = "Saved views: columns, a query, a range and an order under a name"),
        (name = "exports", description = "Files of events that are made in the background"),
        (name = "log", description = "An organization's log, in the C2SP formats"),
        (name = "operations", description = "Probes, metrics and this documentation"),
    ),
    modifiers(&Credentials),
)]
pub(crate) struct Contract;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("An API key: `Authorization: Bearer evident_…`".to_owned());
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
        let mut viewer = Http::new(HttpAuthScheme::Bearer);
        viewer.description = Some(
            "A viewer token: `Authorization: Bearer evident_viewer_…`. It shows what it is limited to, and changes \
             nothing"
                .to_owned(),
        );
        components.add_security_scheme("viewer_token", SecurityScheme::Http(viewer));
        let session = ApiKeyValue::with_description(
            "evident_session",
            "The session of a person who has signed in; `__Host-evident_session` behind TLS. Who belongs to several \
             organizations says which one is meant by `?organization_id=`, which every operation has. Requests that \
             change something must come from the server's own pages (`Sec-Fetch-Site` or `Origin` say so)",
        );
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(security::ApiKey::Cookie(session)),
        );
    }
}

/// The query, the same wherever events are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueryParameters {
    /// Only events of this project.
    #[param(required = false)]
    project_id: Option<String>,
    /// Only events of these levels.
    #[param(required = false)]
    level: Option<Vec<Level>>,
    /// A range of time, in `tz`. Not together with `from` or `to`.
    #[param(required = false, inline)]
    range: Option<Range>,
    /// The time zone of local days, an IANA name; UTC by default.
    #[param(required = false, example = "Europe/Berlin")]
    tz: Option<String>,
    /// The day that `this_week` begins on; Monday by default.
    #[param(required = false, inline)]
    week_start: Option<WeekStart>,
    /// From this instant on, or from local midnight of this date.
    #[param(required = false, example = "2026-02-13")]
    from: Option<String>,
    /// Before this instant, or before local midnight of this date.
    #[param(required = false, example = "2026-02-14T12:00:00Z")]
    to: Option<String>,
    /// `field:is:value` or `field:is_not:value`, split at the first two colons.
    #[param(required = false, example = json!(["category:is:Guardrails"]))]
    filter: Option<Vec<String>>,
    /// How the filters join; `all` by default.
    #[param(required = false, inline)]
    r#match: Option<Join>,
    /// Only actions that fit one of these patterns; `*` is any run of characters.
    #[param(required = false, example = json!(["role.*"]))]
    action: Option<Vec<String>>,
    /// Only events of one of these types.
    #[param(required = false)]
    event_type: Option<Vec<EventType>>,
    /// Only one of these results.
    #[param(required = false)]
    result: Option<Vec<EventResult>>,
    /// Only attempts, or only outcomes.
    #[param(required = false, inline)]
    phase: Option<Phase>,
    /// `open`: attempts of which there is no outcome.
    #[param(required = false, inline)]
    attempt: Option<Attempt>,
    /// Free text over description, name, action, actor name and e-mail, target name and id: all words
    /// must occur, the last may be a beginning; `"a b"` are next to each other; `field:value` and
    /// `-field:value` as well, with `*`. At most 2,048 bytes.
    #[param(required = false, example = "deleted role user:ada*")]
    q: Option<String>,
    /// Evident's own records of reading the log; `exclude` by default.
    #[param(required = false, inline)]
    reads: Option<Reads>,
    /// By `occurred_at`, then index; `desc` by default.
    #[param(required = false, inline)]
    order: Option<Order>,
    /// How many events of a page, or values of a field; 50 by default. A page of very large events may
    /// hold fewer.
    #[param(required = false, minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// Where to go on: `next_cursor` or `prev_cursor` of an earlier page of the same query. What
    /// counts, or gives all, takes its time and its size of the log.
    #[param(required = false)]
    cursor: Option<String>,
    /// The page in whose middle this event is. Not together with `cursor`.
    #[param(required = false, format = "uuid")]
    around: Option<String>,
}
