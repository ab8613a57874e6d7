//! Every code by which an event is refused, each in a test named after it.

use super::*;

fn refusals(event: &Value) -> Vec<Refusal> {
    admit_text(&event.to_string()).expect_err(&event.to_string())
}

/// The only reason why an event is refused.
fn refusal(event: &Value) -> Refusal {
    only(refusals(event))
}

fn only(refusals: Vec<Refusal>) -> Refusal {
    let [refusal] = &refusals[..] else {
        panic!("{refusals:?}")
    };
    assert!(
        refusal.message.contains("found") || refusal.message.contains(": "),
        "{refusal:?}"
    );
    refusal.clone()
}

fn assert_refused(event: &Value, code: &str, pointer: &str) {
    let refusal = refusal(event);
    assert_eq!(
        (refusal.code, &*refusal.pointer),
        (code, pointer),
        "{event}"
    );
}

fn assert_text_refused(text: &str, code: &str, pointer: &str) {
    let refusal = only(admit_text(text).unwrap_err());
    assert_eq!((refusal.code, &*refusal.pointer), (code, pointer), "{text}");
}

#[test]
fn invalid_json() {
    assert_text_refused("{\"action\":}", "invalid_json", "/action");
}

#[test]
fn invalid_utf8() {
    let refusals = admit(b"{\"action\":\"\xff\"}", &door(&catalog())).unwrap_err();
    let refusal = only(refusals);
    assert_eq!(
        (refusal.code, &*refusal.pointer),
        ("invalid_utf8", "/action")
    );
}

#[test]
fn duplicate_key() {
    assert_text_refused(
        "{\"metadata\":{\"a\":1,\"\\u0061\":2}}",
        "duplicate_key",
        "/metadata/a",
    );
}

#[test]
fn lone_surrogate() {
    assert_text_refused("{\"reason\":\"\\ud800\"}", "lone_surrogate", "/reason");
}

#[test]
fn number_out_of_range() {
    assert_text_refused(
        "{\"metadata\":{\"n\":9007199254740992}}",
        "number_out_of_range",
        "/metadata/n",
    );
}

#[test]
fn too_deep() {
    let nested = |levels: usize| {
        let body = "[".repeat(levels) + &"]".repeat(levels);
        format!(r#"{{"action":"a.b","actor":{{"type":"u","id":"i"}},"request":{{"body":{body}}}}}"#)
    };
    admit_text(&nested(MAX_DEPTH - 2)).unwrap();
    let pointer = "/request/body".to_owned() + &"/0".repeat(MAX_DEPTH - 2);
    assert_text_refused(&nested(MAX_DEPTH - 1), "too_deep", &pointer);
}

#[test]
fn event_too_large() {
    let text = " ".repeat(MAX_EVENT_BYTES) + &least().to_string();
    assert_text_refused(&text, "event_too_large", "");
}

#[test]
fn not_an_object() {
    for event in [json!([]), json!("x"), json!(null), json!(1), json!(true)] {
        assert_refused(&event, "not_an_object", "");
    }
}

#[test]
fn unknown_field() {
    for (pointer, suggestion) in [
        ("/occurredAt", Some("occurred_at")),
        ("/actr", Some("actor")),
        ("/zebra/stripes", None),
        ("/actor/e_mail", Some("email")),
        ("/actor/password", None),
    ] {
        let mut event = least();
        if let Some(name) = pointer.strip_prefix("/actor/") {
            event["actor"][name] = json!(1);
        } else {
            event[&pointer[1..]] = json!(1);
        }
        let refusal = refusal(&event);
        let expected = pointer.replace("zebra/", "zebra~1");
        assert_eq!((refusal.code, refusal.pointer), ("unknown_field", expected));
        assert_eq!(refusal.suggestion.as_deref(), suggestion, "{pointer}");
    }
    assert_refused(
        &with("/context", json!({"ip_addr": "1.2.3.4"})),
        "unknown_field",
        "/context/ip_addr",
    );
    assert_refused(
        &with("/request", json!({"url": "/"})),
        "unknown_field",
        "/request/url",
    );
    let target = json!([{"type": "t", "id": "i"}, {"type": "t", "id": "i", "kind": 1}]);
    assert_refused(
        &with("/targets", target),
        "unknown_field",
        "/targets/1/kind",
    );
    let change = json!([{"field": "f", "before": 1}]);
    assert_refused(
        &with("/changes", change),
        "unknown_field",
        "/changes/0/before",
    );
}

#[test]
fn server_field() {
    for name in shape::SET_BY_SERVER {
        let refusal = refusal(&with(&format!("/{name}"), json!(null)));
        assert_eq!(
            (refusal.code, refusal.pointer),
            ("server_field", format!("/{name}"))
        );
        assert!(refusal.message.contains("set by the server: leave it out"));
    }
}

#[test]
fn missing_field() {
    let found = refusals(&json!({}));
    let found: Vec<_> = found
        .iter()
        .map(|refusal| (refusal.code, &*refusal.pointer))
        .collect();
    assert_eq!(
        found,
        [("missing_field", "/action"), ("missing_field", "/actor")]
    );
    assert_refused(
        &with("/actor/type", json!(null)),
        "missing_field",
        "/actor/type",
    );
    assert_refused(
        &with("/actor", json!({"type": "user"})),
        "missing_field",
        "/actor/id",
    );
    assert_refused(&with("/action", json!(null)), "missing_field", "/action");
    assert_refused(
        &with("/targets", json!([{"type": "t"}])),
        "missing_field",
        "/targets/0/id",
    );
    assert_refused(
        &with("/on_behalf_of", json!([{"id": "i"}])),
        "missing_field",
        "/on_behalf_of/0/type",
    );
    assert_refused(
        &with("/changes", json!([{"old": 1}])),
        "missing_field",
        "/changes/0/field",
    );
}

#[test]
fn wrong_type() {
    for (pointer, value) in [
        ("/action", json!(1)),
        ("/actor", json!("usr_1")),
        ("/actor/id", json!(7)),
        ("/actor/metadata", json!([])),
        ("/targets", json!({})),
        ("/changes", json!("x")),
        ("/context", json!([])),
        ("/request", json!(1)),
        ("/metadata", json!("x")),
        ("/result", json!(true)),
        ("/occurred_at", json!(1_770_978_505)),
        ("/description", json!({})),
        ("/attempt_id", json!(1)),
    ] {
        assert_refused(&with(pointer, value), "wrong_type", pointer);
    }
    assert_refused(&with("/targets", json!(["t"])), "wrong_type", "/targets/0");
    assert_refused(
        &with("/request", json!({"status": "200"})),
        "wrong_type",
        "/request/status",
    );
}

#[test]
fn wrong_type_of_known_metadata() {
    let mut event = with("/action", json!("guardrail.updated"));
    event["metadata"] = json!({"max_tokens": "many", "own": "anything", "hardware_type": null});
    let refusal = refusal(&event);
    assert_eq!(
        (refusal.code, &*refusal.pointer),
        ("wrong_type", "/metadata/max_tokens")
    );
    assert!(
        refusal.message.contains("Max Tokens"),
        "{}",
        refusal.message
    );
    assert!(!refusal.message.contains("many"), "values are not repeated");
}

#[test]
fn empty_value() {
    for pointer in ["/actor/id", "/actor/type", "/project_id", "/attempt_id"] {
        assert_refused(&with(pointer, json!("")), "empty_value", pointer);
    }
    assert_refused(
        &with("/context", json!({"run_id": ""})),
        "empty_value",
        "/context/run_id",
    );
}

#[test]
fn too_long() {
    for (pointer, max) in [
        ("/actor/id", MAX_TERM_BYTES),
        ("/actor/name", MAX_TERM_BYTES),
        ("/project_id", MAX_TERM_BYTES),
        ("/reason", MAX_REASON_BYTES),
        ("/description", MAX_DESCRIPTION_BYTES),
    ] {
        assert_refused(
            &with(pointer, json!("x".repeat(max + 1))),
            "too_long",
            pointer,
        );
    }
    let action = format!("a.{}", "b".repeat(MAX_ACTION_BYTES - 1));
    assert_refused(&with("/action", json!(action)), "too_long", "/action");
    let path = "p".repeat(MAX_PATH_BYTES + 1);
    assert_refused(
        &with("/request", json!({"path": path})),
        "too_long",
        "/request/path",
    );
}

#[test]
fn invalid_id() {
    for id in ["", "evt_1", "0198c5f0-7c1e-7a3b-9f52"] {
        assert_refused(&with("/id", json!(id)), "invalid_id", "/id");
    }
}

#[test]
fn invalid_action() {
    for (action, suggestion) in [
        ("Role.Created", Some("role.created")),
        ("Role Created", Some("role.created")),
        ("role_created", Some("role.created")),
        ("role/created", Some("role.created")),
        ("role..created", Some("role.created")),
        ("role", None),
        ("", None),
        (".", None),
        ("_a.b", None),
        ("rôle.created", None),
    ] {
        let refusal = refusal(&with("/action", json!(action)));
        assert_eq!(
            (refusal.code, &*refusal.pointer),
            ("invalid_action", "/action")
        );
        assert_eq!(refusal.suggestion.as_deref(), suggestion, "{action}");
    }
}

#[test]
fn reserved_action() {
    let read = with("/action", json!("audit_log.read"));
    assert_refused(&read, "reserved_action", "/action");
    let catalog = catalog();
    let own = Door {
        sender: Sender::Evident,
        ..door(&catalog)
    };
    assert!(admit(read.to_string().as_bytes(), &own).is_ok());
    admitted(&with("/action", json!("audit_log.reads")));
}

#[test]
fn invalid_time() {
    for time in [
        "",
        "yesterday",
        "2026-02-13",
        "2026-02-13T10:28:22",
        "2026-02-30T00:00:00Z",
    ] {
        assert_refused(
            &with("/occurred_at", json!(time)),
            "invalid_time",
            "/occurred_at",
        );
    }
}

#[test]
fn occurred_at_in_future() {
    let event = with("/occurred_at", json!("2026-02-14T10:28:25.000001Z"));
    assert_refused(&event, "occurred_at_in_future", "/occurred_at");
}

#[test]
fn organization_mismatch() {
    let event = with("/organization_id", json!("org_other"));
    assert_refused(&event, "organization_mismatch", "/organization_id");
}

#[test]
fn invalid_value() {
    for (pointer, value, suggestion) in [
        ("/result", "failure", Some("failed")),
        ("/result", "Success", Some("success")),
        ("/result", "", None),
        ("/phase", "attempts", Some("attempt")),
    ] {
        let refusal = refusal(&with(pointer, json!(value)));
        assert_eq!(
            (refusal.code, &*refusal.pointer),
            ("invalid_value", pointer)
        );
        assert_eq!(refusal.suggestion.as_deref(), suggestion, "{value}");
    }
    for status in [json!(99), json!(600), json!(200.5), json!(-200)] {
        let event = with("/request", json!({ "status": status }));
        assert_refused(&event, "invalid_value", "/request/status");
    }
}

#[test]
fn invalid_ip() {
    for ip in [
        "",
        "localhost",
        "1.2.3",
        "1.2.3.4:80",
        "01.2.3.4",
        "fe80::1%eth0",
        "[::1]",
    ] {
        assert_refused(
            &with("/context", json!({"ip": ip})),
            "invalid_ip",
            "/context/ip",
        );
    }
}

#[test]
fn too_many_items() {
    let party = json!({"type": "t", "id": "i"});
    for (pointer, item, max) in [
        ("/on_behalf_of", &party, MAX_ON_BEHALF_OF),
        ("/targets", &party, MAX_TARGETS),
        ("/changes", &json!({"field": "f"}), MAX_CHANGES),
    ] {
        assert_refused(
            &with(pointer, json!(vec![item; max + 1])),
            "too_many_items",
            pointer,
        );
    }
}

#[test]
fn too_many_metadata_leaves() {
    let mut event = with("/metadata", json!({"scalars": vec![0; 253], "empty": {}}));
    event["actor"]["metadata"] = json!({"a": null});
    event["targets"] = json!([{"type": "t", "id": "i", "metadata": {"a": [[]]}}]);
    admitted(&event);
    event["on_behalf_of"] = json!([{"type": "t", "id": "i", "metadata": {"one": "more"}}]);
    assert_refused(&event, "too_many_metadata_leaves", "");
}

#[test]
fn unknown_action() {
    let refusal = only(admit_strict(&with("/action", json!("guardrail.udpated"))).unwrap_err());
    assert_eq!(
        (refusal.code, &*refusal.pointer),
        ("unknown_action", "/action")
    );
    assert_eq!(refusal.suggestion.as_deref(), Some("guardrail.updated"));
}

#[test]
fn missing_metadata() {
    let event = with("/action", json!("guardrail.created"));
    let refusal = only(admit_strict(&event).unwrap_err());
    assert_eq!(
        (refusal.code, &*refusal.pointer),
        ("missing_metadata", "/metadata/hardware_type")
    );
}

#[test]
fn several_reasons_are_collected_up_to_a_bound() {
    let event = json!({"actor": {"id": ""}, "result": "x", "context": {"ip": "x"}, "zzz": 1});
    let codes: Vec<_> = refusals(&event)
        .into_iter()
        .map(|refusal| refusal.code)
        .collect();
    assert_eq!(
        codes,
        [
            "missing_field",
            "empty_value",
            "missing_field",
            "invalid_ip",
            "invalid_value",
            "unknown_field"
        ]
    );
    let many: serde_json::Map<_, _> = (0..100).map(|n| (format!("n{n}"), json!(n))).collect();
    assert_eq!(refusals(&Value::Object(many)).len(), MAX_REFUSALS);
}

#[test]
fn every_code_is_in_the_specification() {
    let specification = include_str!("../../../../../spec/event.md");
    for source in [
        include_str!("../check.rs"),
        include_str!("../fill.rs"),
        include_str!("../refusal.rs"),
        include_str!("../../json/error.rs"),
    ] {
        let codes = source.split('"').filter(|text| {
            text.contains('_')
                && text
                    .bytes()
                    .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        });
        let members = ["user_agent", "project_id"];
        for code in codes.filter(|code| !members.contains(code)) {
            assert!(
                specification.contains(&format!("`{code}`")),
                "{code} is not in spec/event.md"
            );
        }
    }
}
