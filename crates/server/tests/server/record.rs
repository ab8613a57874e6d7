//! Recording: from the first event to finding it, in every form, whole and in part.

use evident_ledger::Hash;
use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, batch, event};

const NDJSON: [(&str, &str); 1] = [("content-type", "application/x-ndjson")];

#[test]
fn an_event_that_was_acknowledged_is_found_at_once_as_it_was_sent() {
    let directory = Directory::init();
    let server = directory.serve();
    let sent = json!({
        "id": "0198C5F0-7C1E-7A3B-9F52-3D1E5A6B7C8D",
        "action": "guardrail.updated",
        "occurred_at": "2026-02-13T11:28:22.12+01:00",
        "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi"},
        "targets": [{"type": "guardrail", "id": "g_7"}],
        "changes": [{"field": "threshold", "old": 0.4, "new": 0.7}],
        "context": {"ip": "203.0.113.7"},
        "metadata": {"hardware_type": "gpu-h200"},
    });
    let answer = server.post("/v1/events", &sent).expect(201);
    let [receipt] = answer["receipts"].as_array().unwrap().as_slice() else {
        panic!("one receipt: {answer}");
    };
    let id = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d";
    assert_eq!(receipt["id"], id);
    assert_eq!(receipt["index"], 0);
    assert_eq!(receipt["duplicate"], false);
    assert_eq!(
        receipt["warnings"].as_array().map(Vec::len),
        Some(0),
        "{receipt}"
    );
    assert!(receipt.get("position").is_none());
    Hash::from_base64(receipt["leaf_hash"].as_str().unwrap()).unwrap();

    let found = server.get(&format!("/v1/events/{id}")).expect(200);
    assert_eq!(found["index"], 0);
    assert_eq!(found["occurred_at"], "2026-02-13T10:28:22.120000Z");
    assert_eq!(found["organization_id"], server.organization.id);
    for member in [
        "actor", "targets", "changes", "context", "metadata", "action",
    ] {
        assert_eq!(found[member], sent[member], "{member}");
    }
    for member in [
        "name",
        "category",
        "event_type",
        "badge",
        "level",
        "received_at",
    ] {
        assert!(found[member].is_string(), "{member} in {found}");
    }
    let page = server.get("/v1/events").expect(200);
    assert_eq!(page["data"], json!([found]));
    assert_eq!(page["total"], 1);
    assert_eq!(page["as_of"], 1);
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(page["prev_cursor"], Value::Null);
    assert!(page["took_ms"].is_u64());
}

#[test]
fn an_event_without_id_gets_one_and_its_time_of_receipt() {
    let directory = Directory::init();
    let server = directory.serve();
    let answer = server.post("/v1/events", &event("ada")).expect(201);
    let id = answer["receipts"][0]["id"].as_str().unwrap();
    assert_eq!(id.as_bytes()[14], b'7', "a UUIDv7: {id}");
    let found = server.get(&format!("/v1/events/{id}")).expect(200);
    assert_eq!(found["occurred_at"], found["received_at"]);
}

#[test]
fn a_batch_is_recorded_in_its_order_in_both_forms() {
    let directory = Directory::init();
    let server = directory.serve();
    let json = server.post("/v1/events", &batch(0..3)).expect(201);
    let lines = "\n".to_owned() + &event(3).to_string() + "\r\n\r\n" + &event(4).to_string();
    let ndjson = server
        .post_bytes("/v1/events", &NDJSON, lines.as_bytes())
        .expect(201);
    let receipts = [json, ndjson].map(|answer| answer["receipts"].as_array().unwrap().clone());
    let indexes: Vec<u64> = receipts
        .iter()
        .flatten()
        .map(|receipt| receipt["index"].as_u64().unwrap())
        .collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4]);
    let page = server.get("/v1/events?order=asc").expect(200);
    let actors: Vec<&str> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["actor"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(actors, ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_large_batch_keeps_its_order_across_the_cores() {
    let directory = Directory::init();
    let server = directory.serve();
    let padding = "x".repeat(500);
    let events: Vec<Value> = (0..5_000)
        .map(|n| {
            let mut event = event(n);
            event["metadata"] = json!({"n": n, "padding": padding});
            event
        })
        .collect();
    let answer = server
        .post("/v1/events", &json!({"events": events}))
        .expect(201);
    let receipts = answer["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 5_000);
    let last = receipts[4_999]["id"].as_str().unwrap();
    let last = server.get(&format!("/v1/events/{last}")).expect(200);
    assert_eq!(last["metadata"]["n"], 4_999);
    assert_eq!(last["index"], 4_999);
}

#[test]
fn one_bad_event_refuses_the_batch_and_every_bad_one_is_named() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut events = batch(0..4);
    events["events"][1] = json!({"action": "guardrail.updated"});
    events["events"][3]["acter"] = json!({});
    events["events"][3]["result"] = json!("sucess");
    let problem = server
        .post("/v1/events", &events)
        .problem(422, "invalid_events");
    let errors = problem["errors"].as_array().unwrap();
    let of = |position| errors.iter().filter(move |e| e["position"] == position);
    assert_eq!(of(0).count() + of(2).count(), 0);
    assert_eq!(of(1).count(), 1);
    assert_eq!(of(1).next().unwrap()["pointer"], "/actor");
    assert_eq!(of(3).count(), 2);
    for error in errors {
        assert!(
            error["code"].is_string() && error["reason"].is_string(),
            "{error}"
        );
    }
    let suggestions: Vec<&Value> = of(3).map(|error| &error["suggestion"]).collect();
    assert!(suggestions.contains(&&json!("actor")), "{suggestions:?}");
    assert!(suggestions.contains(&&json!("success")), "{suggestions:?}");
    assert_eq!(
        server.get("/v1/events").expect(200)["total"],
        0,
        "all or nothing"
    );
}

#[test]
fn partial_keeps_the_good_and_names_the_others_by_position() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut events = batch(0..3);
    events["events"][1] = json!(17);
    let answer = server.post("/v1/events?partial=true", &events).expect(207);
    let positions = |list: &Value| -> Vec<u64> {
        let list = list.as_array().unwrap().iter();
        list.map(|entry| entry["position"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(positions(&answer["receipts"]), [0, 2]);
    assert_eq!(positions(&answer["errors"]), [1]);
    assert_eq!(server.get("/v1/events").expect(200)["total"], 2);

    let none = json!({"events": [1, {}]});
    let problem = server
        .post("/v1/events?partial=true", &none)
        .problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["position"], 0);
    let all = server
        .post("/v1/events?partial=true", &batch(["a"]))
        .expect(201);
    assert_eq!(all["receipts"][0]["position"], 0);
}

#[test]
fn partial_reports_a_conflict_as_an_entry() {
    let directory = Directory::init();
    let server = directory.serve();
    let with_id = |actor: &str| {
        let mut event = event(actor);
        event["id"] = json!("0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d");
        event
    };
    server.post("/v1/events", &with_id("ada")).expect(201);
    let events = json!({"events": [event("x"), {}, with_id("bob"), event("y")]});
    let answer = server.post("/v1/events?partial=true", &events).expect(207);
    assert_eq!(answer["receipts"].as_array().unwrap().len(), 2);
    assert_eq!(answer["receipts"][1]["position"], 3);
    let conflict = answer["errors"].as_array().unwrap().last().unwrap();
    assert_eq!(conflict["position"], 2);
    assert_eq!(conflict["code"], "conflict");
    assert!(
        conflict["reason"].as_str().unwrap().contains("actor"),
        "{conflict}"
    );
    let alone = json!({"events": [with_id("bob")]});
    let problem = server
        .post("/v1/events?partial=true", &alone)
        .problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["code"], "conflict");
}

#[test]
fn a_warning_comes_with_the_receipt() {
    let directory = Directory::init();
    let server = directory.serve();
    let catalog = evident_event::catalog::Catalog::embedded().unwrap();
    let demanding = catalog
        .entries()
        .find(|entry| entry.metadata.iter().any(|field| field.required))
        .unwrap();
    let mut event = event("ada");
    event["action"] = json!(demanding.action);
    let answer = server.post("/v1/events", &event).expect(201);
    let warning = &answer["receipts"][0]["warnings"][0];
    assert_eq!(warning["code"], "missing_metadata", "{answer}");
    assert!(
        warning["pointer"]
            .as_str()
            .unwrap()
            .starts_with("/metadata")
    );
    assert!(warning["reason"].is_string());
}

#[test]
fn an_action_that_nobody_knows_is_custom() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut event = event("ada");
    event["action"] = json!("spaceship.launched");
    let answer = server.post("/v1/events", &event).expect(201);
    let id = answer["receipts"][0]["id"].as_str().unwrap();
    let found = server.get(&format!("/v1/events/{id}")).expect(200);
    assert_eq!(found["category"], "Custom");
    assert_eq!(found["name"], "spaceship.launched");
}

#[test]
fn a_key_limited_to_a_project_records_nothing_outside_of_it() {
    let directory = Directory::init();
    let options = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "admin", options);
    let server = directory.serve();
    let of = |project: Option<&str>| {
        let mut event = event("ada");
        if let Some(project) = project {
            event["project_id"] = json!(project);
        }
        event
    };
    let post = |path: &str, body: Value| {
        let body = body.to_string();
        server.request("POST", path, Some(&key), &[], body.as_bytes())
    };
    post("/v1/events", of(Some("prj_1"))).expect(201);
    post("/v1/events", of(Some("prj_2"))).problem(403, "forbidden_project");
    post("/v1/events", of(None)).problem(403, "forbidden_project");
    let mixed = json!({"events": [of(Some("prj_1")), of(None)]});
    let problem = post("/v1/events", mixed.clone()).problem(403, "forbidden_project");
    assert_eq!(problem["errors"][0]["position"], 1);
    let answer = post("/v1/events?partial=true", mixed).expect(207);
    assert_eq!(answer["errors"][0]["code"], "forbidden_project");

    server.post("/v1/events", &of(None)).expect(201);
    let hidden = server.post("/v1/events", &of(Some("prj_2"))).expect(201);
    let hidden = hidden["receipts"][0]["id"].as_str().unwrap();
    let get = |path: &str| server.request("GET", path, Some(&key), &[], b"");
    assert_eq!(get("/v1/events").expect(200)["total"], 2);
    assert_eq!(get("/v1/events?project_id=prj_1").expect(200)["total"], 2);
    get("/v1/events?project_id=prj_2").problem(403, "project_not_allowed");
    get(&format!("/v1/events/{hidden}")).problem(404, "not_found");
    // The refusals of the key are on the log as well, beyond its project.
    let sent = server.get("/v1/events?filter=metadata.system:is_not:evident");
    assert_eq!(sent.expect(200)["total"], 4);
}
