//! The catalog over HTTP: what is known, event types of an organization's own, and what they do to
//! events.

use std::sync::Arc;
use std::thread;

use evident_event::catalog::Catalog;
use serde_json::{Value, json};

use crate::harness::{Directory, Server, event, event_type, evident, run};

fn flown() -> Value {
    event_type("kite.flown")
}

fn flying(actor: &str, kite: &str) -> Value {
    let mut flying = event(actor);
    flying["action"] = json!("kite.flown");
    flying["metadata"] = json!({ "kite_id": kite });
    flying
}

/// Records an event and gives it as it was recorded.
fn recorded(server: &Server, event: &Value) -> Value {
    let answer = server.post("/v1/events", event).expect(201);
    let id = answer["receipts"][0]["id"].as_str().unwrap().to_owned();
    server.get(&format!("/v1/events/{id}")).expect(200)
}

fn version(server: &Server) -> Value {
    server.get("/v1/catalog").expect(200)["version"].clone()
}

#[test]
fn the_catalog_is_the_embedded_one_in_the_shape_of_the_contract() {
    let directory = Directory::init();
    let server = directory.serve();
    let body = server.get("/v1/catalog").expect(200);
    let embedded = Catalog::embedded().unwrap();
    assert_eq!(body, serde_json::to_value(embedded).unwrap());
    let printed = run(evident().args(["catalog", "--json"]), "");
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(body, printed, "the command prints the same");
    for entry in body["events"].as_array().unwrap() {
        assert!(entry["aliases"].is_array(), "{entry}");
        let action = entry["action"].as_str().unwrap();
        let names: Vec<&String> = entry.as_object().unwrap().keys().collect();
        assert_eq!(names.len(), 9, "{action}: {names:?}");
    }
    let one = server.get("/v1/catalog/guardrail.deployed").expect(200);
    let listed = body["events"].as_array().unwrap();
    assert!(listed.contains(&one));
    let ingest = server.organization.ingest.clone();
    let reply = server.request("GET", "/v1/catalog", Some(&ingest), &[], b"");
    assert_eq!(reply.expect(200), body, "whoever records may know what");
}

#[test]
fn an_unknown_action_is_a_problem_with_what_was_meant() {
    let directory = Directory::init();
    let server = directory.serve();
    let problem = server
        .get("/v1/catalog/guardrail.deployd")
        .problem(404, "unknown_action");
    assert_eq!(problem["suggestion"], "guardrail.deployed");
    let problem = server
        .get("/v1/catalog/purchase.order.approved")
        .problem(404, "unknown_action");
    assert!(problem.get("suggestion").is_none());
    let long = format!("/v1/catalog/{}", "role.".repeat(3000));
    let problem = server.get(&long).problem(404, "unknown_action");
    assert!(problem["detail"].as_str().unwrap().len() < 2000);
    server
        .get("/v1/catalog?q=role")
        .problem(400, "unknown_parameter");
}

#[test]
fn an_own_type_names_events_from_its_making_on() {
    let directory = Directory::init();
    let server = directory.serve();
    let before = recorded(&server, &flying("ada", "k_1"));
    assert_eq!(before["category"], "Custom");
    assert_eq!(before["catalog_version"], "3");

    let reply = server.change("POST", "/v1/catalog", &flown());
    assert_eq!(reply.header("location"), "/v1/catalog/kite.flown");
    let made = reply.expect(201);
    assert_eq!(made, server.get("/v1/catalog/kite.flown").expect(200));
    assert_eq!(made["aliases"], json!([]), "never null");
    assert!(made.get("template").is_none() && made["metadata"][0].get("secret").is_none());
    let catalog = server.get("/v1/catalog").expect(200);
    assert_eq!(catalog["version"], "3+1");
    assert_eq!(catalog["events"].as_array().unwrap().last(), Some(&made));

    let after = recorded(&server, &flying("ada", "k_2"));
    assert_eq!(after["name"], "Name of kite.flown");
    assert_eq!(after["category"], "Kites");
    assert_eq!(after["event_type"], "User Actions");
    assert_eq!(after["badge"], "Kite");
    assert_eq!(after["level"], "project");
    assert_eq!(after["catalog_version"], "3+1");
    assert_eq!(after["description"], "ada flew kite k_2");
    let page = server
        .get("/v1/events?filter=category:is:Kites")
        .expect(200);
    assert_eq!(page["data"], json!([after]));
}

#[test]
fn a_replaced_type_rewrites_no_history() {
    let directory = Directory::init();
    let server = directory.serve();
    server.change("POST", "/v1/catalog", &flown()).expect(201);
    let first = recorded(&server, &flying("ada", "k_1"));
    let mut renamed = flown();
    renamed["name"] = json!("Kite flight");
    renamed["category"] = json!("Flights");
    renamed["aliases"] = json!(["Name of kite.flown"]);
    let answer = server
        .change("PUT", "/v1/catalog/kite.flown", &renamed)
        .expect(200);
    assert_eq!(answer["name"], "Kite flight");
    let second = recorded(&server, &flying("ada", "k_2"));
    assert_eq!(second["name"], "Kite flight");
    assert_eq!(second["category"], "Flights");
    assert_eq!(second["catalog_version"], "3+2");
    let id = first["id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/events/{id}")).expect(200), first);
    assert_eq!(first["catalog_version"], "3+1");

    // The old name is an alias now: it means the new one, and still itself.
    let total = |text: &str| {
        let path = format!("/v1/events?filter=event:is:{text}");
        server.get(&path).expect(200)["total"].clone()
    };
    assert_eq!(total("Name%20of%20kite.flown"), 2);
    assert_eq!(total("Kite%20flight"), 1);
}

#[test]
fn an_alias_of_one_organization_means_nothing_to_another() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let mut own = flown();
    own["aliases"] = json!(["Went flying"]);
    server.change("POST", "/v1/catalog", &own).expect(201);
    recorded(&server, &flying("ada", "k_1"));
    let path = "/v1/events?filter=event:is:went%20FLYING";
    assert_eq!(server.get(path).expect(200)["total"], 1);
    let mut theirs = flying("bob", "k_2");
    theirs["metadata"] = json!({});
    let body = theirs.to_string();
    let key = Some(other.admin.as_str());
    server
        .request("POST", "/v1/events", key, &[], body.as_bytes())
        .expect(201);
    let page = server.request("GET", "/v1/events", key, &[], b"");
    assert_eq!(page.expect(200)["data"][0]["category"], "Custom");
    let page = server.request("GET", path, key, &[], b"").expect(200);
    assert_eq!(page["total"], 0);
    let theirs = server.request("GET", "/v1/catalog", key, &[], b"");
    assert_eq!(theirs.expect(200)["version"], "3");
    // The same action may be another organization's own, too.
    let body = flown().to_string();
    let made = server.request("POST", "/v1/catalog", key, &[], body.as_bytes());
    made.expect(201);
}

#[test]
fn what_is_there_already_is_a_conflict_and_what_is_not_is_not_found() {
    let directory = Directory::init();
    let server = directory.serve();
    server.change("POST", "/v1/catalog", &flown()).expect(201);
    let again = server.change("POST", "/v1/catalog", &flown());
    let problem = again.problem(409, "action_exists");
    assert!(problem["detail"].as_str().unwrap().contains("PUT"));
    let built_in = event_type("role.created");
    server
        .change("POST", "/v1/catalog", &built_in)
        .problem(409, "built_in_action");
    server
        .change("PUT", "/v1/catalog/role.created", &built_in)
        .problem(409, "built_in_action");
    let problem = server
        .change("PUT", "/v1/catalog/kite.flow", &event_type("kite.flow"))
        .problem(404, "unknown_action");
    assert_eq!(problem["suggestion"], "kite.flown");
    assert_eq!(version(&server), "3+1", "none of these was a change");
}

#[test]
fn the_same_again_is_no_change() {
    let directory = Directory::init();
    let server = directory.serve();
    server.change("POST", "/v1/catalog", &flown()).expect(201);
    for _ in 0..2 {
        server
            .change("PUT", "/v1/catalog/kite.flown", &flown())
            .expect(200);
    }
    assert_eq!(version(&server), "3+1");
}

#[test]
fn every_mistake_is_named_by_its_pointer() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut wrong = flown();
    wrong["level"] = json!("projekt");
    wrong["metadata"][0]["type"] = json!("strin");
    wrong["metadata"][0]["lable"] = json!("x");
    wrong["colour"] = json!("red");
    let problem = server
        .change("POST", "/v1/catalog", &wrong)
        .problem(422, "invalid_document");
    let mut found: Vec<(&str, &str, Option<&str>)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (text("pointer"), text("code"), entry["suggestion"].as_str())
        })
        .collect();
    found.sort_unstable();
    let expected = [
        ("/colour", "unknown_field", None),
        ("/level", "invalid_value", Some("project")),
        ("/metadata/0/lable", "unknown_field", Some("label")),
        ("/metadata/0/type", "invalid_value", Some("string")),
    ];
    assert_eq!(found, expected);
    let mut ambiguous = flown();
    ambiguous["aliases"] = json!(["role created"]);
    let problem = server
        .change("POST", "/v1/catalog", &ambiguous)
        .problem(422, "invalid_document");
    assert_eq!(problem["errors"][0]["pointer"], "/aliases/0");
    assert_eq!(problem["errors"][0]["suggestion"], "Role created");
    assert_eq!(version(&server), "3");
}

#[test]
fn a_document_is_json_of_bounded_size() {
    let directory = Directory::init();
    let server = directory.serve();
    let admin = server.organization.admin.clone();
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        server.request("POST", "/v1/catalog", Some(&admin), headers, body)
    };
    let problem = post(&[], br#"{"name": "a", "name": "b"}"#).problem(400, "malformed_json");
    assert_eq!(problem["errors"][0]["code"], "duplicate_key");
    post(&[], b"{").problem(400, "malformed_json");
    post(&[], "[".repeat(1000).as_bytes()).problem(400, "malformed_json");
    post(&[("content-type", "text/plain")], b"{}").problem(415, "unsupported_media_type");
    post(&[("content-encoding", "gzip")], b"{}").problem(415, "unsupported_encoding");
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(256 * 1024));
    post(&[], large.as_bytes()).problem(413, "body_too_large");
}

#[test]
fn own_types_are_there_after_a_restart_and_old_versions_are_kept() {
    let directory = Directory::init();
    let server = directory.serve();
    for action in ["kite.flown", "boat.rowed", "kite.landed"] {
        let own = event_type(action);
        server.change("POST", "/v1/catalog", &own).expect(201);
    }
    let mut renamed = flown();
    renamed["badge"] = json!("Flight");
    server
        .change("PUT", "/v1/catalog/kite.flown", &renamed)
        .expect(200);
    let before = server.get("/v1/catalog").expect(200);
    assert_eq!(before["version"], "3+4");
    assert!(server.terminate().success());
    let kept = directory.rows("SELECT definition FROM catalog_versions ORDER BY version");
    let badges: Vec<Value> = kept
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap()["badge"].clone())
        .collect();
    assert_eq!(badges, ["Kite", "Kite", "Kite", "Flight"]);

    let server = directory.serve();
    let after = server.get("/v1/catalog").expect(200);
    assert_eq!(after, before, "in the same order, too");
    let event = recorded(&server, &flying("ada", "k_1"));
    assert_eq!(event["badge"], "Flight");
    assert_eq!(event["description"], "ada flew kite k_1");
    // A kill in place of a good end loses nothing that was answered.
    server
        .change("PUT", "/v1/catalog/kite.flown", &flown())
        .expect(200);
    server.kill();
    assert_eq!(version(&directory.serve()), "3+5");
}

/// Every event is of one version whole: its name is the one that its `catalog_version` gave.
#[test]
fn changes_while_events_are_recorded_leave_every_event_of_one_version() {
    const CHANGES: usize = 40;
    let directory = Directory::init();
    let server = directory.serve();
    let named = |number: usize| {
        let mut own = flown();
        own["name"] = json!(format!("Flight {number}"));
        own["category"] = json!(format!("Kites {number}"));
        own
    };
    server.change("POST", "/v1/catalog", &named(1)).expect(201);
    thread::scope(|scope| {
        let client = server.client();
        let changing = Arc::new(scope.spawn(move || {
            for number in 2..=CHANGES {
                let reply = client.change("PUT", "/v1/catalog/kite.flown", &named(number));
                reply.unwrap().expect(200);
            }
        }));
        for recorder in 0..2 {
            let client = server.client();
            let changing = Arc::clone(&changing);
            scope.spawn(move || {
                let mut rounds = 0;
                while rounds < 5 || !changing.is_finished() {
                    let events: Vec<Value> = (0..20)
                        .map(|_| flying(&recorder.to_string(), "k"))
                        .collect();
                    let body = json!({ "events": events });
                    client.post("/v1/events", &body).unwrap().expect(201);
                    rounds += 1;
                }
            });
        }
    });
    assert_eq!(version(&server), format!("3+{CHANGES}"));
    let mut versions = std::collections::BTreeSet::new();
    let mut path = "/v1/events?limit=500&action=kite.flown".to_owned();
    loop {
        let page = server.get(&path).expect(200);
        for event in page["data"].as_array().unwrap() {
            let version = event["catalog_version"].as_str().unwrap();
            let number = version.strip_prefix("3+").unwrap();
            assert_eq!(event["name"], format!("Flight {number}"));
            assert_eq!(event["category"], format!("Kites {number}"));
            versions.insert(number.to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => {
                path = format!("/v1/events?limit=500&action=kite.flown&cursor={cursor}")
            }
            None => break,
        }
    }
    assert!(versions.len() > 1, "events met changes: {versions:?}");
}

#[test]
fn concurrent_makings_of_one_action_make_it_once() {
    let directory = Directory::init();
    let server = directory.serve();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let client = server.client();
                scope.spawn(move || {
                    let reply = client.change("POST", "/v1/catalog", &flown());
                    reply.unwrap().status
                })
            })
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    let made = statuses.iter().filter(|status| **status == 201).count();
    let refused = statuses.iter().filter(|status| **status == 409).count();
    assert_eq!((made, refused), (1, 7), "{statuses:?}");
    assert_eq!(version(&server), "3+1");
}
