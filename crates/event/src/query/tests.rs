//! The contract of the query, sentence by sentence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod columns;
mod fields;
mod filters;
mod fingerprints;
mod folding;
mod limits;
mod own;
mod parameters;
mod patterns;
mod properties;
mod q;
mod rows;
mod scopes;
mod terms;
mod texts;

use super::*;

pub(super) const NOW: &str = "2026-02-13T10:28:22Z";

pub(super) fn now() -> Timestamp {
    Timestamp::parse_rfc3339(NOW).unwrap()
}

/// A small catalog: "Guardrail Changed" is an alias of "Guardrail Updated".
pub(super) fn aliases(text: &str) -> Option<String> {
    let known = ["guardrail changed", "guardrail updated"];
    known
        .contains(&text.to_lowercase().as_str())
        .then(|| "Guardrail Updated".to_owned())
}

pub(super) fn parsed(parameters: &[(&str, &str)]) -> Result<(Query, Page), QueryError> {
    Query::parse(
        Scope::organization("org_1"),
        parameters.iter().copied(),
        now(),
        &aliases,
    )
}

pub(super) fn query(parameters: &[(&str, &str)]) -> Query {
    parsed(parameters).unwrap().0
}

#[track_caller]
pub(super) fn refused(parameters: &[(&str, &str)]) -> QueryError {
    parsed(parameters).unwrap_err()
}

pub(super) fn json(text: &str) -> Json<'_> {
    crate::json::parse(text.as_bytes(), 64).unwrap()
}

/// The example of the record, with what the server adds.
pub(super) const EVENT: &str = r#"{
  "id": "01980000-0000-7000-8000-000000000001",
  "action": "guardrail.updated",
  "occurred_at": "2026-02-13T10:28:22.120000Z",
  "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi", "email": "ada@example.com",
            "metadata": {"team": "red"}},
  "on_behalf_of": [{"type": "user", "id": "usr_9", "name": "Bo Li"}, {"type": "agent", "id": "agt_3"}],
  "targets": [{"type": "guardrail", "id": "g_7", "name": "PII", "metadata": {"shade": "dark"}},
              {"type": "agent", "id": "agt_3"}],
  "organization_id": "org_1",
  "project_id": "prj_1",
  "result": "success",
  "description": "Created guardrail for agent: now",
  "changes": [{"field": "threshold", "old": 0.4, "new": 0.7}, {"field": "mode", "old": null, "new": "on"}],
  "context": {"ip": "2001:db8::7", "user_agent": "curl/8", "session_id": "ses_1", "run_id": "run_1",
              "trace_id": "tr_1", "span_id": "sp_1"},
  "request": {"method": "PUT", "path": "/agent/7/guardrails/7", "status": 200, "body": {"a": 1}, "response": {}},
  "attempt_id": "att_1",
  "phase": "outcome",
  "metadata": {"hardware_type": "gpu-h200", "count": 5, "ratio": 0.5, "huge": 1e30, "on": true,
               "off": null, "a.b:c\\d": "odd", "tags": ["x", "y", ["z"], null],
               "steps": [{"name": "one"}, {"name": "two"}, {"other": 3}], "empty": "", "none": []},
  "received_at": "2026-02-13T10:28:22.130000Z",
  "name": "Guardrail Updated",
  "category": "Guardrails",
  "event_type": "Policy Changes",
  "badge": "Guardrail Change",
  "level": "project",
  "catalog_version": "1"
}"#;

/// Whether a query matches an event that has no outcome.
pub(super) fn matches(query: &Query, event: &Json<'_>, index: u64) -> bool {
    query.matches(&Candidate {
        event,
        index,
        has_outcome: false,
    })
}

/// Whether the query of these parameters matches [`EVENT`] as leaf 42.
#[track_caller]
pub(super) fn finds(parameters: &[(&str, &str)]) -> bool {
    matches(&query(parameters), &json(EVENT), 42)
}

/// Whether a filter alone matches it.
#[track_caller]
pub(super) fn passes(filter: &str) -> bool {
    finds(&[("filter", filter)])
}
