//! Who may do what: every operation of the OpenAPI document against every kind of credentials.
//!
//! The table below names each operation and who may use it. An operation that the document has and
//! the table has not fails the test, so that none comes without an answer to the question.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Organization, Reply, Server, event, event_type};

/// Who may use an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Everybody, also without credentials.
    Everybody,
    /// Every key.
    Members,
    /// Keys that may record.
    Recorders,
    /// Keys that may read.
    Readers,
    /// Keys that may change the organization.
    Administrators,
}

impl Who {
    /// The organization's keys that may, and those that may not.
    fn keys(self, of: &Organization) -> (Vec<&str>, Vec<&str>) {
        let (ingest, read, admin) = (of.ingest.as_str(), of.read.as_str(), of.admin.as_str());
        match self {
            Who::Everybody | Who::Members => (vec![ingest, read, admin], vec![]),
            Who::Recorders => (vec![ingest, admin], vec![read]),
            Who::Readers => (vec![read, admin], vec![ingest]),
            Who::Administrators => (vec![admin], vec![ingest, read]),
        }
    }
}

/// What an operation names in its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Nothing: every organization has its own.
    Nothing,
    /// What belongs to an organization. For others it is not there, by a problem of this code.
    Something(&'static str),
}

const SOMETHING: Names = Names::Something("not_found");
const AN_ACTION: Names = Names::Something("unknown_action");

const OPERATIONS: [(&str, &str, Who, Names); 25] = [
    ("post", "/v1/events", Who::Recorders, Names::Nothing),
    ("get", "/v1/events", Who::Readers, Names::Nothing),
    ("get", "/v1/events/histogram", Who::Readers, Names::Nothing),
    ("get", "/v1/events/facets", Who::Readers, Names::Nothing),
    (
        "get",
        "/v1/events/completions",
        Who::Readers,
        Names::Nothing,
    ),
    ("get", TAIL, Who::Readers, Names::Nothing),
    ("get", "/v1/events/export.csv", Who::Readers, Names::Nothing),
    ("get", "/v1/events/{id}", Who::Readers, SOMETHING),
    ("get", "/v1/events/{id}/proof", Who::Readers, SOMETHING),
    ("get", "/v1/catalog", Who::Members, Names::Nothing),
    ("post", "/v1/catalog", Who::Administrators, Names::Nothing),
    ("get", "/v1/catalog/{action}", Who::Members, AN_ACTION),
    (
        "put",
        "/v1/catalog/{action}",
        Who::Administrators,
        AN_ACTION,
    ),
    ("get", "/v1/organizations/{id}", Who::Readers, SOMETHING),
    (
        "patch",
        "/v1/organizations/{id}",
        Who::Administrators,
        SOMETHING,
    ),
    ("get", "/v1/log", Who::Readers, Names::Nothing),
    ("get", "/v1/log/checkpoints", Who::Readers, Names::Nothing),
    ("get", "/v1/log/consistency", Who::Readers, Names::Nothing),
    // Until the organization has made its log public.
    (
        "get",
        "/log/{organization_id}/checkpoint",
        Who::Readers,
        SOMETHING,
    ),
    (
        "get",
        "/log/{organization_id}/tile/{level}/{tile}",
        Who::Readers,
        SOMETHING,
    ),
    (
        "get",
        "/log/{organization_id}/tile/entries/{tile}",
        Who::Readers,
        SOMETHING,
    ),
    ("get", "/metrics", Who::Readers, Names::Nothing),
    ("get", "/healthz", Who::Everybody, Names::Nothing),
    ("get", "/readyz", Who::Everybody, Names::Nothing),
    ("get", "/openapi.json", Who::Everybody, Names::Nothing),
];

/// The operation whose answer has no end.
const TAIL: &str = "/v1/events/tail";

/// An event type of the first organization's own.
const OWN_ACTION: &str = "kite.flown";

/// What nobody but the first organization may ever see.
const SECRET: &str = "only-for-acme";

struct Scene {
    server: Server,
    other: Organization,
    event_id: String,
    dead: Vec<(&'static str, String)>,
    made: Cell<usize>,
}

fn scene() -> Scene {
    let directory = Box::leak(Box::new(Directory::init()));
    let other = directory.add_organization("org_other");
    let mut dead = Vec::new();
    for kind in ["ingest", "read", "admin"] {
        let expired = KeyOptions {
            expires_at: Some(1),
            ..KeyOptions::default()
        };
        let revoked = KeyOptions {
            revoked_at: Some(i64::MAX),
            ..KeyOptions::default()
        };
        let id = &directory.organization.id;
        dead.push(("expired", directory.add_key(id, kind, expired)));
        dead.push(("revoked", directory.add_key(id, kind, revoked)));
    }
    let admin = &directory.organization.admin;
    let last = admin.chars().last().unwrap();
    let flipped = if last == '0' { '1' } else { '0' };
    dead.push((
        "wrong secret",
        format!("{}{flipped}", &admin[..admin.len() - 1]),
    ));
    dead.push((
        "renamed kind",
        directory.organization.read.replace("_read_", "_root_"),
    ));
    for garbage in ["", "x", "evident_admin_x_y", "null", "' OR 1=1 --", "{}"] {
        dead.push(("garbage", garbage.to_owned()));
    }
    let server = directory.serve();
    let mut secret = event(SECRET);
    secret["description"] = json!(SECRET);
    let answer = server.post("/v1/events?wait=checkpoint", &secret);
    let answer = answer.expect(201);
    let event_id = answer["receipts"][0]["id"].as_str().unwrap().to_owned();
    let mut own = event_type(OWN_ACTION);
    own["description"] = json!(SECRET);
    server.change("POST", "/v1/catalog", &own).expect(201);
    let name = json!({ "name": SECRET });
    server
        .change("PATCH", &server.organization_path(), &name)
        .expect(200);
    Scene {
        server,
        other,
        event_id,
        dead,
        made: Cell::new(0),
    }
}

impl Scene {
    fn ask(&self, method: &str, path: &str, key: Option<&str>) -> Reply {
        if path == TAIL {
            return self.ask_for_tail(key);
        }
        let id = match path {
            "/v1/events/{id}" | "/v1/events/{id}/proof" => &self.event_id,
            _ => &self.server.organization.id,
        };
        // Every event type that is made is another one.
        self.made.set(self.made.get() + 1);
        let body = match (method, path) {
            ("post", "/v1/events") => event("x").to_string(),
            ("post", _) => event_type(&format!("made.kite{}", self.made.get())).to_string(),
            ("put", _) => event_type(OWN_ACTION).to_string(),
            ("patch", _) => "{}".to_owned(),
            _ => String::new(),
        };
        let path = path
            .replace("{id}", id)
            .replace("{action}", OWN_ACTION)
            .replace("{organization_id}", &self.server.organization.id)
            .replace("{level}", "0")
            .replace("{tile}", "000.p/1")
            .replace("/consistency", "/consistency?from=0")
            // What it needs, and what shows most.
            .replace("/facets", "/facets?fields=description")
            .replace("/completions", "/completions?field=description")
            .replace("/histogram", "/histogram?split_by=description")
            .replace(".csv", ".csv?columns=description");
        let method = method.to_uppercase();
        self.server
            .request(&method, &path, key, &[], body.as_bytes())
    }
}

impl Scene {
    /// What a tail says before it waits, as if that were all.
    fn ask_for_tail(&self, key: Option<&str>) -> Reply {
        match self.server.tail("", key.unwrap_or("none"), None) {
            Err(refused) => *refused,
            Ok(mut tail) => {
                let mut lines = tail.next_lines().unwrap();
                lines.extend(tail.next_lines().unwrap());
                Reply {
                    status: 200,
                    headers: tail.headers.clone(),
                    body: lines.join("\n").into_bytes(),
                }
            }
        }
    }
}

fn is_success(reply: &Reply) -> bool {
    (200..300).contains(&reply.status)
}

fn assert_unauthenticated(reply: Reply, what: &str) {
    assert_eq!(reply.status, 401, "{what}");
    assert_eq!(reply.header("www-authenticate"), "Bearer", "{what}");
    assert!(!reply.text().contains(SECRET));
    reply.problem(401, "unauthenticated");
}

#[test]
fn every_operation_against_every_kind_of_credentials() {
    let scene = scene();
    let own = &scene.server.organization;
    for (method, path, who, names) in OPERATIONS {
        let what = format!("{method} {path}");
        if who == Who::Everybody {
            for key in [None, Some(own.ingest.as_str()), Some("garbage")] {
                assert!(is_success(&scene.ask(method, path, key)), "{what}");
            }
            continue;
        }
        assert_unauthenticated(scene.ask(method, path, None), &what);
        for (why, key) in &scene.dead {
            let reply = scene.ask(method, path, Some(key));
            assert_unauthenticated(reply, &format!("{what} with a key that is {why}"));
        }
        let (may, may_not) = who.keys(own);
        for key in may {
            assert!(is_success(&scene.ask(method, path, Some(key))), "{what}");
        }
        for key in may_not {
            let refused = scene.ask(method, path, Some(key));
            assert!(!refused.text().contains(SECRET));
            refused.problem(403, "forbidden");
        }
        let (may, may_not) = who.keys(&scene.other);
        for key in may {
            let reply = scene.ask(method, path, Some(key));
            assert!(
                !reply.text().contains(SECRET),
                "{what} shows another organization's data"
            );
            match names {
                Names::Something(code) => drop(reply.problem(404, code)),
                Names::Nothing => assert!(is_success(&reply), "{what}"),
            }
        }
        for key in may_not {
            let refused = scene.ask(method, path, Some(key));
            assert!(!refused.text().contains(SECRET));
            refused.problem(403, "forbidden");
        }
    }
}

/// What is changed is the organization's, and a project is only a part of it.
#[test]
fn a_key_of_a_project_changes_nothing_of_the_organization() {
    let directory = Directory::init();
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "admin", limited);
    let server = directory.serve();
    let organization = server.organization_path();
    let own = event_type(OWN_ACTION).to_string();
    for (method, path, body) in [
        ("POST", "/v1/catalog", own.as_str()),
        ("PUT", "/v1/catalog/kite.flown", &own),
        ("PATCH", &organization, r#"{"strict":true}"#),
    ] {
        let reply = server.request(method, path, Some(&key), &[], body.as_bytes());
        let problem = reply.problem(403, "forbidden");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("limited to a project"), "{detail}");
    }
    assert_eq!(server.get(&organization).expect(200)["strict"], false);
    let catalog = server.request("GET", "/v1/catalog", Some(&key), &[], b"");
    assert_eq!(catalog.expect(200)["version"], "1");
}

#[test]
fn the_table_has_every_operation_and_the_document_says_which_need_a_key() {
    let directory = Directory::init();
    let server = directory.serve();
    let document = server
        .request("GET", "/openapi.json", None, &[], b"")
        .json();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !["get", "put", "post", "patch", "delete", "head", "options"]
                .contains(&method.as_str())
            {
                continue;
            }
            let row = OPERATIONS
                .iter()
                .find(|(m, p, ..)| m == method && p == path);
            let (_, _, who, _) = row.unwrap_or_else(|| panic!("{method} {path}: say who may"));
            let needs_key = operation["security"] != Value::Null;
            assert_eq!(needs_key, *who != Who::Everybody, "{method} {path}");
            seen += 1;
        }
    }
    assert_eq!(
        seen,
        OPERATIONS.len(),
        "the table has operations that are gone"
    );
}

#[test]
fn another_organizations_page_is_empty_and_its_count_is_its_own() {
    let scene = scene();
    let own = scene.server.get("/v1/events").expect(200);
    assert_eq!(own["total"], 1);
    let reply = scene.ask("get", "/v1/events", Some(&scene.other.read));
    let theirs = reply.expect(200);
    assert_eq!(theirs["total"], 0);
    assert_eq!(theirs["as_of"], 0);
    let filter = format!(
        "/v1/events?filter=organization_id:is:{}",
        scene.server.organization.id
    );
    let reply = scene
        .server
        .request("GET", &filter, Some(&scene.other.admin), &[], b"");
    assert_eq!(reply.expect(200)["total"], 0);
}

/// The texts that every way of reading gives to a key, and the totals that it tells.
fn all_that_is_read(server: &Server, key: &str) -> (String, [Value; 4]) {
    let get = |path: &str| server.request("GET", path, Some(key), &[], b"");
    let list = get("/v1/events?limit=500");
    let histogram = get("/v1/events/histogram?interval=month&split_by=description");
    let facets = get("/v1/events/facets?fields=description,actor.id");
    let completions = get("/v1/events/completions?field=description");
    let names = get("/v1/events/completions?prefix=metadata.");
    let csv = get("/v1/events/export.csv?columns=description,metadata");
    let mut tail = server.tail("", key, Some(0)).unwrap();
    let event = tail.next_event().unwrap();
    let replies = [&list, &histogram, &facets, &completions, &names, &csv];
    let mut texts: Vec<String> = replies.map(|reply| reply.text().to_owned()).into();
    texts.push(event.to_string());
    let rows = csv.text().matches("\r\n").count();
    let totals = [
        list.json()["total"].clone(),
        histogram.json()["buckets"][0]["count"].clone(),
        facets.json()["facets"]["description"]["values"][0]["count"].clone(),
        json!(rows - 1),
    ];
    (texts.join("\n"), totals)
}

#[test]
fn a_key_of_a_project_reads_its_project_only_in_every_way() {
    const EVENTS: usize = 40;
    let directory = Directory::init();
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "read", limited);
    let server = directory.serve();
    let at = |project: Option<&str>, text: &str| {
        let mut event = event(text);
        event["description"] = json!(text);
        event["occurred_at"] = json!("2026-01-01T00:00:00Z");
        event["metadata"] = json!({ text: text });
        if let Some(project) = project {
            event["project_id"] = json!(project);
        }
        event
    };
    let mut events = vec![
        at(Some("prj_2"), SECRET),
        at(None, SECRET),
        at(Some("prj_1"), "own"),
    ];
    events.resize(EVENTS, at(Some("prj_10"), SECRET));
    server
        .post("/v1/events", &json!({ "events": events }))
        .expect(201);
    let (texts, totals) = all_that_is_read(&server, &key);
    assert!(!texts.contains(SECRET), "{texts}");
    assert!(texts.contains("own"));
    assert_eq!(totals, [1, 1, 1, 1].map(|total| json!(total)));
    let read = server.organization.read.clone();
    let (texts, totals) = all_that_is_read(&server, &read);
    assert!(texts.contains(SECRET));
    assert_eq!(
        totals,
        [EVENTS, EVENTS, EVENTS - 1, EVENTS].map(|total| json!(total))
    );
}

#[test]
fn an_event_cannot_be_recorded_into_another_organization() {
    let scene = scene();
    let mut foreign = event("mallory");
    foreign["organization_id"] = json!(scene.server.organization.id);
    let body = foreign.to_string();
    let key = Some(scene.other.ingest.as_str());
    let reply = scene
        .server
        .request("POST", "/v1/events", key, &[], body.as_bytes());
    let problem = reply.problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["code"], "organization_mismatch");
    assert_eq!(scene.server.get("/v1/events").expect(200)["total"], 1);
}

#[test]
fn other_schemes_are_no_credentials() {
    let scene = scene();
    let read = scene.server.organization.read.clone();
    for value in [
        format!("Basic {read}"),
        read.clone(),
        format!("Token {read}"),
    ] {
        let headers = [("authorization", value.as_str())];
        let reply = scene
            .server
            .request("GET", "/v1/events", None, &headers, b"");
        assert_unauthenticated(reply, &value);
    }
    for path in [
        format!("/v1/events?access_token={read}"),
        format!("/v1/events?key={read}"),
    ] {
        let reply = scene.server.request("GET", &path, None, &[], b"");
        assert_unauthenticated(reply, &path);
    }
}

#[test]
fn keys_and_events_never_appear_in_the_log() {
    let scene = scene();
    let path = format!("/v1/events?filter=actor.id:is:{SECRET}");
    scene.server.get(&path).expect(200);
    scene.ask("get", "/v1/events", Some(&scene.dead[0].1));
    let key = scene.server.organization.ingest.clone();
    scene
        .server
        .request("POST", "/v1/events", Some(&key), &[], SECRET.as_bytes());
    let log = scene.server.log().join("\n");
    assert!(log.contains("/v1/events"), "requests are logged");
    let secrets = [&scene.server.organization.read, &key, &scene.dead[0].1];
    for secret in secrets.map(|key| key.rsplit('_').next().unwrap()) {
        assert!(!log.contains(secret));
    }
    assert!(!log.contains(SECRET), "{log}");
}
