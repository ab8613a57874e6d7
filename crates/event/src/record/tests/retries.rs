//! When a retry is a duplicate and when a conflict.

use super::*;

fn differing(stored: &Value, retry: &Value) -> Vec<&'static str> {
    let (stored, retry) = (admitted(stored), admitted(retry));
    differing_fields(&stored.canonical, &retry.canonical, retry.carried).unwrap()
}

#[test]
fn a_retry_that_says_the_same_is_a_duplicate() {
    let event = with("/metadata", json!({"n": 1.0, "s": "é"}));
    assert_eq!(differing(&event, &event), [""; 0]);
    let mut other_words = event.clone();
    other_words["metadata"]["n"] = json!(1);
    other_words["reason"] = json!(null);
    assert_eq!(differing(&event, &other_words), [""; 0]);
}

#[test]
fn what_a_retry_leaves_out_is_not_compared() {
    let mut stored = with("/reason", json!("because"));
    stored["occurred_at"] = json!("2020-01-01T00:00:00Z");
    stored["result"] = json!("failed");
    assert_eq!(differing(&stored, &least()), [""; 0]);
}

#[test]
fn what_the_server_fills_in_is_not_compared() {
    let event = least();
    let stored = admitted(&event);
    let catalog = catalog();
    let later = Door {
        received_at: Timestamp::from_micros(RECEIVED + 1_000_000),
        fallback_id: stored.id,
        ..door(&catalog)
    };
    let retry = admit(event.to_string().as_bytes(), &later).unwrap();
    assert_ne!(stored.canonical, retry.canonical);
    assert_eq!(
        differing_fields(&stored.canonical, &retry.canonical, retry.carried),
        Ok(vec![])
    );
}

#[test]
fn what_differs_is_named() {
    let stored = with("/metadata", json!({"n": 1}));
    let mut retry = stored.clone();
    retry["metadata"]["n"] = json!(2);
    retry["project_id"] = json!("prj_1");
    retry["result"] = json!("failed");
    assert_eq!(
        differing(&stored, &retry),
        ["metadata", "project_id", "result"]
    );
}

#[test]
fn times_are_compared_after_normalization() {
    let stored = with("/occurred_at", json!("2026-02-13T10:00:00Z"));
    assert_eq!(
        differing(
            &stored,
            &with("/occurred_at", json!("2026-02-13T12:00:00.0+02:00"))
        ),
        [""; 0]
    );
    assert_eq!(
        differing(
            &stored,
            &with("/occurred_at", json!("2026-02-13T10:00:00.000001Z"))
        ),
        ["occurred_at"]
    );
}

#[test]
fn bytes_that_are_no_event_are_an_error() {
    let retry = admitted(&least());
    assert!(differing_fields(b"{\"a\":", &retry.canonical, retry.carried).is_err());
}

#[test]
fn carried_knows_its_members_by_name() {
    let carried = admitted(&with("/reason", json!("r"))).carried;
    assert!(carried.contains("reason") && carried.contains("actor"));
    assert!(!carried.contains("result") && !carried.contains("received_at"));
    assert_eq!(format!("{carried:?}"), r#"{"action", "actor", "reason"}"#);
}
