//! Passwords that are changed, and those that were forgotten.

use serde_json::{Value, json};

use super::sessions::events_of;
use crate::harness::people::{Cookies, FOUNDER};
use crate::harness::{Directory, Reply, Server};

const NEW: &str = "vivid otter lamp quarry";

fn change(current: &str, new: &str) -> Value {
    json!({"current": current, "new": new})
}

#[test]
fn a_changed_password_ends_the_other_sessions_and_the_old_password() {
    let directory = Directory::init();
    let server = directory.serve();
    let (here, there) = (server.founder(), server.founder());
    let wrong = here.request("PUT", "/v1/auth/password", Some(&change("wrong", NEW)));
    wrong.problem(403, "wrong_password");
    for weak in [
        "short",
        "ada@example.com",
        "password12345678",
        "aaaaaaaaaaaaaaaaaaaa",
    ] {
        let reply = here.request("PUT", "/v1/auth/password", Some(&change(FOUNDER.1, weak)));
        reply.problem(422, "unacceptable_password");
    }
    assert_eq!(there.get("/v1/auth/session").status, 200);
    let reply = here.request("PUT", "/v1/auth/password", Some(&change(FOUNDER.1, NEW)));
    assert_eq!(reply.status, 204);
    assert_eq!(here.get("/v1/auth/session").status, 200);
    there
        .get("/v1/auth/session")
        .problem(401, "unauthenticated");
    server
        .try_sign_in(FOUNDER.0, FOUNDER.1)
        .problem(401, "sign_in_refused");
    server.sign_in(FOUNDER.0, NEW);
    let events = events_of(&server, "settings.changed");
    assert_eq!(events[0]["metadata"]["setting"], "password");
    assert_eq!(events[0]["metadata"]["sessions_ended"], 1);
    assert_eq!(events[1]["result"], "denied");
    assert_eq!(events[1]["actor"]["email"], FOUNDER.0);
}

fn reset(server: &Server, link: &str, new: &str) -> Reply {
    let (_, token) = link.split_once("/reset#").unwrap();
    let body = json!({"token": token, "new_password": new});
    server.browse(
        "POST",
        "/v1/auth/reset",
        &Cookies::default(),
        &[],
        Some(&body),
    )
}

#[test]
fn a_link_of_an_admin_gives_a_new_password_once() {
    let directory = Directory::init();
    let bob = directory.add_person("bob@example.com", "a horse of another colour", "member");
    let server = directory.serve();
    let signed = server.sign_in(&bob.email, &bob.password);
    let path = format!("/v1/members/{}/password-reset", bob.id);
    let admin = server.organization.admin.clone();
    let make = || {
        server
            .request("POST", &path, Some(&admin), &[], b"")
            .expect(201)
    };
    let (replaced, made) = (make(), make());
    let link = made["link"].as_str().unwrap();
    assert!(
        link.starts_with(&format!("http://{}/reset#", server.address)),
        "{link}"
    );
    let old = reset(&server, replaced["link"].as_str().unwrap(), NEW);
    old.problem(403, "link_refused");
    reset(&server, link, "short").problem(422, "unacceptable_password");
    assert_eq!(reset(&server, link, NEW).status, 204);
    reset(&server, link, "another fine otter lamp").problem(403, "link_refused");
    signed
        .get("/v1/auth/session")
        .problem(401, "unauthenticated");
    server
        .try_sign_in(&bob.email, &bob.password)
        .problem(401, "sign_in_refused");
    server.sign_in(&bob.email, NEW);
    let events = events_of(&server, "settings.changed");
    assert_eq!(events[0]["metadata"]["by"], "reset_link");
    assert_eq!(events[0]["actor"]["id"], bob.id.as_str());
    assert_eq!(events[1]["metadata"]["setting"], "password_reset_link");
    assert_eq!(events[1]["actor"]["type"], "api_key");
    assert_eq!(events[1]["targets"][0]["id"], bob.id.as_str());
    let token = link.split_once('#').unwrap().1;
    assert!(!json!(events).to_string().contains(token));
    assert!(!server.log().join("\n").contains(token));
}

#[test]
fn an_admin_of_one_organization_takes_over_nobody_elses_account() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let shared = directory.add_person("eve@example.com", "a horse of another colour", "member");
    let lone = directory.add_person("lone@example.com", "a horse of another colour", "member");
    directory.add_member("org_other", &shared.id, "member");
    let server = directory.serve();
    let founder = server.founder();
    let admin = Some(server.organization.admin.as_str());
    for (method, action) in [("POST", "password-reset"), ("DELETE", "sessions")] {
        let path = |id: &str| format!("/v1/members/{id}/{action}");
        // A person of two organizations, and an owner of the instance.
        for id in [&shared.id, &founder.user_id()] {
            let reply = server.request(method, &path(id), admin, &[], b"");
            reply.problem(403, "beyond_you");
        }
        // Nobody of this organization, or nobody at all.
        for (key, id) in [
            (&other.admin, &lone.id),
            (&server.organization.admin, &"usr_x".to_owned()),
        ] {
            let reply = server.request(method, &path(id), Some(key), &[], b"");
            reply.problem(404, "not_found");
        }
        for key in [&server.organization.read, &server.organization.ingest] {
            let reply = server.request(method, &path(&lone.id), Some(key), &[], b"");
            reply.problem(403, "forbidden");
        }
        // An owner of the instance may.
        let status = founder.request(method, &path(&shared.id), None).status;
        assert!((200..300).contains(&status), "{status}");
    }
}

#[test]
fn a_link_gives_nothing_once_whoever_made_it_could_not_make_it_any_more() {
    let directory = Directory::init();
    let bob = directory.add_person("bob@example.com", "a horse of another colour", "member");
    let server = directory.serve();
    let admin = server.organization.admin.clone();
    let headers = [("content-type", "application/json")];
    let ask = |method: &str, path: &str, key: &str, body: &str| {
        server.request(method, path, Some(key), &headers, body.as_bytes())
    };
    let new = r#"{"name": "Leaked", "kind": "admin"}"#;
    let key = ask("POST", "/v1/api-keys", &admin, new).expect(201);
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let path = format!("/v1/members/{}/password-reset", bob.id);
    let made = ask("POST", &path, &text("key"), "").expect(201);
    let revoke = format!("/v1/api-keys/{}", text("id"));
    assert_eq!(ask("DELETE", &revoke, &admin, "").status, 204);
    let link = made["link"].as_str().unwrap();
    reset(&server, link, NEW).problem(403, "link_refused");
    server.sign_in(&bob.email, &bob.password);
}

#[test]
fn nobody_makes_a_link_for_the_account_of_the_own_session() {
    let directory = Directory::init();
    let server = directory.serve();
    let founder = directory.founded["owner"]["id"].as_str().unwrap();
    let signed = server.sign_in(FOUNDER.0, FOUNDER.1);
    let path = format!("/v1/members/{founder}/password-reset");
    let refused = signed.request("POST", &path, None);
    refused.problem(403, "beyond_you");
}
