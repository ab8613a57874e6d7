//! Organizations beside each other over one server, and what is archived. What takes somebody who is signed in is
//! in `organizations_people`.

use serde_json::{Value, json};

use crate::harness::{Directory, Organization, Reply, Server, event, event_type};

const ARCHIVE: &str = r#"{"archived":true}"#;
const BRING_BACK: &str = r#"{"archived":false}"#;

/// A request with a key of one organization.
fn ask(server: &Server, method: &str, path: &str, key: &str, body: &str) -> Reply {
    let headers = [("content-type", "application/json")];
    server.request(method, path, Some(key), &headers, body.as_bytes())
}

fn patch(server: &Server, organization: &Organization, body: &str) -> Reply {
    let path = format!("/v1/organizations/{}", organization.id);
    ask(server, "PATCH", &path, &organization.admin, body)
}

fn record(server: &Server, organization: &Organization, actor: &str) -> Reply {
    let body = event(actor).to_string();
    ask(server, "POST", "/v1/events", &organization.ingest, &body)
}

/// The newest event of an action in an organization's log.
fn newest(server: &Server, key: &str, action: &str) -> Value {
    let path = format!("/v1/events?limit=1&action={action}");
    let page = ask(server, "GET", &path, key, "").expect(200);
    page["data"][0].clone()
}

#[test]
fn a_key_lists_its_own_organization_and_no_other() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let own = &server.organization;
    for (key, id, name) in [
        (&own.read, own.id.as_str(), "Acme AI"),
        (&other.admin, "org_other", "Organization org_other"),
    ] {
        let list = ask(&server, "GET", "/v1/organizations", key, "").expect(200);
        let data = list["data"].as_array().unwrap();
        assert_eq!(data.len(), 1, "{list}");
        assert_eq!(data[0]["id"], id);
        assert_eq!(data[0]["name"], name);
        assert_eq!(data[0]["archived"], false);
        assert_eq!(data[0].as_object().unwrap().len(), 4, "no settings");
        let all = ask(&server, "GET", "/v1/organizations?all=true", key, "");
        all.problem(403, "forbidden");
    }
    let unclear = ask(&server, "GET", "/v1/organizations?all=1", &own.read, "");
    unclear.problem(400, "bad_parameter");
    // A key says which organization is meant, and may say it again.
    for (id, status) in [(own.id.as_str(), 200), ("org_other", 403)] {
        let path = format!("/v1/events?organization_id={id}");
        assert_eq!(ask(&server, "GET", &path, &own.read, "").status, status);
    }
}

#[test]
fn what_is_archived_is_read_and_neither_recorded_nor_changed_until_it_is_back() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let own = server.organization.clone();
    record(&server, &own, "before").expect(201);
    let answer = patch(&server, &own, ARCHIVE).expect(200);
    assert_eq!(answer["archived"], true);
    assert_archived(&server, &own);
    // The other one goes on.
    record(&server, &other, "x").expect(201);
    server.kill();

    let server = directory.serve();
    assert_archived(&server, &own);
    let answer = patch(&server, &own, r#"{"archived":false,"name":"Back"}"#).expect(200);
    assert_eq!(
        (&answer["archived"], &answer["name"]),
        (&json!(false), &json!("Back"))
    );
    record(&server, &own, "after").expect(201);
    let told = newest(&server, &own.read, "organisation.updated");
    let changes = json!([
        {"field": "name", "old": "Acme AI", "new": "Back"},
        {"field": "archived", "old": true, "new": false},
    ]);
    assert_eq!(told["changes"], changes);
    assert_eq!(told["actor"]["type"], "api_key");
    assert_eq!(told["targets"][0]["id"], own.id.as_str());
    assert_eq!(told["context"]["ip"], "127.0.0.1");
    assert_eq!(told["metadata"]["system"], "evident");
}

fn assert_archived(server: &Server, own: &Organization) {
    for key in [&own.ingest, &own.admin] {
        let body = event("late").to_string();
        let refused = ask(server, "POST", "/v1/events", key, &body);
        let problem = refused.problem(403, "organization_archived");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("archived"), "{detail}");
    }
    let own_type = event_type("kite.flown").to_string();
    let changes = [
        ("POST", "/v1/catalog".to_owned(), own_type.as_str()),
        ("POST", "/v1/projects".to_owned(), r#"{"name":"x"}"#),
        ("POST", "/v1/views".to_owned(), r#"{"name":"x","query":{}}"#),
        ("DELETE", "/v1/views/view_x".to_owned(), ""),
        ("PATCH", server.organization_path(), r#"{"name":"x"}"#),
        ("PATCH", server.organization_path(), r#"{"strict":true}"#),
        (
            "PATCH",
            server.organization_path(),
            r#"{"archived":true,"name":"x"}"#,
        ),
    ];
    for (method, path, body) in changes {
        let refused = ask(server, method, &path, &own.admin, body);
        refused.problem(403, "organization_archived");
    }
    // The same again is no change, and what a reader may not do is still a matter of the key.
    patch(server, own, ARCHIVE).expect(200);
    let refused = ask(server, "POST", "/v1/events", &own.read, "{}");
    refused.problem(403, "forbidden");
    let page = ask(server, "GET", "/v1/events?reads=exclude", &own.read, "").expect(200);
    // Recorded, archived, and a key that was refused twice, of which one is said a minute and reason.
    let actions: Vec<&str> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["action"].as_str().unwrap())
        .filter(|action| !["api_key.used", "audit_log.exported"].contains(action))
        .collect();
    assert_eq!(
        actions.len(),
        2,
        "what was recorded, and that it was archived: {actions:?}"
    );
    let path = server.organization_path();
    let shown = ask(server, "GET", &path, &own.read, "").expect(200);
    assert_eq!(shown["archived"], true);
    assert_eq!(shown["name"], "Acme AI");
    ask(server, "GET", "/v1/log", &own.read, "").expect(200);
    let csv = "/v1/events/export.csv";
    assert_eq!(ask(server, "GET", csv, &own.read, "").status, 200);
}

/// Every second change comes too late, and whoever records is told the truth about it.
#[test]
fn archiving_and_recording_at_once_lose_nothing_that_was_answered() {
    const ROUNDS: usize = 20;
    let directory = Directory::init();
    let server = directory.serve();
    let recorded = std::thread::scope(|scope| {
        let client = server.client();
        let recorder = scope.spawn(move || {
            let mut recorded = 0;
            for round in 0..ROUNDS * 5 {
                let reply = client.post("/v1/events", &event(round)).unwrap();
                match reply.status {
                    201 => recorded += 1,
                    _ => drop(reply.problem(403, "organization_archived")),
                }
            }
            recorded
        });
        for _ in 0..ROUNDS {
            let own = &server.organization;
            patch(&server, own, ARCHIVE).expect(200);
            patch(&server, own, BRING_BACK).expect(200);
        }
        recorder.join().unwrap()
    });
    let path = "/v1/events?filter=action:is:guardrail.updated";
    assert_eq!(server.get(path).expect(200)["total"], recorded);
    let path = "/v1/events?filter=action:is:organisation.updated";
    assert_eq!(server.get(path).expect(200)["total"], 2 * ROUNDS);
}
