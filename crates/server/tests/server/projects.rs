//! Projects: made, listed, archived and deleted, and what becomes of their events.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server, event, wait_for};

fn create(server: &Server, document: &Value) -> Reply {
    server.change("POST", "/v1/projects", document)
}

fn change(server: &Server, id: &str, document: &Value) -> Reply {
    server.change("PATCH", &format!("/v1/projects/{id}"), document)
}

fn delete(server: &Server, id: &str) -> Reply {
    let key = Some(server.organization.admin.as_str());
    server.request("DELETE", &format!("/v1/projects/{id}"), key, &[], b"")
}

fn get(server: &Server, path: &str, key: &str) -> Reply {
    server.request("GET", path, Some(key), &[], b"")
}

fn record(server: &Server, key: &str, project: &str, action: &str) -> Reply {
    let mut event = event("ada");
    event["action"] = json!(action);
    event["project_id"] = json!(project);
    let body = event.to_string();
    server.request("POST", "/v1/events", Some(key), &[], body.as_bytes())
}

fn limited(directory: &Directory, kind: &str, project: &'static str) -> String {
    let options = KeyOptions {
        project_id: Some(project),
        ..KeyOptions::default()
    };
    directory.add_key(&directory.organization.id, kind, options)
}

/// The newest event of an action.
fn newest(server: &Server, action: &str) -> Value {
    let path = format!("/v1/events?limit=1&action={action}");
    server.get(&path).expect(200)["data"][0].clone()
}

#[test]
fn a_project_is_made_changed_and_deleted_on_the_record() {
    let directory = Directory::init();
    let server = directory.serve();
    let reply = create(
        &server,
        &json!({"id": "team:7", "name": "Seven", "kind": "agent"}),
    );
    assert_eq!(reply.header("location"), "/v1/projects/team:7");
    let made = reply.expect(201);
    assert_eq!(made["kind"], "agent");
    assert_eq!(made["archived"], false);
    let told = newest(&server, "project.created");
    assert_eq!(told["project_id"], "team:7");
    assert_eq!(
        told["targets"],
        json!([{"type": "project", "id": "team:7", "name": "Seven"}])
    );
    assert_eq!(told["actor"]["type"], "api_key");
    assert_eq!(told["metadata"]["kind"], "agent");
    assert_eq!(told["request"]["method"], "POST");

    change(&server, "team:7", &json!({"name": "7"})).expect(200);
    let told = newest(&server, "project.updated");
    let changes = json!([{"field": "name", "old": "Seven", "new": "7"}]);
    assert_eq!(told["changes"], changes);
    change(&server, "team:7", &json!({"name": "7"})).expect(200);
    change(&server, "team:7", &json!({})).expect(200);
    let updates = "/v1/events?filter=action:is:project.updated";
    assert_eq!(
        server.get(updates).expect(200)["total"],
        1,
        "the same is no change"
    );

    delete(&server, "team:7").problem(409, "not_archived");
    change(&server, "team:7", &json!({"archived": true})).expect(200);
    change(&server, "team:7", &json!({"name": "x"})).problem(403, "project_archived");
    assert_eq!(delete(&server, "team:7").status, 204);
    let told = newest(&server, "project.deleted");
    assert_eq!(told["targets"][0]["name"], "7");
    assert_eq!(told["metadata"]["keys_revoked"], 0);
    for reply in [
        delete(&server, "team:7"),
        server.get("/v1/projects/team:7"),
        change(&server, "team:7", &json!({"archived": false})),
    ] {
        reply.problem(404, "not_found");
    }
    let again = json!({"id": "team:7", "name": "Again"});
    create(&server, &again).problem(409, "project_deleted");
    server.kill();
    let server = directory.serve();
    create(&server, &again).problem(409, "project_deleted");
    assert_eq!(server.get("/v1/projects").expect(200)["data"], json!([]));
}

#[test]
fn pages_have_every_project_once_the_oldest_first_while_some_go() {
    const PROJECTS: usize = 12;
    let directory = Directory::init();
    let server = directory.serve();
    let mut made = Vec::new();
    for at in 0..PROJECTS {
        let new = create(&server, &json!({"name": format!("P{at}")})).expect(201);
        let id = new["id"].as_str().unwrap().to_owned();
        assert!(id.starts_with("prj_") && id.len() == 36, "{id}");
        change(&server, &id, &json!({"archived": true})).expect(200);
        made.push(id);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/projects?limit=5".to_owned();
    loop {
        let page = server.get(&path).expect(200);
        let data = page["data"].as_array().unwrap();
        seen.extend(data.iter().map(|p| p["id"].as_str().unwrap().to_owned()));
        // What a cursor stands on may go.
        assert_eq!(delete(&server, seen.last().unwrap()).status, 204);
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/projects?limit=5&cursor={cursor}");
    }
    assert_eq!(seen, made);
    for bad in ["limit=0", "limit=501", "limit=x"] {
        server
            .get(&format!("/v1/projects?{bad}"))
            .problem(400, "bad_limit");
    }
    server
        .get("/v1/projects?cursor=x")
        .problem(400, "bad_cursor");
}

#[test]
fn another_organizations_projects_are_not_there_and_its_ids_are_free() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let new = json!({"id": "prj", "name": "Only for Acme"});
    create(&server, &new).expect(201);
    let ask = |method: &str, path: &str, body: &str| {
        server.request(method, path, Some(&other.admin), &[], body.as_bytes())
    };
    ask("GET", "/v1/projects/prj", "").problem(404, "not_found");
    ask("PATCH", "/v1/projects/prj", r#"{"name":"x"}"#).problem(404, "not_found");
    ask("DELETE", "/v1/projects/prj", "").problem(404, "not_found");
    assert_eq!(
        ask("GET", "/v1/projects", "").expect(200)["data"],
        json!([])
    );
    ask("POST", "/v1/projects", r#"{"id":"prj","name":"Theirs"}"#).expect(201);
    ask("PATCH", "/v1/projects/prj", r#"{"archived":true}"#).expect(200);
    assert_eq!(ask("DELETE", "/v1/projects/prj", "").status, 204);
    let own = server.get("/v1/projects/prj").expect(200);
    assert_eq!(
        (&own["name"], &own["archived"]),
        (&json!("Only for Acme"), &json!(false))
    );
}

#[test]
fn a_key_of_a_project_sees_and_changes_that_one_alone() {
    let directory = Directory::init();
    let admin = limited(&directory, "admin", "one");
    let ingest = limited(&directory, "ingest", "one");
    let server = directory.serve();
    for id in ["one", "two"] {
        create(&server, &json!({"id": id, "name": id})).expect(201);
    }
    for key in [&admin, &ingest] {
        let list = get(&server, "/v1/projects", key).expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        assert_eq!(list["data"][0]["id"], "one");
        get(&server, "/v1/projects/two", key).problem(404, "not_found");
    }
    let patch = |id: &str, body: &[u8]| {
        let path = format!("/v1/projects/{id}");
        server.request("PATCH", &path, Some(&admin), &[], body)
    };
    patch("two", br#"{"name":"x"}"#).problem(404, "not_found");
    patch("never", br#"{"name":"x"}"#).problem(404, "not_found");
    // It archives its project and brings it back; making and deleting is the organization's.
    patch("one", br#"{"archived":true}"#).expect(200);
    let path = "/v1/projects/one";
    let refused = server.request("DELETE", path, Some(&admin), &[], b"");
    refused.problem(403, "forbidden");
    let back = patch("one", br#"{"archived":false,"name":"1"}"#).expect(200);
    assert_eq!(back["name"], "1");
}

#[test]
fn an_archived_project_is_read_and_recorded_into_by_the_organization_only() {
    let directory = Directory::init();
    let ingest = limited(&directory, "ingest", "one");
    let read = limited(&directory, "read", "one");
    let server = directory.serve();
    create(&server, &json!({"id": "one", "name": "One"})).expect(201);
    record(&server, &ingest, "one", "guardrail.updated").expect(201);
    change(&server, "one", &json!({"archived": true})).expect(200);
    let refused = record(&server, &ingest, "one", "guardrail.updated");
    let problem = refused.problem(403, "project_archived");
    assert!(problem["detail"].as_str().unwrap().contains("archived"));
    let organizations = server.organization.ingest.clone();
    record(&server, &organizations, "one", "guardrail.updated").expect(201);
    let path = "/v1/events?filter=action:is:guardrail.updated";
    assert_eq!(get(&server, path, &read).expect(200)["total"], 2);
    change(&server, "one", &json!({"archived": false})).expect(200);
    record(&server, &ingest, "one", "guardrail.updated").expect(201);
}

#[test]
fn the_events_of_a_deleted_project_stay_and_are_seen_by_the_organization_only() {
    let directory = Directory::init();
    let ingest = limited(&directory, "ingest", "one");
    let read = limited(&directory, "read", "one");
    let server = directory.serve();
    // Recorded before there is such a project: they are its own once there is.
    record(&server, &ingest, "one", "guardrail.updated").expect(201);
    create(&server, &json!({"id": "one", "name": "One"})).expect(201);
    let path = "/v1/events?project_id=one&filter=action:is:guardrail.updated";
    assert_eq!(get(&server, path, &read).expect(200)["total"], 1);
    let member = directory.founded["owner"]["id"].as_str().unwrap();
    let path_there = format!("/v1/projects/one/members/{member}");
    let role = json!({"role": "auditor"});
    server.change("PUT", &path_there, &role).expect(200);
    change(&server, "one", &json!({"archived": true})).expect(200);
    assert_eq!(delete(&server, "one").status, 204);
    let told = &newest(&server, "project.deleted")["metadata"];
    assert_eq!(told["keys_revoked"], 2);
    let mut revoked = [&read, &ingest].map(|key| format!("key_{}", key.split('_').nth(2).unwrap()));
    revoked.sort();
    assert_eq!(told["revoked_key_ids"], json!(revoked));
    assert_eq!(told["members_removed"], 1);
    assert_eq!(told["removed_user_ids"], json!([member]));
    assert_only_the_organization_sees(&server, path, [&read, &ingest]);
    server.kill();
    assert_only_the_organization_sees(&directory.serve(), path, [&read, &ingest]);
}

fn assert_only_the_organization_sees(server: &Server, path: &str, keys: [&str; 2]) {
    for key in keys {
        get(server, path, key).problem(401, "unauthenticated");
        record(server, key, "one", "guardrail.updated").problem(401, "unauthenticated");
    }
    let page = server.get(path).expect(200);
    assert_eq!(page["total"], 1);
    let id = page["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/events/{id}/proof");
    wait_for("the proof", || {
        (server.get(&path).status == 200).then_some(())
    });
}

#[test]
fn two_who_make_the_same_project_at_once_make_it_once() {
    const ROUNDS: usize = 10;
    let directory = Directory::init();
    let server = directory.serve();
    for round in 0..ROUNDS {
        let new = json!({"id": format!("prj-{round}"), "name": "x"});
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let makers = [server.client(), server.client(), server.client()];
            let makers = makers.map(|client| {
                let new = &new;
                scope.spawn(move || client.change("POST", "/v1/projects", new).unwrap().status)
            });
            makers.map(|maker| maker.join().unwrap()).into()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409]);
    }
    let list = server.get("/v1/projects").expect(200);
    let ids = list["data"].as_array().unwrap().iter();
    let ids: BTreeSet<_> = ids.map(|project| project["id"].as_str()).collect();
    assert_eq!(ids.len(), ROUNDS);
    let made = "/v1/events?filter=action:is:project.created";
    assert_eq!(server.get(made).expect(200)["total"], ROUNDS);
}

#[test]
fn what_the_catalog_does_not_know_is_at_the_level_of_its_project() {
    let directory = Directory::init();
    let server = directory.serve();
    let ingest = server.organization.ingest.clone();
    for kind in ["project", "tool", "workflow", "agent"] {
        create(&server, &json!({"id": kind, "name": kind, "kind": kind})).expect(201);
        record(&server, &ingest, kind, "kite.flown").expect(201);
        let found = server.get(&format!(
            "/v1/events?limit=1&project_id={kind}&level={kind}&action=kite.flown"
        ));
        assert_eq!(found.expect(200)["total"], 1, "{kind}");
    }
    record(&server, &ingest, "unknown", "kite.flown").expect(201);
    assert_eq!(newest(&server, "kite.flown")["level"], "project");
}

#[test]
fn an_export_is_named_after_the_project() {
    let directory = Directory::init();
    let read = limited(&directory, "read", "one");
    let server = directory.serve();
    create(&server, &json!({"id": "one", "name": "Support bot"})).expect(201);
    let all = server.organization.read.clone();
    for (path, key, begins) in [
        ("/v1/events/export.csv", &read, "Support_bot_Audit_Logs_"),
        (
            "/v1/events/export.csv?project_id=one",
            &all,
            "Support_bot_Audit_Logs_",
        ),
        (
            "/v1/events/export.csv?project_id=two",
            &all,
            "two_Audit_Logs_",
        ),
        ("/v1/events/export.csv", &all, "Account_Audit_Logs_"),
    ] {
        let reply = get(&server, path, key);
        assert_eq!(reply.status, 200);
        let named = reply.header("content-disposition");
        let expected = format!("attachment; filename=\"{begins}");
        assert!(named.starts_with(&expected), "{named}");
    }
}
