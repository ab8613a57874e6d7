//! Reading is on the record: reads, exports, and keys that are refused.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Server, batch, event, wait_for};

/// Evident's own records of reading and of refusals, the oldest first.
fn records(server: &Server) -> Vec<Value> {
    let path = "/v1/events?reads=include&order=asc&limit=500&match=any\
                &filter=action:is:audit_log.read&filter=action:is:api_key.used";
    let page = server.get(path).expect(200);
    page["data"].as_array().unwrap().clone()
}

/// Waits until there are so many.
fn recorded(server: &Server, count: usize) -> Vec<Value> {
    wait_for("the records of reads", || {
        let found = records(server);
        assert!(found.len() <= count, "more than {count}: {found:#?}");
        (found.len() == count).then_some(found)
    })
}

/// What is told of a read that tells it from others.
fn told(event: &Value) -> (String, String, Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&event["actor"]["id"]),
        text(&event["metadata"]["kind"]),
        event["project_id"].clone(),
    )
}

fn key_id(key: &str) -> String {
    format!("key_{}", key.split('_').nth(2).unwrap())
}

#[test]
fn reads_are_recorded_once_a_minute_for_each_reader_scope_and_kind() {
    let directory = Directory::init();
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let limited = directory.add_key(&directory.organization.id, "read", limited);
    let server = directory.serve_auditing();
    let answer = server.post("/v1/events?wait=checkpoint", &event("usr_1"));
    let id = answer.expect(201)["receipts"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = |path: &str, key: &str| {
        let headers = [("user-agent", "reader/1")];
        let reply = server.request("GET", path, Some(key), &headers, b"");
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    };
    let (read, admin) = (&server.organization.read, &server.organization.admin);
    for _ in 0..3 {
        ask("/v1/events", admin);
        ask("/v1/events?q=whatever&project_id=made_up", admin);
        ask("/v1/events/histogram", admin);
        ask("/v1/events/facets?fields=action", admin);
        ask("/v1/events/completions?field=action", admin);
        ask(&format!("/v1/events/{id}"), admin);
        ask(&format!("/v1/events/{id}/proof"), admin);
        ask("/v1/log", admin);
        ask("/v1/log/checkpoints", admin);
        ask(
            &format!("/log/{}/checkpoint", server.organization.id),
            admin,
        );
        ask(
            &format!("/log/{}/tile/entries/000.p/1", server.organization.id),
            admin,
        );
        ask(
            &format!("/log/{}/tile/0/000.p/1", server.organization.id),
            admin,
        );
        ask("/v1/events", &limited);
    }
    drop(server.tail("", admin, None).unwrap());
    // And those of whoever looks for the records.
    let found = recorded(&server, 12);
    let mut expected: BTreeSet<_> = [
        "events",
        "histogram",
        "facets",
        "completions",
        "event",
        "proof",
        "log",
        "entries",
        "tiles",
        "tail",
    ]
    .iter()
    .map(|kind| (key_id(admin), (*kind).to_owned(), Value::Null.to_string()))
    .collect();
    expected.insert((
        key_id(&limited),
        "events".to_owned(),
        json!("prj_1").to_string(),
    ));
    expected.insert((key_id(read), "events".to_owned(), Value::Null.to_string()));
    let seen: BTreeSet<_> = found
        .iter()
        .map(told)
        .map(|(actor, kind, project)| (actor, kind, project.to_string()))
        .collect();
    assert_eq!(seen, expected);
    let own = found
        .iter()
        .find(|event| told(event).0 == key_id(admin))
        .unwrap();
    assert_eq!(
        own["context"],
        json!({"ip": "127.0.0.1", "user_agent": "reader/1"})
    );
    assert_eq!(own["request"]["method"], "GET");
    assert_eq!(own["actor"]["type"], "api_key");
    let text = Value::from(found.clone()).to_string();
    assert!(
        !text.contains("whatever") && !text.contains("made_up"),
        "{text}"
    );
    // They are there for those who ask for them only.
    assert_eq!(server.get("/v1/events").expect(200)["total"], 1);
}

#[test]
fn what_reads_no_events_and_what_fails_leaves_no_read() {
    let directory = Directory::init();
    let server = directory.serve_auditing();
    server.get("/v1/catalog").expect(200);
    server.get(&server.organization_path()).expect(200);
    server.get("/v1/views").expect(200);
    server
        .get("/v1/events?nonsense=1")
        .problem(400, "unknown_parameter");
    assert_eq!(server.get("/metrics").status, 200);
    server
        .request("GET", "/v1/events", None, &[], b"")
        .problem(401, "unauthenticated");
    server.post("/v1/events", &event("usr_1")).expect(201);
    // Reads are recorded in their order: this one is the first.
    server.get("/v1/events/histogram").expect(200);
    let found = recorded_at_least(&server, 1);
    assert_eq!(told(&found[0]).1, "histogram");
}

fn recorded_at_least(server: &Server, count: usize) -> Vec<Value> {
    wait_for("the records of reads", || {
        let found = records(server);
        (found.len() >= count).then_some(found)
    })
}

#[test]
fn a_public_log_is_read_by_nobody_in_particular() {
    let directory = Directory::init();
    let server = directory.serve_auditing();
    let public = json!({"log": {"public": true}});
    server
        .change("PATCH", &server.organization_path(), &public)
        .expect(200);
    let path = format!("/log/{}/checkpoint", server.organization.id);
    let admin = server.organization.admin.clone();
    for key in [None, Some(admin.as_str())] {
        assert_eq!(server.request("GET", &path, key, &[], b"").status, 200);
    }
    server.get("/v1/events/histogram").expect(200);
    let found = recorded_at_least(&server, 1);
    assert_eq!(told(&found[0]).1, "histogram", "and not the log");
}

#[test]
fn a_server_that_is_told_not_to_leaves_no_reads() {
    let directory = Directory::init();
    let server = directory.serve();
    server.get("/v1/events").expect(200);
    // A refusal is recorded in any case, behind whatever was there before.
    let ingest = server.organization.ingest.clone();
    let refused = server.request("GET", "/v1/events", Some(&ingest), &[], b"");
    refused.problem(403, "forbidden");
    let found = recorded_at_least(&server, 1);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["action"], "api_key.used");
}

#[test]
fn a_key_that_is_refused_is_recorded_once_with_why() {
    let directory = Directory::init();
    let server = directory.serve();
    let ingest = server.organization.ingest.clone();
    for path in ["/v1/events", "/v1/log", "/v1/events", "/v1/views"] {
        let refused = server.request("GET", path, Some(&ingest), &[], b"");
        refused.problem(403, "forbidden");
    }
    let long = format!("/v1/catalog/{}", "x".repeat(10_000));
    let read = server.organization.read.clone();
    let refused = server.request("PUT", &long, Some(&read), &[], b"{}");
    refused.problem(403, "forbidden");
    let found = recorded(&server, 2);
    let event = found
        .iter()
        .find(|e| e["actor"]["id"] == key_id(&ingest))
        .unwrap();
    assert_eq!(event["action"], "api_key.used");
    assert_eq!(event["result"], "denied");
    assert_eq!(event["reason"], "the key has not the permission");
    assert_eq!(
        event["targets"],
        json!([{"type": "api_key", "id": key_id(&ingest)}])
    );
    assert_eq!(
        event["request"],
        json!({"method": "GET", "path": "/v1/events", "status": 403})
    );
    assert_eq!(event["context"]["ip"], "127.0.0.1");
    let secret = ingest.rsplit('_').next().unwrap();
    assert!(!event.to_string().contains(secret));
}

#[test]
fn a_key_that_asks_what_people_or_others_keys_alone_may_is_recorded_too() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let (read, ingest) = (
        server.organization.read.clone(),
        server.organization.ingest.clone(),
    );
    for path in ["/v1/organizations", "/v1/instance/owners"] {
        let refused = server.request("POST", path, Some(&read), &[], b"{}");
        refused.problem(403, "forbidden");
    }
    let theirs = format!("/v1/events?organization_id={}", other.id);
    for (method, key) in [("GET", &read), ("POST", &ingest)] {
        let refused = server.request(method, &theirs, Some(key), &[], b"{}");
        refused.problem(403, "other_organization");
    }
    let found = recorded(&server, 3);
    let mut told: Vec<_> = found
        .iter()
        .map(|event| {
            assert_eq!(event["action"], "api_key.used");
            assert_eq!(event["result"], "denied");
            assert_eq!(event["request"]["status"], 403);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&event["actor"]["id"]), text(&event["reason"]))
        })
        .collect();
    told.sort();
    let by = |key: &str, reason: &str| (key_id(key), reason.to_owned());
    let mut expected = vec![
        by(&read, "only people who are signed in do this"),
        by(&read, "the key is of another organization"),
        by(&ingest, "the key is of another organization"),
    ];
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn what_is_still_to_be_recorded_at_a_stop_is_recorded() {
    let directory = Directory::init();
    let server = directory.serve_auditing();
    for path in ["/v1/events", "/v1/events/histogram", "/v1/log"] {
        server.get(path);
    }
    assert!(server.terminate().success());
    let server = directory.serve();
    assert_eq!(records(&server).len(), 3);
}

#[test]
fn an_export_says_who_took_what_before_its_first_byte() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..3)).expect(201);
    let path =
        "/v1/events/export.csv?columns=action,actor.id&filter=actor.id:is:1&project_id=prj_7";
    assert_eq!(server.get(path).status, 200);
    let found = server
        .get("/v1/events?action=audit_log.exported")
        .expect(200);
    assert_eq!(found["total"], 1);
    let event = &found["data"][0];
    assert_eq!(event["actor"]["id"], key_id(&server.organization.read));
    assert_eq!(event["project_id"], "prj_7");
    assert_eq!(event["metadata"]["format"], "csv");
    assert_eq!(event["metadata"]["columns"], json!(["action", "actor.id"]));
    assert_eq!(
        event["metadata"]["query"],
        "filter=actor.id:is:1&project_id=prj_7"
    );
    // As long as a query can be, and with a secret in it.
    let many: String = (0..55)
        .map(|n| format!("&action={n}{}", "x".repeat(250)))
        .collect();
    let read = server.organization.read.clone();
    let path = format!("/v1/events/export.csv?q={read}{many}");
    assert_eq!(server.get(&path).status, 200);
    let found = server
        .get("/v1/events?action=audit_log.exported")
        .expect(200);
    assert_eq!(found["total"], 2);
    let secret = read.rsplit('_').next().unwrap();
    assert!(!found.to_string().contains(secret), "{found}");
    // What is refused leaves nothing.
    server
        .get("/v1/events/export.csv?columns=nonsense")
        .problem(400, "unknown_field");
    assert_eq!(
        server
            .get("/v1/events?action=audit_log.exported")
            .expect(200)["total"],
        2
    );
}
