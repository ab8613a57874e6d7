//! Whose exports are there for whom.

use serde_json::{Value, json};

use crate::harness::{Directory, Hold, KeyOptions, Reply, Server, event};

use super::{asked_with, document, id_of, kept, serve_held, steps, until};

fn of_project<'p>(id: &'p str) -> KeyOptions<'p> {
    KeyOptions {
        project_id: Some(id),
        ..KeyOptions::default()
    }
}

fn ask(server: &Server, method: &str, path: &str, key: &str) -> Reply {
    server.request(method, path, Some(key), &[], b"")
}

fn ids(server: &Server, key: &str) -> Vec<String> {
    let listed = ask(server, "GET", "/v1/exports", key).expect(200);
    let listed = listed["data"].as_array().unwrap().iter();
    listed
        .map(|export| export["id"].as_str().unwrap().to_owned())
        .collect()
}

struct Scene {
    directory: Directory,
    one: String,
    two: String,
    other: String,
}

fn scene() -> Scene {
    let directory = Directory::init();
    let home = directory.organization.id.clone();
    let other = directory.add_organization("org_other").admin;
    for project in ["prj_1", "prj_2"] {
        directory.add_project(&home, project);
    }
    let one = directory.add_key(&home, "read", of_project("prj_1"));
    let two = directory.add_key(&home, "read", of_project("prj_2"));
    Scene {
        directory,
        one,
        two,
        other,
    }
}

fn record(server: &Server) {
    let events = ["prj_1", "prj_2"].map(|project| {
        let mut event = event(project);
        event["project_id"] = json!(project);
        event
    });
    server
        .post("/v1/events", &json!({ "events": events }))
        .expect(201);
}

#[test]
fn an_export_is_there_for_those_who_reach_all_of_it_and_for_nobody_else() {
    let Scene {
        directory,
        one,
        two,
        other,
    } = scene();
    let server = directory.serve();
    record(&server);
    let read = server.organization.read.clone();
    let all = asked_with(&server, &read, &document("ndjson"));
    let first = asked_with(&server, &one, &document("ndjson"));
    let mut limited = document("ndjson");
    limited["project_id"] = json!("prj_2");
    let second = asked_with(&server, &read, &limited);
    for path in [&all, &first, &second] {
        until(&server, path, "complete");
    }
    let [a, f, s] = [&all, &first, &second].map(|path| id_of(path).to_owned());
    assert_eq!(ids(&server, &read), [s.clone(), f.clone(), a]);
    assert_eq!(ids(&server, &one), [f]);
    assert_eq!(ids(&server, &two), [s]);
    assert!(ids(&server, &other).is_empty());
    for (key, hidden) in [
        (&one, &all),
        (&one, &second),
        (&two, &first),
        (&two, &all),
        (&other, &all),
    ] {
        for (method, path) in [
            ("GET", hidden.clone()),
            ("GET", format!("{hidden}/download")),
            ("DELETE", hidden.clone()),
        ] {
            ask(&server, method, &path, key).problem(404, "not_found");
        }
    }
    // It holds what its maker might see.
    let file = ask(&server, "GET", &format!("{first}/download"), &one);
    assert!(
        file.text().contains("prj_1") && !file.text().contains("prj_2"),
        "{}",
        file.text()
    );
    // Whoever may neither read nor export gets none, and no project that is not theirs.
    let ingest = server.organization.ingest.clone();
    ask(&server, "GET", "/v1/exports", &ingest).problem(403, "forbidden");
    let body = limited.to_string();
    let denied = server.request("POST", "/v1/exports", Some(&one), &[], body.as_bytes());
    denied.problem(403, "project_not_allowed");
    // It is there for others in the project, and taken away by its maker or those who may export everything.
    ask(&server, "GET", &second, &two).expect(200);
    ask(&server, "DELETE", &second, &two).problem(403, "forbidden");
    assert_eq!(ask(&server, "DELETE", &first, &one).status, 204);
    let admin = server.organization.admin.clone();
    assert_eq!(ask(&server, "DELETE", &second, &admin).status, 204);
    assert_eq!(kept(&directory).len(), 1);
    let deleted = steps(&server)
        .into_iter()
        .filter(|(step, _)| step == "deleted");
    assert_eq!(deleted.count(), 2);
}

#[test]
fn who_has_lost_the_right_before_it_is_begun_gets_no_file() {
    let Scene { directory, one, .. } = scene();
    let hold = Hold::new();
    let server = serve_held(&directory, &hold);
    record(&server);
    let admin = server.organization.admin.clone();
    let running = asked_with(&server, &admin, &document("ndjson"));
    until(&server, &running, "running");
    let waiting = asked_with(&server, &one, &document("ndjson"));
    let key_id = format!("key_{}", one.split('_').nth(2).unwrap());
    let revoked = ask(&server, "DELETE", &format!("/v1/api-keys/{key_id}"), &admin);
    assert!(revoked.status < 300, "{revoked:?}");
    hold.release();
    let export = until(&server, &waiting, "failed");
    let error = export["error"].as_str().unwrap();
    assert!(error.contains("no longer permitted"), "{error}");
    ask(&server, "GET", &format!("{waiting}/download"), &one).problem(401, "unauthenticated");
    until(&server, &running, "complete");
}

#[test]
fn who_has_lost_a_role_or_a_project_has_lost_its_exports() {
    let directory = Directory::init();
    directory.add_project(&directory.organization.id, "prj_1");
    let person = directory.add_person("kim@example.com", "plover cactus anvil teapot", "member");
    let server = directory.serve();
    record(&server);
    let role = |role: Option<&str>| {
        let path = format!("/v1/projects/prj_1/members/{}", person.id);
        let reply = match role {
            Some(role) => server.change("PUT", &path, &json!({ "role": role })),
            None => ask(&server, "DELETE", &path, &server.organization.admin),
        };
        assert!(reply.status < 300, "{reply:?}");
    };
    role(Some("auditor"));
    let kim = server.sign_in("kim@example.com", "plover cactus anvil teapot");
    let made = kim.request("POST", "/v1/exports", Some(&document("ndjson")));
    let path = made.header("location").to_owned();
    let made = made.expect(201);
    assert_eq!(made["created_by"]["type"], "user");
    assert_eq!(made["created_by"]["email"], "kim@example.com");
    until(&server, &path, "complete");
    let file = format!("{path}/download");
    assert_eq!(kim.get(&file).status, 200);
    // A role that reads and does not export.
    let viewer = json!({"name": "Reader", "level": "project", "permissions": ["events.read"]});
    let viewer = server.change("POST", "/v1/roles", &viewer).expect(201);
    role(viewer["id"].as_str());
    kim.get(&file).problem(403, "forbidden");
    role(None);
    kim.get(&file).problem(403, "forbidden");
    role(Some("auditor"));
    assert_eq!(kim.get(&file).status, 200);
    // In another project it is not there.
    role(None);
    let made = server.change("POST", "/v1/projects", &json!({"name": "Elsewhere"}));
    let elsewhere = made.expect(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/projects/{elsewhere}/members/{}", person.id);
    let given = server.change("PUT", &path, &json!({"role": "auditor"}));
    assert!(given.status < 300, "{given:?}");
    kim.get(&file).problem(404, "not_found");
    let events: Vec<Value> = super::listed(&server, "action=audit_log.exported");
    let by_kim = events
        .iter()
        .filter(|event| event["actor"]["email"] == "kim@example.com");
    assert_eq!(by_kim.count(), 1 + 2, "what was refused left nothing");
}
