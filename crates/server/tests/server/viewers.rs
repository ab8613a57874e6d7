//! Viewer tokens: what they show, to whom, and for how long.

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Organization, Reply, Server, event, wait_for};

const SITE: &str = "https://portal.example.com";
const SECRET: &str = "for-nobody-else";

fn issuer(server: &Server, origins: &[&str]) -> String {
    let asked = json!({"name": "Portal", "origins": origins});
    let made = server
        .change("POST", "/v1/viewer-issuers", &asked)
        .expect(201);
    made["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn token(server: &Server, asked: &Value) -> String {
    let made = server
        .change("POST", "/v1/viewer-tokens", asked)
        .expect(201);
    made["token"].as_str().unwrap().to_owned()
}

fn get(server: &Server, path: &str, token: &str) -> Reply {
    server.request("GET", path, Some(token), &[], b"")
}

fn from(server: &Server, path: &str, token: Option<&str>, origin: &str) -> Reply {
    server.request("GET", path, token, &[("origin", origin)], b"")
}

fn preflight(server: &Server, path: &str, origin: &str, method: &str) -> Reply {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "authorization"),
    ];
    server.request("OPTIONS", path, None, &headers, b"")
}

fn allowed(reply: &Reply) -> Option<&str> {
    let origin = reply.headers.get("access-control-allow-origin")?;
    Some(origin.to_str().unwrap())
}

/// An event of an actor, done to a target in a project.
fn done(actor: &str, target: &str, project: Option<&str>, text: &str) -> Value {
    let mut event = event(actor);
    event["targets"] = json!([{"type": "thing", "id": target}]);
    event["description"] = json!(text);
    event["metadata"] = json!({ text: text });
    event["occurred_at"] = json!("2026-01-01T00:00:00Z");
    if let Some(project) = project {
        event["project_id"] = json!(project);
    }
    event
}

#[test]
fn a_token_shows_what_its_limits_let_through_in_every_way() {
    let directory = Directory::init();
    directory.add_project(&directory.organization.id, "prj_1");
    let server = directory.serve();
    let mut events = vec![done("ada", "t1", Some("prj_1"), "own")];
    for (actor, target, project) in [
        ("bob", "t1", Some("prj_1")),
        ("ada", "t2", Some("prj_1")),
        ("ada", "t1", Some("prj_2")),
        ("ada", "t1", None),
    ] {
        events.push(done(actor, target, project, SECRET));
    }
    let posted = server.post("/v1/events?wait=checkpoint", &json!({ "events": events }));
    let posted = posted.expect(201);
    let issuer = issuer(&server, &[]);
    let token = token(
        &server,
        &json!({"issuer_id": issuer, "project_id": "prj_1", "actor_id": "ada", "target_id": "t1"}),
    );
    let list = get(&server, "/v1/events?limit=500&reads=include", &token).expect(200);
    assert_eq!(list["total"], 1);
    let texts = [
        "/v1/events?limit=500",
        "/v1/events/histogram?interval=month&split_by=description",
        "/v1/events/facets?fields=description,actor.id",
        "/v1/events/completions?field=description",
        "/v1/events/completions?prefix=metadata.",
    ]
    .map(|path| {
        let reply = get(&server, path, &token);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        let text = reply.text().to_owned();
        assert!(
            text.contains("own") && !text.contains(SECRET),
            "{path}: {text}"
        );
        assert!(!text.contains("bob"), "{path}: {text}");
        text
    });
    assert!(texts[0].contains("\"total\":1"));
    let mut tail = server.tail("", &token, Some(-1)).ok();
    if let Some(tail) = &mut tail {
        assert_eq!(tail.next_event().unwrap()["description"], "own");
    }
    let ids: Vec<&str> = posted["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|receipt| receipt["id"].as_str().unwrap())
        .collect();
    for (at, id) in ids.iter().enumerate() {
        for path in [format!("/v1/events/{id}"), format!("/v1/events/{id}/proof")] {
            let expected = if at == 0 { 200 } else { 404 };
            assert_eq!(get(&server, &path, &token).status, expected, "{path}");
        }
    }
    get(&server, "/v1/events/export.csv", &token).problem(403, "forbidden");
    let sneaky = format!("/v1/events?around={}", ids[1]);
    get(&server, &sneaky, &token).problem(404, "not_found");
    let wide = get(&server, "/v1/events?project_id=prj_2", &token);
    wide.problem(403, "project_not_allowed");
}

#[test]
fn a_token_is_its_issuers_alone_and_ends_with_it() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    server.post("/v1/events", &event(SECRET)).expect(201);
    let id = issuer(&server, &[]);
    let text = token(
        &server,
        &json!({"issuer_id": id, "expires_in_seconds": 86_400}),
    );
    assert!(text.starts_with("evident_viewer_"));
    assert!(get(&server, "/v1/events", &text).expect(200)["total"].as_u64() > Some(0));

    // Another organization neither sees the issuer nor issues in its name.
    let theirs = |method: &str, path: &str, document: &Value| {
        let body = document.to_string();
        server.request(method, path, Some(&other.admin), &[], body.as_bytes())
    };
    let asked = json!({ "issuer_id": id });
    theirs("POST", "/v1/viewer-tokens", &asked).problem(404, "not_found");
    let path = format!("/v1/viewer-issuers/{id}");
    theirs("PATCH", &path, &json!({"name": "x"})).problem(404, "not_found");
    let asked_for = format!("/v1/events?organization_id={}", other.id);
    get(&server, &asked_for, &text).problem(403, "other_organization");

    // Cut, altered or put together anew it is no token; and none is said to be known.
    let (payload, tag) = text.split_once('.').unwrap();
    let second = token(&server, &json!({"issuer_id": id, "actor_id": "ada"}));
    let (_, other_tag) = second.split_once('.').unwrap();
    for bad in [
        format!("{payload}.{other_tag}"),
        format!("{payload}.{}", &tag[1..]),
        format!("{payload}A.{tag}"),
        format!("{payload}."),
        payload.to_owned(),
        format!("{text}.{tag}"),
        "evident_viewer_.".to_owned(),
        format!("evident_viewer_{}.x", "A".repeat(8_000)),
    ] {
        get(&server, "/v1/events", &bad).problem(401, "unauthenticated");
    }

    // A restart changes nothing; the end of the issuer ends all of its tokens, also in tails.
    assert!(server.terminate().success());
    let server = directory.serve();
    get(&server, "/v1/events", &text).expect(200);
    let mut tail = server.tail("", &text, None).unwrap();
    tail.next_lines().unwrap();
    let admin = server.organization.admin.clone();
    let revoked = server.request("DELETE", &path, Some(&admin), &[], b"");
    assert_eq!(revoked.status, 204);
    get(&server, "/v1/events", &text).problem(401, "unauthenticated");
    server
        .change("PATCH", &path, &json!({}))
        .problem(404, "not_found");
    let asked = json!({ "issuer_id": id });
    server
        .change("POST", "/v1/viewer-tokens", &asked)
        .problem(404, "not_found");
    server.post("/v1/events", &event("after")).expect(201);
    wait_for("the end of the tail", || {
        tail.next_lines().is_none().then_some(())
    });
}

#[test]
fn a_token_ends_at_its_time() {
    let directory = Directory::init();
    let server = directory.serve();
    let id = issuer(&server, &[SITE]);
    let text = token(&server, &json!({"issuer_id": id, "expires_in_seconds": 1}));
    let ended = wait_for("the end of the token", || {
        let reply = from(&server, "/v1/events", Some(&text), SITE);
        (reply.status != 200).then_some(reply)
    });
    assert_eq!(allowed(&ended), Some(SITE), "the page can tell");
    ended.problem(401, "unauthenticated");
}

#[test]
fn issuers_and_tokens_are_on_the_record_and_so_is_who_reads() {
    let directory = Directory::init();
    let server = directory.serve();
    let id = issuer(&server, &[SITE]);
    let newest = |server: &Server| {
        let path = "/v1/events?action=settings.changed&limit=1";
        server.get(path).expect(200)["data"][0].clone()
    };
    let event = newest(&server);
    assert_eq!(event["targets"][0]["type"], "viewer_issuer");
    assert_eq!(event["targets"][0]["id"], id);
    assert_eq!(event["actor"]["type"], "api_key");
    assert_eq!(event["context"]["ip"], "127.0.0.1");
    let path = format!("/v1/viewer-issuers/{id}");
    let change = json!({"origins": ["https://other.example.com"]});
    server.change("PATCH", &path, &change).expect(200);
    let event = newest(&server);
    assert_eq!(event["changes"][0]["old"], json!([SITE]));
    let asked = json!({"issuer_id": id, "target_id": "customer_7"});
    let made = server
        .change("POST", "/v1/viewer-tokens", &asked)
        .expect(201);
    let event = newest(&server);
    assert_eq!(
        event["targets"][0],
        json!({"type": "viewer_token", "id": made["id"]})
    );
    assert_eq!(event["targets"][1]["id"], id);
    assert_eq!(event["metadata"]["only_target"], "customer_7");
    assert_eq!(event["changes"][0]["new"], made["expires_at"]);
    let text = made["token"].as_str().unwrap();
    get(&server, "/v1/events", text).expect(200);
    let log = wait_for("the request in the log", || {
        let log = server.log().join("\n");
        log.contains(made["id"].as_str().unwrap()).then_some(log)
    });
    let events = server.get("/v1/events?limit=500").expect(200).to_string();
    for part in text.trim_start_matches("evident_viewer_").split('.') {
        assert!(!log.contains(part) && !events.contains(part));
    }
}

#[test]
fn a_page_reads_only_from_an_origin_that_its_tokens_issuer_lists() {
    let directory = Directory::init();
    let server = directory.serve();
    let id = issuer(&server, &[SITE]);
    let other = issuer(&server, &["https://second.example.com"]);
    let text = token(&server, &json!({ "issuer_id": id }));
    let reply = from(&server, "/v1/events", Some(&text), SITE);
    assert_eq!(allowed(&reply), Some(SITE));
    reply.expect(200);
    // Refusals can be read, too.
    for (path, status) in [
        ("/v1/events?x=1", 400),
        ("/v1/nothing", 404),
        ("/v1/api-keys", 403),
    ] {
        let reply = from(&server, path, Some(&text), SITE);
        assert_eq!(
            (reply.status, allowed(&reply)),
            (status, Some(SITE)),
            "{path}"
        );
    }
    for hostile in [
        "null",
        "https://portal.example.com.evil.example",
        "https://evilportal.example.com",
        "https://portal.example.com:8443",
        "https://PORTAL.example.com",
        "http://portal.example.com",
        "https://second.example.com",
        "*",
    ] {
        let reply = from(&server, "/v1/events", Some(&text), hostile);
        assert_eq!(allowed(&reply), None, "{hostile}");
        reply.problem(403, "other_origin");
        if hostile != "https://second.example.com" {
            let asked = preflight(&server, "/v1/events", hostile, "GET");
            assert_eq!((asked.status, allowed(&asked)), (405, None), "{hostile}");
        }
    }
    // Without an origin it was no page.
    let reply = get(&server, "/v1/events", &text);
    assert_eq!((reply.status, allowed(&reply)), (200, None));
    // No other credentials are for other origins.
    for key in [Some(server.organization.read.clone()), None] {
        let reply = from(&server, "/v1/events", key.as_deref(), SITE);
        assert_eq!(allowed(&reply), None);
    }
    let tampered = format!("{text}A");
    assert_eq!(
        allowed(&from(&server, "/v1/events", Some(&tampered), SITE)),
        None
    );
    // A change counts for tokens that were made before.
    let path = format!("/v1/viewer-issuers/{id}");
    server
        .change("PATCH", &path, &json!({"origins": []}))
        .expect(200);
    let reply = from(&server, "/v1/events", Some(&text), SITE);
    assert_eq!(allowed(&reply), None);
    reply.problem(403, "other_origin");
    assert_eq!(preflight(&server, "/v1/events", SITE, "GET").status, 405);
    drop(other);
}

#[test]
fn a_tail_of_a_page_ends_with_the_listing_of_its_origin() {
    let directory = Directory::init();
    let server = directory.serve();
    let id = issuer(&server, &[SITE]);
    let text = token(&server, &json!({ "issuer_id": id }));
    let query = "?filter=actor.id:is:ada";
    let mut page = server.tail_with(query, &text, &[("origin", SITE)]).unwrap();
    let mut program = server.tail_with(query, &text, &[]).unwrap();
    server.post("/v1/events", &event("ada")).expect(201);
    assert_eq!(page.next_actors(1), ["ada"]);
    let path = format!("/v1/viewer-issuers/{id}");
    let change = json!({"origins": ["https://other.example.com"]});
    server.change("PATCH", &path, &change).expect(200);
    server.post("/v1/events", &event("ada")).expect(201);
    assert_eq!(page.next_event(), None, "its page may read no more");
    assert_eq!(program.next_actors(2), ["ada", "ada"], "it is no page's");
}

#[test]
fn a_browser_is_told_what_pages_may_ask() {
    let directory = Directory::init();
    let server = directory.serve();
    issuer(&server, &[SITE]);
    for path in [
        "/v1/events",
        "/v1/events/tail",
        "/v1/events/x/proof",
        "/v1/catalog",
    ] {
        let reply = preflight(&server, path, SITE, "GET");
        assert_eq!(reply.status, 204, "{path}");
        assert_eq!(allowed(&reply), Some(SITE));
        assert_eq!(reply.header("access-control-allow-methods"), "GET");
        let headers = reply.header("access-control-allow-headers");
        assert!(headers.contains("authorization"), "{headers}");
    }
    for (path, method) in [
        ("/v1/events", "POST"),
        ("/v1/api-keys", "GET"),
        ("/v1/eventsx", "GET"),
        ("/v1/log", "GET"),
        ("/metrics", "GET"),
        ("/v1/viewer-tokens", "POST"),
    ] {
        let reply = preflight(&server, path, SITE, method);
        assert!(
            reply.status >= 400 && allowed(&reply).is_none(),
            "{method} {path}"
        );
    }
}

#[test]
fn who_issues_for_a_project_issues_for_no_other_and_makes_no_issuers() {
    let directory = Directory::init();
    let Organization {
        id: organization, ..
    } = directory.organization.clone();
    for id in ["prj_1", "prj_2"] {
        directory.add_project(&organization, id);
    }
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let manager = directory.add_key(&organization, "admin", limited);
    let server = directory.serve();
    server
        .post("/v1/events", &done("ada", "t1", Some("prj_2"), SECRET))
        .expect(201);
    let id = issuer(&server, &[]);
    let ask = |path: &str, document: Value| {
        let body = document.to_string();
        server.request("POST", path, Some(&manager), &[], body.as_bytes())
    };
    let asked = json!({"issuer_id": id, "project_id": "prj_1"});
    let made = ask("/v1/viewer-tokens", asked).expect(201);
    let text = made["token"].as_str().unwrap();
    let list = get(&server, "/v1/events", text).expect(200);
    assert!(!list.to_string().contains(SECRET));
    for project in [
        json!({}),
        json!({"project_id": "prj_2"}),
        json!({"project_id": "prj_x"}),
    ] {
        let mut asked = project;
        asked["issuer_id"] = json!(id);
        ask("/v1/viewer-tokens", asked).problem(403, "forbidden");
    }
    ask("/v1/viewer-issuers", json!({"name": "x"})).problem(403, "forbidden");
    get(&server, "/v1/viewer-issuers", &manager).problem(403, "forbidden");
    let unknown = json!({"issuer_id": id, "project_id": "prj_x"});
    let unknown = server.change("POST", "/v1/viewer-tokens", &unknown);
    unknown.problem(422, "invalid_document");
}
