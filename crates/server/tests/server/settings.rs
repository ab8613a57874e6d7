//! An organization's settings: reading and changing them, and the strict mode.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{Directory, Server, event, event_type};

/// The events that are not of Evident's own acts.
const FOREIGN: &str = "/v1/events?filter=metadata.system:is_not:evident";

fn organization(server: &Server) -> Value {
    server.get(&server.organization_path()).expect(200)
}

#[track_caller]
fn set(server: &Server, change: &Value) -> Value {
    server
        .change("PATCH", &server.organization_path(), change)
        .expect(200)
}

#[test]
fn an_organization_begins_with_its_name_and_nothing_set() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut found = organization(&server);
    let created = found.as_object_mut().unwrap().remove("created_at").unwrap();
    let created = created.as_str().unwrap().to_owned();
    assert!(created.ends_with('Z') && created.len() == 27, "{created}");
    let expected = json!({
        "id": server.organization.id, "name": "Acme AI", "strict": false,
        "redaction": {"names": [], "exceptions": []}, "log": {"public": false},
        "archived": false,
    });
    assert_eq!(found, expected);
}

#[test]
fn what_is_set_stays_also_after_a_restart_and_the_rest_too() {
    let directory = Directory::init();
    let server = directory.serve();
    let created = organization(&server)["created_at"].clone();
    let rules = json!({"names": ["pin"], "exceptions": ["request.body.user.token"]});
    set(&server, &json!({"name": "Acme Labs"}));
    set(&server, &json!({"strict": true}));
    set(&server, &json!({"log": {"public": true}}));
    let answer = set(&server, &json!({"redaction": rules}));
    let expected = json!({
        "id": server.organization.id, "name": "Acme Labs", "strict": true,
        "redaction": rules, "created_at": created, "log": {"public": true}, "archived": false,
    });
    assert_eq!(answer, expected);
    assert_eq!(organization(&server), expected);
    server.kill();
    let server = directory.serve();
    assert_eq!(organization(&server), expected);
    let answer = set(&server, &json!({"redaction": {"names": ["code"]}}));
    let rules = json!({"names": ["code"], "exceptions": []});
    assert_eq!(answer["redaction"], rules, "replaced whole");
    assert_eq!(set(&server, &json!({})), answer);
}

#[test]
fn a_change_that_is_not_acceptable_changes_nothing() {
    let directory = Directory::init();
    let server = directory.serve();
    let before = organization(&server);
    for (change, pointer, code, suggestion) in [
        (
            json!({"stict": true}),
            "/stict",
            "unknown_field",
            Some("strict"),
        ),
        (json!({"id": "org_2"}), "/id", "unknown_field", None),
        (
            json!({"strict": "yes", "name": "X"}),
            "/strict",
            "wrong_type",
            None,
        ),
        (json!({"name": ""}), "/name", "empty_value", None),
        (json!({"name": "x".repeat(256)}), "/name", "too_long", None),
        (json!({"name": " X"}), "/name", "invalid_value", Some("X")),
        (
            json!({"strict": true, "redaction": {"exception": []}}),
            "/redaction/exception",
            "unknown_field",
            Some("exceptions"),
        ),
        (
            json!({"redaction": {"names": vec!["x"; 257]}}),
            "/redaction/names",
            "too_many_items",
            None,
        ),
        (
            json!({"redaction": {"exceptions": ["pin", "nowhere.token"]}}),
            "/redaction/exceptions/1",
            "unknown_root",
            None,
        ),
    ] {
        let reply = server.change("PATCH", &server.organization_path(), &change);
        let problem = reply.problem(422, "invalid_document");
        let entry = &problem["errors"][0];
        assert_eq!(entry["pointer"], pointer, "{problem}");
        assert_eq!(entry["code"], code, "{problem}");
        assert_eq!(entry["suggestion"].as_str(), suggestion, "{problem}");
        assert!(entry["reason"].as_str().unwrap().len() > 10);
    }
    assert_eq!(organization(&server), before);
}

#[test]
fn another_organization_is_not_there() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let path = server.organization_path();
    let key = Some(other.admin.as_str());
    let body = br#"{"strict":true}"#;
    for path in [path.as_str(), "/v1/organizations/org_nowhere"] {
        let reply = server.request("PATCH", path, key, &[], body);
        reply.problem(404, "not_found");
        let reply = server.request("GET", path, key, &[], b"");
        reply.problem(404, "not_found");
    }
    assert_eq!(organization(&server)["strict"], false);
    let own = "/v1/organizations/org_other";
    let reply = server.request("PATCH", own, key, &[], body);
    assert_eq!(reply.expect(200)["strict"], true);
    assert_eq!(organization(&server)["strict"], false);
}

#[test]
fn a_strict_organization_takes_only_what_the_catalog_knows_whole() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut unknown = event("ada");
    unknown["action"] = json!("guardrail.deployd");
    let mut incomplete = event("ada");
    incomplete["action"] = json!("guardrail.deployed");
    incomplete["metadata"] = json!({"guardrail_id": "g_1", "hardware_type": "gpu-h200"});
    let mut wrong = incomplete.clone();
    wrong["metadata"]["guardrail_name"] = json!(7);
    let mut whole = incomplete.clone();
    whole["metadata"]["guardrail_name"] = json!("No secrets");

    server.post("/v1/events", &unknown).expect(201);
    let answer = server.post("/v1/events", &incomplete).expect(201);
    let warning = &answer["receipts"][0]["warnings"][0];
    assert_eq!(warning["code"], "missing_metadata");
    assert_eq!(warning["pointer"], "/metadata/guardrail_name");

    set(&server, &json!({"strict": true}));
    let refused = |event: &Value| {
        let reply = server.post("/v1/events", event);
        reply.problem(422, "invalid_events")["errors"][0].clone()
    };
    let entry = refused(&unknown);
    assert_eq!(entry["code"], "unknown_action");
    assert_eq!(entry["pointer"], "/action");
    assert_eq!(entry["suggestion"], "guardrail.deployed");
    let entry = refused(&incomplete);
    assert_eq!(entry["code"], "missing_metadata");
    assert_eq!(entry["pointer"], "/metadata/guardrail_name");
    let entry = refused(&wrong);
    assert_eq!(entry["code"], "wrong_type");
    assert_eq!(entry["pointer"], "/metadata/guardrail_name");
    server.post("/v1/events", &whole).expect(201);
    let batch = json!({"events": [whole, unknown]});
    let answer = server.post("/v1/events?partial=true", &batch).expect(207);
    assert_eq!(answer["errors"][0]["position"], 1);
    assert_eq!(answer["errors"][0]["code"], "unknown_action");

    // What the organization makes known is known.
    let mut own = event_type("kite.flown");
    own["metadata"] = json!([]);
    own["template"] = json!("{actor} flew a kite");
    let mut flown = event("ada");
    flown["action"] = json!("kite.flown");
    assert_eq!(refused(&flown)["code"], "unknown_action");
    server.change("POST", "/v1/catalog", &own).expect(201);
    server.post("/v1/events", &flown).expect(201);

    set(&server, &json!({"strict": false}));
    server.post("/v1/events", &unknown).expect(201);
    assert_eq!(server.get(FOREIGN).expect(200)["total"], 6);
}

#[test]
fn a_wrong_type_is_refused_also_where_unknown_actions_are_not() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut wrong = event("ada");
    wrong["action"] = json!("guardrail.deployed");
    wrong["metadata"] = json!({"guardrail_name": 7});
    let problem = server
        .post("/v1/events", &wrong)
        .problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["code"], "wrong_type");
}

/// Each change is of another part, so one made upon an old view would undo another.
#[test]
fn concurrent_changes_lose_nothing_of_each_other() {
    const ROUNDS: usize = 20;
    let directory = Directory::init();
    let server = directory.serve();
    let path = server.organization_path();
    thread::scope(|scope| {
        let parts: [fn(usize) -> Value; 3] = [
            |round| json!({"name": format!("Acme {round}")}),
            |round| json!({"strict": round % 2 == 1}),
            |round| json!({"redaction": {"names": [format!("pin{round}")]}}),
        ];
        for part in parts {
            let (client, path) = (server.client(), &path);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let change = part(round);
                    let answer = client.change("PATCH", path, &change).unwrap().expect(200);
                    let (name, value) = change.as_object().unwrap().iter().next().unwrap();
                    if name == "redaction" {
                        assert_eq!(answer[name]["names"], value["names"]);
                    } else {
                        assert_eq!(answer[name], *value, "nobody else sets it");
                    }
                }
            });
        }
        let client = server.client();
        scope.spawn(move || {
            for round in 0..ROUNDS {
                let own = event_type(&format!("kite.flown{round}"));
                client
                    .change("POST", "/v1/catalog", &own)
                    .unwrap()
                    .expect(201);
            }
        });
    });
    let found = organization(&server);
    assert_eq!(found["name"], format!("Acme {}", ROUNDS - 1));
    assert_eq!(found["strict"], (ROUNDS - 1) % 2 == 1);
    assert_eq!(
        found["redaction"]["names"],
        json!([format!("pin{}", ROUNDS - 1)])
    );
    assert!(server.terminate().success());
    let server = directory.serve();
    assert_eq!(
        organization(&server),
        found,
        "memory was what the database holds"
    );
    let version = server.get("/v1/catalog").expect(200)["version"].clone();
    assert_eq!(version, format!("3+{ROUNDS}"));
}

/// They share a database that takes one writer at a time: whoever comes second waits, and is not
/// told that what it has read is out of date.
#[test]
fn organizations_that_change_at_once_do_not_disturb_each_other() {
    const ROUNDS: usize = 25;
    let directory = Directory::init();
    let others = ["org_a", "org_b"].map(|id| directory.add_organization(id));
    let server = directory.serve();
    thread::scope(|scope| {
        for organization in others.iter().chain([&server.organization]) {
            let client = server.client_of(organization);
            let path = format!("/v1/organizations/{}", organization.id);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let change = json!({"name": format!("{} {round}", organization.id)});
                    let answer = client.change("PATCH", &path, &change).unwrap().expect(200);
                    assert_eq!(answer["name"], change["name"]);
                    let own = event_type(&format!("kite.flown{round}"));
                    let made = client.change("POST", "/v1/catalog", &own).unwrap();
                    made.expect(201);
                }
            });
        }
    });
    let version = server.get("/v1/catalog").expect(200)["version"].clone();
    assert_eq!(version, format!("3+{ROUNDS}"));
}
