//! What the redaction tests share: a key, redactors, and events to put things into.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contexts;
mod corpus;
mod door;
mod names;
mod organizations;
mod places;
mod properties;
mod survivors;

use serde_json::{Value, json};

use crate::canonical;
use crate::catalog::Catalog;
use crate::json::{self, Json, MAX_DEPTH};

use super::*;

const CATALOG: &[(&str, &str)] = &[
    ("version.toml", "version = \"1\""),
    (
        "models.toml",
        r#"
category = "Models"
event_type = "System Events"
badge = "Model"
level = "project"

[fields]
access_token = { label = "Access Token", type = "string", secret = true }
bearer = { label = "Bearer of the news", type = "string" }
max_tokens = { label = "Max Tokens", type = "integer" }
opener = { label = "What opens it", type = "string", secret = true }

[[event]]
action = "model.called"
name = "Model called"
description = "A model was called."
template = "{actor} called [{target.name|target.id}|a model]"
optional = ["access_token", "bearer", "max_tokens", "opener"]
"#,
    ),
];

fn catalog() -> Catalog {
    Catalog::parse(CATALOG).unwrap()
}

fn redactor_with(key: u8, rules: &Rules) -> Redactor {
    Redactor::new(RedactionKey::new([key; RedactionKey::BYTES]), rules)
}

fn redactor() -> Redactor {
    redactor_with(7, &Rules::default())
}

fn rules(names: &[&str], exceptions: &[&str]) -> Rules {
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    Rules::new(owned(names), owned(exceptions)).unwrap()
}

/// The placeholder of a secret under the key of [`redactor`].
fn placeholder_of(secret: &str) -> String {
    redactor().key.placeholder(secret)
}

/// The event with its secrets replaced, and how many they were.
fn cleaned_by(redactor: &Redactor, event: &Value) -> (Value, usize) {
    let catalog = catalog();
    let text = event.to_string();
    let Json::Object(mut members) = json::parse(text.as_bytes(), MAX_DEPTH).unwrap() else {
        panic!("{event} is no object");
    };
    let entry = event["action"]
        .as_str()
        .and_then(|action| catalog.get(action));
    let count = redactor.clean(&mut members, entry).unwrap();
    let mut bytes = Vec::new();
    canonical::write(&Json::Object(members), &mut bytes);
    (serde_json::from_slice(&bytes).unwrap(), count)
}

fn cleaned(event: &Value) -> Value {
    cleaned_by(&redactor(), event).0
}

/// What becomes of a text in a place where all shapes are looked for.
fn cleaned_text(text: &str) -> String {
    let event = cleaned(&json!({"metadata": {"note": text}}));
    event["metadata"]["note"].as_str().unwrap().to_owned()
}

/// What becomes of a request path.
fn cleaned_path(path: &str) -> String {
    let event = cleaned(&json!({"request": {"path": path}}));
    event["request"]["path"].as_str().unwrap().to_owned()
}
