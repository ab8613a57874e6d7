//! What a session is, and when it ends.

use serde_json::{Value, json};

use crate::harness::people::{Cookies, FOUNDER};
use crate::harness::{Directory, Server};

/// The events of an action, the newest first.
pub(super) fn events_of(server: &Server, action: &str) -> Vec<Value> {
    let found = server
        .get(&format!("/v1/events?action={action}&limit=200"))
        .expect(200);
    found["data"].as_array().unwrap().clone()
}

#[test]
fn who_signs_in_is_told_who_that_is_and_what_may_be_done() {
    let directory = Directory::init();
    let server = directory.serve();
    let ada = server.founder();
    let told = ada.get("/v1/auth/session").expect(200);
    assert_eq!(told, ada.session);
    assert_eq!(told["user"]["email"], FOUNDER.0);
    assert_eq!(told["user"]["instance_owner"], true);
    assert_eq!(told["user"]["second_factor"], false);
    assert_eq!(told["session"]["current"], true);
    assert_eq!(told["session"]["method"], "password");
    let organization = &told["organizations"][0];
    assert_eq!(organization["id"], server.organization.id.as_str());
    assert_eq!(organization["name"], "Acme AI");
    assert_eq!(organization["role"]["id"], "organization_admin");
    let permissions = organization["permissions"].as_array().unwrap();
    assert!(
        permissions.contains(&json!("events.read")),
        "{permissions:?}"
    );
    // The session is good for what its person may do.
    assert!(ada.get("/v1/events").status == 200);
    let renamed = json!({"name": "Acme"});
    ada.request("PATCH", &server.organization_path(), Some(&renamed))
        .expect(200);
    let login = &events_of(&server, "user.login")[0];
    assert_eq!(login["result"], "success");
    assert_eq!(login["actor"]["id"], told["user"]["id"]);
    assert_eq!(login["actor"]["email"], FOUNDER.0);
    assert_eq!(login["metadata"]["login_method"], "password");
    assert_eq!(login["metadata"]["session_id"], told["session"]["id"]);
    assert_eq!(login["context"]["ip"], "127.0.0.1");
    let update = &events_of(&server, "organisation.updated")[0];
    assert_eq!(update["actor"]["id"], told["user"]["id"]);
    assert_eq!(update["context"]["session_id"], told["session"]["id"]);
}

#[test]
fn signing_out_ends_the_session_for_whoever_has_its_cookie() {
    let directory = Directory::init();
    let server = directory.serve();
    let ada = server.founder();
    let stolen = ada.cookies();
    assert_eq!(ada.request("POST", "/v1/auth/logout", None).status, 204);
    assert_eq!(ada.cookies().get("evident_session"), None);
    let reply = server.browse("GET", "/v1/auth/session", &stolen, &[], None);
    reply.problem(401, "unauthenticated");
    let logout = &events_of(&server, "user.logout")[0];
    assert_eq!(logout["actor"]["email"], FOUNDER.0);
    assert_eq!(logout["context"]["session_id"], ada.session_id());
}

#[test]
fn a_session_that_the_browser_had_before_ends_and_is_never_taken_up() {
    let directory = Directory::init();
    let server = directory.serve();
    let first = server.founder();
    let planted = first.cookies();
    let credentials = json!({"email": FOUNDER.0, "password": FOUNDER.1});
    let second = server.sign_in_with(&planted, &credentials);
    assert_ne!(second.session_id(), first.session_id());
    assert_ne!(
        second.cookies().get("evident_session"),
        planted.get("evident_session")
    );
    let reply = server.browse("GET", "/v1/auth/session", &planted, &[], None);
    reply.problem(401, "unauthenticated");
    assert_eq!(second.get("/v1/auth/session").status, 200);
    // Nor is one that was made up.
    let mut made_up = Cookies::default();
    made_up.set(
        "evident_session",
        &format!("evident_session_{}", "ab".repeat(32)),
    );
    let third = server.sign_in_with(&made_up, &credentials);
    assert_ne!(
        third.cookies().get("evident_session"),
        made_up.get("evident_session")
    );
}

#[test]
fn a_person_sees_and_ends_own_sessions_and_those_alone() {
    let directory = Directory::init();
    let bob = directory.add_person("bob@example.com", "a horse of another colour", "member");
    let server = directory.serve();
    let (here, there) = (server.founder(), server.founder());
    let other = server.sign_in(&bob.email, &bob.password);
    let listed = here.get("/v1/auth/sessions").expect(200);
    let ids: Vec<&str> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [there.session_id(), here.session_id()]);
    let foreign = format!("/v1/auth/sessions/{}", other.session_id());
    here.request("DELETE", &foreign, None)
        .problem(404, "not_found");
    assert_eq!(other.get("/v1/auth/session").status, 200);
    let own = format!("/v1/auth/sessions/{}", there.session_id());
    assert_eq!(here.request("DELETE", &own, None).status, 204);
    there
        .get("/v1/auth/session")
        .problem(401, "unauthenticated");
    here.request("DELETE", &own, None).problem(404, "not_found");
    let again = server.founder();
    let ended = here
        .request("DELETE", "/v1/auth/sessions", None)
        .expect(200);
    assert_eq!(ended["ended"], 1);
    again
        .get("/v1/auth/session")
        .problem(401, "unauthenticated");
    assert_eq!(here.get("/v1/auth/session").status, 200);
    assert_eq!(other.get("/v1/auth/session").status, 200);
}

#[test]
fn a_session_ends_at_its_instant_and_after_resting_too_long() {
    let directory = Directory::init();
    let server = directory.serve();
    let resting = server.founder();
    let expired = server.founder();
    let living = server.founder();
    let ids = [&resting, &expired].map(|signed| signed.session_id());
    let all = [&resting, &expired, &living].map(|signed| signed.cookies());
    server.terminate();
    directory.change_session(&ids[0], "last_seen_at", "created_at - 43200000000");
    directory.change_session(&ids[1], "expires_at", "created_at");
    let server = directory.serve();
    for (cookies, status) in all.into_iter().zip([401, 401, 200]) {
        let reply = server.browse("GET", "/v1/auth/session", &cookies, &[], None);
        assert_eq!(reply.status, status);
    }
}

#[test]
fn a_person_has_fifty_sessions_at_most_and_the_first_of_them_end() {
    let directory = Directory::init();
    let server = directory.serve();
    let first = server.founder();
    let second = server.founder();
    let mut last = None;
    for _ in 0..49 {
        last = Some(server.founder());
    }
    first
        .get("/v1/auth/session")
        .problem(401, "unauthenticated");
    assert_eq!(second.get("/v1/auth/session").status, 200);
    let listed = last.unwrap().get("/v1/auth/sessions").expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 50);
}

#[test]
fn who_is_no_member_any_more_reaches_nothing_with_a_session() {
    let directory = Directory::init();
    let bob = directory.add_person("bob@example.com", "a horse of another colour", "auditor");
    let server = directory.serve();
    let signed = server.sign_in(&bob.email, &bob.password);
    assert_eq!(signed.get("/v1/events").status, 200);
    let cookies = signed.cookies();
    server.terminate();
    directory.remove_member(&bob.id);
    let server = directory.serve();
    let reply = server.browse("GET", "/v1/events", &cookies, &[], None);
    reply.problem(403, "other_organization");
}

#[test]
fn a_persons_name_is_changed_and_told_in_the_log() {
    let directory = Directory::init();
    let server = directory.serve();
    let ada = server.founder();
    let named = json!({"name": "Ada Obi"});
    assert_eq!(
        ada.request("PATCH", "/v1/auth/profile", Some(&named))
            .status,
        204
    );
    let told = ada.get("/v1/auth/session").expect(200);
    assert_eq!(told["user"]["name"], "Ada Obi");
    let event = &events_of(&server, "settings.changed")[0];
    assert_eq!(
        event["changes"][0],
        json!({"field": "name", "old": "", "new": "Ada Obi"})
    );
    assert_eq!(event["targets"][0]["type"], "user");
    for bad in [
        json!(""),
        json!("a\u{0}b"),
        json!("x".repeat(256)),
        json!(1),
        json!(null),
    ] {
        let body = json!({"name": bad});
        let reply = ada.request("PATCH", "/v1/auth/profile", Some(&body));
        reply.problem(422, "invalid_document");
    }
}
