//! API keys as their makers and users meet them: making, changing, replacing and ending them.

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server, Wire, event, wait_for};

const DAY_MICROS: i64 = 86_400_000_000;

#[track_caller]
fn made(server: &Server, document: &Value) -> (String, String) {
    let made = server.change("POST", "/v1/api-keys", document).expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

fn with(server: &Server, method: &str, path: &str, key: &str, document: &Value) -> Reply {
    let body = match method {
        "GET" | "DELETE" => String::new(),
        _ => document.to_string(),
    };
    server.request(method, path, Some(key), &[], body.as_bytes())
}

fn get_with(server: &Server, path: &str, key: &str) -> Reply {
    with(server, "GET", path, key, &Value::Null)
}

fn shown(server: &Server, id: &str) -> Value {
    let admin = server.organization.admin.clone();
    get_with(server, &format!("/v1/api-keys/{id}"), &admin).expect(200)
}

/// The newest event of an action.
#[track_caller]
fn newest(server: &Server, action: &str) -> Value {
    let page = server.get(&format!("/v1/events?action={action}&limit=1"));
    page.expect(200)["data"][0].clone()
}

fn change_of(event: &Value, field: &str) -> Value {
    let changes = event["changes"].as_array().unwrap();
    let change = changes.iter().find(|change| change["field"] == field);
    change
        .unwrap_or_else(|| panic!("no {field} in {event}"))
        .clone()
}

#[test]
fn a_key_is_shown_once_and_works_at_once() {
    let directory = Directory::init();
    let server = directory.serve();
    let asked = json!({"name": "CI", "kind": "ingest", "expires_in_days": 1});
    let reply = server.change("POST", "/v1/api-keys", &asked);
    let location = reply.header("location").to_owned();
    assert_eq!(reply.header("cache-control"), "no-store");
    let made = reply.expect(201);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(location, format!("/v1/api-keys/{id}"));
    assert!(key.starts_with("evident_ingest_"));
    let recorded = with(&server, "POST", "/v1/events", key, &event("ada"));
    recorded.expect(201);
    get_with(&server, "/v1/events", key).problem(403, "forbidden");

    let mut about = shown(&server, id);
    assert!(about["last_used_at"].is_string(), "{about}");
    about["last_used_at"] = Value::Null;
    let mut expected = made.clone();
    expected.as_object_mut().unwrap().remove("key");
    assert_eq!(about, expected);
    let list = get_with(&server, "/v1/api-keys", &server.organization.admin.clone());
    let list = list.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 4);
    assert_eq!(list["data"][3]["id"], id);
    let secret = key.rsplit('_').next().unwrap();
    assert!(!list.to_string().contains(secret));
    assert!(!server.log().join("\n").contains(secret));
    let events = server.get("/v1/events?limit=500").expect(200);
    assert!(!events.to_string().contains(secret));
}

#[test]
fn each_step_of_a_keys_life_is_on_the_record() {
    let directory = Directory::init();
    let server = directory.serve();
    let asked = json!({"name": "CI", "kind": "read", "allowed_addresses": ["127.0.0.0/8"]});
    let (id, _) = made(&server, &asked);
    let path = format!("/v1/api-keys/{id}");
    let event = newest(&server, "app_api_key.created");
    assert_eq!(event["actor"]["type"], "api_key");
    assert_eq!(
        event["targets"][0],
        json!({"type": "api_key", "id": id, "name": "CI"})
    );
    assert_eq!(event["context"]["ip"], "127.0.0.1");
    assert_eq!(change_of(&event, "kind")["new"], "read");
    assert_eq!(
        change_of(&event, "allowed_addresses")["new"],
        json!(["127.0.0.0/8"])
    );

    let change = json!({"name": "CI 2", "expires_at": "2030-01-01T00:00:00Z"});
    let changed = server.change("PATCH", &path, &change).expect(200);
    assert_eq!(changed["name"], "CI 2");
    let event = newest(&server, "settings.changed");
    assert_eq!(event["targets"][0]["id"], id);
    assert_eq!(change_of(&event, "name")["old"], "CI");
    assert_eq!(change_of(&event, "name")["new"], "CI 2");
    assert_eq!(change_of(&event, "expires_at")["old"], Value::Null);
    // The same again is no change.
    server.change("PATCH", &path, &change).expect(200);
    let events = server.get("/v1/events?action=settings.changed").expect(200);
    assert_eq!(events["total"], 1);

    let rotated = server
        .change("POST", &format!("{path}/rotate"), &json!({}))
        .expect(201);
    let event = newest(&server, "settings.changed");
    assert_eq!(change_of(&event, "replaced_by")["new"], rotated["id"]);
    let event = newest(&server, "app_api_key.created");
    assert_eq!(event["targets"][0]["id"], rotated["id"]);
    assert_eq!(event["metadata"]["replaces"], id);

    let admin = server.organization.admin.clone();
    for _ in 0..2 {
        assert_eq!(
            with(&server, "DELETE", &path, &admin, &Value::Null).status,
            204
        );
    }
    let events = server
        .get("/v1/events?action=app_api_key.deleted")
        .expect(200);
    assert_eq!(events["total"], 1, "to revoke it again is no change");
    assert_eq!(events["data"][0]["targets"][0]["id"], id);
}

#[test]
fn a_key_is_revoked_for_good() {
    let directory = Directory::init();
    let server = directory.serve();
    let (id, key) = made(&server, &json!({"name": "x", "kind": "admin"}));
    let path = format!("/v1/api-keys/{id}");
    get_with(&server, &path, &key).expect(200);
    // Also by itself.
    assert_eq!(
        with(&server, "DELETE", &path, &key, &Value::Null).status,
        204
    );
    get_with(&server, &path, &key).problem(401, "unauthenticated");
    let change = json!({"expires_at": null, "name": "y"});
    server
        .change("PATCH", &path, &change)
        .problem(409, "key_ended");
    let rotate = server.change("POST", &format!("{path}/rotate"), &json!({}));
    rotate.problem(409, "key_ended");
    server.kill();
    let server = directory.serve();
    get_with(&server, &path, &key).problem(401, "unauthenticated");
    assert!(
        shown(&server, &id)["revoked_at"].is_string(),
        "it is still listed"
    );
    assert!(
        shown(&server, &id)["last_used_at"].is_null(),
        "killed before it was written"
    );
}

#[test]
fn the_last_use_is_kept_over_a_stop() {
    let directory = Directory::init();
    let server = directory.serve();
    let (id, key) = made(&server, &json!({"name": "x", "kind": "read"}));
    get_with(&server, "/v1/events", &key).expect(200);
    let used = shown(&server, &id)["last_used_at"].clone();
    assert!(used.is_string());
    // Changes of the keys do not lose it.
    made(&server, &json!({"name": "y", "kind": "read"}));
    assert_eq!(shown(&server, &id)["last_used_at"], used);
    assert!(server.terminate().success());
    let server = directory.serve();
    assert_eq!(shown(&server, &id)["last_used_at"], used);
    let asked = json!({"name": "CI", "kind": "read", "allowed_addresses": ["192.0.2.1"]});
    let (id, key) = made(&server, &asked);
    get_with(&server, "/v1/events", &key).problem(401, "unauthenticated");
    assert!(
        shown(&server, &id)["last_used_at"].is_null(),
        "a refusal is no use"
    );
}

#[test]
fn a_key_works_from_its_addresses_however_they_are_written() {
    let directory = Directory::init();
    let server = directory.serve();
    for (addresses, works) in [
        (json!(["127.0.0.1"]), true),
        (json!(["::ffff:127.0.0.1"]), true),
        (json!(["::ffff:127.0.0.0/104"]), true),
        (json!(["192.0.2.1", "127.0.0.0/8"]), true),
        (json!([]), true),
        (json!(["127.0.0.2"]), false),
        (json!(["::1"]), false),
    ] {
        let asked = json!({"name": "x", "kind": "read", "allowed_addresses": addresses});
        let (_, key) = made(&server, &asked);
        let expected = if works { 200 } else { 401 };
        assert_eq!(
            get_with(&server, "/v1/events", &key).status,
            expected,
            "{addresses}"
        );
    }
    let (id, key) = made(&server, &json!({"name": "x", "kind": "read"}));
    let change = json!({"allowed_addresses": ["192.0.2.0/24"]});
    let changed = server.change("PATCH", &format!("/v1/api-keys/{id}"), &change);
    assert_eq!(
        changed.expect(200)["allowed_addresses"],
        json!(["192.0.2.0/24"])
    );
    get_with(&server, "/v1/events", &key).problem(401, "unauthenticated");
}

#[test]
fn a_rotated_key_works_on_for_the_overlap_and_never_longer_than_it_would_have() {
    let directory = Directory::init();
    let server = directory.serve();
    let micros = |text: &Value| {
        let time = evident_event::time::Timestamp::parse_rfc3339(text.as_str().unwrap());
        time.unwrap().as_micros()
    };
    let rotate = |id: &str, document: Value| {
        server.change("POST", &format!("/v1/api-keys/{id}/rotate"), &document)
    };
    let asked = json!({"name": "x", "kind": "read", "allowed_addresses": ["127.0.0.1"]});
    let (id, key) = made(&server, &asked);
    let new = rotate(&id, json!({})).expect(201);
    for key in [key.as_str(), new["key"].as_str().unwrap()] {
        get_with(&server, "/v1/events", key).expect(200);
    }
    assert_eq!((&new["kind"], &new["name"]), (&json!("read"), &json!("x")));
    assert_eq!(new["allowed_addresses"], json!(["127.0.0.1"]));
    assert_eq!(new["expires_at"], Value::Null);
    let old = shown(&server, &id);
    assert_eq!(old["replaced_by"], new["id"]);
    assert_eq!(
        micros(&old["expires_at"]) - micros(&new["created_at"]),
        DAY_MICROS
    );
    rotate(&id, json!({})).problem(409, "key_replaced");
    let change = json!({"expires_at": null});
    let change = server.change("PATCH", &format!("/v1/api-keys/{id}"), &change);
    change.problem(409, "key_replaced");

    // At once.
    let (id, key) = made(&server, &json!({"name": "x", "kind": "read"}));
    rotate(&id, json!({"overlap_hours": 0, "expires_in_days": 7})).expect(201);
    get_with(&server, "/v1/events", &key).problem(401, "unauthenticated");

    // It would have ended before.
    let (id, _) = made(
        &server,
        &json!({"name": "x", "kind": "read", "expires_in_days": 1}),
    );
    let planned = shown(&server, &id)["expires_at"].clone();
    let new = rotate(&id, json!({"overlap_hours": 720})).expect(201);
    assert_eq!(shown(&server, &id)["expires_at"], planned);
    assert_eq!(new["expires_at"], planned, "no longer unless it is said");
}

#[test]
fn who_manages_a_project_makes_keys_of_it_and_sees_no_others() {
    let directory = Directory::init();
    let organization = &directory.organization.id;
    for id in ["prj_1", "prj_2"] {
        directory.add_project(organization, id);
    }
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let manager = directory.add_key(organization, "admin", limited);
    let reader = directory.add_key(organization, "read", limited);
    let server = directory.serve();
    let (elsewhere, _) = made(&server, &json!({"name": "o", "kind": "read"}));
    let (other, _) = made(
        &server,
        &json!({"name": "2", "kind": "read", "project_id": "prj_2"}),
    );
    let make = |key: &str, document: Value| with(&server, "POST", "/v1/api-keys", key, &document);
    for kind in ["ingest", "read", "admin"] {
        let asked = json!({"name": "x", "kind": kind, "project_id": "prj_1"});
        assert_eq!(make(&manager, asked).expect(201)["project_id"], "prj_1");
        for project in [json!("prj_2"), json!("prj_none"), Value::Null] {
            let asked = json!({"name": "x", "kind": kind, "project_id": project});
            make(&manager, asked).problem(403, "forbidden");
        }
    }
    make(&reader, json!({"name": "x", "kind": "read"})).problem(403, "forbidden");
    let list = get_with(&server, "/v1/api-keys", &manager).expect(200);
    let list = list["data"].as_array().unwrap();
    assert_eq!(list.len(), 5);
    assert!(list.iter().all(|key| key["project_id"] == "prj_1"));
    for id in [elsewhere, other, "key_none".to_owned()] {
        let path = format!("/v1/api-keys/{id}");
        for (method, path) in [
            ("GET", path.clone()),
            ("PATCH", path.clone()),
            ("DELETE", path.clone()),
            ("POST", format!("{path}/rotate")),
        ] {
            let reply = with(&server, method, &path, &manager, &json!({}));
            reply.problem(404, "not_found");
        }
    }
    let made = newest(&server, "app_api_key.created");
    assert_eq!(
        made["project_id"], "prj_1",
        "for those who see the project's events"
    );
    let unknown = json!({"name": "x", "kind": "read", "project_id": "prj_none"});
    let unknown = server.change("POST", "/v1/api-keys", &unknown);
    let problem = unknown.problem(422, "invalid_document");
    assert_eq!(problem["errors"][0]["code"], "unknown_project");
}

#[test]
fn a_list_goes_on_where_the_page_before_ended() {
    let directory = Directory::init();
    let server = directory.serve();
    for at in 0..6 {
        made(&server, &json!({"name": format!("k{at}"), "kind": "read"}));
    }
    let admin = server.organization.admin.clone();
    let whole = get_with(&server, "/v1/api-keys", &admin).expect(200);
    assert_eq!(whole["next_cursor"], Value::Null);
    let mut pages = Vec::new();
    let mut path = "/v1/api-keys?limit=4".to_owned();
    loop {
        let page = get_with(&server, &path, &admin).expect(200);
        pages.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/api-keys?limit=4&cursor={cursor}"),
            None => break,
        }
    }
    // Whoever asks is in the list, and its use is later each time.
    let ids = |keys: &[Value]| keys.iter().map(|key| key["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&pages), ids(whole["data"].as_array().unwrap()));
    assert_eq!(pages.len(), 9);
    for bad in ["limit=0", "limit=501", "cursor=x", "page=2"] {
        assert_eq!(
            get_with(&server, &format!("/v1/api-keys?{bad}"), &admin).status,
            400
        );
    }
}

#[test]
fn a_key_of_another_organization_is_not_there() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let (id, key) = made(&server, &json!({"name": "x", "kind": "read"}));
    let path = format!("/v1/api-keys/{id}");
    let reply = with(&server, "DELETE", &path, &other.admin, &Value::Null);
    reply.problem(404, "not_found");
    get_with(&server, "/v1/events", &key).expect(200);
    let theirs = get_with(&server, "/v1/api-keys", &other.admin).expect(200);
    assert_eq!(theirs["data"].as_array().unwrap().len(), 3);
    let line = wait_for("a line of the log", || {
        server
            .log()
            .into_iter()
            .find(|line| line.contains("/v1/api-keys/{id}"))
    });
    assert!(!line.contains(&id), "routes are logged, not paths");
}

/// A request is let in when its head has come, and its body may take its time.
#[test]
fn a_request_that_was_under_way_when_its_key_was_revoked_changes_nothing() {
    let directory = Directory::init();
    let server = directory.serve();
    let issuer = json!({"name": "Portal"});
    let issuer = server.change("POST", "/v1/viewer-issuers", &issuer);
    let issuer = issuer.expect(201);
    for (path, document) in [
        ("/v1/api-keys", json!({"name": "Theirs", "kind": "admin"})),
        ("/v1/viewer-issuers", json!({"name": "Theirs"})),
        ("/v1/projects", json!({"name": "Theirs"})),
        (
            "/v1/invitations",
            json!({"email": "mallory@example.com", "role": "organization_admin"}),
        ),
        ("/v1/viewer-tokens", json!({"issuer_id": issuer["id"]})),
    ] {
        let (id, key) = made(&server, &json!({"name": "Leaked", "kind": "admin"}));
        let body = document.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        let mut wire = Wire::connect(server.address);
        assert!(wire.send(head.as_bytes()));
        let let_in = wire.read_head();
        assert!(let_in.starts_with("HTTP/1.1 100"), "{path}: {let_in}");
        let admin = server.organization.admin.clone();
        let revoked = with(
            &server,
            "DELETE",
            &format!("/v1/api-keys/{id}"),
            &admin,
            &Value::Null,
        );
        assert_eq!(revoked.status, 204);
        assert!(wire.send(body.as_bytes()));
        let answer = wire.read_to_end();
        assert!(answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
    }
    let admin = server.organization.admin.clone();
    for path in [
        "/v1/api-keys?limit=500",
        "/v1/viewer-issuers",
        "/v1/projects",
        "/v1/invitations",
    ] {
        let list = get_with(&server, path, &admin);
        assert!(
            !list.text().contains("Theirs") && !list.text().contains("mallory"),
            "{path}"
        );
    }
}
