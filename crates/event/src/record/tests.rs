//! What the record tests share: a small catalog, a door, and the least event.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admits;
mod refuses;
mod retries;

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::redact::{RedactionKey, Rules};

use super::*;

/// A small catalog that these tests alone decide about.
const CATALOG: &[(&str, &str)] = &[
    ("version.toml", "version = \"7\""),
    (
        "guardrails.toml",
        r#"
category = "Guardrails"
event_type = "Policy Changes"
badge = "Guardrail Change"
level = "project"

[fields]
hardware_type = { label = "Hardware Type", type = "string" }
max_tokens = { label = "Max Tokens", type = "integer" }
access_token = { label = "Access Token", type = "string", secret = true }

[[event]]
action = "guardrail.updated"
name = "Guardrail updated"
description = "A guardrail was changed."
template = "{actor} updated [guardrail {target.name|target.id}|a guardrail]"
optional = ["hardware_type", "max_tokens", "access_token"]

[[event]]
action = "guardrail.created"
name = "Guardrail created"
description = "A guardrail was made."
template = "{actor} created [a guardrail on {metadata.hardware_type}|a guardrail]"
required = ["hardware_type"]
"#,
    ),
];

fn catalog() -> Catalog {
    Catalog::parse(CATALOG).unwrap()
}

/// 2026-02-13T10:28:25.000000Z
const RECEIVED: i64 = 1_770_978_505_000_000;
const FALLBACK: &str = "019c5683-8a68-7000-8000-000000000001";

fn door(catalog: &Catalog) -> Door<'_> {
    Door {
        catalog,
        organization_id: "org_acme",
        received_at: Timestamp::from_micros(RECEIVED),
        fallback_id: EventId::parse(FALLBACK).unwrap(),
        strict: false,
        redactor: redactor(),
        levels: &[],
        sender: Sender::Client,
    }
}

fn redactor() -> &'static Redactor {
    static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
        let key = RedactionKey::new([7; RedactionKey::BYTES]);
        Redactor::new(key, &Rules::default())
    });
    &REDACTOR
}

fn admit_text(text: &str) -> Result<Admitted, Vec<Refusal>> {
    admit(text.as_bytes(), &door(&catalog()))
}

fn admit_strict(event: &Value) -> Result<Admitted, Vec<Refusal>> {
    let catalog = catalog();
    admit(
        event.to_string().as_bytes(),
        &Door {
            strict: true,
            ..door(&catalog)
        },
    )
}

fn admitted(event: &Value) -> Admitted {
    admit_text(&event.to_string()).unwrap_or_else(|refusals| panic!("{event}: {refusals:?}"))
}

/// What is kept of an event.
fn kept(event: &Value) -> Value {
    serde_json::from_slice(&admitted(event).canonical).unwrap()
}

/// The least that an event must have.
fn least() -> Value {
    json!({"action": "invoice.paid", "actor": {"type": "user", "id": "usr_1"}})
}

/// The least event with a member set, at a pointer whose parents exist.
fn with(pointer: &str, value: Value) -> Value {
    let mut event = least();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}
