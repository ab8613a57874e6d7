//! Events as they are answered.
//!
//! What is kept of an event is what its sender gave, in one form, and what the server added. A
//! member that has no value is absent, never null; a later version may add members.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

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
    #[schema(nullable = false)]
    on_behalf_of: Option<Vec<Party>>,
    /// To what.
    #[schema(nullable = false)]
    targets: Option<Vec<Party>>,
    /// Its organization.
    organization_id: String,
    /// Its project.
    #[schema(nullable = false)]
    project_id: Option<String>,
    /// With what result.
    result: EventResult,
    /// Why.
    #[schema(nullable = false)]
    reason: Option<String>,
    /// In words.
    #[schema(nullable = false)]
    description: Option<String>,
    /// What changed.
    #[schema(nullable = false)]
    changes: Option<Vec<Change>>,
    /// From where, and as part of what.
    #[schema(nullable = false)]
    context: Option<Context>,
    /// The request that it was done by.
    #[schema(nullable = false)]
    request: Option<RequestMade>,
    /// Joins an attempt to its outcome.
    #[schema(nullable = false)]
    attempt_id: Option<String>,
    /// An attempt, or its outcome.
    phase: Phase,
    /// Whatever else is known.
    #[schema(nullable = false)]
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

/// Somebody or something that acts, or is acted upon.
#[derive(ToSchema)]
pub(crate) struct Party {
    /// Of an actor `user`, `agent`, `api_key`, `system`, or another kind.
    #[serde(rename = "type")]
    kind: String,
    /// Its id.
    id: String,
    /// Its name.
    #[schema(nullable = false)]
    name: Option<String>,
    /// Its e-mail address.
    #[schema(nullable = false)]
    email: Option<String>,
    /// Whatever else is known of it.
    #[schema(nullable = false)]
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
    #[schema(nullable = false)]
    ip: Option<IpAddress>,
    /// The client's program.
    #[schema(nullable = false)]
    user_agent: Option<String>,
    /// The session.
    #[schema(nullable = false)]
    session_id: Option<String>,
    /// The run of an agent or workflow.
    #[schema(nullable = false)]
    run_id: Option<String>,
    /// The trace.
    #[schema(nullable = false)]
    trace_id: Option<String>,
    /// The span.
    #[schema(nullable = false)]
    span_id: Option<String>,
}

/// An IPv4 or IPv6 address, without port or zone.
pub(crate) struct IpAddress;

impl PartialSchema for IpAddress {
    /// Either form will do. (An enum would be one of exactly one form, which for a reader that does
    /// not judge formats no string is.)
    fn schema() -> RefOr<Schema> {
        let form = |format: &str| {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::Custom(format.to_owned())))
        };
        AnyOfBuilder::new()
            .description(Some("An IPv4 or IPv6 address, without port or zone."))
            .item(form("ipv4"))
            .item(form("ipv6"))
            .into()
    }
}

impl ToSchema for IpAddress {}

/// A request that was made.
#[derive(ToSchema)]
pub(crate) struct RequestMade {
    /// Its method.
    #[schema(nullable = false)]
    method: Option<String>,
    /// Its path.
    #[schema(nullable = false)]
    path: Option<String>,
    /// Its status.
    #[schema(minimum = 100, maximum = 599, nullable = false)]
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
