//! The shapes of the contract, for the OpenAPI document.
//!
//! Events are parsed by the record's own door and written from canonical bytes, so no value of
//! these types is ever made: they only describe. Tests compare real requests and answers with them.

#![expect(dead_code, reason = "the types describe, they are never constructed")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};

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
        (name = "organizations", description = "What an organization has set"),
        (name = "log", description = "An organization's log, in the C2SP formats"),
        (name = "operations", description = "Probes, metrics and this documentation"),
    ),
    modifiers(&ApiKey),
)]
pub(crate) struct Contract;

struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("An API key: `Authorization: Bearer evident_…`".to_owned());
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// One event, or a batch of them.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Submission {
    /// One event.
    Event(Box<NewEvent>),
    /// Several events of one organization.
    Batch(Batch),
}

/// Several events of one organization.
#[derive(ToSchema)]
pub(crate) struct Batch {
    /// 1 to 10,000 events.
    #[schema(min_items = 1, max_items = 10_000)]
    events: Vec<NewEvent>,
}

/// An event as it is sent: at most 256 KiB, 64 levels and 256 metadata values.
#[derive(ToSchema)]
#[schema(example = json!({
    "action": "guardrail.updated",
    "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi"},
    "targets": [{"type": "guardrail", "id": "g_7", "name": "No secrets"}],
    "changes": [{"field": "threshold", "old": 0.4, "new": 0.7}]
}))]
pub(crate) struct NewEvent {
    /// Any UUID, unique in its organization. Left out, the server makes one.
    #[schema(value_type = Option<String>, format = "uuid")]
    id: Option<String>,
    /// What was done: dotted lower case. An action that the catalog does not know is accepted.
    #[schema(max_length = 200, example = "guardrail.updated")]
    action: String,
    /// When, RFC 3339 with an offset; by default when it was received.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<String>,
    /// Who did it.
    actor: Party,
    /// On whose authority, the root first.
    #[schema(max_items = 32)]
    on_behalf_of: Option<Vec<Party>>,
    /// To what.
    #[schema(max_items = 256)]
    targets: Option<Vec<Target>>,
    /// The key's organization, if it is given at all.
    organization_id: Option<String>,
    /// The project that it belongs to.
    project_id: Option<String>,
    /// With what result; `success` by default.
    result: Option<EventResult>,
    /// Why.
    reason: Option<String>,
    /// In words; by default from the catalog's template.
    description: Option<String>,
    /// What changed.
    #[schema(max_items = 1024)]
    changes: Option<Vec<Change>>,
    /// From where, and as part of what.
    context: Option<Context>,
    /// The request that it was done by.
    request: Option<RequestMade>,
    /// Joins an attempt to its outcome.
    attempt_id: Option<String>,
    /// `outcome` by default.
    phase: Option<Phase>,
    /// Whatever else is known. Every key can be filtered by.
    metadata: Option<BTreeMap<String, Value>>,
}

/// An event as it was recorded: what was sent, normalized, and what the server added.
#[derive(ToSchema)]
pub(crate) struct Event {
    /// The number of its leaf in the organization's log, from 0.
    index: u64,
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: String,
    /// What was done.
    action: String,
    /// The action's display name.
    name: String,
    /// The kind of thing that it is about; `Custom` for actions that the catalog does not know.
    category: String,
    /// The widest grouping.
    event_type: EventType,
    /// The short label beside the event type.
    badge: String,
    /// The scope that it belongs to.
    level: Level,
    /// The catalog that the five members before are of.
    catalog_version: String,
    /// When it happened, in UTC.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: String,
    /// When the server received it, in UTC.
    #[schema(value_type = String, format = DateTime)]
    received_at: String,
    /// Who did it.
    actor: Party,
    /// On whose authority, the root first.
    on_behalf_of: Option<Vec<Party>>,
    /// To what.
    targets: Option<Vec<Target>>,
    /// Its organization.
    organization_id: String,
    /// Its project.
    project_id: Option<String>,
    /// With what result.
    result: EventResult,
    /// Why.
    reason: Option<String>,
    /// In words.
    description: Option<String>,
    /// What changed.
    changes: Option<Vec<Change>>,
    /// From where, and as part of what.
    context: Option<Context>,
    /// The request that it was done by.
    request: Option<RequestMade>,
    /// Joins an attempt to its outcome.
    attempt_id: Option<String>,
    /// An attempt, or its outcome.
    phase: Phase,
    /// Whatever else is known.
    metadata: Option<BTreeMap<String, Value>>,
}

/// A page of events.
#[derive(ToSchema)]
pub(crate) struct EventPage {
    /// The events, in order.
    #[schema(max_items = 500)]
    data: Vec<Event>,
    /// Goes on after the last of them; null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
    /// Goes back before the first of them; null on the first page.
    #[schema(required)]
    prev_cursor: Option<String>,
    /// How many events match, exactly.
    total: u64,
    /// The log's size that the answer is cut at.
    as_of: u64,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

/// Somebody or something that acts.
#[derive(ToSchema)]
pub(crate) struct Party {
    /// `user`, `agent`, `api_key`, `system`, or another kind.
    #[serde(rename = "type")]
    kind: String,
    /// Its id.
    id: String,
    /// Its name.
    name: Option<String>,
    /// Its e-mail address.
    email: Option<String>,
    /// Whatever else is known of it.
    metadata: Option<BTreeMap<String, Value>>,
}

/// Something that is acted upon.
#[derive(ToSchema)]
pub(crate) struct Target {
    /// Its kind.
    #[serde(rename = "type")]
    kind: String,
    /// Its id.
    id: String,
    /// Its name.
    name: Option<String>,
    /// Whatever else is known of it.
    metadata: Option<BTreeMap<String, Value>>,
}

/// A change of one field.
#[derive(ToSchema)]
pub(crate) struct Change {
    /// The field.
    field: String,
    /// Its value before.
    old: Option<Value>,
    /// Its value after.
    new: Option<Value>,
}

/// From where, and as part of what.
#[derive(ToSchema)]
pub(crate) struct Context {
    /// An IP address.
    ip: Option<String>,
    /// The client's program.
    user_agent: Option<String>,
    /// The session.
    session_id: Option<String>,
    /// The run of an agent or workflow.
    run_id: Option<String>,
    /// The trace.
    trace_id: Option<String>,
    /// The span.
    span_id: Option<String>,
}

/// A request that was made.
#[derive(ToSchema)]
pub(crate) struct RequestMade {
    /// Its method.
    method: Option<String>,
    /// Its path.
    path: Option<String>,
    /// Its status.
    #[schema(minimum = 100, maximum = 599)]
    status: Option<u16>,
    /// What was sent.
    body: Option<Value>,
    /// What was answered.
    response: Option<Value>,
}

/// With what result.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventResult {
    Success,
    Failed,
    Denied,
    Warning,
    Approved,
    Allowed,
}

/// Whether something is about to be done, or has been.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Attempt,
    Outcome,
}

/// The widest grouping of events.
#[derive(ToSchema)]
pub(crate) enum EventType {
    #[serde(rename = "Agent Operations")]
    AgentOperations,
    #[serde(rename = "Policy Changes")]
    PolicyChanges,
    #[serde(rename = "User Actions")]
    UserActions,
    #[serde(rename = "Security Events")]
    SecurityEvents,
    #[serde(rename = "System Events")]
    SystemEvents,
}

/// The scope that an event belongs to.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Organization,
    Project,
    Tool,
    Workflow,
    Agent,
}

/// What is known of every action.
#[derive(ToSchema)]
pub(crate) struct Catalog {
    /// What events record as `catalog_version`.
    #[schema(example = "1+3")]
    version: String,
    /// The built-in event types, then the organization's own.
    events: Vec<CatalogEntry>,
}

/// An event type.
#[derive(ToSchema)]
pub(crate) struct CatalogEntry {
    /// What clients send.
    #[schema(example = "guardrail.updated")]
    action: String,
    /// The display name.
    name: String,
    /// Other display names of the same.
    aliases: Vec<String>,
    /// The kind of thing that it is about.
    category: String,
    /// The widest grouping.
    event_type: EventType,
    /// The short label beside the event type.
    badge: String,
    /// The scope that it belongs to.
    level: Level,
    /// What it means.
    description: String,
    /// The metadata that is known. Other keys may be sent too.
    metadata: Vec<CatalogField>,
}

/// Metadata that is known of an event type.
#[derive(ToSchema)]
pub(crate) struct CatalogField {
    /// The key under `metadata`.
    key: String,
    /// The name that people see.
    label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    kind: FieldType,
    /// Whether an event without it is incomplete: a warning, an error in a strict organization.
    required: bool,
}

/// What values a metadata field takes.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    String,
    Integer,
    Number,
    Boolean,
    YesNo,
    Duration,
    StringList,
    Any,
}

/// An event type to be made.
#[derive(ToSchema)]
#[schema(example = json!({
    "action": "invoice.paid", "name": "Invoice paid", "category": "Invoices",
    "event_type": "User Actions", "badge": "Invoice", "level": "project",
    "description": "An invoice was paid.",
    "template": "{actor} paid [invoice {metadata.invoice_id}|an invoice]",
    "metadata": [{"key": "invoice_id", "label": "Invoice ID", "type": "string", "required": true}]
}))]
pub(crate) struct NewEventType {
    /// Two or more segments of a-z, 0-9, `_` and `-`, joined by dots. Never renamed.
    #[schema(max_length = 200)]
    action: String,
    #[serde(flatten)]
    rest: ReplacedEventType,
}

/// An event type as it is to be.
#[derive(ToSchema)]
pub(crate) struct ReplacedEventType {
    /// That of the address, if it is given at all.
    action: Option<String>,
    /// The display name.
    #[schema(max_length = 200)]
    name: String,
    /// Other display names of the same.
    #[schema(max_items = 32)]
    aliases: Option<Vec<String>>,
    /// The kind of thing that it is about.
    #[schema(max_length = 200)]
    category: String,
    /// The widest grouping.
    event_type: EventType,
    /// The short label beside the event type.
    #[schema(max_length = 200)]
    badge: String,
    /// The scope that it belongs to.
    level: Level,
    /// What it means.
    #[schema(max_length = 1000)]
    description: String,
    /// Makes the description of an event that comes without one.
    #[schema(max_length = 1000)]
    template: String,
    /// The metadata that is known.
    #[schema(max_items = 64)]
    metadata: Option<Vec<NewCatalogField>>,
}

/// Metadata of an event type to be made.
#[derive(ToSchema)]
pub(crate) struct NewCatalogField {
    /// The key under `metadata`, in snake case.
    #[schema(max_length = 100)]
    key: String,
    /// The name that people see.
    #[schema(max_length = 200)]
    label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    kind: FieldType,
    /// Whether an event without it is incomplete; `false` by default.
    required: Option<bool>,
    /// Whether its values are replaced before anything is kept. Must be said where the key is a name
    /// of secrets, or where it has been secret.
    secret: Option<bool>,
}

/// What is to be set; the rest stays.
#[derive(ToSchema)]
pub(crate) struct OrganizationChange {
    /// The name.
    #[schema(max_length = 255, nullable = false)]
    name: Option<String>,
    /// Whether events with unknown actions, or without metadata that the catalog requires, are
    /// refused.
    #[schema(nullable = false)]
    strict: Option<bool>,
    /// What the organization says itself about its secrets, all of it.
    #[schema(nullable = false)]
    redaction: Option<NewRedactionRules>,
}

/// What an organization says itself about its secrets: a list that is left out is empty.
#[derive(ToSchema)]
#[schema(example = json!({"names": ["pin"], "exceptions": ["request.body.user.token"]}))]
pub(crate) struct NewRedactionRules {
    /// Further names of keys whose values are secret.
    #[schema(max_items = 256, nullable = false)]
    names: Option<Vec<String>>,
    /// Names of keys, or dotted paths, whose values are not secret by their name.
    #[schema(max_items = 256, nullable = false)]
    exceptions: Option<Vec<String>>,
}

/// What an organization says itself about its secrets.
#[derive(ToSchema)]
#[schema(example = json!({"names": ["pin"], "exceptions": ["request.body.user.token"]}))]
pub(crate) struct RedactionRules {
    /// Further names of keys whose values are secret.
    #[schema(max_items = 256)]
    names: Vec<String>,
    /// Names of keys, or dotted paths, whose values are not secret by their name.
    #[schema(max_items = 256)]
    exceptions: Vec<String>,
}

/// How the filters join.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Join {
    All,
    Any,
}

/// The order by `occurred_at`, then by index.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Desc,
    Asc,
}

/// The day that weeks begin on.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WeekStart {
    Monday,
    Sunday,
}

/// A range of time in words.
#[derive(ToSchema)]
pub(crate) enum Range {
    #[serde(rename = "all_time")]
    AllTime,
    #[serde(rename = "today")]
    Today,
    #[serde(rename = "yesterday")]
    Yesterday,
    #[serde(rename = "this_week")]
    ThisWeek,
    #[serde(rename = "this_month")]
    ThisMonth,
    #[serde(rename = "last_month")]
    LastMonth,
    #[serde(rename = "last_24_hours")]
    Last24Hours,
    #[serde(rename = "last_7_days")]
    Last7Days,
    #[serde(rename = "last_30_days")]
    Last30Days,
    #[serde(rename = "last_90_days")]
    Last90Days,
    #[serde(rename = "this_year")]
    ThisYear,
    #[serde(rename = "last_year")]
    LastYear,
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
    #[param(required = false, example = "category:is:Guardrails")]
    filter: Option<Vec<String>>,
    /// How the filters join; `all` by default.
    #[param(required = false, inline)]
    r#match: Option<Join>,
    /// Only actions that fit one of these patterns; `*` is any run of characters.
    #[param(required = false, example = "role.*")]
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
    /// By `occurred_at`, then index; `desc` by default.
    #[param(required = false, inline)]
    order: Option<Order>,
    /// How many events; 50 by default. A page of very large events may hold fewer.
    #[param(required = false, minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// Where to go on: `next_cursor` or `prev_cursor` of an earlier page of the same query.
    #[param(required = false)]
    cursor: Option<String>,
}
