//! The embedded catalog and the ways a catalog may be wrong, in parts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod documents;
mod names;
mod own;
mod refusals;
mod rendering;

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::*;
use crate::json::Json;

/// What each version of the catalog says. The version is frozen into events, so a version that
/// has been released must never say something else: a changed catalog gets a new line.
const FINGERPRINTS: [(&str, &str); 3] = [
    (
        "1",
        "2c7380b188028f7e124dd1893847cc2e3e5545a2802caeb3d80bf2ab0fc0da3d",
    ),
    (
        "2",
        "bdc6f820ebe662f02539326aee1f1e7ee34f86cd985746391a758f8b79563c83",
    ),
    (
        "3",
        "e46d7003ad24efd0ddeab4a03d380fae2b0787cbaec291322f52039072baf0d1",
    ),
];

fn catalog() -> &'static Catalog {
    Catalog::embedded().unwrap()
}

fn fingerprint(catalog: &Catalog) -> String {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&catalog.entries().collect::<Vec<_>>()).unwrap());
    for entry in catalog.entries() {
        hash.update(entry.template.as_str());
        let secret = entry.metadata.iter().filter(|field| field.secret);
        secret.for_each(|field| hash.update(&field.key));
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn a_changed_catalog_has_a_new_version() {
    let (version, expected) = FINGERPRINTS[FINGERPRINTS.len() - 1];
    assert_eq!(
        catalog().version(),
        version,
        "add the new version to FINGERPRINTS"
    );
    assert_eq!(
        fingerprint(catalog()),
        expected,
        "the catalog changed: raise the version in version.toml and add its fingerprint"
    );
}

#[test]
fn each_file_of_the_folder_is_compiled_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog");
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = embedded::SOURCES
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(found, listed);
    assert_eq!(
        embedded::SOURCES.len(),
        listed.len(),
        "a file is listed twice"
    );
}

#[test]
fn a_file_is_a_category_and_a_category_is_a_file() {
    let mut categories = BTreeSet::new();
    let mut previous = "";
    for entry in catalog().entries() {
        if entry.category != previous {
            assert!(
                categories.insert(&entry.category),
                "{} is in two files",
                entry.category
            );
            previous = &entry.category;
        }
    }
    assert_eq!(categories.len(), embedded::SOURCES.len() - 1);
}

#[test]
fn each_event_type_and_each_level_is_in_use_and_spelled_as_it_is_sent() {
    for event_type in EventType::ALL {
        assert!(
            catalog()
                .entries()
                .any(|entry| entry.event_type == event_type)
        );
        assert_eq!(
            serde_json::to_value(event_type).unwrap(),
            event_type.as_str()
        );
        assert_eq!(EventType::parse(event_type.as_str()), Some(event_type));
    }
    for level in Level::ALL {
        assert!(catalog().entries().any(|entry| entry.level == level));
        assert_eq!(serde_json::to_value(level).unwrap(), level.as_str());
        assert_eq!(Level::parse(level.as_str()), Some(level));
    }
    assert_eq!(EventType::parse("agent operations"), None);
    assert_eq!(Level::parse("Project"), None);
}

#[test]
fn guardrails_and_policies_are_policy_changes_with_their_badges() {
    for entry in catalog().entries() {
        let badge = match entry.category.as_str() {
            "Guardrails" => "Guardrail Change",
            "OPA Policies" => "Policy Change",
            _ => {
                assert_ne!(
                    entry.event_type,
                    EventType::PolicyChanges,
                    "{}",
                    entry.action
                );
                continue;
            }
        };
        assert_eq!(
            entry.event_type,
            EventType::PolicyChanges,
            "{}",
            entry.action
        );
        assert_eq!(entry.badge, badge, "{}", entry.action);
    }
}

#[test]
fn tools_and_workflows_have_the_same_events_each_with_its_own_id() {
    let of = |level: Level, kind: &str| -> BTreeSet<(String, String)> {
        let entries = catalog().entries().filter(|entry| entry.level == level);
        entries
            .filter(|entry| !entry.action.starts_with("workflow.ocr."))
            .map(|entry| {
                let id = entry
                    .field(&format!("{kind}_id"))
                    .expect("each names what it is about");
                assert!(id.required, "{}", entry.action);
                let action = entry
                    .action
                    .strip_prefix(kind)
                    .expect(&entry.action)
                    .to_owned();
                (action, entry.name.to_lowercase().replace(kind, "…"))
            })
            .collect()
    };
    assert_eq!(of(Level::Tool, "tool"), of(Level::Workflow, "workflow"));
    assert_eq!(of(Level::Tool, "tool").len(), 25);
}

#[test]
fn metadata_keys_are_snake_case_and_repeat_nothing_of_the_record() {
    let taken = [
        "user_id",
        "user_name",
        "email",
        "email_id",
        "ip",
        "ip_address",
    ];
    for field in catalog().entries().flat_map(|entry| &entry.metadata) {
        let key = field.key.as_str();
        assert!(key.starts_with(|c: char| c.is_ascii_lowercase()), "{key}");
        assert!(!key.ends_with('_') && !key.contains("__"), "{key}");
        assert!(
            key.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{key}"
        );
        assert!(!taken.contains(&key), "{key}");
    }
}

#[test]
fn the_keys_with_spellings_of_their_own_are_there() {
    let keys = |action: &str| -> BTreeSet<&str> {
        catalog()
            .get(action)
            .unwrap()
            .metadata
            .iter()
            .map(|field| field.key.as_str())
            .collect()
    };
    assert!(keys("dataset.created").contains("file_type"));
    assert!(
        keys("tool.api_async.enabled").is_superset(&BTreeSet::from(["timeout", "timeout_value"]))
    );
    assert!(keys("model.deployed").contains("stop_sequence"));
    assert!(keys("model.fine_tuning.started").contains("number_of_epochs"));
    assert!(keys("workspace.default_role.configured").contains("status_message"));
}

#[test]
fn access_tokens_are_secret_and_nothing_else_is() {
    let mut with_secrets = BTreeSet::new();
    for entry in catalog().entries() {
        for field in &entry.metadata {
            assert_eq!(
                field.secret,
                field.key == "access_token",
                "{} {}",
                entry.action,
                field.key
            );
            if field.secret {
                with_secrets.insert(entry.action.as_str());
            }
        }
    }
    let expected = [
        "tool.api_async.enabled",
        "tool.api_async.updated",
        "workflow.api_async.enabled",
        "workflow.api_async.updated",
    ];
    assert_eq!(with_secrets, BTreeSet::from(expected));
}

#[test]
fn it_serializes_as_the_contract_says_and_no_more() {
    fn keys(value: &serde_json::Value) -> Vec<&str> {
        let mut keys: Vec<_> = value
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        keys
    }
    let value = serde_json::to_value(catalog()).unwrap();
    assert_eq!(keys(&value), ["events", "version"]);
    let events = value["events"].as_array().unwrap();
    assert_eq!(events.len(), catalog().entries().count());
    for event in events {
        let expected = [
            "action",
            "aliases",
            "badge",
            "category",
            "description",
            "event_type",
            "level",
            "metadata",
            "name",
        ];
        assert_eq!(keys(event), expected);
        assert!(event["aliases"].is_array());
        for field in event["metadata"].as_array().unwrap() {
            assert_eq!(keys(field), ["key", "label", "required", "type"]);
        }
    }
    let created = events
        .iter()
        .find(|event| event["action"] == "tool.created")
        .unwrap();
    assert_eq!(created["event_type"], "Agent Operations");
    assert_eq!(created["level"], "organization");
    let field = serde_json::json!(
        {"key": "tool_id", "label": "Tool ID", "type": "string", "required": true}
    );
    assert_eq!(created["metadata"][0], field);
}

#[test]
fn an_alias_means_its_entry_whatever_its_case() {
    assert_eq!(
        catalog().name_for_alias("role UPDATED"),
        Some("Role edited")
    );
    assert_eq!(
        catalog().name_for_alias("started fine-tuning"),
        Some("Model fine-tuning")
    );
    assert_eq!(
        catalog().name_for_alias("Role Created"),
        Some("Role created")
    );
    assert_eq!(catalog().name_for_alias("role.created"), None);
    assert_eq!(catalog().name_for_alias(""), None);
    for entry in catalog().entries() {
        for text in entry.aliases.iter().chain([&entry.name]) {
            assert_eq!(
                catalog().name_for_alias(text),
                Some(entry.name.as_str()),
                "{text}"
            );
        }
    }
}

#[test]
fn the_action_that_was_meant_is_suggested() {
    assert_eq!(
        catalog().closest_action("organization.created"),
        Some("organisation.created")
    );
    assert_eq!(
        catalog().closest_action("Role.Created"),
        Some("role.created")
    );
    assert_eq!(
        catalog().closest_action("Role created"),
        Some("role.created")
    );
    assert_eq!(
        catalog().closest_action("dataset uploaded"),
        Some("dataset.created")
    );
    assert_eq!(catalog().closest_action("purchase.order.approved"), None);
    assert_eq!(
        catalog().closest_action(&"role.created".repeat(100_000)),
        None
    );
    assert_eq!(catalog().closest_action("é€🦀"), None);
}

#[test]
fn a_field_takes_the_values_of_its_type() {
    use FieldType as T;
    let text = |text: &'static str| Json::String(text.into());
    let cases = [
        (Json::Null, &T::ALL[..]),
        (text("x"), &[T::String, T::Duration, T::StringList, T::Any]),
        (
            text("Yes"),
            &[T::String, T::Duration, T::StringList, T::YesNo, T::Any],
        ),
        (Json::Int(3), &[T::Integer, T::Number, T::Duration, T::Any]),
        (Json::Float(0.5), &[T::Number, T::Duration, T::Any]),
        (Json::Bool(true), &[T::Boolean, T::YesNo, T::Any]),
        (
            Json::Array(vec![text("a"), text("b")]),
            &[T::StringList, T::Any],
        ),
        (Json::Array(vec![text("a"), Json::Int(1)]), &[T::Any]),
        (Json::Object(Vec::new()), &[T::Any]),
    ];
    for (value, takers) in cases {
        for kind in T::ALL {
            assert_eq!(
                kind.accepts(&value),
                takers.contains(&kind),
                "{kind:?} {value:?}"
            );
        }
    }
    for kind in T::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert!(!kind.expected().is_empty());
    }
}
