//! Organizations and owners of the instance, by people who are signed in.

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Organization, Reply, Server, event, wait_for};

const FOUNDER: (&str, &str) = ("ada@example.com", "correct horse battery");
const NEW: &str = "New AI";

/// An organization that was made while the server ran, with keys.
fn make(directory: &Directory, server: &Server) -> Organization {
    let founder = server.sign_in(FOUNDER.0, FOUNDER.1);
    let reply = founder.request("POST", "/v1/organizations", Some(&json!({"name": NEW})));
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/v1/organizations/{id}"));
    let key = |kind| directory.add_key(&id, kind, KeyOptions::default());
    let organization = Organization {
        ingest: key("ingest"),
        read: key("read"),
        admin: key("admin"),
        id,
    };
    // The keys were written beside the server: any change makes it read all of them again.
    let path = format!("/v1/organizations/{}", organization.id);
    for name in ["X", NEW] {
        let renamed = founder.request("PATCH", &path, Some(&json!({ "name": name })));
        renamed.expect(200);
    }
    organization
}

fn ask(server: &Server, method: &str, path: &str, key: &str, body: &str) -> Reply {
    server.request(method, path, Some(key), &[], body.as_bytes())
}

fn newest(server: &Server, key: &str, action: &str) -> Value {
    let path = format!("/v1/events?limit=1&action={action}");
    ask(server, "GET", &path, key, "").expect(200)["data"][0].clone()
}

/// What the events of the second organization say, which the first must never see.
const SECRET: &str = "only-for-new";

fn record(server: &Server, organization: &Organization) -> Reply {
    let body = event(SECRET).to_string();
    ask(server, "POST", "/v1/events", &organization.ingest, &body)
}

/// Its newest checkpoint covers all that it has, and an event of it is proven.
fn assert_proven(server: &Server, organization: &Organization, events: u64) {
    let page = ask(server, "GET", "/v1/events?limit=1", &organization.read, "").expect(200);
    assert_eq!(page["total"], events);
    let id = page["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/events/{id}/proof");
    wait_for("the proof", || {
        let reply = ask(server, "GET", &path, &organization.read, "");
        (reply.status == 200).then_some(())
    });
    let log = ask(server, "GET", "/v1/log", &organization.read, "").expect(200);
    assert_eq!(log["size"], events);
    let origin = format!("evident.localhost/{}", organization.id);
    assert_eq!(log["origin"], origin);
    let tile = format!("/log/{}/tile/0/000.p/{events}", organization.id);
    let tile = ask(server, "GET", &tile, &organization.read, "");
    assert_eq!(tile.body.len() as u64, 32 * events);
}

#[test]
fn an_organization_that_is_made_at_run_time_works_at_once_and_after_a_kill() {
    let directory = Directory::init();
    let server = directory.serve();
    let home = server.organization.clone();
    let new = make(&directory, &server);
    server.wait_until_ready();
    record(&server, &new).expect(201);
    // Made, renamed twice, and one event.
    assert_proven(&server, &new, 4);
    for key in [&home.read, &new.read] {
        let told = newest(&server, key, "organisation.created");
        assert_eq!(
            told["targets"],
            json!([{"type": "organization", "id": new.id, "name": NEW}])
        );
        assert_eq!(told["actor"]["email"], FOUNDER.0);
        assert_eq!(told["context"]["ip"], "127.0.0.1");
        assert!(told["context"]["session_id"].is_string());
    }
    // Nothing of it is the other one's.
    let theirs = ask(&server, "GET", "/v1/events?limit=500", &home.admin, "");
    assert!(!theirs.text().contains(SECRET));
    for path in [
        format!("/v1/organizations/{}", new.id),
        format!("/log/{}/checkpoint", new.id),
    ] {
        ask(&server, "GET", &path, &home.admin, "").problem(404, "not_found");
    }
    server.kill();
    let server = directory.serve();
    assert_proven(&server, &new, 4);
    record(&server, &new).expect(201);
    assert_proven(&server, &new, 5);
}

#[test]
fn an_owner_lists_archives_and_deletes_organizations_and_a_restart_keeps_that() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let home = server.organization.clone();
    record(&server, &other).expect(201);
    let founder = server.sign_in(FOUNDER.0, FOUNDER.1);
    let ids = |path: &str| -> Vec<Value> {
        let list = founder.get(path).expect(200);
        let data = list["data"].as_array().unwrap().iter();
        data.map(|listed| listed["id"].clone()).collect()
    };
    assert_eq!(ids("/v1/organizations"), [json!(home.id)]);
    let all = ids("/v1/organizations?all=true");
    assert_eq!(all.len(), 2, "{all:?}");

    // An owner of the instance who does not belong to it sees no event and sets nothing else.
    let path = "/v1/organizations/org_other";
    let foreign = founder.get("/v1/events?organization_id=org_other");
    foreign.problem(403, "other_organization");
    let strict = founder.request("PATCH", path, Some(&json!({"strict": true, "name": "x"})));
    strict.problem(403, "forbidden");
    founder
        .request("DELETE", path, None)
        .problem(409, "not_archived");
    let own = format!("/v1/organizations/{}", home.id);
    let archive = json!({"archived": true});
    founder.request("PATCH", path, Some(&archive)).expect(200);
    let told = newest(&server, &other.read, "organisation.updated");
    assert_eq!(told["actor"]["email"], FOUNDER.0);
    record(&server, &other).problem(403, "organization_archived");
    founder.request("PATCH", &own, Some(&archive)).expect(200);
    founder
        .request("DELETE", &own, None)
        .problem(409, "home_organization");
    let back = json!({"archived": false});
    founder.request("PATCH", &own, Some(&back)).expect(200);

    assert_eq!(founder.request("DELETE", path, None).status, 204);
    let told = newest(&server, &home.read, "organisation.deleted");
    assert_eq!(told["targets"][0]["id"], "org_other");
    assert_gone(&server, &other);
    server.kill();
    let server = directory.serve();
    assert_gone(&server, &other);
    let founder = server.sign_in(FOUNDER.0, FOUNDER.1);
    founder
        .request("PATCH", path, Some(&back))
        .problem(404, "not_found");
    server.terminate();

    // What was recorded is still on the disk, and whole, its end last.
    let mut verify = crate::harness::evident();
    verify.arg("verify").arg(directory.path());
    let output = crate::harness::run(&mut verify, "");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("org_other"), "{said}");
}

fn assert_gone(server: &Server, gone: &Organization) {
    for key in [&gone.ingest, &gone.read, &gone.admin] {
        let reply = ask(server, "GET", "/v1/events", key, "");
        reply.problem(401, "unauthenticated");
    }
    let founder = server.sign_in(FOUNDER.0, FOUNDER.1);
    let path = format!("/v1/organizations/{}", gone.id);
    founder.get(&path).problem(404, "not_found");
    founder
        .request("DELETE", &path, None)
        .problem(404, "not_found");
    let log = format!("/log/{}/checkpoint", gone.id);
    let home = &server.organization.read;
    ask(server, "GET", &log, home, "").problem(404, "not_found");
    let listed = founder.get("/v1/organizations?all=true");
    assert!(!listed.text().contains(&gone.id));
    server.wait_until_ready();
}

#[test]
fn two_who_delete_at_once_delete_once() {
    let directory = Directory::init();
    directory.add_organization("org_other");
    let server = directory.serve();
    let path = "/v1/organizations/org_other";
    let archive = json!({"archived": true});
    let founder = server.sign_in(FOUNDER.0, FOUNDER.1);
    founder.request("PATCH", path, Some(&archive)).expect(200);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let deleting = [(), ()].map(|()| {
            let server = &server;
            scope.spawn(move || {
                let founder = server.sign_in(FOUNDER.0, FOUNDER.1);
                founder.request("DELETE", path, None).status
            })
        });
        deleting.map(|one| one.join().unwrap()).into()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
    let told = "/v1/events?filter=action:is:organisation.deleted";
    assert_eq!(server.get(told).expect(200)["total"], 1);
}

#[test]
fn owners_of_the_instance_are_made_and_removed_on_the_record_and_the_last_stays() {
    let directory = Directory::init();
    let server = directory.serve();
    let founder = server.sign_in(FOUNDER.0, FOUNDER.1);
    let owners = founder.get("/v1/instance/owners").expect(200);
    assert_eq!(owners["data"].as_array().unwrap().len(), 1);
    assert_eq!(owners["data"][0]["email"], FOUNDER.0);
    let id = owners["data"][0]["user_id"].as_str().unwrap();
    let path = format!("/v1/instance/owners/{id}");
    founder
        .request("DELETE", &path, None)
        .problem(409, "last_owner");
    for (document, status, code) in [
        (json!({"email": FOUNDER.0}), 409, "already_owner"),
        (json!({"email": "nobody@example.com"}), 404, "not_found"),
        (json!({}), 422, "invalid_document"),
    ] {
        let reply = founder.request("POST", "/v1/instance/owners", Some(&document));
        reply.problem(status, code);
    }
    let strange = founder.request("DELETE", "/v1/instance/owners/usr_1", None);
    strange.problem(404, "not_found");
    let password = "plover cactus anvil";
    let person = directory.add_person("grace@example.com", password, "member");
    let grace = person.id;
    for (method, path) in [
        ("GET", "/v1/instance/owners"),
        ("DELETE", path.as_str()),
        ("GET", "/v1/organizations?all=true"),
        ("DELETE", "/v1/organizations/org_never"),
    ] {
        let member = server.sign_in("grace@example.com", password);
        member.request(method, path, None).problem(403, "forbidden");
    }
    let document = json!({"email": "Grace@example.com"});
    let reply = founder.request("POST", "/v1/instance/owners", Some(&document));
    assert_eq!(reply.expect(201)["user_id"], grace.as_str());
    let read = server.organization.read.clone();
    let told = newest(&server, &read, "instance_owner.assigned");
    assert_eq!(told["targets"][0]["id"], grace.as_str());
    assert_eq!(told["actor"]["id"], id);
    let path = format!("/v1/instance/owners/{grace}");
    assert_eq!(founder.request("DELETE", &path, None).status, 204);
    let told = newest(&server, &read, "instance_owner.removed");
    assert_eq!(told["targets"][0]["id"], grace.as_str());
}
