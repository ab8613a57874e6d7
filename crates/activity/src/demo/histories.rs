//! What somebody sees who follows one thing through the year: nothing in it contradicts what was before.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde_json::Value;

use super::platform::{CHAT_MODELS, MODELS};
use super::*;

/// 2026-09-21T14:13:20Z, and three days of what comes after the year.
const END: i64 = 1_790_000_000_000_000;
const AFTER: i64 = 3 * DAY;
/// The incident in which rows of a dataset are deleted, not the dataset.
const ROWS_ONLY: &str = "run_cleanup_of_conversations";

/// All events of a demo, but for those that did not come about.
fn events() -> &'static [Value] {
    static EVENTS: OnceLock<Vec<Value>> = OnceLock::new();
    EVENTS.get_or_init(made)
}

fn made() -> Vec<Value> {
    let demo = Demo::new(DEFAULT_SEED, END, YEAR_EVENTS);
    let events = demo.events_between(i64::MIN, demo.year_end() + AFTER);
    let events = events.map(|event| serde_json::from_str(&event.text).unwrap());
    events
        .filter(|event: &Value| event["phase"] != "attempt")
        .filter(|event| !matches!(text(event, "result"), "failed" | "denied"))
        .collect()
}

fn text<'e>(event: &'e Value, name: &str) -> &'e str {
    event[name].as_str().unwrap_or_default()
}

fn target(event: &Value) -> Option<&str> {
    event["targets"][0]["id"].as_str()
}

/// Whether the action makes or unmakes its target itself, not a part of it.
fn ends(action: &str, kind: &str, words: &[&str]) -> bool {
    let (what, word) = action.rsplit_once('.').unwrap();
    let whole = match kind {
        "user" => what == "organisation.user",
        "api_key" => what.ends_with("api_key"),
        "connection" => what == "ocr.azure_doc_intelligence_account",
        kind => what == kind,
    };
    whole && words.contains(&word)
}

#[test]
fn nothing_acts_or_is_used_after_it_was_deleted_nor_is_deleted_before_it_was_made() {
    let (mut made, mut gone) = (HashSet::new(), HashSet::new());
    for event in events() {
        let mut parties = vec![&event["actor"]];
        for list in ["on_behalf_of", "targets"] {
            parties.extend(event[list].as_array().into_iter().flatten());
        }
        for party in parties {
            assert!(!gone.contains(text(party, "id")), "{event}");
        }
        let Some(id) = target(event) else { continue };
        let (action, kind) = (text(event, "action"), text(&event["targets"][0], "type"));
        if ends(action, kind, &["created", "added", "saved_as_draft"]) {
            let is_first = made.insert(id.to_owned());
            let is_draft = action.ends_with("saved_as_draft");
            assert!(is_first || is_draft, "made twice: {event}");
        }
        let is_rows = event["context"]["run_id"] == ROWS_ONLY;
        if ends(action, kind, &["deleted", "removed"]) && !is_rows {
            assert!(made.contains(id), "never made: {event}");
            gone.insert(id.to_owned());
        }
    }
    assert!(gone.len() > 1_000, "{}", gone.len());
}

#[test]
fn the_old_value_of_a_change_is_the_new_one_of_the_change_before() {
    let mut last: HashMap<(String, String), Value> = HashMap::new();
    let mut chained = 0;
    for event in events() {
        for change in event["changes"].as_array().into_iter().flatten() {
            assert_ne!(change["old"], change["new"], "{event}");
            let thing = target(event).unwrap().to_owned();
            let field = text(change, "field").to_owned();
            if let Some(before) = last.insert((thing, field), change["new"].clone()) {
                assert_eq!(before, change["old"], "{event}");
                chained += 1;
            }
        }
    }
    assert!(chained > 8_000, "{chained}");
}

#[test]
fn versions_never_go_back_and_each_is_made_once() {
    let mut last: HashMap<String, u64> = HashMap::new();
    // An outcome is one of the version that was announced, even if there is a newer one by then.
    let events = events().iter().filter(|event| event["phase"].is_null());
    for event in events {
        let metadata = &event["metadata"];
        let names = ["version_name", "tool_version", "workflow_version"];
        let found = names.iter().find_map(|name| metadata[*name].as_str());
        let Some((found, thing)) = found.zip(target(event)) else {
            continue;
        };
        let found: u64 = found.strip_prefix('v').unwrap().parse().unwrap();
        let before = last.insert(thing.to_owned(), found).unwrap_or(0);
        let action = text(event, "action");
        let is_made = action.ends_with("version.created") || action.ends_with("version_created");
        assert!(before <= found, "v{before}, then {event}");
        let is_new = before < found || thing.starts_with(schedule::PASSING);
        assert!(!is_made || is_new, "made twice: {event}");
    }
    assert!(last.len() > 30, "{}", last.len());
}

#[test]
fn prompts_answer_by_chat_models_and_tools_use_their_own_keys() {
    let chat = CHAT_MODELS.map(|model| MODELS[model].0);
    let mut used = 0;
    for event in events() {
        let action = text(event, "action");
        if action.starts_with("prompt.") {
            for model in [
                &event["metadata"]["model_id"],
                &event["request"]["body"]["model"],
            ] {
                assert!(
                    model.as_str().is_none_or(|id| chat.contains(&id)),
                    "{event}"
                );
            }
        }
        if action == "api_key.used" && event["actor"]["type"] == "tool" {
            let own = format!("key_{}", text(&event["actor"], "id"));
            assert_eq!(target(event), Some(&*own), "{event}");
            used += 1;
        }
        if event["actor"]["type"] == "system" {
            assert!(!text(event, "reason").contains("role"), "{event}");
        }
    }
    assert!(used > 1_000, "{used}");
}

#[test]
fn every_attempt_has_an_outcome_but_the_one_that_is_told() {
    let demo = Demo::new(DEFAULT_SEED, END, YEAR_EVENTS);
    let (mut open, until) = (HashSet::new(), demo.year_end() - DAY);
    // Some are under way at any moment: what began by then is looked for an hour longer.
    for event in demo.events_between(i64::MIN, until + HOUR) {
        let parsed: Value = serde_json::from_str(&event.text).unwrap();
        let attempt = text(&parsed, "attempt_id").to_owned();
        match text(&parsed, "phase") {
            "attempt" if event.occurred_at < until => _ = open.insert(attempt),
            "outcome" => _ = open.remove(&attempt),
            _ => {}
        }
    }
    assert_eq!(open, HashSet::from(["att_invoices_release".to_owned()]));
}
