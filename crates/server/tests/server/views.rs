//! Saved views: whose they are, what is refused, and that those that everybody has stay.

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server};

fn ask(server: &Server, method: &str, path: &str, key: &str, body: &Value) -> Reply {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    server.request(method, path, Some(key), &[], body.as_bytes())
}

fn view(name: &str, shared: bool) -> Value {
    json!({"name": name, "shared": shared, "definition": {"columns": ["action"]}})
}

fn made(server: &Server, key: &str, view: &Value) -> String {
    let made = ask(server, "POST", "/v1/views", key, view).expect(201);
    format!("/v1/views/{}", made["id"].as_str().unwrap())
}

/// The names of the views that a key has, but for those that everybody has.
fn names(server: &Server, key: &str) -> Vec<String> {
    let listed = ask(server, "GET", "/v1/views", key, &Value::Null).expect(200);
    let listed = listed["data"].as_array().unwrap().iter();
    let saved = listed.filter(|view| view["built_in"] == false);
    saved
        .map(|view| view["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn everybody_has_three_views_and_nobody_changes_them() {
    let directory = Directory::init();
    let server = directory.serve();
    let listed = server.get("/v1/views").expect(200);
    let expected = [
        ("Dashboard", "last_30_days", Value::Null),
        ("Change history", "last_30_days", json!("organisation.*")),
        ("Security", "last_24_hours", Value::Null),
    ];
    assert_eq!(listed["data"].as_array().unwrap().len(), expected.len());
    let admin = server.organization.admin.clone();
    for (view, (name, range, pattern)) in listed["data"].as_array().unwrap().iter().zip(expected) {
        assert_eq!(
            (&view["name"], &view["built_in"]),
            (&json!(name), &json!(true))
        );
        assert_eq!(view["definition"]["range"], range);
        assert_eq!(view["default_pattern"], pattern);
        let path = format!("/v1/views/{}", view["id"].as_str().unwrap());
        assert_eq!(&server.get(&path).expect(200), view);
        let columns: Vec<&str> = view["definition"]["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column.as_str().unwrap())
            .collect();
        let sheet = format!("/v1/events/export.csv?columns={}", columns.join(","));
        assert_eq!(server.get(&sheet).status, 200);
        let changed = ask(&server, "PATCH", &path, &admin, &json!({"name": "Mine"}));
        changed.problem(409, "built_in_view");
        let deleted = ask(&server, "DELETE", &path, &admin, &Value::Null);
        deleted.problem(409, "built_in_view");
    }
}

#[test]
fn a_view_comes_back_as_it_was_understood() {
    let directory = Directory::init();
    let server = directory.serve();
    let definition = json!({
        "columns": ["occurred_at", "changes", "metadata.model_id"],
        "query": {"q": "role -result:success", "action": ["role.*", "user.*"], "filter": "user:is:ada"},
        "range": {"from": "2026-01-01", "to": null},
        "tz": "Europe/Berlin",
        "sort": "asc",
    });
    let read = server.organization.read.clone();
    let sent = json!({"name": "Rôles", "definition": definition});
    let reply = ask(&server, "POST", "/v1/views", &read, &sent);
    let location = reply.header("location").to_owned();
    let view = reply.expect(201);
    assert_eq!(server.get(&location).expect(200), view);
    assert_eq!(
        (&view["shared"], &view["own"]),
        (&json!(false), &json!(true))
    );
    let understood = &view["definition"];
    assert_eq!(understood["query"]["filter"], json!(["user:is:ada"]));
    assert_eq!(understood["query"]["action"], json!(["role.*", "user.*"]));
    assert_eq!(
        understood["range"],
        json!({"from": "2026-01-01", "to": null})
    );
    // What was given can be sent again.
    let again = json!({"name": "Again", "definition": understood});
    let again = ask(&server, "POST", "/v1/views", &read, &again).expect(201);
    assert_eq!(&again["definition"], understood);
    let renamed = ask(
        &server,
        "PATCH",
        &location,
        &read,
        &json!({"name": "Roles"}),
    );
    let renamed = renamed.expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["definition"]),
        (&json!("Roles"), understood)
    );
    assert_eq!(
        ask(&server, "DELETE", &location, &read, &Value::Null).status,
        204
    );
    server.get(&location).problem(404, "not_found");
}

#[test]
fn a_private_view_is_its_owners_alone_and_a_shared_one_takes_the_permission() {
    let directory = Directory::init();
    let server = directory.serve();
    let (read, admin) = (&server.organization.read, &server.organization.admin);
    let private = made(&server, read, &view("Private", false));
    // Not even for those who may do everything.
    ask(&server, "GET", &private, admin, &Value::Null).problem(404, "not_found");
    ask(&server, "PATCH", &private, admin, &json!({"name": "x"})).problem(404, "not_found");
    ask(&server, "DELETE", &private, admin, &Value::Null).problem(404, "not_found");
    assert!(names(&server, admin).is_empty());
    // Who reads does not share, from the start or later.
    ask(&server, "POST", "/v1/views", read, &view("x", true)).problem(403, "forbidden");
    ask(&server, "PATCH", &private, read, &json!({"shared": true})).problem(403, "forbidden");
    assert_eq!(names(&server, read), ["Private"]);

    let shared = made(&server, admin, &view("Shared", true));
    assert_eq!(names(&server, read), ["Private", "Shared"]);
    ask(&server, "PATCH", &shared, read, &json!({"name": "x"})).problem(403, "forbidden");
    ask(&server, "DELETE", &shared, read, &Value::Null).problem(403, "forbidden");
    ask(&server, "PATCH", &shared, admin, &json!({"shared": false})).expect(200);
    assert_eq!(names(&server, read), ["Private"]);
    ask(&server, "GET", &shared, read, &Value::Null).problem(404, "not_found");
}

#[test]
fn a_view_of_a_project_is_shared_within_it() {
    let directory = Directory::init();
    let key = |kind, project_id| {
        let options = KeyOptions {
            project_id: Some(project_id),
            ..KeyOptions::default()
        };
        directory.add_key(&directory.organization.id, kind, options)
    };
    let (admin, reader, stranger) = (
        key("admin", "prj_1"),
        key("read", "prj_1"),
        key("read", "prj_2"),
    );
    let server = directory.serve();
    let mut of_project = view("Of one", true);
    of_project["definition"]["query"] = json!({"project_id": "prj_1"});
    let path = made(&server, &admin, &of_project);
    assert_eq!(names(&server, &reader), ["Of one"]);
    assert!(names(&server, &stranger).is_empty());
    ask(&server, "GET", &path, &stranger, &Value::Null).problem(404, "not_found");
    assert_eq!(names(&server, &server.organization.read), ["Of one"]);
    // Beyond the project there is nothing to share with.
    ask(&server, "POST", "/v1/views", &admin, &view("x", true)).problem(403, "forbidden");
    let everywhere = json!({"definition": {"columns": ["action"]}});
    ask(&server, "PATCH", &path, &admin, &everywhere).problem(403, "forbidden");
    // And no view of what one may not read.
    of_project["definition"]["query"] = json!({"project_id": "prj_2"});
    of_project["shared"] = json!(false);
    let refused = ask(&server, "POST", "/v1/views", &admin, &of_project);
    let refused = refused.problem(422, "invalid_document");
    assert_eq!(refused["errors"][0]["code"], "project_not_allowed");
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let directory = Directory::init();
    let server = directory.serve();
    let read = server.organization.read.clone();
    let whole = |definition: Value| json!({"name": "x", "definition": definition});
    let with = |name: &str, value: Value| {
        let mut definition = json!({"columns": ["action"]});
        definition[name] = value;
        whole(definition)
    };
    for (sent, pointer, code) in [
        (json!([]), "", "wrong_type"),
        (
            json!({"definition": {"columns": ["action"]}}),
            "/name",
            "missing_field",
        ),
        (json!({"name": "x"}), "/definition", "missing_field"),
        (
            json!({"name": "a\u{0}b", "definition": {"columns": ["action"]}}),
            "/name",
            "invalid_value",
        ),
        (
            whole(json!({"columns": []})),
            "/definition/columns",
            "empty_value",
        ),
        (
            whole(json!({"columns": ["action", "action"]})),
            "/definition/columns/1",
            "repeated_value",
        ),
        (
            whole(json!({"columns": ["acton"]})),
            "/definition/columns/0",
            "unknown_field",
        ),
        (
            whole(json!({"columns": vec!["id"; 65]})),
            "/definition/columns",
            "too_many_items",
        ),
        (
            with("query", json!({"qq": "x"})),
            "/definition/query/qq",
            "unknown_field",
        ),
        (
            with("query", json!({"cursor": "x"})),
            "/definition/query/cursor",
            "unknown_field",
        ),
        (
            with("query", json!({"range": "today"})),
            "/definition/query/range",
            "unknown_field",
        ),
        (
            with("query", json!({"q": 1})),
            "/definition/query/q",
            "wrong_type",
        ),
        (
            with("query", json!({"q": ["a", "b"]})),
            "/definition/query/q",
            "repeated_parameter",
        ),
        (
            with("query", json!({"filter": "x"})),
            "/definition/query/filter",
            "bad_filter",
        ),
        (
            with("range", json!("yesteryear")),
            "/definition/range",
            "bad_range",
        ),
        (
            with("range", json!({"from": "x"})),
            "/definition/range/from",
            "bad_time",
        ),
        (
            with("range", json!({"form": "x"})),
            "/definition/range/form",
            "unknown_field",
        ),
        (
            with("tz", json!("Mars/Olympus")),
            "/definition/tz",
            "bad_zone",
        ),
        (
            with("sort", json!("up")),
            "/definition/sort",
            "invalid_value",
        ),
        (
            with(
                "query",
                json!({"filter": vec![format!("user:is:{}", "x".repeat(400)); 60]}),
            ),
            "/definition",
            "too_long",
        ),
    ] {
        let reply = ask(&server, "POST", "/v1/views", &read, &sent);
        let problem = reply.problem(422, "invalid_document");
        let found = &problem["errors"][0];
        assert_eq!(
            (&found["pointer"], &found["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
    }
    assert!(names(&server, &read).is_empty());
    let path = "/v1/views?limit=1";
    ask(&server, "GET", path, &read, &Value::Null).problem(400, "unknown_parameter");
}

#[test]
fn an_owner_has_a_hundred_views_and_no_more() {
    const MOST: usize = 100;
    let directory = Directory::init();
    let server = directory.serve();
    let (read, admin) = (&server.organization.read, &server.organization.admin);
    for _ in 0..MOST {
        made(&server, admin, &view("x", false));
    }
    ask(&server, "POST", "/v1/views", admin, &view("x", false)).problem(409, "too_many_views");
    // Those that are shared count for themselves, and so do those of others.
    let shared = made(&server, admin, &view("x", true));
    made(&server, read, &view("x", false));
    let back = ask(&server, "PATCH", &shared, admin, &json!({"shared": false}));
    back.problem(409, "too_many_views");
}
