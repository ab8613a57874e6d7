//! What is kept of events that are accepted.

use proptest::prelude::*;

use super::*;
use crate::json::tests::{noisy_text, values};
use crate::query::READ_ACTION;

/// The record in the contract's own example, with its gaps filled in.
fn example() -> Value {
    json!({
        "id": "0198C5F0-7C1E-7A3B-9F52-3D1E5A6B7C8D",
        "action": "guardrail.updated",
        "occurred_at": "2026-02-13T11:28:22.12+01:00",
        "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi", "email": "ada@example.com", "metadata": {}},
        "on_behalf_of": [{"type": "user", "id": "usr_9"}],
        "targets": [{"type": "guardrail", "id": "g_7", "name": "No PII", "metadata": {}}],
        "organization_id": "org_acme",
        "project_id": "prj_1",
        "result": "success",
        "reason": "Too many false alarms",
        "description": "Created guardrail for agent",
        "changes": [{"field": "threshold", "old": 0.4, "new": 0.7}],
        "context": {"ip": "2001:DB8::0:7", "user_agent": "curl/8", "session_id": "s", "run_id": "r", "trace_id": "t", "span_id": "p"},
        "request": {"method": "PUT", "path": "/agent/7/guardrails/7", "status": 200, "body": {"b": null}, "response": {}},
        "attempt_id": "att_1",
        "phase": "outcome",
        "metadata": {"hardware_type": "gpu-h200"}
    })
}

#[test]
fn it_makes_no_difference_how_a_string_was_escaped() {
    let plain = example().to_string();
    assert!(!plain.contains('\\'));
    let escaped = plain
        .replace("Ada", r"\u0041da")
        .replace("/agent", r"\/agent");
    assert_ne!(plain, escaped);
    let kept = |text: &str| admit_text(text).unwrap().canonical;
    assert_eq!(kept(&plain), kept(&escaped));
    // What does need an escape has one, also if only its neighbours show that.
    let quoted = plain.replace("Ada Obi", r#"Ada \"Ob\u0069\""#);
    assert!(
        String::from_utf8(kept(&quoted))
            .unwrap()
            .contains(r#""Ada \"Obi\"""#)
    );
}

#[test]
fn the_example_of_the_contract() {
    let admitted = admitted(&example());
    let expected = concat!(
        r#"{"action":"guardrail.updated","#,
        r#""actor":{"email":"ada@example.com","id":"usr_1","metadata":{},"name":"Ada Obi","type":"user"},"#,
        r#""attempt_id":"att_1","badge":"Guardrail Change","catalog_version":"7","category":"Guardrails","#,
        r#""changes":[{"field":"threshold","new":0.7,"old":0.4}],"#,
        r#""context":{"ip":"2001:db8::7","run_id":"r","session_id":"s","span_id":"p","trace_id":"t","user_agent":"curl/8"},"#,
        r#""description":"Created guardrail for agent","event_type":"Policy Changes","#,
        r#""id":"0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d","level":"project","#,
        r#""metadata":{"hardware_type":"gpu-h200"},"name":"Guardrail updated","#,
        r#""occurred_at":"2026-02-13T10:28:22.120000Z","on_behalf_of":[{"id":"usr_9","type":"user"}],"#,
        r#""organization_id":"org_acme","phase":"outcome","project_id":"prj_1","#,
        r#""reason":"Too many false alarms","received_at":"2026-02-13T10:28:25.000000Z","#,
        r#""request":{"body":{"b":null},"method":"PUT","path":"/agent/7/guardrails/7","response":{},"status":200},"#,
        r#""result":"success","targets":[{"id":"g_7","metadata":{},"name":"No PII","type":"guardrail"}]}"#,
    );
    assert_eq!(String::from_utf8(admitted.canonical).unwrap(), expected);
    assert_eq!(
        admitted.id.to_string(),
        "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d"
    );
    assert!(admitted.id_given);
    assert_eq!(
        admitted.occurred_at.to_string(),
        "2026-02-13T10:28:22.120000Z"
    );
    assert_eq!(admitted.project_id.as_deref(), Some("prj_1"));
    assert_eq!(admitted.warnings, []);
    assert_eq!(admitted.carried.names().count(), 17);
}

#[test]
fn what_is_missing_is_filled_in() {
    let admitted = admitted(&least());
    let kept: Value = serde_json::from_slice(&admitted.canonical).unwrap();
    assert_eq!(
        kept,
        json!({
            "action": "invoice.paid",
            "actor": {"type": "user", "id": "usr_1"},
            "badge": "Custom Event",
            "catalog_version": "7",
            "category": "Custom",
            "description": "usr_1 performed invoice.paid",
            "event_type": "System Events",
            "id": FALLBACK,
            "level": "organization",
            "name": "invoice.paid",
            "occurred_at": "2026-02-13T10:28:25.000000Z",
            "organization_id": "org_acme",
            "phase": "outcome",
            "received_at": "2026-02-13T10:28:25.000000Z",
            "result": "success"
        })
    );
    assert!(!admitted.id_given);
    assert_eq!(admitted.project_id, None);
    assert_eq!(
        admitted.carried.names().collect::<Vec<_>>(),
        ["action", "actor"]
    );
}

#[test]
fn a_custom_event_in_a_project_is_at_its_level() {
    assert_eq!(
        kept(&with("/project_id", json!("prj_9")))["level"],
        "project"
    );
}

#[test]
fn a_custom_event_in_a_registered_project_is_at_the_level_of_that() {
    let catalog = catalog();
    let levels = [
        ("prj_1".to_owned(), Level::Agent),
        ("prj_9".to_owned(), Level::Tool),
    ];
    let door = Door {
        levels: &levels,
        ..door(&catalog)
    };
    let level = |event: Value| {
        let admitted = admit(event.to_string().as_bytes(), &door).unwrap();
        let kept: Value = serde_json::from_slice(&admitted.canonical).unwrap();
        kept["level"].clone()
    };
    assert_eq!(level(with("/project_id", json!("prj_1"))), "agent");
    assert_eq!(level(with("/project_id", json!("prj_9"))), "tool");
    assert_eq!(level(with("/project_id", json!("prj_2"))), "project");
    assert_eq!(level(with("/result", json!("failed"))), "organization");
}

#[test]
fn a_description_names_the_actor_by_name_else_email_else_id() {
    let described = |actor: Value| kept(&with("/actor", actor))["description"].clone();
    let full = json!({"type": "user", "id": "u", "email": "e@x", "name": "Ada Obi"});
    assert_eq!(described(full), "Ada Obi performed invoice.paid");
    let nameless = json!({"type": "user", "id": "u", "email": "e@x", "name": ""});
    assert_eq!(described(nameless), "e@x performed invoice.paid");
}

#[test]
fn a_description_comes_from_the_template() {
    let mut event = with("/action", json!("guardrail.updated"));
    event["targets"] = json!([{"type": "guardrail", "id": "g_7"}]);
    assert_eq!(kept(&event)["description"], "usr_1 updated guardrail g_7");
    event["targets"][0]["name"] = json!("No PII");
    assert_eq!(
        kept(&event)["description"],
        "usr_1 updated guardrail No PII"
    );
    let mut created = with("/action", json!("guardrail.created"));
    created["metadata"] = json!({"hardware_type": "gpu-h200"});
    assert_eq!(
        kept(&created)["description"],
        "usr_1 created a guardrail on gpu-h200"
    );
}

#[test]
fn a_description_that_was_given_is_kept() {
    assert_eq!(kept(&with("/description", json!("")))["description"], "");
}

#[test]
fn null_is_as_good_as_leaving_an_optional_member_out() {
    let mut event = least();
    for name in [
        "id",
        "occurred_at",
        "on_behalf_of",
        "targets",
        "organization_id",
        "project_id",
        "result",
        "reason",
        "description",
        "changes",
        "context",
        "request",
        "attempt_id",
        "phase",
        "metadata",
    ] {
        event[name] = Value::Null;
    }
    for name in ["name", "email", "metadata"] {
        event["actor"][name] = Value::Null;
    }
    assert_eq!(kept(&event), kept(&least()));
    assert_eq!(admitted(&event).carried, admitted(&least()).carried);
}

#[test]
fn null_is_kept_where_anything_may_stand() {
    let mut event = least();
    event["metadata"] = json!({"n": null});
    event["request"] = json!({"body": null, "response": null, "path": null});
    event["changes"] = json!([{"field": "f", "old": null, "new": 1}]);
    let kept = kept(&event);
    assert_eq!(kept["metadata"], json!({"n": null}));
    assert_eq!(kept["request"], json!({"body": null, "response": null}));
    assert_eq!(
        kept["changes"],
        json!([{"field": "f", "old": null, "new": 1}])
    );
}

#[test]
fn times_are_kept_in_utc_with_six_digits() {
    let time = |text: &str| kept(&with("/occurred_at", json!(text)))["occurred_at"].clone();
    assert_eq!(time("2026-02-13T10:28:22Z"), "2026-02-13T10:28:22.000000Z");
    assert_eq!(
        time("2026-02-13T05:28:22.1234567899-05:00"),
        "2026-02-13T10:28:22.123456Z"
    );
    assert_eq!(time("1987-01-01T00:00:00Z"), "1987-01-01T00:00:00.000000Z");
    assert_eq!(
        time("2026-02-14T10:28:25Z"),
        "2026-02-14T10:28:25.000000Z",
        "just in time"
    );
}

#[test]
fn ip_addresses_are_kept_in_their_one_form() {
    let ip = |text: &str| kept(&with("/context", json!({"ip": text})))["context"]["ip"].clone();
    assert_eq!(ip("203.0.113.7"), "203.0.113.7");
    assert_eq!(ip("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
    assert_eq!(ip("::FFFF:203.0.113.7"), "::ffff:203.0.113.7");
}

#[test]
fn missing_metadata_is_a_warning() {
    let admitted = admitted(&with("/action", json!("guardrail.created")));
    let [warning] = &admitted.warnings[..] else {
        panic!("{:?}", admitted.warnings)
    };
    assert_eq!(
        (warning.code, &*warning.pointer),
        ("missing_metadata", "/metadata/hardware_type")
    );
    assert!(
        warning.message.contains("Hardware Type"),
        "{}",
        warning.message
    );
}

#[test]
fn strict_takes_what_is_complete() {
    let mut event = with("/action", json!("guardrail.created"));
    event["metadata"] = json!({"hardware_type": "gpu-h200", "own": [1, 2]});
    assert_eq!(admit_strict(&event).unwrap().warnings, []);
}

#[test]
fn the_bounds_can_be_reached() {
    let mut event = least();
    let party = json!({"type": "t".repeat(MAX_TERM_BYTES), "id": "é".repeat(MAX_TERM_BYTES / 2)});
    event["on_behalf_of"] = json!(vec![party.clone(); MAX_ON_BEHALF_OF]);
    event["reason"] = json!("r".repeat(MAX_REASON_BYTES));
    event["description"] = json!("d".repeat(MAX_DESCRIPTION_BYTES));
    event["request"] = json!({"path": "p".repeat(MAX_PATH_BYTES), "status": 599});
    event["changes"] = json!(vec![json!({"field": "f"}); MAX_CHANGES]);
    event["targets"] = json!(vec![json!({"type": "t", "id": "i"}); MAX_TARGETS]);
    event["metadata"] = json!({"many": vec![0; MAX_METADATA_LEAVES]});
    event["action"] = json!(format!("a.{}", "b".repeat(MAX_ACTION_BYTES - 2)));
    admitted(&event);
    let fill = |bytes: usize| with("/metadata", json!({"a": "x".repeat(bytes)})).to_string();
    let text = fill(MAX_EVENT_BYTES - fill(0).len());
    assert_eq!(text.len(), MAX_EVENT_BYTES);
    admit_text(&text).unwrap();
}

#[test]
fn the_canonical_bytes_are_bounded() {
    let head = r#"{"action":"a.b","actor":{"type":"u","id":"i"},"request":{"body":["#;
    let mut text = head.to_owned();
    while text.len() < MAX_EVENT_BYTES - 8 {
        text.push_str("1e15,");
    }
    text.push_str("0]}}");
    let canonical = admit_text(&text).unwrap().canonical;
    assert!(canonical.len() > 3 * text.len() && canonical.len() <= MAX_CANONICAL_BYTES);
}

#[test]
fn the_index_is_spliced_in_first() {
    let canonical = admitted(&least()).canonical;
    let mut out = b"before".to_vec();
    with_index(&canonical, 42, &mut out);
    let text = std::str::from_utf8(&out).unwrap();
    assert!(
        text.starts_with("before{\"index\":42,\"action\":"),
        "{text}"
    );
    let mut expected: Value = serde_json::from_slice(&canonical).unwrap();
    expected["index"] = json!(42);
    assert_eq!(
        serde_json::from_str::<Value>(&text["before".len()..]).unwrap(),
        expected
    );
    let mut empty = Vec::new();
    with_index(b"{}", u64::MAX, &mut empty);
    assert_eq!(empty, format!("{{\"index\":{}}}", u64::MAX).as_bytes());
}

#[test]
fn every_action_of_the_embedded_catalog_is_admitted_and_described() {
    let catalog = Catalog::embedded().unwrap();
    for entry in catalog.entries() {
        let text = with("/action", json!(entry.action)).to_string();
        // Who may record every action.
        let sender = Sender::Evident;
        let door = Door {
            sender,
            ..door(catalog)
        };
        let admitted = admit(text.as_bytes(), &door).unwrap();
        let kept: Value = serde_json::from_slice(&admitted.canonical).unwrap();
        assert_eq!(kept["name"], json!(entry.name));
        assert_eq!(kept["level"], json!(entry.level.as_str()));
        let description = kept["description"].as_str().unwrap();
        assert!(
            description.contains("usr_1"),
            "{}: {description}",
            entry.action
        );
        let required = entry.metadata.iter().filter(|field| field.required).count();
        assert_eq!(admitted.warnings.len(), required, "{}", entry.action);
    }
}

#[test]
fn what_evident_records_of_reading_is_known_to_the_catalog_of_every_organization() {
    let event = json!({
        "action": READ_ACTION,
        "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi"},
        "metadata": {"kind": "facets"},
    });
    let text = event.to_string();
    let door = Door {
        sender: Sender::Evident,
        // Where unknown actions and missing metadata are refused.
        strict: true,
        ..door(Catalog::embedded().unwrap())
    };
    let admitted = admit(text.as_bytes(), &door).unwrap();
    assert!(admitted.warnings.is_empty());
    let kept: Value = serde_json::from_slice(&admitted.canonical).unwrap();
    assert_eq!(
        [
            &kept["name"],
            &kept["category"],
            &kept["event_type"],
            &kept["badge"],
            &kept["level"]
        ],
        [
            "Audit log read",
            "Audit Log",
            "Security Events",
            "Log Access",
            "organization"
        ]
    );
    assert_eq!(kept["description"], "Ada Obi read the audit log (facets)");
    let client = Door {
        sender: Sender::Client,
        ..door
    };
    let refusals = admit(text.as_bytes(), &client).unwrap_err();
    assert_eq!(refusals[0].code, "reserved_action");
}

proptest! {
    #[test]
    fn canonical_bytes_parse_back_and_canonicalize_to_themselves(
        metadata in prop::collection::btree_map("[a-c]{1,2}", values(), 0..4),
        body in values(),
        name: String,
        seed: u64,
    ) {
        let mut event = with("/metadata", json!(metadata));
        event["request"] = json!({"body": body});
        event["actor"]["name"] = json!(name);
        let text = noisy_text(&event, seed);
        let Ok(admitted) = admit_text(&text) else {
            prop_assert!(json::parse(text.as_bytes(), MAX_DEPTH).is_err());
            return Ok(());
        };
        let value = json::parse(&admitted.canonical, MAX_DEPTH).unwrap();
        let mut again = Vec::new();
        canonical::write(&value, &mut again);
        prop_assert_eq!(&again, &admitted.canonical);
        let sent = json::parse(text.as_bytes(), MAX_DEPTH).unwrap();
        prop_assert_eq!(value.get("metadata"), sent.get("metadata"));
        prop_assert_eq!(value.get("request"), sent.get("request"));
    }

    #[test]
    fn random_events_never_panic(
        members in prop::collection::vec((prop::sample::select(vec![
            "action", "actor", "id", "occurred_at", "targets", "on_behalf_of", "changes", "context",
            "request", "metadata", "result", "phase", "description", "reason", "zzz",
        ]), values()), 0..8),
        seed: u64,
    ) {
        let event = Value::Object(members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect());
        match admit_text(&noisy_text(&event, seed)) {
            Ok(_) => prop_assert!(event.get("action").is_some()),
            Err(refusals) => prop_assert!((1..=MAX_REFUSALS).contains(&refusals.len())),
        }
    }
}
