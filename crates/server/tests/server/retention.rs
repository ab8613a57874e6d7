//! How long events are kept, as it is set: by whom, what is refused, and what is on the log of it.

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server};

const RETENTION: &str = "/v1/retention";
const PASSWORD: &str = "plover cactus anvil teapot";

fn ask(server: &Server, method: &str, path: &str, key: &str, body: &Value) -> Reply {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    server.request(method, path, Some(key), &[], body.as_bytes())
}

fn set(server: &Server, path: &str, rule: &Value) -> Value {
    server.change("PUT", path, rule).expect(200)
}

fn seen(server: &Server) -> Value {
    server.get(RETENTION).expect(200)
}

fn days(days: u32) -> Value {
    json!({"keep": "days", "days": days})
}

fn kept(keep: &str) -> Value {
    json!({"keep": keep, "days": null})
}

fn of_project(id: &str) -> String {
    format!("{RETENTION}/projects/{id}")
}

/// A directory with projects of these ids.
fn with_projects(ids: &[&str]) -> Directory {
    let directory = Directory::init();
    for id in ids {
        directory.add_project(&directory.organization.id, id);
    }
    directory
}

/// The changes that events of an action tell of, the oldest first.
fn changes(server: &Server, action: &str) -> Vec<Value> {
    let path = format!("/v1/events?action={action}&order=asc");
    let events = server.get(&path).expect(200)["data"].clone();
    let events = events.as_array().unwrap().iter();
    events.map(|event| event["changes"].clone()).collect()
}

#[test]
fn everything_is_kept_for_ever_until_somebody_says_otherwise() {
    let directory = Directory::init();
    let server = directory.serve();
    let settings = seen(&server);
    assert_eq!(settings["rule"], kept("inherited"));
    assert_eq!(settings["default"], kept("forever"));
    assert_eq!(settings["in_force"], kept("forever"));
    assert_eq!(settings["projects"], json!([]));
    for nothing in ["updated_at", "next_run_at", "last_run", "removed"] {
        assert_eq!(settings[nothing], Value::Null, "{nothing}");
    }
    let run = server.change("POST", "/v1/retention/run", &json!({}));
    run.problem(409, "nothing_in_force");
}

#[test]
fn a_rule_counts_from_its_answer_on_and_after_a_restart_and_can_be_sent_again() {
    let directory = with_projects(&["prj_1"]);
    let server = directory.serve();
    let settings = set(&server, RETENTION, &days(90));
    assert_eq!(settings["rule"], days(90));
    assert_eq!(settings["in_force"], days(90));
    assert!(settings["updated_at"].is_string() && settings["next_run_at"].is_string());
    let path = of_project("prj_1");
    assert_eq!(server.get(&path).expect(200)["in_force"], days(90));
    let project = set(&server, &path, &kept("forever"));
    assert_eq!(project["rule"], kept("forever"));
    assert_eq!(
        (&project["in_force"], &project["deleted"]),
        (&kept("forever"), &json!(false))
    );
    server.terminate();

    let server = directory.serve();
    let after = seen(&server);
    assert_eq!(
        (&after["rule"], &after["updated_at"]),
        (&days(90), &settings["updated_at"])
    );
    assert_eq!(after["projects"], json!([project]));
    // What was read can be sent again, and changes nothing.
    set(&server, RETENTION, &after["rule"]);
    set(&server, &path, &after["projects"][0]["rule"]);
    let actions = [
        "organisation.retention.updated",
        "project.retention.updated",
    ];
    for action in actions {
        assert_eq!(changes(&server, action).len(), 1, "{action}");
    }
    set(&server, RETENTION, &kept("inherited"));
    let admin = &server.organization.admin;
    let deleted = ask(&server, "DELETE", &path, admin, &Value::Null);
    assert_eq!(deleted.status, 204);
    let deleted = ask(&server, "DELETE", &path, admin, &Value::Null);
    assert_eq!(deleted.status, 204, "there is nothing to delete any more");
    let last = seen(&server);
    assert_eq!(
        (&last["rule"], &last["projects"]),
        (&kept("inherited"), &json!([]))
    );
    assert_eq!(
        changes(&server, actions[0]),
        [
            json!([{"field": "keep", "old": "inherited", "new": "days"}, {"field": "days", "old": null, "new": 90}]),
            json!([{"field": "keep", "old": "days", "new": "inherited"}, {"field": "days", "old": 90, "new": null}]),
        ]
    );
    assert_eq!(
        changes(&server, actions[1]),
        [
            json!([{"field": "keep", "old": "inherited", "new": "forever"}]),
            json!([{"field": "keep", "old": "forever", "new": "inherited"}]),
        ]
    );
    let events = server.get("/v1/events?action=project.retention.updated&project_id=prj_1");
    assert_eq!(
        events.expect(200)["total"],
        2,
        "they are the project's events"
    );
}

#[test]
fn the_instances_default_counts_where_nothing_is_set() {
    let directory = with_projects(&["prj_1"]);
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_RETENTION_DEFAULT_DAYS", "10");
    });
    let settings = seen(&server);
    assert_eq!(
        (&settings["rule"], &settings["in_force"]),
        (&kept("inherited"), &days(10))
    );
    assert_eq!(settings["default"], days(10));
    let settings = set(&server, RETENTION, &kept("forever"));
    assert_eq!(
        (&settings["in_force"], &settings["next_run_at"]),
        (&kept("forever"), &json!(null))
    );
    let project = server.get(&of_project("prj_1")).expect(200);
    assert_eq!(
        (&project["rule"], &project["in_force"]),
        (&kept("inherited"), &kept("forever"))
    );
}

#[test]
fn what_is_no_rule_is_refused_with_its_place_and_changes_nothing() {
    let directory = with_projects(&["prj_1"]);
    let server = directory.serve();
    let project = of_project("prj_1");
    for path in [RETENTION, &project] {
        for (rule, pointer, code) in [
            (json!({}), "/keep", "missing_field"),
            (json!({"keep": "days"}), "/days", "missing_field"),
            (days(0), "/days", "out_of_range"),
            (days(36_501), "/days", "out_of_range"),
            (json!({"keep": "days", "days": "30"}), "/days", "wrong_type"),
            (
                json!({"keep": "forever", "days": 1}),
                "/days",
                "invalid_value",
            ),
            (
                json!({"days": 30, "forever": true}),
                "/forever",
                "unknown_field",
            ),
            (json!([]), "", "wrong_type"),
        ] {
            let problem = server.change("PUT", path, &rule);
            let problem = problem.problem(422, "invalid_document");
            let first = &problem["errors"][0];
            assert_eq!(
                (&first["pointer"], &first["code"]),
                (&json!(pointer), &json!(code)),
                "{rule}"
            );
        }
        let admin = Some(server.organization.admin.as_str());
        server
            .request("PUT", path, admin, &[], b"{\"keep\":")
            .problem(400, "malformed_json");
        let text = [("content-type", "text/plain")];
        server
            .request("PUT", path, admin, &text, b"{}")
            .problem(415, "unsupported_media_type");
        let odd = format!("{path}?dry=true");
        server
            .change("PUT", &odd, &days(1))
            .problem(400, "unknown_parameter");
        server
            .get(&format!("{path}?all=true"))
            .problem(400, "unknown_parameter");
    }
    for path in [of_project("prj_none"), of_project(&"x".repeat(200))] {
        server.get(&path).problem(404, "not_found");
        server
            .change("PUT", &path, &days(1))
            .problem(404, "not_found");
        let admin = &server.organization.admin;
        ask(&server, "DELETE", &path, admin, &Value::Null).problem(404, "not_found");
    }
    for (supposed, pointer, code) in [
        (
            json!({"rule": {"keep": "days"}}),
            "/rule/days",
            "missing_field",
        ),
        (
            json!({"projects": [{"keep": "forever"}]}),
            "/projects/0/project_id",
            "missing_field",
        ),
        (json!({"keep": "forever"}), "/keep", "unknown_field"),
    ] {
        let problem = server.change("POST", "/v1/retention/preview", &supposed);
        let problem = problem.problem(422, "invalid_document");
        let first = &problem["errors"][0];
        assert_eq!(
            (&first["pointer"], &first["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    let unknown = json!({"projects": [{"project_id": "prj_none", "keep": "forever"}]});
    server
        .change("POST", "/v1/retention/preview", &unknown)
        .problem(404, "not_found");
    assert_eq!(seen(&server)["rule"], kept("inherited"));
    let events = server.get("/v1/events?action=*.retention.*").expect(200);
    assert_eq!(events["total"], 0);
}

#[test]
fn who_manages_a_project_sets_its_rule_and_is_told_of_no_other() {
    let directory = with_projects(&["prj_1", "prj_2"]);
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "admin", limited);
    let server = directory.serve();
    set(&server, RETENTION, &days(400));
    set(&server, &of_project("prj_2"), &days(200));
    let own = of_project("prj_1");
    let set_own = ask(&server, "PUT", &own, &key, &days(30)).expect(200);
    assert_eq!(set_own["in_force"], days(30));
    let told = ask(&server, "GET", RETENTION, &key, &Value::Null).expect(200);
    assert_eq!(told["projects"], json!([set_own]));
    assert_eq!(told["in_force"], days(400));
    for method in ["GET", "PUT", "DELETE"] {
        let body = if method == "PUT" {
            days(1)
        } else {
            Value::Null
        };
        let other = ask(&server, method, &of_project("prj_2"), &key, &body);
        other.problem(404, "not_found");
    }
    ask(&server, "PUT", RETENTION, &key, &days(1)).problem(403, "forbidden");
    ask(&server, "POST", "/v1/retention/preview", &key, &json!({})).problem(403, "forbidden");
    ask(&server, "POST", "/v1/retention/run", &key, &Value::Null).problem(403, "forbidden");
    assert_eq!(ask(&server, "DELETE", &own, &key, &Value::Null).status, 204);
    // Reading is no changing, and an ingest key reads no settings.
    let (read, ingest) = (&server.organization.read, &server.organization.ingest);
    ask(&server, "PUT", &own, read, &days(1)).problem(403, "forbidden");
    ask(&server, "GET", RETENTION, ingest, &Value::Null).problem(403, "forbidden");
}

#[test]
fn a_role_with_the_permission_is_enough_and_an_auditor_only_reads() {
    let directory = Directory::init();
    directory.add_person("audrey@example.com", PASSWORD, "auditor");
    directory.add_person("rita@example.com", PASSWORD, "member");
    let server = directory.serve();
    let role =
        json!({"name": "Records", "level": "organization", "permissions": ["retention.manage"]});
    let role = server.change("POST", "/v1/roles", &role).expect(201);
    let rita = server.sign_in("rita@example.com", PASSWORD);
    let given = json!({"role": role["id"]});
    let member = format!("/v1/members/{}", rita.user_id());
    server.change("PATCH", &member, &given).expect(200);
    let set = rita.request("PUT", RETENTION, Some(&days(365)));
    assert_eq!(set.expect(200)["rule"], days(365));
    let audrey = server.sign_in("audrey@example.com", PASSWORD);
    assert_eq!(audrey.get(RETENTION).expect(200)["rule"], days(365));
    let set = audrey.request("PUT", RETENTION, Some(&days(1)));
    set.problem(403, "forbidden");
    let updated = server.get("/v1/events?action=organisation.retention.updated");
    assert_eq!(
        updated.expect(200)["data"][0]["actor"]["id"],
        rita.user_id()
    );
}

#[test]
fn nothing_is_set_in_an_archived_organization() {
    let directory = with_projects(&["prj_1"]);
    let server = directory.serve();
    set(&server, RETENTION, &days(365));
    let archived = json!({"archived": true});
    server
        .change("PATCH", &server.organization_path(), &archived)
        .expect(200);
    for (method, path) in [("PUT", RETENTION), ("PUT", &of_project("prj_1"))] {
        let refused = server.change(method, path, &days(1));
        refused.problem(403, "organization_archived");
    }
    let run = server.change("POST", "/v1/retention/run", &json!({}));
    run.problem(403, "organization_archived");
    assert_eq!(seen(&server)["rule"], days(365));
}

/// Its events are still there: they go when they were to go, until somebody says otherwise.
#[test]
fn the_rule_of_a_project_outlives_it_and_can_still_be_changed() {
    let directory = with_projects(&["prj_1", "prj_2"]);
    let server = directory.serve();
    let (ruled, plain) = (of_project("prj_1"), of_project("prj_2"));
    set(&server, &ruled, &days(30));
    let admin = server.organization.admin.clone();
    for id in ["prj_1", "prj_2"] {
        let path = format!("/v1/projects/{id}");
        let archived = json!({"archived": true});
        server.change("PATCH", &path, &archived).expect(200);
        assert_eq!(
            ask(&server, "DELETE", &path, &admin, &Value::Null).status,
            204
        );
    }
    server.get(&plain).problem(404, "not_found");
    server
        .change("PUT", &plain, &days(3))
        .problem(404, "not_found");
    let project = server.get(&ruled).expect(200);
    assert_eq!(
        (&project["deleted"], &project["in_force"]),
        (&json!(true), &days(30))
    );
    assert_eq!(seen(&server)["projects"], json!([project]));
    set(&server, &ruled, &days(60));
    assert_eq!(
        ask(&server, "DELETE", &ruled, &admin, &Value::Null).status,
        204
    );
    server.get(&ruled).problem(404, "not_found");
}

/// Ids of projects are the organizations' own.
#[test]
fn rules_of_projects_that_are_called_the_same_are_apart() {
    let directory = with_projects(&["prj_1"]);
    let other = directory.add_organization("org_other");
    directory.add_project(&other.id, "prj_1");
    let server = directory.serve();
    let path = of_project("prj_1");
    set(&server, &path, &days(30));
    set(&server, RETENTION, &days(90));
    let theirs = ask(&server, "GET", &path, &other.admin, &Value::Null).expect(200);
    assert_eq!(
        (&theirs["rule"], &theirs["in_force"]),
        (&kept("inherited"), &kept("forever"))
    );
    ask(&server, "PUT", &path, &other.admin, &days(7)).expect(200);
    let theirs = ask(&server, "GET", RETENTION, &other.admin, &Value::Null).expect(200);
    assert_eq!(theirs["projects"][0]["rule"], days(7));
    assert_eq!(theirs["rule"], kept("inherited"));
    assert_eq!(server.get(&path).expect(200)["rule"], days(30));
}
