//! Events as clients send them.
//!
//! Here stands all that the record's door asks for and a schema can say, so that whoever obeys the
//! document is refused only for what its descriptions say in words: lengths are counted in bytes of
//! UTF-8, and JSON has its limits.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::recorded::{EventResult, IpAddress, Phase};

/// One event, or a batch of them.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Submission {
    /// One event.
    Event(Box<NewEvent>),
    /// Several events of one organization.
    Batch(Batch),
}

/// How a body is compressed.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentEncoding {
    Gzip,
    Zstd,
    Identity,
}

/// Several events of one organization.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// 1 to 10,000 events.
    #[schema(min_items = 1, max_items = 10_000)]
    events: Vec<NewEvent>,
}

/// An event as it is sent: at most 256 KiB, 64 levels and 256 metadata values. Lengths are in bytes
/// of UTF-8. Integers beyond ±(2^53−1) are refused: send them as strings.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
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
    /// What was done: two or more segments of a-z, 0-9, `_` and `-`, joined by dots. An action that
    /// the catalog does not know is accepted, but `audit_log.read` is Evident's own.
    #[schema(
        max_length = 200,
        pattern = r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$",
        example = "guardrail.updated"
    )]
    action: String,
    /// When, RFC 3339 with an offset, at most 24 hours ahead; by default when it was received.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<String>,
    /// Who did it.
    actor: NewParty,
    /// On whose authority, the root first.
    #[schema(max_items = 32)]
    on_behalf_of: Option<Vec<NewParty>>,
    /// To what.
    #[schema(max_items = 256)]
    targets: Option<Vec<NewParty>>,
    /// The key's organization, if it is given at all.
    organization_id: Option<String>,
    /// The project that it belongs to.
    #[schema(min_length = 1, max_length = 1024)]
    project_id: Option<String>,
    /// With what result; `success` by default.
    result: Option<EventResult>,
    /// Why.
    #[schema(max_length = 16_384)]
    reason: Option<String>,
    /// In words; by default from the catalog's template.
    #[schema(max_length = 16_384)]
    description: Option<String>,
    /// What changed.
    #[schema(max_items = 1024)]
    changes: Option<Vec<NewChange>>,
    /// From where, and as part of what.
    context: Option<NewContext>,
    /// The request that it was done by.
    request: Option<NewRequestMade>,
    /// Joins an attempt to its outcome.
    #[schema(min_length = 1, max_length = 1024)]
    attempt_id: Option<String>,
    /// `outcome` by default.
    phase: Option<Phase>,
    /// Whatever else is known. Every key can be filtered by. What the catalog knows must have its
    /// type.
    metadata: Option<BTreeMap<String, Value>>,
}

/// Somebody or something that acts, or is acted upon, as it is sent.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewParty {
    /// Of an actor `user`, `agent`, `api_key`, `system`, or another kind.
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 1024)]
    kind: String,
    /// Its id.
    #[schema(min_length = 1, max_length = 1024)]
    id: String,
    /// Its name.
    #[schema(max_length = 1024)]
    name: Option<String>,
    /// Its e-mail address.
    #[schema(max_length = 1024)]
    email: Option<String>,
    /// Whatever else is known of it.
    metadata: Option<BTreeMap<String, Value>>,
}

/// A change of one field, as it is sent.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChange {
    /// The field.
    #[schema(min_length = 1, max_length = 1024)]
    field: String,
    /// Its value before.
    old: Option<Value>,
    /// Its value after.
    new: Option<Value>,
}

/// From where, and as part of what, as it is sent.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContext {
    /// An IP address.
    ip: Option<IpAddress>,
    /// The client's program.
    #[schema(max_length = 1024)]
    user_agent: Option<String>,
    /// The session.
    #[schema(min_length = 1, max_length = 1024)]
    session_id: Option<String>,
    /// The run of an agent or workflow.
    #[schema(min_length = 1, max_length = 1024)]
    run_id: Option<String>,
    /// The trace.
    #[schema(min_length = 1, max_length = 1024)]
    trace_id: Option<String>,
    /// The span.
    #[schema(min_length = 1, max_length = 1024)]
    span_id: Option<String>,
}

/// A request that was made, as it is sent.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequestMade {
    /// Its method.
    #[schema(max_length = 1024)]
    method: Option<String>,
    /// Its path.
    #[schema(max_length = 8192)]
    path: Option<String>,
    /// Its status.
    #[schema(minimum = 100, maximum = 599)]
    status: Option<u16>,
    /// What was sent.
    body: Option<Value>,
    /// What was answered.
    response: Option<Value>,
}
